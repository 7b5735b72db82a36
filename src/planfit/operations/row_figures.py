"""Figures of rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Final

import numpy as np

from planfit.operations.simple import Stateless

FIGURES: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "mean": lambda X: np.nanmean(X, axis=1),
    "std": lambda X: np.nanstd(X, axis=1),
    "min": lambda X: np.nanmin(X, axis=1),
    "max": lambda X: np.nanmax(X, axis=1),
    "sum": lambda X: np.where(np.isnan(X).all(axis=1), np.nan, np.nansum(X, axis=1)),
    "median": lambda X: np.nanmedian(X, axis=1),
    "range": lambda X: np.nanmax(X, axis=1) - np.nanmin(X, axis=1),
    "missing": lambda X: np.isnan(X).sum(axis=1).astype(np.float64),
    "zeros": lambda X: (X == 0).sum(axis=1).astype(np.float64),
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
        with warnings.catch_warnings():  # a row without any value has no mean, and needs none
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.column_stack([FIGURES[figure](X) for figure in self.figures])
