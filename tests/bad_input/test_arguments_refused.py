"""Options and arguments that make no sense: exit code 2, one sentence, a hint; the nearest that there is is named."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.agent.conduct import begin
from planfit.records.run import Limits, RunRequest
from planfit.store.files import Disk
from planfit.store.store import Store


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    lines = [f"{i * i % 17},{'uvw'[i * 5 % 7 % 3]},{'yes' if i * 7 % 11 % 3 else 'no'},{i % 13 / 4}" for i in range(60)]
    path.write_text("age,city,bought,price\n" + "\n".join(lines) + "\n")
    return path


OPTIONS: list[tuple[list[str], tuple[str, ...]]] = [
    (["--time-limit", "-5"], ("time limit must be at least 5 seconds", "-5")),
    (["--time-limit", "0"], ("time limit must be at least 5 seconds",)),
    (["--time-limit", "abc"], ("'abc' is not understood", "5m")),
    (["--time-limit", ""], ("is not understood", "5m")),
    (["--time-limit", "nan"], ("'nan' is not understood",)),
    (["--holdout", "2"], ("between 0 and 0.9", "2")),
    (["--holdout", "-0.1"], ("between 0 and 0.9", "-0.1")),
    (["--holdout", "0"], ("between 0 and 0.9",)),
    (["--holdout", "nan"], ("between 0 and 0.9",)),
    (["--holdout", "nosuch.csv"], ("'nosuch.csv' is neither auto, none, a share nor a file",)),
    (["--memory-limit", "x"], ("'x' is not understood", "4GB")),
    (["--memory-limit", "-4GB"], ("'-4GB' is not understood",)),
    (["--memory-limit", "1MB"], ("at least 300 MB", "1MB")),
    (["--max-candidates", "0"], ("at least 1",)),
    (["--max-candidates", "-3"], ("at least 1", "-3")),
    (["--max-candidates", "many"], ("whole number of at least 1. Got 'many'",)),
    (["--patience", "-1"], ("at least 1", "-1")),
    (["--seed", "x"], ("whole number of at least 0. Got 'x'",)),
    (["--seed", "-1"], ("at least 0",)),
    (["--metric", "roc_aucc"], ("no metric 'roc_aucc'", "Did you mean 'roc_auc'?")),
    (["--metric", "zzz"], ("no metric 'zzz'", "rmse")),
    (["--models", "lightgmb"], ("no model family 'lightgmb'", "Did you mean 'lightgbm'?")),
    (["--models", "linear,zzz"], ("no model family 'zzz'", "linear")),
    (["--planner", "experts"], ("no planner 'experts'", "expert")),
    (["--task-type", "bianry"], ("no task type 'bianry'", "Did you mean 'binary'?")),
    (["--split", "stratfied"], ("no split 'stratfied'", "Did you mean 'stratified'?")),
    (["--split", "group"], ("needs its column", "group:COLUMN")),
    (["--split", "group:agee"], ("no column 'agee' (--split)", "Did you mean 'age'?")),
    (["--table-format", "xml"], ("no table format 'xml'", "parquet, csv")),
    (["--target", "bougt"], ("no column 'bougt' (--target)", "Did you mean 'bought'?")),
    (["--target", "zzz"], ("no column 'zzz' (--target)", "age, city, bought, price")),
    (["--exclude", "agee"], ("no column 'agee' (--exclude)", "Did you mean 'age'?")),
    (["--include", "agee"], ("no column 'agee' (--include)", "Did you mean 'age'?")),
    (["--target", "bought", "--metric", "rmse"], ("rmse does not judge binary tasks", "roc_auc")),
    (["--target", "price", "--task-type", "regression", "--metric", "roc_auc"], ("roc_auc does not judge", "rmse")),
    (["--target", "bought", "--positive-class", "yess"], ("no value \"yess\"", "Did you mean 'yes'?")),
    (["--target", "bought", "--positive-class", "maybe"], ('"yes" or "no"',)),
    (["--target", "bought", "--task-type", "multiclass"], ("three classes or more",)),
    (["--target", "city", "--task-type", "regression"], ("needs numbers",)),
    (["--features", "none.json"], ("none.json",)),
    (["--store", "t.csv"], ("Runs cannot be kept in", "--store")),
    (["--store", "t.csv/runs"], ("Runs cannot be kept in", "--store")),
    (["--store", "/proc/planfit"], ("Runs cannot be kept in /proc/planfit", "--store")),
    (["--nonsense"], ("--nonsense", "--help")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"), OPTIONS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_wrong_option_is_refused(planfit_: Any, table: Path, tmp_path: Path, options: list[str], words: Any) -> None:
    before = table.read_bytes()
    planfit_("run", table, "Predict bought", "-q", "--json", *options).refuses(2, *words)
    assert not list(tmp_path.glob("*/*run_*"))
    assert table.read_bytes() == before


@pytest.mark.parametrize("sentence", ["", "   ", "\t\n", "?!"])
@pytest.mark.parametrize("options", [[], ["--target", "bought"]], ids=["", "--target"])
def test_an_empty_sentence_is_refused_even_with_a_target(
    planfit_: Any, table: Path, sentence: str, options: list[str]
) -> None:
    planfit_("run", table, sentence, *options).refuses(2, "description is empty", "Predict customer churn")


@pytest.mark.parametrize(
    "options",
    [["--time-limit", "-5"], ["--holdout", "2"], ["--task-type", "bianry"], ["--store", "t.csv"]],
    ids=" ".join,
)
def test_the_real_command_refuses_it_too(cli: Any, table: Path, tmp_path: Path, options: list[str]) -> None:
    done = cli("run", table.name, "Predict bought", *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_misspelt_path_is_named_as_it_was_typed(planfit_: Any, table: Path) -> None:
    planfit_("run", "tt.csv", "Predict bought").refuses(2, "There is no file tt.csv.", "Did you mean t.csv?")


class FullDisk(Disk):
    """Full from the n-th change on."""

    def __init__(self, at: int) -> None:
        self.left = at

    def _strike(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(self, fd: int, data: bytes) -> None:
        self._strike()
        super().write(fd, data)

    def create(self, path: Path, mode: int) -> int:
        self._strike()
        return super().create(path, mode)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_store_on_a_full_disk_begins_no_run(table: Path, tmp_path: Path, at: int) -> None:
    limits = Limits(candidates=1, patience=10, memory=2 << 30)
    request = RunRequest(sentence="Predict bought", data=str(table), limits=limits, workers=1, threads=1)
    store = Store(tmp_path / "runs", disk=FullDisk(at))
    with pytest.raises(planfit.PlanfitError, match="no space left") as caught:
        begin(store, request, str(table), "expert", listener=None, started=None)
    assert "Free some space" in (caught.value.hint or "")
    assert not list((tmp_path / "runs").glob("*run_*"))


GOOD = pd.DataFrame(
    {
        "age": np.arange(60) ** 2 % 17,
        "city": [f"{'uvw'[i % 3]}" for i in range(60)],
        "bought": ["yes" if i * 7 % 11 % 3 else "no" for i in range(60)],
    }
)

FACE: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "no data": (lambda: {"data": None}, "There is no table"),
    "a dict": (lambda: {"data": GOOD.to_dict("list")}, "dict"),
    "a list of dicts": (lambda: {"data": GOOD.to_dict("records")}, "list"),
    "an empty frame": (lambda: {"data": pd.DataFrame()}, "no columns"),
    "a frame without rows": (lambda: {"data": GOOD.head(0)}, "no rows"),
    "a Series": (lambda: {"data": GOOD["age"]}, "Series"),
    "a numpy array": (lambda: {"data": GOOD.to_numpy()}, "ndarray"),
    "a number": (lambda: {"data": 7}, "int"),
    "an open path": (lambda: {"data": Path("none.csv")}, "There is no file none.csv"),
    "no sentence": (lambda: {"task": None}, "told in a sentence. Got None"),
    "a number as sentence": (lambda: {"task": 5}, "told in a sentence. Got 5"),
    "an empty sentence": (lambda: {"task": " "}, "description is empty"),
    "time in words": (lambda: {"time_limit": "soon"}, "'soon' is not understood"),
    "time as a list": (lambda: {"time_limit": [5]}, "is not understood"),
    "endless time": (lambda: {"time_limit": float("inf")}, "inf is not understood"),
    "true as time": (lambda: {"time_limit": True}, "True is not understood"),
    "negative time": (lambda: {"time_limit": -5}, "at least 5 seconds. Got -5"),
    "memory as a list": (lambda: {"memory_limit": [4]}, "is not understood"),
    "half a candidate": (lambda: {"max_candidates": 0.5}, "whole number of at least 1. Got 0.5"),
    "true candidates": (lambda: {"max_candidates": True}, "whole number"),
    "patience in words": (lambda: {"patience": "much"}, "whole number"),
    "no patience": (lambda: {"patience": None}, "whole number"),
    "a seed of text": (lambda: {"seed": "x"}, "whole number"),
    "a wrong family in a text": (lambda: {"models": "linear,lightgmb"}, "no model family 'lightgmb'"),
    "families as a number": (lambda: {"models": 5}, "list of names. Got 5"),
    "families that are no names": (lambda: {"models": [None]}, "list of names"),
    "an unknown exclusion": (lambda: {"exclude": ["agee"]}, "no column 'agee'"),
    "an unknown inclusion": (lambda: {"include": "agee"}, "no column 'agee'"),
    "exclusions that are no names": (lambda: {"exclude": [["age"]]}, "list of names"),
    "a target of two": (lambda: {"target": ["bought", "age"]}, "name of a column"),
    "an unknown target": (lambda: {"target": "bougt"}, "no column 'bougt'"),
    "an unknown task type": (lambda: {"task_type": "bianry"}, "no task type 'bianry'"),
    "a task type that is no text": (lambda: {"task_type": ["binary"]}, "no task type"),
    "a metric that is no text": (lambda: {"metric": 5}, "metric must be a name. Got 5"),
    "a metric that is a function": (lambda: {"metric": max}, "must be a scorer, called as scorer(estimator, X, y)"),
    "an unknown metric": (lambda: {"metric": "roc_aucc"}, "no metric 'roc_aucc'"),
    "a split that is no text": (lambda: {"split": 5}, "no split 5"),
    "a holdout that is a frame": (lambda: {"holdout": GOOD}, "neither auto, none, a share nor a file"),
    "a holdout of two": (lambda: {"holdout": 2}, "between 0 and 0.9"),
    "a planner that is none": (lambda: {"planner": 5}, "planner must be a name or a planner"),
    "a feature plan that is none": (lambda: {"features": 5}, "cannot be read from int"),
    "a store that is a number": (lambda: {"store": 5}, "store must be a folder. Got 5"),
    "a positive class that is none": (
        lambda: {"target": "bought", "positive_class": ["yes"]}, "no value"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FACE)
def test_the_face_refuses_it_with_a_sentence_and_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make, words = FACE[name]
    arguments: dict[str, Any] = {"data": GOOD, "task": "Predict bought", "max_candidates": 1, "store": "runs", **make()}
    with pytest.raises(planfit.UsageError) as caught:
        planfit.run(arguments.pop("data"), arguments.pop("task"), **arguments)
    assert words in caught.value.message
    assert caught.value.message.endswith((".", "?"))
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2
    assert not list(tmp_path.glob("*/*run_*"))
