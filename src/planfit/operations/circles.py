"""Places on a circle, as sine and cosine."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.dates import Calendar
from planfit.operations.simple import NumberOfCode, Stateless

PERIODS: Final = {"month": 12.0, "weekday": 7.0, "dayofyear": 365.25, "hour": 24.0}


def numbers_of(X: np.ndarray) -> np.ndarray:
    """Return the one column of `X` as numbers; codes kept as text too, NaN for other texts."""
    return np.asarray((NumberOfCode().transform(X) if X.dtype == object else X)[:, 0])


def on_circle(turns: np.ndarray) -> np.ndarray:
    """Return sine and cosine of numbers of turns, two columns."""
    return np.column_stack([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)])


class DateCircles(Stateless):
    """Cycles of one column of dates.

    Parameters
    ----------
    parts : tuple of str
        Names in `PERIODS`.
    """

    def __init__(self, parts: tuple[str, ...]) -> None:
        self.parts = parts

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return two columns a cycle, NaN for a missing date."""
        dates = X[:, 0].astype("datetime64[us]", copy=False)
        calendar = Calendar(dates)
        out = np.hstack([on_circle(calendar.part(part) / PERIODS[part]) for part in self.parts])
        out[np.isnat(dates)] = np.nan
        return out


class NumberCircle(ArrayTransformer):
    """One column of numbers on a circle.

    Parameters
    ----------
    period : float or None
        None: the range in training, plus one.

    Attributes
    ----------
    period_ : float
    """

    def __init__(self, period: float | None) -> None:
        self.period = period

    def fit(self, X: np.ndarray, y: Any = None) -> NumberCircle:
        """Learn the period where it was not given."""
        numbers = numbers_of(X)
        known = numbers[np.isfinite(numbers)]
        self.period_ = self.period or (float(np.ptp(known)) + 1.0 if len(known) else 1.0)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return sine and cosine."""
        return on_circle(np.mod(numbers_of(X), self.period_) / self.period_)
