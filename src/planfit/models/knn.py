"""Nearest neighbours: the family; its estimator is in `estimators/knn.py`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.models.base import Dimension, Family, FitContext, JsonDict, names_of
from planfit.models.finishing import MOST_ONE_HOT_LEVELS, RARE_ROWS, by_levels, date_parts, drop_useless, step
from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class NeighboursParams(Record):
    """Which rows are near, and how many of them count."""

    n_neighbors: Annotated[int, Field(ge=1, le=1000)] = 20
    distance: Literal["manhattan", "euclidean"] = "manhattan"
    weights: Literal["distance", "uniform"] = "distance"


class Neighbours(Family):
    """The average of the most similar training rows. For small tables only: it keeps at the most 20,000 training rows,
    a sample of larger tables, and looks through them for each prediction. Seldom the best alone; an ensemble gains
    where near rows are alike and few columns count. Takes no rounds."""

    name: ClassVar[str] = "knn"
    Params: ClassVar[type[Record]] = NeighboursParams
    simplicity: ClassVar[int] = 3
    cost: ClassVar[float] = 0.4
    class_power: ClassVar[float] = 0.0
    same_for_any_threads: ClassVar[bool] = True

    def finishing(self, columns: tuple[Column, ...], task: Task) -> list[JsonDict]:
        few, many = by_levels(columns, MOST_ONE_HOT_LEVELS)
        return [
            *drop_useless(columns),
            *date_parts(columns),
            *step("tfidf", names_of(columns, Kind.TEXT)),
            *step("target_encode", many),
            *step("one_hot_encode", few, min_frequency=RARE_ROWS),
        ]

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {
            "n_neighbors": Dimension("int", 3, 100, log=True),
            "distance": Dimension("categorical", choices=("manhattan", "euclidean")),
            "weights": Dimension("categorical", choices=("distance", "uniform")),
        }

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        return NeighboursParams(n_neighbors=10 if rows < 500 else 20)

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.knn import NeighboursModel

        return NeighboursModel(**params.model_dump(), **context.told, threads=context.threads)
