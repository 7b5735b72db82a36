"""Writes a scalar expression anew, node by node, from what the allow-list knows; what all kinds of nodes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlglot import exp

from planfit.operations.scalar_sql import Refused, Type, Typed, quiet

SAYS: Final[dict[Type, str]] = {
    "number": "a number", "flag": "a boolean", "boolean": "a condition", "text": "a text", "date": "a date",
    "null": "NULL",
}  # fmt: skip
MARKS: Final = frozenset({"safe", "ignore_nulls", "coalesce", "typed", "requires_string"})
"""What sqlglot notes beside a node; nothing of it is written."""
ONE: Final = ("this",)
PAIR: Final = ("this", "expression")


class Entry(NamedTuple):
    """How one kind of node is written."""

    write: Callable[[Writer, Any], Typed]
    parts: tuple[str, ...] = ONE
    """Which of its parts may be there."""


Entries = Mapping[type, Entry]
"""By the exact class of a node."""


class Writer:
    """Writes an expression anew, node by node.

    Parameters
    ----------
    types : dict of str to type
        The columns that there are.
    entries : mapping
        The allow-list: how each kind of node is written.

    Attributes
    ----------
    used : set of str
        Columns that the expression names.
    steps : list of (name, text, type)
        Columns that are made on the way: values whose overflow must be missing before they are compared.
    """

    def __init__(self, types: dict[str, Type], entries: Entries) -> None:
        self.types = types
        self.entries = entries
        self.used: set[str] = set()
        self.short = {name: f"c{place}" for place, name in enumerate(types)}
        self.steps: list[tuple[str, str, Type]] = []

    def visit(self, node: Any) -> Typed:
        """Return what a node is written as."""
        entry = self.entries.get(type(node))
        if entry is None:
            raise Refused("expression-refused", f"{said(node)} is not allowed{_because(node)}.", allowed())
        for name, value in node.args.items():
            if value not in (None, False, []) and name not in entry.parts and name not in MARKS:
                raise Refused("expression-refused", f"{said(node)} is not allowed with {name!r}.", allowed())
        return entry.write(self, node)

    def keep(self, value: Typed) -> Typed:
        """Make a column of a value, so that it can be repeated and is finite or missing."""
        name = f"m{len(self.steps)}"
        self.steps.append((name, value.text, value.type))
        return Typed(f'"{name}"', value.type, True)

    def finite(self, value: Typed) -> Typed:
        """Return a value that is finite or missing."""
        return value if value.plain or value.type != "number" else self.keep(value)

    def number(self, node: Any) -> Typed:
        """Return a node as a number."""
        return self.as_type(self.visit(node), "number", node)

    def text(self, node: Any) -> Typed:
        """Return a node as a text."""
        return self.as_type(self.visit(node), "text", node)

    def date(self, node: Any) -> Typed:
        """Return a node as a date; a text that is one counts."""
        return self.as_type(self.visit(node), "date", node)

    def condition(self, node: Any) -> Typed:
        """Return a node as a condition."""
        return self.as_type(self.visit(node), "boolean", node)

    def as_type(self, value: Typed, wanted: Type, node: Any) -> Typed:
        """Return a value as another type; refused where that does not go without saying."""
        made = self.converted(value, wanted, node)
        if made is None:
            raise Refused(
                "expression-type", f"{SAYS[wanted].capitalize()} is needed where {short(node)} is {SAYS[value.type]}."
            )
        return made

    def converted(self, value: Typed, wanted: Type, node: Any) -> Typed | None:
        """Return a value as another type where that goes without saying, None where it does not."""
        if value.type == wanted:
            return value
        if value.type == "null":
            name = {"number": "DOUBLE", "text": "VARCHAR", "date": "TIMESTAMP", "boolean": "BOOLEAN"}.get(
                wanted, "DOUBLE"
            )
            return Typed(f"CAST(NULL AS {name})", wanted)
        if wanted == "number" and value.type == "flag":
            return Typed(value.text, "number", value.plain)
        if wanted == "boolean" and value.type == "flag":
            return Typed(f"({value.text} = 1e0)", "boolean")
        if wanted == "date" and value.type == "text" and type(node) is exp.Literal:
            return moment(node.this)
        return None

    def together(self, nodes: list[Any], values: list[Typed] | None = None) -> tuple[list[Typed], Type]:
        """Return values as one type, which is not NULL unless all are."""
        found = [self.visit(node) for node in nodes] if values is None else values
        types = [value.type for value in found if value.type != "null"]
        tried: list[Type] = [*types, "number", "date"] if types else ["null"]
        for wanted in dict.fromkeys(tried):
            made = [self.converted(value, wanted, node) for value, node in zip(found, nodes, strict=True)]
            whole_made = [one for one in made if one is not None]
            if len(whole_made) == len(made):
                return whole_made, wanted
        kinds = " and ".join(dict.fromkeys(SAYS[kind] for kind in types))
        raise Refused(
            "expression-type", f"{kinds.capitalize()} do not go together in {short(nodes[0].parent or nodes[0])}."
        )


def _because(node: Any) -> str:
    """Return why a node is not in the list, where there is one plain reason."""
    return ": it looks at more rows than one" if isinstance(node, exp.AggFunc | exp.Window) else ""


def said(node: Any) -> str:
    """Return what a person calls a node."""
    if type(node) is exp.Anonymous:
        return f"The function {str(node.this)[:40]}"
    return f"{type(node).__name__} (in {short(node)})"


def short(node: Any) -> str:
    """Return a node's SQL as a message shows it."""
    try:
        with quiet():
            text = " ".join(node.sql().split())
    except Exception:  # whatever a strange tree does to its writer
        return type(node).__name__
    return repr(text if len(text) <= 40 else text[:39] + "…")


def allowed() -> str:
    """Return everything that an expression may hold, for people."""
    from planfit.operations.expression import ALLOWED

    return ALLOWED


def moment(text: str) -> Typed:
    """Return a date literal."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused("expression-type", f"{text[:40]!r} is no date.", "a date such as '2024-01-31'") from None
    when = when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    return Typed(f"CAST('{when.isoformat(sep=' ')}' AS TIMESTAMP)", "date", True)


def tight(value: Typed) -> str:
    """Return a value's text, in brackets where it is more than a name or a literal."""
    return value.text if value.plain else f"({value.text})"


def whole(node: Any, low: int, high: int, where: str) -> int:
    """Return a whole number that stands in the text."""
    if node is None:
        return low
    if (
        type(node) is not exp.Literal
        or node.is_string
        or not str(node.this).isdigit()
        or not low <= int(node.this) <= high
    ):
        raise Refused(
            "expression-refused", f"{where} takes a whole number from {low} to {high} here.", f"{low} to {high}"
        )
    return int(node.this)


def literal_text(node: Any, where: str) -> str:
    """Return a text that stands in the text."""
    if type(node) is not exp.Literal or not node.is_string:
        raise Refused("expression-refused", f"{where} takes a text in quotes here.", "a text in single quotes")
    return str(node.this)
