"""Where a model fails: groups of rows on which it is worse than elsewhere, beyond what chance explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.models.metrics import METRICS, Metric, target_values
from planfit.records.canonical import seed_of
from planfit.records.insight import Slice, SliceInsight, Source
from planfit.records.schema import Column
from planfit.records.task import Task, Threshold
from planfit.runtime.insight.groups import groups

FEWEST_ROWS: Final = 30
FEWEST_SHARE: Final = 0.02
MOST_ROWS: Final = 10_000
"""Rows that are looked at."""
MOST_COLUMNS: Final = 80
MOST_BOOTSTRAPPED: Final = 14
MOST_SHOWN: Final = 8
DRAWS: Final = 60
TWO_SIDED: Final = 1.959964
"""Standard errors that a 95 % interval reaches to either side; of so few draws quantiles would be rough."""
SHARES: Final = frozenset({"roc_auc", "accuracy", "balanced_accuracy"})
CLEARLY_WORSE: Final = 2.5
"""Standard errors beyond which a group counts as worse: with hundreds of groups some lie two below by chance alone."""
MEASURES: Final = {"binary": ("roc_auc", "accuracy", "balanced_accuracy"), "multiclass": ("accuracy", "log_loss"),
                   "regression": ("rmse", "mae", "rmsle", "mape")}  # fmt: skip
"""Measures that mean the same in a group as in the whole table, the first where the task's own does not."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Looked:
    """Rows with their predictions, and what is known of them."""

    frame: pd.DataFrame
    y: Array
    """Codes or values."""
    matrix: Array
    task: Task
    seed: int
    threshold: Threshold | None = None

    def score(self, metric: Metric, rows: Array | slice = slice(None)) -> float:
        """Return the metric on some of the rows."""
        return metric.score(self.y[rows], self.matrix[rows], self.task, threshold=self.threshold)


def look(looked: Looked, columns: tuple[Column, ...], source: Source, until: Callable[[], bool]) -> SliceInsight | None:
    """Return the groups that are clearly worse; None where there are too few rows to tell.

    Parameters
    ----------
    looked : Looked
    columns : tuple of Column
        Raw columns, in the order in which they are looked at.
    source : str
        Where the predictions come from.
    until : callable
        True when the time is up; the columns that are left are not looked at.
    """
    if len(looked.y) < 2 * FEWEST_ROWS:
        return None
    metric = measure_of(looked.task)
    overall = looked.score(metric)
    found: list[tuple[float, str, str, Array]] = []
    examined = 0
    for column, label, inside in _all_groups(looked, columns, until):
        value = looked.score(metric, inside)
        if np.isfinite(value):
            examined += 1
            gap = metric.gain(overall) - metric.gain(value)
            found.append((gap * float(np.sqrt(inside.sum())), column, label, inside))
    if not examined:
        return None
    found.sort(key=lambda entry: -entry[0])
    judged = [judge(looked, metric, column, label, inside) for gap, column, label, inside in _best(found) if gap > 0]
    clear = [entry for entry in judged if _distance(entry, metric, overall) > CLEARLY_WORSE]
    clear.sort(key=lambda entry: metric.gain(entry[0].value))
    return SliceInsight(
        measure=metric.name,
        greater_is_better=metric.greater_is_better,
        overall=overall,
        source=source,
        rows=len(looked.y),
        examined=examined,
        worst=tuple(entry[0] for entry in clear[:MOST_SHOWN]),
    )


def measure_of(task: Task) -> Metric:
    """Return the task's metric where its value in a group can be held against that of all rows, else one that can."""
    allowed = MEASURES[task.task_type]
    return METRICS[task.metric if task.metric in allowed else allowed[0]]


def judge(looked: Looked, metric: Metric, column: str, label: str, inside: Array) -> tuple[Slice, float]:
    """Return a group with its interval, and the standard error of its value, by resampling its rows."""
    own = np.flatnonzero(inside)
    source = np.random.default_rng(seed_of(looked.seed, "slice", column, label))
    drawn = []
    for _ in range(DRAWS):
        drawn.append(looked.score(metric, own[source.integers(0, len(own), len(own))]))
    finite = np.asarray([value for value in drawn if np.isfinite(value)])
    value = looked.score(metric, own)
    error = float(np.std(finite)) if len(finite) > 1 else np.inf
    low, high = value - TWO_SIDED * error, value + TWO_SIDED * error
    most = 1.0 if metric.name in SHARES else np.inf
    observed, predicted = _means(looked.y[own], looked.matrix[own], looked.task)
    made = Slice(
        column=column, label=label, rows=len(own), value=value, low=max(0.0, low) if np.isfinite(error) else value,
        high=min(most, high) if np.isfinite(error) else value, observed=observed, predicted=predicted,
    )  # fmt: skip
    return made, error


def prepared(
    frame: pd.DataFrame, y: pd.Series, matrix: Array, task: Task, seed: int, threshold: Threshold | None = None
) -> Looked:
    """Return rows to look at: all, or as many as are worth their time."""
    if len(y) > MOST_ROWS:
        source = np.random.default_rng(seed_of(seed, "slices"))
        some = np.sort(source.choice(len(y), MOST_ROWS, replace=False))
        frame, y, matrix = frame.iloc[some], y.iloc[some], matrix[some]
    return Looked(frame, target_values(y, task), matrix, task, seed, threshold)


def _all_groups(
    looked: Looked, columns: tuple[Column, ...], until: Callable[[], bool]
) -> Iterator[tuple[str, str, Array]]:
    fewest = max(FEWEST_ROWS, int(FEWEST_SHARE * len(looked.y)))
    for column in columns[:MOST_COLUMNS]:
        if until():
            return
        for label, inside in groups(looked.frame[column.name], column, fewest):
            yield column.name, label, inside


def _best(found: list[tuple[float, str, str, Array]]) -> Iterator[tuple[float, str, str, Array]]:
    """Yield the groups that are worst by gap and size, one of those that hold the same rows."""
    kept: list[Array] = []
    for entry in found:
        if len(kept) >= MOST_BOOTSTRAPPED:
            return
        if not any(np.array_equal(entry[3], other) for other in kept):
            kept.append(entry[3])
            yield entry


def _distance(entry: tuple[Slice, float], metric: Metric, overall: float) -> float:
    made, error = entry
    return (metric.gain(overall) - metric.gain(made.value)) / error if error > 0 else 0.0


def _means(y: Array, matrix: Array, task: Task) -> tuple[float | None, float | None]:
    if task.task_type == "binary":
        return float((y == task.positive_index).mean()), float(matrix[:, task.positive_index].mean())
    return (None, None) if task.is_classification else (float(y.mean()), float(matrix[:, 0].mean()))
