"""Figures about texts."""

from __future__ import annotations

import string

import numpy as np

from planfit.operations.distinct import distinct
from planfit.operations.simple import Stateless
from planfit.operations.text_statistics import FIGURES

_MARKS = frozenset(string.punctuation)


class TextFigures(Stateless):
    """The figures of `FIGURES` for one column of texts."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column a figure, NaN where there is no text."""
        codes, values = distinct(X[:, 0])
        return np.array([*(_figures(str(value)) for value in values), (np.nan,) * len(FIGURES)])[codes]


def _figures(text: str) -> tuple[float, ...]:
    length = len(text)
    shares = (
        sum(map(str.isdigit, text)),
        sum(map(str.isupper, text)),
        sum(sign in _MARKS for sign in text),
    )
    return (float(length), float(len(text.split())), *(share / max(length, 1) for share in shares))
