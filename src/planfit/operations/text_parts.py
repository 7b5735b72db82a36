"""Parts of texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from planfit.operations.encoders import is_missing
from planfit.operations.simple import Stateless


class Parts(Stateless):
    """One column of texts, split.

    Parameters
    ----------
    separator : str
    parts : int
    from_end : bool
    """

    def __init__(self, separator: str, parts: int, from_end: bool) -> None:
        self.separator = separator
        self.parts = parts
        self.from_end = from_end

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column a part, NaN where there is none."""
        places: dict[Any, int] = {}
        codes = np.fromiter((places.setdefault(cell, len(places)) for cell in X[:, 0].tolist()), np.intp, len(X))
        table = np.full((len(places), self.parts), np.nan, dtype=object)
        for cell, row in places.items():
            if is_missing(cell):
                continue
            split = str(cell).rsplit if self.from_end else str(cell).split
            pieces = [piece.strip() or np.nan for piece in split(self.separator, self.parts - 1)]
            table[row, self.parts - len(pieces) if self.from_end else 0 :][: len(pieces)] = pieces
        return table[codes] if len(X) else table
