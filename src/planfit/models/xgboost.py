"""XGBoost: the family; its estimator is in `estimators/xgboost.py`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from planfit.models.base import Dimension, FitContext
from planfit.models.boosting import BoostedTrees
from planfit.records.canonical import Record
from planfit.records.task import Task

MANY_CLASSES: Final = 5
"""Classes from which a round, with its one tree a class, is too dear for small steps."""
MIDDLE: Final = 10_000
"""Rows up to which shallow, shrunken trees on a part of the columns do better than PyTabKit's tuned defaults."""
SHALLOW: Final = {
    "learning_rate": 0.05, "max_depth": 4, "min_child_weight": 1.0, "reg_lambda": 1.0, "subsample": 0.8,
    "colsample_bynode": 0.6,
}  # fmt: skip
"""Small tables."""
FOR_REGRESSION: Final = {
    "learning_rate": 0.05, "max_depth": 9, "min_child_weight": 2.0, "subsample": 0.7, "colsample_bylevel": 1.0,
}  # fmt: skip
"""PyTabKit's for regression on larger tables; those for classification are the parameters' own."""


class XGBoostParams(Record):
    """Hyperparameters of XGBoost, under its own names."""

    learning_rate: Annotated[float, Field(ge=0.001, le=0.5)] = 0.08
    max_depth: Annotated[int, Field(ge=1, le=16)] = 6
    min_child_weight: Annotated[float, Field(ge=0, le=1000)] = 5e-6
    subsample: Annotated[float, Field(ge=0.1, le=1)] = 0.65
    colsample_bylevel: Annotated[float, Field(ge=0.05, le=1)] = 0.9
    colsample_bynode: Annotated[float, Field(ge=0.05, le=1)] = 1.0
    reg_alpha: Annotated[float, Field(ge=0, le=100)] = 1e-4
    reg_lambda: Annotated[float, Field(ge=0, le=100)] = 1e-4
    grow_policy: Literal["depthwise", "lossguide"] = "depthwise"
    max_leaves: Annotated[int, Field(ge=0, le=4096)] = 0
    """0: as many as the depth allows."""
    max_cat_to_onehot: Annotated[int, Field(ge=1, le=255)] = 8
    max_bin: Annotated[int, Field(ge=15, le=1023)] = 256
    rounds: Annotated[int, Field(ge=1, le=20_000)] = 2000
    """At the most; a validation part ends it earlier."""
    patience: Annotated[int, Field(ge=1, le=1000)] = 50
    """Rounds without improvement of the validation loss before it ends."""


class XGBoost(BoostedTrees):
    """Gradient-boosted trees grown level by level. As strong as LightGBM on many tables, with other errors, so a good
    member of an ensemble; somewhat slower. Takes categories and missing values as they are; slow with many classes."""

    name: ClassVar[str] = "xgboost"
    module: ClassVar[str | None] = "xgboost"
    extra: ClassVar[str | None] = "full"
    Params: ClassVar[type[Record]] = XGBoostParams
    simplicity: ClassVar[int] = 6
    cost: ClassVar[float] = 1.3
    round_seconds: ClassVar = (1.5e-3, 3e-8)
    exports_onnx: ClassVar[bool] = True

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {
            "learning_rate": Dimension("float", 0.02, 0.2, log=True),
            "max_depth": Dimension("int", 4, 10, log=True),
            "min_child_weight": Dimension("float", 5e-6, 5.0, log=True),
            "subsample": Dimension("float", 0.6, 1.0),
            "colsample_bylevel": Dimension("float", 0.6, 1.0),
            "colsample_bynode": Dimension("float", 0.6, 1.0),
            "reg_alpha": Dimension("float", 1e-4, 5.0),
            "reg_lambda": Dimension("float", 1e-4, 5.0),
            "grow_policy": Dimension("categorical", choices=("depthwise", "lossguide")),
            "max_cat_to_onehot": Dimension("int", 8, 100, log=True),
        }

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        changes: dict[str, Any] = dict(SHALLOW) if rows < MIDDLE else {}
        if rows >= MIDDLE and task.task_type == "regression":
            changes = dict(FOR_REGRESSION)
        if len(task.classes) >= MANY_CLASSES:
            changes |= {"learning_rate": 0.15, "max_depth": 4, "rounds": 600}
        return XGBoostParams(**changes)

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.xgboost import XGBoostModel

        return XGBoostModel(**self.arguments(params, context))
