"""Which one format reads all texts of a column: numbers, durations, yes and no. Dates are in `date_formats`.

Formats are judged on a sample first and then checked on all distinct texts at once, without a Python object each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from planfit.data.durations import PATTERN, parse_duration
from planfit.data.readings import LOOKALIKES, MAGNITUDES, number_expression, number_pattern, parse_number
from planfit.records.schema import BooleanReading, DurationReading, NumberReading

Texts = pl.Series | Sequence[str]
"""Distinct present texts of a column, stripped, in the order of their first row."""

_CURRENCIES: Final = (
    "US$", "R$", "A$", "C$", "NZ$", "HK$", "S$", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₪", "฿", "zł", "Kč", "kr.", "kr",
    "Rs.", "Rs", "Fr.", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK",
    "PLN", "CZK", "HUF", "BRL", "MXN", "ZAR", "KRW", "SGD", "HKD", "TRY", "ILS", "Euro", "euro", "euros",
)  # fmt: skip
_SIGNS: Final = frozenset((*_CURRENCIES, "%", "‰", "°"))
"""What may stand at a number in some rows and be left out in others."""
_NUMBER_FORMS: Final = (
    (".", ""), (".", ","), (",", ""), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"),
)  # fmt: skip
_LONGEST_EXACT: Final = 15
"""Digits; a longer whole number is a code that a float could not hold."""
_AMOUNT: Final = re.compile(
    r"(?P<before>[^\d\s.,()+'-][^\d\s.,()+-]{0,4}(?:\.(?=\s))?)?\s*[(+-]?\s*"
    r"(?P<within>[^\d\s.,()+'-][^\d\s.,()+-]{0,4}(?:\.(?=\s))?)?\s*[+-]?\s*"
    r"(?P<number>[.,]?\d(?:[\d.,' ]*\d)?[.,]?(?:[eE][+-]?\d+)?)\s*(?P<after>[^\d\s.,()][^\d()]{0,14})?\)?(?P<outside>[^\d()]*)"
)
"""A sign, a unit, a bracket on either side of a number."""
_UNIT: Final = re.compile(r"[^\W\d_]{1,12}\.?(?:[/ ][^\W\d_]{1,8})?[²³23]?|[^\w\s]{1,2}[^\W\d_]{0,2}")
_LOOKALIKE: Final = "[" + "".join(LOOKALIKES) + "]"
_SAMPLE: Final = 60
_ROUNDS: Final = 3
"""How often the sample takes up texts that the format found so far does not read."""
_HALF: Final = 0.5


def sample_of(texts: pl.Series, size: int = _SAMPLE) -> list[str]:
    """Return some of the texts: the first, and others from all over."""
    if len(texts) <= size:
        return texts.to_list()
    first = size // 3
    return [*texts.head(first).to_list(), *texts.gather_every(len(texts) // (size - first)).to_list()]


def number_reading(texts: Texts) -> NumberReading | None:
    """Return the one way in which all `texts` are numbers, or None. Codes with leading zeros are not numbers.

    Examples
    --------
    >>> number_reading(["$12", "$1,234.5"]).thousands
    ','
    >>> number_reading(["12 kg", "7.5 kg"]).strip
    ('kg',)
    >>> number_reading(["01234", "90210"]) is None
    True
    """
    texts = _series(texts)
    sample = sample_of(texts)
    if not sample or not all(any(character.isdigit() for character in text) for text in sample) or are_codes(texts):
        return None
    for _ in range(_ROUNDS):
        candidates = [reading for reading in _candidates(sample) if _reads(reading, sample)]
        unread = None
        for reading in candidates:
            unread = _unread_by(reading, _plain(texts))
            if unread.is_empty():
                return reading
        if unread is None:
            return None
        sample = [*sample, *unread.head(_SAMPLE).to_list()]
    return None


def _series(texts: Texts) -> pl.Series:
    return texts if isinstance(texts, pl.Series) else pl.Series("", list(texts), dtype=pl.String)


def _plain(texts: pl.Series) -> pl.Series:
    """Return texts with the blanks, signs and apostrophes of a keyboard."""
    if not texts.str.contains(_LOOKALIKE).any():
        return texts
    return texts.str.replace_many(list(LOOKALIKES), list(LOOKALIKES.values()))


def _candidates(sample: list[str]) -> Iterator[NumberReading]:
    """Yield the readings that the signs and units of a sample allow, in the order of preference."""
    plain = [text if text.isascii() else _plain(pl.Series([text]))[0] for text in sample]
    found = [_AMOUNT.fullmatch(text) for text in plain]
    if not all(found):
        return
    fronts = {part.strip() for one in found if one for part in (one["before"], one["within"]) if part}
    backs = [((one["after"] or "").strip() + (one["outside"] or "").strip()) for one in found if one]
    brackets = any("(" in text for text in plain) and not all("(" in text for text in plain)
    if any("(" in text for text in plain) and not brackets:
        return
    marks = _marks(fronts, backs)
    if marks is None:
        return
    strip, magnitudes = marks
    for decimal, thousands in _NUMBER_FORMS:
        yield NumberReading(
            decimal=decimal, thousands=thousands, strip=strip, brackets=brackets, magnitudes=magnitudes
        )  # fmt: skip


def _marks(fronts: set[str], backs: list[str]) -> tuple[tuple[str, ...], bool] | None:
    """Return the marks to strip and whether magnitudes follow, or None where no one quantity is meant."""
    if not fronts <= _SIGNS or len(fronts) > 1:
        return None
    behind = {back for back in backs if back}
    if behind <= _SIGNS:
        both = fronts | behind
        return (tuple(sorted(both)), False) if len(both) <= 1 else None  # two currencies are not one quantity
    ended = [back for back in backs if back.rstrip(".").lower() in MAGNITUDES]
    all_ended = len(ended) == sum(map(bool, backs)) and len(ended) >= _HALF * len(backs)
    if all_ended and not (len(behind) == 1 and behind <= {"m", "t", "b", "mm"}):  # metres, tons, bits, millimetres
        return tuple(fronts), True
    stems = {back[:-1] if len(back) > 3 and back.endswith("s") else back for back in behind}  # year and years
    if len(stems) == 1 and "" not in backs and not fronts and all(_UNIT.fullmatch(back) for back in behind):
        return tuple(sorted(behind, key=lambda unit: (-len(unit), unit))), False
    return None


def _reads(reading: NumberReading, sample: list[str]) -> bool:
    return all(np.isfinite(parse_number(text, reading)) for text in sample)


def _unread_by(reading: NumberReading, texts: pl.Series) -> pl.Series:
    """Return the texts that a reading does not read; a unit, other than a sign, must stand in every one."""
    number = number_expression(reading.decimal, reading.thousands)
    if reading.magnitudes:
        number += rf"(?i:\s*(?:{'|'.join(MAGNITUDES)})\.?)?"
    marks = "|".join(re.escape(mark) for mark in reading.strip)
    if marks and not set(reading.strip) <= _SIGNS:
        pattern = rf"^(?:[+-]\s*)?{number}\s*(?:{marks})$"
    elif marks:
        mark = rf"(?:(?:{marks})\s*)?"
        pattern = rf"^(?:[+-]\s*)?{mark}(?:[+-]\s*)?{number}\s*{mark}$"
        if reading.brackets:
            pattern += rf"|^{mark}\(\s*{mark}{number}\s*{mark}\)\s*{mark}$"
    else:
        pattern = rf"^(?:[+-]\s*)?{number}$" + (rf"|^\(\s*{number}\s*\)$" if reading.brackets else "")
    return texts.filter(~texts.str.contains(pattern))


def numbers_among_words(texts: pl.Series, most: int) -> tuple[NumberReading, pl.Series] | None:
    """Return the reading of numbers among at most `most` different other texts, and those texts; None where there is none.

    Examples
    --------
    >>> reading, words = numbers_among_words(pl.Series([*map(str, range(60)), "broken"]), 10)
    >>> words.to_list()
    ['broken']
    """
    sample = sample_of(texts)
    if sum(any(character.isdigit() for character in text) for text in sample) < 0.9 * len(sample):
        return None
    plain = _plain(texts)
    for pattern in (r"\d", r"^\W*\d[\d.,' ]*(?:[eE][+-]?\d+)?\W*$|^\W*[.,]\d+\W*$"):
        looks = plain.str.contains(pattern)
        words = texts.filter(~looks)
        if 0 < len(words) <= most:
            reading = number_reading(texts.filter(looks))
            if reading is not None:
                return reading, words
    return None


def are_codes(texts: Texts) -> bool:
    """Return whether digits stand for something else than a quantity: leading zeros, or more than a float can hold."""
    texts = _series(texts)
    sample = sample_of(texts)
    if not sample or not all(text.isascii() and text.isdigit() for text in sample):
        return False
    if not texts.str.contains(r"^[0-9]+$").all():
        return False
    longest: int = texts.str.len_bytes().max()  # type: ignore[assignment]
    return longest > _LONGEST_EXACT or bool(texts.str.contains(r"^0[0-9]").any())


def width_of_codes(texts: pl.Series) -> int:
    """Return how many digits all codes have, 0 where they differ."""
    lengths = texts.str.len_bytes()
    shortest, longest = lengths.min(), lengths.max()
    return int(longest) if shortest == longest else 0  # type: ignore[arg-type]


def is_plain_number(text: str) -> bool:
    """Return whether a text is a number as programs write it."""
    return number_pattern(".", "").fullmatch(text.lstrip("+-")) is not None


YES_AND_NO: Final = (
    "true/false yes/no t/f y/n 1/0 on/off wahr/falsch ja/nein j/n vrai/faux oui/non o/n verdadero/falso sí/no si/no s/n "
    "vero/falso sì/no verdadeiro/falso sim/não sim/nao waar/onwaar ja/nee prawda/fałsz prawda/falsz tak/nie sant/falskt "
    "sand/falsk ja/nej ja/nei kyllä/ei ano/ne áno/nie da/ne da/nu igen/nem evet/hayır evet/hayir да/нет ναι/όχι はい/いいえ "
    "是/否"
)
"""Pairs of words in lower case, yes first: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, ..."""
_PAIRS: Final = {frozenset(pair.split("/")): tuple(pair.split("/")) for pair in YES_AND_NO.split()}


def boolean_reading(texts: Texts) -> BooleanReading | None:
    """Return the reading of a pair such as yes and no, or None; the case is ignored.

    Examples
    --------
    >>> boolean_reading(["Ja", "Nein"]).true, boolean_reading(["m", "f"])
    (('ja',), None)
    """
    if len(texts) > 8:  # more than the spellings of two words in large and small letters
        return None
    pair = _PAIRS.get(frozenset(text.lower() for text in texts))
    return None if pair is None else BooleanReading(true=(pair[0],), false=(pair[1],))


def duration_reading(texts: Texts) -> DurationReading | None:
    """Return how all `texts` are durations or times of day, or None.

    Two numbers and a colon are hours and minutes, unless one is beyond a day or others of the column go on to hours.

    Examples
    --------
    >>> duration_reading(["12:45", "9:30"]).pair, duration_reading(["45:30", "1:02:10"]).pair
    ('hours:minutes', 'minutes:seconds')
    """
    texts = _series(texts)
    sample = sample_of(texts)
    if not sample or not all(np.isfinite(parse_duration(text)) for text in sample):
        return None
    if not texts.str.contains(PATTERN).all():
        return None
    pairs = texts.filter(texts.str.contains(r"^[+-]?\d+:\d+$"))
    if pairs.is_empty():
        return DurationReading()
    beyond = pairs.str.extract(r"^[+-]?(\d+):").cast(pl.Int64, strict=False).max()
    longer = texts.str.contains(r"^[+-]?\d+:\d+:\d+").any()
    return DurationReading(pair="minutes:seconds" if longer or (beyond or 0) > 24 else "hours:minutes")  # type: ignore[operator]
