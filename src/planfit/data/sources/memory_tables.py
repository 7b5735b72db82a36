"""Tables in memory: pandas, polars, pyarrow, and whatever else narwhals takes."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa

from planfit.data.names import unique_names
from planfit.data.readings import text_of
from planfit.data.sources.address import KINDS
from planfit.data.sources.raw import first_line
from planfit.errors import UsageError


def from_memory(source: Any) -> tuple[pl.DataFrame, str]:
    """Return a table in memory under unique names, and what to call it.

    Parameters
    ----------
    source : object
        A pandas, polars or pyarrow table, or any other that narwhals knows, such as a DuckDB relation.
    """
    if isinstance(source, pd.DataFrame):
        return _from_pandas(source), "a pandas table"
    if isinstance(source, pl.LazyFrame):
        return source.collect(), "a polars query"
    if isinstance(source, pl.DataFrame):
        return source, "a polars table"
    if isinstance(source, pa.Table):
        return _from_arrow(source), "a pyarrow table"
    kind = type(source)
    called = f"a {kind.__module__.partition('.')[0]} table"
    try:
        table = nw.from_native(source, pass_through=True, series_only=False)
        if isinstance(table, nw.LazyFrame):
            table = table.collect(backend="pyarrow")
        if isinstance(table, nw.DataFrame):
            return _from_arrow(table.to_arrow()), called
        if hasattr(source, "__arrow_c_stream__"):
            return _from_arrow(pa.table(source)), called
    except Exception as error:  # another library's table, whatever may go wrong in it
        raise UsageError(
            f"The {kind.__name__} cannot be read as a table: {first_line(error)}.",
            hint="Give a pandas, polars or pyarrow table.",
        ) from error
    raise UsageError(
        f"A table cannot be read from {kind.__name__}.",
        hint=f"Give a pandas, polars or pyarrow table, or the path of a file: {KINDS}.",
    )


def _from_arrow(source: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(source.rename_columns(list(unique_names(source.column_names))))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _from_pandas(source: pd.DataFrame) -> pl.DataFrame:
    names = unique_names(source.columns)
    return pl.DataFrame([_pandas_series(source.iloc[:, place], name) for place, name in enumerate(names)])


def _pandas_series(series: Any, name: str) -> pl.Series:
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype if series.notna().all() else object)
    elif isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    elif isinstance(series.dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    series = series.reset_index(drop=True)
    try:
        return pl.Series(name, pl.from_pandas(series, nan_to_null=True))
    except (pa.ArrowException, pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
        # Mixed types in one column: what they have in common is their text.
        return pl.Series(name, [text_of(value) for value in series.tolist()], dtype=pl.String)
