"""Figures about texts, counted over all their characters at once."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import numpy as np

from planfit.operations.distinct import distinct
from planfit.operations.simple import Stateless
from planfit.operations.text_statistics import FIGURES

BLOCK: Final = 1 << 20
"""Characters that are counted together."""
_MARKS = frozenset(string.punctuation)
_TESTS: Final[tuple[Callable[[str], bool], ...]] = (str.isspace, str.isdigit, str.isupper, _MARKS.__contains__)


class TextFigures(Stateless):
    """The figures of `FIGURES` for one column of texts."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column a figure, NaN where there is no text."""
        codes, values = distinct(X[:, 0])
        table = np.full((len(values) + 1, len(FIGURES)), np.nan, order="F")
        first = 0
        for texts in _blocks([str(value) for value in values]):
            table[first : first + len(texts)] = _figures(texts)
            first += len(texts)
        return table[codes]


def _blocks(texts: list[str]) -> Iterator[list[str]]:
    some, size = [], 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size >= BLOCK:
            yield some
            some, size = [], 0
    if some:
        yield some


def _figures(texts: list[str]) -> np.ndarray:
    """Return a row a text: characters and words, then the shares of digits, capitals and marks."""
    length = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(length)
    starts = ends - length
    signs = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    space, *shares = _sorts(signs)
    begins = ~space
    begins[1:] &= space[:-1] | _at(starts, len(signs))[1:]  # a word begins after a space, and with its text
    counted = [_counted(each, starts, ends) for each in (begins, *shares)]
    whole = np.maximum(length, 1)
    return np.column_stack([length, counted[0], *(count / whole for count in counted[1:])])


def _at(places: np.ndarray, size: int) -> np.ndarray:
    there = np.zeros(size + 1, dtype=bool)
    there[places] = True
    return there[:-1]


def _counted(signs: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return how many are true from each start to its end."""
    total = np.zeros(len(signs) + 1, dtype=np.int64)
    np.cumsum(signs, out=total[1:])
    return np.asarray(total[ends] - total[starts])


def _sorts(signs: np.ndarray) -> list[np.ndarray]:
    """Return for each of `_TESTS` which characters pass it; of those beyond ASCII each different one is asked once."""
    table = _ascii()
    if not len(signs) or signs.max() < len(table):
        return [test[signs] for test in table.T]
    different, places = np.unique(signs, return_inverse=True)
    return [test[places] for test in _asked(different).T]


@cache
def _ascii() -> np.ndarray:
    return _asked(np.arange(128))


def _asked(signs: np.ndarray) -> np.ndarray:
    rows = [[test(chr(sign)) for test in _TESTS] for sign in signs.tolist()]
    return np.asfortranarray(np.array(rows, dtype=bool))
