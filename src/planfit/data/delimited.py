"""CSV and its kin: encoding, delimiter, header, and which columns are plain numbers or truth values."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from planfit.data.formats import is_plain_number
from planfit.data.names import unique_names
from planfit.data.readings import BLANKS, MISSING_MARKERS
from planfit.errors import UsageError
from planfit.records.findings import Finding

_DELIMITERS: Final = (",", ";", "\t", "|")
_HEAD = 1 << 18
"""Characters from which the delimiter is told."""
_HEAD_LINES = 100
_CODE = r"^[+-]?0\d"
"""Leading zeros: a code, not a number."""
_SIGNATURES: Final = {
    b"PK\x03\x04": ("a zip archive or an Excel workbook", "Unpack it, or save the sheet as CSV."),
    b"\x1f\x8b": ("compressed with gzip", "Unpack it first, e.g. with gunzip."),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", "Unpack it first, e.g. with unzstd."),
    b"BZh": ("compressed with bzip2", "Unpack it first, e.g. with bunzip2."),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "Save the sheet as CSV."),
    b"%PDF": ("a PDF document", "Give a CSV or Parquet file."),
    b"\x89PNG": ("an image", "Give a CSV or Parquet file."),
    b"SQLite format 3": ("a SQLite database", "Export the table as CSV or Parquet."),
}


@dataclass(frozen=True)
class Delimited:
    """A parsed file and what had to be said about it."""

    frame: pl.DataFrame
    findings: tuple[Finding, ...]


def parse(content: bytes, origin: str) -> Delimited:
    """Return the table in the bytes of a delimited text file.

    Parameters
    ----------
    content : bytes
        The whole file.
    origin : str
        What to call it in messages.
    """
    text, findings = _decoded(content, origin)
    if not text.strip():
        raise UsageError(f"{origin} is empty.", hint="Give a file with a header line and rows.")
    text = (text if "\n" in text else text.replace("\r", "\n")).strip("\r\n")
    delimiter = _delimiter_of(text[:_HEAD])
    header = _header_of(text, delimiter, origin)
    names = unique_names(header)
    findings += _about_header(header, names)
    raw = _rows(text, delimiter, names, origin)
    if raw.is_empty():
        raise UsageError(f"{origin} has a header line but no rows.", hint="Give a file with rows below the header.")
    return Delimited(raw.with_columns(_plainly_typed(series) for series in raw), findings)


def _decoded(content: bytes, origin: str) -> tuple[str, tuple[Finding, ...]]:
    for signature, (what, hint) in _SIGNATURES.items():
        if content.startswith(signature):
            raise UsageError(f"{origin} is {what}, not a text table.", hint=hint)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
        if b"\x00" in content[:_HEAD]:
            raise UsageError(f"{origin} is binary, not a text table.", hint="Give a CSV, TSV or Parquet file.")
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise UsageError(
                f"{origin} is broken UTF-16 text (byte {error.start}).", hint="Save it as UTF-8."
            ) from error
    text = content.decode("cp1252", errors="replace")
    if sum(sign < " " and sign not in "\r\n\t\f" for sign in text[:_HEAD]) > 0.01 * len(text[:_HEAD]):
        raise UsageError(f"{origin} is binary, not a text table.", hint="Give a CSV, TSV or Parquet file.")
    return text, (
        Finding(
            code="encoding", gate="dataset", severity="warning",
            message=f"{origin} is not UTF-8; it was read as Windows-1252.",
            hint="If letters look wrong, save it as UTF-8.",
        ),
    )  # fmt: skip


def _delimiter_of(head: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of fields most often, most fields first."""
    lines = head.splitlines(keepends=True)[:_HEAD_LINES]
    if len(head) >= _HEAD and len(lines) > 1:
        lines.pop()  # cut off
    best, best_merit = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        except csv.Error:  # a field beyond the reader's limit
            continue
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        merit = (count / widths.total() if width > 1 else 0.0, width)
        if merit > best_merit and width > 1:
            best, best_merit = delimiter, merit
    return best


def _header_of(text: str, delimiter: str, origin: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UsageError(
            f"The header line of {origin} cannot be read: {error}.", hint="Check its quotes and line ends."
        ) from error


def _about_header(header: list[str], names: tuple[str, ...]) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    renamed = [
        name for cell, name in zip(header, names, strict=True)
        if cell.strip() != name and not (name.startswith("Unnamed: ") and not cell.strip())
    ]  # fmt: skip
    if renamed:
        findings.append(
            Finding(
                code="renamed-columns", gate="dataset", severity="warning", columns=tuple(renamed),
                message=f"Column names occur more than once; the later ones are called {', '.join(renamed[:5])}.",
            )
        )  # fmt: skip
    if len(header) > 1 and all(is_plain_number(cell.strip()) for cell in header):
        findings.append(
            Finding(
                code="header-missing", gate="dataset", severity="warning", columns=names,
                message="All column names are numbers: the first line looks like a row, not like a header.",
                hint="Add a header line if it is one.",
            )
        )  # fmt: skip
    return tuple(findings)


def _rows(text: str, delimiter: str, names: tuple[str, ...], origin: str) -> pl.DataFrame:
    """Return all cells as text; empty ones are null."""
    try:
        return pl.read_csv(
            text.encode(), separator=delimiter, has_header=True, new_columns=list(names), infer_schema=False,
        )  # fmt: skip
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        number = _uneven_line(text, delimiter, len(names))
        where = (
            f"line {number} has more fields than the header's {len(names)}"
            if number is not None
            else "a quote is not closed, or a field is broken"
        )
        raise UsageError(
            f"{origin} cannot be read as a table: {where}.",
            hint="Correct that line; a field that holds the delimiter must stand in double quotes.",
        ) from error


def _uneven_line(text: str, delimiter: str, width: int) -> int | None:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return next((reader.line_num for row in reader if len(row) > width), None)
    except csv.Error:
        return reader.line_num


def _plainly_typed(series: pl.Series) -> pl.Series:
    """Return a text column as numbers or truth values where all its present cells are such, as written by programs."""
    present = series.str.strip_chars(BLANKS)
    lower = present.str.to_lowercase()
    present = present.set(lower.is_in(sorted(MISSING_MARKERS)).fill_null(False), None)
    count = present.count()
    if count == 0 or present.str.contains(_CODE).any():
        return series
    word = present.str.to_lowercase()
    if word.is_in(["true", "false"]).all():
        return (word == "true").alias(series.name)
    first = present.drop_nulls().head(20)
    if first.cast(pl.Float64, strict=False).null_count():
        return series
    for dtype in (pl.Int64, pl.Float64):
        numbers = present.cast(dtype, strict=False)
        if numbers.count() == count:
            return numbers.alias(series.name)
    return series


def read_file(path: Path, origin: str) -> Delimited:
    """Return the table in a delimited text file.

    Parameters
    ----------
    path : Path
        An existing file.
    origin : str
        What to call it in messages.
    """
    return parse(path.read_bytes(), origin)
