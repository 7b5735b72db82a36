"""Gate ``document``: from an answer's text to a plan, or to everything that is wrong with it."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from planfit.plans.base import Plan, PlanKind
from planfit.plans.codes import finding, nearest, pointer, replacing, shown
from planfit.plans.document_schema import schema_of
from planfit.plans.features import FeaturePlan
from planfit.plans.json_text import read_json
from planfit.plans.models import ModelPlan
from planfit.plans.next_step import MOVES
from planfit.plans.problems import About, findings_of
from planfit.plans.task import TaskPlan
from planfit.plans.tuning import TuningPlan
from planfit.records.findings import Finding

_MODELS: Final[dict[str, type[Plan]]] = {
    "TaskPlan": TaskPlan,
    "FeaturePlan": FeaturePlan,
    "ModelPlan": ModelPlan,
    "TuningPlan": TuningPlan,
}
CALLED: Final[dict[str, str]] = {
    "TaskPlan": "the task plan",
    "FeaturePlan": "the feature plan",
    "ModelPlan": "the model plan",
    "TuningPlan": "the tuning plan",
    "NextStep": "the next step",
}


def parse(kind: PlanKind, text: str) -> tuple[Any, tuple[Finding, ...]]:
    """Read an answer.

    Parameters
    ----------
    kind : "TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan" or "NextStep"
    text : str
        The raw answer; meant to be one JSON document.

    Returns
    -------
    plan : the plan, or None where it is refused
    findings : tuple of Finding
        Everything that is wrong with the document, at once.

    Examples
    --------
    >>> plan, findings = parse("FeaturePlan", '{"transformations": [{"column": "age", "operation": "standard_scal"}]}')
    >>> findings[0].code, findings[0].path, findings[0].nearest
    ('unknown-operation', '/transformations/0/operation', 'standard_scale')
    """
    document, findings = read_json(text)
    if any(found.path == "" for found in findings):
        return None, findings
    plan, more = from_document(kind, document)
    told = tuple(found.path for found in findings)
    later = tuple(found for found in more if not _told_already(found, told))
    return (None if findings else plan), (*findings, *later)


def _told_already(found: Finding, told: tuple[str, ...]) -> bool:
    """Say whether a finding only repeats what is wrong with the text itself."""
    lacks = found.code == "missing-field"
    return any(path == found.path or (lacks and path.startswith(found.path + "/")) for path in told)


def from_document(kind: PlanKind, document: Any) -> tuple[Any, tuple[Finding, ...]]:
    """Read a document that is already JSON values; see `parse`."""
    if isinstance(document, BaseModel):
        document = document.model_dump(mode="json", by_alias=True)
    if not isinstance(document, dict):
        message = f"{_opened(CALLED[kind])} must be an object. Got {shown(document)}."
        allowed = f"an object with {', '.join(f'`{name}`' for name in _needed(kind))}"
        mend = replacing("", {"transformations": document}) if kind == "FeaturePlan" and _are_steps(document) else None
        return None, (finding("wrong-type", "", message, allowed=allowed, mend=mend),)
    if kind == "NextStep":
        model: type[Plan] | Finding = _move_of(document)
        if isinstance(model, Finding):
            return None, (model,)
    else:
        model = _MODELS[kind]
    try:
        return model.model_validate(document), ()
    except ValidationError as error:
        return None, findings_of(error, About(document, schema_of(kind), CALLED[kind]))


def _are_steps(document: Any) -> bool:
    """Say whether this is the list of steps without the plan around it."""
    return isinstance(document, list) and bool(document) and all(isinstance(each, dict) for each in document)


def _needed(kind: PlanKind) -> list[str]:
    return ["move"] if kind == "NextStep" else list(schema_of(kind).get("required", []))


def _move_of(document: dict[str, Any]) -> type[Plan] | Finding:
    allowed = ", ".join(repr(name) for name in MOVES)
    if "move" not in document:
        return finding("missing-field", "", "`move` is missing in the next step.", allowed=allowed)
    move = document["move"]
    if isinstance(move, str) and move in MOVES:
        return MOVES[move]
    path = pointer("move")
    message = f"`move` of the next step must be one of {allowed}. Got {shown(move)}."
    if not isinstance(move, str):
        return finding("wrong-type", path, message, allowed=allowed)
    near = nearest(move, MOVES)
    mend = None if near is None else replacing(path, near)
    return finding("out-of-bounds", path, message, allowed=allowed, nearest=near, mend=mend)


def _opened(text: str) -> str:
    return text[:1].upper() + text[1:]
