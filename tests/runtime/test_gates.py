"""Gates ``sample`` and ``data``: what breaks on rows comes back as findings, and quietly."""

from __future__ import annotations

import gc
import random
import warnings
import weakref
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin

from planfit.operations.base import Arity, Operation
from planfit.plans import FeaturePlan
from planfit.plans.resolve import resolve
from planfit.records.schema import Column, Kind, Schema
from planfit.runtime.gates import dry_run, nasty_sample, spare_run
from planfit.testing.frames import target_of, task_of
from planfit.testing.plans import random_plan, random_table

KINDS = {"a": Kind.NUMERIC, "b": Kind.NUMERIC, "city": Kind.CATEGORICAL, "same": Kind.NUMERIC, "none": Kind.NUMERIC}


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    rows = 400
    return pd.DataFrame(
        {
            "a": random.normal(size=rows),
            "b": random.normal(size=rows),
            "city": random.choice(["rome", "oslo"], rows).astype(object),
            "same": np.ones(rows),
            "none": np.full(rows, np.nan),
        }
    )


class Brittle(TransformerMixin, BaseEstimator):
    """Refuses numbers above a bound, and says so with a warning first."""

    def __init__(self, bound: float, makes: float | None = None) -> None:
        self.bound = bound
        self.makes = makes

    def fit(self, X: np.ndarray, y: Any = None) -> Brittle:
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        warnings.warn("careful", UserWarning, stacklevel=1)
        if (self.bound < X).any():
            raise ValueError("the number is too large\nand more lines")
        return X if self.makes is None else np.where(X > 0, self.makes, X)


class Fragile(Operation):
    """Breaks above a bound."""

    operation: Literal["fragile"] = "fragile"
    bound: float = 100.0
    makes: float | None = None
    accepts: ClassVar = frozenset({Kind.NUMERIC})
    arity: ClassVar = Arity.EACH

    def outputs(self, inputs, task):
        return tuple(Column(name=self.named(column), kind=Kind.NUMERIC) for column in inputs)

    def build(self, context):
        return Brittle(self.bound, self.makes)


def resolved(*steps: Any) -> Any:
    schema = Schema(columns=tuple(Column(name=name, kind=kind, n_unique=2) for name, kind in KINDS.items()))
    return resolve(FeaturePlan(transformations=steps), schema, None)


def codes(findings: Any) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in findings]


def test_a_sound_plan_is_fitted_without_findings(frame):
    plan = resolved({"column": "a", "operation": "standard_scale"}, {"column": "city", "operation": "one_hot_encode"})
    fitted, findings = dry_run(plan, None, frame, None, seed=0)
    assert findings == ()
    assert list(fitted[1].transform(fitted[0].transform(frame)))[2:4] == ["city=oslo", "city=rome"]


def test_a_step_that_breaks_names_path_columns_and_rows(frame):
    frame.loc[[17, 250], "b"] = 1_000.0
    plan = resolved({"column": "city", "operation": "drop"}, Fragile(columns=("a", "b"), bound=100.0))
    fitted, (finding,) = dry_run(plan, None, frame, None, seed=0, gate="data")
    assert fitted[0] is not None
    assert fitted[1] is None
    assert (finding.code, finding.gate, finding.path) == ("step-failed", "data", "/transformations/1")
    assert finding.message == "Step 2, fragile: the number is too large (columns 'b')"
    assert finding.columns == ("b",)
    assert finding.rows == (17, 250)
    assert finding.sentence().endswith("Rows 17, 250, counted from 0.")


def test_a_column_that_breaks_in_most_rows_names_none(frame):
    frame.loc[::3, "b"] = 1_000.0
    _, (finding,) = dry_run(resolved(Fragile(column="b")), None, frame, None, seed=0, gate="data")
    assert finding.rows is None


def test_a_single_row_to_blame_is_found(frame):
    frame.loc[17, "b"] = 1_000.0
    frame.index = frame.index + 5_000
    _, (finding,) = dry_run(resolved(Fragile(column="b")), None, frame, None, seed=0)
    assert finding.rows == (5_017,)


def test_later_steps_are_tried_all_the_same_and_without_noise(frame):
    plan = resolved(
        Fragile(column="a", bound=-100.0, into="odd"),
        {"column": "odd", "operation": "log1p"},
        Fragile(column="b", bound=-100.0),
        {"column": "city", "operation": "one_hot_encode"},
    )
    fitted, findings = dry_run(plan, None, frame, None, seed=0)
    assert codes(findings) == [("step-failed", "/transformations/0"), ("step-failed", "/transformations/2")]
    assert [step is not None for step in fitted] == [False, False, False, True]


def test_infinite_numbers_refuse(frame):
    plan = resolved(Fragile(column="a", makes=float("inf")))
    _, findings = dry_run(plan, None, frame, None, seed=0)
    finding = findings[0]
    assert (finding.code, finding.refuses, finding.columns) == ("not-finite", True, ("a",))
    assert finding.rows == tuple(np.flatnonzero(frame["a"] > 0)[:5])


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"column": "none", "operation": "log1p"}, "all-missing"),
        ({"column": "same", "operation": "missing_indicator"}, "constant-output"),
        ({"column": "a", "operation": "impute_median"}, "no-effect"),
    ],
)
def test_what_is_merely_odd_is_a_warning(frame, step, code):
    fitted, (finding,) = dry_run(resolved(step), None, frame, None, seed=0)
    assert fitted[0] is not None
    assert (finding.code, finding.refuses, finding.path) == (code, False, "/transformations/0")


def test_steps_that_need_a_target_are_passed_over_without_one(frame):
    plan = resolved(
        {"column": "city", "operation": "target_encode"}, {"column": "city_target", "operation": "standard_scale"}
    )
    fitted, findings = dry_run(plan, None, frame, None, seed=0)
    assert fitted == [None, None]
    assert findings == ()


def test_a_deadline_ends_the_trial(frame):
    plan = resolved({"column": "a", "operation": "standard_scale"}, {"column": "b", "operation": "standard_scale"})
    left = iter([False, True])
    fitted, (finding,) = dry_run(plan, None, frame, None, seed=0, deadline=lambda: next(left))
    assert [step is not None for step in fitted] == [True, False]
    assert (finding.code, finding.path) == ("time-exceeded", "/transformations/1")


def test_no_warning_prints(frame, recwarn, capfd):
    dry_run(resolved(Fragile(column="a")), None, frame, None, seed=0)
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")


def test_what_is_nobodys_fault_passes_through(frame, monkeypatch):
    def full(self, X):
        raise MemoryError

    monkeypatch.setattr(Brittle, "transform", full)
    with pytest.raises(MemoryError):
        dry_run(resolved(Fragile(column="a")), None, frame, None, seed=0)


def test_the_sample_holds_what_plans_stumble_over(frame):
    frame["city"] = frame["city"].where(frame.index != 123, "a rare and very long name")
    frame.loc[200, "a"] = 1e9
    frame.loc[201, "a"] = -1e9
    frame.loc[202, "b"] = np.nan
    frame.loc[203, ["a", "b"]] = np.nan
    y = pd.Series(np.where(np.arange(400) < 3, "rare", "common"))
    rows = nasty_sample(frame, y, 60, seed=0)
    assert len(rows) == 60
    assert len(set(rows)) == 60
    assert list(rows) == sorted(rows)
    assert {0, 1, 2, 123, 200, 201, 202, 203} <= set(rows)
    assert list(nasty_sample(frame, y, 60, seed=0)) == list(rows)
    assert list(nasty_sample(frame, y, 60, seed=1)) != list(rows)


def test_a_small_table_is_its_own_sample(frame):
    assert list(nasty_sample(frame.head(5), None, 500, seed=0)) == [0, 1, 2, 3, 4]
    assert len(nasty_sample(frame.head(0), None, 500, seed=0)) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40))
def test_the_spare_run_finds_what_the_dry_run_finds(seed):
    source = random.Random(seed)
    task = task_of(source.choice(("binary", "multiclass", "regression")))
    rows = source.choice((4, 12, 30))
    frame, columns = random_table(source, rows)
    y = source.choice((None, target_of(task.task_type, rows, seed % 1000)))
    plan = resolve(
        random_plan(Schema(columns=columns, target="y", rows=rows), task, source), Schema(columns=columns), task
    )
    _, findings = dry_run(plan, task, frame, y, seed=seed, gate="data")
    assert spare_run(plan, task, lambda names: frame[names], list(frame), y, seed=seed) == findings


def test_the_spare_run_tells_rows_and_what_rests_on_a_broken_step(frame):
    frame.loc[[17, 250], "b"] = 1_000.0
    plan = resolved(
        {"column": "city", "operation": "drop"},
        Fragile(columns=("a", "b"), into=None),
        {"columns": ["a", "b"], "operation": "ratio", "into": "c"},
        {"column": "same", "operation": "missing_indicator"},
    )
    found = spare_run(plan, None, lambda names: frame[names], list(frame), None, seed=0)
    assert found == dry_run(plan, None, frame, None, seed=0, gate="data")[1]
    assert codes(found) == [("step-failed", "/transformations/1"), ("constant-output", "/transformations/3")]
    assert found[0].rows == (17, 250)


def test_the_spare_run_asks_for_a_column_when_it_is_read_and_lets_it_go_when_it_is_not(frame):
    plan = resolved(
        {"column": "a", "operation": "standard_scale"},
        {"column": "b", "operation": "standard_scale"},
        {"columns": ["same", "a"], "operation": "drop"},
        {"column": "city", "operation": "count_encode"},
        {"columns": ["city", "b"], "operation": "keep"},
    )
    asked, alive = [], {}

    def columns(names):
        gc.collect()
        asked.append((names, [name for name, array in alive.items() if array() is not None]))
        arrays = {name: frame[name].to_numpy().copy() for name in names}
        alive.update({name: weakref.ref(array) for name, array in arrays.items()})
        return pd.DataFrame(arrays, index=frame.index, copy=False)

    spare_run(plan, None, columns, list(frame), None, seed=0)
    assert asked == [([], []), (["a"], []), (["b"], []), (["city"], [])]


def test_the_spare_run_knows_a_name_that_a_step_takes_over(frame):
    plan = resolved(
        {"column": "a", "operation": "drop"},
        {"column": "b", "operation": "log1p", "into": "a"},
        {"column": "a", "operation": "bin"},
        {"column": "city", "operation": "one_hot_encode"},
        {"column": "city=*", "operation": "standard_scale"},
    )
    found = spare_run(plan, None, lambda names: frame[names], list(frame), None, seed=0)
    assert found == dry_run(plan, None, frame, None, seed=0, gate="data")[1]
