"""The different values of columns, each with its number of rows: most figures of texts and dates need no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.figures import TOP_VALUES, histogram
from planfit.data.personal import SAMPLE, personal_kinds
from planfit.data.quick_readings import moments_of
from planfit.data.readings import BLANKS
from planfit.records.profile import ValueCount
from planfit.records.schema import CodeReading, Column, DateReading, Kind

NUMBERS: Final = r"^[-+]?[0-9]+(?:[.,][0-9]+)?$"
FEWEST_MIXED: Final = 10
"""Different numbers, and ..."""
LEAST_MIXED_NUMBERS: Final = 0.2
LEAST_MIXED_WORDS: Final = 0.02
"""... shares of rows that hold numbers and words without a digit, from which a column is mixed."""
MOST_OTHERS: Final = 0.05


def levels_of(cells: Sequence[pl.Series], columns: Sequence[Column]) -> pl.DataFrame:
    """Return the present texts of columns, stripped, as ``value`` with ``place`` of the column and ``rows``.

    Parameters
    ----------
    cells : sequence of polars.Series
        Columns of text.
    columns : sequence of Column
        What they mean, and which texts mean missing.
    """
    if len(cells) == 1:
        counted = cells[0].alias("value").value_counts(name="rows")
        counted = counted.select(pl.lit(0, pl.Int64).alias("place"), "value", "rows")
    else:
        counted = _long(cells).group_by("place", "value").agg(pl.len().alias("rows"))
    counted = counted.drop_nulls("value")
    stripped = counted["value"].str.strip_chars(BLANKS)
    if not counted["value"].equals(stripped):
        counted = counted.with_columns(stripped).group_by("place", "value").agg(pl.col("rows").sum())
    del stripped
    return _without_markers(counted, columns)


def _long(cells: Sequence[pl.Series]) -> pl.DataFrame:
    """Return columns of text below one another."""
    places = np.repeat(np.arange(len(cells)), [len(series) for series in cells])
    return pl.DataFrame({"place": places, "value": pl.concat([series.alias("value") for series in cells])})


def _without_markers(values: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    values = values.filter(pl.col("value") != "")
    marks = [(place, mark) for place, column in enumerate(columns) for mark in column.missing_markers]
    if not marks:
        return values
    listed = pl.DataFrame(marks, schema={"place": pl.Int64, "value": pl.String}, orient="row")
    return values.join(listed, on=["place", "value"], how="anti", maintain_order="left")


def of_texts(cells: Sequence[pl.Series], columns: Sequence[Column]) -> list[tuple[dict[str, Any], float | None]]:
    """Return for each text-like column its figures as fields of `ColumnProfile`, and the share of numbers where it is mixed.

    Parameters
    ----------
    cells : sequence of polars.Series
        Columns of text.
    columns : sequence of Column
        What they mean.
    """
    levels = levels_of(cells, columns)
    measured = {row["place"]: row for row in _measures(levels).iter_rows(named=True)}
    personal = _personal(cells, columns, levels)
    shown = [
        place for place, column in enumerate(columns)
        if place not in personal and column.kind in (Kind.CATEGORICAL, Kind.CONSTANT)
    ]  # fmt: skip
    top = _most_frequent(levels, shown)
    found: list[tuple[dict[str, Any], float | None]] = []
    for place, column in enumerate(columns):
        figures = measured.get(place)
        if figures is None:
            found.append(({}, None))
            continue
        facts = {name: figures[name] for name in ("mean_length", "max_length", "mean_words")}
        facts |= {"personal": personal.get(place), "top": top.get(place, ())}
        if place not in personal and isinstance(column.reading, CodeReading) and not column.reading.width:
            facts |= {name: figures[name] for name in ("minimum", "maximum", "integers")}
        may_be_mixed = column.kind in (Kind.CATEGORICAL, Kind.TEXT) and place not in personal
        found.append((facts, _share_of_numbers(figures) if may_be_mixed else None))
    return found


def _measures(levels: pl.DataFrame) -> pl.DataFrame:
    """Return lengths, words, and what looks like numbers, for each place."""
    value, rows, number = pl.col("value"), pl.col("rows"), pl.col("number")
    known = levels.with_columns(
        value.str.len_chars().alias("length"), value.str.count_matches(r"\S+").alias("words"),
        value.str.contains(NUMBERS).alias("number"), value.str.contains(r"[0-9]").alias("digit"),
    )  # fmt: skip
    known = known.with_columns(pl.when(number).then(value).cast(pl.Float64, strict=False).alias("as_number"))
    held = pl.col("as_number")
    # Whole numbers are added up, whose sum does not depend on the order that threads left the levels in.
    summed = {"mean_length": pl.col("length") * rows, "mean_words": pl.col("words") * rows}
    summed |= {"share_numbers": rows.filter(number), "share_words": rows.filter(~pl.col("digit"))}
    return known.group_by("place").agg(
        *((part.sum() / rows.sum()).alias(name) for name, part in summed.items()),
        pl.col("length").max().alias("max_length"), number.sum().alias("numbers"),
        held.min().alias("minimum"), held.max().alias("maximum"), (held == held.floor()).all().alias("integers"),
    )  # fmt: skip


def _share_of_numbers(figures: dict[str, Any]) -> float | None:
    """Return the share of rows that hold numbers, where all others hold words; None where a column is of one kind."""
    share, words = figures["share_numbers"], figures["share_words"]
    mixed = share >= LEAST_MIXED_NUMBERS and words >= LEAST_MIXED_WORDS and 1 - share - words <= MOST_OTHERS
    return share if mixed and figures["numbers"] >= FEWEST_MIXED else None


def _personal(cells: Sequence[pl.Series], columns: Sequence[Column], levels: pl.DataFrame) -> dict[int, str]:
    """Return the personal columns by place, judged by their first rows; of one that is empty there, by its values."""
    sample = _long([series.head(2 * SAMPLE) for series in cells]).drop_nulls("value")
    sample = _without_markers(sample.with_columns(pl.col("value").str.strip_chars(BLANKS)), columns)
    lacking = levels.filter(~pl.col("place").is_in(sample["place"].unique().to_list()))
    if lacking.height:
        sample = pl.concat([sample, lacking.select("place", "value").sort("place", "value")])
    return personal_kinds([column.name for column in columns], sample)


def _most_frequent(levels: pl.DataFrame, places: Sequence[int]) -> dict[int, tuple[ValueCount, ...]]:
    """Return the most frequent values of some columns; of those equally frequent the first by text."""
    chosen = levels.filter(pl.col("place").is_in(list(places)))
    edges = chosen.group_by("place").agg(pl.col("rows").top_k(TOP_VALUES).min().alias("edge"))
    chosen = chosen.join(edges, on="place").filter(pl.col("rows") >= pl.col("edge"))
    chosen = chosen.sort(["place", "rows", "value"], descending=[False, True, False])
    chosen = chosen.group_by("place", maintain_order=True).head(TOP_VALUES)
    found: dict[int, list[ValueCount]] = {}
    for place, value, rows in chosen.select("place", "value", "rows").iter_rows():
        found.setdefault(place, []).append(ValueCount(value=value, count=rows))
    return {place: tuple(counts) for place, counts in found.items()}


def of_dates(series: pl.Series, column: Column) -> dict[str, Any]:
    """Return the range of a column of dates and how its rows are spread over it, as fields of `ColumnProfile`.

    Parameters
    ----------
    series : polars.Series
        The column as read.
    column : Column
        How its dates are written.
    """
    reading = column.reading if isinstance(column.reading, DateReading) else None
    moments, rows = _moments(series, column, reading)
    known = ~np.isnat(moments)
    if not known.any():
        return {}
    numbers = moments[known].astype(np.int64)
    if rows is not None:
        numbers = np.repeat(numbers, rows[known])
    numbers.sort()
    low, high = (end.astype("M8[us]").item() for end in (numbers[0], numbers[-1]))
    return {
        "minimum": low.isoformat(), "maximum": high.isoformat(),
        "histogram": histogram(numbers, float(numbers[0]), float(numbers[-1])),
    }  # fmt: skip


def _moments(
    series: pl.Series, column: Column, reading: DateReading | None
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[Any] | None]:
    """Return the different moments and the rows of each, or, where most rows differ anyway, each row's."""
    if series.dtype == pl.String and (column.n_unique or 0) > len(series) // 2:
        texts = series.drop_nulls().str.strip_chars(BLANKS)
        return moments_of(texts.filter(~texts.is_in(["", *column.missing_markers])), reading), None
    if series.dtype == pl.String:
        levels = levels_of([series], [column])
    else:
        levels = series.alias("value").value_counts(name="rows").drop_nulls("value")
    return moments_of(levels["value"], reading), levels["rows"].to_numpy()
