"""The base of the estimators that families build: labels, target transforms and the lean path in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, RegressorTags

from planfit.errors import UsageError
from planfit.models.base import Deadline, FitReport, InnerParts
from planfit.models.metrics import Array, encode, labels_array
from planfit.records.task import Label, TaskType

LARGEST_SINGLE: Final = float(np.finfo(np.float32).max) / 2
"""Half of the largest number in 32 bits, so that the sum of two is a number too."""


class Model(BaseEstimator):
    """An estimator on finished columns, compatible with scikit-learn.

    Subclasses declare their parameters in ``__init__`` (at least `task_type`, `classes`, `metric`,
    `target_transform` and `seed`) and implement `_fit_arrays` and `_raw_matrix`. They see only the classes that
    are present, as codes 0, 1, ..., and a regression target in the unit it is fitted in; everything else is here.

    Attributes
    ----------
    classes_ : array of shape (K,)
        Labels, in the order of the columns of a prediction matrix (classification only).
    feature_names_in_ : array of str
    report_ : FitReport
        Rounds, validation curve, and whether the deadline ended the fit.
    """

    task_type: TaskType
    classes: tuple[Label, ...]
    metric: str
    target_transform: str
    seed: int

    def fit(
        self,
        X: pd.DataFrame,
        y: Any,
        *,
        valid: tuple[pd.DataFrame, Any] | None = None,
        deadline: Deadline | None = None,
        inner: InnerParts | None = None,
        weights: Array | None = None,
        valid_weights: Array | None = None,
    ) -> Self:
        """Fit on finished columns and original labels.

        Parameters
        ----------
        X : DataFrame
            Finished columns.
        y : array-like
            Original labels, or values.
        valid : (X, y), optional
            Rows for early stopping; families that do not stop early ignore them.
        deadline : callable, optional
            Returns True when the time is up; iterative families then stop with what they have.
        inner : list of (array, array), optional
            How a choice that the estimator makes by itself is judged, where rows hang together by group or by time.
            None: rows may be mixed.
        weights, valid_weights : array, optional
            How much each row counts, about 1 on average.

        Raises
        ------
        FloatingPointError
            Where the target or the training loss is not finite.
        """
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        if len(X) == 0:
            raise UsageError("There are no rows to fit on.", hint="Check the split and the missing targets.")
        self._row_weights, self._valid_weights, self._inner = weights, valid_weights, inner
        target = self._encoded(y)
        part = None if valid is None else self._validation(*valid)
        self.constant_ = self._constant(target)
        if self.constant_ is not None:
            self.report_ = FitReport(rounds=None)
        else:
            self.report_ = self._fit_arrays(X, target, part, deadline)
        del self._row_weights, self._valid_weights, self._inner
        return self

    def _encoded(self, y: Any) -> Array:
        """Return the target as subclasses see it, and remember what undoes it."""
        if self.task_type == "regression":
            values = np.asarray(y, dtype=np.float64)
            if not np.isfinite(values).all():
                raise FloatingPointError("The target holds values that are missing or not finite.")
            self.log_ = self.target_transform == "log1p" or (self.metric == "rmsle" and bool((values >= 0).all()))
            if self.log_ and (values < 0).any():
                raise ValueError("A target with negative values cannot be fitted on its logarithm.")
            self.nonnegative_ = self.log_ or (self.metric == "rmsle")
            return np.log1p(values) if self.log_ else values
        self.classes_ = labels_array(self.classes)
        codes = encode(y, self.classes)
        self.present_ = np.unique(codes)
        return np.searchsorted(self.present_, codes)

    def _validation(self, X: pd.DataFrame, y: Any) -> tuple[pd.DataFrame, Array] | None:
        """Return the validation part in the terms of `_encoded`, without rows of classes that training lacks."""
        if self.task_type == "regression":
            values = np.asarray(y, dtype=np.float64)
            if self.log_:
                values = np.log1p(np.maximum(values, 0.0))
            return (X, values) if len(X) else None
        codes = encode(y, self.classes)
        known = np.isin(codes, self.present_)
        if not known.any():
            return None
        if self._valid_weights is not None:
            self._valid_weights = self._valid_weights[known]
        return X[known] if not known.all() else X, np.searchsorted(self.present_, codes[known])

    def _constant(self, target: Array) -> Array | None:
        """Return the one row that is always predicted where there is nothing to learn: one class, or no column."""
        if self.task_type == "regression":
            return np.asarray([self._centre(target)]) if self.n_features_in_ == 0 else None
        if len(self.present_) == 1:
            return np.ones(1)
        return self._shares(target) if self.n_features_in_ == 0 else None

    def _shares(self, codes: Array) -> Array:
        """Return the share of each present class."""
        counts = np.bincount(codes, weights=self._row_weights)
        return np.asarray(counts / counts.sum())

    def _centre(self, values: Array) -> float:
        """Return the best constant for the metric, in the unit that the model is fitted in."""
        if self.metric not in {"mae", "mape"}:
            return float(np.average(values, weights=self._row_weights))
        if self._row_weights is None:
            return float(np.median(values))
        return weighted_median(values, self._row_weights)

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        raise NotImplementedError

    def _raw_matrix(self, X: Array) -> Array:
        """Return probabilities of the present classes, or values in the fitted unit, for a float matrix."""
        raise NotImplementedError

    def _raw_frame(self, X: pd.DataFrame) -> Array:
        """Return the same for a frame; families that take other than numbers override it."""
        return self._raw_matrix(floats(X))

    def _raw_columns(self, columns: dict[str, NDArray[Any]], rows: int) -> Array:
        stacked = np.empty((rows, self.n_features_in_))
        for place, name in enumerate(self.feature_names_in_):
            stacked[:, place] = columns[name]
        return self._raw_matrix(stacked)

    def predict_matrix(self, X: pd.DataFrame | NDArray[Any]) -> NDArray[np.float64]:
        """Return probabilities in the order of ``task.classes``, shape (n, K), or values, shape (n, 1)."""
        if isinstance(X, pd.DataFrame):
            if self.constant_ is not None:
                return self._finished(self._repeated(len(X)))
            if len(X.columns) != self.n_features_in_ or not (X.columns == self.feature_names_in_).all():
                X = X[list(self.feature_names_in_)]
            return self._finished(self._raw_frame(X))
        return self.predict_array(np.asarray(X))

    def predict_array(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the prediction matrix of a float matrix whose columns stand in the order of training."""
        if X.ndim != 2 or X.shape[1] != self.n_features_in_:
            raise ValueError(f"{X.shape} is not a matrix of {self.n_features_in_} columns.")
        if self.constant_ is not None:
            return self._finished(self._repeated(len(X)))
        return self._finished(self._raw_matrix(np.ascontiguousarray(X, dtype=np.float64)))

    def predict_columns(self, columns: dict[str, NDArray[Any]], rows: int) -> NDArray[np.float64]:
        """Return the prediction matrix from arrays by column name: the lean path, text columns included."""
        if self.constant_ is not None:
            return self._finished(self._repeated(rows))
        return self._finished(self._raw_columns(columns, rows))

    def _repeated(self, rows: int) -> Array:
        assert self.constant_ is not None
        return np.repeat(self.constant_[None, :], rows, axis=0)

    def _finished(self, raw: Array) -> NDArray[np.float64]:
        """Undo the target transform, or put probabilities in their places."""
        if self.task_type == "regression":
            values = raw.reshape(-1, 1)
            if self.log_:
                values = np.expm1(values)
            return np.maximum(values, 0.0) if self.nonnegative_ else values
        if len(self.present_) == len(self.classes):
            return raw
        matrix = np.zeros((len(raw), len(self.classes)))
        matrix[:, self.present_] = raw
        return matrix

    def predict(self, X: pd.DataFrame | NDArray[Any]) -> NDArray[Any]:
        """Return original labels, or values."""
        matrix = self.predict_matrix(X)
        if self.task_type == "regression":
            return matrix[:, 0]
        return self.classes_[matrix.argmax(axis=1)]

    def predict_proba(self, X: pd.DataFrame | NDArray[Any]) -> NDArray[np.float64]:
        """Return probabilities, columns in the order of `classes_`."""
        if self.task_type == "regression":
            raise AttributeError("A regression model has no probabilities; use predict.")
        return self.predict_matrix(X)

    def score(self, X: pd.DataFrame, y: Any) -> float:
        """Return accuracy or R², as scikit-learn's estimators do; planfit itself judges by the task's metric."""
        predicted = self.predict(X)
        if self.task_type == "regression":
            values = np.asarray(y, dtype=float)
            return float(1.0 - ((values - predicted) ** 2).sum() / max(((values - values.mean()) ** 2).sum(), 1e-300))
        return float(np.mean(encode(y, self.classes) == encode(predicted, self.classes)))

    def limit_rounds(self, rounds: int) -> Self:
        """Predict with the first `rounds` rounds only; families without rounds ignore it."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "report_" in state:  # equal models are equal bytes, however long their rounds took
            state["report_"] = replace(state["report_"], round_seconds=None)
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        if self.task_type == "regression":
            tags.estimator_type = "regressor"
            tags.regressor_tags = RegressorTags()
        else:
            tags.estimator_type = "classifier"
            tags.classifier_tags = ClassifierTags(multi_class=self.task_type == "multiclass")
        return tags


def weighted_median(values: Array, weights: Array) -> float:
    """Return the value on either side of which half of the weight lies."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(passed, passed[-1] / 2)])


def floats(X: pd.DataFrame) -> NDArray[np.float64]:
    """Return a frame of numbers as one contiguous matrix; a sentence about the first column that is not numeric."""
    try:
        return np.ascontiguousarray(X.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError):
        strange = _not_numeric(X)
        raise ValueError(f"Column {strange!r} reached the estimator without being turned into numbers.") from None


def single(matrix: Array) -> NDArray[np.float32]:
    """Return a matrix as trees take it: in 32 bits, nothing infinite; missing values stay."""
    return np.ascontiguousarray(np.clip(matrix, -LARGEST_SINGLE, LARGEST_SINGLE), dtype=np.float32)


def probabilities(margins: Array) -> Array:
    """Return probabilities by class from one margin a row (of the second of two classes) or one a class."""
    margins = np.asarray(margins, dtype=np.float64)
    if margins.ndim == 2 and margins.shape[1] > 1:
        return np.asarray(softmax(margins, axis=1))
    positive = expit(margins.reshape(-1))
    return np.column_stack([1.0 - positive, positive])


def _not_numeric(X: pd.DataFrame) -> str:
    for name in X.columns:
        try:
            X[name].to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            return str(name)
    return str(X.columns[0])


def require_finite(matrix: NDArray[Any], names: Sequence[Any]) -> None:
    """Raise `FloatingPointError` naming the first column that holds a missing or infinite value."""
    bad = ~np.isfinite(matrix).all(axis=0)
    if bad.any():
        raise FloatingPointError(f"Column {names[int(np.argmax(bad))]!r} holds values that are missing or not finite.")
