"""Columns, literals and casts of scalar expressions."""

from __future__ import annotations

from typing import Any, Final

from sqlglot import exp

from planfit.operations.scalar_sql import Refused, Typed, number, quoted
from planfit.operations.scalar_writer import Entries, Entry, Writer, moment, said

FLOATS: Final = frozenset({"DOUBLE", "FLOAT", "REAL", "DECIMAL"})
WHOLE: Final = frozenset({"INT", "BIGINT", "SMALLINT", "TINYINT", "HUGEINT"})
TEXTS: Final = frozenset({"VARCHAR", "TEXT", "CHAR", "NVARCHAR", "NCHAR"})
DATES: Final = frozenset({"DATE", "TIMESTAMP", "DATETIME", "TIMESTAMPNTZ"})


def _column(writer: Writer, node: Any) -> Typed:
    name = node.name
    if name not in writer.types:
        raise Refused("unknown-column", f"There is no column {name!r}.", ", ".join(map(repr, writer.types)))
    writer.used.add(name)
    return Typed(f'"{writer.short[name]}"', writer.types[name], True)


def _literal(writer: Writer, node: Any) -> Typed:
    return Typed(quoted(node.this), "text", True) if node.is_string else Typed(number(node.this), "number", True)


def _boolean(writer: Writer, node: Any) -> Typed:
    return Typed("TRUE" if node.this else "FALSE", "boolean", True)


def _null(writer: Writer, node: Any) -> Typed:
    return Typed("NULL", "null", True)


def _paren(writer: Writer, node: Any) -> Typed:
    inside = writer.visit(node.this)
    return inside if inside.plain else Typed(f"({inside.text})", inside.type)


def _cast(writer: Writer, node: Any) -> Typed:
    to = node.args["to"]
    name = to.this.value if type(to) is exp.DataType and not to.expressions else "?"
    if name in DATES:
        if type(node.this) is not exp.Literal:
            value = writer.visit(node.this)
            if value.type == "date":
                return value
            raise Refused("expression-refused", "Only literals become dates here; columns of dates are dates already.")
        return moment(str(node.this.this))
    value = writer.visit(node.this)
    if name in FLOATS | WHOLE:
        return _to_number(writer, value, node, name in WHOLE)
    if name in TEXTS:
        if value.type == "date":
            raise Refused("expression-refused", "A date does not become a text; EXTRACT gives its parts.")
        return Typed(f"CAST({value.text} AS VARCHAR)", "text")
    if name == "BOOLEAN" and value.type in ("boolean", "flag", "null"):
        return writer.as_type(value, "boolean", node.this)
    raise Refused(
        "expression-refused", f"{said(node)} is not allowed.", "CAST to DOUBLE, INT, VARCHAR, DATE, TIMESTAMP"
    )


def _to_number(writer: Writer, value: Typed, node: Any, is_whole: bool) -> Typed:
    if value.type in ("text", "boolean"):
        value = Typed(f"TRY_CAST({value.text} AS DOUBLE)", "number")
    value = writer.as_type(value, "number", node.this)
    if not is_whole:
        return value
    kept = value if value.plain else writer.keep(value)
    return Typed(f"CASE WHEN {kept.text} < 0e0 THEN CEIL({kept.text}) ELSE FLOOR({kept.text}) END", "number")


VALUES: Final[Entries] = {
    exp.Column: Entry(_column),
    exp.Literal: Entry(_literal, ("this", "is_string")),
    exp.Boolean: Entry(_boolean),
    exp.Null: Entry(_null, ()),
    exp.Paren: Entry(_paren),
    exp.Cast: Entry(_cast, ("this", "to")),
    exp.TryCast: Entry(_cast, ("this", "to")),
}
