"""A table from a file or from memory."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from planfit.data.content import content_hash, settle_types
from planfit.data.formats import is_plain_number
from planfit.data.names import unique_names
from planfit.data.readings import text_of
from planfit.data.sources.address import is_text, parse
from planfit.data.sources.memory_tables import from_memory
from planfit.data.sources.registry import STDIN_ORIGIN, read_address
from planfit.errors import UsageError
from planfit.records.findings import Finding
from planfit.records.profile import DataRef

__all__ = ["Table", "append", "content_hash", "read", "save"]


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


def read(source: Any, *, origin: str | None = None, memory: int | None = None) -> Table:
    """Return the table behind `source`.

    Parameters
    ----------
    source : str, Path or table
        A file (its kind is told by its content: CSV and its kin in any encoding, Parquet, Arrow, JSON, workbooks,
        SQLite, also compressed), a folder of Parquet files, ``book.xlsx#Sheet``, ``sqlite:///file.db?table=t``, ``-``
        for standard input, or a table in memory: pandas, polars, pyarrow, or what narwhals takes.
    origin : str, optional
        What to call it; the file's name by default.
    memory : int, optional
        Bytes that reading a file may take; most of what is free by default.

    Examples
    --------
    >>> table = read(pd.DataFrame({"age": [31, 27], 0: ["a", None]}, index=["x", "y"]))
    >>> table.frame.columns, table.ref.origin, table.ref.rows
    (['age', '0'], 'a pandas table', 2)
    """
    path: str | None = None
    findings: tuple[Finding, ...] = ()
    if is_text(source):
        address = parse(source)
        path = None if address is None else str(address)
        origin = origin or (STDIN_ORIGIN if address is None else address.name)
        parsed = read_address(address, origin, memory)
        frame, findings = parsed.frame, parsed.findings
        if parsed.labels is not None:
            findings += _about_names(parsed.labels)
        del parsed  # the columns below are freed one by one
    else:
        frame, default = from_memory(source)
        origin = origin or default
        findings += _about_names(getattr(source, "columns", ()) if isinstance(source, pd.DataFrame) else ())
    if frame.width == 0:
        raise UsageError(f"{origin} has no columns.", hint="Give a table with named columns and rows.")
    if frame.height == 0:
        raise UsageError(f"{origin} has no rows.", hint="Give a table with rows.")
    frame = settle_types(frame.rename(dict(zip(frame.columns, unique_names(frame.columns), strict=True))))
    ref = DataRef(
        content_hash=content_hash(frame), path=path, origin=origin, rows=frame.height, columns=frame.width
    )  # fmt: skip
    return Table(frame, ref, findings)


def _about_names(labels: Any) -> tuple[Finding, ...]:
    names = unique_names(labels)
    plain = [str(label).strip() for label in labels]
    findings = []
    renamed = [
        name for label, cell, name in zip(labels, plain, names, strict=True)
        if cell != name and not name.startswith("Unnamed: ") and not isinstance(label, tuple)
    ]  # fmt: skip
    if renamed:
        findings.append(
            Finding(
                code="renamed-columns", gate="dataset", severity="warning", columns=tuple(renamed),
                message=f"Column names occur more than once; the later ones are called {', '.join(renamed[:5])}.",
            )
        )  # fmt: skip
    if len(plain) > 1 and all(isinstance(label, str) and is_plain_number(label.strip()) for label in labels):
        findings.append(
            Finding(
                code="header-missing", gate="dataset", severity="warning", columns=names,
                message="All column names are numbers: the first line looks like a row, not like a header.",
                hint="Add a header line if it is one.",
            )
        )  # fmt: skip
    return tuple(findings)


def save(table: Table, path: str | PathLike[str]) -> None:
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
