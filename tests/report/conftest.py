"""A synthetic run: its events as the loop would write them, without any table behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planfit.records.events import (
    CandidateFailedEvent,
    ClockDecided,
    DecisionMade,
    Event,
    HoldoutOpened,
    PlanAccepted,
    PlanRejected,
    PlanRequested,
    RolledBack,
    RunFinished,
    RunStarted,
    RunStopped,
    StepFinished,
    WarningRaised,
)
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, DataRef, Profile, ValueCount
from planfit.records.run import Environment, Limits, RunRequest
from planfit.records.schema import Column, Excluded, Kind
from planfit.records.scores import (
    Allotment,
    ArtifactRef,
    CandidateFailure,
    CandidateResult,
    CandidateSpec,
    Delivered,
    FoldOutcome,
    HoldoutScore,
    Probe,
    Score,
)
from planfit.records.task import SplitRecord, SplitSpec, Task
from planfit.store.run import RunReader

NASTY = "a|b `c` <img src=x onerror=alert(1)>\n# not a heading"
ROWS = 7043


class Synthetic(RunReader):
    """A reader over events that were made up."""

    def __init__(self, bodies: list[Any], seconds: float = 61.25) -> None:
        super().__init__(Path("run_20260101-120000-abcd"))
        self._made = tuple(
            Event(no=no, at="2026-01-01T12:00:00.000000Z", run_id="r", prev_hash="", body=body, hash="", signature="")
            for no, body in enumerate(bodies, 1)
        )
        self._seconds = seconds

    id = "20260101-120000-abcd"

    @property
    def events(self) -> tuple[Event, ...]:
        return self._made

    @property
    def spent_seconds(self) -> float:
        return self._seconds


def ref(path: str, size: int = 1234) -> ArtifactRef:
    return ArtifactRef(path=path, sha256="0" * 64, bytes=size)


def step(name: str, stage: Any, result: Any, *paths: str, seconds: float = 0.5, size: int = 1234) -> StepFinished:
    body = result.to_json() if hasattr(result, "to_json") else result
    files = tuple(ref(path, size) for path in paths)
    return StepFinished(key=f"k-{name}", stage=stage, name=name, result=body, files=files, seconds=seconds)


def request(**changes: Any) -> RunRequest:
    limits = Limits(seconds=60.0, patience=10)
    base = RunRequest(
        sentence="Predict customer churn from usage | fast", data="/d/churn.csv", limits=limits, workers=2, threads=1
    )
    return base.having(**changes)


def started(**changes: Any) -> RunStarted:
    here = Environment(planfit="0", python="3.11", platform="Linux", libraries={}, cores=2, memory=1)
    return RunStarted(request=request(**changes), environment=here, seed=0)


def profile() -> Profile:
    columns = [
        ("customerID", Kind.IDENTIFIER, 0, 7043, None),
        ("tenure", Kind.NUMERIC, 0, 73, None),
        ("TotalCharges", Kind.NUMERIC, 11, 6530, None),
        ("Contract", Kind.CATEGORICAL, 0, 3, None),
        ("surname", Kind.CATEGORICAL, 300, 800, "name"),
        ("pipe|d `col`", Kind.BOOLEAN, 0, 2, None),
        ("Churn", Kind.BOOLEAN, 0, 2, None),
    ]
    warning = Finding(
        code="disguised-missing", gate="dataset", severity="warning", message="'TotalCharges' holds blanks like ' '."
    )
    top = (ValueCount(value="Abernathy", count=9),)
    return Profile(
        data=DataRef(content_hash="h", path="/d/churn.csv", origin="churn.csv", rows=ROWS, columns=len(columns)),
        rows=ROWS,
        memory=10**6,
        columns=tuple(Column(name=name, kind=kind) for name, kind, *_ in columns),
        statistics=tuple(
            ColumnProfile(
                name=name, kind=kind, missing=missing, n_unique=unique, personal=personal, top=top if personal else ()
            )
            for name, kind, missing, unique, personal in columns
        ),
        duplicate_rows=22,
        warnings=(warning,),
    )


def task(**changes: Any) -> Task:
    base = Task(
        sentence="Predict customer churn from usage | fast",
        target="Churn",
        task_type="binary",
        metric="roc_auc",
        greater_is_better=True,
        classes=("No", "Yes"),
        positive_class="Yes",
        split=SplitSpec(kind="stratified"),
        excluded=(Excluded(name="customerID", code="identifier", reason=f"Each row has its own. {NASTY}"),),
    )
    return base.having(**changes)


def candidate(
    name: str,
    family: str,
    value: float,
    origin: Any = "plan",
    *,
    members: Any = (),
    metric: str = "roc_auc",
    **more: Any,
) -> CandidateResult:
    folds = tuple(FoldOutcome(fold=i, score=value + 0.01 * (i - 2)) for i in range(5))
    spec = {"id": name, "family": family, "params": {}, "features": more.pop("features", "v0"), "origin": origin}
    return CandidateResult(
        spec=CandidateSpec(**spec, members=members, reason=more.pop("reason", ""), parent=more.pop("parent", None)),
        allotment=Allotment(folds=5),
        score=Score(metric=metric, value=value, std=0.0123, per_fold=tuple(f.score for f in folds), rows=5634),
        folds=folds,
        **more,
    )


def probe(child: str, verdict: Any, mean: float) -> Probe:
    return Probe(
        child=child,
        parent="v0",
        metric="roc_auc",
        child_score=0.84 + mean,
        parent_score=0.84,
        differences=(mean, mean * 2, mean / 2),
        mean=mean,
        corrected_se=0.002,
        verdict=verdict,
        because=f"On average {verdict}.",
    )


def plan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 1, "transformations": list(steps), **more}


FIRST = plan(
    {
        "columns": ["TotalCharges", "tenure"],
        "operation": "ratio",
        "into": "per_month",
        "reason": f"Charges per month. {NASTY}",
    },
    {"column": "surname", "operation": "map_values", "mapping": {"Abernathy": 1}, "reason": "Like Abernathy."},
    rationale="Long contracts stay.",
)
SECOND = plan({"columns": ["tenure"], "operation": "polynomial_features", "degree": 3})
MODELS = {
    "move": "models",
    "plan": {
        "candidates": [{"family": "lightgbm"}],
        "rejected": [{"family": "random_forest", "reason": "7,043 rows: slower and seldom better here."}],
    },
}


def asked(key: str, stage: Any, kind: str, attempt: int = 1) -> PlanRequested:
    return PlanRequested(
        ask_key=key,
        stage=stage,
        plan_kind=kind,
        prompt=ref("prompts/p.txt"),
        planner="expert",
        round=0,
        attempt=attempt,
    )


def preparation() -> list[Any]:
    return [
        started(),
        step("table", "profiling", profile().data, "dataset.json", seconds=0.1),
        step("profile", "profiling", profile(), "profile.json", seconds=0.25),
        asked("t", "task", "TaskPlan"),
        PlanAccepted(
            ask_key="t", plan={"target": "Churn", "task_type": "binary", "rationale": "The sentence says churn."}
        ),
        step(
            "split",
            "split",
            SplitRecord(
                kind="stratified",
                rule="A fifth of the rows is the holdout, the others are in 5 folds, with the same share of each class.",
                n_folds=5,
                rows=ROWS,
                training_rows=5634,
                holdout_rows=1409,
            ),
            "split.parquet",
        ),
        step("target_profile", "split", {"rows": 5634, "classes": [], "associations": [], "leaks": []}),
        step("task", "task", task(), "task.json"),
        WarningRaised(
            key="w",
            stage="split",
            finding=Finding(code="x", gate="dataset", severity="warning", message="Mind Abernathy's rows."),
        ),
    ]


def feature_work() -> list[Any]:
    made = ("pipeline.joblib", "transformed.parquet", "ledger.json", "plan.json")
    refused = Finding(
        code="kind-not-accepted",
        gate="schema",
        path="/transformations/0/column",
        message="standard_scale does not take 'Contract', a categorical column.",
        allowed="numeric columns",
    )
    noise = probe("v2", "worse", -0.011)
    return [
        asked("f1", "feature_engineering", "FeaturePlan"),
        PlanRejected(ask_key="f1", findings=(refused,)),
        asked("f2", "feature_engineering", "FeaturePlan", 2),
        PlanAccepted(ask_key="f2", plan=FIRST),
        step(
            "features v1",
            "feature_engineering",
            {"findings": [], "columns_in": 5, "columns_out": 6},
            *(f"features/v1/{name}" for name in made),
            seconds=1.5,
        ),
        step("probe v1", "feature_engineering", probe("v1", "better", 0.004), seconds=2.0),
        DecisionMade(
            key="d1",
            stage="feature_engineering",
            rule="r",
            what="v1 adopted",
            because="Better.",
            figures={"child": "v1", "parent": "v0"},
        ),
        asked("f3", "model_search", "NextStep"),
        PlanAccepted(ask_key="f3", plan={"move": "revise", "plan": SECOND}),
        step(
            "features v2",
            "feature_engineering",
            {"findings": [], "columns_in": 6, "columns_out": 9},
            *(f"features/v2/{name}" for name in made),
        ),
        step("probe v2", "feature_engineering", noise),
        RolledBack(ask_key="f3", frm="v2", to="v1", by="probe", probe=noise),
    ]


ENSEMBLE = (("c002", 0.7), ("c003", 0.3))


def search() -> list[Any]:
    spec = CandidateSpec(id="c004", family="lightgbm", params={}, features="v1", origin="tuning", parent="c002")
    failure = CandidateFailure(spec=spec, cause="out_of_memory", detail="Took 2.1 GB of 2 GB.", seconds=3.0)
    return [
        step("candidate c001", "model_search", candidate("c001", "baseline", 0.5, "baseline", seconds=0.2)),
        ClockDecided(key="q", name="seconds_for_candidate", value=20.5),
        asked("m1", "model_search", "NextStep"),
        PlanAccepted(ask_key="m1", plan=MODELS),
        step(
            "candidate c002",
            "model_search",
            candidate(
                "c002", "lightgbm", 0.8512, features="v1", rounds=143, seconds=6.0, reason="Strong on most tables."
            ),
            "candidates/c002/oof.parquet",
            "candidates/c002/folds/0.joblib",
            seconds=6.0,
        ),
        step(
            "candidate c003",
            "model_search",
            candidate("c003", "linear", 0.8467, features="v1", seconds=1.25, reason="Reads at a glance."),
            seconds=1.25,
        ),
        CandidateFailedEvent(key="x", failure=failure),
        step(
            "ensemble c005",
            "model_search",
            candidate(
                "c005", "ensemble", 0.8534, "ensemble", members=ENSEMBLE, reason="Greedy weights over 2 candidates."
            ),
        ),
        RunStopped(reason="converged", because="10 candidates in a row brought nothing."),
    ]


def delivered() -> Delivered:
    return Delivered(
        candidate="c005",
        family="ensemble",
        members=ENSEMBLE,
        rows_fitted=ROWS,
        how="refit",
        because="Every member was fitted again on all rows.",
    )


def delivery() -> list[Any]:
    importance = [
        {"column": "tenure", "mean": 0.081, "std": 0.004},
        {"column": "Contract", "mean": 0.041, "std": 0.003},
        {"column": "pipe|d `col`", "mean": -0.0002, "std": 0.0004},
    ]
    held = {"value": 0.8441, "low": 0.8212, "high": 0.8655, "rows": 1409}
    model = [f"model/{name}" for name in ("model.joblib", "pipeline.joblib", "schema.json", "metadata.json")]
    return [
        HoldoutOpened(split_key="s", key="h", opening=1),
        step("holdout", "evaluation", {"holdout": held, "importance": importance, "predictions": None}, seconds=1.0),
        step("refit c002", "training", {"rows_fitted": ROWS}, seconds=2.0),
        step("bundle", "training", {"delivered": delivered().to_json(), "one_row_ms": 2.345}, *model, size=2_500_000),
    ]


def finish() -> RunFinished:
    held = HoldoutScore(
        metric="roc_auc", value=0.8441, low=0.8212, high=0.8655, confidence=0.95, rows=1409, scored="fold_average"
    )
    score = Score(metric="roc_auc", value=0.8534)
    return RunFinished(status="finished", delivered=delivered(), cv=score, holdout=held, seconds=61.25)


def whole() -> list[Any]:
    return [*preparation(), *feature_work(), *search(), *delivery()]


@pytest.fixture
def reader() -> Synthetic:
    return Synthetic(whole())


def regression() -> list[Any]:
    numbers = task(
        target="price", task_type="regression", metric="rmse", greater_is_better=False, classes=(), positive_class=None
    )
    alone = Delivered(
        candidate="c002", family="lightgbm", members=(("c002", 1.0),), rows_fitted=500, how="fold_average"
    )
    return [
        started(sentence="Estimate the price", limits=Limits(candidates=4, patience=10)),
        step("task", "task", numbers),
        step("candidate c001", "model_search", candidate("c001", "baseline", 81234.5, "baseline", metric="rmse")),
        step("candidate c002", "model_search", candidate("c002", "lightgbm", 23456.7, metric="rmse", cut=True)),
        RunStopped(reason="person", because="A person asked to stop."),
        step("holdout", "evaluation", {"holdout": None, "importance": []}),
        step("bundle", "training", {"delivered": alone.to_json(), "one_row_ms": 1.0}),
    ]
