"""Edges between numbers, learned by scikit-learn."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any, Final

import numpy as np
from sklearn.preprocessing import KBinsDiscretizer

from planfit.operations.arrays import ArrayTransformer

SAMPLE: Final = 200_000
"""Rows from which edges are learned, drawn at random from more."""


class Intervals(ArrayTransformer):
    """The interval of each number; NaN stays.

    Parameters
    ----------
    n_bins : int
    strategy : {"quantile", "uniform", "kmeans"}
    edges : tuple of float or None
        Given ones.
    named : bool
        Texts come out, not numbers.
    seed : int

    Attributes
    ----------
    edges_ : list of ndarray
        The inner edges of each column.
    names_ : list of ndarray
        What its intervals are called, and NaN at the end.
    """

    def __init__(self, n_bins: int, strategy: str, edges: tuple[float, ...] | None, named: bool, seed: int) -> None:
        self.n_bins = n_bins
        self.strategy = strategy
        self.edges = edges
        self.named = named
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any = None) -> Intervals:
        """Learn the edges that were not given."""
        self.edges_ = [self._edges(column) if self.edges is None else np.array(self.edges) for column in X.T]
        self.names_ = [np.array([*names_of(edges), np.nan], dtype=object) for edges in self.edges_]
        return self

    def _edges(self, column: np.ndarray) -> np.ndarray:
        known = column[~np.isnan(column)]
        few = known[:1000] if len(np.unique(known[:1000])) >= self.n_bins else known
        bins = min(self.n_bins, len(np.unique(few)))
        if bins < 2:
            return np.empty(0)
        learner = KBinsDiscretizer(
            bins, encode="ordinal", strategy=self.strategy, subsample=SAMPLE, random_state=self.seed % 2**32,
            quantile_method="averaged_inverted_cdf",
        )  # fmt: skip
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # intervals too narrow, clusters too few: there are fewer then
            learner.fit(known[:, None])
        edges = np.asarray(learner.bin_edges_[0][1:-1], dtype=np.float64)
        return np.unique(edges[np.isfinite(edges)])

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return numbers of intervals, or their names."""
        out = np.empty(X.shape, dtype=object if self.named else np.float64)
        for place, (edges, names) in enumerate(zip(self.edges_, self.names_, strict=True)):
            gaps = np.isnan(X[:, place])
            codes = np.searchsorted(edges, X[:, place], side="right")
            out[:, place] = (
                names[np.where(gaps, len(edges) + 1, codes)] if self.named else np.where(gaps, np.nan, codes)
            )
        return out


def names_of(edges: np.ndarray) -> list[str]:
    """Return the names of the intervals between edges.

    >>> names_of(np.array([18.0, 65.0]))
    ['below 18', '18 to 65', 'from 65']
    """
    if not len(edges):
        return ["any"]
    shown = _told_apart(edges)
    middle = [f"{low} to {high}" for low, high in pairwise(shown)]
    return [f"below {shown[0]}", *middle, f"from {shown[-1]}"]


def _told_apart(edges: np.ndarray) -> list[str]:
    for digits in (6, 9, 17):
        shown = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(shown)) == len(shown):
            break
    return shown
