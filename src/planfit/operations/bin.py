"""Numbers as intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import LARGEST, BuildContext, Operation, Problem, made_of
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

Edge = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]


class Bin(Operation):
    """The interval that a number lies in, as a category: ``below 18``, ``18 to 65``, ``from 65``.

    For linear models where an effect bends, and as a group for `group_aggregate`, `cross` and `target_encode`. Edges are
    given or learned (equal shares, equal widths or clusters of training). Missing stays missing. Trees find edges
    themselves. Costs a sort. Source: scikit-learn KBinsDiscretizer.
    """

    operation: Literal["bin"] = "bin"
    n_bins: int = Field(5, ge=2, le=100, description="Intervals; fewer where training has too few values.")
    strategy: Literal["quantile", "uniform", "kmeans"] = Field("quantile", description="How edges are learned.")
    edges: tuple[Edge, ...] | None = Field(
        None, min_length=1, max_length=99, description="The inner edges, ascending; a value at an edge is above it."
    )
    encode: Literal["interval", "ordinal"] = Field(
        "interval", description="A category named by its interval, or the number of the interval, from 0."
    )

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    columnwise: ClassVar = True
    replaces: ClassVar = False
    suffix: ClassVar = "_bin"
    theme: ClassVar = "numbers"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """Given edges ascend."""
        if self.edges is not None and list(self.edges) != sorted(set(self.edges)):
            yield Problem("bad-parameter", "The edges do not ascend.", "/edges", "numbers, each above the one before")

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one column each."""
        kind = Kind.CATEGORICAL if self.encode == "interval" else Kind.NUMERIC
        bins = self.n_bins if self.edges is None else len(self.edges) + 1
        return tuple(
            made_of(column, self.named(column), kind, n_unique=bins, missing=column.missing) for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's edges, looked up."""
        from planfit.operations.intervals import Intervals

        return Intervals(self.n_bins, self.strategy, self.edges, self.encode == "interval", context.seed)
