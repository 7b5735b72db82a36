"""Imputing with a value that is known beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import LARGEST, BuildContext, Operation, Problem, made_of
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

_NUMBERS = (Kind.NUMERIC, Kind.BOOLEAN)


class ImputeConstant(Operation):
    """Fills missing values with one value: 0 for what was not bought, ``none`` for a category that does not apply.

    For when domain knowledge says what missing means. Without `fill_value` numbers become 0 and texts ``missing``.
    Learns nothing; costs one pass. Source: scikit-learn SimpleImputer.
    """

    operation: Literal["impute_constant"] = "impute_constant"
    fill_value: Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)] | str | None = Field(
        None, description="The value; by default 0 or `missing`. Texts for categories and texts only."
    )

    accepts: ClassVar = frozenset({*_NUMBERS, Kind.CATEGORICAL, Kind.TEXT})
    columnwise: ClassVar = True
    suffix: ClassVar = "_imputed"
    learns: ClassVar = False
    adds_information: ClassVar = False
    theme: ClassVar = "imputing"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """A text does not fill a column of numbers."""
        for column in inputs:
            if column.kind in _NUMBERS and isinstance(self.fill_value, str):
                yield Problem(
                    "bad-parameter",
                    f"The text {self.fill_value!r} cannot fill {column.name!r}, a {column.kind.value} column.",
                    "/fill_value",
                    "a number",
                )

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns without missing values; a boolean filled with another number than 0 and 1 is a number."""
        return tuple(
            made_of(column, self.named(column), self._kind(column), n_unique=column.n_unique, missing=0)
            for column in inputs
        )

    def _kind(self, column: Column) -> Kind:
        plain = column.kind is not Kind.BOOLEAN or self.fill_value in (None, 0.0, 1.0)
        return column.kind if plain else Kind.NUMERIC

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.simple import Filled

        return Filled(self.fill_value)
