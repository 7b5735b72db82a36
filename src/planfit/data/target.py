"""The column to be predicted: which rows have it, its labels as they stand in the data, its classes."""

from __future__ import annotations

import difflib

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from planfit.data.door import read_column
from planfit.data.kinds import infer_column
from planfit.data.readers import Table
from planfit.data.readings import BLANKS, MISSING_MARKERS, text_of, truth_of
from planfit.errors import UsageError
from planfit.records.schema import Column, Kind
from planfit.records.task import Label, Task, TaskType


def present_rows(table: Table, target: str) -> npt.NDArray[np.bool_]:
    """Return the mask of rows whose target is not missing.

    Parameters
    ----------
    table : Table
        The table.
    target : str
        Name of the target column.
    """
    series = _column(table, target)
    return _present(series, infer_column(series))


def classes_of(table: Table, target: str, task_type: TaskType) -> tuple[Label, ...]:
    """Return the sorted labels of a classification as they stand in the data; none for a regression.

    Parameters
    ----------
    table : Table
        The table; rows without a target are passed over.
    target : str
        Name of the target column.
    task_type : {"binary", "multiclass", "regression"}
        The type of the task.
    """
    return () if task_type == "regression" else tuple(class_counts(table, target))


def class_counts(table: Table, target: str) -> dict[Label, int]:
    """Return how many rows each value of the target has, in the order of the values.

    Parameters
    ----------
    table : Table
        The table; rows without a target are passed over.
    target : str
        Name of the target column.
    """
    series = _column(table, target)
    present = _as_labels(series.filter(_present(series, infer_column(series)))).alias("label")
    return dict(present.value_counts(name="rows").sort("label").iter_rows())


def labels(table: Table, task: Task) -> pd.Series:
    """Return the target of every row: labels as they stand in the data, float64 for a regression.

    Rows without a target hold a missing value; leaving them out is the caller's to do, by `present_rows`.

    Parameters
    ----------
    table : Table
        The table.
    task : Task
        Names the target and the type of the task.
    """
    series = _column(table, task.target)
    column = infer_column(series)
    if not task.is_classification:
        return pd.Series(_numbers(series, column), name=task.target)
    present = _present(series, column)
    values = _as_labels(series)
    if values.dtype == pl.String or not present.all():
        array = _objects(values)
        array[~present] = np.nan
        if values.dtype.is_numeric():
            array = array.astype(np.float64)
        return pd.Series(array, name=task.target, dtype=array.dtype)
    return pd.Series(values.to_numpy(), name=task.target)


def _column(table: Table, target: str) -> pl.Series:
    names = table.frame.columns
    if target not in names:
        near = difflib.get_close_matches(target, names, n=3)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"The columns are {', '.join(names[:20])}."
        raise UsageError(f"The table has no column {target!r} to predict.", hint=hint)
    return table.frame[target]


def _present(series: pl.Series, column: Column) -> npt.NDArray[np.bool_]:
    if series.dtype == pl.String:
        stripped = series.str.strip_chars(BLANKS)
        marked = stripped.str.to_lowercase().is_in(sorted(MISSING_MARKERS))
        missing = series.is_null() | (marked | stripped.is_in(list(column.missing_markers))).fill_null(True)
    elif series.dtype.is_float():
        missing = series.is_null() | ~series.is_finite().fill_null(False)
    else:
        missing = series.is_null()
    present: npt.NDArray[np.bool_] = ~missing.to_numpy()
    return present


def _as_labels(series: pl.Series) -> pl.Series:
    """Return a column in a type that a label can have: dates become texts."""
    return series.cast(pl.String) if series.dtype in (pl.Date, pl.Datetime) else series


def _objects(values: pl.Series) -> npt.NDArray[np.object_]:
    """Return values as Python objects, equal ones as the same object."""
    levels = values.drop_nulls().unique()
    array = np.empty(len(levels) + 1, dtype=object)
    array[:-1] = levels.to_list()
    array[-1] = None
    places = values.replace_strict(levels, pl.int_range(len(levels), eager=True), default=None)
    return np.asarray(array[places.fill_null(len(levels)).to_numpy()])


def _numbers(series: pl.Series, column: Column) -> npt.NDArray[np.float64]:
    numeric = column if column.kind in (Kind.NUMERIC, Kind.BOOLEAN) else column.having(kind=Kind.NUMERIC, reading=None)
    numbers = read_column(series.to_numpy(), numeric)
    unread = int((_present(series, column) & np.isnan(numbers)).sum())
    if unread:
        raise UsageError(
            f"The target {series.name!r} cannot be predicted as a number: {unread} of its values are none.",
            hint="Choose a classification (--task-type binary or multiclass) or another target.",
        )
    return numbers


def label_named(classes: tuple[Label, ...], text: str | None) -> Label | None:
    """Return the class that a person or a planner means by `text`; capital letters do not matter, yes and 1 are true.

    Examples
    --------
    >>> label_named(("No", "Yes"), "yes"), label_named((0, 1), "true"), label_named(("a", "b"), "c")
    ('Yes', 1, None)
    """
    if text is None:
        return None
    wanted = text.strip()
    for label in classes:
        if text_of(label) == wanted:
            return label
    folded = [label for label in classes if (text_of(label) or "").strip().casefold() == wanted.casefold()]
    if folded:
        return folded[0]
    truth = truth_of(wanted)
    return next((label for label in classes if truth == truth and truth_of(label) == truth), None)
