"""The profile, its warnings, the target and its profile."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planfit.data import target as targets
from planfit.data.door import Door
from planfit.data.profile import profile_table
from planfit.data.readers import read
from planfit.data.split import make_split
from planfit.data.target_profile import profile_target
from planfit.errors import UsageError
from planfit.records.profile import Profile, TargetProfile, ValueCount
from planfit.records.schema import Kind, Schema
from planfit.records.task import SplitSpec, Task, TaskType

ROWS = 400
CHANCE = np.random.default_rng(0)


def profile(**columns: object) -> Profile:
    return profile_table(read(pl.DataFrame(columns)))


def codes(found: Profile) -> dict[str, tuple[str, ...]]:
    return {warning.code: warning.columns for warning in found.warnings}


def test_figures() -> None:
    got = profile(
        price=["$1,000", "$3,000", " ", "$2,000"], day=["2020-01-02", "2020-01-01", "2020-03-01", None],
        city=["Bern", "Bern", "NA", " Chur"], ok=["yes", "no", "no", None], empty=[None] * 4,
    )  # fmt: skip
    price = got.of("price")
    assert (price.minimum, price.maximum, price.mean, price.missing, price.integers) == (1000, 3000, 2000, 1, True)
    assert price.quantiles[2] == 2000
    assert (got.of("day").minimum, got.of("day").maximum) == ("2020-01-01T00:00:00", "2020-03-01T00:00:00")
    assert got.of("city").top == (ValueCount(value="Bern", count=2), ValueCount(value="Chur", count=1))
    assert got.of("city").missing == 1
    assert got.of("ok").mean == pytest.approx(1 / 3)
    assert got.of("empty").kind is Kind.CONSTANT
    assert got.rows == 4
    assert got.names == ("price", "day", "city", "ok", "empty")
    assert got.memory > 0


def test_warnings() -> None:
    n = np.arange(ROWS)
    got = profile(
        row=n, one=["x"] * ROWS, same=n % 7, twin=n % 7, sparse=[1.5 if k % 10 == 0 else None for k in range(ROWS)],
        mark=["?" if k % 9 == 0 else str(k % 50) for k in range(ROWS)],
        pressure=np.where(n % 11 == 0, -999.0, CHANCE.normal(100, 5, ROWS)),
        when=[date(2020, 1, 1) + timedelta(days=int(k)) for k in n], swapped=[f"{k % 12 + 1}/{k % 11 + 1}/2020" for k in n],
        customer_id=n % 40, mail=[f"a{k}@b.ch" for k in n],
    )  # fmt: skip
    told = [(warning.code, *warning.columns) for warning in got.warnings]
    assert sorted(told) == sorted(
        [
            ("identifier", "row", "mail"), ("constant", "one"), ("duplicate-column", "twin", "same"),
            ("mostly-missing", "sparse"), ("disguised-missing", "mark"), ("disguised-missing", "pressure"),
            ("time-series", "when"), ("ambiguous-dates", "swapped"), ("possible-entities", "customer_id"),
            ("personal-data", "mail"),
        ]
    )  # fmt: skip
    assert all(not warning.refuses and warning.gate == "dataset" for warning in got.warnings)


def test_duplicate_rows() -> None:
    got = profile(a=[1.5, 1.5, 2.5, None, None], b=["x", "x", "y", None, None])
    assert got.duplicate_rows == 2
    assert "duplicate-rows" in codes(got)
    assert codes(profile(a=[1.5, 2.5, 3.5])) == {}


def test_personal_columns_show_no_values() -> None:
    got = profile(surname=[f"Meier{k % 30}" for k in range(60)], phone=["+41 31 555 01 02", "+41 31 555 01 03"] * 30)
    assert got.of("surname").personal == "name"
    assert got.of("phone").personal == "phone"
    assert got.of("surname").top == got.of("phone").top == ()


CELL = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["1", "2.5", "yes", "2020-01-01", "NA", "?"]))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELL, CELL, st.floats() | st.none(), st.integers() | st.none()), min_size=1, max_size=30))
def test_any_table_has_a_profile_and_passes_the_door(rows: list[tuple[object, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=list("abcd"))
    table = read(frame)
    got = profile_table(table)
    assert got.rows == len(rows)
    assert [figures.name for figures in got.statistics] == list(got.names)
    typed = Door(Schema(columns=got.columns)).transform(table.frame)
    for column in got.columns:
        if column.kind is not Kind.CONSTANT:
            assert typed[column.name].isna().sum() == column.missing, column
    assert Profile.model_validate(got.to_json()) == got


def task_of(task_type: TaskType, classes: tuple[object, ...] = ()) -> Task:
    return Task(
        sentence="", target="y", task_type=task_type, metric="m", greater_is_better=True, classes=classes,
        split=SplitSpec(kind="stratified"),
    )  # fmt: skip


def test_labels_stay_as_they_stand() -> None:
    table = read(pl.DataFrame({"y": ["Yes", "No", " ", None, "NA", "No"], "x": range(6)}))
    assert targets.present_rows(table, "y").tolist() == [True, True, False, False, False, True]
    assert targets.classes_of(table, "y", "binary") == ("No", "Yes")
    y = targets.labels(table, task_of("binary"))
    assert y.dtype == object
    assert y.isna().tolist() == [False, False, True, True, True, False]
    numbers = read(pl.DataFrame({"y": [2, 0, 1, None]}))
    assert targets.classes_of(numbers, "y", "multiclass") == (0, 1, 2)
    assert targets.labels(numbers, task_of("multiclass")).dtype == np.float64
    assert targets.labels(read(pl.DataFrame({"y": [2, 0, 1]})), task_of("multiclass")).dtype == np.int64
    truth = read(pl.DataFrame({"y": [True, False]}))
    assert targets.classes_of(truth, "y", "binary") == (False, True)
    assert targets.labels(truth, task_of("binary")).tolist() == [True, False]


def test_numeric_targets() -> None:
    table = read(pl.DataFrame({"y": ["$1,000", "$2", " "]}))
    assert targets.labels(table, task_of("regression")).tolist()[:2] == [1000.0, 2.0]
    assert targets.classes_of(table, "y", "regression") == ()
    with pytest.raises(UsageError, match="cannot be predicted as a number"):
        targets.labels(read(pl.DataFrame({"y": ["a", "b", "c"]})), task_of("regression"))
    with pytest.raises(UsageError, match="no column 'yy'") as caught:
        targets.present_rows(table, "yy")
    assert caught.value.hint == "Did you mean 'y'?"


def judged(y: np.ndarray, task_type: TaskType, **columns: object) -> TargetProfile:
    frame = pl.DataFrame(columns)
    table = read(frame)
    schema = task_of(task_type).features_of(profile_table(table))
    typed = Door(schema).transform(frame)
    target = pd.Series(y, name="y")
    classes = tuple(sorted(set(y.tolist()))) if task_type != "regression" else ()
    task = task_of(task_type, classes)
    _, part = make_split(typed, target, task, n_folds=5, seed=0)
    return profile_target(typed, target, task, part, schema.columns, 0)


def test_associations_and_leaks_of_classes() -> None:
    n = 1_500
    y = CHANCE.integers(0, 2, n)
    got = judged(
        y, "binary", noise=CHANCE.normal(size=n), some=y + CHANCE.normal(size=n), code=np.where(y == 1, "won", "lost"),
        paid=[date(2020, 1, 1) + timedelta(days=int(k)) if one else None for k, one in enumerate(y)],
        near=np.where(CHANCE.random(n) < 0.993, y, 1 - y) * 2.0 + 1,
    )  # fmt: skip
    assert {leak.columns[0]: leak.severity for leak in got.leaks} == {
        "code": "error",
        "paid": "error",
        "near": "warning",
    }
    values = {one.column: one.value for one in got.associations}
    assert values["code"] == values["paid"] == 1.0
    assert 0.65 < values["some"] < 0.85
    assert abs(values["noise"] - 0.5) < 0.06
    assert [one.column for one in got.associations][-1] == "noise"
    assert sum(count.count for count in got.classes) == got.rows == 1_200


def test_a_good_measurement_of_few_rows_is_only_suspected() -> None:
    y = np.repeat(["setosa", "other"], 75)
    got = judged(y, "binary", petal=np.where(y == "setosa", 1.5, 4.5) + CHANCE.normal(0, 0.2, 150))
    assert [leak.severity for leak in got.leaks] == ["warning"]


def test_leaks_of_numbers() -> None:
    y = CHANCE.lognormal(3, 1, 600)
    got = judged(
        y,
        "regression",
        log=np.log(y),
        scaled=[f"${value * 1.2:,.4f}" for value in y],
        some=y + CHANCE.normal(0, 20, 600),
    )
    assert {leak.columns[0]: leak.severity for leak in got.leaks} == {"log": "error", "scaled": "error"}
    assert got.mean is not None
    assert got.minimum is not None
    assert got.minimum < got.mean


def test_only_training_rows_are_seen() -> None:
    n = 500
    y, x = CHANCE.integers(0, 3, n), CHANCE.normal(size=n)
    frame, target = pd.DataFrame({"x": x}), pd.Series(y)
    part = np.where(np.arange(n) < 100, -1, np.arange(n) % 5)
    columns = profile_table(read(frame)).columns
    first = profile_target(frame, target, task_of("multiclass", (0, 1, 2)), part, columns, 0)
    other = pd.DataFrame({"x": np.where(part == -1, y * 100.0, x)})
    changed = target.where(part != -1, 0)
    assert profile_target(other, changed, task_of("multiclass", (0, 1, 2)), part, columns, 0) == first


def test_too_few_rows_give_no_association() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    columns = profile_table(read(frame)).columns
    got = profile_target(frame, pd.Series([0, 1, 0, 1]), task_of("binary", (0, 1)), np.arange(4) % 2, columns, 0)
    assert got.associations == ()
    assert got.classes == (ValueCount(value="0", count=2), ValueCount(value="1", count=2))
