"""Predictions for a file, written to a file or to a stream."""

from __future__ import annotations

import csv
import difflib
import math
import os
import sys
from collections.abc import Container, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
import pandas as pd
import polars as pl

from planfit.data import readers
from planfit.data.readings import text_of
from planfit.deploy.bundle import Bundle
from planfit.deploy.files import whole
from planfit.errors import UsageError

FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text cell that begins so may be run as a formula by a spreadsheet."""
_DELIMITERS: Final = {".csv": ",", ".txt": ",", ".tsv": "\t"}
_PARQUET: Final = (".parquet", ".pq")


def predict_file(bundle: Bundle, source: Any, *, proba: bool = False, keep: Sequence[str] = ()) -> pd.DataFrame:
    """Return predictions for the rows of a file, in their order.

    Parameters
    ----------
    bundle : Bundle
    source : path or table
        A file of raw rows of any kind that training takes, or a table in memory.
    proba : bool, default=False
        One column of probabilities a class, named by its label, instead of one of labels, named by the target.
    keep : sequence of str
        Columns of the file to put in front, as they were read.

    Raises
    ------
    UsageError
        The file cannot be read, lacks a column of training, or a column of `keep`.
    """
    table = readers.read(source)
    _check(keep, table.frame.columns)
    kept = {name: _as_read(table.frame[name]) for name in dict.fromkeys(keep)}
    if proba:
        made = bundle.predict_proba(table.frame)
        taken = list(kept)
        for label in made.columns:
            taken.append(_free(text_of(label) or "missing", taken, "probability"))
        made.columns = taken[len(kept) :]
    else:
        made = bundle.predict(table.frame).to_frame()
        made.columns = [_free(bundle.metadata.task.target, kept, "predicted")]
    return pd.concat([pd.DataFrame(kept, index=made.index), made], axis=1) if kept else made


def write_predictions(
    made: pd.DataFrame,
    out: str | os.PathLike[str] | None,
    *,
    stream: TextIO | None = None,
    called: str = "Predictions",
) -> None:
    """Write a table as CSV, TSV or Parquet, by the ending of the file's name; equal ones give equal bytes.

    Parameters
    ----------
    made : pandas.DataFrame
        What `predict_file` returns, or any other table.
    out : path or None
        A file, which appears whole or not at all; None or ``-``: CSV to `stream`.
    stream : text stream or None
        Standard output when None.
    called : str
        What the rows are, for a refusal.

    Raises
    ------
    UsageError
        The ending is unknown, or the file cannot be written.
    """
    if out is None or os.fspath(out) == "-":
        _write_csv(made, sys.stdout if stream is None else stream, ",")
        return
    path = written_to(out, called)
    ending = path.suffix.lower()
    with whole(path) as beside:
        if ending in _PARQUET:
            _parquet_ready(made).to_parquet(beside, index=False)
            return
        with beside.open("w", encoding="utf-8", newline="") as file:
            _write_csv(made, file, _DELIMITERS[ending])


def written_to(out: str | os.PathLike[str], called: str = "Predictions") -> Path:
    """Return the path of a table that is to be written, once its ending says how.

    Parameters
    ----------
    out : path
    called : str
        What the rows are, for a refusal.
    """
    path = Path(out).expanduser()
    ending = path.suffix.lower()
    if ending not in _DELIMITERS and ending not in _PARQUET:
        raise UsageError(
            f"{called} cannot be written as {ending or 'a file without ending'!r}: {path}.",
            hint="Name a .csv, .tsv or .parquet file.",
        )
    return path


def cell(value: Any) -> str:
    """Return a value as the text of a CSV cell: numbers to the last digit, texts so that no spreadsheet runs them.

    Examples
    --------
    >>> cell(0.1), cell(float("nan")), cell(True), cell("=1+1"), cell("-7"), cell("+")
    ('0.1', '', 'true', "'=1+1", '-7', '+')
    """
    if isinstance(value, str):
        return _harmless(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else repr(float(value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, int | np.integer) else _harmless(str(value))


def _harmless(text: str) -> str:
    if len(text) < 2 or not text.startswith(FORMULA_SIGNS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _write_csv(made: pd.DataFrame, stream: TextIO, delimiter: str) -> None:
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow([cell(str(name)) for name in made.columns])
    writer.writerows(zip(*(_cells(made.iloc[:, place]) for place in range(made.shape[1])), strict=True))


def _cells(column: pd.Series) -> Iterator[str]:
    return map(cell, column.tolist())


def _parquet_ready(made: pd.DataFrame) -> pd.DataFrame:
    """Turn columns of mixed objects, which Parquet has no type for, into text."""
    out = made.copy(deep=False)
    for name in out.columns:
        kinds = {type(value) for value in out[name].dropna()} if out[name].dtype == object else set()
        if len(kinds) > 1:
            out[name] = out[name].map(text_of)
    return out


def _as_read(series: pl.Series) -> Any:
    """Return a column of the file for pandas, whole numbers whole also where some are missing, days without a time."""
    if series.dtype.is_integer() and series.null_count():
        return pd.array(series.to_list(), dtype="Int64")
    return np.array(series.to_list(), dtype=object) if series.dtype == pl.Date else series.to_pandas()


def _check(keep: Sequence[str], present: Sequence[str]) -> None:
    for name in keep:
        if name not in present:
            near = difflib.get_close_matches(name, present, 1)
            raise UsageError(
                f"There is no column {name!r} to keep.",
                hint=f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(present[:10])}.",
            )


def _free(name: str, taken: Container[str], ending: str) -> str:
    """Return a name for a prediction beside kept columns, the true target perhaps among them."""
    while name in taken:
        name = f"{name}_{ending}"
    return name
