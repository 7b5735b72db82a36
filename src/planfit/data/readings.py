"""How a raw value is read, by what its column means. Kinds are inferred and rows enter the door by the same functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from planfit.data.durations import parse_duration
from planfit.data.months import english_date
from planfit.records.schema import BooleanReading, CodeReading, DateReading, DurationReading, NumberReading

MISSING_MARKERS: Final = frozenset(
    {
        "", "na", "n/a", "#n/a", "#na", "null", "nan", "<na>", "nat", "(null)", "[null]", "\\n", "-nan",
        "#value!", "#div/0!", "#ref!", "#num!", "#name?", "#null!", "(blank)",
    }
)  # fmt: skip
"""Lower-case texts that mean missing in every column."""
SIGN_MARKERS: Final = frozenset({"?", "-", "--", "---", ".", "..", "n.a."})
"""Texts that mean missing in a column that holds several other values."""
NOTHING: Final = "none"
"""A level among words, be it a class to predict: no damage, no seat belt. Missing among numbers, dates, and true and false."""
MAYBE_MARKERS: Final = SIGN_MARKERS | {NOTHING, "*", "nd", "n/d", "n.d.", "tbd", "unknown", "missing", "not available"}
"""Lower-case texts that mean missing in a column that otherwise holds numbers or dates."""
TRUE_WORDS: Final = ("true", "yes", "t", "y", "1")
FALSE_WORDS: Final = ("false", "no", "f", "n", "0")

BLANKS: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What `str.strip` takes away, for libraries whose idea of a blank is another."""

_FEW = 48
"""Up to so many values are read one by one; more go through their distinct values."""
_LONGEST_MARKER = max(map(len, MISSING_MARKERS))
_NAT = np.datetime64("NaT", "us")
_FARTHEST = 4e15
"""Microseconds around 1970 within which dates are believed: some 127 years."""


def is_missing(value: Any) -> bool:
    """Return whether a scalar is None, NaN, NaT or NA."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))


def text_of(value: Any, markers: frozenset[str] = frozenset()) -> str | None:
    """Return the canonical text of a value, or None where it is missing.

    Examples
    --------
    >>> text_of(1.0), text_of(True), text_of(" red "), text_of("N/A")
    ('1', 'true', 'red', None)
    """
    if isinstance(value, str):
        text = value.strip()
    elif is_missing(value):
        return None
    elif isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    elif isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            return None
        return str(int(number)) if number.is_integer() else repr(number)
    elif isinstance(value, date | datetime):
        return value.isoformat()
    else:
        text = str(value).strip()
    if len(text) <= _LONGEST_MARKER and text.lower() in MISSING_MARKERS:
        return None
    return None if text in markers else text


def number_expression(decimal: str, thousands: str) -> str:
    """Return the expression of an unsigned number that is written so; groups of thousands must be complete.

    Python and Rust read it alike.
    """
    point, between = re.escape(decimal), re.escape(thousands)
    whole = rf"\d+(?:{point}\d*)?|{point}\d+"
    if thousands:
        whole = rf"[1-9]\d{{0,2}}(?:{between}\d{{3}})+(?:{point}\d*)?|{whole}"
    if thousands == ",":  # in India, groups of two before the last of three
        whole = rf"[1-9]\d?(?:,\d{{2}})+,\d{{3}}(?:{point}\d*)?|{whole}"
    return rf"(?:{whole})(?:[eE][+-]?\d{{1,3}})?"


@lru_cache(maxsize=64)
def number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Return the compiled `number_expression`."""
    return re.compile(number_expression(decimal, thousands))


PLAIN_NUMBER = NumberReading()
MAGNITUDES: Final = {
    "k": 1e3, "tsd": 1e3, "m": 1e6, "mn": 1e6, "mm": 1e6, "mio": 1e6, "mln": 1e6, "million": 1e6, "b": 1e9,
    "bn": 1e9, "mrd": 1e9, "mld": 1e9, "billion": 1e9, "t": 1e12, "tn": 1e12, "trillion": 1e12,
}  # fmt: skip
"""Lower-case endings of numbers, and what they multiply by."""
_MAGNITUDE = re.compile(r"(.*[\d.,])\s*([A-Za-z]+)\.?")
LOOKALIKES: Final = {
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2013": "-", "\u2019": "'", "\u02bc": "'",
}  # fmt: skip
"""Blanks, minus signs and apostrophes other than those of a keyboard."""
_PLAIN = str.maketrans(LOOKALIKES)


def parse_number(text: str, reading: NumberReading = PLAIN_NUMBER) -> float:
    """Return the number that a text holds, NaN where it holds none.

    Examples
    --------
    >>> parse_number("-$1,234.5", NumberReading(thousands=",", strip=("$",)))
    -1234.5
    >>> parse_number("1_000")
    nan
    """
    text = text.strip()
    if not text.isascii():
        text = text.translate(_PLAIN)
    sign, text = _signed(text)
    if reading.strip:
        text = _bare(text, reading.strip)
    if reading.brackets and text[:1] == "(" and text[-1:] == ")":
        sign, text = "-", _bare(text[1:-1], reading.strip)
    if not sign:
        sign, text = _signed(text)
    factor = 1.0
    if reading.magnitudes and (ended := _MAGNITUDE.fullmatch(text)) is not None:
        text, factor = ended[1], MAGNITUDES.get(ended[2].lower(), math.nan)
    if number_pattern(reading.decimal, reading.thousands).fullmatch(text) is None:
        return math.nan
    if reading.thousands:
        text = text.replace(reading.thousands, "")
    number = float(sign + text.replace(reading.decimal, "."))
    if factor != 1.0:
        number = round(number * factor, 6)
    return number if math.isfinite(number) else math.nan


def _bare(text: str, marks: tuple[str, ...]) -> str:
    for mark in marks:
        text = text.removeprefix(mark).removesuffix(mark).strip()
    return text


def _signed(text: str) -> tuple[str, str]:
    return (text[0], text[1:].lstrip()) if text[:1] in ("+", "-") else ("", text)


def number_of(value: Any, reading: NumberReading | DurationReading = PLAIN_NUMBER) -> float:
    """Return any raw value as a number: durations and times of day in seconds, the unreadable as NaN."""
    if isinstance(value, str):
        if isinstance(reading, DurationReading):
            return parse_duration(value, reading)
        return parse_number(value, reading)
    if is_missing(value) or isinstance(value, date | np.datetime64):
        return math.nan
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    if isinstance(value, np.timedelta64):
        return float(value / np.timedelta64(1, "s"))
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def truth_of(value: Any, reading: BooleanReading | None = None) -> float:
    """Return 1.0 for yes, 0.0 for no, NaN for anything else."""
    if isinstance(value, bool | np.bool_):
        return float(value)
    text = text_of(value)
    if text is None:
        return math.nan
    word = text.lower()
    if reading is not None:
        if word in reading.true:
            return 1.0
        if word in reading.false:
            return 0.0
    if word in TRUE_WORDS:
        return 1.0
    if word in FALSE_WORDS:
        return 0.0
    number = parse_number(word)
    return number if number in (0.0, 1.0) else math.nan


def moment_of(value: Any, reading: DateReading | None = None) -> np.datetime64:
    """Return any raw value as a moment (UTC where it bears a time zone), the unreadable as NaT."""
    if is_missing(value):
        return _NAT
    if isinstance(value, np.datetime64):
        return value.astype("M8[us]")
    if isinstance(value, datetime):  # pandas' Timestamp too
        if value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        return np.datetime64(value, "us")
    if isinstance(value, date):
        return np.datetime64(value, "us")
    form = reading.format if reading is not None else None
    if reading is not None and reading.epoch is not None:
        number = number_of(value)
        if number == number:
            return _since_epoch(number, reading.epoch)
    if not isinstance(value, str):
        if reading is None or not reading.integer:
            return _NAT
        text = text_of(value)
    else:
        text = value.strip()
    if form and reading is not None and reading.integer:
        text = (text or "").zfill(INTEGER_FORMS.get(form, 0))
    if form and "%b" in form:
        text = english_date(text or "")
    try:
        moment = datetime.strptime(text or "", form) if form else datetime.fromisoformat(text or "")
    except ValueError:
        # What only the slower reader knows; also a text of ISO 8601 where another format was learned.
        return parse_dates([text or ""], None)[0]
    return moment_of(moment)


INTEGER_FORMS: Final = {
    "%Y%m%d": 8, "%m%d%Y": 8, "%d%m%Y": 8, "%Y%m": 6, "%Y%m%d%H%M%S": 14, "%Y%m%d%H%M": 12,
}  # fmt: skip
"""Dates as whole numbers, and how many digits they have."""


def _since_epoch(number: float, unit: str) -> np.datetime64:
    microseconds = number * {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}[unit]
    return np.datetime64(round(microseconds), "us") if abs(microseconds) < _FARTHEST else _NAT


def parse_dates(texts: Sequence[str], form: str | None) -> npt.NDArray[np.datetime64]:
    """Return texts as moments; `form` is a strptime format or None for ISO 8601. What does not fit is NaT."""
    if form is not None and "%b" in form:
        texts = [english_date(text) for text in texts]
    read = pd.to_datetime(np.array(texts, dtype=object), format=form or "ISO8601", errors="coerce", utc=True)
    return read.tz_localize(None).to_numpy().astype("M8[us]")


def read_numbers(values: Any, reading: NumberReading | DurationReading = PLAIN_NUMBER) -> npt.NDArray[np.float64]:
    """Return raw values as float64; missing, infinite and unreadable ones as NaN."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        numbers = values.astype(np.float64)
        if values.dtype.kind == "f":
            numbers[~np.isfinite(numbers)] = np.nan
        return numbers
    if isinstance(values, np.ndarray) and values.dtype.kind == "m":
        seconds: npt.NDArray[np.float64] = values / np.timedelta64(1, "s")
        return seconds
    return by_distinct(values, lambda value: number_of(value, reading), np.float64, np.nan)


def read_booleans(values: Any, reading: BooleanReading | None = None) -> npt.NDArray[np.float64]:
    """Return raw values as 1.0, 0.0 or NaN."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        numbers = values.astype(np.float64)
        numbers[(numbers != 0.0) & (numbers != 1.0)] = np.nan
        return numbers
    return by_distinct(values, lambda value: truth_of(value, reading), np.float64, np.nan)


def read_dates(values: Any, reading: DateReading | None = None) -> npt.NDArray[np.datetime64]:
    """Return raw values as datetime64[us]; missing and unreadable ones as NaT."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return values.astype("M8[us]")
    if reading is not None and reading.epoch is not None:
        return by_distinct(values, lambda value: moment_of(value, reading), "M8[us]", _NAT)

    def moments(distinct: list[Any]) -> npt.NDArray[np.datetime64]:
        read = np.full(len(distinct), _NAT)
        left = list(range(len(distinct)))
        if len(distinct) > _FEW:  # texts all at once, in the learned format, then in ISO 8601
            left = [place for place in left if not isinstance(distinct[place], str)]
            form = reading.format if reading is not None else None
            for attempt in dict.fromkeys((form, None)):
                places = [p for p, value in enumerate(distinct) if isinstance(value, str) and np.isnat(read[p])]
                width = INTEGER_FORMS.get(attempt or "", 0) if reading is not None and reading.integer else 0
                read[places] = parse_dates([distinct[place].strip().zfill(width) for place in places], attempt)
        for place in left:
            read[place] = moment_of(distinct[place], reading)
        return read

    return by_distinct(values, moments, "M8[us]", _NAT, whole=True)


def read_texts(values: Any, markers: frozenset[str] = frozenset()) -> npt.NDArray[np.object_]:
    """Return raw values as canonical texts, NaN where missing."""

    def text(value: Any) -> Any:
        if type(value) is str:
            stripped = value.strip()
            if len(stripped) > _LONGEST_MARKER and stripped not in markers:  # most texts, without a further look
                return stripped
        read = text_of(value, markers)
        return np.nan if read is None else read

    return by_distinct(values, text, object, np.nan)


def read_codes(values: Any, reading: CodeReading, markers: frozenset[str] = frozenset()) -> npt.NDArray[np.object_]:
    """Return raw values as canonical codes, NaN where missing: 3, 3.0 and "3" are the same."""

    def code(value: Any) -> Any:
        text = text_of(value, markers)
        if text is None:
            return np.nan
        whole = _WHOLE.fullmatch(text)
        return text if whole is None else ("-" if whole[1] else "") + whole[2].zfill(reading.width)

    return by_distinct(values, code, object, np.nan)


_WHOLE = re.compile(r"(-)?0*(\d+)(?:\.0*)?")


def by_distinct(
    values: Any, read: Callable[[Any], Any], dtype: Any, missing: Any, *, whole: bool = False
) -> npt.NDArray[Any]:
    """Return `read` of each value; many values are read once for each distinct one.

    Parameters
    ----------
    values : array-like
        Raw values: a NumPy array, a pandas extension array or a list.
    read : callable
        Function of one value, or of a list of values where `whole`.
    dtype : dtype
        Of the result.
    missing : scalar
        What stands for a missing value.
    whole : bool
        See `read`.
    """
    codes: npt.NDArray[np.intp] | None = None
    distinct: list[Any]
    if len(values) > _FEW:
        try:
            codes, levels = pd.factorize(np.asarray(values, dtype=object) if isinstance(values, list) else values)
            distinct = list(levels)
        except TypeError:  # unhashable values such as lists
            codes = None
    if codes is None:
        distinct = list(values)
    table = np.empty(len(distinct) + 1, dtype=dtype)
    table[-1] = missing
    table[:-1] = read(distinct) if whole else [read(value) for value in distinct]
    result: npt.NDArray[Any] = table[:-1] if codes is None else table[codes]
    return result
