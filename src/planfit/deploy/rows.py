"""What people hand over to be predicted, as a table with named columns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from planfit.errors import UsageError

HOW = "Give a pandas, polars or pyarrow table, or a list of dicts, with the raw columns of training."


def table_of(data: Any, names: Sequence[str]) -> tuple[Any, int]:
    """Return `data` as a table that the door takes, and its number of rows.

    Parameters
    ----------
    data : pandas.DataFrame, polars.DataFrame, pyarrow.Table, mapping or list of dict
        A mapping holds one row, or a sequence a column.
    names : sequence of str
        Raw columns of training, for a list without any row.

    Examples
    --------
    >>> table_of([{"age": 31}, {"age": 27, "city": "rome"}], ("age", "city"))
    ({'age': [31, 27], 'city': [None, 'rome']}, 2)
    """
    if isinstance(data, Mapping):
        return _of_mapping(data)
    if isinstance(data, list | tuple):
        return _of_rows(data, names)
    if isinstance(data, pd.DataFrame):
        return data, len(data)
    if hasattr(data, "column_names") and hasattr(data, "num_rows"):  # pyarrow
        return data, int(data.num_rows)
    if hasattr(data, "collect_schema") and hasattr(data, "collect"):  # polars, lazy
        return table_of(data.collect(), names)
    if hasattr(data, "columns") and hasattr(data, "height"):  # polars
        return data, int(data.height)
    if isinstance(data, str | os.PathLike):
        raise UsageError(
            f"Rows are needed here, not the name of a file: {os.fspath(data)!r}.",
            hint="Read the file first, or use `planfit predict RUN FILE`.",
        )
    if isinstance(data, pd.Series):
        raise UsageError("A pandas Series is not a table.", hint="One row of a frame is a table as rows.iloc[[0]].")
    raise UsageError(f"Rows must come as a table with named columns, not as {type(data).__name__}.", hint=HOW)


def _of_rows(data: Sequence[Any], names: Sequence[str]) -> tuple[dict[str, list[Any]], int]:
    strange = next((row for row in data if not isinstance(row, Mapping)), None)
    if strange is not None:
        raise UsageError(f"A list of rows must hold dicts, not {type(strange).__name__}.", hint=HOW)
    if not data:
        return {name: [] for name in names}, 0
    seen = data[0] if len(data) == 1 else dict.fromkeys(name for row in data for name in row)
    return {str(name): [row.get(name) for row in data] for name in seen}, len(data)


def _of_mapping(data: Mapping[Any, Any]) -> tuple[Any, int]:
    columns = [hasattr(values, "__len__") and not isinstance(values, str | bytes) for values in data.values()]
    if not any(columns):
        return {str(name): [value] for name, value in data.items()}, 1
    lengths = {len(values) for values, column in zip(data.values(), columns, strict=True) if column}
    if not all(columns) or len(lengths) > 1:
        raise UsageError("The columns of the mapping differ in length.", hint=HOW)
    return {str(name): values for name, values in data.items()}, lengths.pop()
