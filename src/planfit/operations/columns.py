"""How a step finds its columns and hands them over: groups, storage, contiguous runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planfit.operations.base import LARGEST
from planfit.records.schema import Column, Kind

NUMBER, DATE, STRING, APART = "number", "date", "string", "apart"
MANY_ROWS = 4096
"""From here on numbers are looked at column by column, each of which stays in the processor's cache."""
DTYPES = {NUMBER: np.dtype(np.float64), DATE: np.dtype("datetime64[us]"), STRING: np.dtype(object)}


def storage_of(columns: Sequence[Column]) -> str:
    """Return how the values of these columns are handed to a transformer; mixed kinds as objects."""
    kinds = {
        NUMBER if column.kind in (Kind.NUMERIC, Kind.BOOLEAN) else DATE if column.kind is Kind.DATETIME else STRING
        for column in columns
    }
    return kinds.pop() if len(kinds) == 1 else STRING


def matrix_of(arrays: Sequence[np.ndarray], storage: str) -> Any:
    """Return columns as one array; a number beyond `LARGEST`, infinite ones too, counts as missing.

    Each column lies in one piece, as in a pandas frame: it is written, sorted, summed and handed on without strides. Of
    columns that stay apart a list of arrays, each by the same rule.
    """
    if storage == APART:
        return [matrix_of([array], _storage_of_array(array))[:, 0] for array in arrays]
    out = np.empty((len(arrays[0]), len(arrays)), dtype=DTYPES[storage], order="F")
    for place, array in enumerate(arrays):
        out[:, place] = array
    if storage == NUMBER:
        for block in out.T if len(out) >= MANY_ROWS else (out,):
            beyond = np.abs(block) > LARGEST
            if beyond.any():
                block[beyond] = np.nan
    return out


def _storage_of_array(array: np.ndarray) -> str:
    return {"M": DATE, "O": STRING}.get(array.dtype.kind, NUMBER)


def blank(columns: int, storage: str) -> np.ndarray:
    """Return one row without any value."""
    return np.full((1, columns), np.datetime64("NaT") if storage == DATE else np.nan, dtype=DTYPES[storage])


def is_group(name: str) -> bool:
    """Return whether `name` is that of a group, e.g. ``city=*`` (no sign before the star: an ordinary name)."""
    return len(name) > 2 and name.endswith("*") and not name[-2].isalnum()


def expand(name: str, present: Sequence[str]) -> list[str]:
    """Return the columns that `name` stands for: itself, or the members of a group."""
    if name in present or not is_group(name):
        return [name] if name in present else []
    return [one for one in present if one.startswith(name[:-1])]


def members_of(column: Column, present: Sequence[str]) -> list[str]:
    """Return the actual columns behind a resolved one."""
    return [one for one in present if one.startswith(column.name[:-1])] if column.group else [column.name]


def runs(order: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Return (frame, first, last + 1) for each stretch of neighbours, so that a slice does for many columns.

    >>> runs([(0, 0), (0, 1), (1, 0), (0, 3)])
    [(0, 0, 2), (1, 0, 1), (0, 3, 4)]
    """
    out: list[tuple[int, int, int]] = []
    for which, place in order:
        if out and out[-1][0] == which and out[-1][2] == place:
            out[-1] = (which, out[-1][1], place + 1)
        else:
            out.append((which, place, place + 1))
    return out
