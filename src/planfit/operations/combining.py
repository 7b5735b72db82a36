"""Transformers of several columns at once: differences, combinations, numbers against their group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.distinct import distinct, statistics_of
from planfit.operations.encoders import level_name
from planfit.operations.simple import Stateless

JOINT: Final = " & "
DAY: Final = np.timedelta64(1, "D")


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
    """The first column beside a statistic of its group, which the second names; pandas groups.

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

    def fit(self, X: Sequence[np.ndarray], y: Any = None) -> AgainstGroup:
        """Learn the statistic of each group, and of all rows."""
        self._learn(X)
        return self

    def fit_transform(self, X: Sequence[np.ndarray], y: Any = None) -> np.ndarray:
        """Learn them, and return the same rows as `transform` gives them."""
        return self._compared(X[0], *self._learn(X))

    def transform(self, X: Sequence[np.ndarray]) -> np.ndarray:
        """Return one column of numbers."""
        return self._compared(X[0], *distinct(X[1]))

    def _learn(self, X: Sequence[np.ndarray]) -> tuple[np.ndarray, list[Any]]:
        codes, values = distinct(X[1])
        overall, found = statistics_of(X[0], codes, len(values) + 1, self.statistic)
        self.overall_ = overall if np.isfinite(overall) else 0.0
        found = np.where(np.isfinite(found), found, self.overall_)
        self.statistics_ = dict(zip([*values, None], found.tolist(), strict=True))
        return codes, values

    def _compared(self, numbers: np.ndarray, codes: np.ndarray, values: list[Any]) -> np.ndarray:
        table = [self.statistics_.get(key, self.overall_) for key in (*values, None)]
        of_group = np.array(table)[codes]
        if self.compare == "none":
            out = of_group
        elif self.compare == "difference":
            out = numbers - of_group
        else:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                out = numbers / of_group
            out[np.isinf(out)] = np.nan
        return out[:, None]
