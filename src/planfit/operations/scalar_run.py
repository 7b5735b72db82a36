"""Carries out in polars what `scalar_sql` wrote."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from planfit.operations.base import LARGEST
from planfit.operations.scalar_sql import Program, Type
from planfit.operations.simple import Stateless


class SqlExpression(Stateless):
    """One new column of a list of columns.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self.program = program

    def fit(self, X: Any, y: Any = None) -> SqlExpression:
        """Remember the number of columns."""
        self.n_features_in_ = len(X)
        return self

    def transform(self, X: list[np.ndarray]) -> np.ndarray:
        """Return the column; whatever is not finite is missing."""
        kinds = [kind for _, kind in self.program.reads]
        series = [_series(f"c{place}", X[place], kind) for place, kind in enumerate(kinds)]
        frame = pl.DataFrame(series)
        for name, text, kind in self.program.steps:
            frame = frame.with_columns(_read(text, kind).alias(name))
        name, _, kind = self.program.steps[-1]
        return _array(frame[name], kind)[:, None]


@lru_cache(512)
def _read(text: str, kind: Type) -> pl.Expr:
    made = pl.sql_expr(text)
    if kind in ("number", "flag"):
        made = made.cast(pl.Float64)
        return pl.when(made.abs() <= LARGEST).then(made)
    return made


def _series(name: str, values: np.ndarray, kind: Type) -> pl.Series:
    if kind == "text":
        cells = [None if cell is None or cell != cell else str(cell) for cell in values.tolist()]
        return pl.Series(name, cells, dtype=pl.String)
    if kind == "date":
        return pl.Series(name, values.astype("datetime64[us]"), dtype=pl.Datetime("us"))
    return pl.Series(name, values.astype(np.float64), dtype=pl.Float64, nan_to_null=True)


def _array(series: pl.Series, kind: Type) -> np.ndarray:
    if kind == "text":
        return np.array([np.nan if cell is None else cell for cell in series.to_list()], dtype=object)
    if kind == "date":
        return np.asarray(series.cast(pl.Datetime("us")).to_numpy().astype("datetime64[us]"))
    return np.array(series.cast(pl.Float64).to_numpy(), dtype=np.float64)
