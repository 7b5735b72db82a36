"""What is known of a dataset without showing its rows."""

from __future__ import annotations

from functools import cached_property
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
    stand_in: float | None = None
    """A number far outside the others that repeats and may stand for missing, e.g. -200 or 999."""
    integers: bool | None = None
    """All present numbers are whole."""
    top: tuple[ValueCount, ...] = ()
    """The most frequent values; categorical and boolean columns, and numeric ones of few values."""
    mean_length: float | None = None
    """Characters; text-like columns."""
    mean_words: float | None = None
    max_length: int | None = None
    """Characters of the longest text; text-like columns."""
    personal: str | None = None
    """``name``, ``e-mail``, ``phone``, ... where the column looks personal."""
    infinite: int = 0
    """Values that were infinite; they count as missing."""
    tail: float | None = None
    """Share of the squared deviations from the mean that the 1 % most extreme rows hold."""
    histogram: tuple[int, ...] = ()
    """Rows in bins of equal width from the first to the last of `quantiles`, of dates from `minimum` to `maximum`. What
    lies outside is counted in the bins at the ends. Whole numbers have a bin each where they are not many. Columns of few
    values have none."""

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
        return self.columns[self._places[name]]

    def of(self, name: str) -> ColumnProfile:
        return self.statistics[self._places[name]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._places)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {column.name: place for place, column in enumerate(self.columns)}

    @cached_property
    def copies(self) -> dict[str, str]:
        """Columns that are equal to an earlier one, and to which."""
        pairs = (finding.columns for finding in self.warnings if finding.code == "duplicate-column")
        return {copy: first for names in pairs for copy, first in zip(names[::2], names[1::2], strict=True)}


class Association(Record):
    """How much one column alone says about the target, on training rows."""

    column: str
    measure: Literal["auc", "r2"]
    """``auc``: out-of-fold one-against-rest ROC AUC of a small tree; ``r2``: its out-of-fold R2. Of wide tables the
    weaker columns are judged by means in bins instead."""
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
    cautions: tuple[Finding, ...] = ()
    """What to be careful with in the target itself: rare classes, a heavy tail, outliers."""
