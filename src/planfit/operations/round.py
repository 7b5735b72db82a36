"""Fewer digits."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class Round(Operation):
    """Rounds numbers to some decimals, or to tens and hundreds. For figures that are more precise than they are right.

    Halves go to the even neighbour. Takes noise away from trees on few rows. Missing values stay missing. Learns
    nothing; costs one pass. Source: NumPy round.
    """

    operation: Literal["round"] = "round"
    decimals: int = Field(0, ge=-12, le=12, description="Decimals that stay; -2 rounds to hundreds.")

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    columnwise: ClassVar = True
    suffix: ClassVar = "_rounded"
    learns: ClassVar = False
    theme: ClassVar = "numbers"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(made_of(column, self.named(column), Kind.NUMERIC, missing=column.missing) for column in inputs)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.simple import Rounded

        return Rounded(self.decimals)
