"""Figures of rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cached_property, reduce
from typing import Final

import numpy as np

from planfit.operations.simple import Stateless


class Rows:
    """Rows of numbers, and what several figures share. Sums go column by column: of one row as of many.

    Parameters
    ----------
    X : ndarray
        NaN for missing.
    """

    def __init__(self, X: np.ndarray) -> None:
        self.X = X
        self.gaps = np.isnan(X)

    @cached_property
    def missing(self) -> np.ndarray:
        """How many values are missing."""
        return _total(self.gaps.astype(np.float64))

    @cached_property
    def known(self) -> np.ndarray:
        """How many values there are; NaN where there is none, so that figures of nothing are missing."""
        known = self.X.shape[1] - self.missing
        return np.where(known > 0, known, np.nan)

    @cached_property
    def sum(self) -> np.ndarray:
        """The sum of what is known."""
        return _total(np.where(self.gaps, 0.0, self.X)) + 0.0 * self.known

    @cached_property
    def mean(self) -> np.ndarray:
        """The mean of what is known."""
        return np.asarray(self.sum / self.known)

    @property
    def std(self) -> np.ndarray:
        """The deviation of what is known."""
        apart = self.X - self.mean[:, None]
        apart[self.gaps] = 0.0
        return np.asarray(np.sqrt(_total(np.square(apart, out=apart)) / self.known))

    @cached_property
    def low(self) -> np.ndarray:
        """The smallest number."""
        return reduce(np.fmin, self.X.T)

    @cached_property
    def high(self) -> np.ndarray:
        """The largest number."""
        return reduce(np.fmax, self.X.T)

    @property
    def median(self) -> np.ndarray:
        """The middle of what is known."""
        with warnings.catch_warnings():  # a row without any value has no middle, and needs none
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.asarray(np.nanmedian(np.ascontiguousarray(self.X), axis=1))


def _total(X: np.ndarray) -> np.ndarray:
    return reduce(np.add, X.T)


FIGURES: Final[dict[str, Callable[[Rows], np.ndarray]]] = {
    "mean": lambda rows: rows.mean,
    "std": lambda rows: rows.std,
    "min": lambda rows: rows.low,
    "max": lambda rows: rows.high,
    "sum": lambda rows: rows.sum,
    "median": lambda rows: rows.median,
    "range": lambda rows: rows.high - rows.low,
    "missing": lambda rows: rows.missing,
    "zeros": lambda rows: _total((rows.X == 0).astype(np.float64)),
}


class RowFigures(Stateless):
    """Figures over all columns.

    Parameters
    ----------
    figures : tuple of str
        Names in `FIGURES`.
    """

    def __init__(self, figures: tuple[str, ...]) -> None:
        self.figures = figures

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column a figure."""
        rows = Rows(X)
        out = np.empty((len(X), len(self.figures)), order="F")
        with np.errstate(all="ignore"):
            for place, figure in enumerate(self.figures):
                out[:, place] = FIGURES[figure](rows)
        return out
