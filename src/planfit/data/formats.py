"""Which one format reads all texts of a column: numbers, yes and no, dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Final

import numpy as np

from planfit.data.readings import FALSE_WORDS, TRUE_WORDS, number_pattern, parse_dates, parse_number
from planfit.records.schema import BooleanReading, DateReading, NumberReading

_SIGNS: Final = ("$", "€", "£", "¥", "₹", "%", "USD", "EUR", "GBP", "CHF")
_NUMBER_FORMS: Final = ((".", ""), (".", ","), (",", ""), (",", "."), (".", " "), (",", " "), (".", "'"))
_LONGEST_EXACT: Final = 15
"""Digits; a longer whole number is a code that a float could not hold."""

_DATES: Final = (
    "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%y", "%d-%m-%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
)  # fmt: skip
_TIMES: Final = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S",
)  # fmt: skip
_DATE_FORMS: Final = (*(day + hour for day, hour in product(_DATES, _TIMES)), "%a %b %d %H:%M:%S %Y", "%Y-%m", "%b %Y")
_ISO = re.compile(r"[12]\d{3}-\d{2}-\d{2}(?:[T ]\d{2}.*)?")
_DATE_LIKE = re.compile(r"(?=.*\d)[\w ,.:/+-]{6,40}")
_SAMPLE = 50
_EARLIEST, _LATEST = np.datetime64("1000-01-01"), np.datetime64("2500-01-01")


def number_reading(texts: Sequence[str]) -> NumberReading | None:
    """Return the one way in which all `texts` are numbers, or None. Codes with leading zeros are not numbers.

    Examples
    --------
    >>> number_reading(["$12", "$1,234.5"])
    NumberReading(reading='number', decimal='.', thousands=',', strip=('$',))
    >>> number_reading(["01234", "90210"]) is None
    True
    """
    if not texts or are_codes(texts):
        return None
    sample = texts[:_SAMPLE]
    if not all(any(character.isdigit() for character in text) for text in sample):
        return None
    signs = tuple(sign for sign in _SIGNS if any(sign in text for text in sample))
    if len(signs) > 1:  # two currencies in one column are not one quantity
        return None
    for decimal, thousands in _NUMBER_FORMS:
        reading = NumberReading(decimal=decimal, thousands=thousands, strip=signs)
        if all(np.isfinite(parse_number(text, reading)) for text in sample) and all(
            np.isfinite(parse_number(text, reading)) for text in texts
        ):
            return reading
    return None


def are_codes(texts: Sequence[str]) -> bool:
    """Return whether digits stand for something else than a quantity: leading zeros, or more than a float can hold."""
    if not all(text.isascii() and text.isdigit() for text in texts):
        return False
    return any(len(text) > 1 and text[0] == "0" for text in texts) or max(map(len, texts)) > _LONGEST_EXACT


def is_plain_number(text: str) -> bool:
    """Return whether a text is a number as programs write it."""
    return number_pattern(".", "").fullmatch(text.lstrip("+-")) is not None


def boolean_reading(texts: Sequence[str]) -> BooleanReading | None:
    """Return the reading of a pair such as yes and no, or None; the case is ignored."""
    words = {text.lower() for text in texts}
    for true, false in zip(TRUE_WORDS, FALSE_WORDS, strict=True):
        if words == {true, false}:
            return BooleanReading(true=(true,), false=(false,))
    return None


def date_reading(texts: Sequence[str]) -> DateReading | None:
    """Return the one format in which all `texts` are dates, or None.

    Where day and month could be swapped, the order of the rows decides if it is sorted in one reading only; else
    the month comes first (`is_ambiguous` tells).

    Parameters
    ----------
    texts : sequence of str
        Distinct present texts, in the order of their first row.
    """
    sample = texts[:_SAMPLE]
    if not sample or not all(_DATE_LIKE.fullmatch(text) for text in sample):
        return None
    if all(_ISO.fullmatch(text) for text in sample):
        return DateReading(format=None) if _descents(texts, None) is not None else None
    digits = [text for text in sample if text.isascii() and text.isdigit()]
    if digits:
        whole = len(digits) == len(sample) and are_integer_dates([int(text) for text in digits])
        return DateReading(format="%Y%m%d", integer=True) if whole and _descents(texts, "%Y%m%d") is not None else None
    fitting = [form for form in _DATE_FORMS if all(_fits(text, form) for text in sample)]
    descents = {form: count for form in fitting if (count := _descents(texts, form)) is not None}
    if not descents:
        return None
    first = next(iter(descents))
    sorted_ones = [form for form, count in descents.items() if count == 0]
    return DateReading(format=sorted_ones[0] if len(sorted_ones) == 1 and len(texts) > 3 else first)


def is_ambiguous(texts: Sequence[str], reading: DateReading) -> bool:
    """Return whether `texts` could be read with day and month swapped as well."""
    form = reading.format
    if form is None or "%m" not in form or form.index("%d") > form.index("%Y" if "%Y" in form else "%y"):
        return False
    swapped = form.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
    return _descents(texts, swapped) is not None


def are_integer_dates(numbers: Sequence[int]) -> bool:
    """Return whether whole numbers can only be dates such as 20190317: valid, between 1900 and 2100, at least three."""
    if len(set(numbers)) < 3 or min(numbers) < 1900_01_01 or max(numbers) > 2100_12_31:
        return False
    return all(_fits(str(number), "%Y%m%d") for number in numbers)


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _descents(texts: Sequence[str], form: str | None) -> int | None:
    """Return how often a date is earlier than the one before it, None unless all are plausible dates of that format."""
    read = parse_dates(texts, form)
    if np.isnat(read).any() or read.min() < _EARLIEST or read.max() > _LATEST:
        return None
    return int((np.diff(read) < np.timedelta64(0)).sum())
