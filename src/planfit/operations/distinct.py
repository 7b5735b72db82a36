"""Each distinct value of a column once: what is slow for a text is done for few of them."""

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
    return np.where(codes < 0, len(values), codes), list(values)
