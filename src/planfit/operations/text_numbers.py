"""The first number in a text."""

from __future__ import annotations

import math
import re
from typing import Final

import numpy as np

from planfit.operations.base import LARGEST
from planfit.operations.distinct import distinct
from planfit.operations.simple import Stateless

# Bounded repetitions and no two that could match the same signs: the time is linear in the text
_SHAPE: Final = r"([-+−]?)[$€£¥]?(\d{{1,3}}(?:{group}\d{{3}}){{1,8}}(?!\d)|\d{{1,30}})({point}\d{{1,30}})?(?:[eE]([-+]?\d{{1,3}})(?!\w))?(?:([kKmMbB])(?!\w))?"
_TIMES: Final = {"k": 1e3, "m": 1e6, "b": 1e9}


class FirstNumber(Stateless):
    """Numbers in columns of texts.

    Parameters
    ----------
    decimal : {".", ","}
    magnitudes : bool
        Whether k, M and B count.
    """

    def __init__(self, decimal: str, magnitudes: bool) -> None:
        self.decimal = decimal
        self.magnitudes = magnitudes

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the numbers, NaN where there is none."""
        group = "[,'\u202f\u00a0]" if self.decimal == "." else "[.'\u202f\u00a0]"
        pattern = re.compile(_SHAPE.format(group=group, point=re.escape(self.decimal)))
        out = np.empty(X.shape)
        for place in range(X.shape[1]):
            codes, values = distinct(X[:, place])
            out[:, place] = np.array([*(self._number(pattern, str(value)) for value in values), np.nan])[codes]
        return out

    def _number(self, pattern: re.Pattern[str], text: str) -> float:
        found = pattern.search(text)
        if found is None:
            return math.nan
        sign, whole, fraction, power, magnitude = found.groups()
        digits = re.sub(r"\D", "", whole) + (f".{fraction[1:]}" if fraction else "")
        number = float(f"{digits}e{power or 0}")
        if magnitude and self.magnitudes:
            number *= _TIMES[magnitude.lower()]
        before = text[: found.start()]
        negative = sign in ("-", "−") and not (before and before[-1].isalnum())  # the dash of 3-4 is no sign
        return math.nan if number > LARGEST else -number if negative else number
