"""Predictions that are there already, in the form of an estimator, for scorers that want one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from planfit.models.metrics import Array, label_codes, labels_array
from planfit.records.task import Task, Threshold


class GivenValues(RegressorMixin, BaseEstimator):
    """A regression whose predictions are known."""

    def __init__(self, task: Task, matrix: Array) -> None:
        self.task = task
        self.matrix = matrix

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the values."""
        return np.asarray(_all_rows(X, self.matrix)[:, 0])


class GivenProbabilities(ClassifierMixin, BaseEstimator):
    """A classification whose probabilities are known."""

    def __init__(self, task: Task, matrix: Array, threshold: Threshold | None = None) -> None:
        self.task = task
        self.matrix = matrix
        self.threshold = threshold

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def classes_(self) -> NDArray[Any]:
        """Labels in the order of the probability columns."""
        return labels_array(self.task.classes)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the labels."""
        return np.asarray(self.classes_[label_codes(_all_rows(X, self.matrix), self.task, self.threshold)])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities."""
        return np.asarray(_all_rows(X, self.matrix))


def given_predictions(task: Task, matrix: Array, threshold: Threshold | None) -> GivenValues | GivenProbabilities:
    """Return an estimator that predicts `matrix` for its rows."""
    return GivenProbabilities(task, matrix, threshold) if task.is_classification else GivenValues(task, matrix)


def _all_rows(X: Any, matrix: Array) -> Array:
    if len(X) != len(matrix):
        raise ValueError(f"There are predictions of {len(matrix)} rows, not of {len(X)}.")
    return matrix
