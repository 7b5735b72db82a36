"""Whether the rows stand in the order of time, and whether they are a time series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.entities import Facts, named
from planfit.data.names import words_of
from planfit.data.readings import read_dates
from planfit.records.findings import Finding
from planfit.records.schema import Column, DateReading, Kind

CLOCKS: Final = named("year yr date datetime time timestamp instant step timestep period cycle tick t epoch week month day")  # fmt: skip
"""Names of numbers that count time."""
PARTS: Final = (
    ("year", frozenset({"year", "yr"}), 0, 9999),
    ("month", frozenset({"month", "mnth", "mth", "mo"}), 1, 12),
    ("day", frozenset({"day", "dom", "mday", "dayofmonth"}), 1, 31),
    ("hour", frozenset({"hour", "hr"}), 0, 24),
)
"""Parts of a date in columns of their own, the coarsest first; with what they are called and where they lie."""
FEWEST_MOMENTS: Final = 10
FEWEST_OF_A_SERIES: Final = 20
NEARLY_ALL: Final = 0.98
REGULAR: Final = 0.9
"""Share of the gaps that are alike in a regular series."""
EVENLY: Final = 0.7
"""Share of the moments that hold equally many rows."""
FIRST_ROWS: Final = 2_000


def time_order(facts: Facts) -> Iterator[Finding]:
    """Say by which column the rows are in the order of time.

    ``time-series`` where each row is a moment of its own, or where moments follow one another regularly with equally
    many rows each; else ``time-order``.
    """
    frame, columns, statistics = facts
    found = False
    for column in columns:
        if column.kind is Kind.DATETIME and (column.n_unique or 0) >= FEWEST_MOMENTS and not column.missing:
            moments = _dates(frame[column.name], column)
            if moments is not None:
                found = True
                yield _told((column.name,), moments)
    if found:
        return
    parts = date_parts(column.name for column in columns)
    if len(parts) > 1:
        for last in range(len(parts), 1, -1):
            names = parts[:last]
            moments = joined({name: frame[name] for name in names}, names)
            if moments is not None and _in_order(moments) and len(np.unique(moments)) >= FEWEST_MOMENTS:
                yield _told(names, moments)
                return
    for column, figures in zip(columns, statistics, strict=True):
        if not set(words_of(column.name)) & CLOCKS or column.missing or (column.n_unique or 0) < FEWEST_MOMENTS:
            continue
        if frame[column.name].dtype.is_numeric() and figures.kind in (Kind.NUMERIC, Kind.IDENTIFIER, Kind.CATEGORICAL):
            numbers = frame[column.name].to_numpy()
            if _in_order(numbers):
                yield _told((column.name,), numbers)


def date_parts(names: Any) -> tuple[str, ...]:
    """Return the columns that hold year, month, day and hour, as many as follow one another; empty without a year.

    Examples
    --------
    >>> date_parts(["hour", "day", "month", "year", "price"]), date_parts(["day", "month"])
    (('year', 'month', 'day', 'hour'), ())
    """
    listed = tuple(names)
    found: list[str] = []
    for _, called, _, _ in PARTS:
        name = next((name for name in listed if "".join(words_of(name)) in called), None)
        if name is None:
            break
        found.append(name)
    return tuple(found)


def joined(columns: Mapping[str, Any], names: tuple[str, ...], first: int = 0) -> npt.NDArray[np.int64] | None:
    """Return one number a row that orders rows as the parts of their dates do, from the `first` on; None where they are no such parts."""
    total: npt.NDArray[np.int64] | None = None
    for name, (_, _, low, high) in zip(names, PARTS[first:], strict=False):
        numbers = _whole(columns[name])
        if numbers is None or numbers.min(initial=low) < low or numbers.max(initial=low) > high:
            return None
        total = numbers if total is None else total * 100 + numbers
    return total


def _whole(values: Any) -> npt.NDArray[np.int64] | None:
    """Return whole numbers, also of digits kept as text; None where there are others or gaps."""
    series = pl.Series(np.asarray(values)) if not isinstance(values, pl.Series) else values
    numbers = series.cast(pl.Float64, strict=False).to_numpy()
    if not np.isfinite(numbers).all() or (numbers != np.rint(numbers)).any() or np.abs(numbers).max(initial=0) > 1e9:
        return None
    return numbers.astype(np.int64)


def _dates(series: pl.Series, column: Column) -> npt.NDArray[Any] | None:
    """Return the moments where they are in order, else None; most tables show in the first rows that they are not."""
    reading = column.reading if isinstance(column.reading, DateReading) else None
    if not _in_order(read_dates(series.head(FIRST_ROWS).to_numpy(), reading)):
        return None
    moments = read_dates(series.to_numpy(), reading)
    return moments if _in_order(moments) else None


def _in_order(moments: npt.NDArray[Any]) -> bool:
    if moments.dtype.kind == "M" and np.isnat(moments).any():
        return False
    later, earlier = moments[1:], moments[:-1]
    return bool((later >= earlier).all() or (later <= earlier).all())


def _told(names: tuple[str, ...], moments: npt.NDArray[Any]) -> Finding:
    shown = ", ".join(repr(name) for name in names)
    why = _series(moments)
    if why is not None:
        return Finding(
            code="time-series", gate="dataset", severity="warning",
            message=f"The rows are a series in the order of {shown}: {why}.", columns=names,
            hint="A model is judged on later rows than it has seen, unless --split says otherwise.",
        )  # fmt: skip
    return Finding(
        code="time-order", gate="dataset", severity="warning",
        message=f"The rows are in the order of {shown}.", columns=names,
        hint="If the model is to predict later rows, split forward in time.",
    )  # fmt: skip


def _series(moments: npt.NDArray[Any]) -> str | None:
    """Return in words why rows in order are a series; None where they are only sorted."""
    numbers = moments.astype("M8[us]").astype(np.int64) if moments.dtype.kind == "M" else moments.astype(np.float64)
    numbers = numbers[::-1] if numbers[0] > numbers[-1] else numbers
    starts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    distinct, counts = numbers[starts], np.diff(np.r_[starts, len(numbers)])
    if len(distinct) < FEWEST_OF_A_SERIES:
        return None
    if len(distinct) >= NEARLY_ALL * len(numbers):
        return "each row has a time of its own"
    gaps = np.diff(distinct)
    middle = np.median(gaps)
    alike = float(((gaps >= 0.8 * middle) & (gaps <= 1.2 * middle)).mean())
    usual = int(np.bincount(counts).argmax())
    if alike >= REGULAR and float((counts == usual).mean()) >= EVENLY:
        return f"{len(distinct):,} moments at equal distances, mostly with {usual:,} rows each"
    return None
