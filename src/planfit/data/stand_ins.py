"""Numbers that stand for a missing value: -200, 999, -1, ... far from everything else, again and again."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NAMED: Final = frozenset(
    {-9.0, -100.0, -200.0, -1000.0, -32768.0, 32767.0, 65535.0, -2147483648.0, 2147483647.0, 4294967295.0}
)
"""Numbers that people and machines write for nothing; those of equal digits such as -999 or 8888 are not listed."""
HUGE: Final = 1e20
"""No measurement; the fill values of scientific files are of this size."""
FEWEST_DISTINCT: Final = 5
FEWEST_ROWS: Final = 20
FEWEST_REPEATS: Final = 3
LEAST_SHARE: Final = 0.0005
LEAST_SHARE_OF_MINUS_ONE: Final = 0.01
SIGN_GAP: Final = 0.1
"""Gap to the next value, in widths of the nearer half of the others, that is enough for the only negative number."""
WIDE_GAP: Final = 2.0
"""Gap, in ranges of all others, from which any round number that repeats is one."""


def stand_in(ordered: Floats, distinct: int) -> float | None:
    """Return the number that probably means missing, None where none does.

    It is the smallest or the largest of the column, it repeats, it is one that people write for nothing, and nothing
    lies near it.

    Parameters
    ----------
    ordered : ndarray of float
        The present numbers of a column, sorted.
    distinct : int
        How many different ones there are.

    Examples
    --------
    >>> readings = np.linspace(0.5, 9.5, 200)
    >>> stand_in(np.sort(np.append(readings, [-200.0] * 12)), 201), stand_in(readings, 200)
    (-200.0, None)
    """
    if distinct < FEWEST_DISTINCT or len(ordered) < FEWEST_ROWS:
        return None
    found: list[tuple[int, float]] = []
    for end, lowest in ((float(ordered[0]), True), (float(ordered[-1]), False)):
        written, round_number = is_written_for_nothing(end), _is_round(end)
        if not (written or round_number):
            continue
        side = np.searchsorted(ordered, end, side="right" if lowest else "left")
        repeats = int(side) if lowest else len(ordered) - int(side)
        others = ordered[repeats:] if lowest else ordered[: len(ordered) - repeats]
        if not len(others) or repeats < max(FEWEST_REPEATS, LEAST_SHARE * len(ordered)):
            continue
        if (written and _is_apart(end, others, repeats)) or (round_number and _is_far(end, others)):
            found.append((repeats, end))
    return max(found)[1] if found else None


def is_written_for_nothing(number: float) -> bool:
    """Return whether a number is one that people or machines write where there is none.

    Examples
    --------
    >>> [is_written_for_nothing(number) for number in (-1.0, -999.0, 99.99, 7.0, 1999.0)]
    [True, True, True, False, False]
    """
    if number in NAMED or number == -1.0 or abs(number) >= HUGE:
        return True
    digits = f"{abs(number):.10g}".replace(".", "")
    few = 2 if digits[0] == "9" else 3
    return len(digits) >= few and digits[0] in "789" and set(digits) == {digits[0]} and (number < 0 or number >= 99)


def _is_round(number: float) -> bool:
    """Return whether a number from 100 on has one digit that is not 0."""
    return abs(number) >= 100 and f"{abs(number):.0e}" == f"{abs(number):.9e}".replace(".000000000", "")


def _is_apart(end: float, others: Floats, repeats: int) -> bool:
    low, middle, high = float(others[0]), float(others[len(others) // 2]), float(others[-1])
    gap, reach = (low - end, middle - low) if end < low else (end - high, high - middle)
    if end == -1.0:
        return low >= 0 and (gap > high - low or _outnumbers(others, repeats))
    if end < 0 <= low:
        return gap > SIGN_GAP * reach
    return gap > reach


def _outnumbers(others: Floats, repeats: int) -> bool:
    """Return whether -1 before counts from 0 on is no tail of them: it is far more frequent than the next number."""
    next_one = int(np.searchsorted(others, others[0], side="right"))
    if repeats < max(LEAST_SHARE_OF_MINUS_ONE * (len(others) + repeats), 2 * next_one):
        return False
    return bool((np.floor(others) == others).all())


def _is_far(end: float, others: Floats) -> bool:
    width = float(others[-1]) - float(others[0])
    gap = float(others[0]) - end if end < others[0] else end - float(others[-1])
    return math.isfinite(width) and gap > WIDE_GAP * width
