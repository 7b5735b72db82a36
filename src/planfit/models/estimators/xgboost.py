"""XGBoost through its Booster: early stopping, deadlines and rounds under our control."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

import numpy as np
import pandas as pd
import xgboost

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, floats, probabilities, single
from planfit.models.estimators.rounds import FEW_CELLS, FEW_ROWS, Watch, rounds_without_validation
from planfit.models.estimators.targets import Unit, combined, fitted_loss, relative_weights
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

_OBJECTIVES: Final = {
    "squared": ("reg:squarederror", "rmse"), "absolute": ("reg:absoluteerror", "mae"), "relative": ("reg:absoluteerror", "mae"),
}  # fmt: skip
_HYPERPARAMETERS: Final = (
    "learning_rate", "max_depth", "min_child_weight", "subsample", "colsample_bylevel", "colsample_bynode",
    "reg_alpha", "reg_lambda", "grow_policy", "max_leaves", "max_cat_to_onehot", "max_bin",
)  # fmt: skip


class XGBoostModel(Model):
    """Gradient-boosted trees on numbers and category codes; missing values stay missing.

    The parameters are XGBoost's own, and those of `LightGBMModel` on rounds and categories.

    Attributes
    ----------
    booster_ : xgboost.Booster
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
        learning_rate: float = 0.08,
        max_depth: int = 6,
        min_child_weight: float = 5e-6,
        subsample: float = 0.65,
        colsample_bylevel: float = 0.9,
        colsample_bynode: float = 1.0,
        reg_alpha: float = 1e-4,
        reg_lambda: float = 1e-4,
        grow_policy: Literal["depthwise", "lossguide"] = "depthwise",
        max_leaves: int = 0,
        max_cat_to_onehot: int = 8,
        max_bin: int = 256,
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
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bylevel = colsample_bylevel
        self.colsample_bynode = colsample_bynode
        self.reg_alpha = reg_alpha
        self.reg_lambda = reg_lambda
        self.grow_policy = grow_policy
        self.max_leaves = max_leaves
        self.max_cat_to_onehot = max_cat_to_onehot
        self.max_bin = max_bin
        self.rounds = rounds
        self.blind_rounds = blind_rounds
        self.patience = patience
        self.seed = seed
        self.threads = threads

    def _library_params(self, threads: int) -> dict[str, Any]:
        params = {name: getattr(self, name) for name in _HYPERPARAMETERS}
        if self.task_type == "regression":
            params["objective"], params["eval_metric"] = _OBJECTIVES[fitted_loss(self.metric, self.log_)]
        elif len(self.present_) == 2:
            params |= {"objective": "binary:logistic", "eval_metric": "logloss"}
        else:
            params |= {"objective": "multi:softprob", "eval_metric": "mlogloss", "num_class": len(self.present_)}
        return params | {"tree_method": "hist", "seed": self.seed % 2**31, "nthread": threads, "verbosity": 0}

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        threads = 1 if X.size <= FEW_CELLS else self.threads
        self.unit_ = Unit.of(target) if self.task_type == "regression" else Unit(0.0, 1.0)
        self.threads_ = 0
        train = self._bins(X, target, self._row_weights, threads)
        parts = []
        if valid is not None:
            part = self._bins(valid[0][list(X.columns)], valid[1], self._valid_weights, threads, train)
            parts.append((part, "valid"))
        rounds = self.rounds
        if not parts:
            rounds = rounds_without_validation(rounds, self.blind_rounds, self.learning_rate)
        watch = Watch("XGBoost", self.patience if parts else None, deadline)
        self.booster_ = xgboost.train(
            self._library_params(threads), train, num_boost_round=rounds, evals=parts, verbose_eval=False,
            callbacks=[_Callback(watch, rounds)],
        )  # fmt: skip
        self.rounds_, self.limited_ = watch.best_round, False
        if not np.isfinite(self._raw_matrix(floats(X.iloc[:FEW_ROWS]))).all():
            raise FloatingPointError("The predictions of XGBoost are not finite.")
        return watch.report

    def _bins(
        self,
        X: pd.DataFrame,
        target: Array,
        row_weights: Array | None,
        threads: int,
        like: xgboost.DMatrix | None = None,
    ) -> xgboost.QuantileDMatrix:
        """Return the binned rows; those of a validation part are binned like the training rows."""
        relative = self.task_type == "regression" and fitted_loss(self.metric, self.log_) == "relative"
        codes = set(self.categorical)
        return xgboost.QuantileDMatrix(
            single(floats(X)), self.unit_.standardised(target),
            weight=combined(relative_weights(target) if relative else None, row_weights),
            feature_types=["c" if name in codes else "q" for name in X.columns], enable_categorical=True,
            max_bin=self.max_bin, nthread=threads, ref=like,
        )  # fmt: skip

    def limit_rounds(self, rounds: int) -> Self:
        """Predict with the first `rounds` rounds only, or with as many as there are."""
        if self.constant_ is None:
            self.rounds_ = max(1, min(rounds, self.booster_.num_boosted_rounds()))
            self.limited_ = True
        return self

    def _raw_matrix(self, X: Array) -> Array:
        if len(X) == 0:
            return np.empty((0, 1 if self.task_type == "regression" else len(self.present_)))
        threads = 1 if len(X) <= FEW_ROWS else self.threads
        if threads != self.threads_:
            self.booster_.set_param({"nthread": threads})
            self.threads_ = threads
        out = self.booster_.inplace_predict(single(X), iteration_range=(0, self.rounds_), predict_type="margin")
        return self.unit_.restored(out) if self.task_type == "regression" else probabilities(out)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "booster_" in state:  # readable by other versions, and no longer than it must be
            kept = self.booster_[: self.rounds_] if self.limited_ else self.booster_
            state |= {"booster_": bytes(kept.save_raw("ubj")), "threads_": 0}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        raw = state.get("booster_")
        if isinstance(raw, bytes):
            state = state | {"booster_": xgboost.Booster(model_file=bytearray(raw))}
        super().__setstate__(state)


class _Callback(xgboost.callback.TrainingCallback):  # type: ignore[misc, unused-ignore]
    """A `Watch` as XGBoost calls it."""

    def __init__(self, watch: Watch, rounds: int) -> None:
        super().__init__()
        self.watch, self.rounds = watch, rounds

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        losses = next(iter(evals_log["valid"].values())) if "valid" in evals_log else None
        return self.watch.stops(epoch + 1, float(losses[-1]) if losses else None, last=epoch + 1 >= self.rounds)
