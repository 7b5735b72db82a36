"""Time that passed, in NumPy's own arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.simple import Stateless

SECONDS: Final = {
    "seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0, "weeks": 604800.0, "years": 31557600.0,
}  # fmt: skip


def elapsed(start: Any, end: Any, unit: str) -> np.ndarray:
    """Return the time from `start` to `end`, NaN where one of them is missing."""
    between = np.asarray(end - start).astype("timedelta64[us]")
    out = between.astype(np.int64) / (1e6 * SECONDS[unit])
    return np.where(np.isnat(between), np.nan, out)


class Since(ArrayTransformer):
    """The time from dates to a reference.

    Parameters
    ----------
    reference : datetime or None
        None: the latest date of each column in training.
    unit : str
        One of `SECONDS`.

    Attributes
    ----------
    references_ : ndarray of datetime64
    """

    def __init__(self, reference: datetime | None, unit: str) -> None:
        self.reference = reference
        self.unit = unit

    def fit(self, X: np.ndarray, y: Any = None) -> Since:
        """Learn the latest dates."""
        dates = X.astype("datetime64[us]")
        if self.reference is not None:
            given = self.reference.astimezone(UTC).replace(tzinfo=None) if self.reference.tzinfo else self.reference
            self.references_ = np.full(X.shape[1], np.datetime64(given, "us"))
            return self
        known = [column[~np.isnat(column)] for column in dates.T]
        self.references_ = np.array(
            [some.max() if len(some) else np.datetime64(0, "us") for some in known], dtype="datetime64[us]"
        )
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the times."""
        return elapsed(X.astype("datetime64[us]"), self.references_, self.unit)


class Between(Stateless):
    """The time from the first of two columns to the second.

    Parameters
    ----------
    unit : str
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column."""
        return elapsed(X[:, :1], X[:, 1:2], self.unit)
