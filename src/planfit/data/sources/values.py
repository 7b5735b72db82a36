"""Columns of Python values, as JSON, workbooks and databases give them, in one storage type each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import polars as pl

from planfit.data.readings import text_of

_LARGEST: Final = 2**63
_STORED: Final[dict[frozenset[type], Any]] = {
    frozenset({bool}): pl.Boolean, frozenset({int}): pl.Int64, frozenset({float}): pl.Float64,
    frozenset({int, float}): pl.Float64, frozenset({str}): pl.String, frozenset({date}): pl.Date,
    frozenset({datetime}): pl.Datetime("us"), frozenset({date, datetime}): pl.Datetime("us"),
    frozenset({timedelta}): pl.Duration("us"), frozenset({time}): pl.Time,
}  # fmt: skip


def series_of(name: str, values: Sequence[Any]) -> pl.Series:
    """Return values as a column: in their own type where they have one in common, else as their texts.

    Examples
    --------
    >>> series_of("a", [1, 2.5, None]).to_list(), series_of("a", [1, "x", [2]]).to_list()
    ([1.0, 2.5, None], ['1', 'x', '[2]'])
    """
    kinds = frozenset(type(value) for value in values) - {type(None)}
    dtype = _STORED.get(kinds) if kinds else pl.String
    if kinds == {int} and any(value is not None and not -_LARGEST <= value < _LARGEST for value in values):
        dtype = None
    if dtype is not None:
        try:
            if kinds == {date, datetime}:
                values = [_moment(value) for value in values]
            return pl.Series(name, values, dtype=dtype, strict=False)
        except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
            pass  # e.g. a zone; the text says all
    return pl.Series(name, [_text(value) for value in values], dtype=pl.String)


def _moment(value: Any) -> Any:
    return datetime(value.year, value.month, value.day) if type(value) is date else value


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict | list):
        return as_json(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return clean(value) if isinstance(value, str) else text_of(value)


def as_json(value: Any) -> str:
    """Return what is nested in a cell as JSON text."""
    return clean(json.dumps(value, ensure_ascii=False))


def clean(text: str) -> str:
    """Return text without halves of character pairs, which no table can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def frame_of_records(records: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return records as a table; an object in a field becomes columns ``field.name``, what lies deeper JSON text.

    Examples
    --------
    >>> frame_of_records([{"a": 1, "b": {"c": "x"}}, {"b": {"c": "y", "d": [1]}}]).to_dict(as_series=False)
    {'a': [1, None], 'b.c': ['x', 'y'], 'b.d': [None, '[1]']}
    """
    columns: dict[str, list[Any]] = {}
    count = 0
    for record in records:
        for name, value in _flat(record):
            column = columns.setdefault(name, [])
            if len(column) <= count:
                column.extend([None] * (count - len(column)))
                column.append(value)
        count += 1
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    return pl.DataFrame([series_of(clean(name), columns[name]) for name in columns])


def _flat(record: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict):
            for inner, nested in value.items():
                yield f"{name}.{inner}", as_json(nested) if isinstance(nested, dict | list) else nested
        else:
            yield name, as_json(value) if isinstance(value, list) else value
