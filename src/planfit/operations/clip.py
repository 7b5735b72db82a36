"""Clipping: extreme numbers drawn in to a bound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, Problem, made_of
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task


class Clip(Operation):
    """Numbers beyond a bound become the bound. For linear models and distances on columns with wild outliers.

    Bounds that are not given are learned: a low and a high quantile of the training rows. Trees hardly notice it.
    Missing values stay missing. Costs one pass.
    """

    operation: Literal["clip"] = "clip"
    lower: float | None = Field(None, description="Smallest value that stays; by default the low quantile.")
    upper: float | None = Field(None, description="Largest value that stays; by default the high quantile.")
    quantile: float = Field(
        0.01, gt=0, lt=0.5, description="Which quantile of the training rows is low; the high one mirrors it."
    )

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    columnwise: ClassVar = True
    suffix: ClassVar = "_clipped"
    adds_information: ClassVar = False
    theme: ClassVar = "scaling"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """The lower bound is below the upper one."""
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            yield Problem(
                "bad-parameter",
                f"The lower bound {self.lower:g} is not below the upper bound {self.upper:g}.",
                "/lower",
                f"a number below {self.upper:g}",
            )

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(
            made_of(column, self.named(column), Kind.NUMERIC, n_unique=column.n_unique, missing=column.missing)
            for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer that learns the bounds."""
        from planfit.operations.ranges import Clipped

        return Clipped(self.lower, self.upper, self.quantile)
