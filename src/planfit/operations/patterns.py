"""Regular expressions over texts, run by polars, whose time is linear in the text."""

from __future__ import annotations

from typing import Final

import numpy as np

from planfit.operations.distinct import distinct
from planfit.operations.simple import Stateless

MOST_SIGNS: Final = 10_000
_NUMBER: Final = r"^\s*[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?\s*$"


def trouble_with(pattern: str) -> str | None:
    """Return why a pattern cannot be used, None where it can: it must compile, and not grow large.

    >>> trouble_with("(a") is None
    False
    """
    import polars as pl

    try:
        pl.Series(["a"]).str.extract(pattern, 0)
    except pl.exceptions.PolarsError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = [line.removeprefix("error: ") for line in lines if line.startswith("error:")]
        return (said or lines or ["it does not compile"])[-1].rstrip(".") + "."
    return None


class Matches(Stateless):
    """What a pattern finds in columns of texts.

    Parameters
    ----------
    pattern : str
    output : {"category", "number", "boolean"}
    ignore_case : bool
    """

    def __init__(self, pattern: str, output: str, ignore_case: bool) -> None:
        self.pattern = pattern
        self.output = output
        self.ignore_case = ignore_case

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return one column each; each distinct text is searched once."""
        out = np.empty(X.shape, dtype=object if self.output == "category" else np.float64)
        for place in range(X.shape[1]):
            codes, values = distinct(X[:, place])
            out[:, place] = self._found([*(str(value)[:MOST_SIGNS] for value in values), None])[codes]
        return out

    def _found(self, texts: list[str | None]) -> np.ndarray:
        import polars as pl

        series = pl.Series(texts, dtype=pl.String)
        pattern = f"(?i:{self.pattern})" if self.ignore_case else self.pattern
        if self.output == "boolean":
            return series.str.contains(pattern).fill_null(False).cast(pl.Float64).to_numpy()
        groups = series.clear().to_frame("t").select(pl.col("t").str.extract_groups(pattern)).schema["t"]
        has_group = bool(getattr(groups, "fields", ()))
        matched = series.str.extract(pattern, 1 if has_group else 0)
        if self.output == "number":
            plain = matched.str.contains(_NUMBER).fill_null(False)
            numbers = matched.set(~plain, None).str.strip_chars().cast(pl.Float64, strict=False)
            return numbers.to_numpy().astype(np.float64)
        return np.array([np.nan if text is None else text for text in matched.to_list()], dtype=object)
