"""Each distinct value of a column once: what is slow for a text is done for few of them; and figures of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def distinct(column: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    """Return each cell's place among the distinct values, and these; a missing cell's place is the one after the last.

    >>> distinct(np.array(["b", np.nan, "a", "b"], dtype=object))
    (array([0, 2, 1, 0]), ['b', 'a'])
    """
    codes, values = pd.factorize(column)
    found = values.tolist() if values.dtype.kind in "fO" else list(values)
    return np.where(codes < 0, len(values), codes), found


def statistics_of(numbers: np.ndarray, codes: np.ndarray, groups: int, statistic: str) -> tuple[float, np.ndarray]:
    """Return a statistic, as pandas names it, of all numbers and of each group, NaN where there are too few.

    >>> statistics_of(np.array([1.0, 3.0, np.nan]), np.array([0, 0, 1]), 2, "mean")
    (2.0, array([ 2., nan]))
    """
    series = pd.Series(numbers, copy=False)
    found = series.groupby(codes, sort=False).agg(statistic).reindex(range(groups))
    return float(series.agg(statistic)), found.to_numpy(dtype=np.float64)
