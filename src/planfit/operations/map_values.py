"""Values by a table that is given."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import LARGEST, BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]


class MapValues(Operation):
    """Puts another value for each one that a table names: grades as numbers, spellings as one category.

    For an order or a grouping that a person knows: ``{"low": 1, "mid": 2, "high": 3}``. A table of numbers alone gives
    numbers, any other categories. Numeric columns are looked up by number, booleans by true and false.
    Learns nothing; costs one pass. Source: pandas Series.map.
    """

    operation: Literal["map_values"] = "map_values"
    mapping: dict[Annotated[str, Field(max_length=1000)], Number | Annotated[str, Field(max_length=1000)] | None] = (
        Field(min_length=1, max_length=10_000, description="New values by the old ones; null makes a value missing.")
    )
    default: Literal["missing", "keep"] = Field(
        "missing", description="What values become that the table does not name; a kept text is no number."
    )

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.BOOLEAN, Kind.NUMERIC, Kind.TEXT, Kind.IDENTIFIER})
    suffix: ClassVar = "_mapped"
    learns: ClassVar = False
    theme: ClassVar = "categories"
    example: ClassVar = {"mapping": {"rome": 1.0, "oslo": None, "true": 3.0, "40": 2.0}}

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return numbers where the table holds nothing else, else categories."""
        return tuple(made_of(column, self.named(column), self._kind(column)) for column in inputs)

    def _kind(self, column: Column) -> Kind:
        numbers = all(isinstance(value, float) or value is None for value in self.mapping.values())
        kept = self.default == "missing" or column.kind in (Kind.NUMERIC, Kind.BOOLEAN)
        return Kind.NUMERIC if numbers and kept else Kind.CATEGORICAL

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.mapping import Mapped

        column = context.inputs[0]
        return Mapped(self.mapping, self.default == "keep", self._kind(column) is Kind.NUMERIC, column.kind)
