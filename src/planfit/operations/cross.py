"""Categories that belong together, as one."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar, Literal

from planfit.operations.base import Arity, BuildContext, Operation, union_of_sources
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class Cross(Operation):
    """Two or three categories as one, ``city & plan``: each combination is a level of its own.

    For what only a combination tells; linear models cannot see it otherwise, trees need several splits. A missing part
    counts as a level. Levels multiply: with many, `target_encode` or `count_encode` the result. Costs one column.
    """

    operation: Literal["cross"] = "cross"

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.BOOLEAN})
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 2
    most_columns: ClassVar = 3
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "categories"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one categorical column."""
        levels = [column.n_unique for column in inputs if column.n_unique is not None]
        return (
            Column(
                name=self.into or " & ".join(column.name for column in inputs),
                kind=Kind.CATEGORICAL,
                n_unique=prod(levels) if len(levels) == len(inputs) else None,
                missing=0,
                sources=union_of_sources(inputs),
            ),
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.combining import Crossed

        return Crossed()
