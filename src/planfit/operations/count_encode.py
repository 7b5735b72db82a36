"""Categories by how often they occur."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class CountEncode(Operation):
    """The share of training rows that have the same value, beside the column. For categories of many levels.

    Tells the common from the rare, which codes and target means do not. A value that training did not hold gets zero;
    missing counts as a value. Never looks at the target. Costs one column.
    """

    operation: Literal["count_encode"] = "count_encode"
    normalize: bool = Field(True, description="Shares of the training rows; false: numbers of rows.")

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.BOOLEAN, Kind.TEXT, Kind.IDENTIFIER})
    columnwise: ClassVar = True
    replaces: ClassVar = False
    suffix: ClassVar = "_count"
    theme: ClassVar = "categories"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(made_of(column, self.named(column), Kind.NUMERIC, missing=0) for column in inputs)

    def build(self, context: BuildContext) -> Any:
        """Return a look-up of counts."""
        from planfit.operations.levels import LevelCounts

        return LevelCounts(self.normalize)
