"""scikit-learn's decompositions of numbers, for any table: with gaps, of one row, of one column."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.decomposition import PCA, TruncatedSVD

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.completing import Completed


class _Decomposition(ArrayTransformer):
    """What the two have in common."""

    completed_: Completed
    decomposition_: Any
    width_: int

    def fit(self, X: np.ndarray, y: Any = None) -> Any:
        """Learn the directions."""
        self._fit(X)
        return self

    def fit_transform(self, X: np.ndarray, y: Any = None) -> np.ndarray:
        """Learn the directions, and return the components of the same rows as `transform` gives them."""
        return self._reduced(self._fit(X))

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the components."""
        return self._reduced(self.completed_.transform(X))

    def _fit(self, X: np.ndarray) -> np.ndarray:
        """Learn the directions, and return the complete rows."""
        raise NotImplementedError

    def _decompose(self, X: np.ndarray, decomposition: Any, scale: bool) -> np.ndarray:
        self.completed_ = Completed(scale)
        rows = np.asarray(self.completed_.fit_transform(X))
        self.decomposition_ = decomposition
        self.width_ = 1
        if decomposition is not None:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                self.decomposition_.fit(rows)
            self.width_ = len(self.decomposition_.components_)
        return rows

    def _reduced(self, rows: np.ndarray) -> np.ndarray:
        if self.decomposition_ is None:
            return rows[:, :1]
        with np.errstate(all="ignore"):
            out = np.asarray(self.decomposition_.transform(rows))
        return out if np.isfinite(out).all() else np.nan_to_num(out, nan=0.0, posinf=0.0, neginf=0.0)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the numbers of the components."""
        return np.array([str(place) for place in range(self.width_)], dtype=object)


class Principal(_Decomposition):
    """scikit-learn's `PCA`.

    Parameters
    ----------
    n_components : int or float
    whiten : bool
    scale : bool
    seed : int
    """

    def __init__(self, n_components: float, whiten: bool, scale: bool, seed: int) -> None:
        self.n_components = n_components
        self.whiten = whiten
        self.scale = scale
        self.seed = seed

    def _fit(self, X: np.ndarray) -> np.ndarray:
        wanted: float = self.n_components
        if wanted >= 1:
            wanted = min(int(wanted), *X.shape)
        elif not _varies(X):  # there is no variance to explain a share of
            wanted = 1
        return self._decompose(X, PCA(wanted, whiten=self.whiten, random_state=self.seed % 2**32), self.scale)


class Singular(_Decomposition):
    """scikit-learn's `TruncatedSVD`; one column alone stays as it is.

    Parameters
    ----------
    n_components : int
    seed : int
    """

    def __init__(self, n_components: int, seed: int) -> None:
        self.n_components = n_components
        self.seed = seed

    def _fit(self, X: np.ndarray) -> np.ndarray:
        wanted = min(self.n_components, *X.shape)
        svd = TruncatedSVD(wanted, random_state=self.seed % 2**32) if X.shape[1] > 1 else None
        return self._decompose(X, svd, scale=False)


def _varies(X: np.ndarray) -> bool:
    high, low = np.nanmax(X, axis=0, initial=-np.inf), np.nanmin(X, axis=0, initial=np.inf)
    return len(X) > 1 and bool((high > low).any())
