"""The bytes of a table, in a file or in memory, and what a reader makes of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from planfit.errors import UsageError
from planfit.records.findings import Finding

CHUNK = 1 << 20
HEAD = 1 << 18
"""Bytes by which a kind is told."""


@dataclass(frozen=True)
class Raw:
    """Bytes with a name; exactly one of `path` and `held` is there."""

    origin: str
    """What to call it in messages."""
    name: str
    """Name of the file, for its ending."""
    memory: int
    """Bytes that reading may take."""
    path: Path | None = None
    held: bytes | None = field(default=None, repr=False)
    sheet: str | None = None
    table: str | None = None
    query: str | None = None
    findings: tuple[Finding, ...] = ()

    @cached_property
    def size(self) -> int:
        return len(self.held) if self.held is not None else self._file.stat().st_size

    @cached_property
    def head(self) -> bytes:
        with self.open() as file:
            return file.read(HEAD)

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix.lower()

    def open(self) -> BinaryIO:
        """Return the bytes as a file."""
        return io.BytesIO(self.held) if self.held is not None else self._file.open("rb")

    def whole(self) -> bytes:
        """Return all bytes."""
        return self.held if self.held is not None else self._file.read_bytes()

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from `start` on, piece by piece."""
        with self.open() as file:
            file.seek(start)
            while piece := file.read(CHUNK):
                yield piece

    def holding(self, content: bytes, name: str | None = None, *findings: Finding) -> Raw:
        """Return the same source with other bytes: unpacked, or put right."""
        said = (*self.findings, *findings)
        return replace(self, held=content, path=None, name=self.name if name is None else name, findings=said)

    def needs(self, size: int, what: str = "") -> None:
        """Refuse what does not fit in memory.

        Parameters
        ----------
        size : int
            Bytes that reading it takes.
        what : str
            What is large, where it is not the file as it stands, e.g. ``"unpacked"``.
        """
        if size > self.memory:
            raise UsageError(
                f"{self.origin} is too large for this machine: reading it{what and ', ' + what + ','} takes about "
                f"{in_words(size)} of memory, and {in_words(self.memory)} are free.",
                hint="Take a part of its rows or columns, or a machine with more memory.",
            )

    @property
    def _file(self) -> Path:
        assert self.path is not None
        return self.path


@dataclass(frozen=True)
class Parsed:
    """A table as its reader found it, and what had to be said about it."""

    frame: pl.DataFrame
    """Columns under unique names."""
    labels: tuple[Any, ...] | None = None
    """The names as they stand in the file, where they can be empty or occur twice."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Reader:
    """One kind of source."""

    kind: str
    """As a person says it, e.g. ``Parquet``."""
    suffixes: tuple[str, ...]
    recognises: Callable[[Raw], bool]
    """By its content; the suffix is asked only where no reader recognises it."""
    read: Callable[[Raw], Parsed | Raw]
    """The table, or, of something packed, what was inside it."""


def in_words(size: float) -> str:
    """Return a number of bytes for people.

    >>> in_words(2_340_000_000), in_words(1_500)
    ('2.3 GB', '2 kB')
    """
    for unit, least in (("GB", 1e9), ("MB", 1e6)):
        if size >= least:
            return f"{size / least:.1f} {unit}"
    return f"{max(1, round(size / 1e3))} kB"


def first_line(error: BaseException) -> str:
    """Return what a library said, as one clause without its full stop."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(". ")[:200] if lines else type(error).__name__
