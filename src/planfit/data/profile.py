"""The profile of a table: figures about every column that show no row and look at no target."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.cautions import warn
from planfit.data.door import read_column
from planfit.data.kinds import infer_columns
from planfit.data.personal import personal_date, personal_kind
from planfit.data.readers import Table
from planfit.data.readings import BLANKS, text_of
from planfit.records.profile import ColumnProfile, Profile, ValueCount
from planfit.records.schema import Column, Kind

TOP_VALUES = 20
FEW_NUMBERS = 20
"""Distinct numbers up to which their counts are worth showing."""
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)


def profile_table(table: Table) -> Profile:
    """Return the profile of a table.

    Parameters
    ----------
    table : Table
        As `readers.read` gave it.

    Examples
    --------
    >>> from planfit.data.readers import read
    >>> profile = profile_table(read(pl.DataFrame({"age": [31, 27, 44], "city": ["Bern", "Bern", None]})))
    >>> profile.of("age").mean, profile.of("city").missing
    (34.0, 1)
    """
    frame = table.frame
    columns = infer_columns(frame)
    statistics = tuple(_describe(frame[column.name], column) for column in columns)
    duplicates = frame.height - frame.hash_rows(seed=0).n_unique()
    return Profile(
        data=table.ref, rows=frame.height, memory=int(frame.estimated_size()), columns=columns, statistics=statistics,
        duplicate_rows=duplicates, warnings=(*table.findings, *warn(frame, columns, statistics, duplicates)),
    )  # fmt: skip


def _describe(series: pl.Series, column: Column) -> ColumnProfile:
    facts: dict[str, Any] = {}
    if column.kind in (Kind.NUMERIC, Kind.BOOLEAN) and column.n_unique:
        facts = _of_numbers(_numbers(series, column), column)
    elif column.kind is Kind.DATETIME:
        personal = personal_date(column.name)
        facts = {"personal": personal} if personal else _of_dates(read_column(series.to_numpy(), column))
    elif series.dtype == pl.String and column.n_unique:
        facts = _of_texts(series, column)
    return ColumnProfile(
        name=column.name, kind=column.kind, missing=column.missing or 0, n_unique=column.n_unique or 0, **facts
    )


def _numbers(series: pl.Series, column: Column) -> pl.Series:
    if series.dtype.is_numeric():
        numbers = series.cast(pl.Float64)
    else:
        numbers = pl.Series(series.name, read_column(series.to_numpy(), column))
    return numbers.filter(numbers.is_finite().fill_null(False))


def _of_numbers(numbers: pl.Series, column: Column) -> dict[str, Any]:
    whole = bool((numbers == numbers.floor()).all())
    few = (column.n_unique or 0) <= FEW_NUMBERS
    ordered = numbers.sort().to_numpy()
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = ordered.mean()
        centred = ordered - mean
        spread = np.std(ordered, ddof=1) if len(ordered) > 1 else 0.0
        skew = (centred**3).mean() / (centred**2).mean() ** 1.5 if len(ordered) > 2 else None
        quantiles = np.quantile(ordered, QUANTILES)
    return {
        "minimum": float(ordered[0]), "maximum": float(ordered[-1]), "mean": _finite(mean), "std": _finite(spread),
        "quantiles": tuple(map(float, quantiles)) if np.isfinite(quantiles).all() else (), "skew": _finite(skew),
        "zeros": int((ordered == 0).sum()), "integers": whole, "top": _top(numbers) if few else (),
    }  # fmt: skip


def _finite(figure: Any) -> float | None:
    return float(figure) if figure is not None and np.isfinite(figure) else None


def _of_dates(moments: npt.NDArray[np.datetime64]) -> dict[str, Any]:
    known = moments[~np.isnat(moments)]
    if not known.size:
        return {}
    return {"minimum": str(known.min().item().isoformat()), "maximum": str(known.max().item().isoformat())}


def _of_texts(series: pl.Series, column: Column) -> dict[str, Any]:
    stripped = series.str.strip_chars(BLANKS)
    texts = stripped.filter(~stripped.is_in(["", *column.missing_markers]).fill_null(True))
    personal = personal_kind(column.name, texts)
    shown = column.kind in (Kind.CATEGORICAL, Kind.CONSTANT) and personal is None
    length: Any = texts.str.len_chars().mean()
    words: Any = texts.str.count_matches(r"\S+").mean()
    return {
        "mean_length": float(length or 0.0), "mean_words": float(words or 0.0), "personal": personal,
        "top": _top(texts) if shown else (),
    }  # fmt: skip


def _top(values: pl.Series) -> tuple[ValueCount, ...]:
    counted = values.alias("value").value_counts(name="count").sort(["count", "value"], descending=[True, False])
    return tuple(
        ValueCount(value=text_of(value) or "", count=count) for value, count in counted.head(TOP_VALUES).iter_rows()
    )
