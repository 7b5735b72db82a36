"""Choices among columns, by scikit-learn, on complete numbers; what comes out are the columns as they were."""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.feature_selection import (
    SelectFromModel,
    SelectKBest,
    f_classif,
    f_regression,
    mutual_info_classif,
    mutual_info_regression,
)
from sklearn.linear_model import Lasso, LogisticRegression

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.completing import Completed, chosen_rows, some_rows
from planfit.records.task import Task

FEWEST_FOR_NEIGHBOURS: Final = 8
"""Rows from which mutual information can be estimated."""
TREES: Final = 100
DEPTH: Final = 8
PENALTY: Final = 0.02
"""Of the L1 regression on standardised columns."""


class _Choice(ArrayTransformer):
    """Keeps columns by position.

    Attributes
    ----------
    kept_ : ndarray of int
        At least one.
    """

    kept_: np.ndarray

    def _keep(self, support: np.ndarray, scores: np.ndarray) -> None:
        kept = np.flatnonzero(support)
        self.kept_ = kept if len(kept) else np.array([int(np.argmax(np.nan_to_num(scores, nan=-np.inf)))])

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return those columns."""
        return X[:, self.kept_]

    def get_feature_names_out(self, input_features: Any) -> np.ndarray:
        """Return their names."""
        return np.asarray(input_features, dtype=object)[self.kept_]


class Best(_Choice):
    """scikit-learn's `SelectKBest`.

    Parameters
    ----------
    k : int
    score_func : {"f", "mutual_info"}
    task : Task or None
    seed : int
    """

    def __init__(self, k: int, score_func: str, task: Task | None, seed: int) -> None:
        self.k = k
        self.score_func = score_func
        self.task = task
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any) -> Best:
        """Learn which columns say most."""
        target, classes = target_of(y, self.task)
        self.selector_ = SelectKBest(self._score(len(X), classes), k=min(self.k, X.shape[1]))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # constant columns have no score
            self.selector_.fit(Completed().fit_transform(X), target)
        self._keep(self.selector_.get_support(), self.selector_.scores_)
        return self

    def _score(self, rows: int, classes: bool) -> Any:
        if self.score_func == "f" or rows < FEWEST_FOR_NEIGHBOURS:
            return f_classif if classes else f_regression
        measure = mutual_info_classif if classes else mutual_info_regression
        return lambda X, y: measure(X, y, random_state=self.seed % 2**32)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "selector_" in state:  # a score function of its own cannot be pickled, and is not needed any more
            state["selector_"].score_func = f_classif
        return state


class Used(_Choice):
    """scikit-learn's `SelectFromModel`.

    Parameters
    ----------
    model : {"trees", "linear"}
    max_features : int or None
    threshold : {"mean", "median"}
    max_rows : int
    task : Task or None
    seed : int
    """

    def __init__(
        self, model: str, max_features: int | None, threshold: str, max_rows: int, task: Task | None, seed: int
    ) -> None:
        self.model = model
        self.max_features = max_features
        self.threshold = threshold
        self.max_rows = max_rows
        self.task = task
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any) -> Used:
        """Learn which columns the model leans on."""
        target, classes = target_of(y, self.task)
        rows = chosen_rows(len(X), self.max_rows, self.seed)
        complete, target = Completed().fit_transform(X[rows] if len(rows) < len(X) else X), target[rows]
        if len(np.unique(target)) < 2:  # nothing to tell apart
            self._keep(np.ones(X.shape[1], dtype=bool), np.ones(X.shape[1]))
            return self
        most = None if self.max_features is None else min(self.max_features, X.shape[1])
        self.selector_ = SelectFromModel(self._estimator(classes), threshold=self.threshold, max_features=most)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            self.selector_.fit(complete, target if classes else Completed().fit_transform(target[:, None]).ravel())
        fitted = self.selector_.estimator_
        scores = (
            fitted.feature_importances_
            if self.model == "trees"
            else np.abs(fitted.coef_).reshape(-1, X.shape[1]).sum(0)
        )
        self._keep(self.selector_.get_support(), scores)
        return self

    def _estimator(self, classes: bool) -> Any:
        seed = self.seed % 2**32
        if self.model == "trees":
            kind = ExtraTreesClassifier if classes else ExtraTreesRegressor
            return kind(TREES, max_depth=DEPTH, min_samples_leaf=2, random_state=seed)
        if classes:
            return LogisticRegression(C=1.0, l1_ratio=1.0, solver="saga", max_iter=200, random_state=seed)
        return Lasso(PENALTY, max_iter=2000)


class Uncorrelated(_Choice):
    """Drops what is correlated with a column before it.

    Parameters
    ----------
    threshold : float
    method : {"pearson", "spearman"}
    max_rows : int
    seed : int
    """

    def __init__(self, threshold: float, method: str, max_rows: int, seed: int) -> None:
        self.threshold = threshold
        self.method = method
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any = None) -> Uncorrelated:
        """Learn which columns say nothing new; a missing number counts as the mean."""
        rows = Completed().fit_transform(some_rows(X, self.max_rows, self.seed))
        if self.method == "spearman":
            rows = rankdata(rows, axis=0)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            related = np.abs(np.nan_to_num(np.atleast_2d(np.corrcoef(rows, rowvar=False)), nan=0.0))
        support = np.ones(X.shape[1], dtype=bool)
        for place in range(1, X.shape[1]):
            support[place] = not (related[place, :place][support[:place]] >= self.threshold - 1e-12).any()
        self._keep(support, np.ones(X.shape[1]))
        return self


def target_of(y: Any, task: Task | None) -> tuple[np.ndarray, bool]:
    """Return the target as numbers, and whether they are codes of classes."""
    values = np.asarray(y)
    classes = task.is_classification if task is not None else values.dtype.kind not in "fiu"
    if classes:
        return np.unique([str(value) for value in values.tolist()], return_inverse=True)[1].astype(np.int64), True
    return values.astype(np.float64), False
