"""The last step of the features, and what it shares with the steps before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from planfit.errors import UsageError
from planfit.operations.arrays import ArrayTransformer
from planfit.operations.columns import is_group
from planfit.records.schema import Kind

Arrays = dict[str, np.ndarray]


class NamedColumns(ArrayTransformer):
    """What `PlanStep` and `Select` share: pandas in, pandas out, names known after fitting."""

    names_out_: list[str]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns that come out."""
        check_is_fitted(self)
        return np.asarray(self.names_out_, dtype=object)

    def set_output(self, *, transform: str | None = None) -> NamedColumns:
        """Accept ``pandas`` and ``default``; what comes out is a pandas DataFrame in any case."""
        if transform not in (None, "default", "pandas"):
            raise UsageError(
                f"{type(self).__name__} gives pandas frames, not {transform!r}.",
                hint="Convert the last frame of the pipeline instead, e.g. with polars.from_pandas.",
            )
        return self

    def _remember(self, frame: pd.DataFrame) -> None:
        if not isinstance(frame, pd.DataFrame):
            raise UsageError(
                f"{type(self).__name__} takes a pandas DataFrame, not {type(frame).__name__}.",
                hint="The door, first step of every pipeline, turns other tables into one.",
            )
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = frame.shape[1]

    def _missing(self, wanted: Iterable[str], present: Any) -> None:
        absent = [name for name in wanted if name not in present]
        if absent:
            raise UsageError(
                f"{self!r} does not find the columns {', '.join(map(repr, absent))}.",
                hint="Give the columns that it was fitted on, by the same names.",
            )

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        return f"{type(self).__name__}({self._saying()})"

    def _saying(self) -> str:
        raise NotImplementedError


class Select(NamedColumns):
    """Last step of the features: the plan's final columns, in order; everything else is dropped.

    Parameters
    ----------
    columns : tuple of str
        Names, or groups such as ``city=*``.
    kinds : tuple of Kind or None
        What each of `columns` means, for the estimator.

    Attributes
    ----------
    names_out_ : list of str
        The actual names.
    kinds_ : dict of str to Kind
        The kind of each, where `kinds` was given.
    """

    def __init__(self, columns: tuple[str, ...], kinds: tuple[Kind, ...] | None = None) -> None:
        self.columns = columns
        self.kinds = kinds

    def fit(self, X: pd.DataFrame, y: Any = None) -> Select:
        """Find out which columns the groups stand for."""
        self._remember(X)
        present = [str(name) for name in X.columns]
        named = {text for text in self.columns if text in present or not is_group(text)}
        self._missing(sorted(named), set(present))
        members = {text: [text] if text in named else [] for text in self.columns}
        groups = sorted((text for text in self.columns if text not in named), key=len, reverse=True)
        for name in present:  # a column belongs to the longest stem that fits, and to itself before any group
            owner = None if name in named else next((text for text in groups if name.startswith(text[:-1])), None)
            if owner is not None:
                members[owner].append(name)
        self.names_out_ = [name for text in self.columns for name in members[text]]
        self.kinds_ = {
            name: kind
            for text, kind in zip(self.columns, self.kinds or (), strict=bool(self.kinds))
            for name in members[text]
        }
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return those columns, in order."""
        check_is_fitted(self)
        self._missing(self.names_out_, X.columns)
        return X if list(X.columns) == self.names_out_ else X[self.names_out_]

    def transform_arrays(self, columns: Arrays) -> Arrays:
        """Return those columns, in order."""
        self._missing(self.names_out_, columns)
        return {name: columns[name] for name in self.names_out_}

    def _saying(self) -> str:
        return f"{len(self.columns)} columns"
