"""From which probability a row counts as positive: chosen on predictions of rows that the model had not seen."""

from __future__ import annotations

from typing import Final

import numpy as np

from planfit.models.metrics import METRICS, Array, Metric
from planfit.records.task import Task

EACH: Final = 50
"""Candidates from the probabilities of all rows, and as many from those of the positive ones, who may be very few."""
NEIGHBOURS: Final = 5
"""A candidate is judged together with so many on either side: a lone peak is luck."""
TRUTH: Final = np.asarray([0, 0, 1, 1])
GUESS: Final = np.asarray([0, 1, 0, 1])
"""The four cells of a confusion table as rows whose weights are its counts."""


def choose_threshold(
    metric: str | Metric, codes: Array, matrix: Array, task: Task, weights: Array | None = None
) -> float | None:
    """Return the probability of the positive class from which predicting it scores best; None where none is needed.

    Parameters
    ----------
    metric : str or Metric
        How to judge; only some metrics depend on a threshold.
    codes : array of int
        Positions in ``task.classes``.
    matrix : array of shape (n, 2)
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
) -> float | None:
    """Return the same for any metric of labels, those too that keep 0.5 as a rule."""
    if metric.needs != "label" or task.task_type != "binary" or not len(codes):
        return None
    chances = matrix[:, task.positive_index]
    positive = codes == task.positive_index
    candidates = _candidates(chances, chances[positive])
    counts = np.ones(len(codes)) if weights is None else weights
    gains = _smoothed(_gains(metric, chances, positive, counts, candidates, task))
    first = last = int(np.argmax(gains >= gains.max() - 1e-12))
    while last + 1 < len(gains) and gains[last + 1] >= gains.max() - 1e-12:
        last += 1
    return float((candidates[first] + candidates[last]) / 2)  # the middle of a plateau is the steadiest choice


def crossed_halves(
    metric: Metric, codes: Array, matrix: Array, task: Task, weights: Array | None = None
) -> Array | None:
    """Return a threshold for each row of one fold, chosen on the half of the rows that it is not in."""
    even = np.arange(len(codes)) % 2 == 0
    counts = np.ones(len(codes)) if weights is None else weights
    mine, other = (choose_threshold(metric, codes[half], matrix[half], task, counts[half]) for half in (~even, even))
    return None if mine is None or other is None else np.where(even, mine, other)


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
