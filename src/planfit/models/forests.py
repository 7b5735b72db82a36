"""Forests of independent trees: the families; their estimator is in `estimators/forests.py`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from planfit.models.base import Dimension, Family, FitContext, JsonDict, Pace, names_of
from planfit.models.finishing import (
    MOST_FOREST_LEVELS,
    RARE_ROWS,
    by_levels,
    date_parts,
    drop_useless,
    ordered_codes,
    step,
)
from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

ROWS_PER_TREE: Final = 50_000
"""Rows that one tree is grown on at the most: more make it larger and slower, hardly better."""


class ForestParams(Record):
    """Hyperparameters of scikit-learn's forests, under its own names."""

    n_estimators: Annotated[int, Field(ge=1, le=2000)] = 300
    max_features: Literal["sqrt"] | Annotated[float, Field(gt=0, le=1)] = "sqrt"
    min_samples_leaf: Annotated[int, Field(ge=1, le=10_000)] = 1
    max_samples: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the rows that a tree is grown on. None: as many as there are (drawn with replacement, if drawn)."""


class Forest(Family):
    """What both kinds of forest share."""

    Params: ClassVar[type[Record]] = ForestParams
    simplicity: ClassVar[int] = 7
    exports_onnx: ClassVar[bool] = True
    same_for_any_threads: ClassVar[bool] = True
    cost: ClassVar[float] = 1.3
    class_power: ClassVar[float] = 0.2
    round_seconds: ClassVar = (2e-3, 3e-7)
    probe_rounds: ClassVar[int] = 8
    random_splits: ClassVar[bool]

    def finishing(self, columns: tuple[Column, ...], task: Task) -> list[JsonDict]:
        few, many = by_levels(columns, MOST_FOREST_LEVELS, ordered=False)
        return [
            *drop_useless(columns),
            *date_parts(columns),
            *step("tfidf", names_of(columns, Kind.TEXT)),
            *step("target_encode", many),
            *step("to_number", ordered_codes(columns)),
            *step("one_hot_encode", few, min_frequency=RARE_ROWS),
        ]

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {
            "max_features": Dimension("categorical", choices=("sqrt", 0.5, 0.75, 1.0)),
            "min_samples_leaf": Dimension("int", 1, 32, log=True),
        }

    def usual_rounds(self, params: Record) -> float:
        return float(ForestParams.model_validate(params.model_dump()).n_estimators)

    def pace(self, affordable: float | None, rows: int, columns: int, task: Task, params: Record) -> Pace:
        most = self.usual_rounds(params)
        if affordable is None or affordable >= most:
            return Pace()
        return Pace(rounds=max(self.fewest_rounds, int(affordable)))

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.forests import ForestModel

        values = params.model_dump()
        return ForestModel(
            **values | {"n_estimators": context.rounds or values["n_estimators"]},
            **context.told,
            random_splits=self.random_splits,
            threads=context.threads,
        )


class RandomForest(Forest):
    """Many independent deep trees, averaged. Robust without tuning and different enough from boosting to help an
    ensemble; large in memory and slow to predict. Takes missing values as they are."""

    name: ClassVar[str] = "random_forest"
    random_splits: ClassVar[bool] = False

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        return ForestParams(
            max_features="sqrt" if task.is_classification else 0.5,
            min_samples_leaf=1 if rows < 5_000 else 2 if rows < 20_000 else 5,
            max_samples=_share(rows),
        )


class ExtraTrees(Forest):
    """Deep trees whose thresholds are drawn at random, averaged. Smoother than a random forest and quicker to grow;
    strong on few rows with noisy numbers, and another kind of error in an ensemble. Large in memory."""

    name: ClassVar[str] = "extra_trees"
    random_splits: ClassVar[bool] = True

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        least = 1 if rows < 10_000 else 2 if rows < 50_000 else 5
        if task.is_classification:  # leaves of single rows say yes or no: poor probabilities
            least = 4 if rows < 2_000 else 8
        return ForestParams(
            max_features=0.5 if task.is_classification else 1.0, min_samples_leaf=least, max_samples=_share(rows)
        )


def _share(rows: int) -> float | None:
    return None if rows <= ROWS_PER_TREE else ROWS_PER_TREE / rows
