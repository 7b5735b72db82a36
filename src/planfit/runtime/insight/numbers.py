"""Predictions of numbers, looked at: points, residuals, error by decile. NumPy only."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planfit.records.canonical import seed_of
from planfit.records.insight import Decile, NumberInsight

MOST_POINTS: Final = 600
"""Points that are drawn; more run into one another."""
BINS: Final = 24
DECILES: Final = 10
ROWS_A_DECILE: Final = 10
SPAN_OF_A_LOGARITHM: Final = 30.0
"""The 98 % quantile over the 2 % quantile from which values are drawn on a logarithmic scale."""

Array = NDArray[Any]


def look(y: Array, predicted: Array, seed: int) -> NumberInsight:
    """Return what predictions of numbers show.

    Parameters
    ----------
    y, predicted : array of float
        Truth and prediction, in the target's unit.
    seed : int
        For the choice of the points that are kept.
    """
    wrong = predicted - y
    some = np.arange(len(y))
    if len(y) > MOST_POINTS:
        source = np.random.default_rng(seed_of(seed, "points"))
        some = np.sort(source.choice(len(y), MOST_POINTS, replace=False))
    low, high = np.quantile(wrong, [0.01, 0.99])
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    counts, _ = np.histogram(np.clip(wrong, low, high), edges)
    ends = np.quantile(y, [0.02, 0.98])
    return NumberInsight(
        actual=_figures(y[some]),
        predicted=_figures(predicted[some]),
        edges=_figures(edges),
        counts=tuple(int(n) for n in counts),
        deciles=_deciles(y, predicted),
        median_error=float(np.median(np.abs(wrong))),
        most_errors=float(np.quantile(np.abs(wrong), 0.9)),
        log_scale=bool(min(y.min(), predicted.min()) > 0 and ends[1] / ends[0] > SPAN_OF_A_LOGARITHM),
    )


def _deciles(y: Array, predicted: Array) -> tuple[Decile, ...]:
    parts = min(DECILES, max(1, len(y) // ROWS_A_DECILE))
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, parts + 1)[1:-1])) if parts > 1 else np.array([])
    place = np.searchsorted(edges, predicted, side="right")
    made = []
    for number in range(len(edges) + 1):
        inside = place == number
        if inside.any():
            wrong = predicted[inside] - y[inside]
            made.append(
                Decile(
                    low=float(predicted[inside].min()), high=float(predicted[inside].max()), rows=int(inside.sum()),
                    error=float(np.abs(wrong).mean()), bias=float(wrong.mean()),
                )
            )  # fmt: skip
    return tuple(made)


def _figures(values: Array) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
