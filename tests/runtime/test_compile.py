"""From a plan to a scikit-learn Pipeline."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from planfit.data.door import Door
from planfit.models.registry import families
from planfit.plans import FeaturePlan
from planfit.plans.resolve import resolve
from planfit.records.schema import ALL_KINDS, Column, Kind, Schema
from planfit.records.task import SplitSpec, Task
from planfit.runtime.compile import compile_plan, feature_steps, finishing_steps, select_step

ROWS = 200
STEPS = (
    {"column": "city", "operation": "target_encode", "keep_source": True},
    {"column": "age", "operation": "impute_median"},
    {"columns": ["age", "income"], "operation": "polynomial_features"},
    {"columns": ["@numeric"], "except": ["age"], "operation": "standard_scale"},
    {"column": "city", "operation": "one_hot_encode"},
    {"column": "when", "operation": "datetime_parts", "parts": ["month", "weekday"]},
    {"columns": ["income"], "operation": "drop"},
)


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, pd.Series]:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": np.where(random.random(ROWS) < 0.1, np.nan, random.integers(18, 90, ROWS)),
            "income": random.gamma(2.0, 1000.0, ROWS),
            "city": random.choice(["rome", "oslo", "bern"], ROWS),
            "when": pd.date_range("2024-01-01", periods=ROWS, freq="D").astype("datetime64[us]"),
            "house": random.integers(0, 40, ROWS).astype(str),
        }
    )
    return frame, pd.Series(np.where(random.random(ROWS) < 0.4, "yes", "no"), name="y")


@pytest.fixture(scope="module")
def schema() -> Schema:
    kinds = {"age": Kind.NUMERIC, "income": Kind.NUMERIC, "city": Kind.CATEGORICAL, "when": Kind.DATETIME}
    columns = tuple(Column(name=name, kind=kind, n_unique=3, sources=(name,)) for name, kind in kinds.items())
    return Schema(columns=columns, target="y", carried=("house",), rows=ROWS)


@pytest.fixture(scope="module")
def grouped() -> Task:
    return Task(
        sentence="Predict y", target="y", task_type="binary", metric="roc_auc", greater_is_better=True,
        classes=("no", "yes"), positive_class="yes", split=SplitSpec(kind="group", column="house"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> FeaturePlan:
    return FeaturePlan(transformations=STEPS)


def test_the_pipeline_has_the_door_first_and_select_last(plan, schema, grouped):
    pipeline = compile_plan(plan, schema, grouped, seed=0)
    assert [name for name, _ in pipeline.steps] == [
        "door", "01_target_encode", "02_impute_median", "03_polynomial_features", "04_standard_scale",
        "05_one_hot_encode", "06_datetime_parts", "07_drop", "select",
    ]  # fmt: skip


def test_fitting_the_pipeline_equals_running_the_steps_one_by_one(plan, schema, grouped, table):
    frame, y = table
    pipeline = compile_plan(plan, schema, grouped, seed=3)
    whole = pipeline.fit_transform(frame, y)
    resolved = resolve(plan, schema, grouped)
    train = apply = Door(schema).fit_transform(frame)
    for _, step in feature_steps(resolved, grouped, 3):
        train, apply = step.fit_transform(train, y), step.transform(apply)
    last = select_step(resolved.columns).fit(train)
    pd.testing.assert_frame_equal(whole, last.transform(train))
    pd.testing.assert_frame_equal(pipeline.transform(frame), last.transform(apply))
    assert "house" not in whole


def test_what_comes_out_is_what_was_resolved(plan, schema, grouped, table):
    out = compile_plan(plan, schema, grouped, seed=0).fit_transform(*table)
    assert list(out) == [
        "age", "city=bern", "city=oslo", "city=rome", "when.month", "when.weekday", "city_target",
        "age^2", "age*income", "income^2",
    ]  # fmt: skip


def test_it_can_be_cloned_pickled_and_used_on_one_row(plan, schema, grouped, table, tmp_path):
    frame, y = table
    pipeline = clone(compile_plan(plan, schema, grouped, seed=0)).fit(frame, y)
    joblib.dump(pipeline, tmp_path / "pipeline.joblib")
    again = joblib.load(tmp_path / "pipeline.joblib")
    raw = frame.drop(columns="house")
    pd.testing.assert_frame_equal(again.transform(raw.iloc[[7]]), pipeline.transform(raw).iloc[[7]])
    assert list(again.get_feature_names_out()) == list(again.transform(raw.head(1)))


def test_the_same_seed_gives_the_same_training_view(plan, schema, grouped, table):
    frame, y = table
    views = [compile_plan(plan, schema, grouped, seed=seed).fit_transform(frame, y) for seed in (0, 0, 1)]
    pd.testing.assert_frame_equal(views[0], views[1])
    assert not views[0]["city_target"].equals(views[2]["city_target"])


def test_an_empty_plan_is_the_table_itself(schema, grouped, table):
    out = compile_plan(FeaturePlan(transformations=()), schema, grouped, seed=0).fit_transform(*table)
    assert list(out) == ["age", "income", "city", "when"]


@pytest.mark.parametrize("family", sorted(families()))
def test_finishing_accepts_every_kind(family, grouped):
    columns = tuple(Column(name=kind.value, kind=kind, n_unique=5, missing=2, width=1) for kind in sorted(ALL_KINDS))
    columns = (*columns, Column(name="city=*", kind=Kind.BOOLEAN, group=True, width=4))
    steps, final = finishing_steps(families()[family], columns, grouped, seed=0)
    assert all(name.startswith("finish_") and "__" not in name for name, _ in steps)
    assert len({step.position for _, step in steps}) == len(steps)
    assert final
