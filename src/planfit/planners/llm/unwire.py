"""From the form in which plans travel to the plan language and back. An answer of another form is left as it is."""

from __future__ import annotations

import json
from typing import Any, Final

from planfit.planners.base import PlanKind
from planfit.plans.features import SHARED

Json = dict[str, Any]
_INNER: Final = {"revise": "FeaturePlan", "models": "ModelPlan", "tune": "TuningPlan"}
_FIELDS: Final = {
    "revise": ("transformations", "rationale"),
    "models": ("candidates", "rejected", "rationale"),
    "tune": ("candidate", "method", "trials", "space", "rationale"),
}


def from_wire(kind: PlanKind, document: Any) -> Any:
    """Return the plan that a document in wire form means, in the plan language.

    What is in the plan language already, or of no known form, comes back as it is, for validation to judge.

    Examples
    --------
    >>> from_wire("FeaturePlan", {"transformations": [{"columns": ["a"], "except": [], "operation": "polynomial_features",
    ...     "parameters": [{"name": "degree", "value": "2"}], "into": None, "keep_source": None}]})
    {'transformations': [{'columns': ['a'], 'operation': 'polynomial_features', 'degree': 2}]}
    """
    if not isinstance(document, dict):
        return document
    made = {name: value for name, value in document.items() if value is not None}
    return _READERS[kind](made)


def to_wire(kind: PlanKind, document: Json) -> Json:
    """Return a document of the plan language in wire form; the other way round than `from_wire`."""
    return _WRITERS[kind](document)


# values


def value_of(raw: Any) -> Any:
    """Return what a parameter's text stands for: JSON where it is JSON, else the text itself.

    >>> value_of("0.5"), value_of("quantile"), value_of("true"), value_of('"7"')
    (0.5, 'quantile', True, '7')
    """
    if not isinstance(raw, str):
        return raw
    if len(raw) > 10_000:
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw


def _text_of(value: Any) -> str:
    if isinstance(value, str) and value_of(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _pairs(listed: Any) -> Any:
    """Return a list of names and values as an object; anything else as it is."""
    if not isinstance(listed, list):
        return listed
    if not all(isinstance(entry, dict) and isinstance(entry.get("name"), str) and "value" in entry for entry in listed):
        return listed
    return {entry["name"]: value_of(entry["value"]) for entry in listed}


def _listed(values: Any) -> list[Json]:
    return [{"name": name, "value": _text_of(value)} for name, value in (values or {}).items()]


# reading


def _task(made: Json) -> Json:
    wishes = made.get("constraints")
    if isinstance(wishes, dict):
        kept = {name: value for name, value in wishes.items() if value not in (None, [], False)}
        made.pop("constraints")
        made |= {"constraints": kept} if kept else {}
    if isinstance(made.get("question"), str) and not made["question"].strip():
        made.pop("question")
    if made.get("positive_class") == "" or made.get("task_type") in ("regression", "multiclass"):
        made.pop("positive_class", None)
    return made


def _step(step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    made = {name: value for name, value in step.items() if value is not None}
    for name in ("except", "reason", "into"):
        if made.get(name) in ([], ""):
            made.pop(name)
    if made.get("columns") == []:
        made.pop("columns")
    values = _pairs(made.get("parameters"))
    if isinstance(values, dict):
        made.pop("parameters")
        made = {**values, **made}
    return made


def _features(made: Json) -> Json:
    if isinstance(made.get("transformations"), list):
        made["transformations"] = [_step(step) for step in made["transformations"]]
    return made


def _candidate(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    made = {name: value for name, value in entry.items() if value is not None}
    values = _pairs(made.get("params"))
    if isinstance(values, dict):
        made["params"] = values
    if made.get("features") == "":
        made.pop("features")
    return made


def _models(made: Json) -> Json:
    if isinstance(made.get("candidates"), list):
        made["candidates"] = [_candidate(entry) for entry in made["candidates"]]
    return made


def _dimension(entry: Json) -> Json:
    kept = {name: value for name, value in entry.items() if name != "name" and value is not None}
    if kept.get("type") == "categorical":
        kept = {"type": "categorical", "choices": [value_of(value) for value in kept.get("choices", [])]}
    elif not kept.get("choices"):
        kept.pop("choices", None)
    return kept


def _tuning(made: Json) -> Json:
    space = made.get("space")
    if isinstance(space, list) and all(isinstance(e, dict) and isinstance(e.get("name"), str) for e in space):
        made.pop("space")
        made |= {"space": {entry["name"]: _dimension(entry) for entry in space}} if space else {}
    return made


def _next(made: Json) -> Json:
    move = made.get("move")
    if not isinstance(move, str) or "plan" in made:
        inner = made.get("plan")
        if isinstance(move, str) and move in _INNER and isinstance(inner, dict):
            made["plan"] = _READERS[_INNER[move]]({name: value for name, value in inner.items() if value is not None})
        return made
    if move not in _INNER:
        return {name: value for name, value in made.items() if name in ("move", "rationale", "version")}
    plan = {name: made[name] for name in _FIELDS[move] if name in made}
    return {"move": move, "plan": _READERS[_INNER[move]](plan)}


_READERS: Final[dict[str, Any]] = {
    "TaskPlan": _task,
    "FeaturePlan": _features,
    "ModelPlan": _models,
    "TuningPlan": _tuning,
    "NextStep": _next,
}

# writing

_NO_WISHES: Final[Json] = {
    "seconds": None, "max_candidates": None, "families": [], "without_families": [], "simple": False,
}  # fmt: skip


def _task_out(document: Json) -> Json:
    usual: Json = {
        "positive_class": None, "excluded": [], "confidence": 1.0, "alternatives": [], "notes": [], "question": None,
        "rationale": "",
    }  # fmt: skip
    excluded = [{"code": "other", **entry} for entry in document.get("excluded", [])]
    others = [{"evidence": "", **entry} for entry in document.get("alternatives", [])]
    made = {**usual, **{key: value for key, value in document.items() if key != "version"}}
    split = {"column": None, **document["split"]}
    wishes = {**_NO_WISHES, **(document.get("constraints") or {})}
    return {**made, "excluded": excluded, "alternatives": others, "split": split, "constraints": wishes,
            "rationale": document.get("rationale") or ""}  # fmt: skip


def _step_out(step: Json) -> Json:
    columns = step.get("columns")
    columns = [columns] if isinstance(columns, str) else columns
    names = [step["column"]] if step.get("column") is not None else list(columns or [])
    left_out = step.get("except") or []
    return {
        "columns": names,
        "except": [left_out] if isinstance(left_out, str) else list(left_out),
        "operation": step["operation"],
        "parameters": _listed({name: value for name, value in step.items() if name not in (*SHARED, "operation")}),
        "into": step.get("into"),
        "keep_source": step.get("keep_source"),
        "reason": step.get("reason") or "",
    }


def _features_out(document: Json) -> Json:
    steps = [_step_out(step) for step in document["transformations"]]
    return {"transformations": steps, "rationale": document.get("rationale") or ""}


def _models_out(document: Json) -> Json:
    candidates = [
        {"family": entry["family"], "params": _listed(entry.get("params")), "features": entry.get("features"),
         "reason": entry.get("reason") or ""}
        for entry in document["candidates"]
    ]  # fmt: skip
    rejected = list(document.get("rejected", []))
    return {"candidates": candidates, "rejected": rejected, "rationale": document.get("rationale") or ""}


def _tuning_out(document: Json) -> Json:
    blank: Json = {"low": None, "high": None, "log": False}
    space = [
        {"name": name, **blank, **body, "choices": [_text_of(value) for value in body.get("choices", [])]}
        for name, body in (document.get("space") or {}).items()
    ]
    return {
        "candidate": document["candidate"], "method": document.get("method", "bayesian"),
        "trials": document.get("trials", 20), "space": space, "rationale": document.get("rationale") or "",
    }  # fmt: skip


def _next_out(document: Json) -> Json:
    made: Json = {"move": document["move"], "transformations": [], "candidates": [], "candidate": None, "trials": None}
    inner = _INNER.get(document["move"])
    plan = _WRITERS[inner](document["plan"]) if inner else {}
    made |= {name: plan[name] for name in made if name in plan}
    return {**made, "rationale": document.get("rationale") or plan.get("rationale") or ""}


_WRITERS: Final[dict[str, Any]] = {
    "TaskPlan": _task_out,
    "FeaturePlan": _features_out,
    "ModelPlan": _models_out,
    "TuningPlan": _tuning_out,
    "NextStep": _next_out,
}
