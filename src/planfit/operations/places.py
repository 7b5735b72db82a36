"""Distances on a sphere; scikit-learn's `haversine_distances` knows tables of pairs only."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer

RADIUS: Final = 6371.0088
"""Mean radius of the earth in kilometres."""


class Kilometres(ArrayTransformer):
    """From the first two columns to the next two, or to one place.

    Parameters
    ----------
    to : (float, float) or None
        Latitude and longitude; None: the median of the training places.

    Attributes
    ----------
    place_ : ndarray of shape (2,)
    """

    def __init__(self, to: tuple[float, float] | None) -> None:
        self.to = to

    def fit(self, X: np.ndarray, y: Any = None) -> Kilometres:
        """Learn the middle of the training places."""
        if self.to is not None or X.shape[1] >= 4:
            self.place_ = np.array(self.to or (0.0, 0.0), dtype=np.float64)
            return self
        known = _on_globe(X[:, :2])
        known = known[~np.isnan(known).any(axis=1)]
        self.place_ = np.median(known, axis=0) if len(known) else np.zeros(2)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column of kilometres."""
        here = np.radians(_on_globe(X[:, :2]))
        there = np.radians(_on_globe(X[:, 2:4]) if X.shape[1] >= 4 else self.place_[None, :])
        half = np.sin((here - there) / 2) ** 2
        chord = half[:, 0] + np.cos(here[:, 0]) * np.cos(there[:, 0]) * half[:, 1]
        return np.asarray(2 * RADIUS * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0))))[:, None]


def _on_globe(degrees: np.ndarray) -> np.ndarray:
    beyond = np.abs(degrees) > np.array([90.0, 180.0])
    return np.where(beyond.any(axis=1, keepdims=True), np.nan, degrees)
