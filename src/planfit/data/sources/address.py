"""Where a table is, as people write it: a path, a workbook's sheet, a database's table, standard input. Light to import."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from planfit.errors import UsageError

KINDS: Final = "CSV, TSV, Parquet, Arrow, JSON, JSON lines, Excel, OpenDocument or SQLite, also compressed or zipped"
"""What can be read, for people."""
STDIN: Final = "-"
WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_SQLITE: Final = "sqlite:"


@dataclass(frozen=True)
class Address:
    """A file, and what in it is meant where it holds several tables."""

    path: Path
    """Absolute."""
    sheet: str | None = None
    table: str | None = None
    query: str | None = None
    database: bool = False
    """Written as a URL of a database."""

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return self.path.name or str(self.path)

    def exists(self) -> bool:
        """Return whether there is something at that place."""
        return os.path.lexists(self.path)

    def __str__(self) -> str:
        """Return the text that leads here from any folder."""
        if self.database:
            asked = f"?table={self.table}" if self.table else f"?query={self.query}" if self.query else ""
            return f"sqlite:///{self.path}{asked}"
        return f"{self.path}#{self.sheet}" if self.sheet else str(self.path)


def is_text(source: Any) -> bool:
    """Return whether `source` is written, not a table itself."""
    return isinstance(source, str | os.PathLike)


def parse(source: str | os.PathLike[str]) -> Address | None:
    """Return the place that a text names; None for standard input.

    Parameters
    ----------
    source : str or path
        A path, ``book.xlsx#Sheet``, ``sqlite:///file.db?table=t``, ``sqlite:///file.db?query=SELECT ...``, or ``-``.

    Raises
    ------
    UsageError
        It cannot name a place.

    Examples
    --------
    >>> parse("sqlite:////tmp/shop.db?table=orders").table, parse("/tmp/book.xlsx#May").sheet, parse("-")
    ('orders', 'May', None)
    """
    text = os.fspath(source)
    if not text.strip():
        raise UsageError("The name of the table is empty.", hint=f"Name a file: {KINDS}.")
    if text == STDIN:
        return None
    if "\0" in text:
        raise UsageError("A file name cannot hold a NUL character.", hint="Name an existing file.")
    if text.lower().startswith(_SQLITE):
        return _database(text)
    if "://" in text and not Path(text).exists():
        raise UsageError(
            f"Tables are read from this machine only, not from {text.split('://')[0]}://.",
            hint="Download it first, then name the file.",
        )
    whole = Address(_absolute(text))
    before, mark, sheet = text.rpartition("#")
    if mark and sheet and before.lower().endswith(WORKBOOKS) and not whole.exists():
        return Address(_absolute(before), sheet=sheet)
    return whole


def absolute(source: Any) -> str | None:
    """Return the text by which `source` is found again from any folder; None for what is not kept in a file."""
    if not is_text(source):
        return None
    place = parse(source)
    return None if place is None else str(place)


def _absolute(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:  # "~name" of nobody
        return Path(text).absolute()


def _database(text: str) -> Address:
    rest = text[len(_SQLITE) :]
    how = 'Write sqlite:///file.db?table=NAME or "sqlite:///file.db?query=SELECT ...".'
    name, _, asked = rest.removeprefix("//").partition("?")
    name = name.removeprefix("/") if rest.startswith("///") else name
    if not name.strip("/"):
        raise UsageError(f"{text!r} names no database file.", hint=how)
    address = Address(_file(name), database=True)
    if not asked:
        return address
    key, equals, value = asked.partition("=")
    if not any(sign.isspace() for sign in value):  # a query that is written as in a URL holds no blanks
        value = unquote_plus(value) if key == "query" else unquote(value)
    if key not in ("table", "query") or not equals or not value.strip():
        raise UsageError(f"{asked!r} does not say what to read from the database.", hint=how)
    return replace(address, table=value) if key == "table" else replace(address, query=value)


def _file(name: str) -> Path:
    """Return the file of a URL: as it stands, decoded, or from the root where only that exists."""
    candidates = [_absolute(name), _absolute(unquote(name)), Path("/" + name)]
    return next((path for path in candidates if path.exists()), candidates[0])
