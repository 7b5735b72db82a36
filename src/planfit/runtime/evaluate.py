"""How good is it, and how sure is that: scores by fold, intervals, comparisons paired by fold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from planfit.models.metrics import METRICS, Array, Metric, target_values
from planfit.records.scores import Probe, Score
from planfit.records.task import Task, Threshold
from planfit.runtime.thresholds import choose_threshold, crossed_halves
from planfit.settings import BOOTSTRAP_DRAWS, CONFIDENCE

CLEARLY_WORSE: Final = 1.0
"""Corrected standard errors below the parent at which a feature set counts as worse and is rolled back."""
PERFECT: Final = 1.0
"""What no metric of classes or ranks goes beyond."""
FEWEST_DRAWS: Final = 200
MOST_RANKED: Final = 60_000_000
"""Rows times draws times classes up to which metrics of ranks are resampled as often as asked."""


def score_folds(
    metric: str | Metric,
    y: Any,
    matrix: Array,
    part: NDArray[np.integer[Any]],
    task: Task,
    *,
    threshold: Threshold | None = None,
    fit_threshold: bool = False,
    weights: Array | None = None,
    label: Literal["selection", "honest"] = "selection",
) -> Score:
    """Return the score of out-of-fold predictions: the mean over folds.

    Rows of the holdout (-1), rows that are always trained on (-2) and rows without a prediction (NaN) are masked. A
    fold on which the metric is not defined (one class alone) counts with the value over all rows.

    Parameters
    ----------
    metric : str or Metric
        How to judge.
    y : array-like
        Original labels or values, one for each row of `matrix`.
    matrix : array of shape (n, K) or (n, 1)
        Out-of-fold predictions.
    part : array of int
        The fold of each row.
    task : Task
        What is predicted.
    threshold : float, optional
        A decision threshold for label metrics.
    fit_threshold : bool
        Choose the threshold for each fold on the other folds, for metrics that depend on one; of a single fold for each
        half of its rows on the other half.
    weights : array, optional
        How much each row counts.
    label : str
        What the score is good for.
    """
    metric = METRICS[metric] if isinstance(metric, str) else metric
    scored = (part >= 0) & np.isfinite(matrix).all(axis=1)
    values, matrix, folds = _target(y, task, scored), matrix[scored], part[scored]
    counts = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)[scored]
    if not len(values):
        return Score(metric=metric.name, value=math.nan, rows=0, label=label)
    per_fold = []
    for fold in np.unique(folds):
        inside = folds == fold
        at: Threshold | Array | None = threshold
        if fit_threshold and inside.all():
            at = crossed_halves(metric, values, matrix, task, counts)
        elif fit_threshold:
            at = choose_threshold(metric, values[~inside], matrix[~inside], task, counts[~inside])
        per_fold.append(metric.score(values[inside], matrix[inside], task, counts[inside], threshold=at))
    overall = metric.score(values, matrix, task, counts, threshold=threshold)
    filled = tuple(value if math.isfinite(value) else overall for value in per_fold)
    perfect = task.is_classification and metric.greater_is_better and min(filled) >= PERFECT
    return Score(
        metric=metric.name,
        value=float(np.mean(filled)),
        log_loss=METRICS["log_loss"].score(values, matrix, task, counts) if perfect else None,
        std=float(np.std(filled, ddof=1)) if len(filled) > 1 else None,
        per_fold=filled,
        rows=len(values),
        label=label,
    )


def _target(y: Any, task: Task, scored: NDArray[np.bool_]) -> Array:
    return target_values(np.asarray(y)[scored], task)


def bootstrap_interval(
    metric: str | Metric,
    y: Any,
    matrix: Array,
    task: Task,
    draws: int = BOOTSTRAP_DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
    *,
    threshold: Threshold | None = None,
    groups: NDArray[np.integer[Any]] | None = None,
    weights: Array | None = None,
) -> tuple[float, float]:
    """Return the percentile interval of the metric under resampling of rows, within classes for classification.

    A draw is a count for each row, given to the metric as weights: rows are sorted once, so that ranking them again
    in each draw costs next to nothing. Metrics of ranks on very many rows are drawn less often. Where rows come in
    groups (a number from 0 for each row), whole groups are drawn: their rows tell much the same, and resampling rows
    would make the interval far too narrow.
    """
    metric = METRICS[metric] if isinstance(metric, str) else metric
    values = target_values(y, task)
    order = np.lexsort((-matrix[:, task.positive_index if task.task_type == "binary" else 0], values))
    if not task.is_classification:
        order = np.arange(len(values))
    values, matrix = values[order], np.ascontiguousarray(matrix[order])
    group_of = None if groups is None else np.asarray(groups)[order]
    counting = 1.0 if weights is None else np.asarray(weights, dtype=float)[order]
    if metric.needs == "proba":
        affordable = MOST_RANKED // max(len(values) * (1 if matrix.shape[1] <= 2 else matrix.shape[1]), 1)
        draws = min(draws, max(FEWEST_DRAWS, affordable))
    sizes = np.bincount(values) if task.is_classification else np.asarray([len(values)])
    sizes = sizes[sizes > 0]
    starts = np.repeat(np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
    spans = np.repeat(sizes, sizes)
    source = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        counts = counting * _drawn(source, starts, spans, group_of)
        found.append(metric.score(values, matrix, task, weights=counts, threshold=threshold))
    finite = np.asarray(found)[np.isfinite(found)]
    if not len(finite):
        return math.nan, math.nan
    tail = (1.0 - confidence) / 2
    low, high = np.quantile(finite, [tail, 1.0 - tail])
    return float(low), float(high)


def paired_difference(
    metric: str | Metric,
    y: Any,
    first: Array,
    second: Array,
    task: Task,
    draws: int = BOOTSTRAP_DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
    *,
    thresholds: tuple[float | None, float | None] = (None, None),
) -> tuple[float, float, float]:
    """Return by how much the second predictions of the same rows are better, and the percentile interval of that.

    Better is positive, whatever the metric's direction. Each draw of rows judges both, so that what is hard for both
    cancels out. The models are taken as they are: how they would differ on another training table is not in it.
    """
    metric = METRICS[metric] if isinstance(metric, str) else metric
    values = target_values(y, task)
    order = np.lexsort((np.arange(len(values)), values)) if task.is_classification else np.arange(len(values))
    values, matrices = values[order], (np.ascontiguousarray(first[order]), np.ascontiguousarray(second[order]))
    sizes = np.bincount(values) if task.is_classification else np.asarray([len(values)])
    sizes = sizes[sizes > 0]
    starts, spans = np.repeat(np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes), np.repeat(sizes, sizes)
    sign = 1.0 if metric.greater_is_better else -1.0

    def difference(counts: Array) -> float:
        a, b = (
            metric.score(values, matrix, task, counts, threshold=threshold)
            for matrix, threshold in zip(matrices, thresholds, strict=True)
        )
        return float(sign * (b - a))

    if metric.needs == "proba":
        draws = min(draws, max(FEWEST_DRAWS, MOST_RANKED // max(2 * first.size, 1)))
    source = np.random.default_rng(seed)
    found = np.asarray([difference(_drawn(source, starts, spans, None)) for _ in range(draws)])
    found = found[np.isfinite(found)]
    tail = (1.0 - confidence) / 2
    low, high = np.quantile(found, [tail, 1.0 - tail]) if len(found) else (math.nan, math.nan)
    return difference(np.ones(len(values))), float(low), float(high)


def _drawn(
    source: np.random.Generator,
    starts: NDArray[np.intp],
    spans: NDArray[np.intp],
    group_of: NDArray[np.integer[Any]] | None,
) -> Array:
    """Return how often each row is drawn: rows within their class, or groups whole."""
    if group_of is not None:
        count = int(group_of.max()) + 1
        return np.bincount(source.integers(0, count, count), minlength=count).astype(float)[group_of]
    rows = starts + (source.random(len(spans)) * spans).astype(np.intp)
    return np.bincount(rows, minlength=len(spans)).astype(float)


def corrected_se(differences: Sequence[float], test_to_train: float | None = None) -> float | None:
    """Return the standard error of a mean over folds, corrected for the rows that their training parts share.

    ``sqrt((1/J + n_test/n_train) * variance)``, Nadeau and Bengio (2003). None for a single fold.

    Parameters
    ----------
    differences : sequence of float
        One for each of J folds.
    test_to_train : float, optional
        Rows of a fold to rows of its training part; by default that of J folds that cover the table.
    """
    folds = len(differences)
    if folds < 2:
        return None
    ratio = 1.0 / (folds - 1) if test_to_train is None else test_to_train
    return float(np.sqrt((1.0 / folds + ratio) * np.var(differences, ddof=1)))


def probe_verdict(
    child_per_fold: Sequence[float],
    parent_per_fold: Sequence[float],
    greater_is_better: bool,
    *,
    child: str,
    parent: str,
    metric: str,
    test_to_train: float | None = None,
    noise: float | None = None,
) -> Probe:
    """Compare a feature set with its parent, paired by fold.

    Better on average: ``better``. Else ``even``, and ``worse`` when more than one corrected standard error below.

    Parameters
    ----------
    child_per_fold, parent_per_fold : sequence of float
        Values of the metric on the same folds, in its natural direction.
    greater_is_better : bool
        Direction of the metric.
    child, parent : str
        Names of the feature sets.
    metric : str
        Name of the metric.
    test_to_train : float, optional
        See `corrected_se`; needed where not all folds were probed.
    noise : float, optional
        A standard error to be used where one fold alone gives none.
    """
    if len(child_per_fold) != len(parent_per_fold) or not len(child_per_fold):
        raise ValueError("A probe compares two feature sets on the same folds, at least one.")
    sign = 1.0 if greater_is_better else -1.0
    differences = tuple(sign * (a - b) for a, b in zip(child_per_fold, parent_per_fold, strict=True))
    mean = float(np.mean(differences))
    error = corrected_se(differences, test_to_train)
    error = noise if error is None else error
    verdict, because = _judged(mean, error, len(differences), child, parent)
    return Probe(
        child=child,
        parent=parent,
        metric=metric,
        child_score=float(np.mean(child_per_fold)),
        parent_score=float(np.mean(parent_per_fold)),
        differences=differences,
        mean=mean,
        corrected_se=error,
        verdict=verdict,
        because=because,
    )


def _judged(
    mean: float, error: float | None, folds: int, child: str, parent: str
) -> tuple[Literal["better", "even", "worse"], str]:
    over = f"over {folds} folds" if folds > 1 else "on one fold"
    spread = "" if error is None else f" (corrected standard error {error:.4g})"
    if mean > 0:
        return "better", f"{child} gains {mean:.4g} on average {over}{spread}; better on average is adopted."
    if error is not None and mean < -CLEARLY_WORSE * error:
        rule = f"more than {CLEARLY_WORSE:g} corrected standard error below its parent is worse"
        return "worse", f"{child} loses {-mean:.4g} on average {over}{spread}; {rule}, {parent} stays."
    return "even", f"{child} gains nothing on average ({mean:.4g} {over}{spread}), within the noise; {parent} stays."
