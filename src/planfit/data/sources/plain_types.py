"""Text cells as numbers or truth values, as programs write them; the columns of a part of a table all at once.

The cells of several columns are worked on as one long column: in a wide table, what a call costs by itself would
otherwise be nearly all of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.readings import BLANKS, MISSING_MARKERS

_CODE: Final = r"^[+-]?0\d"
"""Leading zeros: a code, not a number."""
_WHOLE: Final = r"^[+-]?\d+$"
_LONGEST_INTEGER: Final = 19
"""Digits of the longest that is stored as one."""
_TRUTHS: Final = ("true", "false")
_MARKERS: Final = sorted(MISSING_MARKERS)
_SAMPLE: Final = 20
"""Cells of a column that mostly tell that it is neither."""
TOGETHER: Final = 1 << 16
"""Cells that are worked on at once, unless one column has more."""

Flags = npt.NDArray[np.bool_]


def plainly_typed(texts: Sequence[pl.Series]) -> list[pl.Series]:
    """Return text columns as numbers or truth values where all their present cells are such, as written by programs.

    Without any present cell a column is of the type Null, with other cells it comes back as it is.

    Parameters
    ----------
    texts : sequence of polars.Series
        Of equal length; an empty cell is null.

    Examples
    --------
    >>> columns = [pl.Series(["1", "2.5", "n/a"]), pl.Series(["007", "12", None])]
    >>> [column.to_list() for column in plainly_typed(columns)]
    [[1.0, 2.5, None], ['007', '12', None]]
    """
    step = max(1, TOGETHER // max(1, len(texts[0]) if texts else 1))
    typed: list[pl.Series] = []
    for start in range(0, len(texts), step):
        typed += _typed_block(texts[start : start + step])
    return typed


def _typed_block(texts: Sequence[pl.Series]) -> list[pl.Series]:
    typed = list(texts)
    open_ones: list[int] = []
    for place, series in enumerate(texts):
        if series.null_count() == len(series):
            typed[place] = pl.Series(series.name, [None] * len(series), dtype=pl.Null)
        else:
            open_ones.append(place)
    maybe = _may_be_plain([texts[place] for place in open_ones])
    open_ones = [place for place, plain in zip(open_ones, maybe, strict=True) if plain]
    for form in (_numbers, _without_blanks):
        found = form([texts[place] for place in open_ones])
        known = {place: numbers for place, numbers in zip(open_ones, found, strict=True) if numbers is not None}
        for place, numbers in known.items():
            typed[place] = numbers
        open_ones = [place for place in open_ones if place not in known]
    return typed


def _long(columns: Sequence[pl.Series]) -> pl.Series:
    """Return columns as one below the other."""
    return columns[0] if len(columns) == 1 else pl.concat([series.alias("") for series in columns])


def _flags(long: pl.Series, columns: int) -> Flags:
    """Return a mask over the cells of columns below one another, a row for each column; null is False."""
    return long.fill_null(False).to_numpy().reshape(columns, -1)


def _may_be_plain(columns: Sequence[pl.Series]) -> Flags:
    """Return which columns hold nothing in their first cells by which they must remain text."""
    if not columns:
        return np.zeros(0, dtype=bool)
    cells = _long([series.head(_SAMPLE) for series in columns])
    plain = cells.cast(pl.Float64, strict=False).is_not_null() | cells.is_null()
    if not plain.all():
        bare = cells.str.strip_chars(BLANKS)
        plain |= bare.cast(pl.Float64, strict=False).is_not_null()
        plain |= bare.str.to_lowercase().is_in([*_MARKERS, *_TRUTHS])
    return np.asarray(_flags(plain, len(columns)).all(axis=1))


def _numbers(columns: Sequence[pl.Series]) -> list[pl.Series | None]:
    """Return the columns as numbers where all cells are, without a code among them; None for others."""
    if not columns:
        return []
    width, rows = len(columns), len(columns[0])
    cells = _long(columns)
    whole = cells.cast(pl.Int64, strict=False)
    fits = _flags(cells.is_null() | whole.is_not_null(), width)
    are_whole = fits.all(axis=1)
    floats, are_floats = whole, ~are_whole
    if not are_whole.all():
        floats = cells.cast(pl.Float64, strict=False)
        # Whole numbers that fit no integer are longer than any measurement.
        beyond = _matches(cells, whole.is_null() & (cells.str.len_bytes() >= _LONGEST_INTEGER), _WHOLE)
        fractions = floats.is_not_nan() & ~beyond
        are_floats &= (fits | _flags(fractions, width)).all(axis=1)
    zeros = cells.str.starts_with("0") | cells.str.starts_with("-0") | cells.str.starts_with("+0")
    codes = _flags(_matches(cells, zeros, _CODE), width).any(axis=1)
    found: list[pl.Series | None] = [None] * width
    for chosen, numbers in ((are_whole & ~codes, whole), (are_floats & ~codes, floats)):
        places = np.flatnonzero(chosen)
        if 0 < len(places) < width:  # so that what is kept does not hold on to the cells of the others
            numbers = numbers.filter(pl.Series(np.repeat(chosen, rows)))
        for number, place in enumerate(places.tolist()):
            found[place] = numbers.slice(number * rows, rows).alias(columns[place].name)
    return found


def _matches(cells: pl.Series, among: pl.Series, pattern: str) -> pl.Series:
    """Return which cells, among some of them, match; an expression costs more than what rules most cells out."""
    places = np.flatnonzero(among.fill_null(False).to_numpy())
    found = np.zeros(len(cells), dtype=bool)
    if len(places):
        some = cells.gather(places) if len(places) < len(cells) else cells
        found[places] = some.str.contains(pattern).fill_null(False).to_numpy()
    return pl.Series(found)


def _without_blanks(columns: Sequence[pl.Series]) -> list[pl.Series | None]:
    """Return the columns as truth values or numbers, blanks around them and texts that mean missing left out."""
    if not columns:
        return []
    width, rows = len(columns), len(columns[0])
    cells = _long(columns).str.strip_chars(BLANKS)
    words = cells.str.to_lowercase()
    missing = words.is_in(_MARKERS).fill_null(False)
    if missing.any():
        cells, words = cells.set(missing, None), words.set(missing, None)
    absent = _flags(words.is_null(), width)
    truths = _flags(words.is_in(list(_TRUTHS)), width)
    holds = words == "true"
    found: list[pl.Series | None] = []
    numbers: list[int] = []
    for place, series in enumerate(columns):
        if absent[place].all():
            found.append(pl.Series(series.name, [None] * rows, dtype=pl.Null))
        elif (truths[place] | absent[place]).all():
            found.append(holds.slice(place * rows, rows).alias(series.name))
        else:
            found.append(None)
            if not truths[place].any():
                numbers.append(place)
    parts = [cells.slice(place * rows, rows).alias(columns[place].name) for place in numbers]
    for place, typed in zip(numbers, _numbers(parts), strict=True):
        found[place] = typed
    return found
