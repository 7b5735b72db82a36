"""Groups of rows by the values of one column: levels of a category, ranges of a number, rows without a value."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.records.schema import Column, Kind

MOST_LEVELS: Final = 12
RANGES: Final = 4
FEW_VALUES: Final = 6
"""Numbers of so few values are groups of their own."""
LONGEST_LABEL: Final = 60

Group = tuple[str, NDArray[np.bool_]]


def groups(values: pd.Series, column: Column, fewest: int) -> Iterator[Group]:
    """Yield groups of rows with their labels, each of at least `fewest` rows."""
    for label, inside in _of_kind(values, column.kind):
        if fewest <= int(inside.sum()) <= len(values) - fewest:
            yield label, inside


def spoken(value: Any, kind: Kind) -> str:
    """Return a value as a person would write it."""
    if kind is Kind.DATETIME:
        return str(pd.Timestamp(value).date())
    if kind is Kind.BOOLEAN:
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        size = abs(float(value))
        return f"{value:,.0f}" if size >= 1_000 or float(value).is_integer() else f"{value:.4g}"
    text = str(value)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _of_kind(values: pd.Series, kind: Kind) -> Iterator[Group]:
    missing = values.isna().to_numpy()
    if missing.any():
        yield "missing", missing
    if kind in (Kind.CATEGORICAL, Kind.BOOLEAN):
        yield from _levels(values, kind)
    elif kind in (Kind.NUMERIC, Kind.DATETIME):
        yield from _levels(values, kind) if values.nunique() <= FEW_VALUES else _ranges(values, missing, kind)


def _levels(values: pd.Series, kind: Kind) -> Iterator[Group]:
    for level in values.value_counts().index[:MOST_LEVELS]:
        yield f"= {spoken(level, kind)}", (values == level).to_numpy(dtype=bool)


def _ranges(values: pd.Series, missing: NDArray[np.bool_], kind: Kind) -> Iterator[Group]:
    present = values[~missing]
    numbers = values.to_numpy()
    edges = np.unique(present.quantile(np.linspace(0, 1, RANGES + 1)).to_numpy())
    for low, high in itertools.pairwise(edges):
        last = high == edges[-1]
        inside = (numbers >= low) & ((numbers <= high) if last else (numbers < high)) & ~missing
        upper = spoken(high, kind)
        yield f"{spoken(low, kind)} to {upper}" if last else f"{spoken(low, kind)} to below {upper}", inside
