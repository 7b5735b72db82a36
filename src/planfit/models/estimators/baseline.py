"""Predict a constant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, weighted_median
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType


class BaselineModel(Model):
    """The class shares, or the best constant for the metric; takes columns of any kind and looks at none."""

    def __init__(
        self,
        task_type: TaskType = "binary",
        classes: tuple[Label, ...] = (),
        metric: str = "",
        target_transform: str = "none",
        seed: int = 0,
    ) -> None:
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.seed = seed

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        if self.task_type != "regression":
            self.constant_ = self._shares(target)
        elif self.metric == "mape":
            sizes = np.maximum(np.abs(np.expm1(target) if self.log_ else target), np.finfo(float).eps)
            counts = 1.0 if self._row_weights is None else self._row_weights
            # the constant of the smallest mean relative error
            self.constant_ = np.asarray([weighted_median(target, counts / sizes)])
        else:
            self.constant_ = np.asarray([self._centre(target)])
        return FitReport()

    def predict_array(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the constant for each row of `X`, whatever it holds."""
        return self._finished(self._repeated(len(X)))
