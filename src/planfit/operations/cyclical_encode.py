"""What returns after a time, on a circle."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.operations.time import may_hold_time
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

Cycle = Literal["month", "weekday", "dayofyear", "hour"]
DEFAULT_CYCLES: Final[tuple[Cycle, ...]] = ("month", "weekday", "hour")
ENDS: Final = ("sin", "cos")


class CyclicalEncode(Operation):
    """Sine and cosine of what returns: month, weekday and hour of a date, or a number with a period.

    December stands beside January, 23 o'clock beside midnight. For linear models, networks and distances; trees find the
    parts themselves. Codes kept as text are read as numbers. Costs two columns a cycle.
    """

    operation: Literal["cyclical_encode"] = "cyclical_encode"
    parts: tuple[Cycle, ...] | None = Field(
        None,
        min_length=1,
        description="Cycles of a date; by default month, weekday and (where there is a time of day) hour.",
    )
    period: float | None = Field(
        None, gt=0, description="After how much a number returns, e.g. 24; by default its range in training, plus one."
    )

    accepts: ClassVar = frozenset({Kind.DATETIME, Kind.NUMERIC, Kind.CATEGORICAL})
    replaces: ClassVar = False
    theme: ClassVar = "time"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return two numeric columns a cycle; a code that is no number is missing in them."""
        return tuple(
            made_of(
                column,
                self.named(column, f"{part}_{end}"),
                Kind.NUMERIC,
                missing=None if column.kind is Kind.CATEGORICAL else column.missing,
            )
            for column in inputs
            for part in self._stems(column)
            for end in ENDS
        )

    def _stems(self, column: Column) -> tuple[str, ...]:
        return tuple(f".{part}" for part in self.cycles_of(column)) if column.kind is Kind.DATETIME else ("",)

    def cycles_of(self, column: Column) -> tuple[Cycle, ...]:
        """Return the cycles to make of a date."""
        if self.parts is not None:
            return tuple(dict.fromkeys(self.parts))
        return DEFAULT_CYCLES if may_hold_time(column) else tuple(part for part in DEFAULT_CYCLES if part != "hour")

    def build(self, context: BuildContext) -> Any:
        """Return the arithmetic."""
        from planfit.operations.circles import DateCircles, NumberCircle

        column = context.inputs[0]
        return DateCircles(self.cycles_of(column)) if column.kind is Kind.DATETIME else NumberCircle(self.period)
