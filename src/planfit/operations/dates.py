"""The calendar in NumPy's own arithmetic: microseconds for one row, where a datetime accessor takes milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer

MICROSECONDS_A_DAY: Final = 86_400_000_000
MICROSECONDS_AN_HOUR: Final = 3_600_000_000
MICROSECONDS_A_MINUTE: Final = 60_000_000
NOT_A_TIME: Final = np.iinfo(np.int64).min
"""How NumPy keeps a missing date."""
FEW_ROWS: Final = 100
"""Up to so many rows each date is asked; of more, each day of the calendar between the first and the last once."""


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
        dates = X[:, 0].astype("datetime64[us]", copy=False)
        calendar = Calendar(dates)
        out = np.empty((len(dates), len(self.parts)), order="F")
        for place, part in enumerate(self.parts):
            out[:, place] = calendar.part(part) if part != "days" else self._days(dates)
        missing = np.isnat(dates)
        if missing.any():
            out[missing] = np.nan
        return out

    def _days(self, dates: np.ndarray) -> np.ndarray:
        return np.asarray((dates - self.origin_).astype(np.int64) / MICROSECONDS_A_DAY)


class Calendar:
    """What dates say, each day looked up once.

    Parameters
    ----------
    dates : ndarray of datetime64[us]
        What is said of missing ones means nothing.
    """

    def __init__(self, dates: np.ndarray) -> None:
        self.moments = dates.view(np.int64) if dates.flags.c_contiguous else dates.astype(np.int64)

    @cached_property
    def days(self) -> np.ndarray:
        """Days since 1 January 1970."""
        return np.asarray(self.moments // MICROSECONDS_A_DAY)

    @cached_property
    def _range(self) -> tuple[int, int] | None:
        """The first day and how many there are; None where asking each date is less work."""
        there = self.days[self.moments != NOT_A_TIME] if len(self.days) > FEW_ROWS else self.days[:0]
        if not len(there):
            return None
        first, last = int(there.min()), int(there.max())
        return (first, last - first + 1) if last - first < len(self.days) else None

    def part(self, name: str) -> np.ndarray:
        """Return a part of `PARTS` of each date."""
        if name == "hour":
            return np.asarray(self.moments // MICROSECONDS_AN_HOUR % 24)
        if name == "minute":
            return np.asarray(self.moments // MICROSECONDS_A_MINUTE % 60)
        if self._range is None:
            return PARTS[name](self.days.astype("datetime64[D]"))
        first, width = self._range
        table = PARTS[name](np.arange(first, first + width).astype("datetime64[D]"))
        return np.asarray(np.take(table, self.days - first, mode="clip"))


def _month(days: np.ndarray) -> np.ndarray:
    return np.asarray(days.astype("datetime64[M]").astype(np.int64) % 12)


def _day_of(days: np.ndarray, unit: str) -> np.ndarray:
    return np.asarray((days - days.astype(f"datetime64[{unit}]").astype("datetime64[D]")).astype(np.int64) + 1)


PARTS: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "year": lambda days: days.astype("datetime64[Y]").astype(np.int64) + 1970,
    "quarter": lambda days: _month(days) // 3 + 1,
    "month": lambda days: _month(days) + 1,
    "day": lambda days: _day_of(days, "M"),
    "weekday": lambda days: (days.astype(np.int64) + 3) % 7,  # 1 January 1970 was a Thursday
    "dayofyear": lambda days: _day_of(days, "Y"),
}
"""Parts that the day alone tells, of dates by the day; the hour and the minute are arithmetic."""
