"""A table from a file or from memory."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa

from planfit.data.content import content_hash, settle_types
from planfit.data.delimited import read_file
from planfit.data.names import unique_names
from planfit.data.readings import text_of
from planfit.errors import UsageError
from planfit.records.findings import Finding
from planfit.records.profile import DataRef

__all__ = ["Table", "append", "content_hash", "read", "save"]

_PARQUET = b"PAR1"
_NOT_READ = {
    ".xlsx": "Save the sheet as CSV.", ".xls": "Save the sheet as CSV.", ".json": "Save the records as CSV or Parquet.",
    ".jsonl": "Save the records as CSV or Parquet.", ".zip": "Unpack it first.", ".gz": "Unpack it first.",
    ".feather": "Save it as Parquet.", ".pkl": "Save the table as Parquet.", ".sqlite": "Export the table as CSV.",
    ".db": "Export the table as CSV.",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table as it was read: a few storage types, names that are text and unique. Values are not interpreted yet."""

    frame: pl.DataFrame
    ref: DataRef
    findings: tuple[Finding, ...] = ()
    """What had to be said on the way in, such as another encoding."""

    def to_pandas(self) -> pd.DataFrame:
        """Return the raw table as a pandas frame with a plain index."""
        return self.frame.to_pandas()

    def take(self, rows: Any) -> Table:
        """Return the table of those rows (positions or a mask), for rows without a target to be left out.

        Parameters
        ----------
        rows : array-like
            Positions, or a boolean mask over all rows.
        """
        chosen = pl.Series(rows)
        frame = self.frame.filter(chosen) if chosen.dtype == pl.Boolean else self.frame[chosen]
        return Table(frame, self.ref.having(content_hash=content_hash(frame), rows=frame.height), self.findings)


def read(source: Any, *, origin: str | None = None) -> Table:
    """Return the table behind `source`.

    Parameters
    ----------
    source : str, Path, pandas.DataFrame, polars.DataFrame or pyarrow.Table
        A CSV, TSV or Parquet file, or a table in memory.
    origin : str, optional
        What to call it; the file's name by default.

    Examples
    --------
    >>> table = read(pd.DataFrame({"age": [31, 27], 0: ["a", None]}, index=["x", "y"]))
    >>> table.frame.columns, table.ref.origin, table.ref.rows
    (['age', '0'], 'a pandas table', 2)
    """
    path: Path | None = None
    findings: tuple[Finding, ...] = ()
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser().absolute()
        origin = origin or path.name
        frame, findings = _from_file(path, origin)
    else:
        frame, default = _from_memory(source)
        origin = origin or default
    if frame.width == 0:
        raise UsageError(f"{origin} has no columns.", hint="Give a table with named columns and rows.")
    if frame.height == 0:
        raise UsageError(f"{origin} has no rows.", hint="Give a table with rows.")
    frame = settle_types(frame.rename(dict(zip(frame.columns, unique_names(frame.columns), strict=True))))
    ref = DataRef(
        content_hash=content_hash(frame), path=None if path is None else str(path), origin=origin,
        rows=frame.height, columns=frame.width,
    )  # fmt: skip
    return Table(frame, ref, findings)


def save(table: Table, path: str | os.PathLike[str]) -> None:
    """Write a table as Parquet; read back, its content hash is the same.

    Parameters
    ----------
    table : Table
        The table.
    path : str or Path
        The file.
    """
    table.frame.write_parquet(Path(path), compression="zstd")


def append(table: Table, other: Table) -> Table:
    """Return `table` with the rows of `other` behind its own, e.g. those of a holdout file.

    Where a column is text in one of them and numbers in the other, all of it becomes text again, to be read as one.

    Parameters
    ----------
    table : Table
        Decides the columns and their order.
    other : Table
        Must have these columns; further ones are left out.
    """
    lacking = [name for name in table.frame.columns if name not in other.frame.columns]
    if lacking:
        named = ", ".join(map(repr, lacking[:5])) + (" ..." if len(lacking) > 5 else "")
        raise UsageError(
            f"{other.ref.origin} lacks columns of {table.ref.origin}: {named}.",
            hint="Both must have the same columns, the target among them.",
        )
    pairs = [_alike(table.frame[name], other.frame[name]) for name in table.frame.columns]
    frame = pl.concat([pl.DataFrame([one for one, _ in pairs]), pl.DataFrame([two for _, two in pairs])]).rechunk()
    ref = table.ref.having(content_hash=content_hash(frame), rows=frame.height)
    return Table(frame, ref, (*table.findings, *other.findings))


def _alike(one: pl.Series, two: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return two columns in one storage type: numbers with numbers, dates with timestamps, all else as text."""
    if one.dtype == two.dtype:
        return one, two
    if one.null_count() == len(one):
        return one.cast(two.dtype), two
    if two.null_count() == len(two):
        return one, two.cast(one.dtype)
    if one.dtype.is_numeric() and two.dtype.is_numeric():
        common: type[pl.DataType] = pl.Int64 if one.dtype.is_integer() and two.dtype.is_integer() else pl.Float64
        return one.cast(common), two.cast(common)
    if one.dtype.is_temporal() and two.dtype.is_temporal():
        return one.cast(pl.Datetime("us")), two.cast(pl.Datetime("us"))
    return _as_text(one), _as_text(two)


def _as_text(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        return series
    return pl.Series(series.name, [text_of(value) for value in series.to_list()], dtype=pl.String)


def _from_file(path: Path, origin: str) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    try:
        if path.is_dir():
            raise UsageError(f"{origin} is a folder, not a file.", hint="Name the CSV or Parquet file in it.")
        if not path.exists():
            raise UsageError(f"There is no file {str(path)!r}.", hint=_nearest_file(path))
        with path.open("rb") as file:
            start = file.read(4)
        if not start:
            raise UsageError(f"{origin} is empty.", hint="Give a file with a header line and rows.")
        if start == _PARQUET or path.suffix.lower() in (".parquet", ".pq"):
            return _from_parquet(path, origin), ()
        if hint := _NOT_READ.get(path.suffix.lower()):
            raise UsageError(f"{origin} is not a CSV, TSV or Parquet file.", hint=hint)
        parsed = read_file(path, origin)
    except OSError as error:
        raise UsageError(
            f"{origin} cannot be read: {error.strerror or error}.", hint="Check the path and its permissions."
        ) from error
    return parsed.frame, parsed.findings


def _nearest_file(path: Path) -> str:
    folder = path.parent
    try:
        names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    except OSError:
        return f"There is no readable folder {str(folder)!r} either; check the path."
    near = difflib.get_close_matches(path.name, names, n=3)
    return f"Did you mean {' or '.join(near)}?" if near else "Check the path."


def _from_parquet(path: Path, origin: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise UsageError(
            f"{origin} is not a readable Parquet file: {str(error).splitlines()[0]}.",
            hint="It may be cut off or not Parquet at all; write it again.",
        ) from error


def _from_memory(source: Any) -> tuple[pl.DataFrame, str]:
    if isinstance(source, pd.DataFrame):
        return _from_pandas(source), "a pandas table"
    if isinstance(source, pl.LazyFrame):
        return source.collect(), "a polars query"
    if isinstance(source, pl.DataFrame):
        return source, "a polars table"
    if isinstance(source, pa.Table):
        named = source.rename_columns(list(unique_names(source.column_names)))
        frame = pl.from_arrow(named)
        assert isinstance(frame, pl.DataFrame)
        return frame, "a pyarrow table"
    raise UsageError(
        f"A table cannot be read from {type(source).__name__}.",
        hint="Give the path of a CSV, TSV or Parquet file, or a pandas, polars or pyarrow table.",
    )


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
