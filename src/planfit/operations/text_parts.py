"""Parts of texts."""

from __future__ import annotations

import numpy as np

from planfit.operations.distinct import distinct
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
        codes, values = distinct(X[:, 0])
        table = np.full((len(values) + 1, self.parts), np.nan, dtype=object)
        for row, cell in enumerate(values):
            split = str(cell).rsplit if self.from_end else str(cell).split
            pieces = [piece.strip() or np.nan for piece in split(self.separator, self.parts - 1)]
            table[row, self.parts - len(pieces) if self.from_end else 0 :][: len(pieces)] = pieces
        return table[codes]
