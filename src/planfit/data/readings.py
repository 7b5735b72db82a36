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

from planfit.records.schema import BooleanReading, DateReading, NumberReading

MISSING_MARKERS: Final = frozenset({"", "na", "n/a", "#n/a", "#na", "null", "none", "nan", "<na>", "nat"})
"""Lower-case texts that mean missing in every column."""
MAYBE_MARKERS: Final = frozenset({"?", "-", "--", "---", ".", "..", "*", "n.a.", "nd", "unknown", "missing"})
"""Lower-case texts that mean missing in a column that otherwise holds numbers or dates."""
TRUE_WORDS: Final = ("true", "yes", "t", "y", "1")
FALSE_WORDS: Final = ("false", "no", "f", "n", "0")

BLANKS: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What `str.strip` takes away, for libraries whose idea of a blank is another."""

_FEW = 48
"""Up to so many values are read one by one; more go through their distinct values."""
_LONGEST_MARKER = max(map(len, MISSING_MARKERS))
_NAT = np.datetime64("NaT", "us")


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


@lru_cache(maxsize=64)
def number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Return the pattern of an unsigned number that is written so; groups of thousands must be complete."""
    point = re.escape(decimal)
    whole = rf"\d+(?:{point}\d*)?|{point}\d+"
    if thousands:
        whole = rf"[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+(?:{point}\d*)?|{whole}"
    return re.compile(rf"(?:{whole})(?:[eE][+-]?\d{{1,3}})?")


PLAIN_NUMBER = NumberReading()


def parse_number(text: str, reading: NumberReading = PLAIN_NUMBER) -> float:
    """Return the number that a text holds, NaN where it holds none.

    Examples
    --------
    >>> parse_number("-$1,234.5", NumberReading(thousands=",", strip=("$",)))
    -1234.5
    >>> parse_number("1_000")
    nan
    """
    text = text.strip().replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")
    sign, text = _signed(text)
    for mark in reading.strip:
        text = text.removeprefix(mark).removesuffix(mark).strip()
    if not sign:
        sign, text = _signed(text)
    if number_pattern(reading.decimal, reading.thousands).fullmatch(text) is None:
        return math.nan
    if reading.thousands:
        text = text.replace(reading.thousands, "")
    number = float(sign + text.replace(reading.decimal, "."))
    return number if math.isfinite(number) else math.nan


def _signed(text: str) -> tuple[str, str]:
    return (text[0], text[1:].lstrip()) if text[:1] in ("+", "-") else ("", text)


def number_of(value: Any, reading: NumberReading = PLAIN_NUMBER) -> float:
    """Return any raw value as a number: durations and times of day in seconds, the unreadable as NaN."""
    if isinstance(value, str):
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
    if not isinstance(value, str):
        if reading is None or not reading.integer:
            return _NAT
        text = text_of(value)
    else:
        text = value.strip()
    form = reading.format if reading is not None else None
    try:
        moment = datetime.strptime(text or "", form) if form else datetime.fromisoformat(text or "")
    except ValueError:
        # What only the slower reader knows; also a text of ISO 8601 where another format was learned.
        return parse_dates([text or ""], None)[0]
    return moment_of(moment)


def parse_dates(texts: Sequence[str], form: str | None) -> npt.NDArray[np.datetime64]:
    """Return texts as moments; `form` is a strptime format or None for ISO 8601. What does not fit is NaT."""
    read = pd.to_datetime(np.array(texts, dtype=object), format=form or "ISO8601", errors="coerce", utc=True)
    return read.tz_localize(None).to_numpy().astype("M8[us]")


def read_numbers(values: Any, reading: NumberReading = PLAIN_NUMBER) -> npt.NDArray[np.float64]:
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

    def moments(distinct: list[Any]) -> npt.NDArray[np.datetime64]:
        read = np.full(len(distinct), _NAT)
        left = list(range(len(distinct)))
        if len(distinct) > _FEW:  # texts all at once, in the learned format, then in ISO 8601
            left = [place for place in left if not isinstance(distinct[place], str)]
            form = reading.format if reading is not None else None
            for attempt in dict.fromkeys((form, None)):
                places = [p for p, value in enumerate(distinct) if isinstance(value, str) and np.isnat(read[p])]
                read[places] = parse_dates([distinct[place].strip() for place in places], attempt)
        for place in left:
            read[place] = moment_of(distinct[place], reading)
        return read

    return by_distinct(values, moments, "M8[us]", _NAT, whole=True)


def read_texts(values: Any, markers: frozenset[str] = frozenset()) -> npt.NDArray[np.object_]:
    """Return raw values as canonical texts, NaN where missing."""

    def text(value: Any) -> Any:
        read = text_of(value, markers)
        return np.nan if read is None else read

    return by_distinct(values, text, object, np.nan)


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
