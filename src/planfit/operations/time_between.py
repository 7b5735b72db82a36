"""The time between two dates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Operation, Problem, union_of_sources
from planfit.operations.time_since import Unit
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task


class TimeBetween(Operation):
    """The time from the first date to the second, in days or another unit: from order to delivery, from birth to visit.

    Negative where the second is earlier; missing where one of them is. Trees cannot subtract. Learns nothing; costs one
    column.
    """

    operation: Literal["time_between"] = "time_between"
    unit: Unit = Field("days", description="What is counted; a year has 365.25 days.")

    accepts: ClassVar = frozenset({Kind.DATETIME})
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 2
    most_columns: ClassVar = 2
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "time"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """A group is not one column."""
        for column in inputs:
            if column.group:
                yield Problem("column-count", f"time_between takes two columns, and {column.name!r} is a group.")

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return ``ordered to delivered.days``."""
        name = self.into or " to ".join(column.name for column in inputs) + f".{self.unit}"
        return (Column(name=name, kind=Kind.NUMERIC, sources=union_of_sources(inputs)),)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.elapsed import Between

        return Between(self.unit)
