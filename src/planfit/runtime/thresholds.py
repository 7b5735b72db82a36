"""From probabilities to classes: thresholds, and weights of several classes, chosen on rows that the model had not seen."""

from __future__ import annotations

from typing import Final

import numpy as np

from planfit.models.metrics import METRICS, Array, Metric
from planfit.records.task import Task, Threshold

EACH: Final = 50
"""Candidates from the probabilities of all rows, and as many from those of the positive ones, who may be very few."""
POWERS: Final = np.linspace(0.0, 1.2, 13)
"""Of the inverse frequency of a class; with 1 every class counts the same."""
NEIGHBOURS: Final = 5
"""A candidate is judged together with so many on either side: a lone peak is luck."""
TRUTH: Final = np.asarray([0, 0, 1, 1])
GUESS: Final = np.asarray([0, 1, 0, 1])
"""The four cells of a confusion table as rows whose weights are its counts."""


def choose_threshold(
    metric: str | Metric, codes: Array, matrix: Array, task: Task, weights: Array | None = None
) -> float | Array | None:
    """Return the threshold with which a metric of labels is best; None where none is needed.

    Binary tasks: the probability of the positive class from which it is predicted. Multiclass tasks: a weight for each
    class, an inverse power of its frequency. Frequent classes win most rows of which a model is not sure, which costs
    metrics that count every class the same; weights by the full inverse frequency are the best answer to balanced
    accuracy where probabilities are right, and one power for all classes leaves little room for luck.

    Parameters
    ----------
    metric : str or Metric
        How to judge; only some metrics depend on a threshold.
    codes : array of int
        Positions in ``task.classes``.
    matrix : array of shape (n, K)
        Out-of-fold probabilities.
    task : Task
        What is predicted.
    weights : array, optional
        How much each row counts.
    """
    metric = METRICS[metric] if isinstance(metric, str) else metric
    return best_threshold(metric, codes, matrix, task, weights) if metric.by_threshold else None


def best_threshold(
    metric: Metric, codes: Array, matrix: Array, task: Task, weights: Array | None = None
) -> float | Array | None:
    """Return the same for any metric of labels, those too that keep the likeliest class as a rule."""
    if metric.needs != "label" or not len(codes):
        return None
    counts = np.ones(len(codes)) if weights is None else weights
    if task.task_type != "binary":
        return _best_weights(metric, codes, matrix, task, counts)
    chances = matrix[:, task.positive_index]
    positive = codes == task.positive_index
    candidates = _candidates(chances, chances[positive])
    gains = _smoothed(_gains(metric, chances, positive, counts, candidates, task))
    first = last = int(np.argmax(gains >= gains.max() - 1e-12))
    while last + 1 < len(gains) and gains[last + 1] >= gains.max() - 1e-12:
        last += 1
    return float((candidates[first] + candidates[last]) / 2)  # the middle of a plateau is the steadiest choice


def settled(threshold: float | Array | None) -> Threshold | None:
    """Return a threshold as records hold it; weights that are all 1 are none."""
    if threshold is None or isinstance(threshold, float):
        return threshold
    return None if (threshold == 1.0).all() else tuple(threshold.round(6).tolist())


def crossed_halves(
    metric: Metric, codes: Array, matrix: Array, task: Task, weights: Array | None = None
) -> Array | None:
    """Return a threshold for each row of one fold, chosen on the half of the rows that it is not in."""
    even = np.arange(len(codes)) % 2 == 0
    counts = np.ones(len(codes)) if weights is None else weights
    mine, other = (choose_threshold(metric, codes[half], matrix[half], task, counts[half]) for half in (~even, even))
    if mine is None or other is None:
        return None
    return np.where(even if task.task_type == "binary" else even[:, None], mine, other)


def _best_weights(metric: Metric, codes: Array, matrix: Array, task: Task, counts: Array) -> Array:
    """Return weights of classes; all 1 where the likeliest class is as good as any."""
    rows = np.bincount(codes, weights=counts, minlength=len(task.classes))
    rarity = rows.sum() / np.maximum(rows, 1.0) / len(task.classes)  # a class without a row is not made likelier for it
    tried = [rarity**power for power in POWERS]
    gains = [metric.gain(metric.score(codes, matrix, task, counts, threshold=weights)) for weights in tried]
    return tried[int(np.argmax(gains))]


def _candidates(chances: Array, of_positives: Array) -> Array:
    """Return about 100 quantiles, and 0, from which every row is positive."""
    shares = np.linspace(0.0, 1.0, EACH)
    found = [np.zeros(1), np.quantile(chances, shares)]
    if len(of_positives):
        found.append(np.quantile(of_positives, shares))
    return np.unique(np.concatenate(found))


def _gains(metric: Metric, chances: Array, positive: Array, counts: Array, candidates: Array, task: Task) -> Array:
    """Return how good each candidate is; the rows are sorted once, and each candidate then costs a table of four."""
    order = np.argsort(chances, kind="stable")
    missed, passed = (
        np.concatenate(([0.0], np.cumsum(each[order]))) for each in (np.where(positive, counts, 0.0), counts)
    )
    below = np.searchsorted(chances[order], candidates, side="left")
    misses, hits = missed[below], missed[-1] - missed[below]
    tables = np.column_stack([passed[below] - misses, passed[-1] - passed[below] - hits, misses, hits])
    cells = (TRUTH, GUESS) if task.positive_index == 1 else (1 - TRUTH, 1 - GUESS)
    return np.asarray([metric.gain(metric.function(*cells, table, task)) for table in tables])


def _smoothed(gains: Array) -> Array:
    """Return running means; of few candidates the gains as they are."""
    reach = min(NEIGHBOURS, len(gains) // 20)
    window = np.ones(2 * reach + 1)
    return np.asarray(np.convolve(gains, window, "same") / np.convolve(np.ones(len(gains)), window, "same"))
