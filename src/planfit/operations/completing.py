"""Numbers without gaps: what needs complete numbers stands on these, and so do the imputers that look at other columns."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - scikit-learn asks for it
from sklearn.impute import IterativeImputer, KNNImputer

from planfit.operations.arrays import ArrayTransformer

DECIMALS = 9
"""Of distances: rounding differs between one row and many, and would break ties."""


class Standard:
    """The scale of training: mean 0, deviation 1; NaN passes, columns without a value are zero and 1 wide."""

    FARTHEST = 1e50
    """New values beyond so many deviations; their squares and products are still finite."""

    def __init__(self, X: np.ndarray) -> None:
        mean, deviation = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        with np.errstate(all="ignore"):
            for place, column in enumerate(X.T):
                gaps = np.isnan(column)
                known = column[~gaps] if gaps.any() else column
                if len(known):
                    mean[place] = known.mean()
                    apart = known - mean[place]
                    deviation[place] = np.sqrt(np.square(apart, out=apart).mean())
        self.mean = np.nan_to_num(mean, nan=0.0, posinf=0.0, neginf=0.0)
        usable = np.isfinite(deviation) & (deviation > 1e-12 * np.abs(self.mean))
        self.deviation = np.where(usable & (deviation > 0), deviation, 1.0)

    def scaled(self, X: np.ndarray, which: Any = slice(None)) -> np.ndarray:
        """Return `X` on the scale; `which` of the columns of training it holds."""
        with np.errstate(over="ignore"):
            scaled = X - self.mean[which]
            scaled /= self.deviation[which]
        return np.asarray(np.clip(scaled, -self.FARTHEST, self.FARTHEST, out=scaled))

    def back(self, Z: np.ndarray) -> np.ndarray:
        """Return what `scaled` was given."""
        return np.asarray(Z * self.deviation + self.mean)


def some_rows(X: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return `X`, or so many of its rows, drawn at random, in order."""
    return X if len(X) <= most else X[chosen_rows(len(X), most, seed)]


def chosen_rows(rows: int, most: int, seed: int) -> np.ndarray:
    """Return the positions of all rows, or of so many drawn at random, in order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


class Completed(ArrayTransformer):
    """Numbers without gaps, in place of which the training mean stands.

    Parameters
    ----------
    scale : bool
        Standardise as well.
    """

    def __init__(self, scale: bool = True) -> None:
        self.scale = scale

    def fit(self, X: np.ndarray, y: Any = None) -> Completed:
        """Learn means and deviations."""
        self.standard_ = Standard(X)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return complete numbers."""
        gaps = np.isnan(X)
        if not self.scale:
            return np.where(gaps, self.standard_.mean, X)
        out = self.standard_.scaled(X)
        out[gaps] = 0.0
        return out


class _ByOthers(ArrayTransformer):
    """An imputer of scikit-learn between two changes of scale; what was there stays to the bit."""

    imputer_: Any
    standard_: Standard

    def _fit(self, X: np.ndarray, imputer: Any) -> np.ndarray:
        """Fit, and return `X` complete, on the scale, where the imputer gives that anyway."""
        self.imputer_ = imputer
        scaled = self.standard_.scaled(X)
        with warnings.catch_warnings(), np.errstate(all="ignore"), config_context(transform_output="default"):
            warnings.simplefilter("ignore")  # rounds that did not converge, columns without any value
            if isinstance(imputer, IterativeImputer):  # fitting is transforming
                return np.asarray(self.imputer_.fit_transform(scaled))
            self.imputer_.fit(scaled)
        return scaled

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return `X` with values in place of the missing ones."""
        gaps = np.isnan(X)
        rows = gaps.any(axis=1)
        out = X.copy(order="K")
        if rows.any():
            with warnings.catch_warnings(), np.errstate(all="ignore"), config_context(transform_output="default"):
                warnings.simplefilter("ignore")
                filled = self.standard_.back(np.asarray(self.imputer_.transform(self.standard_.scaled(X[rows]))))
            out[rows] = np.where(gaps[rows], filled, X[rows])
        return out


class Neighbours(_ByOthers):
    """scikit-learn's `KNNImputer`.

    Parameters
    ----------
    n_neighbors : int
    weights : {"uniform", "distance"}
    max_rows : int
        Most rows among which neighbours are searched.
    seed : int
        Of the draw of these rows.
    """

    def __init__(self, n_neighbors: int, weights: str, max_rows: int, seed: int) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any = None) -> Neighbours:
        """Keep the rows to search."""
        self.standard_ = Standard(X)
        rows = some_rows(X, self.max_rows, self.seed)
        self._fit(rows, _Rounded(n_neighbors=self.n_neighbors, weights=self.weights, keep_empty_features=True))
        return self


class _Rounded(KNNImputer):
    """Neighbours that do not hang on the last bit of a distance."""

    def _calc_impute(self, dist_pot_donors: np.ndarray, *rest: Any) -> Any:
        return super()._calc_impute(np.round(dist_pot_donors, DECIMALS), *rest)


class Regressions(_ByOthers):
    """scikit-learn's `IterativeImputer`.

    Parameters
    ----------
    max_iter : int
    n_nearest_features : int or None
    max_rows : int
        Most rows from which the regressions are learned.
    seed : int
        Also of the draw of these rows.
    """

    def __init__(self, max_iter: int, n_nearest_features: int | None, max_rows: int, seed: int) -> None:
        self.max_iter = max_iter
        self.n_nearest_features = n_nearest_features
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any = None) -> Regressions:
        """Learn the regressions."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: np.ndarray, y: Any = None) -> np.ndarray:
        """Learn them, and return the same rows complete."""
        self.standard_ = Standard(X)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            scaled = self.standard_.scaled(X)
            low, high = np.nanmin(scaled, axis=0), np.nanmax(scaled, axis=0)
        known = np.isfinite(low)
        imputer = IterativeImputer(
            max_iter=self.max_iter, n_nearest_features=self.n_nearest_features, keep_empty_features=True,
            min_value=np.where(known, low - 1e-9, -1.0), max_value=np.where(known, high + 1e-9, 1.0),
            random_state=self.seed % 2**32,
        )  # fmt: skip
        if len(X) > self.max_rows:
            self._fit(some_rows(X, self.max_rows, self.seed), imputer)
            return self.transform(X)
        gaps = np.isnan(X)
        return np.where(gaps, self.standard_.back(self._fit(X, imputer)), X)
