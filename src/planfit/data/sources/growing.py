"""Columns of text that become numbers or truth values where all their present cells are such, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from planfit.data.sources.plain_types import plainly_typed


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

    def add(self, texts: pl.Series, typed: pl.Series | None = None) -> None:
        """Take in the next cells.

        Parameters
        ----------
        texts : polars.Series
            Text; an empty cell is null.
        typed : polars.Series, optional
            What `plainly_typed` made of them.
        """
        if not self.takes_values:
            if not self.must_be_read_again:
                self._parts.append(texts)
            return
        part = plainly_typed([texts])[0] if typed is None else typed
        common = _common(self.dtype, part.dtype)
        if common == pl.String and part.dtype not in (pl.String, pl.Null):
            part = texts
        self.lost = self.lost or (part.dtype != pl.String and texts.null_count() < len(texts))
        self.dtype = common
        if self.must_be_read_again and common == pl.String:
            self._parts.clear()
        else:
            self._parts.append(part)

    @property
    def takes_values(self) -> bool:
        """Whether cells may still be anything but text."""
        return self.dtype != pl.String

    def done(self) -> pl.Series:
        """Return the column in one piece."""
        dtype = pl.String() if self.dtype == pl.Null else self.dtype
        parts, self._parts = [part if part.dtype == dtype else part.cast(dtype) for part in self._parts], []
        if len(parts) == 1:
            return parts[0].alias(self.name)
        return pl.concat(parts, rechunk=False).alias(self.name) if parts else pl.Series(self.name, [], dtype)


def add_together(columns: Sequence[Growing], texts: Iterable[pl.Series]) -> None:
    """Let several columns take in their next cells.

    Parameters
    ----------
    columns : sequence of Growing
        The columns.
    texts : iterable of polars.Series
        A part for each of them, of equal length.
    """
    parts = list(texts)
    wanted = [place for place, column in enumerate(columns) if column.takes_values]
    typed = dict(zip(wanted, plainly_typed([parts[place] for place in wanted]), strict=True))
    for place, (column, part) in enumerate(zip(columns, parts, strict=True)):
        column.add(part, typed.get(place))


def _common(one: pl.DataType, two: pl.DataType) -> pl.DataType:
    if one == two or two == pl.Null:
        return one
    if one == pl.Null:
        return two
    if one.is_numeric() and two.is_numeric():
        return pl.Float64()
    return pl.String()
