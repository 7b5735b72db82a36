"""The smallest schema that a correction needs: of the places that findings name, and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from planfit.planners.base import Ask
from planfit.planners.expert.task import METRICS_OF
from planfit.plans import json_schema
from planfit.plans.catalogue import fitting
from planfit.plans.document_schema import at
from planfit.plans.features import SHARED, catalogue
from planfit.plans.validate_models import known_families, params_schema

Json = dict[str, Any]
MOST_PLACES: Final = 6
MOST_NAMES: Final = 40
"""Names in an enum; with more, the finding names the nearest."""
LONGEST: Final = 1_200
"""Characters of one place's schema; a longer one says no more than the form of the answer."""
_SAYS_NOTHING: Final = frozenset({"title", "description", "default", "minLength", "maxLength", "$defs", "oneOf"})


def schemas(ask: Ask) -> str:
    """Return what may stand at each place that a finding refuses, one a line: its path and a JSON Schema.

    Names are written out: the columns that the step's operation takes, the operations that take the step's columns.
    """
    document = _read(ask.previous)
    lines: dict[str, str] = {}
    for finding in ask.findings:
        if not finding.refuses or not finding.path or finding.path in lines:
            continue
        schema = _schema_of(ask, document, _parts(finding.path))
        text = json.dumps(schema, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if schema and len(text) <= LONGEST:
            lines[finding.path] = text
        if len(lines) == MOST_PLACES:
            break
    return "\n".join(f"{path}: {text}" for path, text in lines.items())


def schema_of(ask: Ask, path: str) -> Json:
    """Return the schema of a place in the last answer, by its JSON Pointer; empty where nothing is known of it."""
    return _schema_of(ask, _read(ask.previous), _parts(path))


def _schema_of(ask: Ask, document: Json, parts: list[str | int]) -> Json:
    """Return the schema of a place, empty where nothing is known of it."""
    for group in ("transformations", "candidates"):
        where = parts.index(group) + 1 if group in parts else len(parts)
        place = parts[where] if where < len(parts) else None
        if isinstance(place, int):
            inside = [_entry(document, group, each) for each in range(place + 1)]
            if group == "candidates":
                return _of_candidate(ask, inside[-1], parts[where + 1 :])
            made = tuple(str(step["into"]) for step in inside[:-1] if step.get("into"))
            return _of_step(ask, inside[-1], parts[where + 1 :], made)
    if ask.plan_kind == "TaskPlan" and parts[:1] == ["target"]:
        return _enum(ask.profile.names)
    if ask.plan_kind == "TaskPlan" and parts[:1] == ["metric"]:
        task_type: Any = document.get("task_type")
        return _enum(METRICS_OF[task_type]) if task_type in METRICS_OF else {}
    return _plain(at(json_schema(ask.plan_kind), tuple(parts), document))


def _of_step(ask: Ask, step: Json, parts: list[str | int], made: tuple[str, ...]) -> Json:
    """Return the schema of a field of a step; of the whole step, what its operation takes.

    Columns that earlier steps `made` may be named too.
    """
    operation = catalogue().get(str(step.get("operation")))
    columns = ask.schema_.columns if ask.schema_ is not None else ()
    field = parts[0] if parts else None
    if field == "operation":
        kinds = {column.kind for column in columns if column.name in _named(step)}
        legal = fitting(ask.operations, ask.schema_)
        takes = [name for name in legal if not kinds or kinds <= catalogue()[name].accepts]
        return _enum(takes)
    if field in ("column", "columns", "except"):
        fit = [column.name for column in columns if operation is None or column.kind in operation.accepts]
        return _enum([*fit, *made])
    if operation is None:
        return {}
    own = operation.model_json_schema(by_alias=True)
    fields = {name: _plain(_followed(own, body)) for name, body in own["properties"].items() if name not in SHARED}
    fields.pop("operation", None)
    if field is None or field not in own["properties"]:
        return {"properties": fields, "additionalProperties": False} if fields else {}
    return fields.get(str(field), {})


def _of_candidate(ask: Ask, candidate: Json, parts: list[str | int]) -> Json:
    """Return the schema of a field of a candidate, or of one of its hyperparameters."""
    field = parts[0] if parts else "family"
    if field == "family":
        return _enum(ask.families)
    if field == "features":
        return _enum(name for name, _ in ask.feature_sets)
    family = str(candidate.get("family"))
    if field != "params" or family not in known_families():
        return {}
    own = params_schema(family)
    fields = {name: _plain(_followed(own, body)) for name, body in own.get("properties", {}).items()}
    if len(parts) > 1 and str(parts[1]) in fields:
        return fields[str(parts[1])]
    return {"properties": fields, "additionalProperties": False}


def _entry(document: Json, group: str, place: int) -> Json:
    """Return a step or candidate of the last answer, be it in the form of the plan language or in that of the wire."""
    inside = document.get("plan") if isinstance(document.get("plan"), dict) else document
    listed = inside.get(group) if isinstance(inside, dict) else None
    entry = listed[place] if isinstance(listed, list) and place < len(listed) else None
    return entry if isinstance(entry, dict) else {}


def _named(step: Json) -> list[str]:
    columns = step.get("columns") or step.get("column") or []
    if isinstance(columns, str):
        return [columns]
    return [str(name) for name in columns] if isinstance(columns, list) else []


def _enum(names: Any) -> Json:
    known = list(dict.fromkeys(str(name) for name in names))
    return {"enum": known} if 0 < len(known) <= MOST_NAMES else {}


def _followed(root: Json, body: Json) -> Json:
    """Return a property's schema with a reference at its top followed."""
    if "$ref" not in body:
        return body
    found: Any = root
    for part in str(body["$ref"]).removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _plain(node: Any) -> Any:
    """Return a schema without what says nothing here: titles, descriptions, defaults, the choice of null."""
    if not isinstance(node, dict):
        return node
    members = [member for member in node.get("anyOf", ()) if member.get("type") != "null"]
    if len(members) == 1:
        return _plain(members[0])
    return {
        key: {name: _plain(body) for name, body in value.items()} if key == "properties" and isinstance(value, dict)
        else [_plain(entry) for entry in value] if isinstance(value, list)
        else _plain(value)
        for key, value in node.items() if key not in _SAYS_NOTHING
    }  # fmt: skip


def _parts(path: str) -> list[str | int]:
    return list(_split(path))


def _split(path: str) -> Iterator[str | int]:
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        yield int(name) if name.isdigit() and len(name) < 6 else name


def _read(text: str | None) -> Json:
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
