"""Scaling: the same numbers on another scale."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class StandardScale(Operation):
    """Subtracts the training mean and divides by the standard deviation. For linear models and distances.

    Trees do not notice it. Missing values stay missing; a constant column becomes zero. Costs one pass.
    Source: scikit-learn StandardScaler.
    """

    operation: Literal["standard_scale"] = "standard_scale"
    with_mean: bool = Field(True, description="Subtract the mean.")
    with_std: bool = Field(True, description="Divide by the standard deviation.")

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    columnwise: ClassVar = True
    suffix: ClassVar = "_scaled"
    exports_onnx: ClassVar = True
    adds_information: ClassVar = False
    theme: ClassVar = "scaling"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(
            made_of(column, self.named(column), Kind.NUMERIC, n_unique=column.n_unique, missing=column.missing)
            for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's scaler."""
        from sklearn.preprocessing import StandardScaler

        return StandardScaler(with_mean=self.with_mean, with_std=self.with_std)


class Log1p(Operation):
    """log(1 + x), mirrored below zero: sign(x) log(1 + abs(x)). For amounts and counts with a heavy tail.

    Helps linear models and distances; trees do not notice it. Missing values stay missing. Costs one pass and learns
    nothing. Source: NumPy log1p.
    """

    operation: Literal["log1p"] = "log1p"

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    columnwise: ClassVar = True
    suffix: ClassVar = "_log1p"
    learns: ClassVar = False
    adds_information: ClassVar = False
    theme: ClassVar = "scaling"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(
            made_of(column, self.named(column), Kind.NUMERIC, n_unique=column.n_unique, missing=column.missing)
            for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.simple import SignedLog

        return SignedLog()
