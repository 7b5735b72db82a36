"""All readers, and how the right one is found: by content first, then by the ending of the name."""

from __future__ import annotations

import difflib
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from planfit.data.memory import available
from planfit.data.sources import archive, columnar, compressed, database, delimited, json_text, workbook
from planfit.data.sources.address import KINDS, Address
from planfit.data.sources.compressed import unpacked
from planfit.data.sources.raw import Parsed, Raw, Reader
from planfit.errors import UsageError

READERS: Final[tuple[Reader, ...]] = (
    columnar.PARQUET, columnar.ARROW, workbook.READER, archive.READER, compressed.READER, database.READER,
    json_text.READER, delimited.READER,
)  # fmt: skip
"""In the order in which they are asked; text that nobody recognises is delimited text."""
_DEEPEST: Final = 3
"""Packings within each other that are opened."""
_SHARE: Final = 0.8
"""Of the free memory that reading may take."""
STDIN_ORIGIN: Final = "standard input"


def read_address(address: Address | None, origin: str, memory: int | None = None) -> Parsed:
    """Return the table at an address.

    Parameters
    ----------
    address : Address or None
        None: standard input.
    origin : str
        What to call it in messages.
    memory : int, optional
        Bytes that reading may take; most of what is free by default.
    """
    memory = int(_SHARE * available()) if memory is None else memory
    try:
        if address is None:
            return read_raw(_from_stdin(origin, memory))
        kind = _kind_of(address, origin)
        if stat.S_ISDIR(kind):
            return _from_folder(address.path, origin, memory)
        raw = Raw(
            origin, address.name, memory, path=address.path,
            sheet=address.sheet, table=address.table, query=address.query,
        )  # fmt: skip
        if raw.size == 0:
            raise UsageError(f"{origin} is empty.", hint="Give a file with a header line and rows.")
        if address.database and not database.READER.recognises(raw):
            raise UsageError(
                f"{origin} is not a SQLite database.", hint="Name it as a path if it is a table of another kind."
            )
        return read_raw(raw)
    except OSError as error:
        raise UsageError(
            f"{origin} cannot be read: {error.strerror or error}.", hint="Check the path and its permissions."
        ) from error
    except MemoryError as error:
        raise UsageError(
            f"{origin} does not fit in the memory of this machine.", hint="Take a part of its rows or columns."
        ) from error


def read_raw(raw: Raw) -> Parsed:
    """Return the table in bytes of any kind.

    Parameters
    ----------
    raw : Raw
        A file, or bytes in memory.
    """
    for _ in range(_DEEPEST + 1):
        made = _reader_of(raw).read(raw)
        if isinstance(made, Parsed):
            return made
        raw = made
        if raw.size == 0:
            raise UsageError(f"{raw.origin} is empty inside.", hint="Give a file with a header line and rows.")
    raise UsageError(f"{raw.origin} is packed more than {_DEEPEST} times.", hint="Unpack it and name the table inside.")


def _reader_of(raw: Raw) -> Reader:
    known = next((reader for reader in READERS if reader.recognises(raw)), None)
    if known is not None:
        return known
    named = next((reader for reader in READERS if raw.suffix in reader.suffixes), None)
    return delimited.READER if named is None else named


def _from_stdin(origin: str, memory: int) -> Raw:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "There is nothing on standard input.", hint="Pipe a table into it: `cat FILE | planfit ... -`."
        )
    raw = Raw(origin, "", memory, held=b"")
    content = unpacked(sys.stdin.buffer, raw, memory)
    if not content:
        raise UsageError("Standard input is empty.", hint="Pipe a table into it: `cat FILE | planfit ... -`.")
    return replace(raw, held=content)


def _kind_of(address: Address, origin: str) -> int:
    """Return the mode of what is at an address; refuse what is not there, and what reading could block on."""
    path = address.path
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            raise UsageError(
                f"{origin} is a link to {os.fspath(path.readlink())!r}, which is not there.",
                hint="Name the table itself.",
            ) from None
        raise no_file(address) from None
    except NotADirectoryError:
        raise no_file(address) from None
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        what = "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"
        raise UsageError(
            f"{origin} is {what}, not a file.", hint="Pass its content through standard input, and name it as -."
        )
    return mode


def no_file(address: Address) -> UsageError:
    """Return the refusal of an address where nothing is, with the names that are nearest to it.

    Parameters
    ----------
    address : Address
        Of a file that does not exist.
    """
    path = address.path
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if not entry.name.startswith("."))
    except OSError:
        hint = f"There is no readable folder {str(path.parent)!r} either; check the path."
    else:
        near = difflib.get_close_matches(path.name, names, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Check the path. Read are {KINDS}."
    return UsageError(f"There is no file {str(path)!r}.", hint=hint)


def _from_folder(folder: Path, origin: str, memory: int) -> Parsed:
    if columnar.parquet_files(folder):
        return columnar.read_folder(folder, origin, memory)
    suffixes = {suffix for reader in READERS for suffix in reader.suffixes}
    tables = sorted(
        entry.name for entry in folder.iterdir()
        if entry.suffix.lower() in suffixes and not entry.name.startswith(".") and entry.is_file()
    )  # fmt: skip
    if tables:
        named = ", ".join(tables[:5]) + (" ..." if len(tables) > 5 else "")
        raise UsageError(
            f"{origin} is a folder, not a table.",
            hint=f"Name one of its files: {named}. Only Parquet folders are read.",
        )
    raise UsageError(
        f"The folder {origin} holds no table.", hint=f"Name a file, {KINDS}, or a folder of Parquet files."
    )
