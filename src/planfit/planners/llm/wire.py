"""The form in which plans travel: one flat JSON schema that every provider takes, and the answer back.

Inside, plans are unions with bounds and free parameters. On the wire, the root is an object, every object is closed and
needs all of its keys, and there is no union, reference, default or bound: what is optional may be null, free parameters
are a list of names and texts, bounds are said in words. Whatever comes back is judged by the real models all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, get_args

from planfit.planners.base import Ask, PlanKind
from planfit.planners.expert.task import METRICS_OF
from planfit.plans.catalogue import fitting
from planfit.plans.next_step import MOVES
from planfit.plans.task import PlannedExclusion
from planfit.records.task import SplitKind, TaskType

Json = dict[str, Any]
MOST_NAMES: Final = 250
"""Column names in an enum; above, names are left to validation."""
MOST_CHARACTERS: Final = 15_000
"""Characters of the names in an enum."""
LONGEST_TEXT: Final = 400
"""Characters of a text, where a local server takes bounds: they end loops."""
LONGEST_LIST: Final = 30
SELECTORS: Final = ("@numeric", "@categorical", "@text", "@datetime", "@boolean", "@all")


@dataclass(frozen=True)
class Names:
    """The names that a plan may use here."""

    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    feature_sets: tuple[str, ...] = ()

    @classmethod
    def of(cls, ask: Ask) -> Names:
        """Return the names that are legal in `ask`; operations only where the table has a column that they take."""
        schema = ask.schema_
        single = [r.spec.id for r in ask.leaderboard if r.spec.origin not in ("baseline", "ensemble")]
        fixed = (ask.options.target,) if ask.options.target else ()
        types = (ask.options.task_type,) if ask.options.task_type else get_args(TaskType)
        return cls(
            columns=(*SELECTORS, *schema.names) if schema is not None else (),
            targets=fixed or ask.profile.names,
            operations=fitting(ask.operations, schema),
            families=tuple(name for name in ask.families if name != "baseline"),
            metrics=tuple(sorted(set().union(*(METRICS_OF[kind] for kind in types)))),
            candidates=tuple(single),
            feature_sets=tuple(name for name, _ in ask.feature_sets),
        )


def wire_schema(kind: PlanKind, names: Names | None = None, *, bounded: bool = False) -> Json:
    """Return the schema that is sent for a kind of plan.

    Parameters
    ----------
    kind : "TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan" or "NextStep"
    names : Names or None
        Names that a field is narrowed to, where they are few enough.
    bounded : bool
        Add the longest text and list, for local servers, which hold them and would loop without.
    """
    schema = closed(_FORMS[kind](names or Names()))
    return _with_bounds(schema) if bounded else schema


def closed(fields: Json) -> Json:
    """Return an object of these fields, all of them needed and no others allowed."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def choice(values: Iterable[str], says: str | None = None) -> Json:
    """Return a text out of `values`, or any text where there are none or too many."""
    known = list(dict.fromkeys(values))
    few = 0 < len(known) <= MOST_NAMES and sum(map(len, known)) <= MOST_CHARACTERS
    return {"type": "string", **({"enum": known} if few else {}), **_said(says)}


def text(says: str | None = None) -> Json:
    return {"type": "string", **_said(says)}


def maybe(kind: str, says: str | None = None) -> Json:
    """Return a value that may be null."""
    return {"type": [kind, "null"], **_said(says)}


def many(items: Json, says: str | None = None) -> Json:
    return {"type": "array", "items": items, **_said(says)}


def _said(says: str | None) -> Json:
    return {"description": says} if says else {}


def _named_values(says: str) -> Json:
    fields = {"name": text(), "value": text("The value as text: 3, true, quantile, [1,2].")}
    return many(closed(fields), says)


def _task(names: Names) -> Json:
    split = {"kind": choice(get_args(SplitKind)), "column": maybe("string", "The time or group column, else null.")}
    codes = get_args(PlannedExclusion.model_fields["code"].annotation)
    wishes = {
        "seconds": maybe("number"),
        "max_candidates": maybe("integer"),
        "families": many(choice(names.families)),
        "without_families": many(text()),
        "simple": {"type": "boolean"},
    }
    others = {"target": text(), "score": {"type": "number"}, "evidence": text()}
    return {
        "target": choice(names.targets, "The column to be predicted."),
        "task_type": choice(get_args(TaskType)),
        "metric": choice(names.metrics),
        "positive_class": maybe("string", "Binary tasks: the value that counts as the event."),
        "split": closed(split),
        "excluded": many(closed({"name": text("A column."), "code": choice(codes), "reason": text()})),
        "confidence": {"type": "number", "description": "From 0 to 1: how certain the target is."},
        "alternatives": many(closed(others), "Other columns that might be meant; score from 0 to 1."),
        "constraints": closed(wishes),
        "notes": many(text()),
        "question": maybe("string", "Only where the target is not clear."),
        "rationale": text("A sentence or two."),
    }


def _features(names: Names) -> Json:
    step = {
        "columns": many(choice(names.columns, "Names, or selectors such as @numeric.")),
        "except": many(text(), "Columns that a selector leaves out."),
        "operation": choice(names.operations),
        "parameters": _named_values("Only those that differ from the defaults."),
        "into": maybe("string", "A name for the result."),
        "keep_source": {"type": ["boolean", "null"]},
        "reason": text("A few words."),
    }
    return {"transformations": many(closed(step)), "rationale": text("A sentence or two.")}


def _models(names: Names) -> Json:
    sets = maybe("string", "A feature set; null for the newest.")
    candidate = {
        "family": choice(names.families),
        "params": _named_values("Hyperparameters that differ from the tuned defaults."),
        "features": sets,
        "reason": text("A few words."),
    }
    rejected = {"family": text(), "reason": text()}
    return {
        "candidates": many(closed(candidate)),
        "rejected": many(closed(rejected)),
        "rationale": text("A sentence or two."),
    }


def _tuning(names: Names) -> Json:
    dimension = {
        "name": text("A hyperparameter."),
        "type": choice(("float", "int", "categorical")),
        "low": maybe("number"),
        "high": maybe("number"),
        "log": {"type": "boolean"},
        "choices": many(text()),
    }
    return {
        "candidate": choice(names.candidates),
        "method": choice(("grid", "random", "bayesian")),
        "trials": {"type": "integer", "description": "From 1 to 200."},
        "space": many(closed(dimension), "Empty: the family's own space."),
        "rationale": text("A sentence or two."),
    }


def _next(names: Names) -> Json:
    tuning = {name: body for name, body in _tuning(names).items() if name != "space"}
    tuning["candidate"] = maybe("string", "For tune: the id of a scored candidate.")
    fields: Json = {"move": choice(MOVES)}
    fields |= {"transformations": _features(names)["transformations"] | _said("For revise: the whole plan.")}
    fields |= {"candidates": _models(names)["candidates"] | _said("For models.")}
    fields |= {name: tuning[name] for name in ("candidate", "trials")}
    fields["trials"] = maybe("integer", "For tune: from 1 to 200.")
    return {**fields, "rationale": text("A sentence or two.")}


_FORMS: Final[dict[PlanKind, Callable[[Names], Json]]] = {
    "TaskPlan": _task,
    "FeaturePlan": _features,
    "ModelPlan": _models,
    "TuningPlan": _tuning,
    "NextStep": _next,
}


def _with_bounds(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    made = {key: _with_bounds(value) for key, value in node.items() if key != "properties"}
    if "properties" in node:
        made["properties"] = {name: _with_bounds(body) for name, body in node["properties"].items()}
    kinds = node.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "string" in kinds and "enum" not in node:
        made["maxLength"] = LONGEST_TEXT
    if "array" in kinds:
        made["maxItems"] = LONGEST_LIST
    return made


__all__ = ["Names", "choice", "closed", "many", "maybe", "text", "wire_schema"]
