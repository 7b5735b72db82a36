"""What a table holds, apart from how it is stored: one set of storage types, and a hash over names and values."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import polars as pl

from planfit.records.canonical import canonical_json

_ROWS: Final = 1 << 16
"""Rows whose texts are joined at once."""


def settle_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the table in few storage types: numbers, booleans, text, dates and timestamps of microseconds in UTC."""
    return pl.DataFrame([_settle(series) for series in frame])


def _settle(series: pl.Series) -> pl.Series:
    dtype = series.dtype
    if dtype in (pl.Categorical, pl.Enum):
        return series.cast(pl.String)
    if dtype.is_decimal():
        return series.cast(pl.Float64)
    if dtype in (pl.UInt64, pl.Int128, pl.UInt128):
        narrow = series.cast(pl.Int64, strict=False)
        return narrow if narrow.null_count() == series.null_count() else series.cast(pl.Float64)
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.cast(pl.Datetime("us"))
    if dtype == pl.Duration:
        return series.cast(pl.Duration("us")).cast(pl.Int64).cast(pl.Float64) / 1e6
    if dtype == pl.Time:
        return series.cast(pl.Int64).cast(pl.Float64) / 1e9
    if dtype == pl.Null:
        return series.cast(pl.String)
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        values = [None if value is None else str(value) for value in series.to_list()]
        return pl.Series(series.name, values, dtype=pl.String)
    return series


def content_hash(frame: pl.DataFrame) -> str:
    """Return the SHA-256 over names, logical types and values, whatever the chunks, widths or file that hold them.

    Parameters
    ----------
    frame : polars.DataFrame
        The table. NaN counts as missing.
    """
    total = hashlib.sha256(canonical_json(["table", 1, frame.height, frame.columns]))
    for series in settle_types(frame):
        total.update(_digest(series))
    return total.hexdigest()


def _digest(series: pl.Series) -> bytes:
    dtype = series.dtype
    parts: Iterable[np.ndarray]
    if dtype == pl.String:
        name, parts = "text", _text_parts(series)
    elif dtype == pl.Boolean:
        name, parts = "boolean", [series.fill_null(False).cast(pl.UInt8).to_numpy()]
    elif dtype.is_float():
        series = series.cast(pl.Float64).fill_nan(None)
        name, parts = "number", [series.fill_null(0.0).to_numpy()]
    elif dtype.is_integer():
        name, parts = "integer", [series.cast(pl.Int64).fill_null(0).to_numpy()]
    else:
        name = "date" if dtype == pl.Date else "moment"
        parts = [series.to_physical().cast(pl.Int64).fill_null(0).to_numpy()]
    column = hashlib.sha256(name.encode())
    column.update(np.packbits(series.is_null().to_numpy()).tobytes())
    for part in parts:
        little = part.byteswap() if sys.byteorder == "big" else part
        column.update(np.ascontiguousarray(little).data)
    return column.digest()


def _text_parts(series: pl.Series) -> Iterator[np.ndarray]:
    """Yield the lengths of all texts, then the texts, some rows at a time: joined, a column takes its memory again."""
    yield series.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
    for start in range(0, len(series), _ROWS):
        joined = series.slice(start, _ROWS).str.join("", ignore_nulls=True).item()
        yield np.frombuffer(joined.encode(), dtype=np.uint8)
