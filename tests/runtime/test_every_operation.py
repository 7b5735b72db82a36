"""Every operation in the runtime: nothing of other rows enters a fold, and a table of other types is the same table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from pandas.testing import assert_frame_equal
from tables import material

from planfit.operations.registry import operations
from planfit.plans.features import FeaturePlan, step_document
from planfit.plans.resolve import resolve
from planfit.records.schema import Kind, Schema
from planfit.runtime.compile import compile_plan, feature_steps
from planfit.runtime.folds import FoldSteps
from planfit.testing.cases import Case
from planfit.testing.frames import Sample, messy, task_of


def plan_of(name: str, sample: Sample) -> FeaturePlan:
    """A plan of one step on all columns that it takes."""
    case = Case(operations()[name], {})
    step = case.operation(sample.of_kind(*case.type.accepts) if case.names_its_own else case.inputs(sample))
    return FeaturePlan(transformations=(step_document(step),))


@pytest.mark.parametrize("split", ["stratified", "group", "time"])
@pytest.mark.parametrize("name", operations())
def test_other_rows_do_not_enter_a_fold(name, split, tmp_path):
    if split != "stratified" and not operations()[name].uses_target:
        return
    column = {"group": "city", "time": "since"}.get(split)
    sample = messy("binary", rows=40).having(task=task_of("binary", split, column))
    plan = plan_of(name, sample)
    made = material(tmp_path).having(task=sample.task, door_schema=Schema(columns=sample.columns, target="y", rows=40))
    steps = feature_steps(resolve(plan, Schema(columns=sample.columns), sample.task), sample.task, 0)
    train, others = np.arange(0, 40, 2), np.arange(1, 40, 2)
    changed = sample.frame.copy()
    for place, described in enumerate(sample.columns):
        number = described.kind in (Kind.NUMERIC, Kind.BOOLEAN)
        strange = 1e50 if number else pd.Timestamp("1900-01-01") if described.kind is Kind.DATETIME else "strange"
        changed.iloc[others, place] = strange
    alone = sample.frame.iloc[train]
    views = []
    for frame, y, rows in (
        (sample.frame, sample.y, train),
        (changed, sample.y.where(np.arange(40) % 2 == 0, "yes"), train),
        (alone, sample.y.iloc[train], np.arange(len(train))),
    ):
        _, view, _ = FoldSteps(steps, frame, y, made, None).run(rows, None)
        views.append(view)
    assert_frame_equal(views[0], views[1], check_exact=True)
    assert_frame_equal(views[0], views[2], check_exact=True)


def same_tables(frame: pd.DataFrame) -> dict[str, object]:
    """The table as others hold it."""
    plain = frame.replace({np.inf: np.nan, -np.inf: np.nan}).reset_index(drop=True)
    whole = [name for name in plain if plain[name].dtype.kind == "f" and (plain[name].dropna() % 1 == 0).all()]
    words = [name for name in plain if plain[name].dtype == object]
    return {
        "pandas": plain,
        "whole numbers": plain.astype(dict.fromkeys(whole, "Int64")),
        "categories": plain.astype(dict.fromkeys(words, "category")),
        "strings": plain.astype(dict.fromkeys(words, "str")),
        "polars": pl.from_pandas(plain.astype(dict.fromkeys(words, "str"))),
        "arrow": pl.from_pandas(plain.astype(dict.fromkeys(words, "str"))).to_arrow(),
    }


@pytest.fixture(scope="module")
def tables():
    sample = messy("binary", rows=40)
    return sample, same_tables(sample.frame)


@pytest.mark.parametrize("name", operations())
def test_a_table_of_other_types_is_the_same_table(name, tables):
    sample, same = tables
    schema = Schema(columns=sample.columns, target="y", rows=40)
    pipeline = compile_plan(plan_of(name, sample), schema, sample.task, seed=0)
    pipeline.fit(same["pandas"], sample.y)
    expected = pipeline.transform(same["pandas"])
    for table in same.values():
        assert_frame_equal(pipeline.transform(table), expected, check_exact=True)
