"""Transformers that count the levels of categories."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.encoders import LevelLookup, is_missing

RARE: Final = "rare"
"""What levels of few rows become."""


class LevelCounts(LevelLookup):
    """Numbers of training rows by level, or their shares.

    Parameters
    ----------
    normalize : bool
        Shares.
    """

    def __init__(self, normalize: bool) -> None:
        self.normalize = normalize

    def fit(self, X: np.ndarray, y: Any = None) -> LevelCounts:
        """Count."""
        self._read_levels(X)
        whole = len(X) if self.normalize else 1
        self.tables_ = [
            np.bincount(codes, minlength=len(levels) + 2)[:, None] / whole
            for levels, codes in zip(self.levels_, self.codes(X), strict=True)
        ]
        return self


class FrequentLevels(ArrayTransformer):
    """The cells, those of rare and unseen levels as `RARE`.

    Parameters
    ----------
    min_frequency : int or float
        Rows from which a level is kept; a share of the rows below 1.

    Attributes
    ----------
    kept_ : list of dict
        The levels of each column that stay, as keys.
    """

    def __init__(self, min_frequency: float) -> None:
        self.min_frequency = min_frequency

    def fit(self, X: np.ndarray, y: Any = None) -> FrequentLevels:
        """Learn which levels are frequent."""
        fewest = self.min_frequency if self.min_frequency >= 1 else self.min_frequency * len(X)
        self.kept_ = []
        for column in X.T:
            counts = Counter(cell for cell in column.tolist() if not is_missing(cell))
            self.kept_.append({level: None for level in sorted(counts, key=str) if counts[level] >= fewest})
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the texts."""
        out = X.copy(order="K")
        for place, kept in enumerate(self.kept_):
            out[:, place] = [cell if is_missing(cell) or cell in kept else RARE for cell in X[:, place].tolist()]
        return out
