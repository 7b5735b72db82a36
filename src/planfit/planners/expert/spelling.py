"""Typing errors: which known word is nearly the one that was written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SHORTEST: Final = 5
"""Shorter words are taken as they stand: too many others are near them."""
LONG: Final = 8
"""From so many letters on, two errors are forgiven instead of one."""


def distance(left: str, right: str, most: int) -> int:
    """Return the number of letters added, left out, exchanged or swapped with their neighbour; ``most + 1`` where it is more.

    Examples
    --------
    >>> distance("seling", "selling", 2), distance("chrun", "churn", 2), distance("price", "house", 2)
    (1, 1, 3)
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def close_to(said: str, known: str) -> bool:
    """Say whether a word may be a slip for another; the first letter is rarely wrong."""
    if min(len(said), len(known)) < SHORTEST or said[0] != known[0]:
        return False
    most = 2 if min(len(said), len(known)) >= LONG else 1
    return distance(said, known, most) <= most


def mended(word: str, known: Iterable[str]) -> str | None:
    """Return the one known word that `word` is a slip for; None where there is none, or several are as near."""
    near = sorted((distance(word, other, 2), other) for other in set(known) if close_to(word, other))
    if not near or (len(near) > 1 and near[1][0] == near[0][0]):
        return None
    return near[0][1]
