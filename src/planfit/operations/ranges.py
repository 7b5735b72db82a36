"""Transformers that learn where the training rows' numbers lie."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, QuantileTransformer, RobustScaler

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.completing import Standard


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
        lower, upper = np.nan_to_num(lower, nan=-np.inf), np.nan_to_num(upper, nan=np.inf)
        self.bounds_ = np.stack([lower, np.fmax(lower, upper)])  # a given bound may lie beyond a learned one
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return `X` within the bounds."""
        return np.asarray(np.clip(X, self.bounds_[0], self.bounds_[1]))


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


class Range(MinMaxScaler):
    """scikit-learn's `MinMaxScaler`, silent about columns without any value, which are left as they are.

    Parameters
    ----------
    feature_range : (float, float)
    clip : bool
    """

    def __init__(self, feature_range: tuple[float, float] = (0, 1), clip: bool = False) -> None:
        super().__init__(feature_range=feature_range, clip=clip)

    def fit(self, X: np.ndarray, y: Any = None) -> Range:
        """Learn the range; of equal values, the lower end is theirs."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            super().fit(X)
        self.scale_: np.ndarray = np.nan_to_num(np.asarray(vars(self)["scale_"]), nan=1.0)
        self.min_: np.ndarray = np.nan_to_num(np.asarray(vars(self)["min_"]), nan=0.0)
        return self


class Quartiles(RobustScaler):
    """scikit-learn's `RobustScaler`, silent about columns without any value, which stay without.

    Parameters
    ----------
    quantile_range : (float, float)
    """

    def __init__(self, quantile_range: tuple[float, float]) -> None:
        super().__init__(quantile_range=quantile_range)

    def fit(self, X: np.ndarray, y: Any = None) -> Quartiles:
        """Learn medians and widths."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            super().fit(X)
        width = np.asarray(vars(self)["scale_"])
        self.center_: np.ndarray = np.nan_to_num(np.asarray(vars(self)["center_"]), nan=0.0)
        self.scale_: np.ndarray = np.where(width > 0, width, 1.0)
        return self


class Powers(ArrayTransformer):
    """scikit-learn's `PowerTransformer` on standardised columns, where no power overflows so soon.

    Parameters
    ----------
    standardize : bool
    """

    FARTHEST = 1e6
    """New values beyond so many deviations say nothing more."""
    LARGEST = 1e100
    """Of a power, so that deviations can be computed."""
    MOST_ROWS = 50_000
    """Of more, every second, third, ... in order of size makes the power: the shape of the column is the same."""

    def __init__(self, standardize: bool) -> None:
        self.standardize = standardize

    def fit(self, X: np.ndarray, y: Any = None) -> Powers:
        """Learn scale and powers."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: np.ndarray, y: Any = None) -> np.ndarray:
        """Learn them, and return the same rows as `transform` gives them."""
        self.standard_ = Standard(X)
        self.known_ = ~np.isnan(X).all(axis=0)
        self.transformer_ = PowerTransformer(standardize=False)
        if not self.known_.any():
            return self.transform(X)
        scaled = self.standard_.scaled(X[:, self.known_], self.known_)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            # In order, so that the two branches of the formula are two stretches of memory, and some stand for all
            self.transformer_.fit(np.sort(scaled, axis=0)[:: -(-len(X) // self.MOST_ROWS)])
        powered = self._powers(scaled)
        self.result_ = Standard(powered) if self.standardize else None
        return self._finished(powered, len(X))

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the powers; a column without a value in training has none after either."""
        if not self.known_.any():
            return np.full(X.shape, np.nan)
        scaled = self.standard_.scaled(X[:, self.known_], self.known_)
        return self._finished(self._powers(scaled), len(X))

    def _powers(self, scaled: np.ndarray) -> np.ndarray:
        """Return the powers of standardised columns; one that overflows is very large, not infinite."""
        powered = powers_of(scaled, self.transformer_.lambdas_)
        return np.clip(powered, -self.LARGEST, self.LARGEST, out=powered)

    def _finished(self, powered: np.ndarray, rows: int) -> np.ndarray:
        if self.result_ is not None:
            powered = self.result_.scaled(powered)
        np.clip(powered, -self.FARTHEST, self.FARTHEST, out=powered)
        if self.known_.all():
            return powered
        out = np.full((rows, len(self.known_)), np.nan, order="F")
        out[:, self.known_] = powered
        return out


def powers_of(X: np.ndarray, lambdas: np.ndarray) -> np.ndarray:
    """Return what scikit-learn's `PowerTransformer` does with its `lambdas_`, without a branch for each sign.

    >>> powers_of(np.array([[3.0], [-3.0]]), np.array([0.0])).ravel().round(2)
    array([ 1.39, -7.5 ])
    """
    power = np.where(X >= 0, lambdas, 2.0 - lambdas)
    out = np.log1p(np.abs(X))
    with np.errstate(all="ignore"):
        bent = np.expm1(power * out)
        bent /= power
    np.copyto(out, bent, where=power != 0)
    return np.copysign(out, X, out=out)
