"""The cells of a raw column that a plan is likely to stumble over, found without reading the column as what it means."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.door import polars_array, read_column
from planfit.records.schema import Column, Kind

MOST_READ: Final = 20_000
"""Texts that are read as the numbers or dates that they hold; of more, every second, third, ..."""


def awkward_cells(series: pl.Series, column: Column) -> tuple[list[int], npt.NDArray[np.bool_]]:
    """Return where the first missing cell is, extremes, the longest, the shortest and the rarest; and all that are missing.

    Parameters
    ----------
    series : polars.Series
        Raw values.
    column : Column
        What they mean.

    Examples
    --------
    >>> awkward_cells(pl.Series(["a", "a", None, "bcd", "bcd", "ef"]), Column(name="x", kind=Kind.TEXT))[0]
    [2, 3, 0, 5, 0]
    """
    if series.dtype == pl.String:
        gaps = series.is_null().to_numpy()
        extremes = _of_texts(series)
        if column.kind in (Kind.NUMERIC, Kind.DATETIME):
            step = -(-len(series) // MOST_READ)
            read = read_column(polars_array(series.gather_every(step)), column)
            extremes += [step * place for place in _extremes(read, read != read)]
    else:
        read = read_column(polars_array(series), column)
        gaps = np.asarray(read != read, dtype=bool)
        extremes = _extremes(read, gaps) if read.dtype.kind in "fM" else _rarest(series.hash(0), gaps)
    first = [int(gaps.argmax())] if gaps.any() else []
    return ([*first, *extremes] if not gaps.all() else first), gaps


def _of_texts(series: pl.Series) -> list[int]:
    lengths = series.str.len_bytes()
    longest, shortest = lengths.arg_max(), lengths.arg_min()
    found = [place for place in (longest, shortest) if place is not None]
    return [*found, *_rarest(series.hash(0), series.is_null().to_numpy())]


def _rarest(hashes: pl.Series, gaps: npt.NDArray[np.bool_]) -> list[int]:
    present = np.flatnonzero(~gaps)
    _, first, counts = np.unique(hashes.to_numpy()[present], return_index=True, return_counts=True)
    by_place = np.lexsort((first, counts))
    return [int(present[first[level]]) for level in by_place[:2]]


def _extremes(values: npt.NDArray[Any], gaps: npt.NDArray[np.bool_]) -> list[int]:
    present = np.flatnonzero(~gaps)
    if not len(present):
        return []
    some = values[present]
    return [int(present[some.argmin()]), int(present[some.argmax()])]
