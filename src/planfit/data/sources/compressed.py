"""Files compressed with gzip, bzip2, xz or zstd; what is inside is read like a file of its own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa

from planfit.data.sources.raw import CHUNK, Raw, Reader, in_words
from planfit.errors import UsageError

MOST: Final = 200
"""Times that a table's text becomes larger when it is unpacked; beyond it is made to fill the memory."""
HARMLESS: Final = 100_000_000
"""Bytes up to which nothing is suspected."""


def _zstd(file: BinaryIO) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")


_FORMATS: Final[dict[bytes, tuple[str, Callable[[BinaryIO], Any]]]] = {
    b"\x1f\x8b": ("gzip", lambda file: gzip.GzipFile(fileobj=file)),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
}
_SUFFIXES: Final = (".gz", ".gzip", ".bz2", ".xz", ".zst", ".zstd")
BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


def _format_of(raw: Raw) -> tuple[str, Callable[[BinaryIO], Any]] | None:
    return next((how for signature, how in _FORMATS.items() if raw.head.startswith(signature)), None)


def read(raw: Raw) -> Raw:
    """Return what is inside a compressed file.

    Parameters
    ----------
    raw : Raw
        A file that begins as such files do.
    """
    found = _format_of(raw)
    if found is None:
        raise UsageError(
            f"{raw.origin} is not compressed, as its name says, or its beginning is lost.", hint="Write it again."
        )
    kind, opened = found
    name = str(Path(raw.name).with_suffix("")) if raw.suffix in _SUFFIXES else raw.name
    try:
        with raw.open() as file, opened(file) as stream:
            content = unpacked(stream, raw, raw.size)
    except BROKEN as error:
        raise UsageError(
            f"{raw.origin} is broken: what {kind} compressed in it ends early or does not fit its checksum.",
            hint="Copy or download it again.",
        ) from error
    return raw.holding(content, name)


def unpacked(stream: Any, raw: Raw, packed: int) -> bytes:
    """Return all of a stream, counted while it comes.

    Parameters
    ----------
    stream : file object
        Of the unpacked bytes.
    raw : Raw
        The file that it is in.
    packed : int
        Bytes that it takes there.
    """
    content = io.BytesIO()
    while piece := stream.read(CHUNK):
        content.write(piece)
        must_fit(raw, content.tell(), packed)
    return content.getvalue()


def must_fit(raw: Raw, size: int, packed: int, needed: int = 4) -> None:
    """Refuse what becomes too large when it is unpacked: for any table, or for this machine.

    Parameters
    ----------
    raw : Raw
        What is packed.
    size, packed : int
        Bytes that it has unpacked, or has so far, and that it takes packed.
    needed : int
        Bytes of memory that each of them takes while it is read, roughly.
    """
    if size > HARMLESS and size > MOST * packed:
        raise UsageError(
            f"{raw.origin} grows to more than {MOST} times its {in_words(packed)} when it is unpacked, which no table does.",
            hint="If it is one, unpack it yourself and name the unpacked file.",
        )
    raw.needs(needed * size, "unpacked")


READER = Reader("compressed", _SUFFIXES, lambda raw: _format_of(raw) is not None, read)
