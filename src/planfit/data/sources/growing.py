"""Columns of text that become numbers or truth values where all their present cells are such, batch by batch."""

from __future__ import annotations

from typing import Final

import polars as pl

from planfit.data.readings import BLANKS, MISSING_MARKERS

_CODE: Final = r"^[+-]?0\d"
"""Leading zeros: a code, not a number."""
_WHOLE: Final = r"^[+-]?\d+$"


class Growing:
    """A column that is read in batches. Cells that turn out to be text when earlier ones were turned into numbers are
    lost: the column must then be read again, `as_text`.

    Parameters
    ----------
    name : str
        The column.
    as_text : bool, default=False
        Keep all cells as they are.

    Examples
    --------
    >>> column = Growing("n")
    >>> column.add(pl.Series(["1", None]))
    >>> column.add(pl.Series([" 2.5", "NA"]))
    >>> column.done().to_list()
    [1.0, None, 2.5, None]
    """

    def __init__(self, name: str, *, as_text: bool = False) -> None:
        self.name = name
        self.dtype: pl.DataType = pl.String() if as_text else pl.Null()
        self.lost = False
        """Whether texts were given up for what they mean."""
        self._parts: list[pl.Series] = []

    @property
    def must_be_read_again(self) -> bool:
        return self.lost and self.dtype in (pl.String, pl.Null)

    def add(self, texts: pl.Series) -> None:
        """Take in the next cells.

        Parameters
        ----------
        texts : polars.Series
            Text; an empty cell is null.
        """
        if self.must_be_read_again and self.dtype == pl.String:
            return
        part = texts if self.dtype == pl.String else plainly_typed(texts)
        common = _common(self.dtype, part.dtype)
        if common == pl.String and part.dtype not in (pl.String, pl.Null):
            part = texts
        self.lost = self.lost or (part.dtype != pl.String and texts.null_count() < len(texts))
        self.dtype = common
        if self.must_be_read_again and common == pl.String:
            self._parts.clear()
        else:
            self._parts.append(part)

    def done(self) -> pl.Series:
        """Return the column in one piece."""
        dtype = pl.String() if self.dtype == pl.Null else self.dtype
        parts, self._parts = [part.cast(dtype) for part in self._parts], []
        return pl.concat(parts, rechunk=False).alias(self.name) if parts else pl.Series(self.name, [], dtype)


def _common(one: pl.DataType, two: pl.DataType) -> pl.DataType:
    if one == two or two == pl.Null:
        return one
    if one == pl.Null:
        return two
    if one.is_numeric() and two.is_numeric():
        return pl.Float64()
    return pl.String()


def plainly_typed(texts: pl.Series) -> pl.Series:
    """Return a text column as numbers or truth values where all its present cells are such, as written by programs.

    Without any present cell it is of the type Null, with other cells it comes back as it is.

    Examples
    --------
    >>> plainly_typed(pl.Series(["1", "2.5", "n/a"])).to_list(), plainly_typed(pl.Series(["007", "12"])).to_list()
    ([1.0, 2.5, None], ['007', '12'])
    """
    count = len(texts) - texts.null_count()
    if count == 0:
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.Null)
    typed = _numbers(texts, count)
    if typed is not None:
        return typed
    present = texts.str.strip_chars(BLANKS)
    words = present.str.to_lowercase()
    missing = words.is_in(_MARKERS).fill_null(False)
    if missing.any():
        present = present.set(missing, None)
        count = present.count()
        if count == 0:
            return pl.Series(texts.name, [None] * len(texts), dtype=pl.Null)
        words = words.set(missing, None)
    first = words.drop_nulls().head(1).item()
    if first in ("true", "false"):
        return (words == "true").alias(texts.name) if words.is_in(["true", "false"]).all() else texts
    typed = _numbers(present, count)
    return texts if typed is None else typed


_MARKERS: Final = sorted(MISSING_MARKERS)


def _numbers(texts: pl.Series, count: int) -> pl.Series | None:
    """Return the texts as numbers where all are, without a code among them."""
    if texts.drop_nulls().head(20).cast(pl.Float64, strict=False).null_count():
        return None
    whole = texts.cast(pl.Int64, strict=False)
    numbers = whole
    if whole.count() < count:
        numbers = texts.cast(pl.Float64, strict=False)
        if numbers.count() < count or numbers.is_nan().any():
            return None
        if texts.filter(whole.is_null() & texts.is_not_null()).str.contains(_WHOLE).any():
            return None  # whole numbers that are longer than any measurement
    zeros = texts.str.starts_with("0") | texts.str.starts_with("-0") | texts.str.starts_with("+0")
    return None if texts.filter(zeros.fill_null(False)).str.contains(_CODE).any() else numbers
