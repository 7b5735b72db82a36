"""Groups and time are respected inside of training parts too."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from tables import material

from planfit.data.split import training_rows, validation_rows
from planfit.models.base import FitReport
from planfit.models.estimators.linear import LinearModel
from planfit.records.jobs import FitJob
from planfit.records.scores import Allotment, CandidateSpec
from planfit.records.task import SplitSpec
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.inner import group_numbers, inner_parts
from planfit.runtime.jobs import fit
from planfit.runtime.material import Sheets


def sheets_of(kind: str, column: str | None, **columns: Any) -> Any:
    frame = pd.DataFrame(columns)
    split = SplitSpec(kind=kind, column=column)
    return SimpleNamespace(frame=frame, material=SimpleNamespace(seed=0, task=SimpleNamespace(split=split)))


def test_groups_stay_on_one_side() -> None:
    patient = np.repeat(np.arange(12), 5).astype(float)
    patient[:2] = np.nan
    sheets = sheets_of("group", "patient", patient=patient)
    rows = np.arange(0, 60, 2)
    parts = inner_parts(sheets, rows)
    assert len(parts) == 5
    numbers = group_numbers(sheets.frame["patient"].iloc[rows])
    for train, test in parts:
        assert not set(numbers[train]) & set(numbers[test])
        assert sorted([*train, *test]) == list(range(len(rows)))


def test_time_goes_forward_and_one_moment_stays_together() -> None:
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.random.default_rng(0).permutation(200) // 4, "D")
    sheets = sheets_of("time", "when", when=when)
    parts = inner_parts(sheets, np.arange(200))
    assert len(parts) == 4
    for train, test in parts:
        assert when[train].max() < when[test].min()
    assert inner_parts(sheets_of("time", "when", other=when), np.arange(200)) is not None  # in the order of the rows


def test_other_splits_and_single_groups() -> None:
    assert inner_parts(sheets_of("stratified", None, x=[1.0] * 9), np.arange(9)) is None
    assert inner_parts(sheets_of("group", "who", who=["a"] * 9), np.arange(9)) == []
    assert inner_parts(sheets_of("time", "when", when=[1.0] * 9), np.arange(9)) == []


@pytest.mark.parametrize("task_type", ["regression", "binary"])
def test_a_line_is_shrunk_more_where_rows_of_a_group_repeat(task_type: Any) -> None:
    chance = np.random.default_rng(0)
    who = np.repeat(np.arange(40), 25)
    marks = chance.normal(size=(40, 30))[who] + 0.05 * chance.normal(size=(1000, 30))  # they tell groups apart
    level = chance.normal(size=40)[who] + 0.3 * chance.normal(size=1000)
    y = level if task_type == "regression" else np.where(level > 0, "yes", "no")
    frame = pd.DataFrame(marks, columns=[f"x{i}" for i in range(30)])
    parts = inner_parts(sheets_of("group", "who", who=who.astype(float)), np.arange(1000))
    classes = () if task_type == "regression" else ("no", "yes")
    mixed = LinearModel(task_type, classes).fit(frame, y)
    apart = LinearModel(task_type, classes).fit(frame, y, inner=parts)
    assert np.abs(apart.coef_).sum() < 0.5 * np.abs(mixed.coef_).sum()
    assert not hasattr(apart, "_inner")
    assert isinstance(apart.report_, FitReport)


@pytest.mark.parametrize("kind", ["group", "time"])
def test_a_fold_learns_from_other_groups_and_earlier_rows_only(kind: str, tmp_path: Path) -> None:
    made = material(tmp_path / "m", group=kind == "group")
    sheets = Sheets(made)
    if kind == "group":
        groups = sheets.frame["group"].to_numpy()
        for fold in range(made.n_folds):
            train, valid = sheets.fold_rows(fold)
            assert not set(groups[train]) & set(groups[valid])
            for inner_train, inner_test in inner_parts(sheets, train):
                assert not set(groups[train][inner_train]) & set(groups[train][inner_test])
        return
    part = np.repeat([-2, 2, 1, 0, -1], 10)
    for fold in range(3):
        assert training_rows(part, fold, "time").max() < validation_rows(part, fold).min()


def test_the_fit_passes_them_on(tmp_path: Path) -> None:
    made = material(tmp_path / "m", "regression", group=True)
    spec = CandidateSpec(id="c001", family="linear", params={}, features="v0", origin="plan")
    job = FitJob(material=made, spec=spec, features={"transformations": []}, allotment=Allotment(folds=3))
    (tmp_path / "out").mkdir()
    fit.run(job, tmp_path / "out", SoftDeadline(None))
    sheets, apart = Sheets(made), joblib.load(tmp_path / "out" / "folds" / "0.joblib")
    train, _ = sheets.fold_rows(0)
    finished = apart[:-1].transform(sheets.raw(train))
    y = sheets.y.iloc[train]
    again = clone(apart[-1]).fit(finished, y, inner=inner_parts(sheets, train))
    assert apart[-1].penalty_ == again.penalty_
    assert apart[-1].coef_ == pytest.approx(again.coef_)
