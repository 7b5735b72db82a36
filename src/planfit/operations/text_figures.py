"""Figures about texts."""

from __future__ import annotations

import string

import numpy as np

from planfit.operations.encoders import is_missing
from planfit.operations.simple import Stateless
from planfit.operations.text_statistics import FIGURES

_MARKS = frozenset(string.punctuation)


class TextFigures(Stateless):
    """The figures of `FIGURES` for one column of texts."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column a figure, NaN where there is no text."""
        known: dict[str, tuple[float, ...]] = {}
        out = np.full((len(X), len(FIGURES)), np.nan)
        for row, cell in enumerate(X[:, 0].tolist()):
            if is_missing(cell):
                continue
            text = str(cell)
            if text not in known:
                known[text] = _figures(text)
            out[row] = known[text]
        return out


def _figures(text: str) -> tuple[float, ...]:
    length = len(text)
    shares = (
        sum(map(str.isdigit, text)),
        sum(map(str.isupper, text)),
        sum(sign in _MARKS for sign in text),
    )
    return (float(length), float(len(text.split())), *(share / max(length, 1) for share in shares))
