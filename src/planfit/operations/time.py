"""Time: what a date says beside its place on the line."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, DateReading, Kind
from planfit.records.task import Task

Part = Literal["year", "quarter", "month", "day", "weekday", "dayofyear", "hour", "minute", "days"]
DEFAULT_PARTS: tuple[Part, ...] = ("year", "month", "day", "weekday", "hour", "days")
CLOCK_PARTS = frozenset({"hour", "minute"})
CLOCK_DIRECTIVES = ("%H", "%I", "%T", "%R", "%X", "%c", "%s", "%+")


class DatetimeParts(Operation):
    """Year, month, day, weekday (Monday is 0), hour and days since the first training date, as numbers.

    For every model: none reads a date as it is. ``when.month``, ``when.days``, ...; hours only for columns that can
    hold a time of day. A missing date gives missing parts. Costs six columns. Source: as skrub DatetimeEncoder.
    """

    operation: Literal["datetime_parts"] = "datetime_parts"
    parts: tuple[Part, ...] | None = Field(
        None,
        min_length=1,
        description="Which parts; by default year, month, day, weekday, hour (where there is a time of day) and days.",
    )

    accepts: ClassVar = frozenset({Kind.DATETIME})
    learns: ClassVar = True
    theme: ClassVar = "time"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column a part."""
        return tuple(
            made_of(column, self.named(column, f".{part}"), Kind.NUMERIC, missing=column.missing)
            for column in inputs
            for part in self.parts_of(column)
        )

    def parts_of(self, column: Column) -> tuple[Part, ...]:
        """Return the parts to make of `column`, each once."""
        if self.parts is not None:
            return tuple(dict.fromkeys(self.parts))
        return DEFAULT_PARTS if may_hold_time(column) else tuple(p for p in DEFAULT_PARTS if p not in CLOCK_PARTS)

    def build(self, context: BuildContext) -> Any:
        """Return the arithmetic over NumPy dates."""
        from planfit.operations.dates import DateParts

        return DateParts(self.parts_of(context.inputs[0]))


def may_hold_time(column: Column) -> bool:
    """Return whether a date column can hold a time of day, judged by how it is stored and read."""
    if column.dtype == "Date":
        return False
    if isinstance(column.reading, DateReading) and column.reading.format is not None:
        return any(directive in column.reading.format for directive in CLOCK_DIRECTIVES)
    return True
