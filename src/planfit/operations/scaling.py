"""Scaling: the same numbers on another scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, Problem, made_of
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task


class Rescaling(Operation):
    """Numbers in, the same numbers on another scale out; missing ones stay missing."""

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


class StandardScale(Rescaling):
    """Subtracts the training mean and divides by the standard deviation. For linear models and distances.

    Trees do not notice it. Missing values stay missing; a constant column becomes zero. Costs one pass.
    Source: scikit-learn StandardScaler.
    """

    operation: Literal["standard_scale"] = "standard_scale"
    with_mean: bool = Field(True, description="Subtract the mean.")
    with_std: bool = Field(True, description="Divide by the standard deviation.")

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's scaler."""
        from sklearn.preprocessing import StandardScaler

        return StandardScaler(with_mean=self.with_mean, with_std=self.with_std)


class MinMaxScale(Rescaling):
    """Moves the training range to 0 to 1 (or another one). For networks and distances where bounds matter.

    One outlier squeezes all others together: `robust_scale` or `clip` first. Missing values stay missing; new values
    beyond the range come out beyond it unless `clip`. Costs one pass. Source: scikit-learn MinMaxScaler.
    """

    operation: Literal["min_max_scale"] = "min_max_scale"
    feature_range: tuple[float, float] = Field((0.0, 1.0), description="The range of training, lower end first.")
    clip: bool = Field(False, description="Draw new values in to the range.")

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """The range has a width."""
        low, high = self.feature_range
        if not -1e9 <= low < high <= 1e9:
            yield Problem(
                "bad-parameter", f"The range {low:g} to {high:g} has no width, or is beyond 1e9.",
                "/feature_range", "two numbers, the lower one first",
            )  # fmt: skip

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's scaler."""
        from planfit.operations.ranges import Range

        return Range(self.feature_range, self.clip)


class RobustScale(Rescaling):
    """Subtracts the training median and divides by the distance of two quartiles. For linear models and distances.

    As `standard_scale`, but outliers do not move it. A column most of whose values are equal is only moved. Missing
    values stay missing. Costs a sort. Source: scikit-learn RobustScaler.
    """

    operation: Literal["robust_scale"] = "robust_scale"
    quantile_range: tuple[float, float] = Field(
        (25.0, 75.0), description="The two percentiles that the width is taken from, the lower one first."
    )

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """The percentiles are in order."""
        low, high = self.quantile_range
        if not 0 <= low < high <= 100:
            yield Problem(
                "bad-parameter", f"{low:g} and {high:g} are no two percentiles in order.",
                "/quantile_range", "two numbers within 0 and 100, the lower one first",
            )  # fmt: skip

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's scaler."""
        from planfit.operations.ranges import Quartiles

        return Quartiles(self.quantile_range)


class PowerTransform(Rescaling):
    """Yeo-Johnson: the power that makes each column most like a normal one, then standardised. For linear models.

    For skewed columns, negative values too. Trees do not notice it. Missing values stay missing. Costs some twenty
    passes over at most 50,000 rows. Source: scikit-learn PowerTransformer.
    """

    operation: Literal["power_transform"] = "power_transform"
    standardize: bool = Field(True, description="Then subtract the mean and divide by the standard deviation.")

    suffix: ClassVar = "_power"
    version: ClassVar = 2
    exports_onnx: ClassVar = False

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's transformer on standardised columns."""
        from planfit.operations.ranges import Powers

        return Powers(self.standardize)


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
