"""Who learns and who judges."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planfit.data.split import folds_for, make_split, training_rows, validation_rows
from planfit.errors import UsageError
from planfit.records.task import SplitKind, SplitSpec, Task, TaskType


def task_of(task_type: TaskType, kind: SplitKind = "stratified", column: str | None = None) -> Task:
    return Task(
        sentence="", target="y", task_type=task_type, metric="m", greater_is_better=True,
        split=SplitSpec(kind=kind, column=column),
    )  # fmt: skip


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "a": chance.normal(size=rows), "g": chance.integers(0, max(4, rows // 8), rows).astype(float),
            "t": pd.Timestamp("2020-01-01") + pd.to_timedelta(chance.integers(0, max(12, rows // 2), rows), unit="D"),
        }
    )  # fmt: skip


def check(record: Any, part: np.ndarray, frame: pd.DataFrame, kind: SplitKind) -> None:
    assert len(part) == record.rows == len(frame)
    assert record.training_rows + record.holdout_rows == record.rows
    assert (part == -1).sum() == record.holdout_rows
    assert (part == -2).sum() == record.unscored_rows
    folds = [validation_rows(part, fold) for fold in range(record.n_folds)]
    assert all(len(fold) for fold in folds)
    every = np.concatenate([*folds, np.flatnonzero(part < 0)])
    assert sorted(every) == list(range(len(frame)))
    for fold, judged in enumerate(folds):
        learned = training_rows(part, fold, kind)
        assert len(learned)
        assert not set(learned) & set(judged)
        assert not (part[learned] == -1).any()
        assert set(np.flatnonzero(part == -2)) <= set(learned)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.integers(20, 400), seed=st.integers(0, 99), kind=st.sampled_from(["random", "stratified", "time", "group"]),
    task_type=st.sampled_from(["binary", "multiclass", "regression"]), holdout=st.sampled_from(["auto", "none", "0.3", "25%"]),
)  # fmt: skip
def test_every_row_has_one_part(rows: int, seed: int, kind: SplitKind, task_type: TaskType, holdout: str) -> None:
    frame = table(rows, seed)
    chance = np.random.default_rng(seed)
    y = {
        "binary": lambda: pd.Series(np.where(np.arange(rows) < max(3, rows // 10), "yes", "no")),
        "multiclass": lambda: pd.Series(np.minimum(chance.geometric(0.5, rows), 6)),
        "regression": lambda: pd.Series(chance.lognormal(size=rows)),
    }[task_type]()
    column = {"time": "t", "group": "g"}.get(kind)
    task = task_of(task_type, kind, column)
    folds = folds_for(rows)
    record, part = make_split(frame, y, task, holdout=holdout, n_folds=folds, seed=seed)
    check(record, part, frame, kind)
    assert record.n_folds <= folds
    again = make_split(frame, y, task, holdout=holdout, n_folds=folds, seed=seed)
    assert again[0] == record
    np.testing.assert_array_equal(again[1], part)
    if kind == "group":
        assert (pd.Series(part).groupby(frame["g"]).nunique() == 1).all()
    if kind == "time":
        in_time = [-2, *reversed(range(record.n_folds))]  # fold 0 is the latest
        for earlier, later in pairwise(in_time):
            assert frame["t"][part == earlier].max() < frame["t"][part == later].min()
        if record.holdout_rows:
            assert frame["t"][part >= 0].max() < frame["t"][part == -1].min()


@settings(deadline=None, max_examples=40)
@given(rows=st.integers(30, 300), levels=st.integers(2, 60), seed=st.integers(0, 99))
def test_equal_rows_stay_together(rows: int, levels: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "a": chance.integers(0, levels * 8, rows).astype(float),
            "b": np.array(["x", np.nan], dtype=object)[chance.integers(0, 2, rows)],
        }
    )
    y = pd.Series(chance.integers(0, 2, rows))
    record, part = make_split(frame, y, task_of("binary"), holdout="0.2", n_folds=4, seed=seed)
    check(record, part, frame, "stratified")
    key = pd.Series([str(row) for row in zip(frame["a"], frame["b"], y, strict=True)])
    repeated = key.duplicated(keep=False).mean()
    assert record.equal_rows_together == (repeated <= 0.5)
    if record.equal_rows_together:
        assert (pd.Series(part).groupby(key).nunique() == 1).all()


@pytest.mark.parametrize("rows", [200, 1_000, 5_000])
def test_classes_and_bins_are_shared_alike(rows: int) -> None:
    frame = table(rows)
    y = pd.Series(np.random.default_rng(1).choice(["a", "b", "c"], rows, p=[0.7, 0.25, 0.05]))
    _, part = make_split(frame, y, task_of("multiclass"), n_folds=5, seed=0)
    for label, count in y.value_counts().items():
        held = ((y == label) & (part == -1)).sum()
        assert abs(held - 0.2 * count) <= 1.001
        in_folds = [((y == label) & (part == fold)).sum() for fold in range(5)]
        assert max(in_folds) - min(in_folds) <= 1
    sizes = np.bincount(part[part >= 0])
    assert sizes.max() - sizes.min() <= 2
    values = pd.Series(np.random.default_rng(1).lognormal(size=rows))
    _, part = make_split(frame, values, task_of("regression"), n_folds=5, seed=0)
    means = values.rank(pct=True).groupby(part).mean()
    assert (means - 0.5).abs().max() < 0.04


def test_rare_classes_only_train() -> None:
    y = pd.Series(["a"] * 60 + ["b"] * 60 + ["c", "d"])
    record, part = make_split(table(122), y, task_of("multiclass"), n_folds=5, seed=0)
    assert part[-2:].tolist() == [-2, -2]
    assert record.n_folds == 5
    assert "2 rare classes" in record.rule
    few = pd.Series(["no"] * 97 + ["yes"] * 3)
    record, part = make_split(table(100), few, task_of("binary"), n_folds=10, seed=0)
    assert record.n_folds == 3
    assert sorted(part[-3:]) == [0, 1, 2]


def test_twenty_rows() -> None:
    y = pd.Series([0, 1] * 10)
    record, part = make_split(table(20), y, task_of("binary"), n_folds=folds_for(20), seed=0)
    assert (record.holdout_rows, record.n_folds) == (0, 10)
    assert "no holdout" in record.rule
    assert np.bincount(part).tolist() == [2] * 10


def test_sizes_of_holdouts() -> None:
    def held(rows: int, holdout: str) -> int:
        y = pd.Series(np.arange(rows, dtype=float))
        return make_split(table(rows), y, task_of("regression"), holdout=holdout, n_folds=5, seed=0)[0].holdout_rows

    assert held(99, "auto") == 0
    assert held(1_000, "auto") == 200
    assert held(200_000, "auto") == 20_000
    assert held(1_000, "0.3") == held(1_000, "30%") == 300
    assert held(1_000, "none") == 0
    for wrong in ("2", "-1", "0", "nan", "some.csv"):
        with pytest.raises(UsageError, match="not possible"):
            held(100, wrong)


def test_a_holdout_of_its_own() -> None:
    frame, y = table(120), pd.Series(np.arange(120) % 2)
    own = np.arange(100, 120)
    record, part = make_split(frame, y, task_of("binary"), holdout_rows=own, n_folds=5, seed=0)
    check(record, part, frame, "stratified")
    assert np.flatnonzero(part == -1).tolist() == own.tolist()
    assert "file of its own" in record.rule


def test_a_giant_group_is_never_the_holdout() -> None:
    frame = table(300).assign(g=np.r_[np.zeros(200), np.arange(100)])
    record, part = make_split(
        frame, pd.Series(np.arange(300.0)), task_of("regression", "group", "g"), n_folds=5, seed=0
    )
    check(record, part, frame, "group")
    assert record.holdout_rows <= 75


def test_impossible_splits() -> None:
    frame, y = table(50), pd.Series(np.arange(50.0))
    with pytest.raises(UsageError, match="needs a column"):
        make_split(frame, y, task_of("regression", "time", "nope"), n_folds=5, seed=0)
    with pytest.raises(UsageError, match="single group"):
        make_split(frame.assign(g=1.0), y, task_of("regression", "group", "g"), n_folds=5, seed=0)
    with pytest.raises(UsageError, match="too few"):
        make_split(frame.assign(t=pd.Timestamp("2020-01-01")), y, task_of("regression", "time", "t"), n_folds=5, seed=0)
    with pytest.raises(UsageError, match="No class"):
        make_split(frame, pd.Series(np.arange(50)).astype(str), task_of("multiclass"), n_folds=5, seed=0)
    with pytest.raises(UsageError, match="cannot be split"):
        make_split(frame.head(3), y.head(3), task_of("regression"), n_folds=5, seed=0)


def test_every_fold_in_time_learns_from_the_first_half() -> None:
    frame = pd.DataFrame({"t": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(1_000), unit="h")})
    _, part = make_split(
        frame, pd.Series(np.arange(1_000.0)), task_of("regression", "time", "t"), holdout="0.2", n_folds=5, seed=0
    )
    assert [int((part == fold).sum()) for fold in (-2, -1, 0, 4)] == [400, 200, 80, 80]


def test_rows_without_time_or_group() -> None:
    frame = table(200)
    frame.loc[:9, ["t", "g"]] = None
    y = pd.Series(np.arange(200.0))
    record, part = make_split(frame, y, task_of("regression", "time", "t"), n_folds=5, seed=0)
    check(record, part, frame, "time")
    assert (part[:10] == -2).all()
    record, part = make_split(frame, y, task_of("regression", "group", "g"), n_folds=5, seed=0)
    check(record, part, frame, "group")


def test_another_seed_is_another_split() -> None:
    frame, y = table(200), pd.Series(np.arange(200.0))
    parts = [make_split(frame, y, task_of("regression"), n_folds=5, seed=seed)[1] for seed in (0, 1)]
    assert (parts[0] != parts[1]).any()


@settings(deadline=None, max_examples=80)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=2, max_size=40), seed=st.integers(0, 99), holdout=st.sampled_from(["none", "0.2"]),
    task_type=st.sampled_from(["binary", "regression"]), missing=st.integers(0, 5),
)  # fmt: skip
def test_groups_are_never_torn(sizes: list[int], seed: int, holdout: str, task_type: TaskType, missing: int) -> None:
    chance = np.random.default_rng(seed)
    codes = chance.permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(float)
    rows = len(codes) + missing
    group = np.r_[codes, np.full(missing, np.nan)]
    frame = pd.DataFrame({"g": group, "a": chance.integers(0, 3, rows).astype(float)})
    y = pd.Series(chance.integers(0, 2, rows)).astype(float if task_type == "regression" else "int64")
    task = task_of(task_type, "group", "g")
    if rows < 4:
        return
    record, part = make_split(frame, y, task, holdout=holdout, n_folds=5, seed=seed)
    check(record, part, frame, "group")
    assert (pd.Series(part).groupby(frame["g"]).nunique() == 1).all()
    assert (part[len(codes) :] != -2).all()
    lone = [frame["a"][len(codes) :].to_numpy(), y[len(codes) :].to_numpy()]
    units = pd.Series(part[len(codes) :]).groupby(lone)
    if missing and not (units.transform("size") > 1).mean() > 0.5:
        assert (units.nunique() == 1).all()  # equal rows without a group
    assert record.holdout_rows <= 0.25 * rows
    np.testing.assert_array_equal(make_split(frame, y, task, holdout=holdout, n_folds=5, seed=seed)[1], part)


@pytest.mark.parametrize("groups", [60, 400, 8_000])
def test_group_folds_are_alike_in_rows_and_classes(groups: int) -> None:
    chance = np.random.default_rng(0)
    sizes = chance.integers(1, 40, groups) if groups < 5_000 else np.full(groups, 3)
    codes = np.repeat(np.arange(groups), sizes)
    rate = chance.beta(0.5, 2.0, groups)[codes]
    y = pd.Series(np.where(chance.random(len(codes)) < rate, "ill", "well"))
    _, part = make_split(
        pd.DataFrame({"g": codes}), y, task_of("binary", "group", "g"), holdout="0.2", n_folds=5, seed=0
    )
    shares = pd.Series(part).value_counts(normalize=True)
    assert ((shares[[0, 1, 2, 3, 4]] - 0.16).abs() < 0.02).all()
    assert abs(shares[-1] - 0.2) < 0.05
    ill = (y == "ill").groupby(part).mean()
    assert (ill - (y == "ill").mean()).abs().max() < (0.06 if groups == 60 else 0.03)


@pytest.mark.parametrize(
    ("groups", "folds", "held"), [(2, 2, False), (3, 3, False), (4, 4, False), (5, 4, True), (12, 5, True)]
)
def test_few_groups_make_fewer_folds(groups: int, folds: int, held: bool) -> None:
    frame = pd.DataFrame({"g": np.arange(240) % groups, "a": np.arange(240.0)})
    record, _ = make_split(frame, frame["a"], task_of("regression", "group", "g"), holdout="0.2", n_folds=5, seed=0)
    assert (record.n_folds, record.holdout_rows > 0) == (folds, held)


def test_a_year_is_made_finer_by_the_month_and_day_beside_it() -> None:
    days = pd.date_range("2019-01-01", periods=700).to_series().sample(frac=1.0, random_state=0)
    frame = pd.DataFrame({"year": days.dt.year, "month": days.dt.month, "day": days.dt.day}).astype(float)
    record, part = make_split(
        frame, frame["day"], task_of("regression", "time", "year"), holdout="0.2", n_folds=5, seed=0
    )
    check(record, part, frame, "time")
    assert record.n_folds == 5
    assert "'year', 'month', 'day'" in record.rule
    moments = days.to_numpy()
    assert moments[part >= 0].max() < moments[part == -1].min()
    assert moments[part == 1].max() < moments[part == 0].min()


def test_times_may_be_digits_kept_as_text_but_not_words() -> None:
    frame = pd.DataFrame(
        {"t": [str(2000 + k // 10) for k in range(200)], "w": [f"w{k % 7}" for k in range(200)]}
    ).astype(object)
    y = pd.Series(np.arange(200.0))
    _, part = make_split(frame, y, task_of("regression", "time", "t"), holdout="0.2", n_folds=5, seed=0)
    assert [int(part[at]) for at in (0, 90, 150, -1)] == [-2, 4, 0, -1]
    with pytest.raises(UsageError, match="neither a date nor a number"):
        make_split(frame, y, task_of("regression", "time", "w"), n_folds=5, seed=0)
