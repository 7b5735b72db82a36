"""CSV and its kin. Lines of another width than the header's are dropped where they are few, else the file is refused.

A line that is too short counts like one that is too long: which field it lacks cannot be known.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from planfit.data.figures import blocks
from planfit.data.names import unique_names
from planfit.data.sources.dialect import Dialect, dialect_of, quotes_are_regular
from planfit.data.sources.encoding import LONGEST_LINE, as_utf8
from planfit.data.sources.growing import Growing, add_together
from planfit.data.sources.raw import Parsed, Raw, Reader, first_line
from planfit.errors import UsageError
from planfit.records.findings import Finding

RAGGED_SHARE: Final = 0.01
"""Share of lines of another width up to which they are dropped."""
_HEADER: Final = 1 << 22
"""Bytes in which the header must end."""
_BLOCKS: Final = (1 << 20, 2 * LONGEST_LINE)
"""Bytes that are parsed at once; the larger where a row is longer."""
_ROWS: Final = 1 << 17
_LARGE: Final = 1 << 24
"""Rows that are typed at once, or bytes of the file, where that is less."""
_NAMED: Final = 3
"""Lines that are named by number."""
_EXTRA: Final = "\x00extra"
"""Column of what follows the last delimiter of a row."""


@dataclass
class _Attempt:
    """The rows of a file, read in one way."""

    columns: list[Growing]
    quote: str
    escaped: bool = False
    off: bool = False
    """There are quotes, but they are read as plain signs."""
    rows: int = 0
    ragged: int = 0
    examples: list[tuple[str, int]] = field(default_factory=list)
    """Text and width of the first ragged rows."""
    broken: str | None = None
    """Why it cannot be read in that way at all."""

    def note(self, row: Any) -> str:
        self.ragged += 1
        if len(self.examples) < _NAMED:
            self.examples.append((row.text, row.actual_columns))
        return "skip"

    @property
    def share(self) -> float:
        return self.ragged / max(1, self.ragged + self.rows)


def read(raw: Raw) -> Parsed:
    """Return the table in a delimited text.

    Parameters
    ----------
    raw : Raw
        Text in any of the usual encodings.
    """
    raw, offset = as_utf8(raw)
    with raw.open() as file:
        file.seek(offset)
        head = file.read(_HEADER).decode("utf-8", "ignore")
    if not head.strip():
        raise UsageError(f"{raw.origin} is empty.", hint="Give a file with a header line and rows.")
    dialect = dialect_of(head, raw.suffix)
    start = offset + len(head[: dialect.start].encode())
    labels = (("",) if dialect.row_names else ()) + dialect.header
    names = unique_names(labels)
    taken = _best_attempt(raw, start, dialect, names)
    if taken.rows == 0 and taken.ragged == 0 and taken.broken is None:
        raise UsageError(f"{raw.origin} has a header line but no rows.", hint="Give a file with rows below the header.")
    numbers = _line_numbers(raw, start, dialect.lines, taken) if taken.ragged else []
    if taken.broken is not None or taken.share >= RAGGED_SHARE:
        raise _refusal(raw, taken, numbers, len(labels))
    if any(column.must_be_read_again for column in taken.columns):
        taken = _attempt(raw, start, dialect, names, taken)
    found = (*raw.findings, *_said(raw.origin, dialect, taken, numbers, len(labels)))
    series = [column.done() for column in taken.columns]
    pa.default_memory_pool().release_unused()
    if dialect.loose_end:
        series.pop()
    if taken.off:
        series = [_unquoted(column) for column in series]
    return Parsed(pl.DataFrame(series), labels, found)


def _best_attempt(raw: Raw, start: int, dialect: Dialect, names: tuple[str, ...]) -> _Attempt:
    """Return the way of reading that keeps most rows, the usual one where several keep as many."""
    if not _has_quotes(raw, start, dialect.quote or '"'):
        return _attempt(raw, start, dialect, names, _Attempt([], ""))
    if not dialect.quote:
        return _attempt(raw, start, dialect, names, _Attempt([], "", off=True))
    if quotes_are_regular(raw.chunks(start), dialect.delimiter, dialect.quote):
        return _attempt(raw, start, dialect, names, _Attempt([], dialect.quote))
    ways = [_Attempt([], dialect.quote), _Attempt([], "", off=True)]
    if any(b"\\" + dialect.quote.encode() in piece for piece in raw.chunks(start)):
        ways.insert(1, _Attempt([], dialect.quote, escaped=True))
    best = None
    for way in ways:
        tried = _attempt(raw, start, dialect, names, way)
        if best is None or tried.rows > best.rows:
            best = tried
    assert best is not None
    return best


def _attempt(raw: Raw, start: int, dialect: Dialect, names: tuple[str, ...], way: _Attempt) -> _Attempt:
    """Return the rows read in one way; columns that the earlier reading lost are kept as text."""
    lost = {column.name for column in way.columns if column.must_be_read_again}
    kept = {column.name: column for column in way.columns if not column.must_be_read_again}
    for block in _BLOCKS:
        every = (*names, _EXTRA) if dialect.loose_end else names
        made = _Attempt([], way.quote, way.escaped, way.off)
        fresh = [name for name in every if name not in kept]
        made.columns = [kept.get(name) or Growing(name, as_text=name in lost) for name in every]
        wanted = set(fresh)
        growing = [column for column in made.columns if column.name in wanted]
        try:
            for part in _grouped(_batches(raw, start, dialect, every, fresh, made, block), block):
                made.rows += part.num_rows
                for places in blocks(len(growing), part.num_rows):
                    cells = pl.DataFrame(pl.from_arrow(part.select(list(places))))
                    add_together(growing[places.start : places.stop], cells.get_columns())
        except pa.ArrowInvalid as error:
            made.broken = first_line(error)
            if "straddl" in made.broken and raw.size > block:
                continue
        break
    return made


def _grouped(batches: Iterator[pa.RecordBatch], block: int) -> Iterator[pa.Table]:
    """Yield the rows in fewer, larger parts: memory of small ones is not given back when they are put together."""
    group: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        group.append(batch)
        rows += batch.num_rows
        if rows >= _ROWS or len(group) * block >= _LARGE:
            yield pa.Table.from_batches(group).combine_chunks()
            group, rows = [], 0
            pa.default_memory_pool().release_unused()
    if group:
        yield pa.Table.from_batches(group).combine_chunks()


def _batches(
    raw: Raw, start: int, dialect: Dialect, every: tuple[str, ...], wanted: list[str], made: _Attempt, block: int
) -> Iterator[pa.RecordBatch]:
    if start >= raw.size:
        return
    reader = arrow_csv.open_csv(
        _source(raw, start),
        read_options=arrow_csv.ReadOptions(column_names=list(every), block_size=block, use_threads=False),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter, quote_char=made.quote or False, escape_char="\\" if made.escaped else False,
            newlines_in_values=bool(made.quote), invalid_row_handler=made.note,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(every, pa.string()), include_columns=wanted, strings_can_be_null=True,
            null_values=[""], check_utf8=False,
        ),
    )  # fmt: skip
    yield from reader


def _source(raw: Raw, start: int) -> Any:
    if raw.path is None:
        return pa.BufferReader(pa.py_buffer(memoryview(raw.whole())[start:]))
    file = pa.OSFile(str(raw.path))
    file.seek(start)
    return file


def _has_quotes(raw: Raw, start: int, quote: str) -> bool:
    return any(quote.encode() in piece for piece in raw.chunks(start))


def _unquoted(column: pl.Series) -> pl.Series:
    """Return a column that was read with quoting off without the marks that enclose whole cells."""
    if column.dtype != pl.String:
        return column
    enclosed = column.str.contains(r'(?s)^".*"$') & (column.str.len_bytes() > 1)
    inner = column.str.strip_prefix('"').str.strip_suffix('"').str.replace_all('""', '"', literal=True)
    bare = pl.select(pl.when(enclosed).then(inner.replace("", None)).otherwise(column)).to_series().alias(column.name)
    again = Growing(column.name)
    again.add(bare)
    return bare if again.must_be_read_again or again.dtype == pl.String else again.done()


def _line_numbers(raw: Raw, start: int, lines: int, attempt: _Attempt) -> list[int]:
    """Return the lines on which the first ragged rows begin."""
    found: list[int] = []
    with _searchable(raw) as content:
        ends = b"\n" if content.find(b"\n") >= 0 else b"\r"
        place, line = start, lines
        for text, _ in attempt.examples:
            wanted = re.escape(text.encode("utf-8", "surrogateescape").strip(b"\r\n"))
            whole = re.compile(rb"(?<=[\r\n])" + wanted + rb"(?=[\r\n]|\Z)").search(content, place)
            if whole is None:
                break
            line += _count(content, ends, place, whole.start())
            found.append(line + 1)
            place = whole.start()
    return found


def _count(content: Any, sign: bytes, start: int, end: int) -> int:
    return sum(content[at : min(end, at + _HEADER)].count(sign) for at in range(start, end, _HEADER))


@contextmanager
def _searchable(raw: Raw) -> Iterator[Any]:
    if raw.path is None:
        yield raw.whole()
        return
    with raw.open() as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def _refusal(raw: Raw, attempt: _Attempt, numbers: list[int], width: int) -> UsageError:
    if attempt.broken is not None and not attempt.examples:
        return UsageError(
            f"{raw.origin} cannot be read as a table: a quote is not closed, or a line is too long.",
            hint="Check its quotes and line ends; a field that holds the delimiter must stand in double quotes.",
        )
    where = f"line {numbers[0]}" if numbers else "a line"
    return UsageError(
        f"{raw.origin} cannot be read as a table: {where} has {_fields(attempt.examples[0][1])}, the header has {width}"
        f" ({attempt.ragged:,} of {attempt.ragged + attempt.rows:,} lines are like that).",
        hint="Correct these lines; a field that holds the delimiter must stand in double quotes.",
    )


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"


def _said(origin: str, dialect: Dialect, attempt: _Attempt, numbers: list[int], width: int) -> Iterator[Finding]:
    if dialect.skipped:
        most = f"{len(dialect.skipped)} lines" if len(dialect.skipped) > 1 else "One line"
        yield _finding(
            "lines-before-header",
            f"{most} before the header of {origin} {'were' if len(dialect.skipped) > 1 else 'was'} skipped: "
            f"{dialect.skipped[0][:60]!r}.",
        )
    if dialect.row_names:
        yield _finding(
            "renamed-columns",
            f"The rows of {origin} have one field more than its header; the first is taken for row names, 'Unnamed: 0'.",
        )
    if attempt.off:
        yield _finding(
            "unbalanced-quotes",
            f"The quotes of {origin} do not pair up; it was read with every quote as a plain sign.",
            "If fields look wrong, correct the quotes: one within a quoted field is written twice.",
        )
    if attempt.ragged:
        named = ", ".join(map(str, numbers))
        which = f" (line {named})" if attempt.ragged == 1 else f", the first of them on line {named}" if named else ""
        dropped = "1 line was" if attempt.ragged == 1 else f"{attempt.ragged:,} lines were"
        yield _finding(
            "ragged-lines",
            f"{dropped} dropped for having more or fewer fields than the header's {width}{which}.",
            "A field that holds the delimiter must stand in double quotes.",
        )


def _finding(code: str, message: str, hint: str | None = None) -> Finding:
    return Finding(code=code, gate="dataset", severity="warning", message=message, hint=hint)


READER = Reader("delimited text", (".csv", ".tsv", ".txt", ".tab", ".psv", ".data"), lambda raw: False, read)
