"""How a choice inside of a training part is judged: as the folds are, never across groups and never back in time."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from planfit.models.base import InnerParts
from planfit.operations.encoders import time_order
from planfit.records.canonical import seed_of
from planfit.runtime.material import Positions, Sheets

PARTS: Final = 5


def inner_parts(sheets: Sheets, rows: Positions) -> InnerParts | None:
    """Return pairs of positions within `rows`, to learn from and to judge by; None where any rows may be mixed.

    Parameters
    ----------
    sheets : Sheets
        The job's tables.
    rows : array of int
        Training rows of a fold, or of a refit.
    """
    split = sheets.material.task.split
    there = split.column is not None and split.column in sheets.frame.columns
    column = sheets.frame[split.column].iloc[rows] if there else None
    if split.kind == "time":
        return _forward(time_order(None if column is None else column.to_numpy(), len(rows)))
    if split.kind == "group" and column is not None:
        return _apart(group_numbers(column), seed_of(sheets.material.seed, "inner"))
    return None


def group_numbers(column: pd.Series) -> NDArray[np.int64]:
    """Return the number of each row's group; a row without one is its own."""
    codes = pd.factorize(column)[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes


def _apart(groups: NDArray[np.int64], seed: int) -> InnerParts:
    count = min(PARTS, len(np.unique(groups)))
    if count < 2:
        return []
    splitter = GroupKFold(count, shuffle=True, random_state=seed % 2**32)
    return list(splitter.split(groups, groups=groups))


def _forward(ranks: NDArray[np.intp]) -> InnerParts:
    """Return parts that each learn from all that is earlier; rows of one moment stay together."""
    order = np.argsort(ranks, kind="stable")
    block = np.empty(len(ranks), dtype=np.intp)
    block[order] = np.arange(len(ranks)) * PARTS // max(len(ranks), 1)
    first = np.full(int(ranks.max(initial=-1)) + 1, PARTS, dtype=np.intp)
    np.minimum.at(first, ranks, block)
    block = first[ranks]
    pairs = [(np.flatnonzero(block < part), np.flatnonzero(block == part)) for part in range(1, PARTS)]
    return [(train, test) for train, test in pairs if len(train) and len(test)]
