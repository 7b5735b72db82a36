"""CatBoost: the family; its estimator is in `estimators/catboost.py`."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from planfit.models.base import Dimension, FitContext, Pace
from planfit.models.boosting import BoostedTrees
from planfit.records.canonical import Record
from planfit.records.task import Task, TaskType

RATES: Final[dict[TaskType, tuple[float, float, float]]] = {
    "binary": (-5.158, 0.247, -0.435), "multiclass": (-2.364, 0.02, -0.382), "regression": (-4.062, 0.157, -0.61),
}  # fmt: skip
"""CatBoost's own rule for the learning rate: its logarithm at 1,000 rounds and one row, its growth with the logarithm
of the rows, and its growth with that of the rounds. Written out, so that a refit keeps the rate of the folds."""
MOST_RATE: Final = 0.5
MOST_HURRIED_RATE: Final = 0.15
"""Larger steps cost more than the rounds that they save: better to be cut."""
USUAL_ROUNDS: Final = 500
"""After which most tables have converged."""
MANY_CLASSES: Final = 5
"""Classes from which fewer rounds with larger steps must do."""


class CatBoostParams(Record):
    """Hyperparameters of CatBoost, under its own names."""

    learning_rate: Annotated[float, Field(ge=0.001, le=0.5)] = 0.06
    depth: Annotated[int, Field(ge=1, le=12)] = 6
    l2_leaf_reg: Annotated[float, Field(ge=0, le=1000)] = 3.0
    subsample: Annotated[float, Field(ge=0.1, le=1)] = 0.8
    random_strength: Annotated[float, Field(ge=0, le=100)] = 1.0
    colsample_bylevel: Annotated[float, Field(ge=0.05, le=1)] = 1.0
    leaf_estimation_iterations: Annotated[int, Field(ge=1, le=20)] | None = None
    """None: CatBoost's choice for the loss."""
    one_hot_max_size: Annotated[int, Field(ge=2, le=255)] = 10
    max_ctr_complexity: Annotated[int, Field(ge=1, le=4)] = 2
    """Categories that one statistic combines: 1 looks at each alone, 2 also at pairs."""
    border_count: Annotated[int, Field(ge=15, le=1023)] = 128
    rounds: Annotated[int, Field(ge=1, le=20_000)] = 1000
    """At the most; a validation part ends it earlier."""
    patience: Annotated[int, Field(ge=1, le=1000)] = 50
    """Rounds without improvement of the validation loss before it ends."""


class CatBoost(BoostedTrees):
    """Gradient-boosted symmetric trees with target statistics of categories and their pairs. Often the strongest
    single model below 15,000 rows and where categories have many levels; one tree for all classes. Slower to train
    than LightGBM where columns are few; very quick to predict."""

    name: ClassVar[str] = "catboost"
    module: ClassVar[str | None] = "catboost"
    extra: ClassVar[str | None] = "full"
    Params: ClassVar[type[Record]] = CatBoostParams
    simplicity: ClassVar[int] = 6
    most_levels: ClassVar[int] = 20_000
    cost: ClassVar[float] = 2.5
    class_power: ClassVar[float] = 0.7
    fewest_rounds: ClassVar[int] = 60
    round_seconds: ClassVar = (1e-3, 3e-8)

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {
            "learning_rate": Dimension("float", 0.01, 0.3, log=True),
            "depth": Dimension("int", 4, 8),
            "l2_leaf_reg": Dimension("float", 1e-4, 5.0, log=True),
            "subsample": Dimension("float", 0.7, 1.0),
            "random_strength": Dimension("float", 0.0, 2.0),
            "colsample_bylevel": Dimension("float", 0.5, 1.0),
            "one_hot_max_size": Dimension("int", 2, 100, log=True),
            "max_ctr_complexity": Dimension("int", 1, 3),
        }

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        rounds = 300 if len(task.classes) >= MANY_CLASSES else 1000
        return CatBoostParams(rounds=rounds, learning_rate=usual_rate(task.task_type, rows, rounds))

    def usual_rounds(self, params: Record) -> float:
        return USUAL_ROUNDS

    def pace(self, affordable: float | None, rows: int, columns: int, task: Task, params: Record) -> Pace:
        most = CatBoostParams.model_validate(params.model_dump()).rounds
        if affordable is None or affordable >= most:
            return Pace()
        rounds = max(self.fewest_rounds, int(affordable))
        rate = min(usual_rate(task.task_type, rows, rounds), MOST_HURRIED_RATE)
        return Pace(rounds=rounds, learning_rate=rate)

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.catboost import CatBoostModel

        return CatBoostModel(**self.arguments(params, context))


def usual_rate(task_type: TaskType, rows: int, rounds: int) -> float:
    """Return the learning rate that CatBoost would choose for so many rows and rounds.

    >>> usual_rate("regression", 3_000, 1_000)
    0.0605
    """
    level, by_rows, by_rounds = RATES[task_type]
    rate = math.exp(level + by_rows * math.log(max(rows, 2)) + by_rounds * math.log(rounds / 1000))
    return round(min(MOST_RATE, rate), 4)
