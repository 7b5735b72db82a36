"""A schema and a profile small enough to be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planfit.plans import parse
from planfit.plans.validate import check_features
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, DataRef, Profile, ValueCount
from planfit.records.schema import Column, Excluded, Kind, Schema
from planfit.records.task import SplitSpec, Task

KINDS = {
    "age": Kind.NUMERIC,
    "category": Kind.CATEGORICAL,
    "feature_a": Kind.NUMERIC,
    "feature_b": Kind.NUMERIC,
    "name": Kind.IDENTIFIER,
    "when": Kind.DATETIME,
    "body": Kind.TEXT,
}


@pytest.fixture
def schema() -> Schema:
    return Schema(
        columns=tuple(Column(name=name, kind=kind, n_unique=3, sources=(name,)) for name, kind in KINDS.items()),
        target="y",
        excluded=(Excluded(name="leaky", code="leak", reason="knows the target"),),
        carried=("house",),
        rows=500,
    )


@pytest.fixture
def binary() -> Task:
    return Task(
        sentence="Predict y", target="y", task_type="binary", metric="roc_auc", greater_is_better=True,
        classes=("no", "yes"), positive_class="yes", split=SplitSpec(kind="stratified"),
    )  # fmt: skip


@pytest.fixture
def judged(schema: Schema) -> Callable[..., tuple[Any, tuple[Finding, ...]]]:
    """Return a function from steps to what the gates ``document`` and ``schema`` say."""

    def judge(*steps: dict[str, Any], memory: int | None = None) -> tuple[Any, tuple[Finding, ...]]:
        import json

        plan, findings = parse("FeaturePlan", json.dumps({"transformations": steps}))
        assert plan is not None, [finding.sentence() for finding in findings]
        return check_features(plan, schema, None, rows=500, memory=memory)

    return judge


def stats(name: str, kind: Kind, n_unique: int, *top: str, missing: int = 0) -> ColumnProfile:
    counts = tuple(ValueCount(value=value, count=50) for value in top)
    return ColumnProfile(name=name, kind=kind, missing=missing, n_unique=n_unique, top=counts)


@pytest.fixture
def profile() -> Profile:
    columns = (
        stats("churn", Kind.CATEGORICAL, 2, "no", "yes"),
        stats("price", Kind.NUMERIC, 80),
        stats("grade", Kind.CATEGORICAL, 4, "a", "b", "c", "d"),
        stats("when", Kind.DATETIME, 90),
        stats("note", Kind.TEXT, 100),
        stats("same", Kind.CONSTANT, 1, "x"),
        stats("empty", Kind.CONSTANT, 0, missing=100),
    )
    return Profile(
        data=DataRef(content_hash="0", path=None, origin="a table", rows=100, columns=len(columns)),
        rows=100,
        memory=1_000,
        columns=tuple(Column(name=entry.name, kind=entry.kind, n_unique=entry.n_unique) for entry in columns),
        statistics=columns,
        duplicate_rows=0,
    )
