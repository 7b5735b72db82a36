"""What each column means, from all of its rows and its name, without a look at any target."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from planfit.data.formats import are_codes, are_integer_dates, boolean_reading, date_reading, number_reading
from planfit.data.names import is_named_like_an_identifier
from planfit.data.readings import BLANKS, MAYBE_MARKERS, MISSING_MARKERS
from planfit.records.schema import BooleanReading, Column, DateReading, Kind, Reading

SHORTEST_SEQUENCE = 10
"""Rows; 0, 1, 2, ... in fewer rows may be a measurement."""
FEWEST_FOR_IDENTIFIER = 20
"""Distinct codes without a telling name; in smaller tables categories can be unique by chance."""
TELLING_SHARE = 0.01
"""Share of rows in which a lone value must be present, and be missing, for its presence to say something."""
TEXT_LEVELS = 20
TEXT_SHARE = 0.1
"""Distinct values over rows above which words make a text, not a category."""
MANY_TEXTS = 1_000
LONG_TEXT = 50
"""Characters on average above which many distinct values are text even without blanks."""
_NUMBERS_AS_BOOLEAN = BooleanReading(true=("1",), false=("0",))


def infer_columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    """Return what each column of a table means, in the table's order.

    Parameters
    ----------
    frame : polars.DataFrame
        The table as read; all rows count.

    Examples
    --------
    >>> when, price = infer_columns(pl.DataFrame({"when": ["31/1/2020", "1/2/2020"], "price": ["$1,200", "$90"]}))
    >>> when.kind, when.reading.format
    (<Kind.DATETIME: 'datetime'>, '%d/%m/%Y')
    >>> price.kind, price.reading.strip
    (<Kind.NUMERIC: 'numeric'>, ('$',))
    """
    return tuple(infer_column(series) for series in frame)


def infer_column(series: pl.Series) -> Column:
    """Return what one column means.

    Parameters
    ----------
    series : polars.Series
        The column, under its name.
    """
    dtype = series.dtype
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return _of_text(series)
    if dtype == pl.Boolean or dtype == pl.Null:
        return _settled(series, Kind.BOOLEAN, series.drop_nulls().n_unique(), series.null_count())
    if dtype in (pl.Date, pl.Datetime):
        present = series.drop_nulls()
        return _settled(series, Kind.DATETIME, present.n_unique(), series.null_count(), DateReading(format=None))
    return _of_numbers(series)


def _settled(
    series: pl.Series, kind: Kind, distinct: int, missing: int, reading: Reading | None = None,
    markers: tuple[str, ...] = (),
) -> Column:  # fmt: skip
    """Return the column, constant where its values cannot tell rows apart."""
    if distinct == 0 or (distinct == 1 and not _presence_tells(len(series), missing)):
        kind, reading = Kind.CONSTANT, None
    return Column(
        name=series.name, kind=kind, dtype=str(series.dtype), n_unique=distinct, missing=missing,
        sources=(series.name,), reading=reading, missing_markers=markers,
    )  # fmt: skip


def _presence_tells(rows: int, missing: int) -> bool:
    return TELLING_SHARE * rows <= missing <= (1 - TELLING_SHARE) * rows


def _of_numbers(series: pl.Series) -> Column:
    present = series.drop_nulls()
    if series.dtype.is_float():
        present = present.filter(present.is_finite())
    missing, distinct = len(series) - len(present), present.n_unique()
    low, high = present.min(), present.max()
    if distinct == 2 and low == 0 and high == 1:
        return _settled(series, Kind.BOOLEAN, distinct, missing, _NUMBERS_AS_BOOLEAN)
    whole = present
    if series.dtype.is_float():
        if not (present == present.floor()).all() or (high is not None and abs(float(high)) > 1e15):  # type: ignore[arg-type]
            return _settled(series, Kind.NUMERIC, distinct, missing)
        whole = present.cast(pl.Int64, strict=False)
    elif not series.dtype.is_integer():
        return _settled(series, Kind.NUMERIC, distinct, missing)
    if distinct and _are_integer_dates(whole):
        return _settled(series, Kind.DATETIME, distinct, missing, DateReading(format="%Y%m%d", integer=True))
    kind = Kind.IDENTIFIER if _counts_rows(series.name, whole, distinct, missing) else Kind.NUMERIC
    return _settled(series, kind, distinct, missing)


def _are_integer_dates(whole: pl.Series) -> bool:
    low, high = whole.min(), whole.max()
    if low is None or int(low) < 1900_01_01 or int(high) > 2100_12_31:  # type: ignore[arg-type]
        return False
    return are_integer_dates(whole.unique().to_list())


def _counts_rows(name: str, whole: pl.Series, distinct: int, missing: int) -> bool:
    """Return whether whole numbers merely tell rows apart: all different and named so, or 0, 1, 2, ... in row order."""
    if distinct < len(whole) or distinct < 3:
        return False
    if is_named_like_an_identifier(name):
        return True
    if missing or distinct < SHORTEST_SEQUENCE or whole[0] not in (0, 1):
        return False
    return whole[-1] - whole[0] == len(whole) - 1 and bool((whole.diff().drop_nulls() == 1).all())


@dataclass(frozen=True)
class _Texts:
    """The present distinct texts of a column, stripped, in the order of their first row."""

    values: tuple[str, ...]
    counts: tuple[int, ...]
    markers: tuple[str, ...]
    """Texts other than blanks that stand for missing in any column."""
    missing: int

    def without(self, markers: frozenset[str]) -> _Texts:
        """Return the same without further markers."""
        out = tuple(text for text in self.values if text.lower() in markers)
        if not out:
            return self
        counted = zip(self.values, self.counts, strict=True)
        kept = [(text, count) for text, count in counted if text.lower() not in markers]
        values, counts = tuple(text for text, _ in kept), tuple(count for _, count in kept)
        return _Texts(values, counts, (*self.markers, *out), self.missing + sum(self.counts) - sum(counts))


def _texts_of(series: pl.Series) -> _Texts:
    stripped = series.cast(pl.String).str.strip_chars(BLANKS).alias("text")
    counted = stripped.drop_nulls().to_frame().group_by("text", maintain_order=True).len()
    texts = _Texts(tuple(counted["text"].to_list()), tuple(counted["len"].to_list()), (), series.null_count())
    texts = texts.without(MISSING_MARKERS)
    return _Texts(texts.values, texts.counts, tuple(mark for mark in texts.markers if mark), texts.missing)


def _of_text(series: pl.Series) -> Column:
    texts = _texts_of(series)
    # Marks such as "-" are missing only where all else is of one kind; "?" says so itself, if anything else is there.
    plain = texts.without(MAYBE_MARKERS)
    if plain.values:
        column = _numbers_in_text(series, plain) or _dates_in_text(series, plain)
        if column is not None:
            return column
        texts = texts.without(frozenset({"?"}))
    distinct = len(texts.values)
    reading = boolean_reading(texts.values)
    if reading is not None:
        return _settled(series, Kind.BOOLEAN, distinct, texts.missing, reading, texts.markers)
    if distinct == 1 and texts.values[0].lower() in ("true", "yes", "y", "x"):
        reading = BooleanReading(true=(texts.values[0].lower(),), false=())
        return _settled(series, Kind.BOOLEAN, distinct, texts.missing, reading, texts.markers)
    return _settled(series, _kind_of_words(series.name, texts), distinct, texts.missing, None, texts.markers)


def _numbers_in_text(series: pl.Series, texts: _Texts) -> Column | None:
    reading = number_reading(texts.values)
    if reading is None:
        return None
    distinct, missing, markers = len(texts.values), texts.missing, texts.markers
    if set(texts.values) == {"0", "1"}:
        return _settled(series, Kind.BOOLEAN, distinct, missing, _NUMBERS_AS_BOOLEAN, markers)
    digits = all(text.isascii() and text.isdigit() for text in texts.values)
    if digits:
        whole = pl.Series([int(text) for text in texts.values], dtype=pl.Int64)
        if _are_integer_dates(whole):
            date = DateReading(format="%Y%m%d", integer=True)
            return _settled(series, Kind.DATETIME, distinct, missing, date, markers)
        if distinct == sum(texts.counts) and _counts_rows(series.name, whole, distinct, missing):
            return _settled(series, Kind.IDENTIFIER, distinct, missing, None, markers)
    return _settled(series, Kind.NUMERIC, distinct, missing, reading, markers)


def _dates_in_text(series: pl.Series, texts: _Texts) -> Column | None:
    reading = date_reading(texts.values)
    if reading is None:
        return None
    return _settled(series, Kind.DATETIME, len(texts.values), texts.missing, reading, texts.markers)


def _kind_of_words(name: str, texts: _Texts) -> Kind:
    """Return identifier, text or categorical, by how many different texts there are and what they look like."""
    distinct, present = len(texts.values), sum(texts.counts)
    if distinct < 2:
        return Kind.CATEGORICAL
    sample = texts.values[:: max(1, distinct // 2_000)]
    words = sum(len(text.split()) for text in sample) / len(sample)
    length = sum(map(len, sample)) / len(sample)
    named = is_named_like_an_identifier(name)
    if words < 1.5 and distinct == present and (named or distinct >= FEWEST_FOR_IDENTIFIER) and length <= LONG_TEXT:
        coded = sum(any(not character.isalpha() for character in text) for text in sample) >= 0.9 * len(sample)
        if named or coded or distinct >= 5 * FEWEST_FOR_IDENTIFIER:
            return Kind.IDENTIFIER
    if are_codes(texts.values):
        return Kind.CATEGORICAL
    share = distinct / present
    if share <= TEXT_SHARE and (distinct < MANY_TEXTS or words < 4):
        return Kind.CATEGORICAL
    if distinct <= TEXT_LEVELS:
        return Kind.TEXT if words >= 3 and share > 0.5 else Kind.CATEGORICAL
    if words >= 3 or length > LONG_TEXT or (words >= 2 and length > 15):
        return Kind.TEXT
    return Kind.CATEGORICAL
