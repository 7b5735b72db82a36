"""What a careful reader of a table would point out, before anybody has named a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from planfit.data.formats import is_ambiguous
from planfit.data.names import is_named_like_an_identifier
from planfit.data.readings import BLANKS, read_dates
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Column, DateReading, Kind

MOSTLY_MISSING = 0.5
FEWEST_PER_ENTITY = 2.0
SENTINELS = frozenset({-1.0, -9.0, -99.0, -200.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0})
_HASHED_ROWS = 5_000

Facts = tuple[pl.DataFrame, tuple[Column, ...], tuple[ColumnProfile, ...]]


def warn(
    frame: pl.DataFrame, columns: tuple[Column, ...], statistics: tuple[ColumnProfile, ...], duplicate_rows: int
) -> tuple[Finding, ...]:
    """Return all warnings about a table.

    Parameters
    ----------
    frame : polars.DataFrame
        The table as read.
    columns : tuple of Column
        What its columns mean.
    statistics : tuple of ColumnProfile
        Their figures.
    duplicate_rows : int
        Rows that repeat an earlier one.
    """
    found = list(_about_rows(frame, duplicate_rows))
    for rule in (_kinds, _missing, _disguised, _ambiguous_dates, _time_order, _entities, _personal):
        found.extend(rule((frame, columns, statistics)))
    found.extend(_equal_columns(frame, columns))
    return tuple(found)


def _finding(code: str, message: str, columns: Sequence[str] = (), hint: str | None = None) -> Finding:
    return Finding(code=code, gate="dataset", severity="warning", message=message, columns=tuple(columns), hint=hint)


def _about_rows(frame: pl.DataFrame, duplicate_rows: int) -> Iterator[Finding]:
    if duplicate_rows:
        share = duplicate_rows / frame.height
        yield _finding(
            "duplicate-rows", f"Of the rows, {duplicate_rows} ({share:.1%}) repeat an earlier one.",
            hint="Equal rows stay on one side of every split.",
        )  # fmt: skip


def _kinds(facts: Facts) -> Iterator[Finding]:
    for column in facts[1]:
        if column.kind is Kind.IDENTIFIER:
            yield _finding("identifier", f"{column.name!r} only tells rows apart.", [column.name])
        elif column.kind is Kind.CONSTANT:
            what = "the same value in every row" if column.n_unique else "no value at all"
            yield _finding("constant", f"{column.name!r} holds {what}.", [column.name])


def _missing(facts: Facts) -> Iterator[Finding]:
    frame, columns, _ = facts
    for column in columns:
        share = (column.missing or 0) / frame.height
        if column.n_unique and share > MOSTLY_MISSING:
            yield _finding("mostly-missing", f"{column.name!r} is missing in {share:.1%} of the rows.", [column.name])


def _disguised(facts: Facts) -> Iterator[Finding]:
    """Marks read as missing are said; numbers that may mean missing are only pointed out."""
    frame, columns, statistics = facts
    for column, figures in zip(columns, statistics, strict=True):
        if column.missing_markers:
            marks = ", ".join(repr(mark) for mark in column.missing_markers)
            yield _finding("disguised-missing", f"In {column.name!r}, {marks} is read as missing.", [column.name])
        number = _lone_extreme(frame[column.name], figures) if column.kind is Kind.NUMERIC else None
        if number is not None:
            yield _finding(
                "disguised-missing",
                f"In {column.name!r}, {number:g} stands apart from all other values and may mean missing.", [column.name], hint="It is kept as a number; replace it in the data if it means missing.",
            )  # fmt: skip


def _lone_extreme(series: pl.Series, figures: ColumnProfile) -> float | None:
    """Return a typical stand-in for missing that repeats at an end of the range, with a gap to the next value."""
    if not series.dtype.is_numeric() or figures.n_unique < 10:
        return None
    for end in (figures.minimum, figures.maximum):
        if not isinstance(end, float) or end not in SENTINELS:
            continue
        others = series.drop_nulls()
        others = others.filter((others != end) & others.cast(pl.Float64).is_finite())
        if len(series) - series.null_count() - len(others) < max(3, 0.001 * len(series)):
            continue
        low, high = float(others.min()), float(others.max())  # type: ignore[arg-type]
        gap = low - end if end < low else end - high
        if (end == -1.0 and low >= 0 and bool((others == others.cast(pl.Int64)).all())) or gap > high - low:
            return end
    return None


def _ambiguous_dates(facts: Facts) -> Iterator[Finding]:
    frame, columns, _ = facts
    for column in columns:
        reading = column.reading
        if not isinstance(reading, DateReading) or frame[column.name].dtype != pl.String:
            continue
        texts = frame[column.name].str.strip_chars(BLANKS).drop_nulls().unique(maintain_order=True)
        kept = [text for text in texts.to_list() if text and text not in column.missing_markers]
        if is_ambiguous(kept, reading):
            yield _finding(
                "ambiguous-dates",
                f"Day and month of {column.name!r} could be swapped; it is read as {reading.format}.", [column.name], hint="Write dates as YYYY-MM-DD to be sure.",
            )  # fmt: skip


def _time_order(facts: Facts) -> Iterator[Finding]:
    frame, columns, _ = facts
    for column in columns:
        if column.kind is not Kind.DATETIME or (column.n_unique or 0) < 10 or column.missing:
            continue
        reading = column.reading if isinstance(column.reading, DateReading) else None
        moments = pl.Series(read_dates(frame[column.name].to_numpy(), reading))
        if moments.is_sorted() or moments.is_sorted(descending=True):
            yield _finding(
                "time-order", f"The rows are in the order of {column.name!r}.", [column.name],
                hint="If the model is to predict later rows, split forward in time.",
            )  # fmt: skip


def _entities(facts: Facts) -> Iterator[Finding]:
    frame, columns, _ = facts
    for column in columns:
        distinct, present = column.n_unique or 0, frame.height - (column.missing or 0)
        repeats = distinct >= 10 and present >= FEWEST_PER_ENTITY * distinct and distinct > 0.001 * present
        keyed = column.kind in (Kind.NUMERIC, Kind.CATEGORICAL) and not frame[column.name].dtype.is_float()
        if repeats and keyed and is_named_like_an_identifier(column.name):
            yield _finding(
                "repeated-entities",
                f"{column.name!r} names {distinct} entities, each in {present / distinct:.1f} rows.", [column.name], hint="If the model is to predict for new ones, split by group.",
            )  # fmt: skip


def _personal(facts: Facts) -> Iterator[Finding]:
    for figures in facts[2]:
        if figures.personal:
            yield _finding("personal-data", f"{figures.name!r} looks personal ({figures.personal}).", [figures.name])


def _equal_columns(frame: pl.DataFrame, columns: tuple[Column, ...]) -> Iterator[Finding]:
    """Compare the first rows by hash, then those that agree in full."""
    seen: dict[Any, str] = {}
    for column in columns:
        if column.kind is Kind.CONSTANT:
            continue
        series = frame[column.name]
        head = series.head(_HASHED_ROWS).hash(seed=0)
        key = (str(series.dtype), head.to_numpy().tobytes())
        first = seen.setdefault(key, column.name)
        if first != column.name and series.equals(frame[first].alias(column.name), null_equal=True):
            yield _finding("duplicate-column", f"{column.name!r} is equal to {first!r}.", [column.name, first])
