"""Transformers that learn where the training rows' numbers lie."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.preprocessing import QuantileTransformer

from planfit.operations.arrays import ArrayTransformer


class Clipped(ArrayTransformer):
    """Numbers within bounds.

    Parameters
    ----------
    lower, upper : float or None
        The bounds; None: learned.
    quantile : float
        The low quantile that is learned; the high one is ``1 - quantile``.

    Attributes
    ----------
    bounds_ : ndarray of shape (2, n_columns)
    """

    def __init__(self, lower: float | None, upper: float | None, quantile: float) -> None:
        self.lower = lower
        self.upper = upper
        self.quantile = quantile

    def fit(self, X: np.ndarray, y: Any = None) -> Clipped:
        """Learn the bounds that were not given."""
        low, high = _quantiles(X, (self.quantile, 1.0 - self.quantile))
        lower = low if self.lower is None else np.full_like(low, self.lower)
        upper = high if self.upper is None else np.full_like(high, self.upper)
        self.bounds_ = np.stack([lower, np.fmax(lower, upper)])  # a given bound may lie beyond a learned one
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return `X` within the bounds."""
        return np.asarray(np.where(np.isnan(X), X, np.fmin(np.fmax(X, self.bounds_[0]), self.bounds_[1])))


def _quantiles(X: np.ndarray, shares: tuple[float, float]) -> np.ndarray:
    with warnings.catch_warnings():  # a column without any value has no quantile, and needs none
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanquantile(X, shares, axis=0))


class Ranks(ArrayTransformer):
    """scikit-learn's `QuantileTransformer`, with no more quantiles than training rows.

    Parameters
    ----------
    n_quantiles : int
        At the most.
    output_distribution : {"uniform", "normal"}
        What comes out.
    seed : int
        Of the sample of very many rows from which quantiles are learned.
    """

    def __init__(self, n_quantiles: int, output_distribution: str, seed: int) -> None:
        self.n_quantiles = n_quantiles
        self.output_distribution = output_distribution
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any = None) -> Ranks:
        """Learn the quantiles."""
        self.transformer_ = QuantileTransformer(
            n_quantiles=min(self.n_quantiles, len(X)), output_distribution=self.output_distribution,
            random_state=self.seed % 2**32,
        )  # fmt: skip
        with warnings.catch_warnings():  # a column without any value has no quantile, and needs none
            warnings.simplefilter("ignore", RuntimeWarning)
            self.transformer_.fit(X)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the ranks."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.transformer_.transform(X))
