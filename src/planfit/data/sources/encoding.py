"""Text of any encoding as clean UTF-8: what the bytes are is counted on a first pass, put right on a second if need be."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from planfit.data.sources.raw import HEAD, Raw, in_words
from planfit.errors import UsageError
from planfit.records.findings import Finding

LONGEST_LINE: Final = 1 << 26
"""Bytes; a longer line is no row of a table."""
_NEEDED: Final = 3
"""Bytes of memory that a byte of text takes while it is read, roughly."""
_SPARSE: Final = 0.01
"""Share of NUL or control bytes up to which text is text."""
_SPOILED: Final = (0.2, 3)
"""Share of control signs, and kinds of them, up to which it is still text: a badly converted quotation mark is one kind."""
_UTF16_SHARE: Final = 0.3
"""Share of NUL bytes at even, or at odd, places from which text is UTF-16 although nothing says so."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_FOREIGN: Final = {
    b"%PDF": "a PDF document", b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"GIF8": "an image",
    b"\x7fELF": "a program", b"\x89HDF": "an HDF5 file", b"\x80\x04\x95": "a Python pickle",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive", b"Rar!": "a RAR archive", b"Obj\x01": "an Avro file", b"ORC": "an ORC file",
    b"<!DOCTYPE html": "a web page", b"<html": "a web page", b"<?xml": "an XML document",
}  # fmt: skip
_HINT: Final = "Give a table, such as a CSV, Excel or Parquet file."
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def _as_windows(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing there; in Latin-1 they do
        return chr(byte)


_WINDOWS: Final = {0xDC00 + byte: _as_windows(byte) for byte in range(0x80, 0x100)}
"""What Python makes of bytes that are not UTF-8, as the letters that they are in Windows-1252."""


@dataclass(frozen=True)
class Survey:
    """What the bytes of a text are."""

    encoding: str
    start: int
    """Bytes of the mark at the beginning."""
    nuls: int
    broken: int
    """Bytes that are not UTF-8."""
    beyond: int
    """Letters beyond ASCII that are UTF-8."""

    @property
    def clean(self) -> bool:
        return self.encoding == "utf-8" and not self.nuls and not self.broken


def as_utf8(raw: Raw) -> tuple[Raw, int]:
    """Return the text as clean UTF-8 and the place where it begins, with what had to be said about its encoding.

    Parameters
    ----------
    raw : Raw
        Bytes that no reader of binary formats recognised.

    Raises
    ------
    UsageError
        It is empty, no text, larger than memory, or one line is longer than any row.
    """
    for signature, what in _FOREIGN.items():
        if raw.head[: len(signature)].lower() == signature.lower():
            raise UsageError(f"{raw.origin} is {what}, not a table.", hint=_HINT)
    raw.needs(_NEEDED * raw.size)
    survey = _survey(raw)
    if survey.clean:
        _refuse_binary(raw, raw.head[survey.start :].decode("utf-8", "replace"))
        return raw, survey.start
    mixed = survey.encoding == "utf-8" and survey.broken <= survey.beyond
    parts = bytearray()
    first = True
    for text in _decoded(raw, survey):
        if first:
            _refuse_binary(raw, text[:HEAD].replace("\0", ""))
            first = False
        parts += text.replace("\0", "").encode("utf-8", "replace")
    return raw.holding(bytes(parts), None, *_said(raw.origin, survey, mixed=mixed)), 0


def _survey(raw: Raw) -> Survey:
    encoding, start = _encoding_of(raw.head)
    strict = encoding != "utf-8"
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    nuls = run = 0
    for piece in raw.chunks(start):
        run = _refuse_long_line(raw, piece, run)
        if encoding == "utf-8":
            nuls += piece.count(b"\0")
        if not strict:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                strict = True
    if not strict:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            strict = True
    if nuls > _SPARSE * raw.size:
        raise UsageError(f"{raw.origin} is binary, not a text table.", hint=_HINT)
    survey = Survey(encoding, start, nuls, 0, 0)
    if encoding != "utf-8" or not strict:
        return survey
    broken = beyond = 0
    for text in _pieces(raw, survey):
        escaped = len(_ESCAPED.findall(text))
        broken += escaped
        beyond += len(_NOT_ASCII.findall(text)) - escaped
    return Survey(encoding, start, nuls, broken, beyond)


def _encoding_of(head: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    half = len(head) // 2
    if half >= 2:
        even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
        if odd >= _UTF16_SHARE and even <= _SPARSE:
            return "utf-16-le", 0
        if even >= _UTF16_SHARE and odd <= _SPARSE:
            return "utf-16-be", 0
    return "utf-8", 0


def _refuse_long_line(raw: Raw, piece: bytes, run: int) -> int:
    """Return the bytes since the last line end; refuse as soon as they are more than any row has."""
    first, last = piece.find(b"\n"), piece.rfind(b"\n")
    if first < 0:
        first, last = piece.find(b"\r"), piece.rfind(b"\r")
    if run + (first if first >= 0 else len(piece)) > LONGEST_LINE:
        raise UsageError(
            f"{raw.origin} has a line of more than {in_words(LONGEST_LINE)}, which is no row of a table.",
            hint="Check its line ends: each row must stand on a line of its own.",
        )
    return run + len(piece) if first < 0 else len(piece) - last - 1


def _pieces(raw: Raw, survey: Survey) -> Iterator[str]:
    """Yield the text; what is not UTF-8 escaped."""
    errors = "surrogateescape" if survey.encoding == "utf-8" else "strict"
    decoder = codecs.getincrementaldecoder(survey.encoding)(errors)
    for piece in raw.chunks(survey.start):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _decoded(raw: Raw, survey: Survey) -> Iterator[str]:
    if survey.encoding == "utf-8" and survey.broken > survey.beyond:
        for piece in raw.chunks(survey.start):
            yield piece.decode("latin-1").translate(_LATIN)
        return
    try:
        for text in _pieces(raw, survey):
            yield text.translate(_WINDOWS) if survey.broken else text
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{raw.origin} is broken {survey.encoding[:6].upper()} text.", hint="Save it as UTF-8."
        ) from error


_LATIN: Final = {byte: _as_windows(byte) for byte in range(0x80, 0xA0)}


_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
"""Signs that text does not hold."""


def _refuse_binary(raw: Raw, head: str) -> None:
    found = _CONTROLS.findall(head)
    spoiled = len(found) <= _SPOILED[0] * len(head) and len(set(found)) <= _SPOILED[1]
    if len(found) > _SPARSE * len(head) and not spoiled:
        raise UsageError(f"{raw.origin} is binary, not a text table.", hint=_HINT)


def _said(origin: str, survey: Survey, *, mixed: bool) -> list[Finding]:
    found = []
    if survey.broken:
        message = (
            f"{origin} is written in two encodings: {survey.broken:,} bytes are not UTF-8 and were read as Windows-1252."
            if mixed
            else f"{origin} is not UTF-8; it was read as Windows-1252."
        )
        found.append(
            Finding(
                code="encoding", gate="dataset", severity="warning", message=message,
                hint="If letters look wrong, save it as UTF-8.",
            )
        )  # fmt: skip
    if survey.nuls:
        found.append(
            Finding(
                code="nul-bytes", gate="dataset", severity="warning",
                message=f"{origin} holds {survey.nuls:,} NUL bytes, which no text has; they were removed.",
                hint="Check how the file was written: something may have been cut off.",
            )
        )  # fmt: skip
    return found
