"""How predictions move with one column: the column is set to a value in every row, and the predictions are averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.records.insight import Curve, Dependence
from planfit.records.schema import Column, Kind
from planfit.records.task import Task
from planfit.runtime.insight.groups import spoken

ROWS: Final = 300
"""Rows that are averaged over."""
PLACES: Final = 12
LEVELS: Final = 8
COLUMNS: Final = 4
MOST_COUNTED: Final = 40
"""Values up to which it is counted how many rows have each."""
MOST_LINES: Final = 4
"""Classes of several that have a line: those whose chance moves most."""
KINDS: Final = (Kind.NUMERIC, Kind.BOOLEAN, Kind.CATEGORICAL, Kind.DATETIME)

Predict = Callable[[pd.DataFrame], NDArray[Any]]


def look(
    predict: Predict,
    frame: pd.DataFrame,
    columns: Sequence[Column],
    task: Task,
    until: Callable[[], bool],
) -> tuple[Dependence, ...]:
    """Return the dependence on the first columns that can be drawn, as far as time allows.

    Parameters
    ----------
    predict : callable
        From typed rows to a prediction matrix.
    frame : DataFrame
        Typed rows that the models had not seen.
    columns : sequence of Column
        Raw columns, the most important first.
    task : Task
    until : callable
        True when the time is up.
    """
    found: list[Dependence] = []
    for column in columns:
        if len(found) == COLUMNS or until():
            break
        values = frame[column.name]
        places = _places(values, column.kind) if column.kind in KINDS else []
        if len(places) >= 2:
            found.append(_measured(predict, frame, column, places, task))
    return tuple(found)


def _measured(predict: Predict, frame: pd.DataFrame, column: Column, places: list[Any], task: Task) -> Dependence:
    values = frame[column.name]
    some = frame.iloc[np.linspace(0, len(frame) - 1, min(ROWS, len(frame))).astype(int)]  # tables are often sorted
    stacked = pd.concat([some] * len(places), ignore_index=True)
    stacked[column.name] = pd.Series(places, dtype=values.dtype).repeat(len(some)).reset_index(drop=True)
    means = np.stack([part.mean(axis=0) for part in np.split(np.asarray(predict(stacked)), len(places))])
    if task.task_type == "binary":
        shown = [task.positive_index]
    else:
        moves = np.ptp(means, axis=0)
        shown = sorted(np.argsort(-moves, kind="stable")[:MOST_LINES].tolist())
    numbers = _as_numbers(places, column.kind)
    return Dependence(
        column=column.name,
        kind=column.kind,
        at=tuple(spoken(place, column.kind) for place in places),
        places=tuple(numbers),
        lines=tuple(Curve(of=of, x=(), y=tuple(float(f"{v:.6g}") for v in means[:, of])) for of in shown),
        share=tuple(_shares(values, places)),
    )


def _places(values: pd.Series, kind: Kind) -> list[Any]:
    present = values.dropna()
    if not len(present):
        return []
    if kind is Kind.CATEGORICAL:
        return list(present.value_counts().index[:LEVELS])
    if present.nunique() <= PLACES:
        return sorted(present.unique())
    wanted = np.linspace(0.02, 0.98, PLACES)
    return list(np.unique(present.quantile(wanted, interpolation="nearest").to_numpy()))


def _as_numbers(places: list[Any], kind: Kind) -> list[float]:
    if kind is Kind.NUMERIC:
        return [float(place) for place in places]
    if kind is Kind.DATETIME:
        return [pd.Timestamp(place).timestamp() for place in places]
    return []


def _shares(values: pd.Series, places: list[Any]) -> list[float]:
    counts = values.value_counts()
    return [float(counts.get(place, 0) / len(values)) for place in places] if len(counts) <= MOST_COUNTED else []
