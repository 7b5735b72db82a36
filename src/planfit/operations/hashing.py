"""Hashes of the levels of categories."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction import FeatureHasher

from planfit.operations.distinct import distinct
from planfit.operations.simple import Stateless


class Hashed(Stateless):
    """scikit-learn's `FeatureHasher` for one column, asked once for each distinct value.

    Parameters
    ----------
    n_features : int
    """

    def __init__(self, n_features: int) -> None:
        self.n_features = n_features

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return +1 or -1 in one column, zeros for a missing value."""
        codes, values = distinct(X[:, 0])
        names: list[list[str]] = [*([str(value)] for value in values), []]
        table = FeatureHasher(self.n_features, input_type="string").transform(names).toarray()
        return np.asarray(table[codes], dtype=np.float64)
