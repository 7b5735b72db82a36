"""Imputing one column by the others: neighbours, regressions."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Cost, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class _ImputeByOthers(Operation):
    """What the two have in common."""

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    arity: ClassVar = Arity.ALIGNED
    suffix: ClassVar = "_imputed"
    adds_information: ClassVar = False
    theme: ClassVar = "imputing"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns without missing values, as numbers."""
        return tuple(made_of(column, self.named(column), Kind.NUMERIC, missing=0) for column in inputs)


class ImputeKnn(_ImputeByOthers):
    """Fills a missing number with the mean of the nearest training rows that have it, near in the other named columns.

    For a few columns that hang together, in linear models and networks. Columns are standardised for the distance; at
    most `max_rows` training rows, drawn at random, are neighbours. Costs rows with gaps times `max_rows`.
    Source: scikit-learn KNNImputer.
    """

    operation: Literal["impute_knn"] = "impute_knn"
    n_neighbors: int = Field(5, ge=1, le=100, description="Neighbours that take part.")
    weights: Literal["uniform", "distance"] = Field("uniform", description="Whether nearer ones count for more.")
    max_rows: int = Field(2000, ge=10, le=20_000, description="Most training rows to search.")

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost of the distances, as if every second row had a gap."""
        width = sum(column.width for column in inputs)
        return Cost(width, 8 * rows * width, 2e-9 * rows * min(rows, self.max_rows) * (5 + width))

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's imputer between scales."""
        from planfit.operations.completing import Neighbours

        return Neighbours(self.n_neighbors, self.weights, self.max_rows, context.seed)


class ImputeIterative(_ImputeByOthers):
    """Fills a missing number with what a ridge regression on the other named columns says, in rounds (MICE).

    For columns that hang together nearly linearly, in linear models and networks; trees need none of it. What comes out
    stays within the range of training. At most `max_rows` training rows, drawn at random, make the regressions. Costs a
    regression a column and round. Source: scikit-learn IterativeImputer.
    """

    operation: Literal["impute_iterative"] = "impute_iterative"
    max_iter: int = Field(10, ge=1, le=50, description="Most rounds.")
    n_nearest_features: int | None = Field(
        None, ge=1, le=100, description="Columns that each regression uses, the most correlated; by default all."
    )
    max_rows: int = Field(50_000, ge=100, le=1_000_000, description="Most training rows to learn from.")

    version: ClassVar = 2

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost of the regressions."""
        width = sum(column.width for column in inputs)
        learning = 3e-9 * min(rows, self.max_rows) * self.max_iter * width**3 + 1e-3 * width * self.max_iter
        return Cost(width, 8 * rows * width, learning + 3e-9 * rows * self.max_iter * width)

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's imputer between scales."""
        from planfit.operations.completing import Regressions

        return Regressions(self.max_iter, self.n_nearest_features, self.max_rows, context.seed)
