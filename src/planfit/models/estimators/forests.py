"""Forests that stop at a deadline, and whose sums do not depend on the order in which threads finish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, floats, single
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

TREES_AT_ONCE: Final = 20
"""Trees between two looks at the deadline."""
GROUPS: Final = 8
"""Trees are summed in so many groups, then the groups in order: equal to the bit for any number of threads."""
FEW_ROWS: Final = 500
"""Up to this many rows, starting threads costs more than it saves."""

_KINDS: Final[dict[tuple[bool, bool], Any]] = {
    (False, False): RandomForestClassifier,
    (False, True): RandomForestRegressor,
    (True, False): ExtraTreesClassifier,
    (True, True): ExtraTreesRegressor,
}
"""scikit-learn's forests by random splits and regression."""


class ForestModel(Model):
    """Forest on numbers; missing values are sent to the side that fits them.

    The parameters are scikit-learn's own, and these:

    Parameters
    ----------
    random_splits : bool
        Thresholds at random, each tree on all rows (or on `max_samples` of them): extremely randomised trees.

    Attributes
    ----------
    trees_ : list of scikit-learn trees
    """

    def __init__(
        self,
        task_type: TaskType = "binary",
        classes: tuple[Label, ...] = (),
        metric: str = "",
        target_transform: str = "none",
        n_estimators: int = 300,
        max_features: Literal["sqrt"] | float = "sqrt",
        min_samples_leaf: int = 1,
        max_samples: float | None = None,
        random_splits: bool = False,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.n_estimators = n_estimators
        self.max_features = max_features
        self.min_samples_leaf = min_samples_leaf
        self.max_samples = max_samples
        self.random_splits = random_splits
        self.seed = seed
        self.threads = threads

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        forest = _KINDS[self.random_splits, self.task_type == "regression"](
            n_estimators=min(TREES_AT_ONCE, self.n_estimators), max_features=self.max_features,
            min_samples_leaf=self.min_samples_leaf, max_samples=self.max_samples, warm_start=True,
            bootstrap=self.max_samples is not None or not self.random_splits, random_state=self.seed % 2**32, n_jobs=self.threads,
        )  # fmt: skip
        matrix, cut = single(floats(X)), False
        while True:
            forest.fit(matrix, target, sample_weight=self._row_weights)
            grown = forest.n_estimators
            if grown >= self.n_estimators:
                break
            if deadline is not None and deadline():
                cut = True
                break
            forest.n_estimators = min(grown + TREES_AT_ONCE, self.n_estimators)
        self.trees_ = [tree.tree_ for tree in forest.estimators_]
        self.rounds_ = len(self.trees_)
        return FitReport(rounds=self.rounds_, cut=cut)

    def limit_rounds(self, rounds: int) -> Self:
        """Predict with the first `rounds` trees only, or with as many as there are."""
        if self.constant_ is None:
            self.rounds_ = max(1, min(rounds, len(self.trees_)))
        return self

    def _raw_matrix(self, X: Array) -> Array:
        matrix = single(X)
        width = 1 if self.task_type == "regression" else len(self.present_)
        if len(matrix) == 0:
            return np.empty((0, width))
        trees = self.trees_[: self.rounds_]
        groups = [group for group in (trees[start::GROUPS] for start in range(GROUPS)) if group]
        if self.threads == 1 or len(matrix) <= FEW_ROWS:
            sums = [_sum(group, matrix) for group in groups]
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                sums = list(pool.map(lambda group: _sum(group, matrix), groups))
        total = np.asarray(sum(sums[1:], sums[0]) / len(trees))
        return total if width > 1 else total[:, 0]


def _sum(trees: list[Any], matrix: NDArray[np.float32]) -> Array:
    total = np.zeros((len(matrix), trees[0].value.shape[2] if trees[0].value.ndim == 3 else 1))
    for tree in trees:
        total += tree.predict(matrix).reshape(len(matrix), -1)
    return total
