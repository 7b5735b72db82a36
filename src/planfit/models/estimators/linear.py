"""Logistic and ridge regression on dense numbers and sparse text together."""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedKFold

from planfit.models.base import Deadline, FitReport, InnerParts
from planfit.models.estimator import Model, floats, probabilities, require_finite
from planfit.models.estimators.words import Words
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

PENALTIES: Final = (0.0003, 0.003, 0.03, 0.3, 1.0, 10.0)
"""Inverse strengths of the logistic penalty, tried from the strongest on: strong ones converge in few steps."""
INNER_FOLDS: Final = 3
CELLS_TO_CHOOSE: Final = 300_000
"""Rows times columns times classes up to which the inner choice of the penalty costs less than a second or so."""
WIDE: Final = 0.1
"""Columns to rows from which a fixed penalty would be far too weak: it is chosen on tables ten times as large."""
STRENGTHS: Final = tuple(10.0 ** np.arange(-2, 6.5, 0.5))
"""Ridge penalties among which generalised cross-validation chooses."""
MOST_GRAM_COLUMNS: Final = 2_000
"""Wider tables are solved iteratively, with a fixed penalty."""
WIDE_STRENGTH: Final = 10.0
LARGE_ROWS: Final = 50_000
"""Rows from which a coarser solution is as good: the noise of the data is far below it."""
BEYOND_RANGE: Final = 0.5
"""Regression: predictions may leave the range of the training target by this share of its span."""


class LinearModel(Model):
    """L2-penalised logistic regression, or ridge regression. Expects finite, scaled numbers; takes text as it is.

    Parameters
    ----------
    text : tuple of str
        Columns of text, which become sparse words and characters here.
    C, alpha : float, optional
        Penalties; see `planfit.models.linear.LinearParams`.

    Attributes
    ----------
    coef_ : array of shape (classes or 1, columns)
    intercept_ : array
    penalty_ : float
        The `C` or `alpha` that was used.
    converged_ : bool
    """

    def __init__(
        self,
        task_type: TaskType = "binary",
        classes: tuple[Label, ...] = (),
        metric: str = "",
        target_transform: str = "none",
        text: tuple[str, ...] = (),
        C: float | None = None,
        alpha: float | None = None,
        max_iter: int = 200,
        seed: int = 0,
    ) -> None:
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.text = text
        self.C = C
        self.alpha = alpha
        self.max_iter = max_iter
        self.seed = seed

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        self.words_ = {name: Words() for name in self.text if name in X.columns}
        self.numbers_ = [place for place, name in enumerate(X.columns) if name not in self.words_]
        blocks = [words.fit_transform(X[name]) for name, words in self.words_.items()]
        matrix = self._joined(blocks, floats(X.iloc[:, self.numbers_]))
        if not sparse.issparse(matrix):
            require_finite(matrix, list(X.columns))
        if self.task_type == "regression":
            self._fit_ridge(matrix, target)
        else:
            self._fit_logistic(matrix, target, deadline)
        if not (np.isfinite(self.coef_).all() and np.isfinite(self.intercept_).all()):
            raise FloatingPointError("The coefficients of the linear model are not finite.")
        return FitReport()

    def _fit_logistic(self, matrix: Any, target: Array, deadline: Deadline | None) -> None:
        self.penalty_ = self.C or self._chosen_penalty(matrix, target, deadline)
        model = self._logistic(self.penalty_, matrix, target, self._row_weights)
        self.coef_, self.intercept_ = model.coef_, model.intercept_

    def _logistic(self, penalty: float, matrix: Any, target: Array, weights: Array | None) -> LogisticRegression:
        tolerance = 1e-3 if matrix.shape[0] >= LARGE_ROWS or sparse.issparse(matrix) else 1e-4
        model = LogisticRegression(C=penalty, max_iter=self.max_iter, tol=tolerance)
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            model.fit(matrix, target, sample_weight=weights)
        self.converged_ = not any(issubclass(warning.category, ConvergenceWarning) for warning in raised)
        return model

    def _chosen_penalty(self, matrix: Any, target: Array, deadline: Deadline | None) -> float:
        """Return the `C` of the smallest inner log loss; 1 where a choice would be dear or fragile."""
        counts = np.bincount(target)
        cells = matrix.shape[0] * matrix.shape[1] * (len(counts) if len(counts) > 2 else 1)
        most = CELLS_TO_CHOOSE * (10 if matrix.shape[1] > WIDE * matrix.shape[0] else 1)
        if sparse.issparse(matrix) or cells > most or counts.min() < INNER_FOLDS:
            return 1.0
        parts = self._inner
        if parts is None:
            folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=self.seed % 2**32)
            parts = list(folds.split(matrix, target))
        parts = [part for part in parts if len(np.unique(target[part[0]])) == len(counts)]
        if not parts:
            return 1.0
        best, least = 1.0, np.inf
        for penalty in PENALTIES:
            if deadline is not None and deadline():
                break
            loss = sum(self._inner_loss(penalty, matrix, target, *part) for part in parts)
            if loss > least:  # the loss has one valley, and what lies behind it takes the longest to fit
                break
            best, least = penalty, loss
        return best

    def _inner_loss(self, penalty: float, matrix: Array, target: Array, train: Array, test: Array) -> float:
        weights = self._row_weights
        model = self._logistic(penalty, matrix[train], target[train], None if weights is None else weights[train])
        chosen = model.predict_proba(matrix[test])[np.arange(len(test)), target[test]]
        losses = -np.log(np.maximum(chosen, 1e-15))
        return float(losses.sum() if weights is None else losses @ weights[test])

    def _fit_ridge(self, matrix: Any, target: Array) -> None:
        self.converged_ = True
        self.range_ = self._allowed(target)
        if sparse.issparse(matrix) or matrix.shape[1] > MOST_GRAM_COLUMNS:
            self.penalty_ = self.alpha or (1.0 if sparse.issparse(matrix) else WIDE_STRENGTH)
            solver = "sparse_cg" if sparse.issparse(matrix) else "lsqr"
            model = Ridge(alpha=self.penalty_, solver=solver, tol=1e-4, max_iter=self.max_iter)
            model.fit(matrix, target, sample_weight=self._row_weights)
            self.coef_, self.intercept_ = model.coef_.reshape(1, -1), np.atleast_1d(model.intercept_)
            return
        alpha = self.alpha
        if alpha is None and self._inner:  # leaving rows out one by one would judge a group by its own other rows
            alpha = _judged_strength(matrix, target, self._inner, self._row_weights)
        self.coef_, self.intercept_, self.penalty_ = _ridge(matrix, target, alpha, self._row_weights)

    def _allowed(self, target: Array) -> tuple[float, float]:
        """Return the least and the largest value that is predicted; how far beyond training is a matter of the target's own unit."""
        values = np.expm1(target) if self.log_ else target
        low, high = float(values.min()), float(values.max())
        margin = BEYOND_RANGE * (high - low)
        if not self.log_:
            return low - margin, high + margin
        return float(np.log1p(max(low - margin, 0.0))), float(np.log1p(high + margin))

    def _matrix(self, texts: dict[str, NDArray[Any]], dense: Array) -> Any:
        return self._joined([words.transform(texts[name]) for name, words in self.words_.items()], dense)

    def _joined(self, blocks: list[Any], dense: Array) -> Any:
        """Return numbers alone as they are, or numbers and words as one sparse matrix."""
        if not blocks:
            return dense
        if len(self.numbers_):
            names = [self.feature_names_in_[place] for place in self.numbers_]
            require_finite(dense, names)
        return sparse.hstack([sparse.csr_matrix(dense), *blocks], format="csr")

    def _raw_matrix(self, X: Any) -> Array:
        if self.words_ and not sparse.issparse(X):
            raise ValueError("This model takes text; give it a frame or columns by name, not one matrix of numbers.")
        linear = np.asarray(X @ self.coef_.T) + self.intercept_
        if self.task_type == "regression":
            return np.clip(linear[:, 0], *self.range_)
        return probabilities(linear)

    def _raw_frame(self, X: pd.DataFrame) -> Array:
        if not self.words_:
            return self._raw_matrix(floats(X))
        texts = {name: X[name].to_numpy() for name in self.words_}
        return self._raw_matrix(self._matrix(texts, floats(X.iloc[:, self.numbers_])))

    def _raw_columns(self, columns: dict[str, NDArray[Any]], rows: int) -> Array:
        if not self.words_:
            return super()._raw_columns(columns, rows)
        dense = np.empty((rows, len(self.numbers_)))
        for column, place in enumerate(self.numbers_):
            dense[:, column] = columns[self.feature_names_in_[place]]
        return self._raw_matrix(self._matrix({name: columns[name] for name in self.words_}, dense))


def _judged_strength(matrix: Array, target: Array, parts: InnerParts, weights: Array | None) -> float:
    """Return the ridge penalty of the smallest squared error on the parts; one decomposition a part serves all penalties."""
    losses = np.zeros(len(STRENGTHS))
    for train, test in parts:
        centred, rest, middle, level = _centred(
            matrix[train], target[train], None if weights is None else weights[train]
        )
        values, vectors = np.linalg.eigh(centred.T @ centred)
        along = vectors.T @ (centred.T @ rest)
        shrunk = along[:, None] / (np.maximum(values, 0.0)[:, None] + np.asarray(STRENGTHS))
        predicted = level + (matrix[test] - middle) @ (vectors @ shrunk)
        errors = (predicted - target[test][:, None]) ** 2
        losses += errors.sum(axis=0) if weights is None else weights[test] @ errors
    return STRENGTHS[int(np.argmin(losses))]


def _centred(matrix: Array, target: Array, weights: Array | None) -> tuple[Array, Array, Array, float]:
    """Return columns and target around their means, each row stretched by the root of its weight, and the means."""
    middle, level = np.average(matrix, axis=0, weights=weights), float(np.average(target, weights=weights))
    centred, rest = matrix - middle, target - level
    if weights is None:
        return centred, rest, middle, level
    roots = np.sqrt(weights)
    return centred * roots[:, None], rest * roots, middle, level


def _ridge(
    matrix: Array, target: Array, alpha: float | None, weights: Array | None = None
) -> tuple[Array, Array, float]:
    """Return coefficients, intercept and penalty, the penalty chosen by generalised cross-validation where open.

    All from one eigendecomposition of the Gram matrix, so that trying many penalties costs nothing.
    """
    rows = len(target)
    centred, rest, middle, level = _centred(matrix, target, weights)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    values = np.maximum(values, 0.0)
    along = vectors.T @ (centred.T @ rest)
    if alpha is None:
        alpha = min(STRENGTHS, key=lambda each: _gcv(each, values, along, float(rest @ rest), rows))
    coefficients = vectors @ (along / (values + alpha))
    return coefficients.reshape(1, -1), np.asarray([level - middle @ coefficients]), float(alpha)


def _gcv(alpha: float, values: Array, along: Array, total: float, rows: int) -> float:
    freedom = 1.0 - (1.0 + (values / (values + alpha)).sum()) / rows
    if freedom <= 1e-3:
        return float("inf")
    shrunk = along / (values + alpha)
    residual = total - 2 * (along @ shrunk) + (values * shrunk) @ shrunk
    return float(max(residual, 0.0) / freedom**2)
