"""What is known of a dataset without showing its rows."""

from __future__ import annotations

from typing import Literal

from planfit.records.canonical import Record
from planfit.records.findings import Finding
from planfit.records.schema import Column, Kind


class DataRef(Record):
    """Where a table came from and what it held. A file is not copied; a table from memory is."""

    content_hash: str
    """Over names, logical types and values; never over file bytes."""
    path: str | None
    """Absolute path of the file, or None for a table from memory."""
    origin: str
    """As a person would say it: ``churn.csv`` or ``a pandas table``."""
    rows: int
    columns: int


class ValueCount(Record):
    """How often one value occurs."""

    value: str
    count: int


class ColumnProfile(Record):
    """Statistics of one column over all rows; none of them looks at the target."""

    name: str
    kind: Kind
    missing: int
    n_unique: int
    minimum: float | str | None = None
    """A number, or an ISO date."""
    maximum: float | str | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float, ...] = ()
    """At 0.01, 0.25, 0.5, 0.75, 0.99; numeric columns only."""
    skew: float | None = None
    zeros: int | None = None
    integers: bool | None = None
    """All present numbers are whole."""
    top: tuple[ValueCount, ...] = ()
    """The most frequent values; categorical and boolean columns, and numeric ones of few values."""
    mean_length: float | None = None
    """Characters; text-like columns."""
    mean_words: float | None = None
    personal: str | None = None
    """``name``, ``e-mail``, ``phone``, ... where the column looks personal."""

    def share_missing(self, rows: int) -> float:
        return self.missing / rows if rows else 0.0


class Profile(Record):
    """The profile of a table."""

    data: DataRef
    rows: int
    memory: int
    """Bytes in memory."""
    columns: tuple[Column, ...]
    """All columns as read, with kinds and readings, in file order."""
    statistics: tuple[ColumnProfile, ...]
    """One for each column, in the same order."""
    duplicate_rows: int
    warnings: tuple[Finding, ...] = ()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def of(self, name: str) -> ColumnProfile:
        return next(column for column in self.statistics if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


class Association(Record):
    """How much one column alone says about the target, on training rows."""

    column: str
    measure: Literal["auc", "r2"]
    """``auc``: out-of-fold one-against-rest ROC AUC of a small tree; ``r2``: its out-of-fold R2."""
    value: float


class TargetProfile(Record):
    """What training rows say about the target. Made after the split."""

    rows: int
    classes: tuple[ValueCount, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    skew: float | None = None
    associations: tuple[Association, ...] = ()
    leaks: tuple[Finding, ...] = ()
    """Suspected leaks; severity error where near-certain."""
