"""Excel and OpenDocument workbooks: the first sheet that holds a table, or the one that is named."""

from __future__ import annotations

import difflib
import io
from itertools import islice
from typing import Any, Final

import polars as pl

from planfit.data.names import unique_names
from planfit.data.sources.address import WORKBOOKS
from planfit.data.sources.archive import is_zip, opened
from planfit.data.sources.compressed import must_fit
from planfit.data.sources.raw import Parsed, Raw, Reader, first_line
from planfit.data.sources.values import series_of
from planfit.errors import UsageError
from planfit.records.findings import Finding

_OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS: Final = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_NEEDED: Final = 3
"""Bytes of memory that a byte of unpacked XML takes, roughly."""
_FEWEST: Final = 2
"""Rows, the header among them, that make a table."""


def read(raw: Raw) -> Parsed:
    """Return the table in a workbook.

    Parameters
    ----------
    raw : Raw
        The workbook; `sheet` names one of its sheets.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    _fits(raw)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw.whole()))
        chosen, others = _sheet(book, raw)
        rows = _rows(book, chosen)
    except (CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        raise UsageError(
            f"{raw.origin} is not a readable workbook: {first_line(error)}.",
            hint="It may be cut off or protected; open it and save it again, or save the sheet as CSV.",
        ) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # calamine's way of giving up on a broken file
            raise
        raise UsageError(f"{raw.origin} is a broken workbook.", hint="Open it and save it again.") from error
    if len(rows) < _FEWEST:
        raise UsageError(f"{_place(raw, chosen)} has a header line but no rows." if rows else f"{_place(raw, chosen)} is empty.", hint="Name a sheet with a table, as in file.xlsx#Sheet.")  # fmt: skip
    labels = tuple(_value(cell) for cell in rows[0])
    columns = zip(unique_names(labels), zip(*rows[1:], strict=True), strict=True)
    frame = pl.DataFrame([series_of(name, _numbers([_value(cell) for cell in cells])) for name, cells in columns])
    return Parsed(frame, labels, (*raw.findings, *_said(raw, chosen, others)))


def _place(raw: Raw, sheet: str) -> str:
    return f"The sheet {sheet!r} of {raw.origin}"


def _fits(raw: Raw) -> None:
    if not is_zip(raw):
        raw.needs(_NEEDED * raw.size)
        return
    with opened(raw) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    must_fit(raw, size, raw.size, _NEEDED)


def _sheet(book: Any, raw: Raw) -> tuple[str, list[str]]:
    """Return the sheet to read, and others that hold a table too."""
    names = list(book.sheet_names)
    if raw.sheet is not None:
        by_case = {name.casefold(): name for name in reversed(names)}
        if raw.sheet in names or raw.sheet.casefold() in by_case:
            return (raw.sheet if raw.sheet in names else by_case[raw.sheet.casefold()]), []
        near = difflib.get_close_matches(raw.sheet, names, 1)
        raise UsageError(
            f"{raw.origin} has no sheet {raw.sheet!r}.",
            hint=f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(names[:10])}.",
        )
    tables = [name for name in names if _holds_a_table(book, name)]
    if not tables:
        raise UsageError(f"{raw.origin} holds no table.", hint="Give a workbook with a header line and rows.")
    return tables[0], tables[1:]


def _holds_a_table(book: Any, name: str) -> bool:
    sheet = _opened(book, name)
    return sheet is not None and len(_filled(islice(sheet.iter_rows(), 1000))) >= _FEWEST


def _opened(book: Any, name: str) -> Any:
    from python_calamine import WorksheetNotFound

    try:
        return book.get_sheet_by_name(name)
    except WorksheetNotFound:  # a chart
        return None


def _filled(rows: Any) -> list[list[Any]]:
    return [row for row in rows if any(cell not in ("", None) for cell in row)]


def _rows(book: Any, name: str) -> list[list[Any]]:
    """Return the header and the rows, without blank rows, a title above the header, and blank columns at the edges."""
    sheet = _opened(book, name)
    rows = _filled(sheet.iter_rows()) if sheet is not None else []
    if not rows:
        return []
    used = [any(cell not in ("", None) for cell in column) for column in zip(*rows, strict=True)]
    first, last = used.index(True), len(used) - used[::-1].index(True)
    rows = [row[first:last] for row in rows]
    while len(rows) > _FEWEST and last - first > 1 and sum(cell not in ("", None) for cell in rows[0]) == 1:
        rows = rows[1:]
    return rows


def _value(cell: Any) -> Any:
    return None if cell == "" else cell


def _numbers(cells: list[Any]) -> list[Any]:
    """Return cells with whole numbers whole: a workbook knows floats only."""
    if all(cell is None or (type(cell) is float and cell.is_integer() and abs(cell) < 2**53) for cell in cells):
        return [None if cell is None else int(cell) for cell in cells]
    return cells


def _said(raw: Raw, chosen: str, others: list[str]) -> list[Finding]:
    if not others:
        return []
    named = ", ".join(repr(name) for name in others[:5])
    return [
        Finding(
            code="several-tables", gate="dataset", severity="warning",
            message=f"{raw.origin} holds several tables; the sheet {chosen!r} was read, not {named}.",
            hint=f"Another is read as {raw.name}#{others[0]}.",
        )
    ]  # fmt: skip


def _recognises(raw: Raw) -> bool:
    if raw.head.startswith(_OLD):
        return True
    if not is_zip(raw):
        return False
    try:
        with opened(raw) as archive:
            return any(part in archive.namelist() for part in _PARTS)
    except UsageError:
        return False


READER = Reader("Excel or OpenDocument", WORKBOOKS, _recognises, read)
