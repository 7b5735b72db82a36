"""The door: the first step of every pipeline. Raw rows, however they are typed, enter as they entered training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from planfit.data.names import unique_names
from planfit.data.readings import PLAIN_NUMBER, read_booleans, read_codes, read_dates, read_numbers, read_texts
from planfit.errors import UsageError
from planfit.records.schema import (
    BooleanReading,
    CodeReading,
    Column,
    DateReading,
    DurationReading,
    Kind,
    NumberReading,
    Schema,
)

_FEW_ROWS = 32
"""Up to so many rows of a pandas table are taken out at once, as objects: cheaper than column by column."""


class Door(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Turn raw rows into a typed pandas frame, by what was learned of each column from the whole table.

    Numeric and boolean columns leave as float64, dates as datetime64[us], all others as canonical text with NaN for
    missing. Columns that the schema does not name are ignored; carried columns come last, where they are present.

    Parameters
    ----------
    schema : Schema
        The raw columns. A constructor parameter, so that scikit-learn's ``clone`` keeps it.

    Examples
    --------
    >>> from planfit.records.schema import Column
    >>> door = Door(Schema(columns=(Column(name="age", kind=Kind.NUMERIC), Column(name="zip", kind=Kind.CATEGORICAL))))
    >>> door.transform(pd.DataFrame({"zip": [8001], "age": ["41 "], "other": [0]})).iloc[0].to_dict()
    {'age': 41.0, 'zip': '8001'}
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def fit(self, X: Any, y: Any = None) -> Self:
        """Remember the names of the raw columns; the schema holds everything else.

        Parameters
        ----------
        X : pandas.DataFrame, polars.DataFrame or pyarrow.Table
            Raw rows.
        y : object
            Ignored.
        """
        names, _, _ = _columns_of(X, None)
        self._check(names)
        self.feature_names_in_ = np.asarray(names, dtype=object)
        self.n_features_in_ = len(names)
        return self

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        return f"Door({len(self.schema.columns)} columns)"

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the typed frame of raw rows.

        Parameters
        ----------
        X : pandas.DataFrame, polars.DataFrame, pyarrow.Table or mapping
            Raw rows; a mapping holds a sequence a column.
        """
        index = X.index if isinstance(X, pd.DataFrame) else None
        arrays, rows = self._read(X)
        index = pd.RangeIndex(rows) if index is None else index
        return pd.DataFrame(
            {
                name: pd.Series(array, index=index, dtype=object, copy=False) if array.dtype == object else array
                for name, array in arrays.items()
            },
            index=index,
            copy=False,  # each column stays an array of its own, which goes when the column does
        )

    def transform_arrays(self, X: Any) -> dict[str, npt.NDArray[Any]]:
        """Return what `transform` does as one array a column: the lean path for few rows.

        Parameters
        ----------
        X : pandas.DataFrame, polars.DataFrame, pyarrow.Table or mapping
            Raw rows; a mapping holds a sequence a column.
        """
        return self._read(X)[0]

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the columns that leave the door.

        Parameters
        ----------
        input_features : object
            Ignored; the schema names them.
        """
        seen = getattr(self, "feature_names_in_", ())
        carried = [name for name in self.schema.carried if name in seen]
        return np.asarray([*self.schema.names, *carried], dtype=object)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Accept scikit-learn's output setting: the door gives pandas frames in any case.

        Parameters
        ----------
        transform : str or None
            ``default`` or ``pandas``.
        """
        if transform not in (None, "default", "pandas"):
            raise UsageError(
                f"The door gives pandas frames only, not {transform!r}.", hint="Use set_output(transform='pandas')."
            )
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def _check(self, present: Any) -> None:
        there = set(present)
        missing = [name for name in self.schema.names if name not in there]
        if not missing:
            return
        named = ", ".join(repr(name) for name in missing[:5]) + (" ..." if len(missing) > 5 else "")
        have = ", ".join(repr(name) for name in list(present)[:10]) or "no columns"
        raise UsageError(
            f"The table lacks {'the column' if len(missing) == 1 else f'{len(missing)} columns:'} {named}.",
            hint=f"It has {have}{' ...' if len(present) > 10 else ''}; give raw rows as they were in training.",
        )

    def _read(self, X: Any) -> tuple[dict[str, npt.NDArray[Any]], int]:
        schema = self.schema
        names, columns, rows = _columns_of(X, (*schema.names, *schema.carried))
        self._check(names)
        arrays = {column.name: read_column(columns[column.name], column) for column in schema.columns}
        for name in schema.carried:
            if name in columns:
                arrays[name] = _read_as_stored(columns[name])
        return arrays, rows


def read_column(values: Any, column: Column) -> npt.NDArray[Any]:
    """Return raw values as the typed array of a column.

    Parameters
    ----------
    values : array-like
        Raw values: a NumPy array, a pandas extension array or a list.
    column : Column
        Says what they mean.
    """
    reading = column.reading
    if column.kind is Kind.NUMERIC:
        return read_numbers(values, reading if isinstance(reading, NumberReading | DurationReading) else PLAIN_NUMBER)
    if column.kind is Kind.BOOLEAN:
        return read_booleans(values, reading if isinstance(reading, BooleanReading) else None)
    if column.kind is Kind.DATETIME:
        return read_dates(values, reading if isinstance(reading, DateReading) else None)
    if isinstance(reading, CodeReading):
        return read_codes(values, reading, frozenset(column.missing_markers))
    return read_texts(values, frozenset(column.missing_markers))


def _read_as_stored(values: Any) -> npt.NDArray[Any]:
    """Return a carried column, of which no kind is known: numbers and dates stay what they are."""
    kind = values.dtype.kind if isinstance(values, np.ndarray) else "O"
    if kind in "biuf":
        return read_numbers(values)
    return read_dates(values) if kind == "M" else read_texts(values)


def _columns_of(X: Any, wanted: tuple[str, ...] | None) -> tuple[Any, dict[str, Any], int]:
    """Return the names of all columns, the `wanted` columns as arrays (None: none of them), and the number of rows."""
    if isinstance(X, Mapping):
        columns = {str(name): _array(values) for name, values in X.items()}
        return columns.keys(), columns, max((len(values) for values in columns.values()), default=0)
    if hasattr(X, "column_names") and hasattr(X, "num_rows"):  # a pyarrow table
        X = X.to_pandas(date_as_object=False)
    if not hasattr(X, "columns"):
        raise UsageError(
            f"Rows must come as a table with named columns, not as {type(X).__name__}.",
            hint="Give a pandas, polars or pyarrow table.",
        )
    labels = list(X.columns)
    names: tuple[Any, ...] = tuple(labels)
    if wanted is None or any(type(label) is not str for label in labels) or not set(wanted) <= set(labels):
        names = unique_names(labels)
    places = {name: place for place, name in enumerate(names)}
    picked = {name: places[name] for name in wanted or () if name in places}
    if not isinstance(X, pd.DataFrame):
        return names, {name: polars_array(X.to_series(place)) for name, place in picked.items()}, X.height
    if len(X) <= _FEW_ROWS and len(labels) <= 4 * len(picked):
        cells = X.to_numpy(dtype=object)
        return names, {name: _narrow(cells[:, place]) for name, place in picked.items()}, len(X)
    return names, {name: _pandas_array(X.iloc[:, place]) for name, place in picked.items()}, len(X)


def _narrow(cells: npt.NDArray[np.object_]) -> Any:
    """Return object cells as floats where the first is a float: what most cells of most tables are."""
    if len(cells) and type(cells[0]) is float:
        try:
            return cells.astype(np.float64) if all(type(cell) is float for cell in cells) else cells
        except (TypeError, ValueError):
            return cells
    return cells


def _pandas_array(series: Any) -> Any:
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return series.to_numpy()
    if isinstance(dtype, pd.DatetimeTZDtype):
        return series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return series.array


def polars_array(series: Any) -> Any:
    """Return a polars column as what `read_column` takes."""
    if series.dtype.is_decimal():
        return series.to_numpy().astype(np.float64)
    if getattr(series.dtype, "time_zone", None):
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if str(series.dtype) == "String" and len(series) > _FEW_ROWS:
        return _levels_and_places(series)
    return series.to_list() if series.dtype.is_nested() else series.to_numpy()


def _levels_and_places(series: Any) -> pd.Categorical:
    """Return texts as each distinct one once and where it stands, so that no cell becomes a text of its own."""
    coded = series.to_arrow().dictionary_encode()
    places = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(places, pd.Index(coded.dictionary.to_pylist(), dtype=object), validate=False)


def _array(values: Any) -> Any:
    if isinstance(values, pd.Series):
        return _pandas_array(values)
    return values if isinstance(values, np.ndarray) else list(values)
