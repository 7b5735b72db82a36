"""Parts of dates, and the time between them, in scalar expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from planfit.operations.scalar_sql import Refused, Typed
from planfit.operations.scalar_writer import PAIR, Entries, Entry, Writer, tight

PARTS: Final = frozenset(
    {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOY", "DOW", "ISODOW", "HOUR", "MINUTE", "SECOND", "EPOCH"}
)


def days_between(end: Typed, start: Typed) -> Typed:
    """Return the days from one date to another."""
    seconds = [f"CAST(EXTRACT(EPOCH FROM {value.text}) AS DOUBLE)" for value in (end, start)]
    return Typed(f"({seconds[0]} - {seconds[1]}) / 86400e0", "number")


def _datediff(writer: Writer, node: Any) -> Typed:
    return days_between(writer.date(node.this), writer.date(node.expression))


def _extract(writer: Writer, node: Any) -> Typed:
    part = str(node.this.name).upper()
    if part not in PARTS:
        raise Refused("expression-refused", f"{part[:40]} is no part of a date.", ", ".join(sorted(PARTS)))
    return _part(part)(writer, exp.Year(this=node.expression))


def _part(part: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        return Typed(f"CAST(EXTRACT({part} FROM {tight(writer.date(node.this))}) AS DOUBLE)", "number")

    return write


DATES: Final[Entries] = {
    exp.DateDiff: Entry(_datediff, PAIR),
    exp.Extract: Entry(_extract, PAIR),
    exp.Year: Entry(_part("YEAR")),
    exp.Quarter: Entry(_part("QUARTER")),
    exp.Month: Entry(_part("MONTH")),
    exp.Day: Entry(_part("DAY")),
    exp.Hour: Entry(_part("HOUR")),
    exp.Minute: Entry(_part("MINUTE")),
}
