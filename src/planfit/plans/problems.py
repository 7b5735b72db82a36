"""From pydantic's errors to findings: code, JSON Pointer, one sentence, what is allowed, the nearest name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from planfit.plans import document_schema
from planfit.plans.codes import finding, listed, moving, nearest, pointer, removing, replacing, shown
from planfit.plans.features import SHARED, catalogue
from planfit.records.findings import Finding

Parts = tuple[str | int, ...]

_EXPECTED: Final[dict[str, str]] = {
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "greater than {gt}",
    "multiple_of": "a multiple of {multiple_of}",
    "finite_number": "a finite number",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "string_pattern_mismatch": "text like {pattern}",
    "too_short": "a list of at least {min_length} entries",
    "too_long": "a list of at most {max_length} entries",
}
"""Errors about the value, the type being right."""
_TYPES: Final[dict[str, str]] = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of usual size",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "string_unicode": "text of whole characters",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "none_required": "null",
}
"""Errors about the type."""


@dataclass(frozen=True)
class About:
    """What was read: the document, its schema, how it is called, and where it stands in the whole."""

    document: Any
    schema: dict[str, Any]
    called: str
    prefix: str = ""


def findings_of(error: ValidationError, about: About) -> tuple[Finding, ...]:
    """Return one finding for each place that pydantic complains about, in the order of the document."""
    lines: dict[Parts, list[Any]] = {}
    for line in error.errors(include_url=False):
        if line["type"] == "too_short" and len(line["input"]) >= line["ctx"]["min_length"]:
            continue  # pydantic counts the entries that are right; those that are wrong are told one by one
        lines.setdefault(place(line["loc"], line["type"], about.document), []).append(line)
    return tuple(found for parts, some in lines.items() for found in _findings_at(parts, some, about))


def place(loc: tuple[str | int, ...], kind: str, document: Any) -> Parts:
    """Return the parts of a JSON Pointer: pydantic's location without the names of unions and validators.

    A missing field is told at the object that lacks it.
    """
    parts: list[str | int] = []
    for part in loc:
        fits_list = isinstance(document, list) and isinstance(part, int) and part < len(document)
        if fits_list or (isinstance(document, dict) and part in document):
            parts.append(part)
            document = document_schema.child(document, part)
    return tuple(parts)


def _findings_at(parts: Parts, lines: list[Any], about: About) -> list[Finding]:
    """Several lines about one place are the members of a union; missing fields and own checks stand alone."""
    made: list[Finding] = []
    rest = []
    for line in lines:
        teller = _OWN.get(line["type"])
        if teller is not None:
            made.append(teller(parts, line, about))
        else:
            rest.append(line)
    return [*made, *([_value_finding(parts, rest, about)] if rest else [])]


def _value_finding(parts: Parts, lines: list[Any], about: About) -> Finding:
    value = _value_at(about.document, parts)
    words = [_expected(line) for line in lines]
    known = [word for word in words if word is not None]
    right_type = any(line["type"] in _EXPECTED for line in lines) and not isinstance(value, dict)
    fails_bounds = right_type or not any(line["type"] in _TYPES for line in lines)
    code = "out-of-bounds" if fails_bounds else "wrong-type"
    node = document_schema.at(about.schema, parts, about.document)
    if parts and parts[-1] == "version":
        code = "unsupported-version"
    what = _subject(parts, about)
    not_taken = set(known) == {_TYPES["none_required"]} and bool(parts)
    if not_taken:
        message = f"{what} is not taken. Got {shown(value)}."
    elif known:
        message = f"{what} must be {' or '.join(dict.fromkeys(known))}. Got {shown(value)}."
    else:
        message = f"{what} cannot be {shown(value)}: {lines[0]['msg'].removeprefix('Value error, ')}."
    more: dict[str, Any] = {"allowed": document_schema.in_words(about.schema, node)}
    choice = _nearest_choice(node, value)
    if not_taken:
        more |= {"hint": "Leave it out.", "mend": removing(_path(parts, about))}
    elif choice is not None:
        more |= {"nearest": choice, "mend": replacing(_path(parts, about), choice)}
    elif parts and parts[-1] == "column" and isinstance(value, list):
        path = _path(parts, about)
        more |= {"hint": "Several columns are named in `columns`.", "mend": moving(path, path + "s")}
    elif (bound := _nearest_bound(lines)) is not None:
        more["mend"] = replacing(_path(parts, about), bound)
    return finding(code, _path(parts, about), message, **more)


def _expected(line: Any) -> str | None:
    kind = line["type"]
    if kind in _TYPES:
        return _TYPES[kind]
    if kind not in _EXPECTED:
        return None
    context = {
        key: f"{value:g}" if isinstance(value, float) else value for key, value in (line.get("ctx") or {}).items()
    }
    return _EXPECTED[kind].format(**context)


def _nearest_choice(node: dict[str, Any], value: Any) -> str | None:
    members = [node, *node.get("anyOf", ())]
    choices = [entry for member in members for entry in member.get("enum", [member.get("const")])]
    return nearest(value, [entry for entry in choices if isinstance(entry, str)]) if isinstance(value, str) else None


def _nearest_bound(lines: list[Any]) -> int | float | None:
    """Return the bound that a number oversteps; none where the type is in doubt, or the bound itself is not allowed."""
    if len(lines) != 1 or lines[0]["type"] not in ("less_than_equal", "greater_than_equal"):
        return None
    context = lines[0]["ctx"]
    bound: int | float = context["le"] if "le" in context else context["ge"]
    return bound


def _missing(parts: Parts, line: Any, about: About) -> Finding:
    name = str(line["loc"][-1])
    node = document_schema.at(about.schema, parts, about.document)
    wanted = document_schema.in_words(about.schema, node.get("properties", {}).get(name, {}))
    if name == "operation":
        wanted = f"one of {listed(catalogue())}"
    return finding(
        "missing-field", _path(parts, about), f"`{name}` is missing in {owner(parts, about)}.", allowed=wanted
    )


def _unknown_field(parts: Parts, line: Any, about: About) -> Finding:
    name = str(parts[-1]) if parts else str(line["loc"][-1])
    node = document_schema.at(about.schema, parts[:-1], about.document)
    fields = list(node.get("properties", {}))
    there = _value_at(about.document, parts[:-1])
    free = [field for field in fields if not (isinstance(there, dict) and field in there)]
    near = nearest(name, free)
    path = _path(parts, about)
    message = f"{_opening(owner(parts[:-1], about))} has no field `{shown(name)[1:-1]}`."
    mend = None if near is None else moving(path, _path((*parts[:-1], near), about))
    own = [field for field in fields if field not in SHARED]
    allowed = listed(own + [field for field in SHARED if field in fields and field != "reason"])
    return finding("unknown-field", path, message, allowed=allowed or "no field", nearest=near, mend=mend)


def _unknown_operation(parts: Parts, line: Any, about: About) -> Finding:
    name = str(_value_at(about.document, parts))
    near = nearest(name, catalogue())
    path = _path(parts, about)
    mend = None if near is None else replacing(path, near)
    message = f"There is no operation {shown(name)}."
    return finding("unknown-operation", path, message, allowed=listed(catalogue()), nearest=near, mend=mend)


def _ambiguous(parts: Parts, line: Any, about: About) -> Finding:
    message = f"{_opening(owner(parts, about))} names both `column` and `columns`."
    step = _value_at(about.document, parts)
    both = isinstance(step["columns"], list | str) and step["column"] in step["columns"]
    mend = removing(_path((*parts, "column"), about)) if both else None
    return finding("ambiguous-columns", _path(parts, about), message, allowed="one of the two", mend=mend)


def _except_beside_column(parts: Parts, line: Any, about: About) -> Finding:
    message = f"{_opening(owner(parts, about))} has `except` beside `column`; it stands beside `columns`."
    hint = "Leave `except` out, or name a selector in `columns`."
    path = _path((*parts, "except"), about)
    return finding("ambiguous-columns", path, message, hint=hint, mend=removing(path))


def _no_columns(parts: Parts, line: Any, about: About) -> Finding:
    message = f"{_opening(owner(parts, about))} names no column."
    return finding(
        "missing-field", _path(parts, about), message,
        allowed="`column`, one name, or `columns`, a list of names or selectors such as @numeric",
    )  # fmt: skip


def _does_not_fit(parts: Parts, line: Any, about: About) -> Finding:
    return finding("out-of-bounds", _path(parts, about), f"{_subject(parts, about)}: {line['msg']}.")


_OWN: Final = {
    "missing": _missing,
    "extra_forbidden": _unknown_field,
    "unknown_operation": _unknown_operation,
    "ambiguous_columns": _ambiguous,
    "except_beside_column": _except_beside_column,
    "missing_columns": _no_columns,
    "does_not_fit": _does_not_fit,
}


def _path(parts: Parts, about: About) -> str:
    return about.prefix + pointer(*parts)


def _value_at(document: Any, parts: Parts) -> Any:
    for part in parts:
        document = document_schema.child(document, part)
    return document


def _subject(parts: Parts, about: About) -> str:
    """Return what a sentence is about: ``degree`` of polynomial_features."""
    if not parts:
        return _opening(about.called)
    last = parts[-1]
    if isinstance(last, str):
        return f"`{shown(last)[1:-1]}` of {owner(parts[:-1], about)}"
    return _opening(owner(parts, about))


def owner(parts: Parts, about: About) -> str:
    """Return how people call the object at `parts`: its operation, its place in a list, or the plan."""
    value = _value_at(about.document, parts)
    if isinstance(value, dict) and isinstance(value.get("operation"), str) and value["operation"] in catalogue():
        return str(value["operation"])
    if not parts:
        return about.called
    last = parts[-1]
    if isinstance(last, int):
        return f"entry {last + 1} of `{shown(parts[-2])[1:-1] if len(parts) > 1 else about.called}`"
    return f"`{shown(last)[1:-1]}`"


def _opening(text: str) -> str:
    """Return `text` as it opens a sentence; names of operations keep their small letter."""
    return text[:1].upper() + text[1:] if text.startswith(("the ", "entry ")) else text
