"""What came of a decision, told by the events behind it."""

from __future__ import annotations

from typing import Any

from planfit.records.events import DecisionMade, RunFinished, StepFinished
from planfit.records.findings import Finding
from planfit.records.scores import CandidateFailure, Probe

Result = dict[str, Any]

ROLE_OF_STEP = {
    "task": "task",
    "split": "task",
    "features": "features",
    "probe": "features",
    "candidate": "models",
    "ensemble": "ensemble",
    "holdout": "holdout",
}
"""First word of a step's name, and whose decision it carries out."""
_ROLE_OF_KIND = {"TaskPlan": "task", "FeaturePlan": "features", "ModelPlan": "models", "TuningPlan": "models"}
_ROLE_OF_MOVE = {"revise": "features", "models": "models", "tune": "models", "ensemble": "ensemble", "finish": "finish"}


def role_of(plan_kind: str, plan: Any) -> str:
    """Return which later steps an accepted plan is answerable for."""
    if plan_kind == "NextStep" and isinstance(plan, dict):
        return _ROLE_OF_MOVE.get(str(plan.get("move")), "finish")
    return _ROLE_OF_KIND.get(plan_kind, "finish")


def rationale_of(plan: Any) -> str | None:
    """Return the rationale of a plan, or of the plan that a move carries."""
    if not isinstance(plan, dict):
        return None
    inner = plan.get("plan")
    found = plan.get("rationale") or (inner.get("rationale") if isinstance(inner, dict) else None)
    return found if isinstance(found, str) else None


def refused(findings: tuple[Finding, ...]) -> Result:
    """Return the result of an answer that no gate let through."""
    errors = [finding for finding in findings if finding.refuses]
    return {"refused_at": errors[0].gate if errors else None, "errors": len(errors)}


def broken(findings: tuple[Finding, ...]) -> Result:
    """Return the result of an accepted plan that broke on the full data."""
    return {"broke_on": "the full training data", "errors": sum(finding.refuses for finding in findings)}


def after_step(result: Result, word: str, step: StepFinished) -> Result | None:
    """Return a decision's result with what a finished step adds to it; None where it adds nothing."""
    made = step.result if isinstance(step.result, dict) else {}
    match word:
        case "task":
            excluded = [entry.get("name") for entry in made.get("excluded", ())]
            return {**result, **_some(made, "target", "task_type", "metric"), "excluded": excluded}
        case "split":
            return {**result, "split": _some(made, "kind", "n_folds", "training_rows", "holdout_rows")}
        case "features":
            name = step.name.partition(" ")[2]
            return {**result, "features": name, **_some(made, "columns_in", "columns_out")} if step.files else None
        case "probe":
            return {**result, "probe": probe_figures(Probe.model_validate(made))}
        case "holdout":
            found = made.get("holdout")
            return {**result, **_some(found, "value", "low", "high", "rows")} if isinstance(found, dict) else None
        case _:
            return _with_candidate(result, _candidate(step, made))


def after_failure(result: Result, failure: CandidateFailure) -> Result:
    """Return a decision's result with a candidate that ended without a model."""
    line = {"candidate": failure.spec.id, "family": failure.spec.family, "failed": failure.cause}
    return _with_candidate(result, line)


def after_decision(result: Result, decision: DecisionMade) -> Result | None:
    """Return the result of a feature plan with what the runtime decided about its set; None where it is about another."""
    child = decision.figures.get("child")
    if child is None or child != result.get("features"):
        return None
    return {**result, "decision": decision.what}


def probe_figures(probe: Probe | None) -> Result | None:
    """Return what a probe found."""
    return None if probe is None else probe.to_json()


def delivered(finished: RunFinished) -> Result:
    """Return what the end of the search led to."""
    holdout = finished.holdout
    return {
        "delivered": finished.delivered.candidate,
        "family": finished.delivered.family,
        "cv": {"metric": finished.cv.metric, "value": finished.cv.value, "std": finished.cv.std},
        "holdout": None if holdout is None else {"value": holdout.value, "low": holdout.low, "high": holdout.high},
    }


def _candidate(step: StepFinished, made: Result) -> Result:
    spec, score = made.get("spec") or {}, made.get("score") or {}
    line = {
        "candidate": step.name.partition(" ")[2],
        "family": spec.get("family"),
        "metric": score.get("metric"),
        "score": score.get("value"),
        "std": score.get("std"),
    }
    return {**line, "members": spec["members"]} if spec.get("members") else line


def _with_candidate(result: Result, line: Result) -> Result:
    others = [known for known in result.get("candidates", ()) if known["candidate"] != line["candidate"]]
    return {**result, "candidates": [*others, line]}


def _some(values: Result, *names: str) -> Result:
    return {name: values[name] for name in names if name in values}
