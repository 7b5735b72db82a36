"""Values that stand for missing become missing."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class MarkMissing(Operation):
    """Turns values that stand for missing, such as -200 or 999 far outside a column, into missing ones.

    Helps linear models, which would take the stand-in for a measurement; trees hardly need it. Put `missing_indicator`
    after it where that the value was missing may matter. Learns nothing; costs one pass. Source: pandas
    DataFrame.mask.
    """

    operation: Literal["mark_missing"] = "mark_missing"
    values: tuple[Annotated[float, Field(allow_inf_nan=False)] | str, ...] = Field(
        min_length=1, max_length=100, description="The numbers or texts that stand for missing."
    )

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN, Kind.CATEGORICAL, Kind.TEXT})
    columnwise: ClassVar = True
    suffix: ClassVar = "_marked"
    learns: ClassVar = False
    theme: ClassVar = "imputing"
    example: ClassVar = {"values": (-1.0, 31.0, "paris")}

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns, of the same kind, with more missing values."""
        return tuple(made_of(column, self.named(column), column.kind, n_unique=column.n_unique) for column in inputs)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.simple import MarkedMissing

        return MarkedMissing(self.values)
