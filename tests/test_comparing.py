"""Runs side by side: the same rows, an interval, a plain verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import planfit
from planfit.comparing import _verdict
from planfit.records.task import SplitSpec, Task
from planfit.runtime.evaluate import paired_difference


def test_a_run_is_no_better_than_itself(trained: Any, its_home: Any) -> None:
    found = planfit.compare(trained.run, trained.run.id, store=trained.store)
    assert found.same_data
    assert found.same_task
    assert found.same_split
    assert found.differences == ()
    (pair,) = found.pairs
    assert (pair.difference, pair.low, pair.high) == (0.0, 0.0, 0.0)
    assert pair.rows > 100
    assert pair.verdict.startswith("No difference can be shown")


def test_the_command_says_it_in_words_and_as_json(trained: Any, its_home: Any, planfit_: Callable[..., Any]) -> None:
    told = planfit_("compare", trained.run.id, "latest", "--store", trained.store)
    assert told.code == 0
    assert "No difference can be shown" in told.out
    document = planfit_("compare", trained.run.id, "latest", "--store", trained.store, "--json").document
    assert document["sides"][0]["run_id"] == trained.run.id
    (pair,) = document["pairs"]
    assert pair["sign"].startswith("B against A")
    assert pair["favours"] is None, "no sign speaks for a run against itself"
    planfit_("compare", trained.run.id, "--store", trained.store).refuses(2, "cannot be compared")


@pytest.mark.parametrize("gain", [0.0, 0.8])
@pytest.mark.parametrize("task_type", ["binary", "regression"])
def test_the_interval_holds_what_is_true(gain: float, task_type: Any) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=1500)
    first, second = truth + rng.normal(size=1500) * 1.5, truth + rng.normal(size=1500) * (1.5 - gain)
    binary = task_type == "binary"
    y = np.where(truth > 0, "yes", "no") if binary else truth
    task = Task(
        sentence="Predict y", target="y", task_type=task_type, metric="roc_auc" if binary else "rmse",
        greater_is_better=binary, classes=("no", "yes") if binary else (), positive_class="yes" if binary else None,
        split=SplitSpec(kind="random"),
    )  # fmt: skip

    def matrix(values: Any) -> Any:
        share = 1 / (1 + np.exp(-values))
        return np.column_stack([1 - share, share]) if binary else values[:, None]

    difference, low, high = paired_difference(task.metric, y, matrix(first), matrix(second), task, draws=300)
    assert low < difference < high
    assert (low > 0) == (gain > 0)
    swapped, _, _ = paired_difference(task.metric, y, matrix(second), matrix(first), task, draws=10)
    assert swapped == pytest.approx(-difference)


def test_verdicts_are_plain() -> None:
    assert (
        _verdict("A", "B", "roc_auc", 0.004, 0.001, 0.007)
        == "B is better by 0.004 roc_auc, 95 % interval 0.001 to 0.007."
    )
    assert _verdict("A", "B", "rmse", -2.0, -3.0, -1.0) == "A is better by 2 rmse, 95 % interval 1 to 3."
    assert _verdict("A", "B", "rmse", 0.5, -1.0, 2.0).startswith("No difference can be shown: B is 0.5 rmse better")


def test_runs_of_other_tables_are_not_judged(trained: Any, its_home: Any, tmp_path: Any) -> None:
    other = trained.frame.drop(columns="income")
    run = planfit.run(other, "Predict which customers churned", max_candidates=1, models=["linear"], store=tmp_path)
    found = planfit.compare(trained.run, run, store=trained.store)
    assert not found.same_data
    assert "different tables" in found.pairs[0].verdict
    assert json.dumps(found.to_json())
