"""Profiles and asks made by hand: planners see nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planfit.planners.base import Ask
from planfit.planners.expert.expert import Expert
from planfit.planners.prompts import Reference
from planfit.records.profile import Association, ColumnProfile, DataRef, Profile, TargetProfile, ValueCount
from planfit.records.schema import Column, Kind
from planfit.records.scores import Allotment, CandidateFailure, CandidateResult, CandidateSpec, Score
from planfit.records.task import SplitSpec, Task

OPERATIONS = (
    "impute_median", "impute_most_frequent", "missing_indicator", "standard_scale", "log1p", "one_hot_encode", "ordinal_encode",
    "target_encode", "polynomial_features", "datetime_parts", "tfidf", "ratio", "drop", "keep",
)  # fmt: skip
FAMILIES = ("baseline", "linear", "lightgbm", "random_forest")


def column(
    name: str, kind: str, n_unique: int, missing: int = 0, top: dict[str, int] | None = None, **more: Any
) -> ColumnProfile:
    counts = tuple(ValueCount(value=value, count=count) for value, count in (top or {}).items())
    return ColumnProfile(name=name, kind=Kind(kind), n_unique=n_unique, missing=missing, top=counts, **more)


def number(name: str, low: float, high: float, n_unique: int = 500, missing: int = 0, **more: Any) -> ColumnProfile:
    mean = more.pop("mean", (low + high) / 2)
    spread = tuple(low + share * (high - low) for share in (0.01, 0.25, 0.5, 0.75, 0.99))
    values = {"integers": False, "zeros": 0, "skew": 0.0, "std": (high - low) / 4, "quantiles": spread} | more
    return column(name, "numeric", n_unique, missing, minimum=low, maximum=high, mean=mean, **values)


def profile(rows: int, *columns: ColumnProfile) -> Profile:
    return Profile(
        data=DataRef(content_hash="0" * 64, path=None, origin="a table", rows=rows, columns=len(columns)),
        rows=rows,
        memory=1,
        columns=tuple(Column(name=c.name, kind=c.kind, n_unique=c.n_unique, missing=c.missing) for c in columns),
        statistics=columns,
        duplicate_rows=0,
    )


@pytest.fixture
def churn() -> Profile:
    """A table of customers, much like the one of the demo."""
    return profile(
        7043,
        column("customerID", "identifier", 7043),
        column("SeniorCitizen", "boolean", 2, top={"0": 5901, "1": 1142}),
        number("tenure", 0, 72, 73, mean=32.4, integers=True, zeros=11),
        column("Contract", "categorical", 3, top={"Month-to-month": 3875, "Two year": 1695, "One year": 1473}),
        column("City", "categorical", 40, top={"Springfield": 400, "Lonely": 2}),
        number("MonthlyCharges", 18.25, 118.75, 1585, mean=64.8),
        number("TotalCharges", 18.8, 8684.8, 6530, missing=11, mean=2283.3, skew=0.96),
        column("Email", "categorical", 30, top={"ann@example.org": 9}, personal="e-mail"),
        column("Note", "text", 6000, mean_words=7.5, top={"secret words": 9}),
        number("Income", 0, 900000, 4000, missing=700, skew=5.2),
        column("Signup", "datetime", 900, minimum="2019-01-01", maximum="2021-12-31"),
        column("Churn", "boolean", 2, top={"No": 5174, "Yes": 1869}),
    )


@pytest.fixture
def churn_task() -> Task:
    return Task(
        sentence="Predict customer churn based on usage patterns",
        target="Churn",
        task_type="binary",
        metric="roc_auc",
        greater_is_better=True,
        classes=("No", "Yes"),
        positive_class="Yes",
        split=SplitSpec(kind="stratified"),
        excluded=({"name": "customerID", "code": "identifier", "reason": "7043 distinct values in 7043 rows"},),
    )


@pytest.fixture
def churn_target() -> TargetProfile:
    found = {
        "tenure": 0.74,
        "Contract": 0.73,
        "MonthlyCharges": 0.66,
        "TotalCharges": 0.65,
        "Income": 0.6,
        "SeniorCitizen": 0.56,
    }
    return TargetProfile(
        rows=5634,
        classes=(ValueCount(value="No", count=4139), ValueCount(value="Yes", count=1495)),
        associations=tuple(Association(column=name, measure="auc", value=value) for name, value in found.items()),
    )


@pytest.fixture
def reference() -> Reference:
    """Stands for the catalogue, so that these tests do not change with it."""
    return Reference(operations="ratio: one column over another", families="linear: quick")


@pytest.fixture
def expert(reference: Reference) -> Expert:
    return Expert(reference)


@pytest.fixture
def ask(churn: Profile, churn_task: Task, churn_target: TargetProfile) -> Callable[..., Ask]:
    """Make an ask about the table of customers; keywords change it."""

    def make(plan_kind: str, **changes: Any) -> Ask:
        stage = {"TaskPlan": "task", "FeaturePlan": "feature_engineering"}.get(plan_kind, "model_search")
        values: dict[str, Any] = {
            "plan_kind": plan_kind, "stage": stage, "round": 0, "attempt": 1, "profile": churn,
            "sentence": "Predict customer churn based on usage patterns",
        }  # fmt: skip
        if plan_kind != "TaskPlan":
            values |= {
                "task": churn_task, "target_profile": churn_target, "schema_": churn_task.features_of(churn),
                "operations": OPERATIONS, "families": FAMILIES, "feature_sets": (("v0", {"transformations": []}),),
            }  # fmt: skip
        return Ask(**values | changes)

    return make


def result(number: int, family: str, value: float, **spec: Any) -> CandidateResult:
    values: dict[str, Any] = {"params": {"depth": 1}, "features": "v0", "origin": "plan"} | spec
    return CandidateResult(
        spec=CandidateSpec(id=f"c{number:03d}", family=family, **values),
        allotment=Allotment(folds=5),
        score=Score(metric="roc_auc", value=value, std=0.01),
        folds=(),
        seconds=1.0,
    )


def failure(number: int, family: str, **spec: Any) -> CandidateFailure:
    values: dict[str, Any] = {"params": {}, "features": "v0", "origin": "plan"} | spec
    return CandidateFailure(
        spec=CandidateSpec(id=f"c{number:03d}", family=family, **values), cause="crash", detail="it broke"
    )


@pytest.fixture
def make() -> dict[str, Callable[..., Any]]:
    """The makers above, for tests that need other tables or results."""
    return {"column": column, "number": number, "profile": profile, "result": result, "failure": failure}


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Compare a text with the file of that name; ``UPDATE_SNAPSHOTS=1`` writes it."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "snapshots" / f"{name}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), (
            f"{name} changed; if that is meant, run with UPDATE_SNAPSHOTS=1"
        )

    return compare
