"""Rare categories as one."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class GroupRare(Operation):
    """Levels of few training rows become one level, ``rare``; so does every level that training did not hold.

    For columns with a long tail of levels, of which each alone teaches nothing. Missing stays missing. Costs one pass.
    """

    operation: Literal["group_rare"] = "group_rare"
    min_frequency: Annotated[int, Field(ge=1, le=1_000_000)] | Annotated[float, Field(gt=0, lt=1)] = Field(
        0.01, description="Levels with fewer training rows (a share of them below 1) are rare."
    )

    accepts: ClassVar = frozenset({Kind.CATEGORICAL})
    columnwise: ClassVar = True
    suffix: ClassVar = "_grouped"
    theme: ClassVar = "categories"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one categorical column each."""
        return tuple(
            made_of(column, self.named(column), Kind.CATEGORICAL, n_unique=column.n_unique, missing=column.missing)
            for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer that learns which levels are frequent."""
        from planfit.operations.levels import FrequentLevels

        return FrequentLevels(self.min_frequency)
