"""Distances on the earth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Operation, Problem, union_of_sources
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class GeoDistance(Operation):
    """Kilometres between two places: columns latitude and longitude of one, then of the other.

    With two columns the other place is `to`, such as a city's centre, or the middle of the training places. For prices,
    trips, deliveries; no model finds it in four coordinates. Degrees beyond the globe give a missing value. Costs one
    column. Source: scikit-learn haversine_distances.
    """

    operation: Literal["geo_distance"] = "geo_distance"
    to: tuple[Latitude, Longitude] | None = Field(
        None, description="Latitude and longitude of a fixed place; not with four columns."
    )

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 2
    most_columns: ClassVar = 4
    replaces: ClassVar = False
    theme: ClassVar = "groups"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """One place or two; none of them a group of columns."""
        if len(inputs) == 3:
            yield Problem(
                "column-count", "geo_distance takes two columns or four. Got 3.", "/columns", "2 or 4 columns"
            )
        if len(inputs) == 4 and self.to is not None:
            yield Problem("bad-parameter", "Four columns are two places already.", "/to", "two columns, or no `to`")
        for column in inputs:
            if column.group:
                yield Problem("column-count", f"geo_distance takes single columns, and {column.name!r} is a group.")

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the distance, ``lat km``."""
        name = self.into or f"{inputs[0].name} to {inputs[2].name if len(inputs) > 2 else 'place'} km"
        return (Column(name=name, kind=Kind.NUMERIC, sources=union_of_sources(inputs)),)

    def build(self, context: BuildContext) -> Any:
        """Return the arithmetic on a sphere."""
        from planfit.operations.places import Kilometres

        return Kilometres(self.to)
