"""What a table holds, apart from how it is stored: one set of storage types, and a hash over names and values."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.records.canonical import canonical_json

Bytes = npt.NDArray[Any]

_ROWS: Final = 1 << 16
"""Rows whose texts are joined at once."""
_CELLS: Final = 1 << 16
"""The same for cells of several columns."""
_SETTLED: Final = frozenset(
    {pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Float32, pl.Float64, pl.String, pl.Boolean, pl.Date}
)
"""Types that remain as they are."""


def settle_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the table in few storage types: numbers, booleans, text, dates and timestamps of microseconds in UTC."""
    if all(type(dtype) in _SETTLED for dtype in frame.dtypes):
        return frame
    return pl.DataFrame([_settle(series) for series in frame])


def _settle(series: pl.Series) -> pl.Series:
    dtype = series.dtype
    if type(dtype) in _SETTLED:
        return series
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
    columns = settle_types(frame).get_columns()
    texts = _text_parts([series for series in columns if series.dtype == pl.String])
    for series in columns:
        total.update(_digest(series, texts))
    return total.hexdigest()


def _digest(series: pl.Series, texts: Iterator[Iterable[Bytes]]) -> bytes:
    """Return the hash of a column; the content of each text column is the next of `texts`."""
    dtype = series.dtype
    parts: Iterable[Bytes]
    absent: npt.NDArray[np.bool_] | None = None
    if dtype == pl.String:
        name, parts = "text", next(texts)
    elif dtype == pl.Boolean:
        name, parts = "boolean", [_filled(series, False).cast(pl.UInt8).to_numpy()]
    elif dtype.is_float():
        numbers = series.to_numpy().astype(np.float64, copy=False)  # missing is NaN
        absent = np.isnan(numbers)
        name, parts = "number", [np.where(absent, 0.0, numbers) if absent.any() else numbers]
    elif dtype.is_integer():
        name, parts = "integer", [_filled(series.cast(pl.Int64), 0).to_numpy()]
    else:
        name = "date" if dtype == pl.Date else "moment"
        parts = [_filled(series.to_physical().cast(pl.Int64), 0).to_numpy()]
    column = hashlib.sha256(name.encode())
    column.update(np.packbits(_absent(series) if absent is None else absent).tobytes())
    for part in parts:
        little = part.byteswap() if sys.byteorder == "big" else part
        column.update(np.ascontiguousarray(little).data)
    return column.digest()


def _filled(series: pl.Series, value: Any) -> pl.Series:
    return series.fill_null(value) if series.null_count() else series


def _absent(series: pl.Series) -> npt.NDArray[np.bool_]:
    return series.is_null().to_numpy() if series.null_count() else np.zeros(len(series), dtype=bool)


def _text_parts(columns: Sequence[pl.Series]) -> Iterator[Iterable[Bytes]]:
    """Yield for each column the lengths of all texts, then the texts; short columns are looked into together."""
    rows = len(columns[0]) if columns else 0
    if rows > _CELLS:
        yield from map(_long_parts, columns)
        return
    step = max(1, _CELLS // max(1, rows))
    for start in range(0, len(columns), step):
        cells = pl.concat([series.alias("") for series in columns[start : start + step]])
        lengths = cells.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy().reshape(-1, rows)
        content = np.frombuffer(_joined(cells), dtype=np.uint8)
        ends = np.cumsum(lengths.sum(axis=1))
        for each, end in zip(lengths, ends.tolist(), strict=True):
            yield [each, content[end - int(each.sum()) : end]]


def _long_parts(series: pl.Series) -> Iterator[Bytes]:
    """Yield the lengths, then the texts of some rows at a time: joined, a column takes its memory again."""
    yield series.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
    for start in range(0, len(series), _ROWS):
        yield np.frombuffer(_joined(series.slice(start, _ROWS)), dtype=np.uint8)


def _joined(texts: pl.Series) -> bytes:
    joined: str = texts.str.join("", ignore_nulls=True).item()
    return joined.encode()
