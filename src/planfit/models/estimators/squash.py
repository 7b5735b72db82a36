"""Numbers on one scale for networks and distances: robustly centred, large ones bent towards a bound."""

from __future__ import annotations

from typing import Final

import numpy as np

from planfit.models.estimator import LARGEST_SINGLE
from planfit.models.metrics import Array

BOUND: Final = 3.0
"""What the squashed values stay below; up to a third of it they hardly change."""


class Squash:
    """Median to 0, distance of the quartiles to 1, then ``z / sqrt(1 + (z / 3)^2)``; missing values become the median.

    The preprocessing of RealMLP (Holzmüller and others, 2024). A column whose quartiles are equal is scaled by half
    of its range; a constant one becomes 0.
    """

    def fit(self, matrix: Array) -> Squash:
        """Learn centre and scale of each column."""
        self.centre_ = np.zeros(matrix.shape[1])
        self.factor_ = np.zeros(matrix.shape[1])
        for place in range(matrix.shape[1]):
            values = np.clip(matrix[:, place], -LARGEST_SINGLE, LARGEST_SINGLE)
            values = values[~np.isnan(values)]
            if len(values) == 0:
                continue
            low, self.centre_[place], high = np.quantile(values, (0.25, 0.5, 0.75))
            width = high - low if high > low else (values.max() - values.min()) / 2
            self.factor_[place] = 1.0 / width if width > 0 and np.isfinite(1.0 / width) else 0.0
        return self

    def transform(self, matrix: Array) -> Array:
        """Return values between -3 and 3."""
        clipped = np.clip(matrix, -LARGEST_SINGLE, LARGEST_SINGLE)
        scaled = (clipped - self.centre_) * self.factor_
        np.nan_to_num(scaled, copy=False, nan=0.0)
        return np.asarray(scaled / np.hypot(1.0, scaled / BOUND))  # no square that could overflow
