"""JSON: a document of records or of columns, or one record a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from planfit.data.names import unique_names
from planfit.data.sources.encoding import as_utf8
from planfit.data.sources.raw import Parsed, Raw, Reader
from planfit.data.sources.values import frame_of_records, series_of
from planfit.errors import UsageError

_LINES: Final = (".jsonl", ".ndjson", ".jsonlines")
_NEEDED: Final = 8
"""Bytes of memory that a byte of JSON takes while it is read, roughly."""
_SHAPES: Final = 'Give a list of records such as [{"age": 31}, {"age": 27}], or columns such as {"age": [31, 27]}.'


def read(raw: Raw) -> Parsed:
    """Return the table in a JSON file, or in one of JSON lines.

    Parameters
    ----------
    raw : Raw
        The text.
    """
    raw, start = as_utf8(raw)
    raw.needs(_NEEDED * raw.size)
    content = raw.whole()[start:]
    if not content.strip():
        raise UsageError(f"{raw.origin} is empty.", hint=_SHAPES)
    if raw.suffix not in _LINES:
        try:
            return _table(_loaded(content), raw)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                raise _broken(raw, error.lineno, error.msg) from error
        except RecursionError as error:
            raise UsageError(f"{raw.origin} is nested too deeply for a table.", hint=_SHAPES) from error
    frame = frame_of_records(_records(content, raw))
    return Parsed(
        frame.rename(dict(zip(frame.columns, unique_names(frame.columns), strict=True))),
        (*frame.columns,),
        raw.findings,
    )


def _loaded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            raise
        raise json.JSONDecodeError(str(error).splitlines()[0], "", 0) from error  # e.g. a number of 5,000 digits


def _records(content: bytes, raw: Raw) -> Iterator[Mapping[str, Any]]:
    start, number = 0, 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        line, start, number = content[start:end], end + 1, number + 1
        if not line.strip():
            continue
        try:
            record = _loaded(line)
        except json.JSONDecodeError as error:
            raise _broken(raw, number, error.msg) from error
        except RecursionError as error:
            raise _broken(raw, number, "nested too deeply") from error
        if not isinstance(record, dict):
            raise _broken(raw, number, "not a record such as {...}")
        yield record


def _broken(raw: Raw, number: int, why: str) -> UsageError:
    return UsageError(
        f"{raw.origin} is not readable JSON: line {number}: {why[:1].lower()}{why[1:]}.",
        hint="It may be cut off; write it again.",
    )


def _table(document: Any, raw: Raw) -> Parsed:
    """Return the table in a document: records, columns, or either under a single key."""
    if isinstance(document, dict) and len(document) == 1:
        (inner,) = document.values()
        if isinstance(inner, dict) or (isinstance(inner, list) and inner and isinstance(inner[0], dict)):
            document = inner
    if isinstance(document, list) and document and all(isinstance(record, dict) for record in document):
        frame = frame_of_records(document)
        return Parsed(
            frame.rename(dict(zip(frame.columns, unique_names(frame.columns), strict=True))),
            (*frame.columns,),
            raw.findings,
        )
    if isinstance(document, dict) and {"columns", "data"} <= set(document) <= {"columns", "data", "index", "schema"}:
        names, rows = document["columns"], document["data"]
        if isinstance(names, list) and isinstance(rows, list) and all(
            isinstance(row, list) and len(row) == len(names) for row in rows
        ):  # fmt: skip
            return _columns(dict(enumerate(zip(*rows, strict=True))) if rows else {}, tuple(map(str, names)), raw)
    if isinstance(document, dict) and document:
        columns = list(document.values())
        if all(isinstance(column, dict) and column.keys() == columns[0].keys() for column in columns):
            return _columns({name: list(column.values()) for name, column in document.items()}, tuple(document), raw)
        if all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
            return _columns(document, tuple(document), raw)
    raise UsageError(f"The JSON in {raw.origin} is no table.", hint=_SHAPES)


def _columns(columns: Mapping[Any, Any], labels: tuple[str, ...], raw: Raw) -> Parsed:
    import polars as pl

    pairs = zip(unique_names(labels), columns.values(), strict=False)
    return Parsed(pl.DataFrame([series_of(name, values) for name, values in pairs]), labels, raw.findings)


def _recognises(raw: Raw) -> bool:
    """Return whether it begins like a record or a list of records; no header line does."""
    start = raw.head[:64].removeprefix(b"\xef\xbb\xbf").split()
    joined = b"".join(start)
    return joined.startswith((b'{"', b'[{"', b"[{}")) and b":" in raw.head[:1000]


READER = Reader("JSON", (".json", *_LINES), _recognises, read)
