"""Nearest neighbours on squashed numbers; the search is scikit-learn's."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, floats
from planfit.models.estimators.rounds import FEW_ROWS
from planfit.models.estimators.squash import Squash
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

MOST_ROWS: Final = 20_000
"""Training rows that are kept: each is looked at for every prediction."""
MOST_CELLS: Final = 1_000_000
"""Rows times columns that are kept: wide tables keep fewer rows."""
ROWS_AT_ONCE: Final = 5_000
PRIOR: Final = 1.0
"""Neighbours that the class shares of all rows weigh, so that no class is ruled out by a few rows."""
LEAST_DISTANCE: Final = 0.01
"""Share of the mean distance of the neighbours that is added to each: an equal row counts much, not everything."""


class NeighboursModel(Model):
    """Weighted average of the nearest training rows.

    Attributes
    ----------
    search_ : sklearn.neighbors.NearestNeighbors
    answers_ : array of shape (rows kept, classes or 1)
        What each training row says.
    """

    def __init__(
        self,
        task_type: TaskType = "binary",
        classes: tuple[Label, ...] = (),
        metric: str = "",
        target_transform: str = "none",
        n_neighbors: int = 20,
        distance: Literal["manhattan", "euclidean"] = "manhattan",
        weights: Literal["distance", "uniform"] = "distance",
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.n_neighbors = n_neighbors
        self.distance = distance
        self.weights = weights
        self.seed = seed
        self.threads = threads

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        matrix = floats(X)
        answers = target[:, None] if self.task_type == "regression" else np.eye(len(self.present_))[target]
        self.prior_ = np.average(answers, axis=0, weights=self._row_weights)
        row_weights = self._row_weights
        most = min(MOST_ROWS, MOST_CELLS // matrix.shape[1] + 1)
        if len(matrix) > most:
            kept = np.sort(np.random.default_rng(self.seed % 2**32).choice(len(matrix), most, replace=False))
            matrix, answers = matrix[kept], answers[kept]
            row_weights = None if row_weights is None else row_weights[kept]
        self.squash_ = Squash().fit(matrix)
        self.answers_, self.row_weights_ = answers, row_weights
        # a tree computes distances one by one, so that a row gets the same alone and among others
        self.search_ = NearestNeighbors(
            n_neighbors=min(self.n_neighbors, len(matrix)), metric=self.distance, algorithm="kd_tree"
        ).fit(self.squash_.transform(matrix))
        return FitReport()

    def _raw_matrix(self, X: Array) -> Array:
        self.search_.n_jobs = 1 if len(X) <= FEW_ROWS else self.threads
        parts = [self._average(X[start : start + ROWS_AT_ONCE]) for start in range(0, len(X), ROWS_AT_ONCE)]
        out = np.concatenate(parts) if parts else np.empty((0, self.answers_.shape[1]))
        return out[:, 0] if self.task_type == "regression" else out

    def _average(self, X: Array) -> Array:
        distances, places = self.search_.kneighbors(self.squash_.transform(X))
        weights = np.ones_like(distances)
        if self.weights == "distance":
            means = distances.mean(axis=1, keepdims=True)
            weights = np.where(means > 0, means, 1.0) / (distances + LEAST_DISTANCE * means + (means == 0))
        if self.row_weights_ is not None:
            weights = weights * self.row_weights_[places]
        weights /= weights.sum(axis=1, keepdims=True)
        averages = np.einsum("rn,rnk->rk", weights, self.answers_[places])
        if self.task_type == "regression":
            return np.asarray(averages)
        neighbours = distances.shape[1]
        return np.asarray((neighbours * averages + PRIOR * self.prior_) / (neighbours + PRIOR))
