"""What each column means, from all of its rows and its name, without a look at any target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.codes import order_of_codes
from planfit.data.date_formats import date_reading, epoch_reading, integer_date_reading
from planfit.data.formats import (
    are_codes,
    boolean_reading,
    duration_reading,
    number_reading,
    numbers_among_words,
    sample_of,
    width_of_codes,
)
from planfit.data.names import is_named_like_an_identifier
from planfit.data.readings import BLANKS, MAYBE_MARKERS, MISSING_MARKERS, NOTHING, SIGN_MARKERS
from planfit.records.schema import (
    BooleanReading,
    CodeReading,
    Column,
    DateReading,
    DurationReading,
    Kind,
    NumberReading,
    Reading,
)

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
MOST_STRAY_WORDS = 10
"""Different texts that may stand among numbers and be read as missing, ..."""
STRAY_SHARE = 0.01
"""... in at most this share of the present rows, ..."""
FEWEST_BESIDE_STRAYS = 50
"""... where there are more different numbers than this."""
_SAMPLED_TEXTS = 2_000
_FEW_LEVELS = 8
"""Spellings of yes and no in large and small letters."""
_LONGEST_FLOAT_WHOLE = 1e15
_SHORT = 2_000
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
    if dtype.is_numeric():
        return _of_numbers(series)
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return _of_text(series)
    if dtype == pl.Boolean or dtype == pl.Null:
        return _settled(series, Kind.BOOLEAN, series.drop_nulls().n_unique(), series.null_count())
    if dtype in (pl.Date, pl.Datetime):
        present = series.drop_nulls()
        return _settled(series, Kind.DATETIME, present.n_unique(), series.null_count(), DateReading(format=None))
    if dtype in (pl.Duration, pl.Time):
        present = series.drop_nulls()
        return _settled(series, Kind.NUMERIC, present.n_unique(), series.null_count(), DurationReading())
    return _of_numbers(series)


def _settled(
    series: pl.Series, kind: Kind, distinct: int, missing: int, reading: Reading | None = None,
    markers: tuple[str, ...] = (), *, ordered: bool = False,
) -> Column:  # fmt: skip
    """Return the column, constant where its values cannot tell rows apart."""
    if distinct == 0 or (distinct == 1 and not _presence_tells(len(series), missing)):
        kind, reading, ordered = Kind.CONSTANT, None, False
    return Column(
        name=series.name, kind=kind, dtype=str(series.dtype), n_unique=distinct, missing=missing,
        sources=(series.name,), reading=reading, missing_markers=markers, ordered=ordered,
    )  # fmt: skip


def _presence_tells(rows: int, missing: int) -> bool:
    return TELLING_SHARE * rows <= missing <= (1 - TELLING_SHARE) * rows


def _of_numbers(series: pl.Series) -> Column:
    present = series.drop_nulls() if series.null_count() else series
    dtype = present.dtype
    fractions = dtype.is_float()
    if not fractions and not dtype.is_integer():
        return _settled(series, Kind.NUMERIC, present.n_unique(), len(series) - len(present))
    if not fractions and dtype in (pl.Int128, pl.UInt128):
        present, fractions = present.cast(pl.Float64), True
    values = present.to_numpy()
    if fractions and not (finite := np.isfinite(values)).all():
        present, values = present.filter(pl.Series(finite)), values[finite]
    # The many small columns of a wide table are where the fixed cost of a call counts.
    distinct = _distinct(values) if len(values) <= _SHORT else present.n_unique()
    missing = len(series) - len(present)
    if distinct == 0:
        return _settled(series, Kind.NUMERIC, distinct, missing)
    low, high = float(values.min()), float(values.max())
    if distinct == 2 and low == 0 and high == 1:
        return _settled(series, Kind.BOOLEAN, distinct, missing, _NUMBERS_AS_BOOLEAN)
    if fractions:
        if max(abs(low), abs(high)) > _LONGEST_FLOAT_WHOLE:
            return _settled(series, Kind.NUMERIC, distinct, missing)
        if values[0] != np.floor(values[0]) or not (values == np.floor(values)).all():
            moment = epoch_reading(present, series.name)
            return _settled(series, Kind.NUMERIC if moment is None else Kind.DATETIME, distinct, missing, moment)
        present = present.cast(pl.Int64)
    return _of_whole_numbers(series, present, distinct, missing)


def _distinct(values: npt.NDArray[Any]) -> int:
    ordered = np.sort(values)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if len(ordered) else 0


def _of_whole_numbers(
    series: pl.Series, whole: pl.Series, distinct: int, missing: int, markers: tuple[str, ...] = (),
    reading: Reading | None = None,
) -> Column:  # fmt: skip
    """Return dates, identifiers, codes or numbers; `reading` is that of plain numbers."""
    date = integer_date_reading(whole, series.name)
    if date is not None:
        return _settled(series, Kind.DATETIME, distinct, missing, date, markers)
    if _counts_rows(series.name, whole, distinct, missing):
        return _settled(series, Kind.IDENTIFIER, distinct, missing, None, markers)
    low, high = float(whole.min()), float(whole.max())  # type: ignore[arg-type]
    ordered = order_of_codes(series.name, low, high, distinct, len(series) - missing)
    if ordered is not None:
        return _settled(series, Kind.CATEGORICAL, distinct, missing, CodeReading(), markers, ordered=ordered)
    return _settled(series, Kind.NUMERIC, distinct, missing, reading, markers)


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
    """The present texts of a column, stripped."""

    rows: pl.Series
    """Of all rows."""
    distinct: pl.Series
    """In the order of their first row."""
    markers: tuple[str, ...]
    """Texts other than blanks that stand for missing."""
    missing: int

    @property
    def present(self) -> int:
        return len(self.rows) - self.missing

    def without(self, out: pl.Series) -> _Texts:
        """Return the same without further texts, which stand for missing."""
        if out.is_empty():
            return self
        gone = int(self.rows.is_in(out.to_list()).sum())
        kept = self.distinct.filter(~self.distinct.is_in(out.to_list()))
        marks = tuple(text for text in out.to_list() if text)
        return _Texts(self.rows, kept, (*self.markers, *marks), self.missing + gone)

    def without_markers(self, markers: frozenset[str]) -> _Texts:
        """Return the same without markers, which are given in lower case."""
        short = self.distinct.filter(self.distinct.str.len_bytes() <= max(map(len, markers)))
        return self.without(short.filter(short.str.to_lowercase().is_in(sorted(markers))))


def _texts_of(series: pl.Series) -> _Texts:
    rows = series.cast(pl.String).str.strip_chars(BLANKS)
    distinct = rows.unique(maintain_order=True).drop_nulls()
    return _Texts(rows, distinct, (), series.null_count()).without_markers(MISSING_MARKERS)


def _of_text(series: pl.Series) -> Column:
    texts = _texts_of(series)
    # Marks such as "unknown" are missing only where all else is of one kind.
    plain = texts.without_markers(MAYBE_MARKERS)
    if len(plain.distinct):
        column = (
            _numbers_in_text(series, plain)
            or _dates_in_text(series, plain)
            or _durations_in_text(series, plain)
            or _numbers_among_words(series, plain)
        )
        if column is not None:
            return column
        texts = _without_signs(texts)
    distinct, missing, markers = len(texts.distinct), texts.missing, texts.markers
    if {"true", "false"} == {text.lower() for text in texts.distinct.head(_FEW_LEVELS + 1)} - {NOTHING}:
        texts = texts.without_markers(frozenset({NOTHING}))  # as Python writes what it does not know
        distinct, missing, markers = len(texts.distinct), texts.missing, texts.markers
    if 0 < distinct <= _FEW_LEVELS:
        levels = texts.distinct.to_list()
        reading = boolean_reading(levels)
        if reading is None and distinct == 1 and levels[0].lower() in ("true", "yes", "y", "x"):
            reading = BooleanReading(true=(levels[0].lower(),), false=())
        if reading is not None:
            return _settled(series, Kind.BOOLEAN, distinct, missing, reading, markers)
    kind, code = _kind_of_words(series.name, texts)
    return _settled(series, kind, distinct, missing, code, markers)


def _without_signs(texts: _Texts) -> _Texts:
    """Return texts without "?" and, where "-" is no sign beside "+" and two levels are left, without such marks."""
    out = frozenset({"?"})
    if not texts.distinct.head(_SAMPLED_TEXTS).is_in(["+"]).any():
        kept = texts.without_markers(SIGN_MARKERS)
        if len(kept.distinct) >= 2:
            return kept
    kept = texts.without_markers(out)
    return kept if len(kept.distinct) else texts


def _numbers_in_text(series: pl.Series, texts: _Texts) -> Column | None:
    reading = number_reading(texts.distinct)
    if reading is None:
        return None
    distinct, missing, markers = len(texts.distinct), texts.missing, texts.markers
    if distinct == 2 and set(texts.distinct.to_list()) == {"0", "1"}:
        return _settled(series, Kind.BOOLEAN, distinct, missing, _NUMBERS_AS_BOOLEAN, markers)
    if reading == NumberReading() and texts.distinct.str.contains(r"^-?[0-9]{1,15}(?:\.0*)?$").all():
        numbers = texts.rows.cast(pl.Float64, strict=False)
        whole = numbers.filter(numbers.is_finite()).cast(pl.Int64)
        return _of_whole_numbers(series, whole, distinct, missing, markers, reading)
    return _settled(series, Kind.NUMERIC, distinct, missing, reading, markers)


def _dates_in_text(series: pl.Series, texts: _Texts) -> Column | None:
    reading = date_reading(texts.distinct)
    if reading is None:
        return None
    return _settled(series, Kind.DATETIME, len(texts.distinct), texts.missing, reading, texts.markers)


def _durations_in_text(series: pl.Series, texts: _Texts) -> Column | None:
    reading = duration_reading(texts.distinct)
    if reading is None:
        return None
    return _settled(series, Kind.NUMERIC, len(texts.distinct), texts.missing, reading, texts.markers)


def _numbers_among_words(series: pl.Series, texts: _Texts) -> Column | None:
    """Return a column of numbers in which a few words stand, in hardly any row: they are read as missing."""
    if len(texts.distinct) <= FEWEST_BESIDE_STRAYS:
        return None
    found = numbers_among_words(texts.distinct, MOST_STRAY_WORDS)
    if found is None:
        return None
    reading, words = found
    kept = texts.without(words)
    if kept.missing - texts.missing > STRAY_SHARE * texts.present or len(kept.distinct) <= FEWEST_BESIDE_STRAYS:
        return None
    return _settled(series, Kind.NUMERIC, len(kept.distinct), kept.missing, reading, kept.markers)


def _kind_of_words(name: str, texts: _Texts) -> tuple[Kind, CodeReading | None]:
    """Return identifier, text or categorical, by how many different texts there are and what they look like."""
    distinct, present = len(texts.distinct), texts.present
    if distinct < 2:
        return Kind.CATEGORICAL, None
    sample = sample_of(texts.distinct, _SAMPLED_TEXTS)
    words = sum(len(text.split()) for text in sample) / len(sample)
    length = sum(map(len, sample)) / len(sample)
    named = is_named_like_an_identifier(name)
    if words < 1.5 and distinct == present and (named or distinct >= FEWEST_FOR_IDENTIFIER) and length <= LONG_TEXT:
        coded = sum(any(not character.isalpha() for character in text) for text in sample) >= 0.9 * len(sample)
        if named or coded or distinct >= 5 * FEWEST_FOR_IDENTIFIER:
            return Kind.IDENTIFIER, None
    if are_codes(texts.distinct):
        width = width_of_codes(texts.distinct)
        return Kind.CATEGORICAL, CodeReading(width=width) if width else None
    share = distinct / present
    if share <= TEXT_SHARE and (distinct < MANY_TEXTS or words < 4):
        return Kind.CATEGORICAL, None
    if distinct <= TEXT_LEVELS:
        return (Kind.TEXT if words >= 3 and share > 0.5 else Kind.CATEGORICAL), None
    if words >= 3 or length > LONG_TEXT or (words >= 2 and length > 15):
        return Kind.TEXT, None
    return Kind.CATEGORICAL, None
