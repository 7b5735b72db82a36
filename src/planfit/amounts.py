"""Amounts as people write them: ``5m``, ``90s``, ``4GB``."""

from __future__ import annotations

import math
import re

from planfit.errors import UsageError

_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def seconds_of(amount: float | str) -> float:
    """Return an amount of time in seconds.

    Examples
    --------
    >>> seconds_of("5m"), seconds_of("1h30m"), seconds_of(30)
    (300.0, 5400.0, 30.0)
    """
    wrong = UsageError(f"The time {amount!r} is not understood.", hint="Write 30s, 5m, 1h30m or a number of seconds.")
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        raise wrong
    if not isinstance(amount, str):
        if not math.isfinite(amount):
            raise wrong
        return float(amount)
    sign, text = 1.0, amount.strip().lower().replace(" ", "")
    if text.startswith("-"):
        sign, text = -1.0, text[1:]
    parts = re.findall(r"(\d+(?:\.\d+)?)([a-z]*)", text)
    if (
        not parts
        or "".join(number + unit for number, unit in parts) != text
        or any(u not in _SECONDS for _, u in parts)
    ):
        raise wrong
    return sign * sum(float(number) * _SECONDS[unit] for number, unit in parts)


def milliseconds_of(amount: float | str) -> float:
    """Return a short time in milliseconds; a number without a unit is one of milliseconds.

    Examples
    --------
    >>> milliseconds_of("5ms"), milliseconds_of("0.2s"), milliseconds_of(3)
    (5.0, 200.0, 3.0)
    """
    found: float | None = None
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        found = float(amount)
    elif isinstance(amount, str) and (
        match := re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|)", amount.strip().replace(" ", ""))
    ):
        found = float(match[1]) * (1000.0 if match[2] == "s" else 1.0)
    if found is None or not math.isfinite(found) or found <= 0:
        raise UsageError(
            f"The latency {amount!r} is not understood.", hint="Write 5ms, 0.2s or a number of milliseconds."
        )
    return found


def bytes_of(amount: float | str) -> int:
    """Return an amount of memory in bytes; 1 GB is 10**9.

    Examples
    --------
    >>> bytes_of("4GB")
    4000000000
    """
    if isinstance(amount, int | float) and not isinstance(amount, bool) and math.isfinite(amount):
        found = int(amount)
    else:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", amount.strip() if isinstance(amount, str) else "")
        if match is None or match[2].upper() not in _BYTES:
            raise UsageError(
                f"The amount of memory {amount!r} is not understood.", hint="Write 4GB, 800MB or a number of bytes."
            )
        found = int(float(match[1]) * _BYTES[match[2].upper()])
    if found < 300 * 10**6:
        raise UsageError(
            f"The memory limit must be at least 300 MB: an empty worker takes that much. Got {amount}.",
            hint="Write for example 2GB.",
        )
    return found


def counted(number: int, thing: str) -> str:
    """Return a number of things as a person would write it.

    Examples
    --------
    >>> counted(1, "row"), counted(7043, "row")
    ('1 row', '7,043 rows')
    """
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def spoken_bytes(size: int) -> str:
    """Return a size as a person would say it.

    Examples
    --------
    >>> spoken_bytes(512), spoken_bytes(2_300_000)
    ('512 B', '2.3 MB')
    """
    for unit, each in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= each:
            return f"{size / each:.1f} {unit}"
    return f"{size} B"


def spoken_seconds(seconds: float) -> str:
    """Return a duration as a person would say it.

    Examples
    --------
    >>> spoken_seconds(4.2), spoken_seconds(75), spoken_seconds(3700)
    ('4.2 s', '1 min 15 s', '1 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
