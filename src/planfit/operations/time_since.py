"""How long ago a date is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "years"]


class TimeSince(Operation):
    """The time from a date to a reference, in days or another unit, beside the date: an age, the time as a customer.

    The reference is a date that is given, or the latest of training; no clock is read, so the same row gives the same
    number tomorrow. Later dates are negative. A missing date gives a missing value. Costs one pass.
    """

    operation: Literal["time_since"] = "time_since"
    reference: datetime | None = Field(
        None, description="The date to count to, e.g. 2024-01-01; by default the latest date of the training rows."
    )
    unit: Unit = Field("days", description="What is counted; a year has 365.25 days.")

    accepts: ClassVar = frozenset({Kind.DATETIME})
    columnwise: ClassVar = True
    replaces: ClassVar = False
    theme: ClassVar = "time"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each, ``born.age_days``."""
        ending = "" if self.into else f".{self.unit}_since"
        return tuple(
            made_of(column, self.named(column, ending), Kind.NUMERIC, missing=column.missing) for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return the arithmetic over NumPy dates."""
        from planfit.operations.elapsed import Since

        return Since(self.reference, self.unit)
