"""A table of values, applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from planfit.operations.distinct import distinct
from planfit.operations.encoders import level_name
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
        codes, values = distinct(X[:, 0])
        new = [table[one] if one in table else self._value(one) if self.keep else np.nan for one in values]
        return np.array([*new, np.nan], dtype=np.float64 if self.numbers else object)[codes][:, None]

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
