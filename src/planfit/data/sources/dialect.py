"""How a delimited text is written: what stands before the header, delimiter, quotes; told from its first lines."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final, Literal

import numpy as np

from planfit.data.formats import is_plain_number
from planfit.data.readings import MISSING_MARKERS

_USUAL: Final = (",", ";", "\t", "|")
_OTHERS: Final = ("~", "^", "\x1f", "\x01", ":", " ")
"""Taken only where every line agrees and one column holds numbers."""
_NONE: Final = "\x1f"
"""Delimiter of a table of one column: a sign that its text does not hold."""
_HEAD: Final = 1 << 18
_LINES: Final = 100
_FEWEST: Final = 3
"""Lines that must agree before something unusual is believed."""
_MOST: Final = 0.9
"""Share of lines that agree from which a width is that of the table."""
_LONGEST_PREAMBLE: Final = 30
"""Lines."""


@dataclass(frozen=True)
class Dialect:
    """How a table is written."""

    delimiter: str
    quote: str
    """Quotation mark, empty where none is used."""
    header: tuple[str, ...]
    start: int
    """Characters up to the first line below the header."""
    skipped: tuple[str, ...] = ()
    """Lines before the header."""
    lines: int = 1
    """Line ends up to `start`."""
    row_names: bool = False
    """Each row begins with a name of its own, for which the header has no column."""
    loose_end: bool = False
    """Each row ends with a delimiter that the header lacks."""


def dialect_of(text: str, suffix: str = "") -> Dialect:
    """Return how a table is written.

    Parameters
    ----------
    text : str
        Its beginning, not blank; the last line may be cut off.
    suffix : str
        Of the file, to decide between equals.

    Examples
    --------
    >>> found = dialect_of("# made today\\na;b\\n1,5;x\\n2,5;y\\n")
    >>> found.delimiter, found.header, found.skipped
    (';', ('a', 'b'), ('# made today',))
    """
    lines = list(_lines(text[:_HEAD]))
    if len(text) > _HEAD and len(lines) > 1:
        lines.pop()  # cut off
    lines = lines[: _LINES + _LONGEST_PREAMBLE]
    blank = _leading(lines, lambda line: not line.strip())
    declared, first = _declared(lines[blank:])
    first += blank
    body = lines[first:]
    delimiter, quote = (declared, '"') if declared else _best(body, suffix)
    first += _preamble(body, delimiter, quote)
    while first < len(lines) - 1 and not lines[first].strip():
        first += 1
    start = sum(map(len, lines[:first]))
    header, length = _first_row(text[start:], delimiter, quote)
    rows = [row for row in _rows(lines[first + 1 :], delimiter, quote) if row]
    skipped = tuple(line.strip() for line in lines[:first] if line.strip())
    end = start + length
    found = Dialect(delimiter, quote, tuple(header), end, skipped, _line_ends(text[:end]))
    return _with_edges(found, rows)


def _line_ends(text: str) -> int:
    return text.count("\n") or text.count("\r")


def _lines(text: str) -> Iterator[str]:
    return iter(io.StringIO(text, newline=""))


def _leading(lines: Iterable[str], holds: Callable[[str], bool]) -> int:
    """Return for how many of the first lines something holds."""
    return sum(1 for _ in takewhile(holds, lines))


def _declared(lines: Sequence[str]) -> tuple[str, int]:
    """Return the delimiter that a first line such as ``sep=;`` names, and the number of such lines."""
    first = lines[0].strip("\r\n") if lines else ""
    plain = first.strip().strip('"')
    if plain.lower().startswith("sep=") and len(plain) <= len("sep=") + 1:
        return plain[4:] or "\t", 1
    return "", 0


def _rows(lines: Iterable[str], delimiter: str, quote: str) -> list[list[str]]:
    return list(_each(lines, delimiter, quote))


def _each(lines: Iterable[str], delimiter: str, quote: str) -> Iterator[list[str]]:
    """Yield the rows as far as they can be read."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    # A field beyond the reader's limit ends what can be told from these lines.
    with suppress(csv.Error):
        yield from csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=quoting)


def _best(lines: Sequence[str], suffix: str) -> tuple[str, str]:
    """Return the delimiter and the quotation mark by which most lines, the first among them, have the same width."""
    best, most = (_NONE, '"'), (0.0, 0, False)
    for quote in ('"', "'", ""):
        for delimiter in _USUAL:
            share, width = _merit(_rows(lines[:_LINES], delimiter, quote))
            merit = (round(share, 2), width, delimiter == "\t" and suffix == ".tsv")
            better = merit > most if quote == '"' else merit[0] > most[0] + 0.05
            if width > 1 and better and (quote != "'" or _encloses(lines, delimiter, quote)):
                best, most = (delimiter, quote), merit
    if most[1]:
        return best
    return next(((sign, '"') for sign in _OTHERS if _clearly(_rows(lines[:_LINES], sign, '"'))), best)


def _encloses(lines: Sequence[str], delimiter: str, quote: str) -> bool:
    """Return whether fields stand between such signs, not only hold some."""
    cells = [cell for row in _rows(lines[:_LINES], delimiter, "") for cell in row]
    opened = sum(cell.startswith(quote) for cell in cells)
    return opened > 1 and opened == sum(cell.rstrip("\r\n").endswith(quote) for cell in cells)


def _merit(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Return the share of rows with the most frequent width, and that width; less where the header disagrees."""
    widths = [len(row) for row in rows if row]
    if not widths:
        return 0.0, 0
    width, count = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
    header = widths[0]
    fits = header in (width, width - 1, width + 1) and header > 1
    return count / len(widths) * (1.0 if fits else 0.5), width


def _clearly(rows: Sequence[Sequence[str]]) -> bool:
    filled = [row for row in rows if row]
    if len(filled) <= _FEWEST:
        return False
    header, *body = filled
    width = len(body[0])
    if width < 2 or len(header) not in (width, width - 1) or any(len(row) != width for row in body):
        return False
    named = all(cell.strip() and not is_plain_number(cell.strip()) for cell in header) and len(set(header)) == len(
        header
    )
    return named and any(all(is_plain_number(row[place].strip()) for row in body) for place in range(width))


def _preamble(lines: Sequence[str], delimiter: str, quote: str) -> int:
    """Return how many lines stand before the header, where that is clear; blank ones at their end not counted."""
    commented = _leading(lines, lambda line: line.startswith("#") or not line.strip())
    rows = _rows(lines, delimiter, quote)
    widths = Counter(len(row) for row in rows if row)
    if not widths:
        return 0
    width = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    if commented and not _is_header_at(lines, 0, delimiter, quote, width):
        return commented if commented < len(lines) else 0
    if width < 2:
        return 0
    narrow = _leading(lines, lambda line: _width(line, delimiter, quote) < 2)
    separated = any(not line.strip() for line in lines[:narrow])
    if 0 < narrow <= _LONGEST_PREAMBLE and (width > 2 or separated):
        header = next(iter(_rows(lines[narrow:], delimiter, quote)), [])
        return narrow if len(header) == width and _are_names(header) else 0
    return 0


def _is_header_at(lines: Sequence[str], place: int, delimiter: str, quote: str, width: int) -> bool:
    """Return whether a line that begins like a comment is the header: as wide as the rows, and none follows."""
    row = next(iter(_rows(lines[place:], delimiter, quote)), [])
    return len(row) == width and (width > 1 or len(lines) < 2 or not lines[1].startswith("#")) and _are_names(row)


def _are_names(cells: Sequence[str]) -> bool:
    plain = [cell.strip() for cell in cells]
    return all(cell.lower() not in MISSING_MARKERS and not is_plain_number(cell) for cell in plain) and len(
        set(plain)
    ) == len(plain)


def _width(line: str, delimiter: str, quote: str) -> int:
    rows = _rows([line], delimiter, quote)
    return len(rows[0]) if rows else 0


def _first_row(text: str, delimiter: str, quote: str) -> tuple[list[str], int]:
    """Return the cells of the first row and the number of characters that it takes."""
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for line in _lines(text):
            taken += len(line)
            yield line

    for row in _each(counted(), delimiter, quote):
        return row, taken
    first = next(_lines(text), "")  # quotes that never close, or a field beyond the reader's limit
    return first.strip("\r\n").split(delimiter), len(first)


def _with_edges(found: Dialect, rows: Sequence[Sequence[str]]) -> Dialect:
    """Return the dialect with what the rows have at their edges and the header lacks, or the other way round."""
    wide = [row for row in rows if len(row) == len(found.header) + 1]
    if rows and len(wide) >= _MOST * len(rows) and len(found.header):
        loose = all(not row[-1].strip() for row in wide)
        return replace(found, loose_end=loose, row_names=not loose and len(wide) >= _FEWEST)
    narrow = sum(len(row) == len(found.header) - 1 for row in rows)
    if rows and len(found.header) > 2 and not found.header[-1].strip() and narrow >= _MOST * len(rows):
        return replace(found, header=found.header[:-1])
    return found


def quotes_are_regular(chunks: Iterable[bytes], delimiter: str, quote: str) -> bool:
    """Return whether each quotation mark opens a field, closes one, or stands twice within one.

    Parameters
    ----------
    chunks : iterable of bytes
        The rows, UTF-8, in pieces.
    delimiter, quote : str
        One ASCII character each.
    """
    mark, sign = ord(quote), ord(delimiter)
    outside = np.zeros(256, dtype=bool)
    outside[[mark, sign, 10, 13]] = True
    inside, tail = 0, b"\n"
    for piece in chunks:
        content = np.frombuffer(tail + piece, dtype=np.uint8)
        places = np.flatnonzero(content[1:-1] == mark) + 1
        opening = (np.arange(len(places)) + inside) % 2 == 0
        neighbours = np.where(opening, content[places - 1], content[places + 1])
        if not outside[neighbours].all():
            return False
        inside = (inside + len(places)) % 2
        tail = bytes(content[-2:])
    return inside == (1 if tail[-1] == mark else 0)
