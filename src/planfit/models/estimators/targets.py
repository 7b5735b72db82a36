"""Regression targets in a unit that suits arithmetic of few digits, and weights that make absolute errors relative."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from planfit.models.metrics import Array

SMALLEST_SHARE: Final = 0.01
"""Values below this share of the typical one weigh no more than it: a relative error at zero has no bound."""


class Unit(NamedTuple):
    """A target's own unit: values are ``shift + scale * standardised``."""

    shift: float
    scale: float

    @classmethod
    def of(cls, values: Array) -> Unit:
        """Return mean and standard deviation, 1 for a constant."""
        scale = float(np.std(values))
        return cls(float(np.mean(values)), scale if scale > 0 and np.isfinite(scale) else 1.0)

    def standardised(self, values: Array) -> Array:
        """Return values of mean 0 and deviation 1, in 64 bits."""
        return (values - self.shift) / self.scale

    def restored(self, values: Array) -> Array:
        """Undo `standardised`."""
        return self.shift + self.scale * np.asarray(values, dtype=np.float64)


def relative_weights(values: Array) -> Array:
    """Return one over the size of each value, of mean 1: absolute errors so weighted are relative errors."""
    sizes = np.abs(values)
    typical = float(np.median(sizes)) or float(sizes.mean()) or 1.0
    weights = 1.0 / np.maximum(sizes, SMALLEST_SHARE * typical)
    return np.asarray(weights / weights.mean())


def combined(own: Array | None, rows: Array | None) -> Array | None:
    """Return the product of two kinds of weights, either of which may be missing."""
    if own is None or rows is None:
        return rows if own is None else own
    return np.asarray(own * rows)


def fitted_loss(metric: str, on_logarithms: bool) -> str:
    """Return ``absolute``, ``relative`` or ``squared``: the error that a regression judged by `metric` is fitted to.

    A relative error of a value is an absolute one of its logarithm.
    """
    if metric == "mae" or (metric == "mape" and on_logarithms):
        return "absolute"
    return "relative" if metric == "mape" else "squared"
