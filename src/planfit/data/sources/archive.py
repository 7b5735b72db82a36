"""Zip archives with one table inside."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Final

from planfit.data.sources.compressed import BROKEN, must_fit, unpacked
from planfit.data.sources.raw import Raw, Reader
from planfit.errors import UsageError

_SIGNATURES: Final = (b"PK\x03\x04", b"PK\x05\x06")
_NO_TABLES: Final = (".md", ".pdf", ".html", ".png", ".jpg", ".py", ".names", ".rst", ".doc", ".docx", ".xml", ".yaml")
_UNREADABLE: Final = (*BROKEN, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def is_zip(raw: Raw) -> bool:
    """Return whether it begins like a zip archive."""
    return raw.head.startswith(_SIGNATURES)


@contextmanager
def opened(raw: Raw) -> Iterator[zipfile.ZipFile]:
    """Open an archive, or refuse it.

    Parameters
    ----------
    raw : Raw
        The archive.
    """
    try:
        with raw.open() as file, zipfile.ZipFile(file) as archive:
            yield archive
    except _UNREADABLE as error:
        encrypted = "encrypted" in str(error) or "password" in str(error)
        raise UsageError(
            f"{raw.origin} is {'protected by a password' if encrypted else 'a broken zip file'}.",
            hint="Unpack it yourself." if encrypted else "It may be cut off; copy or download it again.",
        ) from error


def read(raw: Raw) -> Raw:
    """Return the one table in an archive.

    Parameters
    ----------
    raw : Raw
        A zip archive.
    """
    with opened(raw) as archive:
        inside = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_hidden(entry.filename)]
        tables = [entry for entry in inside if PurePosixPath(entry.filename).suffix.lower() not in _NO_TABLES]
        likely = [entry for entry in tables if not _is_a_note(entry.filename)]
        found = likely or tables
        if len(found) != 1:
            named = ", ".join(sorted(entry.filename for entry in found)[:5]) + (" ..." if len(found) > 5 else "")
            raise UsageError(
                f"{raw.origin} holds {f'{len(found)} files: {named}' if found else 'no table'}.",
                hint="Unpack it and name the table." if found else "Give an archive with one table inside.",
            )
        entry = found[0]
        must_fit(raw, entry.file_size, entry.compress_size)  # as it says itself; counted below
        with archive.open(entry) as stream:
            return raw.holding(unpacked(stream, raw, entry.compress_size), PurePosixPath(entry.filename).name)


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "__MACOSX")) for part in parts) or not parts


def _is_a_note(name: str) -> bool:
    return PurePosixPath(name).stem.lower() in ("readme", "license", "licence", "copying", "changelog", "notes")


READER = Reader("zip", (".zip",), is_zip, read)
