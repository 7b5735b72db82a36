"""What is known of a table's columns, before and after each step of a plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from planfit.records.canonical import Record


class Kind(StrEnum):
    """What a column means, whatever it is stored as."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"


ALL_KINDS = frozenset(Kind)


class NumberReading(Record):
    """How a number is written when the column is kept as text."""

    reading: Literal["number"] = "number"
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ""
    strip: tuple[str, ...] = ()
    """Signs and units removed from both ends, e.g. ``$``, ``%`` or ``kg``."""
    brackets: bool = False
    """An amount in brackets is negative, as accountants write it."""
    magnitudes: bool = False
    """``k``, ``M`` and ``B`` at the end mean thousand, million and billion."""


class DateReading(Record):
    """How a date is written: a strptime format, an integer such as 20190317, or a count of seconds since 1970."""

    reading: Literal["date"] = "date"
    format: str | None
    """None: the storage is already a date or a timestamp, or ISO 8601. ``%b`` stands for the name of a month, short or
    full, in several languages."""
    integer: bool = False
    """The digits of `format`, kept as a whole number, which may have lost its leading zero."""
    epoch: Literal["s", "ms", "us", "ns"] | None = None
    """Numbers count these units since 1970-01-01."""


class DurationReading(Record):
    """How long something takes, or a time of day, kept as text: ``01:30:00``, ``2h 5m``, ``PT1H30M``; in seconds."""

    reading: Literal["duration"] = "duration"
    pair: Literal["hours:minutes", "minutes:seconds"] = "hours:minutes"
    """What two numbers with a colon between them are."""


class CodeReading(Record):
    """Digits that name a category: 3, 3.0 and "3" are one and the same."""

    reading: Literal["code"] = "code"
    width: int = 0
    """Digits that a code is filled up to with zeros from the left; 0: leading zeros say nothing."""


class BooleanReading(Record):
    """Which values mean yes and which no, in lower case; anything else is missing."""

    reading: Literal["boolean"] = "boolean"
    true: tuple[str, ...]
    false: tuple[str, ...]


Reading = Annotated[
    NumberReading | DateReading | DurationReading | BooleanReading | CodeReading, Field(discriminator="reading")
]


class Column(Record):
    """One column, or one group of columns whose number depends on the data (``city=*``)."""

    name: str
    kind: Kind
    dtype: str = ""
    """Storage as it was read, e.g. ``Int64``, ``String``; empty for what a step made."""
    n_unique: int | None = None
    missing: int | None = None
    group: bool = False
    """True when `name` stands for a set of columns known only after fitting; it is named as a whole."""
    width: int = 1
    """How many columns it is, or is expected to be at the most for a group."""
    sources: tuple[str, ...] = ()
    """Names of the raw columns it was made from."""
    reading: Reading | None = None
    """How the door reads it; None where the storage is what it means."""
    missing_markers: tuple[str, ...] = ()
    """Texts that stand for a missing value in this column, e.g. ``?``."""
    ordered: bool = False
    """Categories named by numbers whose order may carry meaning, e.g. months or classes of travel."""

    def __repr__(self) -> str:
        return f"<{self.name}: {self.kind.value}>"

    __str__ = __repr__


class Excluded(Record):
    """A column that no model may use, and why."""

    name: str
    code: Literal["identifier", "constant", "leak", "duplicate", "asked", "empty", "split", "screened", "other"]
    reason: str


class Schema(Record):
    """The columns that a plan may use, in order, and those that it may not.

    The target, the excluded and the carried columns are not among `columns`.
    """

    columns: tuple[Column, ...]
    target: str | None = None
    excluded: tuple[Excluded, ...] = ()
    carried: tuple[str, ...] = ()
    """Columns a split needs at fitting time (group, time) that no model sees."""
    dropped: tuple[str, ...] = ()
    """Columns that earlier steps of a plan have removed."""
    rows: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def of_kind(self, *kinds: Kind) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.kind in kinds)

    def find(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)
