"""Long columns of text read as numbers and moments at once; what needs a closer look goes to `readings`.

The column's meaning is known: all its texts have been seen to fit. So this may be lenient where `readings` is strict.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.door import read_column
from planfit.data.readings import BLANKS, read_dates, read_numbers
from planfit.records.schema import Column, DateReading, Kind, NumberReading

FEW_LEVELS: Final = 2_000
"""Different texts up to which each is read by itself."""
_ISO: Final = {10: "%Y-%m-%d", 16: "%Y-%m-%dT%H:%M", 19: "%Y-%m-%dT%H:%M:%S"}
_EPOCHS: Final = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}


def numbers_of(series: pl.Series, column: Column) -> npt.NDArray[np.float64]:
    """Return a numeric or boolean column as float64, missing values as NaN.

    Parameters
    ----------
    series : polars.Series
        The column as read.
    column : Column
        What it means.

    Examples
    --------
    >>> from planfit.data.kinds import infer_column
    >>> price = pl.Series("price", ["$1,200", "$90", None])
    >>> numbers_of(price, infer_column(price))
    array([1200.,   90.,   nan])
    """
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        return series.cast(pl.Float64).to_numpy()
    if series.dtype != pl.String:
        return read_column(series.to_numpy(), column).astype(np.float64)
    reading = column.reading if isinstance(column.reading, NumberReading) else None
    levels = series.unique(maintain_order=True)
    if column.kind is not Kind.NUMERIC or reading is None or len(levels) <= FEW_LEVELS:
        read = pl.Series(read_column(levels.to_numpy(), column).astype(np.float64))
        return series.replace_strict(levels, read, return_dtype=pl.Float64).to_numpy()
    texts = series.str.strip_chars(BLANKS)
    texts = texts.set(texts.is_in(["", *column.missing_markers]), None)
    numbers = _plain(texts, reading).cast(pl.Float64, strict=False)
    left = (numbers.is_null() & texts.is_not_null()).arg_true()
    read_all = np.array(numbers.to_numpy())
    read_all[left.to_numpy()] = read_numbers(texts.gather(left).to_numpy(), reading)
    return read_all


def _plain(texts: pl.Series, reading: NumberReading) -> pl.Series:
    """Return texts as numbers are written in programs, where that takes no more than leaving signs out."""
    if reading.brackets or reading.magnitudes:
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.String)
    for mark in reading.strip:
        texts = texts.str.replace(mark, "", literal=True)
    if reading.thousands:
        texts = texts.str.replace_all(reading.thousands, "", literal=True)
    if reading.decimal != ".":
        texts = texts.str.replace(reading.decimal, ".", literal=True)
    return texts.str.strip_chars(BLANKS) if reading.strip else texts


def moments_of(values: pl.Series, reading: DateReading | None) -> npt.NDArray[np.datetime64]:
    """Return present values of a column of dates as datetime64[us]; what is no date as NaT.

    Parameters
    ----------
    values : polars.Series
        Texts without blanks around them, whole numbers, dates or timestamps.
    reading : DateReading or None
        How they are written.

    Examples
    --------
    >>> moments_of(pl.Series(["31.12.2020", "x"] * 1500), DateReading(format="%d.%m.%Y"))[:2]
    array(['2020-12-31T00:00:00.000000',                        'NaT'],
          dtype='datetime64[us]')
    """
    if reading is not None and reading.epoch is not None and values.dtype.is_numeric():
        counted = values.cast(pl.Float64).to_numpy() * _EPOCHS[reading.epoch]
        return np.where(np.isfinite(counted), counted, 0).astype(np.int64).astype("M8[us]")
    if values.dtype != pl.String or len(values) <= FEW_LEVELS:
        return read_dates(values.to_numpy(), reading)
    read = np.full(len(values), np.datetime64("NaT"), dtype="M8[us]")
    quick = _by_format(values, reading.format if reading is not None else None)
    if quick is not None:
        read[:] = quick.to_numpy()
    left = np.flatnonzero(np.isnat(read))
    if left.size:
        read[left] = read_dates(values.gather(left).to_numpy(), reading)
    return read


def _by_format(texts: pl.Series, form: str | None) -> pl.Series | None:
    """Return texts as timestamps by one format, None where it is not one for all."""
    if form is None:
        first: Any = texts.first()
        form = _ISO.get(len(first))
        if form is not None and first[10:11] == " ":
            form = form.replace("T", " ")
    if form is None or "%d" not in form or "%z" in form or "%b" in form:
        return None
    if "%H" not in form and "%I" not in form:
        return texts.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    return texts.str.to_datetime(form.replace(".%f", "%.f"), strict=False, time_unit="us")
