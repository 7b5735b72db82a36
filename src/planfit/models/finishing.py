"""Steps that several families need before they can take a column, in the plan language."""

from __future__ import annotations

from typing import Final

from planfit.models.base import JsonDict, names_of
from planfit.records.schema import Column, Kind

MOST_NATIVE_LEVELS: Final = 255
"""Categories of more levels are target-encoded for LightGBM: its own splits over so many sets are mostly noise."""
MOST_ONE_HOT_LEVELS: Final = 100
"""Categories of more levels are target-encoded for linear models."""
MOST_FOREST_LEVELS: Final = 10
"""Categories of more levels are target-encoded for forests, which would need one split a level."""
RARE_ROWS: Final = 2
"""Levels in fewer training rows share one column of a one-hot encoding; the penalty deals with the other rare ones."""


def step(operation: str, columns: list[str] | str, **parameters: object) -> list[JsonDict]:
    """Return one step as a list, or no step where there are no columns."""
    if not columns:
        return []
    return [{"columns": columns if isinstance(columns, str) else list(columns), "operation": operation, **parameters}]


def drop_useless(columns: tuple[Column, ...]) -> list[JsonDict]:
    """Drop identifiers and constants, from which nothing carries over to new rows."""
    return step("drop", names_of(columns, Kind.IDENTIFIER, Kind.CONSTANT))


def date_parts(columns: tuple[Column, ...]) -> list[JsonDict]:
    """Turn dates into numbers."""
    return step("datetime_parts", names_of(columns, Kind.DATETIME))


def ordered_codes(columns: tuple[Column, ...]) -> list[str]:
    """Return the categories named by numbers in an order, which trees take as these numbers."""
    return [column.name for column in columns if column.kind is Kind.CATEGORICAL and column.ordered]


def by_levels(columns: tuple[Column, ...], most: int, *, ordered: bool = True) -> tuple[list[str], list[str]]:
    """Return the categories of at most `most` levels (or of unknown number), and the others.

    Those in an order are among them unless `ordered` is False.
    """
    categories = [column for column in columns if column.kind is Kind.CATEGORICAL and (ordered or not column.ordered)]
    many = [column.name for column in categories if (column.n_unique or 0) > most]
    return [column.name for column in categories if column.name not in set(many)], many


def numbers(columns: tuple[Column, ...]) -> list[str]:
    """Return numeric columns and groups."""
    return names_of(columns, Kind.NUMERIC)
