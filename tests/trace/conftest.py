"""The record of a run in which everything happened once: refused, rolled back, failed, tuned, blended, delivered."""

from __future__ import annotations

import json

import pytest

from planfit.records.events import (
    CandidateFailedEvent,
    ClockDecided,
    DecisionMade,
    HoldoutOpened,
    PlanAccepted,
    PlanFailed,
    PlanProposed,
    PlanRejected,
    PlanRequested,
    RolledBack,
    RunFinished,
    RunStopped,
)
from planfit.records.findings import Finding
from planfit.records.run import Environment, Limits, RunRequest
from planfit.records.schema import Column, Excluded, Kind, Schema
from planfit.records.scores import (
    Allotment,
    CandidateFailure,
    CandidateResult,
    CandidateSpec,
    Delivered,
    FoldOutcome,
    HoldoutScore,
    Probe,
    Score,
    Usage,
)
from planfit.records.task import SplitSpec, Task
from planfit.store.store import Store

TASK_PLAN = {
    "target": "churn", "task_type": "binary", "metric": "roc_auc", "positive_class": "yes",
    "split": {"kind": "stratified", "column": None},
    "excluded": [{"name": "customer_id", "code": "identifier", "reason": "Every row has its own."}],
    "confidence": 0.9, "alternatives": [], "question": None, "rationale": "The sentence names churn.",
}  # fmt: skip
SCALED_TEXT = {"transformations": [{"column": "city", "operation": "standard_scale"}]}
FEATURES = {
    "transformations": [
        {
            "columns": ["tenure", "charges"],
            "operation": "ratio",
            "into": "per_month",
            "reason": "Charges grow with tenure.",
        },
        {"columns": "@categorical", "except": ["plan"], "operation": "target_encode"},
    ],
    "rationale": "Two views of the money.",
}
WORSE = {
    "move": "revise",
    "plan": {"transformations": [{"column": "tenure", "operation": "log1p"}], "rationale": "Skewed."},
}
BREAKS = {"move": "revise", "plan": {"transformations": [{"column": "charges", "operation": "bin"}]}}
MODELS = {
    "move": "models",
    "plan": {
        "candidates": [
            {"family": "lightgbm", "params": {}, "reason": "Strong on mixed tables."},
            {"family": "random_forest", "params": {}},
            {"family": "linear", "params": {"C": 1.0}},
        ],
        "rejected": [{"family": "knn", "reason": "Too many rows."}],
        "rationale": "Three views.",
    },
}
TUNE = {
    "move": "tune",
    "plan": {"candidate": "c002", "method": "bayesian", "trials": 1, "space": None, "rationale": "It leads."},
}
UNKNOWN = Finding(
    code="kind-not-accepted", gate="schema", path="/transformations/0/column", message="city is text.", allowed="impute"
)


@pytest.fixture(autouse=True)
def _own_key(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path_factory.mktemp("home")))


def candidate(name, family, value, origin="plan", members=(), **params):
    spec = CandidateSpec(id=name, family=family, params=params, features="v1", origin=origin, members=members)
    score = Score(metric="roc_auc", value=value, std=0.01, per_fold=(value, value), rows=10)
    folds = (FoldOutcome(fold=0, score=value),)
    return CandidateResult(spec=spec, allotment=Allotment(folds=2), score=score, folds=folds, seconds=1.5)


class Story:
    """Tells the record of one run."""

    def __init__(self, run):
        self.run = run
        self.round = 0

    def ask(self, kind, stage, document, *, attempt=1, findings=(), usage=None):
        """Ask, answer, judge; return the key of the question."""
        run, key = self.run, f"ask-{stage}-{kind}-{self.round}-{attempt}"
        prompt = run.keep_text(f"What about {stage}, round {self.round}, attempt {attempt}?")
        run.append(
            PlanRequested(
                ask_key=key,
                stage=stage,
                plan_kind=kind,
                prompt=prompt,
                planner="expert",
                round=self.round,
                attempt=attempt,
            )
        )
        text = document if isinstance(document, str) else json.dumps(document)
        run.append(PlanProposed(ask_key=key, document=text, usage=usage))
        if any(finding.refuses for finding in findings):
            run.append(PlanRejected(ask_key=key, findings=findings))
        else:
            run.append(PlanAccepted(ask_key=key, plan=document, findings=findings))
        return key

    def move(self, document, **options):
        self.round += 1
        return self.ask("NextStep", "model_search", document, **options)

    def step(self, stage, name, result, files=None):
        self.run.record(f"key of {name}", stage, name, result, files or {}, 0.5, shared=False)

    def score(self, *args, stage="model_search", **kwargs):
        made = candidate(*args, **kwargs)
        word = "ensemble" if made.spec.family == "ensemble" else "candidate"
        files = {f"candidates/{made.spec.id}/oof.parquet": made.spec.id.encode()}
        self.step(stage, f"{word} {made.spec.id}", made, files)

    def probe(self, name, verdict, because):
        made = Probe(
            child=name, parent="v0", metric="roc_auc", differences=(0.1,), mean=0.1, verdict=verdict, because=because
        )
        self.step("feature_engineering", f"probe {name}", made)
        return made

    def settle(self):
        usage = Usage(calls=1, tokens_in=10, tokens_out=5, seconds=0.1)
        self.ask("TaskPlan", "task", TASK_PLAN, usage=usage)
        excluded = (Excluded(name="customer_id", code="identifier", reason="Every row has its own."),)
        task = Task(
            sentence="Predict churn", target="churn", task_type="binary", metric="roc_auc", greater_is_better=True,
            classes=("no", "yes"), split=SplitSpec(kind="stratified"), excluded=excluded,
        )  # fmt: skip
        self.step("task", "task", task, {"task.json": b"{}"})
        kinds = {"tenure": Kind.NUMERIC, "charges": Kind.NUMERIC, "city": Kind.CATEGORICAL, "plan": Kind.CATEGORICAL}
        columns = tuple(Column(name=name, kind=kind) for name, kind in kinds.items())
        self.step("split", "schema", Schema(columns=columns, target="churn"))
        self.score("c001", "baseline", 0.5, origin="baseline")

    def engineer(self):
        self.ask("FeaturePlan", "feature_engineering", "Scale the city!", findings=(UNKNOWN,))
        self.ask("FeaturePlan", "feature_engineering", SCALED_TEXT, attempt=2, findings=(UNKNOWN,))
        self.ask("FeaturePlan", "feature_engineering", FEATURES, attempt=3)
        self.step(
            "feature_engineering", "features v1", {"columns_in": 4, "columns_out": 6}, {"features/v1/plan.json": b"{}"}
        )
        self.probe("v1", "better", "Better on 3 of 3 folds.")
        self.run.append(
            DecisionMade(
                key="adopt v1", stage="feature_engineering", rule="Adopted if better on average.", what="v1 adopted",
                because="Better on 3 of 3 folds.", figures={"child": "v1", "mean": 0.1},
            )
        )  # fmt: skip

    def search(self):
        self.run.append(ClockDecided(key="r", name="seconds_for_candidate", value=3.25))
        self.move(MODELS)
        self.score("c002", "lightgbm", 0.81, num_leaves=31)
        spec = candidate("c003", "random_forest", 0.0, trees=9).spec
        failure = CandidateFailure(spec=spec, cause="out_of_memory", detail="It wanted 9 GB.", seconds=2.0)
        self.run.append(CandidateFailedEvent(key="key of c003", failure=failure))
        self.score("c004", "linear", 0.78, C=1.0)
        worse = self.move(WORSE)
        self.step(
            "feature_engineering", "features v2", {"columns_in": 4, "columns_out": 4}, {"features/v2/plan.json": b"{}"}
        )
        probe = self.probe("v2", "worse", "Worse on 3 of 3 folds.")
        self.run.append(RolledBack(ask_key=worse, frm="v2", to="v1", by="probe", probe=probe))
        breaks = self.move(BREAKS)
        late = Finding(code="step-failed", gate="data", message="Edges are not unique.")
        self.run.append(PlanFailed(ask_key=breaks, findings=(late,)))
        self.move(TUNE)
        self.score("c005", "lightgbm", 0.82, origin="tuning", stage="tuning", num_leaves=63)
        self.move({"move": "ensemble", "rationale": "They differ."})
        self.score("c006", "ensemble", 0.83, origin="ensemble", members=(("c005", 0.7), ("c004", 0.3)))
        self.move({"move": "finish", "rationale": "Nothing is left."})

    def deliver(self):
        run = self.run
        run.append(RunStopped(reason="converged", because="Nothing is left."))
        run.append(HoldoutOpened(split_key="s", key="h", opening=1))
        importance = [{"column": "tenure", "mean": 0.05, "std": 0.01}, {"column": "city", "mean": 0.2, "std": 0.01}]
        found = {"value": 0.8, "low": 0.7, "high": 0.9, "rows": 100}
        self.step("evaluation", "holdout", {"holdout": found, "importance": importance})
        delivered = Delivered(
            candidate="c006", family="ensemble", members=(("c005", 0.7), ("c004", 0.3)), rows_fitted=10, how="refit"
        )
        held = HoldoutScore(metric="roc_auc", confidence=0.95, scored="fold_average", **found)
        cv = Score(metric="roc_auc", value=0.83, std=0.01)
        run.append(RunFinished(status="finished", delivered=delivered, cv=cv, holdout=held, seconds=12.5))


def begin(root):
    request = RunRequest(sentence="Predict churn", data=None, limits=Limits(patience=10), workers=1, threads=1)
    environment = Environment(planfit="0", python="3", platform="Linux", libraries={}, cores=1, memory=1)
    return Store(root).create(request, environment)


def tell(root):
    """Tell the whole story in a store of its own; return the closed run."""
    run = begin(root)
    story = Story(run)
    for part in (story.settle, story.engineer, story.search, story.deliver):
        part()
    run.close()
    return run


@pytest.fixture
def told(tmp_path):
    return tell(tmp_path / "artifacts")


@pytest.fixture
def teller():
    return tell


@pytest.fixture
def story(tmp_path):
    """Begin a story that the test goes on with."""
    made = Story(begin(tmp_path / "begun"))
    yield made
    made.run.close()
