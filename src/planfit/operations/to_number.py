"""Codes back to the numbers that they are written with."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class ToNumber(Operation):
    """The number that a code is written with, for categories such as months or classes whose order carries meaning.

    Trees cut between such numbers, and a number that training did not hold still lies between others; linear models want
    `one_hot_encode`. What is no number becomes missing. Learns nothing; costs one pass.
    """

    operation: Literal["to_number"] = "to_number"

    accepts: ClassVar = frozenset({Kind.CATEGORICAL})
    columnwise: ClassVar = True
    suffix: ClassVar = "_number"
    learns: ClassVar = False
    theme: ClassVar = "categories"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(made_of(column, self.named(column), Kind.NUMERIC, n_unique=column.n_unique) for column in inputs)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.simple import NumberOfCode

        return NumberOfCode()
