"""LightGBM through its Booster: early stopping, deadlines and rounds under our control, one row in microseconds."""

from __future__ import annotations

from typing import Any, Final, Self

import lightgbm
import numpy as np
import pandas as pd

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, floats
from planfit.models.estimators.rounds import FEW_CELLS, FEW_ROWS, Watch, rounds_without_validation
from planfit.models.estimators.targets import fitted_loss
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

_OBJECTIVES: Final = {
    "absolute": ("regression_l1", "l1"),
    "relative": ("mape", "mape"),
    "squared": ("regression", "l2"),
}
_HYPERPARAMETERS: Final = (
    "learning_rate", "num_leaves", "min_data_in_leaf", "feature_fraction", "bagging_fraction", "lambda_l1",
    "lambda_l2", "min_sum_hessian_in_leaf", "extra_trees", "cat_smooth", "cat_l2", "max_cat_to_onehot",
    "min_data_per_group", "max_bin",
)  # fmt: skip


class LightGBMModel(Model):
    """Gradient-boosted trees on numbers and category codes; missing values stay missing.

    The parameters are LightGBM's own, and these:

    Parameters
    ----------
    categorical : tuple of str
        Columns that hold category codes.
    rounds : int
        At the most, where a validation part decides.
    blind_rounds : int, optional
        Exactly, where there is none. None: what most tables need at this learning rate.
    patience : int
        Rounds without improvement of the validation loss before it ends.

    Attributes
    ----------
    booster_ : lightgbm.Booster
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
        learning_rate: float = 0.05,
        num_leaves: int = 39,
        min_data_in_leaf: int = 3,
        feature_fraction: float = 0.46,
        bagging_fraction: float = 0.88,
        lambda_l1: float = 0.24,
        lambda_l2: float = 0.36,
        min_sum_hessian_in_leaf: float = 1e-3,
        extra_trees: bool = True,
        cat_smooth: float = 15.0,
        cat_l2: float = 0.34,
        max_cat_to_onehot: int = 16,
        min_data_per_group: int = 9,
        max_bin: int = 255,
        rounds: int = 2000,
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
        self.num_leaves = num_leaves
        self.min_data_in_leaf = min_data_in_leaf
        self.feature_fraction = feature_fraction
        self.bagging_fraction = bagging_fraction
        self.lambda_l1 = lambda_l1
        self.lambda_l2 = lambda_l2
        self.min_sum_hessian_in_leaf = min_sum_hessian_in_leaf
        self.extra_trees = extra_trees
        self.cat_smooth = cat_smooth
        self.cat_l2 = cat_l2
        self.max_cat_to_onehot = max_cat_to_onehot
        self.min_data_per_group = min_data_per_group
        self.max_bin = max_bin
        self.rounds = rounds
        self.blind_rounds = blind_rounds
        self.patience = patience
        self.seed = seed
        self.threads = threads

    def _library_params(self) -> dict[str, Any]:
        if self.task_type == "regression":
            objective, loss = _OBJECTIVES[fitted_loss(self.metric, self.log_)]
        elif len(self.present_) == 2:
            objective, loss = "binary", "binary_logloss"
        else:
            objective, loss = "multiclass", "multi_logloss"
        params = {name: getattr(self, name) for name in _HYPERPARAMETERS}
        params |= {
            "objective": objective, "metric": loss, "bagging_freq": 1 if self.bagging_fraction < 1 else 0,
            "seed": self.seed % 2**31, "num_threads": self.threads, "deterministic": True, "force_col_wise": True,
            "feature_pre_filter": False, "verbosity": -1,
        }  # fmt: skip
        if objective == "multiclass":
            params["num_class"] = len(self.present_)
        return params

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        params = self._library_params()
        if X.size <= FEW_CELLS:
            params["num_threads"] = 1
        places = [place for place, name in enumerate(X.columns) if name in set(self.categorical)]
        train = lightgbm.Dataset(floats(X), target, weight=self._row_weights, categorical_feature=places, params=params)
        rounds, parts = self.rounds, []
        if valid is not None:
            shown = floats(valid[0][list(X.columns)])
            parts = [train.create_valid(shown, valid[1], weight=self._valid_weights)]
        else:
            rounds = rounds_without_validation(rounds, self.blind_rounds, self.learning_rate)
        watch = Watch("LightGBM", self.patience if parts else None, deadline)
        self.booster_ = lightgbm.train(
            params, train, num_boost_round=rounds, valid_sets=parts, valid_names=["valid"][: len(parts)],
            callbacks=[_Callback(watch)], keep_training_booster=True,  # else it is written out and read again, which takes seconds
        )  # fmt: skip
        self.booster_.free_dataset()
        self.limited_ = False
        self.rounds_ = watch.best_round
        if not np.isfinite(self._raw_matrix(floats(X.iloc[:FEW_ROWS]))).all():
            raise FloatingPointError("The predictions of LightGBM are not finite.")
        return watch.report

    def limit_rounds(self, rounds: int) -> Self:
        """Predict with the first `rounds` rounds only, or with as many as there are."""
        if self.constant_ is None:
            self.rounds_ = max(1, min(rounds, self.booster_.current_iteration()))
            self.limited_ = True
        return self

    def _raw_matrix(self, X: Array) -> Array:
        threads = 1 if len(X) <= FEW_ROWS else self.threads
        if len(X) == 0:
            return np.empty((0, 1 if self.task_type == "regression" else len(self.present_)))
        out = np.asarray(self.booster_.predict(X, num_iteration=self.rounds_, num_threads=threads))
        if self.task_type == "regression":
            return out
        return np.column_stack([1.0 - out, out]) if out.ndim == 1 else out

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "booster_" in state:  # text: readable by other versions, and no longer than it must be
            keep = self.rounds_ if self.limited_ else -1
            state["booster_"] = self.booster_.model_to_string(num_iteration=keep)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        text = state.get("booster_")
        if isinstance(text, str):
            state = state | {"booster_": lightgbm.Booster(model_str=text)}
        super().__setstate__(state)


class _Callback:
    """A `Watch` as LightGBM calls it."""

    order = 30
    before_iteration = False

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def __call__(self, env: Any) -> None:
        done, results = env.iteration + 1, env.evaluation_result_list
        loss = float(results[0][2]) if results else None
        if self.watch.stops(done, loss, last=done >= env.end_iteration):
            raise lightgbm.EarlyStopException(self.watch.best_round - 1, results or [])
