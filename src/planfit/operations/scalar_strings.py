"""Functions of texts in scalar expressions; none makes a text longer than those that it is given together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from planfit.operations.scalar_sql import Refused, Type, Typed, quoted
from planfit.operations.scalar_writer import PAIR, Entries, Entry, Writer, literal_text, tight, whole


def _of_text(name: str, type_: Type = "text") -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        made = f"{name}({writer.text(node.this).text})"
        return Typed(f"CAST({made} AS DOUBLE)" if type_ == "number" else made, type_)

    return write


def _ends(name: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        return Typed(f"{name}({writer.text(node.this).text}, {writer.text(node.expression).text})", "boolean")

    return write


def _side(name: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        return Typed(f"{name}({writer.text(node.this).text}, {whole(node.expression, 0, 10_000, name)})", "text")

    return write


def _substring(writer: Writer, node: Any) -> Typed:
    start = whole(node.args.get("start"), 1, 100_000, "SUBSTRING")
    length = whole(node.args.get("length") or exp.Literal.number(100_000), 0, 100_000, "SUBSTRING")
    return Typed(f"SUBSTRING({writer.text(node.this).text}, {start}, {length})", "text")


def _split_part(writer: Writer, node: Any) -> Typed:
    separator = literal_text(node.args.get("delimiter"), "SPLIT_PART")
    part = whole(node.args.get("part_index"), 1, 1000, "SPLIT_PART")
    return Typed(f"NULLIF(SPLIT_PART({writer.text(node.this).text}, {quoted(separator)}, {part}), '')", "text")


def _replace(writer: Writer, node: Any) -> Typed:
    old = literal_text(node.expression, "REPLACE")
    new = literal_text(node.args.get("replacement"), "REPLACE") if node.args.get("replacement") is not None else ""
    if not old or len(new) > len(old):
        raise Refused(
            "expression-refused", "REPLACE must not make a text longer.", "a replacement no longer than the text"
        )
    return Typed(f"REPLACE({writer.text(node.this).text}, {quoted(old)}, {quoted(new)})", "text")


def _concat(writer: Writer, node: Any) -> Typed:
    parts = [writer.text(one).text for one in node.expressions]
    return Typed(f"CONCAT({', '.join(parts)})", "text")


def _pipe(writer: Writer, node: Any) -> Typed:
    return Typed(f"{tight(writer.text(node.this))} || {tight(writer.text(node.expression))}", "text")


STRINGS: Final[Entries] = {
    exp.Upper: Entry(_of_text("UPPER")),
    exp.Lower: Entry(_of_text("LOWER")),
    exp.Trim: Entry(_of_text("TRIM")),
    exp.Length: Entry(_of_text("LENGTH", "number")),
    exp.Left: Entry(_side("LEFT"), PAIR),
    exp.Right: Entry(_side("RIGHT"), PAIR),
    exp.Substring: Entry(_substring, ("this", "start", "length")),
    exp.SplitPart: Entry(_split_part, ("this", "delimiter", "part_index")),
    exp.Replace: Entry(_replace, ("this", "expression", "replacement")),
    exp.Concat: Entry(_concat, ("expressions",)),
    exp.DPipe: Entry(_pipe, PAIR),
    exp.StartsWith: Entry(_ends("STARTS_WITH"), PAIR),
    exp.EndsWith: Entry(_ends("ENDS_WITH"), PAIR),
}
