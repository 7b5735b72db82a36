"""CatBoost on pools of our own making: categories as codes, gaps kept, every stop under our control."""

from __future__ import annotations

from typing import Any, Final, Self

import catboost
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, floats, probabilities, single
from planfit.models.estimators.rounds import FEW_ROWS, Watch, rounds_without_validation
from planfit.models.estimators.targets import Unit, combined, fitted_loss, relative_weights
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

NO_CATEGORY: Final = -1
"""Code of categories that are missing or were never seen."""
ROWS_AS_LISTS: Final = 50
"""Up to so many rows go in as a list: a frame takes longer to build than they take to predict."""
PASSING: Final = ("model_guid", "train_finish_time")
"""What CatBoost writes into a model of the moment; without it equal models are equal files."""

_LOSSES: Final = {"squared": "RMSE", "absolute": "MAE", "relative": "MAE"}
_HYPERPARAMETERS: Final = (
    "learning_rate", "depth", "l2_leaf_reg", "subsample", "random_strength", "one_hot_max_size", "max_ctr_complexity",
    "border_count", "leaf_estimation_iterations",
)  # fmt: skip


class CatBoostModel(Model):
    """Gradient-boosted symmetric trees on numbers and category codes; missing values stay missing.

    The parameters are CatBoost's own, and those of `LightGBMModel` on rounds and categories.

    Attributes
    ----------
    booster_ : catboost.CatBoost
    rounds_ : int
        Rounds that predictions use: the best on the validation part, or what `limit_rounds` set.
    """

    def __init__(
        self,
        task_type: TaskType = "binary",
        classes: tuple[Label, ...] = (),
        metric: str = "",
        target_transform: str = "none",
        categorical: tuple[str, ...] = (),
        learning_rate: float = 0.06,
        depth: int = 6,
        l2_leaf_reg: float = 3.0,
        subsample: float = 0.8,
        random_strength: float = 1.0,
        colsample_bylevel: float = 1.0,
        leaf_estimation_iterations: int | None = None,
        one_hot_max_size: int = 10,
        max_ctr_complexity: int = 2,
        border_count: int = 128,
        rounds: int = 1000,
        blind_rounds: int | None = None,
        patience: int = 50,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.categorical = categorical
        self.learning_rate = learning_rate
        self.depth = depth
        self.l2_leaf_reg = l2_leaf_reg
        self.subsample = subsample
        self.random_strength = random_strength
        self.colsample_bylevel = colsample_bylevel
        self.leaf_estimation_iterations = leaf_estimation_iterations
        self.one_hot_max_size = one_hot_max_size
        self.max_ctr_complexity = max_ctr_complexity
        self.border_count = border_count
        self.rounds = rounds
        self.blind_rounds = blind_rounds
        self.patience = patience
        self.seed = seed
        self.threads = threads

    def _library_params(self, rounds: int) -> dict[str, Any]:
        params = {name: getattr(self, name) for name in _HYPERPARAMETERS}
        if params["leaf_estimation_iterations"] is None:
            del params["leaf_estimation_iterations"]
        if self.colsample_bylevel < 1:
            params["colsample_bylevel"] = self.colsample_bylevel
        if self.task_type == "regression":
            loss = _LOSSES[fitted_loss(self.metric, self.log_)]
        else:
            loss = "Logloss" if len(self.present_) == 2 else "MultiClass"
        return params | {
            "loss_function": loss, "iterations": rounds, "boosting_type": "Plain", "bootstrap_type": "Bernoulli",
            "random_seed": self.seed % 2**31, "thread_count": self.threads, "allow_writing_files": False,
            "logging_level": "Silent", "use_best_model": False, "allow_const_label": True,
        }  # fmt: skip

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        self.unit_ = Unit.of(target) if self.task_type == "regression" else Unit(0.0, 1.0)
        codes = set(self.categorical)
        self.places_ = [place for place, name in enumerate(X.columns) if name in codes]
        part = None if valid is None else self._pool(floats(valid[0][list(X.columns)]), valid[1], self._valid_weights)
        rounds = self.rounds
        if part is None:
            rounds = rounds_without_validation(rounds, self.blind_rounds, self.learning_rate)
        watch = Watch("CatBoost", None if part is None else self.patience, deadline)
        self.booster_ = catboost.CatBoost(self._library_params(rounds))
        try:
            rows = self._pool(floats(X), target, self._row_weights)
            self.booster_.fit(rows, eval_set=part, callbacks=[_Callback(watch, rounds)])
        except catboost.CatBoostError as error:
            if "ignored" not in str(error):
                raise
            return self._without_trees(target)
        for name in PASSING:
            self.booster_.get_metadata()[name] = ""
        self.rounds_, self.limited_ = watch.best_round, False
        return watch.report

    def _without_trees(self, target: Array) -> FitReport:
        """Predict a constant: CatBoost refuses a table in which no column varies."""
        del self.booster_
        regression = self.task_type == "regression"
        self.constant_ = np.asarray([self._centre(target)]) if regression else self._shares(target)
        return FitReport()

    def _pool(self, matrix: Array, target: Array | None = None, row_weights: Array | None = None) -> catboost.Pool:
        """Return rows as CatBoost takes them: numbers in 32 bits, categories as whole numbers."""
        frame = pd.DataFrame(single(matrix), copy=False)
        for place in self.places_:
            frame[place] = _codes(matrix[:, place])
        weights = None
        if target is not None and self.task_type == "regression":
            weights = relative_weights(target) if fitted_loss(self.metric, self.log_) == "relative" else None
            target = self.unit_.standardised(target)
        return catboost.Pool(frame, target, cat_features=self.places_, weight=combined(weights, row_weights))

    def _few(self, matrix: Array) -> list[list[Any]]:
        rows: list[list[Any]] = single(matrix).tolist()
        for place in self.places_:
            for row, code in zip(rows, _codes(matrix[:, place]).tolist(), strict=True):
                row[place] = code
        return rows

    def limit_rounds(self, rounds: int) -> Self:
        """Predict with the first `rounds` rounds only, or with as many as there are."""
        if self.constant_ is None:
            self.rounds_ = max(1, min(rounds, self.booster_.tree_count_))
            self.limited_ = True
        return self

    def _raw_matrix(self, X: Array) -> Array:
        if len(X) == 0:
            return np.empty((0, 1 if self.task_type == "regression" else len(self.present_)))
        rows = self._few(X) if len(X) <= ROWS_AS_LISTS else self._pool(X)
        threads = 1 if len(X) <= FEW_ROWS else self.threads
        out = self.booster_.predict(
            rows, prediction_type="RawFormulaVal", ntree_end=self.rounds_, thread_count=threads
        )  # fmt: skip
        return self.unit_.restored(out) if self.task_type == "regression" else probabilities(out)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if self.constant_ is None and self.limited_ and self.rounds_ < self.booster_.tree_count_:
            state["booster_"] = self.booster_.copy()
            state["booster_"].shrink(self.rounds_)
        return state


class _Callback:
    """A `Watch` as CatBoost calls it."""

    def __init__(self, watch: Watch, rounds: int) -> None:
        self.watch, self.rounds = watch, rounds

    def after_iteration(self, info: Any) -> bool:
        losses = next(iter(info.metrics["validation"].values())) if "validation" in info.metrics else None
        loss = float(losses[-1]) if losses else None
        return not self.watch.stops(info.iteration, loss, last=info.iteration >= self.rounds)


def _codes(column: Array) -> NDArray[np.int64]:
    return np.nan_to_num(column, nan=NO_CATEGORY).astype(np.int64)
