"""Parquet files, folders of them, and Arrow files (Feather)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
from pyarrow import ipc
from pyarrow import parquet as arrow_parquet

from planfit.data.names import unique_names
from planfit.data.sources.raw import Parsed, Raw, Reader, first_line
from planfit.errors import UsageError

_BROKEN: Final = (
    pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, EOFError,
    NotImplementedError, OverflowError, KeyError,
)  # fmt: skip
_PARQUET_SUFFIXES: Final = (".parquet", ".pq", ".parq")
_LARGEST_CELL: Final = 16
"""Bytes that a cell takes in memory, apart from long texts."""


def read_parquet(raw: Raw) -> Parsed:
    """Return the table in a Parquet file.

    Parameters
    ----------
    raw : Raw
        The file.
    """
    try:
        source: Any = io.BytesIO(raw.whole()) if raw.path is None else str(raw.path)
        with arrow_parquet.ParquetFile(source) as file:
            raw.needs(_size_of(file.metadata))
        return Parsed(pl.read_parquet(raw.whole() if raw.path is None else raw.path))
    except _BROKEN as error:
        raise _unreadable(raw.origin, "Parquet", error) from error


def _size_of(metadata: Any) -> int:
    """Return about how many bytes the table takes in memory; a small file can hold a billion equal cells."""
    cells = metadata.num_rows * max(1, metadata.num_columns) * _LARGEST_CELL // 2
    stored = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    return int(max(cells, stored))


def read_folder(folder: Path, origin: str, memory: int) -> Parsed:
    """Return the table whose rows lie in the Parquet files of a folder, in the order of their names.

    Parameters
    ----------
    folder : Path
        Holds them, itself or in folders of its own; hidden files and those that begin with ``_`` do not count.
    origin : str
        What to call it.
    memory : int
        Bytes that reading may take.
    """
    files = parquet_files(folder)
    needed, schema, first = 0, None, files[0]
    for path in files:
        try:
            with arrow_parquet.ParquetFile(path) as file:
                needed += _size_of(file.metadata)
                names = file.schema_arrow.names
        except _BROKEN as error:
            raise _unreadable(f"{path.name} in {origin}", "Parquet", error) from error
        if schema is not None and set(names) != set(schema):
            raise UsageError(
                f"The folder {origin} holds tables of different columns: {first.name} and {path.name}.",
                hint="Name one of the files, or put the tables in folders of their own.",
            )
        schema = schema or names
    Raw(origin, origin, memory, path=folder).needs(needed)
    partitioned = any("=" in part for path in files for part in path.relative_to(folder).parts[:-1])
    try:
        frames = [pl.read_parquet(path, hive_partitioning=partitioned) for path in files]
        return Parsed(pl.concat(frames, how="diagonal_relaxed"))
    except _BROKEN as error:
        raise _unreadable(origin, "Parquet", error) from error


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files in a folder, sorted by name."""
    return sorted(
        path for path in folder.rglob("*")
        if path.suffix.lower() in _PARQUET_SUFFIXES and path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )  # fmt: skip


def read_arrow(raw: Raw) -> Parsed:
    """Return the table in an Arrow file or stream.

    Parameters
    ----------
    raw : Raw
        The file.
    """
    raw.needs(2 * raw.size)
    try:
        content = pa.py_buffer(raw.whole())
        if raw.head.startswith(b"FEA1"):
            from pyarrow import feather

            table = feather.read_table(pa.BufferReader(content))
        elif raw.head.startswith(b"ARROW1"):
            table = ipc.open_file(content).read_all()
        else:
            table = ipc.open_stream(content).read_all()
        labels = tuple(table.column_names)
        frame = pl.from_arrow(table.rename_columns(list(unique_names(labels))))
        assert isinstance(frame, pl.DataFrame)
        return Parsed(frame, labels)
    except _BROKEN as error:
        raise _unreadable(raw.origin, "Arrow", error) from error


def _unreadable(origin: str, kind: str, error: BaseException) -> UsageError:
    return UsageError(
        f"{origin} is not a readable {kind} file: {first_line(error)}.",
        hint=f"It may be cut off or not {kind} at all; write it again.",
    )


def _is_arrow(raw: Raw) -> bool:
    return raw.head.startswith((b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"))


PARQUET = Reader("Parquet", _PARQUET_SUFFIXES, lambda raw: raw.head.startswith(b"PAR1"), read_parquet)
ARROW = Reader("Arrow", (".arrow", ".feather", ".ipc", ".arrows", ".ftr"), _is_arrow, read_arrow)
