"""Transformers that count the levels of categories."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.distinct import distinct
from planfit.operations.encoders import LevelLookup

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

    def _learn_tables(self, X: np.ndarray) -> list[np.ndarray]:
        positions = self._read_levels(X)
        whole = len(X) if self.normalize else 1
        self.tables_ = [
            np.bincount(codes, minlength=len(levels) + 2)[:, None] / whole
            for levels, codes in zip(self.levels_, positions, strict=True)
        ]
        return positions


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
            places, levels = distinct(column)
            counts = np.bincount(places, minlength=len(levels) + 1)
            frequent = [level for level, count in zip(levels, counts.tolist(), strict=False) if count >= fewest]
            self.kept_.append(dict.fromkeys(sorted(frequent, key=str)))
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the texts."""
        out = np.empty_like(X, order="F")
        for place, kept in enumerate(self.kept_):
            places, levels = distinct(X[:, place])
            told = [level if level in kept else RARE for level in levels]
            out[:, place] = np.array([*told, np.nan], dtype=object)[places]
        return out
