"""scikit-learn's histogram boosting, grown in stretches: our validation part, our deadline, our number of rounds."""

from __future__ import annotations

import copy
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, floats, probabilities
from planfit.models.estimators.rounds import FEW_CELLS, FEW_ROWS, Watch, rounds_without_validation
from planfit.models.estimators.targets import Unit, combined, fitted_loss, relative_weights
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

FIRST_STRETCH: Final = 10
"""Rounds before the first look at the deadline."""
GROWTH: Final = 4
"""A later stretch is a part of this many of the rounds so far: each start costs a pass over all of them."""

_LOSSES: Final = {"squared": "squared_error", "absolute": "absolute_error", "relative": "absolute_error"}


class HistGradientBoostingModel(Model):
    """Gradient-boosted trees on numbers and category codes; missing values stay missing.

    The parameters are scikit-learn's own, and those of `LightGBMModel` on rounds and categories.

    Attributes
    ----------
    booster_ : scikit-learn estimator
        With the rounds that predictions use.
    rounds_ : int
        The best on the validation part, or what `limit_rounds` set.
    """

    def __init__(
        self,
        task_type: TaskType = "binary",
        classes: tuple[Label, ...] = (),
        metric: str = "",
        target_transform: str = "none",
        categorical: tuple[str, ...] = (),
        learning_rate: float = 0.06,
        max_leaf_nodes: int = 31,
        min_samples_leaf: int = 10,
        l2_regularization: float = 1e-3,
        max_features: float = 0.5,
        max_bins: int = 255,
        rounds: int = 1000,
        blind_rounds: int | None = None,
        patience: int = 30,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.categorical = categorical
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.max_features = max_features
        self.max_bins = max_bins
        self.rounds = rounds
        self.blind_rounds = blind_rounds
        self.patience = patience
        self.seed = seed
        self.threads = threads

    def _unfitted(self, X: pd.DataFrame, matrix: Array, stops_early: bool) -> Any:
        codes = set(self.categorical)
        places = [
            place
            for place, name in enumerate(X.columns)
            if name in codes and len(np.unique(matrix[:, place])) <= self.max_bins
        ]
        shared: dict[str, Any] = {
            "learning_rate": self.learning_rate, "max_leaf_nodes": self.max_leaf_nodes,
            "min_samples_leaf": self.min_samples_leaf, "l2_regularization": self.l2_regularization,
            "max_features": self.max_features, "max_bins": self.max_bins, "categorical_features": places or None,
            "early_stopping": stops_early, "n_iter_no_change": self.patience, "tol": 0.0, "scoring": "loss",
            "warm_start": True, "random_state": self.seed % 2**32,
        }  # fmt: skip
        if self.task_type == "regression":
            return HistGradientBoostingRegressor(loss=_LOSSES[fitted_loss(self.metric, self.log_)], **shared)
        return HistGradientBoostingClassifier(**shared)

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        matrix = floats(X)
        if (empty := np.isnan(matrix).all(axis=0)).any():  # scikit-learn finds no bins for a column without any value
            matrix = np.where(empty, 0.0, matrix)
        self.unit_ = Unit.of(target) if self.task_type == "regression" else Unit(0.0, 1.0)
        fitting: dict[str, Any] = {"y": self._scaled(target), "sample_weight": self._weights(target, self._row_weights)}
        rounds = self.rounds
        if valid is None:
            rounds = rounds_without_validation(rounds, self.blind_rounds, self.learning_rate)
        else:
            fitting |= {"X_val": floats(valid[0][list(X.columns)]), "y_val": self._scaled(valid[1])}
            fitting["sample_weight_val"] = self._weights(valid[1], self._valid_weights)
        self.booster_ = self._unfitted(X, matrix, valid is not None)
        watch = Watch("scikit-learn's boosting", None if valid is None else self.patience, deadline)
        with threadpool_limits(1 if X.size <= FEW_CELLS else self.threads, user_api="openmp"):
            self._grow(matrix, fitting, rounds, watch)
        self._keep(watch.best_round)
        return watch.report

    def _grow(self, matrix: Array, fitting: dict[str, Any], rounds: int, watch: Watch) -> None:
        """Add rounds until the validation loss, the deadline or their number ends it."""
        booster, done, ended = self.booster_, 0, False
        while not ended:
            wanted = rounds
            if watch.deadline is not None:
                wanted = min(rounds, done + max(FIRST_STRETCH, done // GROWTH))
            booster.set_params(max_iter=wanted).fit(matrix, **fitting)
            losses = -booster.validation_score_[1:] if watch.patience is not None else [None] * booster.n_iter_
            for loss in losses[done:-1]:
                done += 1
                watch.stops(done, loss, last=True)
            done += 1
            ended = watch.stops(done, losses[-1], last=done >= rounds) or done >= rounds or done < wanted

    def _scaled(self, target: Array) -> Array:
        return self.unit_.standardised(target) if self.task_type == "regression" else target

    def _weights(self, target: Array, row_weights: Array | None) -> Array | None:
        if self.task_type != "regression" or fitted_loss(self.metric, self.log_) != "relative":
            return row_weights
        return combined(relative_weights(target), row_weights)

    def _keep(self, rounds: int) -> None:
        self.rounds_ = rounds
        self.limited_ = copy.copy(self.booster_)
        self.limited_._predictors = self.booster_._predictors[:rounds]

    def limit_rounds(self, rounds: int) -> Self:
        """Predict with the first `rounds` rounds only, or with as many as there are."""
        if self.constant_ is None:
            self._keep(max(1, min(rounds, self.booster_.n_iter_)))
        return self

    def _raw_matrix(self, X: Array) -> Array:
        if len(X) == 0:
            return np.empty((0, 1 if self.task_type == "regression" else len(self.present_)))
        if len(X) <= FEW_ROWS:
            return self._predicted(X)
        with threadpool_limits(self.threads, user_api="openmp"):
            return self._predicted(X)

    def _predicted(self, X: Array) -> Array:
        if self.task_type == "regression":
            return self.unit_.restored(self.limited_.predict(X))
        return probabilities(self.limited_.decision_function(X))

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "limited_" in state:  # no longer than it must be
            state["booster_"] = state["limited_"]
        return state
