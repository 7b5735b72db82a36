"""Transformers of several columns at once: differences, combinations, numbers against their group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.distinct import distinct
from planfit.operations.encoders import level_name
from planfit.operations.simple import Stateless

JOINT: Final = " & "
DAY: Final = np.timedelta64(1, "D")
STATISTICS: Final[dict[str, Callable[[np.ndarray], Any]]] = {
    "mean": np.mean, "median": np.median, "min": np.min, "max": np.max,
    "std": lambda numbers: np.std(numbers, ddof=1) if len(numbers) > 1 else np.nan,
}  # fmt: skip


class Subtracted(Stateless):
    """The first of two columns minus the second; of dates, in days."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the difference."""
        between = X[:, :1] - X[:, 1:2]
        return np.asarray(between / DAY if between.dtype.kind == "m" else between, dtype=np.float64)


class Crossed(Stateless):
    """The levels of all columns as one text, ``rome & true``."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column of texts."""
        places = np.zeros(len(X), dtype=np.int64)
        named: list[list[str]] = []
        for column in X.T:
            codes, values = distinct(column)
            named.append([*(level_name("", value) for value in values), level_name("", None)])
            places = places * len(named[-1]) + codes
        combinations, rows = np.unique(places, return_inverse=True)
        parts = []
        for names in reversed(named):
            combinations, last = np.divmod(combinations, len(names))
            parts.append([names[place] for place in last.tolist()])
        joined = np.array([JOINT.join(some) for some in zip(*reversed(parts), strict=True)], dtype=object)
        return joined[rows][:, None]


class AgainstGroup(ArrayTransformer):
    """The first column beside a statistic of its group, which the second names.

    Parameters
    ----------
    statistic : {"mean", "median", "std", "min", "max"}
        Of each group's numbers in training.
    compare : {"difference", "ratio", "none"}
        How the row's own number enters.

    Attributes
    ----------
    statistics_ : dict of level to float
        Missing is a level too.
    overall_ : float
        For groups that training did not hold, or held without a number.
    """

    def __init__(self, statistic: str, compare: str) -> None:
        self.statistic = statistic
        self.compare = compare

    def fit(self, X: np.ndarray, y: Any = None) -> AgainstGroup:
        """Learn the statistic of each group, and of all rows."""
        numbers = X[:, 0].astype(np.float64)
        codes, values = distinct(X[:, 1])
        levels = [*values, None]
        known = np.flatnonzero(~np.isnan(numbers))
        order = known[np.argsort(codes[known], kind="stable")]
        starts = np.searchsorted(codes[order], np.arange(1, len(levels)))
        of = STATISTICS[self.statistic]
        self.overall_ = _finite(of, numbers[known], 0.0)
        self.statistics_ = {
            key: _finite(of, numbers[rows], self.overall_)
            for key, rows in zip(levels, np.split(order, starts), strict=True)
        }
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column of numbers."""
        of_group = np.array([self.statistics_.get(key, self.overall_) for key in _keys(X[:, 1])])
        numbers = X[:, 0].astype(np.float64)
        if self.compare == "none":
            out = of_group
        elif self.compare == "difference":
            out = numbers - of_group
        else:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                out = numbers / of_group
            out[np.isinf(out)] = np.nan
        return out[:, None]


def _finite(of: Callable[[np.ndarray], Any], numbers: np.ndarray, otherwise: float) -> float:
    """Return a statistic, or what stands for it where there are too few numbers."""
    value = float(of(numbers)) if len(numbers) else np.nan
    return value if np.isfinite(value) else otherwise


def _keys(column: np.ndarray) -> list[Any]:
    """Return the groups' names, one object for whatever is missing."""
    return [None if cell is None or cell != cell else cell for cell in column.tolist()]
