"""Conditions and choices of scalar expressions: comparisons, AND, IS, IN, BETWEEN, LIKE, CASE, COALESCE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from planfit.operations.scalar_sql import Refused, Typed, quoted
from planfit.operations.scalar_writer import PAIR, Entries, Entry, Writer, literal_text, said, short, tight

SEVERAL: Final = ("this", "expressions")


def _comparison(sign: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        (a, b), kind = writer.together([node.this, node.expression])
        if kind in ("boolean", "flag") and sign not in ("=", "<>"):
            raise Refused("expression-type", f"Conditions have no order: {short(node)}.")
        return Typed(f"{tight(writer.finite(a))} {sign} {tight(writer.finite(b))}", "boolean")

    return write


def _junction(word: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        a, b = writer.condition(node.this), writer.condition(node.expression)
        return Typed(f"({a.text}) {word} ({b.text})", "boolean")

    return write


def _not(writer: Writer, node: Any) -> Typed:
    return Typed(f"NOT ({writer.condition(node.this).text})", "boolean")


def _is(writer: Writer, node: Any) -> Typed:
    if type(node.expression) is exp.Null:
        value = writer.visit(node.this)
        if value.type == "null":
            return Typed("TRUE", "boolean", True)
        return Typed(f"{tight(writer.finite(value))} IS NULL", "boolean")
    if type(node.expression) is exp.Boolean:
        value = writer.keep(writer.condition(node.this))
        wanted = value.text if node.expression.this else f"NOT {value.text}"
        return Typed(f"COALESCE({wanted}, FALSE)", "boolean")
    raise Refused("expression-refused", f"{said(node)} is not allowed.", "IS NULL, IS TRUE, IS FALSE")


def _in(writer: Writer, node: Any) -> Typed:
    if not node.expressions or any(type(one) not in (exp.Literal, exp.Neg) for one in node.expressions):
        raise Refused("expression-refused", "IN takes a list of literals.", "IN ('a', 'b')")
    (value, *listed), _ = writer.together([node.this, *node.expressions])
    kept = value if value.plain else writer.keep(value)
    return Typed(" OR ".join(f"{kept.text} = {tight(one)}" for one in listed), "boolean")


def _between(writer: Writer, node: Any) -> Typed:
    (value, low, high), kind = writer.together([node.this, node.args["low"], node.args["high"]])
    if kind in ("boolean", "flag"):
        raise Refused("expression-type", f"Conditions have no order: {short(node)}.")
    kept = value if value.plain else writer.keep(value)
    low, high = writer.finite(low), writer.finite(high)
    return Typed(f"{kept.text} >= {tight(low)} AND {kept.text} <= {tight(high)}", "boolean")


def _like(word: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        pattern = literal_text(node.expression, "LIKE")
        return Typed(f"{tight(writer.text(node.this))} {word} {quoted(pattern)}", "boolean")

    return write


def _case(writer: Writer, node: Any) -> Typed:
    branches = node.args["ifs"]
    subject = node.args.get("this")
    conditions = []
    for branch in branches:
        asked = exp.EQ(this=subject.copy(), expression=branch.this.copy()) if subject is not None else branch.this
        conditions.append(writer.condition(asked))
    last = node.args.get("default") or exp.Null()
    values, kind = writer.together([*(branch.args["true"] for branch in branches), last])
    text = " ".join(
        f"WHEN {condition.text} THEN {value.text}" for condition, value in zip(conditions, values, strict=False)
    )
    return Typed(f"CASE {text} ELSE {values[-1].text} END", kind)


def _if(writer: Writer, node: Any) -> Typed:
    last = node.args.get("false") or exp.Null()
    values, kind = writer.together([node.args["true"], last])
    return Typed(f"CASE WHEN {writer.condition(node.this).text} THEN {values[0].text} ELSE {values[1].text} END", kind)


def _choice(name: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        values, kind = writer.together([node.this, *node.expressions])
        if name != "COALESCE" and kind not in ("number", "date", "flag", "null"):
            raise Refused("expression-type", f"{name} takes numbers or dates.")
        inside = [writer.finite(value).text for value in values]
        return Typed(f"{name}({', '.join(inside)})", kind)

    return write


def _nullif(writer: Writer, node: Any) -> Typed:
    (a, b), kind = writer.together([node.this, node.expression])
    return Typed(f"NULLIF({writer.finite(a).text}, {writer.finite(b).text})", kind)


CONDITIONS: Final[Entries] = {
    exp.EQ: Entry(_comparison("="), PAIR),
    exp.NEQ: Entry(_comparison("<>"), PAIR),
    exp.GT: Entry(_comparison(">"), PAIR),
    exp.GTE: Entry(_comparison(">="), PAIR),
    exp.LT: Entry(_comparison("<"), PAIR),
    exp.LTE: Entry(_comparison("<="), PAIR),
    exp.And: Entry(_junction("AND"), PAIR),
    exp.Or: Entry(_junction("OR"), PAIR),
    exp.Not: Entry(_not),
    exp.Is: Entry(_is, PAIR),
    exp.In: Entry(_in, SEVERAL),
    exp.Between: Entry(_between, ("this", "low", "high")),
    exp.Like: Entry(_like("LIKE"), PAIR),
    exp.ILike: Entry(_like("ILIKE"), PAIR),
    exp.Case: Entry(_case, ("this", "ifs", "default")),
    exp.If: Entry(_if, ("this", "true", "false")),
    exp.Coalesce: Entry(_choice("COALESCE"), SEVERAL),
    exp.Greatest: Entry(_choice("GREATEST"), SEVERAL),
    exp.Least: Entry(_choice("LEAST"), SEVERAL),
    exp.Nullif: Entry(_nullif, PAIR),
}
