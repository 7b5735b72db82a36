"""Durations and times of day kept as text: what they look like, and how many seconds they are."""

from __future__ import annotations

import math
import re
from typing import Final

from planfit.records.schema import DurationReading

CLOCK: Final = (
    r"[+-]?\s*(?:\d{1,6}\s*(?:days?|d),?\s*(?:and\s+)?[+-]?)?\d{1,4}:[0-5]\d(?::[0-5]\d)?(?:[.,]\d{1,9})?"
    r"(?:\s*[aApP]\.?[mM]\.?)?"
)
"""``12:45``, ``1:02:45.5``, ``3 days 04:00:00``, ``3:45 PM``; a pattern that both Python and Rust read alike."""
ISO: Final = (
    r"[+-]?P(?:\d+(?:\.\d+)?[Yy])?(?:\d+(?:\.\d+)?[Mm])?(?:\d+(?:\.\d+)?[Ww])?(?:\d+(?:\.\d+)?[Dd])?"
    r"(?:T(?:\d+(?:\.\d+)?[Hh])?(?:\d+(?:\.\d+)?[Mm])?(?:\d+(?:\.\d+)?[Ss])?)?"
)
"""``PT1H30M``, ``P2DT3H``; a lone ``P`` fits too and is sorted out by `parse_duration`."""
_UNIT: Final = (
    r"(?:years?|yrs?|y|months?|mon|weeks?|wks?|w|days?|d|hours?|hrs?|hr|h|minutes?|mins?|min|m|seconds?|secs?|sec|s"
    r"|milliseconds?|ms)"
)
SPELLED: Final = (
    rf"[+-]?\s*\d+(?:[.,]\d+)?\s*{_UNIT}\.?(?:[\s,]*(?:and\s+)?\d+(?:[.,]\d+)?\s*{_UNIT}\.?)*(?:\s*\d{{1,2}})?"
)
"""``2h 5m``, ``1h30``, ``90 min``, ``1 day, 3 hours``; in lower case."""
PATTERN: Final = rf"^(?:{CLOCK}|{ISO}|(?i:{SPELLED}))$"

_SECONDS: Final = {
    "y": 365.25 * 86400, "mon": 30.4375 * 86400, "w": 7 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0,
    "ms": 0.001,
}  # fmt: skip
_CLOCK_PARTS = re.compile(
    r"([+-]?)\s*(?:(\d{1,6})\s*(?:days?|d),?\s*(?:and\s+)?([+-]?))?"
    r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?([.,]\d{1,9})?(?:\s*([aApP])\.?[mM]\.?)?"
)
_ISO_PARTS = re.compile(r"([\d.]+)([YMWDHS])|(T)", re.IGNORECASE)
_SPELLED_PARTS = re.compile(rf"(\d+(?:[.,]\d+)?)\s*({_UNIT})?\.?", re.IGNORECASE)
_WHOLE_ISO = re.compile(ISO)
_WHOLE_SPELLED = re.compile(SPELLED, re.IGNORECASE)


def parse_duration(text: str, reading: DurationReading | None = None) -> float:
    """Return the seconds that a text holds, NaN where it holds none.

    Examples
    --------
    >>> [parse_duration(text) for text in ("01:30:00", "12:45", "2h 5m", "PT1H30M", "3 days 04:00:00", "soon")]
    [5400.0, 45900.0, 7500.0, 5400.0, 273600.0, nan]
    >>> parse_duration("12:45", DurationReading(pair="minutes:seconds"))
    765.0
    """
    text = text.strip()
    clock = _CLOCK_PARTS.fullmatch(text)
    if clock is not None:
        return _of_clock(clock, reading or DurationReading())
    if text.lstrip("+-")[:1] == "P" and _WHOLE_ISO.fullmatch(text):
        return _of_iso(text)
    return _of_words(text.lower()) if _WHOLE_SPELLED.fullmatch(text) else math.nan


def _of_clock(clock: re.Match[str], reading: DurationReading) -> float:
    sign, days, inner_sign, first, second, third, fraction, half = clock.groups()
    one, two, rest = float(first), float(second), float((fraction or "0").replace(",", "."))
    if third is None and (fraction or (days is None and half is None and reading.pair == "minutes:seconds")):
        seconds = one * 60 + two + rest
    else:
        if half is not None:
            if not 1 <= one <= 12:
                return math.nan
            one = one % 12 + (12 if half in "pP" else 0)
        seconds = one * 3600 + two * 60 + float(third or 0) + rest
    if days is None:
        return -seconds if sign == "-" else seconds
    # Python writes minus one hour as "-1 day, 23:00:00", pandas as "-1 days +23:00:00": the sign is that of the days.
    whole = float(days) * 86400 * (-1 if sign == "-" else 1)
    return whole + (-seconds if inner_sign == "-" else seconds)


def _of_iso(text: str) -> float:
    total, found, in_time = 0.0, False, False
    for amount, unit, divider in _ISO_PARTS.findall(text):
        if divider:
            in_time = True
            continue
        found = True
        key = {"M": "m" if in_time else "mon"}.get(unit.upper(), unit.lower())
        total += float(amount) * _SECONDS[key]
    return (-total if text.startswith("-") else total) if found else math.nan


def _of_words(text: str) -> float:
    total, last = 0.0, ""
    for amount, unit in _SPELLED_PARTS.findall(text):
        key = _key(unit) if unit else {"h": "m", "m": "s"}.get(last, "")
        if not key:  # "1h30" ends in minutes; a lone number after anything else means nothing
            return math.nan
        total += float(amount.replace(",", ".")) * _SECONDS[key]
        last = key
    return -total if text.startswith("-") else total


def _key(unit: str) -> str:
    if unit.startswith(("ms", "mill")):
        return "ms"
    return "mon" if unit.startswith("mo") else unit[0]
