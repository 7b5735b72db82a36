"""Numbers by their rank among the training rows."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class QuantileTransform(Operation):
    """The share of training rows that are smaller, or that rank as a normal deviate. For linear models and networks.

    Takes away any skew and any outlier, and the distances between values with them; trees do not notice it. Missing
    values stay missing. Costs a sort. Source: scikit-learn QuantileTransformer.
    """

    operation: Literal["quantile_transform"] = "quantile_transform"
    n_quantiles: int = Field(1000, ge=10, le=10_000, description="Most quantiles to learn.")
    output_distribution: Literal["uniform", "normal"] = Field("normal", description="What comes out.")

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    columnwise: ClassVar = True
    suffix: ClassVar = "_rank"
    adds_information: ClassVar = False
    theme: ClassVar = "scaling"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(
            made_of(column, self.named(column), Kind.NUMERIC, n_unique=column.n_unique, missing=column.missing)
            for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's transformer, with no more quantiles than rows."""
        from planfit.operations.ranges import Ranks

        return Ranks(self.n_quantiles, self.output_distribution, context.seed)
