"""The profile of a table: figures about every column that show no row and look at no target."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from planfit.data.cautions import warn
from planfit.data.figures import blocks, figures_of
from planfit.data.kinds import infer_columns
from planfit.data.levels import of_dates, of_texts
from planfit.data.personal import personal_date, personal_numbers
from planfit.data.quick_readings import numbers_of
from planfit.data.readers import Table
from planfit.records.profile import ColumnProfile, Profile
from planfit.records.schema import CodeReading, Column, Kind


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
    statistics, mixed = _describe(frame.get_columns(), columns)
    duplicates = frame.height - frame.hash_rows(seed=0).n_unique()
    return Profile(
        data=table.ref, rows=frame.height, memory=int(frame.estimated_size()), columns=columns, statistics=statistics,
        duplicate_rows=duplicates, warnings=(*table.findings, *warn(frame, columns, statistics, duplicates, mixed)),
    )  # fmt: skip


def _describe(
    cells: list[pl.Series], columns: tuple[Column, ...]
) -> tuple[tuple[ColumnProfile, ...], dict[str, float]]:
    """Return the figures of all columns, and of those that mix numbers and words the share of numbers."""
    facts: list[dict[str, Any]] = [{} for _ in columns]
    numeric: list[int] = []
    texts: list[int] = []
    for place, (series, column) in enumerate(zip(cells, columns, strict=True)):
        if _is_numeric(series, column):
            numeric.append(place)
        elif column.kind is Kind.DATETIME:
            personal = personal_date(column.name)
            facts[place] = {"personal": personal} if personal else of_dates(series, column)
        elif series.dtype == pl.String and column.n_unique:
            texts.append(place)
    for place, figures in zip(numeric, _of_numbers(cells, columns, numeric), strict=True):
        facts[place] = figures
    mixed: dict[str, float] = {}
    for block in blocks(len(texts), len(cells[0])):
        chosen = [texts[number] for number in block]
        found = of_texts([cells[place] for place in chosen], [columns[place] for place in chosen])
        for place, (figures, share) in zip(chosen, found, strict=True):
            facts[place] = figures
            if share is not None:
                mixed[columns[place].name] = share
    described = (
        ColumnProfile(name=column.name, kind=column.kind, missing=column.missing or 0, n_unique=column.n_unique or 0, **found)
        for column, found in zip(columns, facts, strict=True)
    )  # fmt: skip
    return tuple(described), mixed


def _is_numeric(series: pl.Series, column: Column) -> bool:
    if column.kind in (Kind.NUMERIC, Kind.BOOLEAN):
        return True
    stored = series.dtype.is_numeric()
    return stored and (column.kind is Kind.CONSTANT or isinstance(column.reading, CodeReading))


def _of_numbers(cells: list[pl.Series], columns: tuple[Column, ...], numeric: list[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    rows = len(cells[0])
    for block in blocks(len(numeric), rows):
        chosen = [numeric[number] for number in block]
        matrix = np.empty((len(chosen), rows))
        for line, place in zip(matrix, chosen, strict=True):
            line[:] = numbers_of(cells[place], columns[place])
        distinct = [columns[place].n_unique or 0 for place in chosen]
        figures = figures_of(matrix, distinct, [columns[place].kind is Kind.CATEGORICAL for place in chosen])
        found += [_shown(cells[place], columns[place], facts) for place, facts in zip(chosen, figures, strict=True)]
    return found


def _shown(series: pl.Series, column: Column, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what of a numeric column's figures may and need be shown."""
    personal = personal_numbers(column.name, series)
    if personal is not None:
        return {"personal": personal}
    if column.kind is Kind.CONSTANT:  # the one value, if there is any
        return {name: facts[name] for name in ("top", "infinite") if name in facts}
    return facts
