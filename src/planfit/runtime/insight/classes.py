"""Predictions of classes, looked at: curves, calibration, confusion, gain. NumPy only."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planfit.models.metrics import label_codes
from planfit.records.insight import CalibrationBin, ClassInsight, ClassRow, Confused, Curve
from planfit.records.task import Task, Threshold

POINTS: Final = 120
"""Points that a curve keeps: more cannot be seen."""
MOST_CLASSES_SHOWN: Final = 20
"""Classes up to which every cell of the confusion matrix is kept."""
MOST_CURVES: Final = 6
"""Classes of several that have a curve of their own, the most frequent."""
MOST_PAIRS: Final = 10
BINS: Final = 10
ROWS_A_BIN: Final = 30
WILSON: Final = 1.959964

Array = NDArray[Any]


def look(codes: Array, matrix: Array, task: Task, threshold: Threshold | None = None) -> ClassInsight:
    """Return what predictions of classes show.

    Parameters
    ----------
    codes : array of int
        True classes, as positions in ``task.classes``.
    matrix : array of shape (n, K)
        Probabilities.
    task : Task
    threshold : float or None
        Of the positive class; None: the likeliest class is predicted.
    """
    predicted = label_codes(matrix, task, threshold)
    count = len(task.classes)
    confusion = np.zeros((count, count), dtype=np.int64)
    np.add.at(confusion, (codes, predicted), 1)
    binary = task.task_type == "binary"
    positive = task.positive_index if binary else None
    curved = [positive] if positive is not None else _most_frequent(codes, count)
    chances = matrix[:, positive] if positive is not None else matrix[np.arange(len(matrix)), predicted]
    came_true = codes == positive if positive is not None else codes == predicted
    return ClassInsight(
        threshold=threshold if isinstance(threshold, float) else None,
        positive=positive,
        confusion=tuple(tuple(int(n) for n in row) for row in confusion) if count <= MOST_CLASSES_SHOWN else (),
        classes=tuple(_class_row(confusion, place) for place in range(count)),
        confused=_confused(confusion),
        calibration=calibration(came_true, chances),
        roc=tuple(c for place in curved if (c := roc(codes == place, matrix[:, place], place)) is not None),
        precision_recall=tuple(
            c for place in curved if (c := precision_recall(codes == place, matrix[:, place], place)) is not None
        ),
        gain=gain(codes == positive, chances) if positive is not None else None,
    )


def roc(hits: Array, chances: Array, of: int = 0) -> Curve | None:
    """Return the ROC curve with its area; None where one of the two sides has no row.

    Examples
    --------
    >>> roc(np.array([0, 1, 1]), np.array([0.2, 0.7, 0.9])).area
    1.0
    """
    found, rows = _counts(hits, chances)
    positives, negatives = found[-1], rows[-1] - found[-1]
    if not positives or not negatives:
        return None
    x, y = (rows - found) / negatives, found / positives
    area = float(np.trapezoid(y, x))
    return _thinned(x, y, of, area)


def precision_recall(hits: Array, chances: Array, of: int = 0) -> Curve | None:
    """Return precision by recall with the average precision; None without a positive row."""
    found, rows = _counts(hits, chances)
    if not found[-1]:
        return None
    found, rows = found[1:], rows[1:]
    precision, recall = found / rows, found / found[-1]
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    return _thinned(recall, precision, of, average)


def gain(hits: Array, chances: Array) -> Curve | None:
    """Return which share of the positive rows is found in which share of all rows, the highest chances first."""
    found, rows = _counts(hits, chances)
    return _thinned(rows / rows[-1], found / found[-1], 0, None) if found[-1] else None


def calibration(came_true: Array, chances: Array) -> tuple[CalibrationBin, ...]:
    """Return rows in bins of equal size by predicted chance, each with how often it came true (Wilson's interval)."""
    bins = min(BINS, len(chances) // ROWS_A_BIN)
    if bins < 2:
        return ()
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, chances, side="right")
    made = []
    for number in range(len(edges) + 1):
        inside = place == number
        rows = int(inside.sum())
        if rows:
            share = float(came_true[inside].mean())
            low, high = wilson(share, rows)
            made.append(
                CalibrationBin(predicted=float(chances[inside].mean()), observed=share, low=low, high=high, rows=rows)
            )
    return tuple(made)


def wilson(share: float, rows: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927).

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.5, 100)]
    [0.404, 0.596]
    """
    squared = WILSON**2
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    half = WILSON * math.sqrt(share * (1 - share) / rows + squared / (4 * rows**2)) / (1 + squared / rows)
    # rounding puts an end on the wrong side of shares near 0 and 1
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _counts(hits: Array, chances: Array) -> tuple[Array, Array]:
    """Return how many positive rows and how many rows lie above each threshold, from none on; equal chances together."""
    order = np.argsort(-chances, kind="stable")
    last = np.append(np.flatnonzero(np.diff(chances[order])), len(order) - 1)
    found = np.cumsum(np.asarray(hits, dtype=np.int64)[order])[last]
    return np.append(0, found), np.append(0, last + 1)


def _thinned(x: Array, y: Array, of: int, area: float | None) -> Curve:
    """Return a curve of points at even distances along it, both ends kept."""
    if len(x) > POINTS:
        way = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))))
        kept = np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], POINTS)).clip(0, len(x) - 1))
        kept = np.unique(np.append(kept, (0, len(x) - 1)))
        x, y = x[kept], y[kept]
    return Curve(of=of, x=_figures(x), y=_figures(y), area=area)


def _figures(values: Array) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def _most_frequent(codes: Array, count: int) -> list[int]:
    sizes = np.bincount(codes, minlength=count)
    return sorted(np.argsort(-sizes, kind="stable")[:MOST_CURVES].tolist())


def _class_row(confusion: Array, place: int) -> ClassRow:
    right, rows, named = (int(n) for n in (confusion[place, place], confusion[place].sum(), confusion[:, place].sum()))
    return ClassRow(
        of=place,
        rows=rows,
        predicted=named,
        precision=right / named if named else None,
        recall=right / rows if rows else None,
        f1=2 * right / (rows + named) if rows + named else None,
    )


def _confused(confusion: Array) -> tuple[Confused, ...]:
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return tuple(
        Confused(true=int(true), predicted=int(named), rows=int(wrong[true, named]),
                 share=float(wrong[true, named] / confusion[true].sum()))
        for true, named in pairs
        if wrong[true, named]
    )  # fmt: skip
