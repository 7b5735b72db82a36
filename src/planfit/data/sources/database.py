"""SQLite databases, read only: one table, or the rows of one SELECT."""

from __future__ import annotations

import difflib
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import polars as pl

from planfit.data.names import unique_names
from planfit.data.sources.raw import Parsed, Raw, Reader, first_line
from planfit.data.sources.values import series_of
from planfit.errors import UsageError

_SIGNATURE: Final = b"SQLite format 3\x00"
_BATCH: Final = 50_000
_CELL: Final = 100
"""Bytes that a cell takes as a Python object, roughly."""
_ALLOWED: Final = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_REFUSED: Final = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}


def read(raw: Raw) -> Parsed:
    """Return a table of a database, or what a query gives.

    Parameters
    ----------
    raw : Raw
        The database; `table` or `query` say what is meant, which a database of one table does not need.
    """
    try:
        with _opened(raw) as connection:
            query = raw.query or f'SELECT * FROM "{_table(connection, raw).replace(chr(34), chr(34) * 2)}"'
            connection.set_authorizer(_reading_only)
            return _rows(connection, query, raw)
    except (sqlite3.Error, sqlite3.Warning) as error:
        if _is_about_the_query(raw, error):
            raise UsageError(
                f"The query on {raw.origin} cannot be carried out: {first_line(error)}.",
                hint="Give one SELECT statement; the database is only read, never changed.",
            ) from error
        raise UsageError(
            f"{raw.origin} is not a readable SQLite database: {first_line(error)}.",
            hint="It may be cut off or in use; copy it again.",
        ) from error


def _is_about_the_query(raw: Raw, error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return raw.query is not None and code not in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CANTOPEN,
    )


@contextmanager
def _opened(raw: Raw) -> Iterator[sqlite3.Connection]:
    if raw.path is None:  # it came compressed
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "database")
            path.write_bytes(raw.whole())
            with _connected(path) as connection:
                yield connection
    else:
        with _connected(raw.path) as connection:
            yield connection


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    try:
        yield connection
    finally:
        connection.close()


def _reading_only(action: int, first: Any, second: Any, *_: Any) -> int:
    if action not in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and str(second).lower() in _REFUSED):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _table(connection: sqlite3.Connection, raw: Raw) -> str:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY name"
    ).fetchall()
    names = [str(name) for (name,) in found]
    if raw.table is not None:
        by_case = {name.casefold(): name for name in names}
        if raw.table.casefold() in by_case:
            return by_case[raw.table.casefold()]
        near = difflib.get_close_matches(raw.table, names, 1)
        have = f"It has: {', '.join(names[:10])}." if names else "It has no table at all."
        raise UsageError(
            f"{raw.origin} has no table {raw.table!r}.", hint=f"Did you mean {near[0]!r}?" if near else have
        )
    if len(names) != 1:
        raise UsageError(
            f"{raw.origin} holds {f'{len(names)} tables: ' + ', '.join(names[:10]) if names else 'no table'}.",
            hint=f"Name one, as in sqlite:///{raw.name}?table={names[0]}."
            if names
            else "Give a database with a table.",
        )
    return names[0]


def _rows(connection: sqlite3.Connection, query: str, raw: Raw) -> Parsed:
    cursor = connection.execute(query)
    if cursor.description is None:
        raise UsageError(f"The query on {raw.origin} gives no rows.", hint="Give one SELECT statement.")
    labels = tuple(column[0] for column in cursor.description)
    columns: list[list[Any]] = [[] for _ in labels]
    while rows := cursor.fetchmany(max(1, _BATCH // max(1, len(labels) // 20))):
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(cells)
        raw.needs(_CELL * len(labels) * len(columns[0]))
    names = unique_names(labels)
    series = [series_of(name, [_value(cell) for cell in cells]) for name, cells in zip(names, columns, strict=True)]
    return Parsed(pl.DataFrame(series), labels, raw.findings)


def _value(cell: Any) -> Any:
    return cell.decode("utf-8", "backslashreplace") if isinstance(cell, bytes) else cell


READER = Reader("SQLite", (".db", ".sqlite", ".sqlite3", ".db3"), lambda raw: raw.head.startswith(_SIGNATURE), read)
