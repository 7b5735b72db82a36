"""Figures over several columns of one row."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Operation, union_of_sources
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

Figure = Literal["mean", "std", "min", "max", "sum", "median", "range", "missing", "zeros"]


class RowStatistics(Operation):
    """Mean, deviation, smallest, largest and missing of several columns of one row: ``row.mean``, ``row.missing``, ...

    For columns of one unit, such as twelve months or twenty answers. Missing values are left out of the figures; a row
    without any value has missing figures. Learns nothing; costs one column a figure. Source: NumPy nanmean and its like.
    """

    operation: Literal["row_statistics"] = "row_statistics"
    statistics: tuple[Figure, ...] = Field(
        ("mean", "std", "min", "max", "missing"),
        min_length=1,
        description="Which figures; `missing` and `zeros` count.",
    )

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 2
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "groups"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column a figure."""
        return tuple(
            Column(
                name=f"{self.into or 'row'}.{figure}",
                kind=Kind.NUMERIC,
                missing=0 if figure in ("missing", "zeros") else None,
                sources=union_of_sources(inputs),
            )
            for figure in dict.fromkeys(self.statistics)
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.row_figures import RowFigures

        return RowFigures(tuple(dict.fromkeys(self.statistics)))
