"""scikit-learn's histogram boosting: the family; its estimator is in `estimators/hist_gradient_boosting.py`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from planfit.models.base import Dimension, FitContext
from planfit.models.boosting import BoostedTrees
from planfit.records.canonical import Record
from planfit.records.task import Task

MANY_CLASSES: Final = 5
"""Classes from which a round, with its one tree a class, is too dear for small steps."""


class HistGradientBoostingParams(Record):
    """Hyperparameters of scikit-learn's histogram boosting, under its own names."""

    learning_rate: Annotated[float, Field(ge=0.001, le=0.5)] = 0.06
    max_leaf_nodes: Annotated[int, Field(ge=2, le=512)] = 31
    min_samples_leaf: Annotated[int, Field(ge=1, le=10_000)] = 10
    l2_regularization: Annotated[float, Field(ge=0, le=100)] = 1e-3
    max_features: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the columns that a split is chosen from."""
    max_bins: Annotated[int, Field(ge=15, le=255)] = 255
    rounds: Annotated[int, Field(ge=1, le=20_000)] = 1000
    """At the most; a validation part ends it earlier."""
    patience: Annotated[int, Field(ge=1, le=1000)] = 30
    """Rounds without improvement of the validation loss before it ends."""


class HistGradientBoosting(BoostedTrees):
    """Gradient-boosted trees of scikit-learn itself. Close to LightGBM in kind and result, and needs no library beside
    scikit-learn; slower for single rows. Takes categories and missing values as they are."""

    name: ClassVar[str] = "hist_gradient_boosting"
    Params: ClassVar[type[Record]] = HistGradientBoostingParams
    simplicity: ClassVar[int] = 6
    cost: ClassVar[float] = 1.3
    round_seconds: ClassVar = (3e-3, 3e-8)

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {
            "learning_rate": Dimension("float", 0.02, 0.2, log=True),
            "max_leaf_nodes": Dimension("int", 4, 200, log=True),
            "min_samples_leaf": Dimension("int", 1, 64, log=True),
            "l2_regularization": Dimension("float", 1e-4, 10.0, log=True),
            "max_features": Dimension("float", 0.3, 1.0),
        }

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        if len(task.classes) >= MANY_CLASSES:
            return HistGradientBoostingParams(learning_rate=0.1, max_leaf_nodes=16, rounds=400)
        return HistGradientBoostingParams()

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.hist_gradient_boosting import HistGradientBoostingModel

        return HistGradientBoostingModel(**self.arguments(params, context))
