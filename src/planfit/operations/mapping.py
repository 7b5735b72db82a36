"""A table of values, applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from planfit.operations.encoders import is_missing, level_name
from planfit.operations.simple import Stateless
from planfit.records.schema import Kind

_WORDS = {"true": 1.0, "false": 0.0}


class Mapped(Stateless):
    """One column looked up in a table.

    Parameters
    ----------
    mapping : mapping of str to float, str or None
    keep : bool
        Values that the table does not name stay; else they become missing.
    numbers : bool
        Whether numbers come out, or texts.
    kind : Kind
        Of the column that comes in.
    """

    def __init__(self, mapping: Mapping[str, Any], keep: bool, numbers: bool, kind: Kind) -> None:
        self.mapping = mapping
        self.keep = keep
        self.numbers = numbers
        self.kind = kind

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column of numbers or texts."""
        table = {self._key(old): np.nan if new is None else self._value(new) for old, new in self.mapping.items()}
        known: dict[Any, Any] = {}
        out = np.empty((len(X), 1), dtype=np.float64 if self.numbers else object)
        for row, cell in enumerate(X[:, 0].tolist()):
            if is_missing(cell):
                out[row, 0] = np.nan
                continue
            if cell not in known:
                known[cell] = table[cell] if cell in table else self._value(cell) if self.keep else np.nan
            out[row, 0] = known[cell]
        return out

    def _key(self, old: str) -> Any:
        if self.kind not in (Kind.NUMERIC, Kind.BOOLEAN):
            return old
        try:
            return _WORDS[old.lower()] if old.lower() in _WORDS else float(old)
        except ValueError:
            return old

    def _value(self, new: Any) -> Any:
        if self.numbers:
            return float(new)
        if isinstance(new, str):
            return new
        return level_name("", new) if self.kind is Kind.BOOLEAN else f"{new:.15g}"
