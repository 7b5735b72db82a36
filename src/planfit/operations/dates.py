"""The calendar in NumPy's own arithmetic: microseconds for one row, where a datetime accessor takes milliseconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from planfit.operations.arrays import ArrayTransformer

MICROSECONDS_A_DAY = 86_400_000_000


class DateParts(ArrayTransformer):
    """Parts of one column of dates as float columns, NaN for a missing date.

    Parameters
    ----------
    parts : tuple of str
        Names of `PARTS`, in the order of the columns that come out.

    Attributes
    ----------
    origin_ : numpy.datetime64
        The first date of training; ``days`` counts from it.
    """

    def __init__(self, parts: tuple[str, ...]) -> None:
        self.parts = parts

    def fit(self, X: np.ndarray, y: Any = None) -> DateParts:
        """Learn the first date."""
        dates = X[:, 0]
        present = dates[~np.isnat(dates)]
        self.origin_ = present.min() if len(present) else np.datetime64(0, "us")
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the parts."""
        dates = X[:, 0].astype("datetime64[us]")
        missing = np.isnat(dates)
        out = np.empty((len(dates), len(self.parts)))
        for place, part in enumerate(self.parts):
            out[:, place] = PARTS[part](dates) if part != "days" else self._days(dates)
        out[missing] = np.nan
        return out

    def _days(self, dates: np.ndarray) -> np.ndarray:
        return np.asarray((dates - self.origin_).astype(np.int64) / MICROSECONDS_A_DAY)


def _whole(dates: np.ndarray, unit: str) -> np.ndarray:
    return np.asarray(dates.astype(f"datetime64[{unit}]"))


def _day_of(dates: np.ndarray, unit: str) -> np.ndarray:
    return np.asarray((_whole(dates, "D") - _whole(_whole(dates, unit), "D")).astype(np.int64) + 1)


PARTS = {
    "year": lambda dates: _whole(dates, "Y").astype(np.int64) + 1970,
    "quarter": lambda dates: _whole(dates, "M").astype(np.int64) % 12 // 3 + 1,
    "month": lambda dates: _whole(dates, "M").astype(np.int64) % 12 + 1,
    "day": lambda dates: _day_of(dates, "M"),
    "weekday": lambda dates: (_whole(dates, "D").astype(np.int64) + 3) % 7,  # 1 January 1970 was a Thursday
    "dayofyear": lambda dates: _day_of(dates, "Y"),
    "hour": lambda dates: _whole(dates, "h").astype(np.int64) % 24,
    "minute": lambda dates: _whole(dates, "m").astype(np.int64) % 60,
}
