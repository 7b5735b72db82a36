"""Columns that say what another one says: equal, equal but for a few rows, on another scale, or under other names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.records.schema import Column, Kind

How = Literal["equal", "scaled", "renamed", "nearly"]
Cells = list[Any]

SAMPLED_ROWS: Final = 1_024
SAMPLED_CELLS: Final = 2_000_000
FEWEST_ROWS: Final = 10
"""With fewer rows, columns are alike by chance."""
CHUNKS: Final = 16
"""Stretches of the sampled rows, in one of which at least nearly equal columns agree."""
FEWEST_IN_CHUNK: Final = 8
MOST_IN_BUCKET: Final = 4
NEARLY: Final = 0.99
"""Share of rows in which nearly equal columns agree."""
BEYOND_CHANCE: Final = 0.95
"""Their agreement (Cohen's kappa), so that two columns of hardly anything but zeros are not alike."""
MOST_LEVELS: Final = 1_000
FEWEST_PER_LEVEL: Final = 3
"""Rows for each category of columns that are the same under other names; different values always match one to one."""
MOST_SCALED: Final = 3_000
"""Numeric columns of which each is compared with each."""
STRAIGHT: Final = 0.99999
"""Correlation of columns that are on another scale, rounded perhaps."""


@dataclass(frozen=True)
class Likeness:
    """A column that says what an earlier one says."""

    column: str
    first: str
    how: How
    share: float = 1.0
    """Rows that agree."""


def alike(frame: pl.DataFrame, columns: Sequence[Column]) -> tuple[Likeness, ...]:
    """Return the columns that say what an earlier one says, each once, with the strongest of the likenesses.

    Some rows, evenly spread, tell which pairs may be alike; those pairs are then compared in all rows.

    Parameters
    ----------
    frame : polars.DataFrame
        The table as read.
    columns : sequence of Column
        What its columns mean.

    Examples
    --------
    >>> from planfit.data.kinds import infer_columns
    >>> frame = pl.DataFrame({"metres": [k * 0.7 for k in range(40)], "feet": [k * 0.7 * 3.28084 + 1 for k in range(40)]})
    >>> [(found.column, found.first, found.how) for found in alike(frame, infer_columns(frame))]
    [('feet', 'metres', 'scaled')]
    """
    if frame.height < 2 or frame.width < 2:
        return ()
    table = _Table(frame, columns)
    found = {likeness.column: likeness for likeness in table.equal()}
    if frame.height >= FEWEST_ROWS:
        for rule in (table.scaled, table.renamed, table.nearly):
            for likeness in rule(frozenset(found)):
                found.setdefault(likeness.column, likeness)
    order = {column.name: place for place, column in enumerate(columns)}
    return tuple(sorted(found.values(), key=lambda likeness: order[likeness.column]))


class _Table:
    """A table and what is known of some of its rows."""

    def __init__(self, frame: pl.DataFrame, columns: Sequence[Column]) -> None:
        self.cells = dict(zip(frame.columns, frame.get_columns(), strict=True))
        self.columns = [column for column in columns if column.kind is not Kind.CONSTANT]
        rows = max(FEWEST_ROWS, min(SAMPLED_ROWS, SAMPLED_CELLS // max(1, frame.width)))
        sample = frame.gather_every(max(1, frame.height // rows))
        kept = dict(zip(sample.columns, sample.get_columns(), strict=True))
        self.sampled = {column.name: kept[column.name] for column in self.columns}
        self._lists: dict[str, Cells] = {}

    def listed(self, name: str) -> Cells:
        """Return the sampled cells of a column; hardly any column of a wide table is ever asked for its own."""
        if name not in self._lists:
            self._lists[name] = self.sampled[name].to_list()
        return self._lists[name]

    def _print(self, name: str) -> Any:
        """Return a key that is the same for columns whose sampled cells are."""
        series = self.sampled[name]
        if series.dtype.is_float() or (series.dtype.is_integer() and not series.null_count()):
            return (series.to_numpy() + 0).tobytes()  # 0.0 for -0.0
        return _key(self.listed(name))

    def equal(self) -> Iterator[Likeness]:
        buckets: dict[Any, list[str]] = {}
        for column in self.columns:
            key = (column.dtype, column.missing, column.n_unique, self._print(column.name))
            firsts = buckets.setdefault(key, [])
            for first in firsts[:MOST_IN_BUCKET]:
                if self.cells[column.name].equals(self.cells[first].alias(column.name), null_equal=True):
                    yield Likeness(column.name, first, "equal")
                    break
            else:
                firsts.append(column.name)

    def scaled(self, known: frozenset[str]) -> Iterator[Likeness]:
        """Numbers that lie on a straight line with those of another column, and miss in the same rows."""
        names = [
            column.name for column in self.columns
            if column.kind is Kind.NUMERIC and self.cells[column.name].dtype.is_numeric() and column.name not in known
            and (column.n_unique or 0) > 2
        ][:MOST_SCALED]  # fmt: skip
        if len(names) < 2:
            return
        matrix, present = _standardised([self.sampled[name] for name in names])
        straight = np.abs(matrix @ matrix.T) >= STRAIGHT
        taken: set[int] = set()
        for first, second in zip(*np.nonzero(np.triu(straight, 1)), strict=True):
            if int(second) in taken or not np.array_equal(present[first], present[second]):
                continue
            if self._on_a_line(names[first], names[second]):
                taken.add(int(second))
                yield Likeness(names[second], names[first], "scaled")

    def _on_a_line(self, first: str, second: str) -> bool:
        matrix, present = _standardised([self.cells[first], self.cells[second]])
        return bool(abs(matrix[0] @ matrix[1]) >= STRAIGHT and np.array_equal(present[0], present[1]))

    def renamed(self, known: frozenset[str]) -> Iterator[Likeness]:
        """Categories that stand for those of another column, one for one."""
        buckets: dict[Any, str] = {}
        for column in self.columns:
            distinct = column.n_unique or 0
            rows = len(self.cells[column.name]) - (column.missing or 0)
            if column.name in known or not 2 <= distinct <= min(MOST_LEVELS, rows / FEWEST_PER_LEVEL):
                continue
            pattern = _pattern(self.listed(column.name))
            first = buckets.setdefault((distinct, column.missing, pattern), column.name)
            if first != column.name and max(pattern) > 0 and self._one_for_one(first, column.name, distinct):
                yield Likeness(column.name, first, "renamed")

    def _one_for_one(self, first: str, second: str, distinct: int) -> bool:
        pairs = pl.DataFrame({"first": self.cells[first], "second": self.cells[second]}).unique()
        both = pairs.drop_nulls()
        return both.height == distinct and pairs.height - both.height <= 1

    def nearly(self, known: frozenset[str]) -> Iterator[Likeness]:
        """Values that differ in few rows only: columns alike in a stretch of the sample are compared."""
        buckets: dict[Any, list[str]] = {}
        for column in self.columns:
            if column.name in known or len(self.sampled[column.name]) < CHUNKS * FEWEST_IN_CHUNK:
                continue
            cells = self.listed(column.name)
            width = len(cells) // CHUNKS
            candidates: dict[str, None] = {}
            for chunk in range(CHUNKS):
                part = cells[chunk * width : (chunk + 1) * width]
                key = (column.dtype, chunk, _key(part))
                if len(set(key[2])) < 3:
                    continue
                names = buckets.setdefault(key, [])
                candidates.update(dict.fromkeys(names[:MOST_IN_BUCKET]))
                names.append(column.name)
            for first in candidates:
                share = self._agreement(first, column.name)
                if share is not None:
                    yield Likeness(column.name, first, "nearly", share)
                    break

    def _agreement(self, first: str, second: str) -> float | None:
        if not _agree(self.sampled[first], self.sampled[second], slack=2.0):
            return None
        return _agree(self.cells[first], self.cells[second])


def _key(cells: Cells) -> tuple[Any, ...]:
    """Return cells as a key: NaN is equal to itself."""
    return tuple("nan" if cell != cell else cell if isinstance(cell, str | int | float | None) else str(cell) for cell in cells)  # fmt: skip


def _pattern(cells: Cells) -> tuple[int, ...]:
    """Return for each cell the number of its value in the order of their first cells, -1 where missing."""
    numbers: dict[Any, int] = {}
    return tuple(-1 if cell is None else numbers.setdefault(cell, len(numbers)) for cell in _key(cells))


def _standardised(rows: Sequence[pl.Series]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return numbers with mean 0 and length 1, missing ones as 0, and which are present."""
    matrix = np.empty((len(rows), len(rows[0])))
    for line, series in zip(matrix, rows, strict=True):
        line[:] = series.cast(pl.Float64).to_numpy()
    present = np.isfinite(matrix)
    matrix[~present] = np.nan
    with np.errstate(all="ignore"):
        matrix /= np.nanmax(np.abs(np.nan_to_num(matrix)), axis=1, keepdims=True)
        matrix -= np.nansum(matrix, axis=1, keepdims=True) / present.sum(axis=1, keepdims=True)
        np.nan_to_num(matrix, copy=False)
        matrix /= np.sqrt((matrix**2).sum(axis=1, keepdims=True))
    return np.nan_to_num(matrix, copy=False), present


def _agree(one: pl.Series, two: pl.Series, slack: float = 1.0) -> float | None:
    """Return the share of rows in which two columns agree, where it is nearly all and no work of chance."""
    share = float(one.eq_missing(two).mean())  # type: ignore[arg-type]
    if share < 1 - slack * (1 - NEARLY):
        return None
    counted = pl.DataFrame({"value": one}).group_by("value").len()
    shares = counted["len"].to_numpy() / len(one)
    chance = float((shares**2).sum())
    return share if chance < 1 and (share - chance) / (1 - chance) >= 1 - slack * (1 - BEYOND_CHANCE) else None
