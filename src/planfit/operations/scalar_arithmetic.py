"""Arithmetic of scalar expressions, and functions of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from planfit.operations.scalar_dates import days_between
from planfit.operations.scalar_sql import Refused, Typed, number
from planfit.operations.scalar_writer import PAIR, Entries, Entry, Writer, tight, whole


def _arithmetic(sign: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        left, right = writer.visit(node.this), writer.visit(node.expression)
        if sign == "-" and left.type == right.type == "date":
            return days_between(left, right)
        a, b = writer.as_type(left, "number", node.this), writer.as_type(right, "number", node.expression)
        divisor = f"NULLIF({b.text}, 0e0)" if sign in "/%" else b.text
        return Typed(f"{tight(a)} {sign} {divisor if sign in '/%' else tight(b)}", "number")

    return write


def _negative(writer: Writer, node: Any) -> Typed:
    return Typed(f"0e0 - {tight(writer.number(node.this))}", "number")


def _of_number(name: str, *, above: str | None = None) -> Callable[[Writer, Any], Typed]:
    """A function of one number; `above`: where it is defined, e.g. ``> 0``."""

    def write(writer: Writer, node: Any) -> Typed:
        value = writer.number(node.this)
        if above is None:
            return Typed(f"{name}({value.text})", "number")
        kept = value if value.plain else writer.keep(value)
        return Typed(f"{name}(CASE WHEN {kept.text} {above} THEN {kept.text} END)", "number")

    return write


def _log(writer: Writer, node: Any) -> Typed:
    value, base = node.args.get("expression"), node.this
    if value is None:  # LOG(x) is the natural one to sqlglot's generic dialect, the common one to others: say which
        raise Refused("expression-refused", "LOG needs its base.", "LOG(10, x), LOG10(x), LOG2(x) or LN(x)")
    if type(base) is not exp.Literal or float(number(base.this)) not in (2.0, 10.0):
        raise Refused("expression-refused", "The base of LOG is 2 or 10.", "LOG(10, x), LOG(2, x), LN(x)")
    made = _of_number("LN", above="> 0e0")(writer, exp.Ln(this=value.copy()))
    return Typed(f"{made.text} / LN({number(base.this)})", "number")


def _power(writer: Writer, node: Any) -> Typed:
    base, power = writer.number(node.this), node.expression
    negative = type(power) is exp.Neg
    literal = power.this if negative else power
    if type(literal) is not exp.Literal or literal.is_string:
        raise Refused("expression-refused", "The exponent of POWER is a number.", "POWER(x, 2)")
    value = float(number(literal.this)) * (-1 if negative else 1)
    kept = base if base.plain else writer.keep(base)
    defined = [*(["<> 0e0"] if value < 0 else []), *([">= 0e0"] if value != int(value) else [])]
    text = kept.text
    if defined:
        text = f"CASE WHEN {' AND '.join(f'{kept.text} {one}' for one in defined)} THEN {kept.text} END"
    return Typed(f"POWER({text}, {'0e0 - ' if value < 0 else ''}{number(str(abs(value)))})", "number")


def _round(writer: Writer, node: Any) -> Typed:
    digits = whole(node.args.get("decimals"), 0, 15, "ROUND")
    return Typed(f"ROUND({writer.number(node.this).text}, {digits})", "number")


def _atan2(writer: Writer, node: Any) -> Typed:
    return Typed(f"ATAN2({writer.number(node.this).text}, {writer.number(node.expression).text})", "number")


ARITHMETIC: Final[Entries] = {
    exp.Add: Entry(_arithmetic("+"), PAIR),
    exp.Sub: Entry(_arithmetic("-"), PAIR),
    exp.Mul: Entry(_arithmetic("*"), PAIR),
    exp.Div: Entry(_arithmetic("/"), PAIR),
    exp.Mod: Entry(_arithmetic("%"), PAIR),
    exp.Neg: Entry(_negative),
    exp.Abs: Entry(_of_number("ABS")),
    exp.Sign: Entry(_of_number("SIGN")),
    exp.Floor: Entry(_of_number("FLOOR")),
    exp.Ceil: Entry(_of_number("CEIL")),
    exp.Round: Entry(_round, ("this", "decimals")),
    exp.Sqrt: Entry(_of_number("SQRT", above=">= 0e0")),
    exp.Exp: Entry(_of_number("EXP")),
    exp.Ln: Entry(_of_number("LN", above="> 0e0")),
    exp.Log: Entry(_log, PAIR),
    exp.Pow: Entry(_power, PAIR),
    exp.Sin: Entry(_of_number("SIN")),
    exp.Cos: Entry(_of_number("COS")),
    exp.Tan: Entry(_of_number("TAN")),
    exp.Atan: Entry(_of_number("ATAN")),
    exp.Atan2: Entry(_atan2, PAIR),
}
