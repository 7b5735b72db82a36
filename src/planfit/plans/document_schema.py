"""JSON Schemas of the plan kinds, and what they say about one place in a document."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from planfit.plans.base import PlanKind
from planfit.plans.features import FeaturePlan
from planfit.plans.models import ModelPlan
from planfit.plans.next_step import TaggedNextStep
from planfit.plans.task import TaskPlan
from planfit.plans.tuning import TuningPlan

Json = dict[str, Any]
_TYPES: dict[str, Any] = {
    "TaskPlan": TaskPlan,
    "FeaturePlan": FeaturePlan,
    "ModelPlan": ModelPlan,
    "TuningPlan": TuningPlan,
    "NextStep": TaggedNextStep,
}


@cache
def schema_of(kind: PlanKind) -> Json:
    """Return the JSON Schema of a plan kind; shared, not to be changed. See `plans.json_schema` for a copy."""
    made = TypeAdapter(_TYPES[kind]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **made}


def at(root: Json, parts: tuple[str | int, ...], document: Any) -> Json:
    """Return the schema of the place `parts` in `document`; empty where the schema says nothing about it."""
    node = _resolved(root, root, document)
    for part in parts:
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part) or _extra(node)
        document = child(document, part)
        node = _resolved(root, node, document)
    return node


def child(document: Any, part: str | int) -> Any:
    """Return the value below `document` that `part` names, None where there is none."""
    if isinstance(document, dict) and part in document:
        return document[part]
    if isinstance(document, list | tuple) and isinstance(part, int) and part < len(document):
        return document[part]
    return None


def _extra(node: Json) -> Json:
    more = node.get("additionalProperties")
    return more if isinstance(more, dict) else {}


def _resolved(root: Json, node: Json, document: Any) -> Json:
    """Follow references, and of a union take the member that the document's tag or type points to."""
    while "$ref" in node:
        node = {**_followed(root, node["$ref"]), **{key: value for key, value in node.items() if key != "$ref"}}
    tag = node.get("discriminator", {}).get("propertyName")
    if tag is not None:
        said = document.get(tag) if isinstance(document, dict) else None
        for member in node["oneOf"]:
            body = _resolved(root, member, document)
            if body.get("properties", {}).get(tag, {}).get("const") == said:
                return body
        return node
    members = [_resolved(root, member, document) for member in node.get("anyOf", ())]
    for member in members:
        if isinstance(document, dict) and member.get("type") == "object":
            return member
        if isinstance(document, list) and member.get("type") == "array":
            return member
    return node


def _followed(root: Json, ref: str) -> Json:
    node: Any = root
    for part in ref.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return dict(node)


def in_words(root: Json, node: Json) -> str | None:
    """Return what a schema allows, for people: ``a whole number from 2 to 3``."""
    node = node if "$ref" not in node else _resolved(root, node, None)
    if "anyOf" in node:
        said = [in_words(root, member) for member in node["anyOf"] if member.get("type") != "null"]
        return " or ".join(dict.fromkeys(text for text in said if text)) or None
    if "const" in node:
        return _value(node["const"])
    if "enum" in node:
        return _or([_value(entry) for entry in node["enum"]])
    kind = node.get("type")
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _range(node)
    if kind == "array":
        inside = in_words(root, node.get("items", {}))
        return f"a list, each entry {inside}" if inside else "a list"
    return {"string": _text(node), "boolean": "true or false", "object": _fields(node)}.get(str(kind))


def _range(node: Json) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f" from {_value(low)} to {_value(high)}"
    said = [
        f"{word} {_value(bound)}"
        for word, bound in (("at least", low), ("above", above), ("at most", high), ("below", below))
        if bound is not None
    ]
    return f" {' and '.join(said)}" if said else ""


def _text(node: Json) -> str:
    if "pattern" in node:
        return f"text like {node['pattern']}"
    return f"text of at most {node['maxLength']:,} characters" if "maxLength" in node else "text"


def _fields(node: Json) -> str:
    needed = node.get("required", [])
    return f"an object with {', '.join(f'`{name}`' for name in needed)}" if needed else "an object"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return repr(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:g}"


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
