"""Distances to clusters."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.completing import Completed, some_rows


class Distances(ArrayTransformer):
    """Distances to the centres of scikit-learn's `KMeans`.

    Parameters
    ----------
    n_clusters : int
    max_rows : int
    seed : int
    """

    def __init__(self, n_clusters: int, max_rows: int, seed: int) -> None:
        self.n_clusters = n_clusters
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any = None) -> Distances:
        """Learn the centres."""
        self.completed_ = Completed().fit(X)
        rows = self.completed_.transform(some_rows(X, self.max_rows, self.seed))
        most = min(self.n_clusters, len(np.unique(rows, axis=0)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.clusters_ = KMeans(most, n_init=3, random_state=self.seed % 2**32).fit(rows)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column a centre."""
        # Differences, not scikit-learn's products: what is near a centre keeps its digits, and one row equals many
        return np.asarray(cdist(self.completed_.transform(X), self.clusters_.cluster_centers_))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the numbers of the clusters."""
        return np.array([str(place) for place in range(len(self.clusters_.cluster_centers_))], dtype=object)
