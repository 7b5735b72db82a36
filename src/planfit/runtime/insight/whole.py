"""All that a look at the chosen model's predictions shows, within the time there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from planfit.models.metrics import target_values
from planfit.records.insight import Insight, SliceInsight, Source
from planfit.records.schema import Column
from planfit.records.scores import ImportanceRow
from planfit.records.task import Threshold
from planfit.runtime.insight import classes, dependence, numbers, slices
from planfit.runtime.material import Positions, Sheets

Array = NDArray[Any]


@dataclass(frozen=True)
class Predicted:
    """Rows with predictions of models that had not seen them."""

    source: Source
    rows: Positions
    matrix: Array


def out_of_fold(path: str) -> Predicted:
    """Return a candidate's out-of-fold predictions; rows without one are left out."""
    table = pq.read_table(path, use_threads=False)
    names = [name for name in table.column_names if name not in ("row", "fold")]
    matrix = np.column_stack([table[name].to_numpy() for name in names]).astype(np.float64)
    scored = np.isfinite(matrix).all(axis=1)
    return Predicted("out_of_fold", table["row"].to_numpy()[scored].astype(np.intp), matrix[scored])


def look(
    sheets: Sheets,
    shown: Predicted,
    most: Predicted,
    importance: tuple[ImportanceRow, ...],
    predict: Callable[[pd.DataFrame], Array],
    frame: pd.DataFrame,
    until: Callable[[], bool],
    threshold: Threshold | None = None,
) -> Insight:
    """Return the insight into the chosen model.

    Parameters
    ----------
    sheets : Sheets
    shown : Predicted
        What the curves are drawn from: the holdout where it is open.
    most : Predicted
        What groups are looked for in: the most rows there are.
    importance : tuple of ImportanceRow
        The order in which columns are looked at.
    predict : callable
        Predictions of some of the models for typed rows.
    frame : DataFrame
        Typed rows that these models had not seen.
    until : callable
        True when the time is up.
    threshold : float or None
        Of a binary task: chance from which the delivered model predicts the positive class; None: the likelier class.
    """
    material = sheets.material
    task, y = material.task, sheets.y.iloc[shown.rows]
    values = target_values(y, task)
    ranked = by_importance(material.door_schema.columns, importance)
    return Insight(
        source=shown.source,
        rows=len(shown.rows),
        classes=classes.look(values, shown.matrix, task, threshold) if task.is_classification else None,
        numbers=None if task.is_classification else numbers.look(values, shown.matrix[:, 0], material.seed),
        dependence=dependence.look(predict, frame, ranked, task, until),
        slices=_slices(sheets, most, ranked, until, threshold),
    )


def by_importance(columns: tuple[Column, ...], importance: tuple[ImportanceRow, ...]) -> tuple[Column, ...]:
    """Return the columns, the most important first; those that were not measured come last."""
    rank = {row.column: place for place, row in enumerate(sorted(importance, key=lambda row: -row.mean))}
    return tuple(sorted(columns, key=lambda column: rank.get(column.name, len(rank))))


def _slices(
    sheets: Sheets,
    most: Predicted,
    ranked: tuple[Column, ...],
    until: Callable[[], bool],
    threshold: Threshold | None,
) -> SliceInsight | None:
    material = sheets.material
    frame, y = sheets.frame.iloc[most.rows], sheets.y.iloc[most.rows]
    looked = slices.prepared(frame, y, most.matrix, material.task, material.seed, threshold)
    return slices.look(looked, ranked, most.source, until)
