"""The floor that every model has to beat: no column is looked at."""

from __future__ import annotations

from typing import Any, ClassVar

from planfit.models.base import Dimension, Family, FitContext, JsonDict
from planfit.records.canonical import Record
from planfit.records.schema import Column
from planfit.records.task import Task


class BaselineParams(Record):
    """Nothing to choose."""


class Baseline(Family):
    """Predicts the share of each class, or the best constant for the metric, whatever the row. The score to beat."""

    name: ClassVar[str] = "baseline"
    Params: ClassVar[type[Record]] = BaselineParams
    simplicity: ClassVar[int] = 0
    exports_onnx: ClassVar[bool] = True
    same_for_any_threads: ClassVar[bool] = True

    def finishing(self, columns: tuple[Column, ...], task: Task) -> list[JsonDict]:
        return []

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {}

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.baseline import BaselineModel

        task = context.task
        return BaselineModel(
            task_type=task.task_type, classes=task.classes, metric=task.metric, target_transform=task.target_transform
        )
