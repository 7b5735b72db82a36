"""Weights of an ensemble: greedy selection with replacement on out-of-fold predictions (Caruana and others, 2004)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planfit.models.metrics import METRICS, Array, Metric, target_values
from planfit.records.canonical import seed_of
from planfit.records.scores import Score
from planfit.records.task import Task
from planfit.runtime.evaluate import score_folds
from planfit.settings import ENSEMBLE_ROUNDS

LIGHTEST: Final = 0.05
"""Members of a smaller weight are dropped: they cost time at prediction and change nothing."""
SHRINK_ROWS: Final = 300
"""Weights are drawn towards equal ones by this over the number of rows: few rows say little about them."""
MOST_SHRUNK: Final = 0.5
MEMBERS_BY_ROWS: Final = ((100, 4), (500, 8), (2_500, 15), (10_000, 40))
"""Rows and the most candidates that may enter: choosing among more overfits (AutoGluon's curve)."""
RANKED_ROWS: Final = 5_000
"""Rows from which the area under the ROC curve is steady enough to choose by; below, log loss is."""
ROWS_TO_CHOOSE: Final = 20_000
"""Weights are chosen on at most so many rows."""
PATIENCE: Final = 8
"""Rounds without improvement after which no further are tried."""


@dataclass(frozen=True)
class Blend:
    """Weights, heaviest first, and what they are worth."""

    weights: tuple[tuple[str, float], ...]
    score: Score
    """Cross-fitted: weights chosen without a fold are scored on it. Honest as to the weights."""
    selection: Score
    """With the weights themselves, on the rows that chose them."""
    matrix: NDArray[np.float64]
    """Blended out-of-fold predictions; NaN where a member has none."""


def greedy(
    matrices: Mapping[str, Array],
    y: Any,
    part: NDArray[np.integer[Any]],
    task: Task,
    metric: str | Metric | None = None,
    *,
    rounds: int = ENSEMBLE_ROUNDS,
    seed: int = 0,
    weights: Array | None = None,
) -> Blend:
    """Return the weights of the best blend of candidates.

    Parameters
    ----------
    matrices : mapping of str to array
        Out-of-fold predictions by candidate, in order of preference among equals.
    y : array-like
        Original labels or values.
    part : array of int
        The fold of each row; negative rows are not scored.
    task : Task
        What is predicted.
    metric : str or Metric, optional
        The task's by default.
    rounds : int
        Steps of the greedy selection.
    seed : int
        For the choice of rows on large tables.
    weights : array, optional
        How much each row counts.
    """
    chosen = task.metric if metric is None else metric
    judge = METRICS[chosen] if isinstance(chosen, str) else chosen
    names = list(matrices)
    if not names:
        raise ValueError("There are no candidates to blend.")
    stack = np.stack([np.asarray(matrices[name], dtype=float) for name in names])
    usable = (part >= 0) & np.isfinite(stack).all(axis=(0, 2))
    codes = np.zeros(len(usable)) if not usable.any() else _expanded(y, task, usable)
    search = _Search(stack, codes, task, judge, rounds, seed, weights)
    shares = search.weights(np.flatnonzero(usable))
    matrix = np.tensordot(shares, stack, axes=1)
    cross = np.full_like(matrix, np.nan)
    folds = np.unique(part[usable])
    for fold in folds:
        inside = part == fold
        others = np.flatnonzero(usable & ~inside)
        own = search.weights(others) if len(folds) > 1 else shares
        cross[inside] = np.tensordot(own, stack[:, inside], axes=1)
    order = sorted((place for place in range(len(names)) if shares[place] > 0), key=lambda p: (-shares[p], p))
    return Blend(
        weights=tuple((names[place], float(shares[place])) for place in order),
        score=score_folds(judge, y, cross, part, task, fit_threshold=True, weights=weights, label="honest"),
        selection=score_folds(judge, y, matrix, part, task, fit_threshold=True, weights=weights),
        matrix=matrix,
    )


def most_members(rows: int) -> int:
    """Return how many candidates may enter an ensemble chosen on `rows` rows."""
    sizes, counts = zip(*MEMBERS_BY_ROWS, strict=True)
    return int(np.interp(rows, sizes, counts))


def _expanded(y: Any, task: Task, usable: NDArray[np.bool_]) -> Array:
    """Return codes or values for all rows; zeros where nothing is scored (labels may be missing there)."""
    found = target_values(np.asarray(y)[usable], task)
    full = np.zeros(len(usable), dtype=found.dtype)
    full[usable] = found
    return full


class _Search:
    """The greedy selection, on any subset of rows."""

    def __init__(
        self,
        stack: Array,
        target: Array,
        task: Task,
        metric: Metric,
        rounds: int,
        seed: int,
        counts: Array | None = None,
    ) -> None:
        self.stack, self.target, self.task, self.metric = stack, target, task, metric
        self.rounds, self.seed = rounds, seed
        self.counts = counts

    def weights(self, rows: NDArray[np.intp]) -> Array:
        """Return weights that add up to 1, zero for those left out."""
        count = len(self.stack)
        if count == 1 or not len(rows):
            out = np.zeros(count)
            out[0] = 1.0
            return out
        some = self._some(rows)
        single = [self._gain(self.stack[place][some], some) for place in range(count)]
        ranked = sorted(range(count), key=lambda place: (-single[place], place))
        allowed = sorted(ranked[: most_members(len(rows))])
        weights = self._shrunk(self._select(allowed, some), len(rows))
        heavy = [place for place in allowed if weights[place] >= LIGHTEST]
        if len(heavy) < np.count_nonzero(weights):
            weights = self._shrunk(self._select(heavy, some), len(rows))
        return weights

    def _some(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        if len(rows) <= ROWS_TO_CHOOSE:
            return rows
        source = np.random.default_rng(seed_of(self.seed, "ensemble rows"))
        return np.sort(source.choice(rows, ROWS_TO_CHOOSE, replace=False))

    def _gain(self, matrix: Array, rows: NDArray[np.intp]) -> float:
        """Return how good a blend is, greater being better, by a measure that is smooth enough to search by."""
        metric = self.metric
        if not metric.smooth or (metric.name in {"roc_auc", "average_precision"} and len(rows) < RANKED_ROWS):
            metric = METRICS["log_loss"]
        counts = None if self.counts is None else self.counts[rows]
        value = metric.gain(metric.score(self.target[rows], matrix, self.task, counts))
        return value if np.isfinite(value) else -np.inf

    def _select(self, allowed: list[int], rows: NDArray[np.intp]) -> Array:
        """Add the candidate that helps most, round by round, and keep the best prefix."""
        parts = {place: self.stack[place][rows] for place in allowed}
        counts, total = np.zeros(len(self.stack)), np.zeros_like(parts[allowed[0]])
        best, best_gain, since = counts.copy(), -np.inf, 0
        for done in range(1, self.rounds + 1):
            gains = [(self._gain((total + parts[place]) / done, rows), counts[place] > 0, -place) for place in allowed]
            gain, _, negative = max(gains)  # ties: those that are in already, then the first
            counts[-negative] += 1
            total += parts[-negative]
            if gain > best_gain:
                best, best_gain, since = counts.copy(), gain, 0
            else:
                since += 1
                if since >= PATIENCE:
                    break
        return np.asarray(best / best.sum())

    def _shrunk(self, weights: Array, rows: int) -> Array:
        share = min(SHRINK_ROWS / max(rows, 1), MOST_SHRUNK)
        inside = weights > 0
        return (1.0 - share) * weights + share * inside / inside.sum()
