"""The two catalogues as text for planners and as rows for people; generated, so that they cannot drift."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Any

from planfit.models.base import Family
from planfit.operations.base import Arity, Operation
from planfit.plans.document_schema import in_words
from planfit.plans.features import SHARED
from planfit.plans.features import catalogue as operations
from planfit.plans.validate_models import known_families, params_schema
from planfit.records.schema import ALL_KINDS, Column, Kind, Schema

Row = dict[str, object]


def operations_text(names: Collection[str] | None = None) -> str:
    """Return the operations, one a line: name, parameters, what it takes, what it does.

    Parameters
    ----------
    names : collection of str or None
        Those wanted; None: all.

    Examples
    --------
    >>> print(operations_text(["ratio"]))
    ratio() takes exactly 2 numeric, adds: The first column divided by the second, ``a/b``.
    """
    chosen = operations() if names is None else {name: entry for name, entry in operations().items() if name in names}
    return "\n".join(_operation_line(name, entry) for name, entry in chosen.items())


def operations_in_short(names: Collection[str] | None = None) -> str:
    """Return the operations that can say something new, one a line; of imputing and scaling the names, on one line."""
    chosen = operations() if names is None else {name: entry for name, entry in operations().items() if name in names}
    lines = [_operation_line(name, entry) for name, entry in chosen.items() if entry.adds_information]
    plain = [name for name, entry in chosen.items() if not entry.adds_information]
    if plain:
        lines.append(f"Seldom needed, since each model family imputes and scales by itself: {', '.join(plain)}.")
    text = "\n".join(lines)
    for long, short in (("a whole number from", "integer"), ("true or false", "boolean"), (": a number", ": number")):
        text = text.replace(long, short)
    return text


@cache
def _operation_line(name: str, operation: type[Operation]) -> str:
    target = ", looks at the target" if operation.uses_target else ""
    columns = " ".join(part for part in (number_of_columns(operation), kinds_of(operation)) if part)
    return f"{name}({_operation_parameters(operation)}) takes {columns}, {_effect(operation)}{target}: {first_sentence(operation)}"


def _effect(operation: type[Operation]) -> str:
    if operation.keeps_only:
        return "removes all others"
    if not operation.replaces:
        return "adds"
    column = Column(name="x", kind=min(operation.accepts))
    sample: Any = {"operation": operation.model_fields["operation"].default, "column": "x"}
    needs = any(field.is_required() for field in operation.model_fields.values())
    makes = needs or operation.fewest_columns > 1 or operation.model_construct(**sample).outputs((column,), None)
    return "replaces" if makes else "removes them"


def families_text(names: Collection[str] | None = None) -> str:
    """Return the model families, one a line: name, hyperparameters, what it is good at.

    Parameters
    ----------
    names : collection of str or None
        Those wanted; None: all.
    """
    chosen = known_families() if names is None else {n: f for n, f in known_families().items() if n in names}
    return "\n".join(
        f"{name}({_family_parameters(name)}) for {', '.join(sorted(family.tasks))}: {all_of_it(type(family))}"
        for name, family in chosen.items()
    )


def families_in_short(names: Collection[str] | None = None) -> str:
    """Return the model families, one a line: name, names of hyperparameters, what it is, in a sentence or two."""
    chosen = known_families() if names is None else {n: f for n, f in known_families().items() if n in names}
    return "\n".join(_family_line(name, type(family)) for name, family in chosen.items())


@cache
def _family_line(name: str, family: type[Family]) -> str:
    return f"{name}({', '.join(params_schema(name).get('properties', {}))}): {_sentences(family)}"


def _sentences(documented: type, most: int = 160) -> str:
    """Return a docstring's first sentences, as many as are short."""
    said = ""
    for sentence in all_of_it(documented).split(". "):
        if said and len(said) + len(sentence) > most:
            break
        said += sentence.rstrip(".") + ". "
    return said.strip()


def fitting(names: Collection[str], schema: Schema | None) -> tuple[str, ...]:
    """Return the operations that a table has columns for, what steps make of its columns included.

    Examples
    --------
    >>> fitting(["log1p", "tfidf"], Schema(columns=(Column(name="age", kind=Kind.NUMERIC),)))
    ('log1p',)
    """
    if schema is None:
        return tuple(names)
    kinds = {column.kind for column in schema.columns}
    if kinds - {Kind.CONSTANT, Kind.IDENTIFIER}:
        kinds.add(Kind.NUMERIC)  # any of them can be made a number
    known = operations()
    return tuple(name for name in names if name not in known or known[name].accepts & kinds)


def operation_rows() -> list[Row]:
    """Return the operations as rows for people."""
    return [
        {
            "operation": name,
            "theme": operation.theme,
            "takes": " ".join(part for part in (number_of_columns(operation), kinds_of(operation)) if part),
            "parameters": _operation_parameters(operation),
            "what it does": first_sentence(operation),
        }
        for name, operation in operations().items()
    ]


def family_rows() -> list[Row]:
    """Return the model families as rows for people."""
    return [
        {
            "family": name,
            "installed": installed(family),
            "tasks": ", ".join(sorted(family.tasks)),
            "parameters": _family_parameters(name),
            "what it is good at": all_of_it(type(family)),
        }
        for name, family in known_families().items()
    ]


def installed(family: Family) -> str:
    """Return whether a family can be used here, and what would bring it."""
    if family.installed:
        return "yes"
    return f"no: pip install 'planfit[{family.extra}]'" if family.extra else f"no: {family.module} is missing"


def kinds_of(operation: type[Operation]) -> str:
    """Return the kinds that an operation takes: ``numeric, boolean``."""
    accepts = operation.accepts
    return "any kind" if accepts == ALL_KINDS else ", ".join(kind.value for kind in Kind if kind in accepts)


def number_of_columns(operation: type[Operation]) -> str:
    """Return how many columns an operation takes, where that is not one or any number one by one."""
    fewest, most = operation.fewest_columns, operation.most_columns
    if most is not None and most == fewest:
        return f"exactly {fewest}"
    if most is not None:
        return f"{fewest} to {most}"
    if fewest != 1:
        return f"{fewest} or more" if fewest else "those that it names itself"
    return "all together" if operation.arity is not Arity.EACH and operation.theme != "reduction" else ""


def _operation_parameters(operation: type[Operation]) -> str:
    root = operation.model_json_schema(by_alias=True)
    return _parameters(root, {name: body for name, body in root["properties"].items() if name not in SHARED})


def _family_parameters(family: str) -> str:
    root = params_schema(family)
    return _parameters(root, root.get("properties", {}))


def _parameters(root: dict[str, Any], fields: dict[str, Any]) -> str:
    """Return ``degree: a whole number from 2 to 3 = 2, ...``."""
    said = []
    for name, body in fields.items():
        default = f" = {plain_default(body['default'])}" if "default" in body else ""
        said.append(f"{name}: {in_words(root, body) or 'any value'}{default}")
    return "; ".join(said)


def plain_default(value: Any) -> str:
    """Return a default for people, as JSON has it but for the quotes."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def first_sentence(documented: type) -> str:
    """Return the first sentence of a docstring."""
    text = all_of_it(documented)
    end = re.search(r"(?<!e\.g)(?<!i\.e)\. ", text)
    return text if end is None else text[: end.start() + 1]


def all_of_it(documented: type) -> str:
    """Return a docstring's first paragraph on one line."""
    paragraph = (documented.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split())
