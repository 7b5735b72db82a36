"""Numbers that stand in texts."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class ParseNumber(Operation):
    """The first number in a text: 1250.5 in ``approx. 1,250.50 kg``, 12000 in ``12k``, beside the text.

    For amounts written with words and units. A text without a number gives a missing value. Learns nothing; costs one
    pass.
    """

    operation: Literal["parse_number"] = "parse_number"
    decimal: Literal[".", ","] = Field(".", description="The decimal sign; the other one groups thousands.")
    magnitudes: bool = Field(True, description="k, M and B right after the number mean thousand, million, billion.")

    accepts: ClassVar = frozenset({Kind.TEXT, Kind.CATEGORICAL, Kind.IDENTIFIER})
    columnwise: ClassVar = True
    replaces: ClassVar = False
    suffix: ClassVar = "_number"
    learns: ClassVar = False
    theme: ClassVar = "numbers"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(made_of(column, self.named(column), Kind.NUMERIC) for column in inputs)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.text_numbers import FirstNumber

        return FirstNumber(self.decimal, self.magnitudes)
