"""How much each column alone says about the target: every column cheaply and at once, the best of them with care."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from planfit.records.canonical import seed_of
from planfit.records.profile import Association
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

SAMPLE_ROWS: Final = 20_000
MOST_CELLS: Final = 2_000_000
"""Rows times columns looked at; wide tables are judged on fewer rows."""
FEWEST_ROWS: Final = 500
FOLDS: Final = 3
MOST_CAREFUL: Final = 100
"""Columns that are judged with care; of a wider table those that the first pass found best."""
WORTH_A_LOOK: Final = 0.95
"""AUC or R2 of the first pass from which a column is judged with care wherever it stands among the others."""
MOST_SUSPECTS: Final = 300
BINS: Final = 24
MOST_CLASSES: Final = 30
"""The measure of a task of more classes is the mean over so many of them."""
HUGE: Final = 1e30
"""Numbers from here on are brought into the range of 32 bits, squares included."""
DEPTH: Final = 6
FEW_LEVELS: Final = 30
"""Distinct numbers up to which each may be a code of its own."""
PRIOR_WEIGHT: Final = 5.0
"""Rows' worth of the overall mean in the mean of a category."""
EXACT_RANKS: Final = 0.999
"""Squared rank correlation from which extreme values that no fold can foretell hide nothing."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Sample:
    """Training rows and the target in numbers: 0/1 a class in columns, or one column of values."""

    frame: pd.DataFrame
    targets: Floats
    """Two classes have one column: 1 for the second."""
    codes: Places
    """The class of each row; zeros for a regression."""
    labels: tuple[str, ...]
    """The classes in the order of `codes`, as text."""
    folds: tuple[tuple[Places, Places], ...]
    classification: bool
    seed: int

    @property
    def rows(self) -> int:
        return len(self.codes)

    def numbers(self, column: Column) -> Floats:
        """Return a column as numbers: dates as days, texts as their length, categories by their first appearance."""
        values = self.frame[column.name]
        if column.kind is Kind.CATEGORICAL:
            return self.levels(column).astype(np.float64)
        if column.kind in (Kind.TEXT, Kind.IDENTIFIER):
            values = values.str.len()
        if values.dtype.kind == "M":
            days = (values.to_numpy() - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
            return np.asarray(days, dtype=np.float64)
        return values.to_numpy(dtype=np.float64)

    def levels(self, column: Column) -> Places:
        """Return the place of each row's value among the distinct ones; -1 for missing."""
        return pd.factorize(self.frame[column.name])[0]


def draw_sample(
    frame: pd.DataFrame, y: pd.Series, inside: Places, task: Task, columns: Sequence[Column], seed: int
) -> Sample | None:
    """Return the rows to look at; None where they are too few or the target does not vary.

    Parameters
    ----------
    frame : pandas.DataFrame
        Every row after the door.
    y : pandas.Series
        The target of every row.
    inside : ndarray of int
        Positions of the training rows.
    task : Task
        The task as settled.
    columns : sequence of Column
        The columns that will be looked at.
    seed : int
        The run's seed.
    """
    most = max(FEWEST_ROWS, min(SAMPLE_ROWS, MOST_CELLS // max(len(columns), 1)))
    chance = np.random.default_rng(seed_of(seed, "target_profile"))
    places = inside
    if len(places) > most:
        places = places[np.sort(chance.choice(len(places), most, replace=False))]
    values = y.to_numpy()[places]
    labels: tuple[str, ...] = ()
    if task.is_classification:
        names, codes, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
        frequent = np.flatnonzero(counts >= 2 * FOLDS)
        if len(frequent) < 2:
            return None
        kept = np.isin(codes, frequent)
        places, codes = places[kept], np.searchsorted(frequent, codes[kept])
        labels = tuple(str(name) for name in names[frequent])
        targets = (codes[:, None] == np.arange(len(frequent))).astype(np.float64)
        targets = targets[:, 1:] if len(frequent) == 2 else targets
    else:
        targets = values.astype(np.float64)[:, None]
        largest = float(np.abs(targets).max(initial=0.0))
        if largest > HUGE or 0.0 < largest < 1 / HUGE:
            targets = targets / largest  # R2 stays the same, and no square is lost
        if len(targets) < 2 * FOLDS or np.ptp(targets) == 0:
            return None
        codes = np.zeros(len(targets), dtype=np.intp)
    folds = tuple(_group_folds(frame, places, task, chance) or _folds(codes, chance))
    names_of = [column.name for column in columns]
    return Sample(frame[names_of].iloc[places], targets, codes, labels, folds, task.is_classification, seed)


def _group_folds(
    frame: pd.DataFrame, places: Places, task: Task, chance: np.random.Generator
) -> list[tuple[Places, Places]]:
    """Return training and test places that share no group; none where rows are divided otherwise, or groups are few.

    What describes an entity tells its other rows apart, and would look as if it gave the target away.
    """
    if task.split.kind != "group" or task.split.column not in frame.columns:
        return []
    groups = pd.factorize(frame[task.split.column].iloc[places], use_na_sentinel=False)[0]
    if groups.max(initial=0) + 1 < FOLDS:
        return []
    fold = (chance.permutation(groups.max() + 1) % FOLDS)[groups]
    return [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(FOLDS)]


def _folds(codes: Places, chance: np.random.Generator) -> Iterator[tuple[Places, Places]]:
    """Yield training and test places; each class is dealt out evenly."""
    fold = np.empty(len(codes), dtype=np.intp)
    for code in np.unique(codes):
        members = chance.permutation(np.flatnonzero(codes == code))
        fold[members] = np.arange(len(members)) % FOLDS
    for number in range(FOLDS):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def associations(sample: Sample, columns: Sequence[Column]) -> tuple[Association, ...]:
    """Return the association of every column with the target, the strongest first.

    Parameters
    ----------
    sample : Sample
    columns : sequence of Column
    """
    values: dict[str, float] = {}
    careful = list(columns)
    if len(columns) > MOST_CAREFUL:
        values = dict(zip((column.name for column in columns), first_pass(sample, columns), strict=True))
        ranked = sorted(columns, key=lambda column: (-values[column.name], column.name))
        suspects = [column for column in ranked[:MOST_SUSPECTS] if values[column.name] > WORTH_A_LOOK]
        careful = ranked[: max(MOST_CAREFUL, len(suspects))]
    for column in careful:
        values[column.name] = max(careful_association(sample, column), values.get(column.name, -np.inf))
    measure: Any = "auc" if sample.classification else "r2"
    found = [Association(column=name, measure=measure, value=round(value, 6)) for name, value in values.items()]
    return tuple(sorted(found, key=lambda one: (-one.value, one.column)))


def first_pass(sample: Sample, columns: Sequence[Column]) -> list[float]:
    """Return the out-of-fold AUC or R2 of means in bins, or what the ranks say where that is more.

    All columns of a batch are worked on at once; nothing is fitted.
    """
    found: list[float] = []
    width = max(1, MOST_CELLS // max(sample.rows, 1))
    for start in range(0, len(columns), width):
        batch = columns[start : start + width]
        matrix = np.empty((len(batch), sample.rows))
        for row, column in enumerate(batch):
            matrix[row] = sample.numbers(column)
        named = np.array([column.kind is Kind.CATEGORICAL for column in batch])
        if named.any():
            matrix[named] = np.array([_by_frequency(levels) for levels in matrix[named]])
        found.extend(_of_batch(sample, matrix, named).tolist())
    return found


def _by_frequency(levels: Floats) -> Floats:
    """Return levels renumbered by how frequent they are, the rare ones in one; missing stays apart."""
    known = levels >= 0
    counts = np.bincount(levels[known].astype(np.intp))
    place = np.empty(max(len(counts), 1))
    place[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    renumbered = np.full(len(levels), np.nan)
    renumbered[known] = np.minimum(place[levels[known].astype(np.intp)], BINS - 1)
    return renumbered


def _of_batch(sample: Sample, matrix: Floats, named: npt.NDArray[np.bool_]) -> Floats:
    codes, ranks = _binned(matrix)
    cells = codes + (BINS + 1) * np.arange(len(matrix))[:, None]
    shape = (FOLDS, len(matrix), BINS + 1)
    places = [test for _, test in sample.folds]
    counts = _totals(cells, places, None, shape)
    scores = []
    for target in sample.targets.T[:MOST_CLASSES]:
        sums = _totals(cells, places, target, shape)
        predicted = _out_of_fold_means(sums, counts)
        by_bins = (
            _auc_of_cells(predicted, sums, counts) if sample.classification else _r2(predicted, sums, counts, target)
        )
        by_ranks = np.where(named, -np.inf, _by_ranks(ranks, target, sample.classification))
        scores.append(np.fmax(by_bins, by_ranks))
    return np.asarray(np.mean(scores, axis=0), dtype=np.float64)


def _binned(matrix: Floats) -> tuple[Places, Floats]:
    """Return bins of equal width in ranks, equal values together, and ranks from 0 to 1 with missing in the middle.

    Few distinct values keep a bin each; missing ones have the last bin.
    """
    rows, length = matrix.shape
    order = np.argsort(matrix, axis=1, kind="stable")
    ordered = np.take_along_axis(matrix, order, axis=1)
    fresh = np.ones((rows, length), dtype=bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    missing = np.isnan(ordered)
    present = np.maximum(length - missing.sum(axis=1, keepdims=True), 1)
    level = np.cumsum(fresh & ~missing, axis=1) - 1
    first = np.maximum.accumulate(np.where(fresh, np.arange(length), 0), axis=1)
    few = level[:, -1:] < BINS
    bins = np.where(few, np.maximum(level, 0), first * BINS // present)
    bins[missing] = BINS
    codes, ranks = np.empty_like(bins), np.empty((rows, length))
    np.put_along_axis(codes, order, np.minimum(bins, BINS), axis=1)
    np.put_along_axis(ranks, order, np.where(missing, 0.5, first / present), axis=1)
    return codes, ranks


def _totals(cells: Places, places: list[Places], weights: Floats | None, shape: tuple[int, int, int]) -> Floats:
    """Return counts, or sums of `weights`, by fold, column and bin."""
    found = np.empty(shape)
    for fold, test in enumerate(places):
        spread = None if weights is None else np.broadcast_to(weights[test], (shape[1], len(test))).ravel()
        found[fold] = np.bincount(cells[:, test].ravel(), spread, shape[1] * shape[2]).reshape(shape[1:])
    return found


def _out_of_fold_means(sums: Floats, counts: Floats) -> Floats:
    other_sums, other_counts = sums.sum(axis=0) - sums, counts.sum(axis=0) - counts
    mean = other_sums.sum(axis=2, keepdims=True) / np.maximum(other_counts.sum(axis=2, keepdims=True), 1)
    return np.asarray((other_sums + PRIOR_WEIGHT * mean) / (other_counts + PRIOR_WEIGHT))


def _auc_of_cells(predicted: Floats, sums: Floats, counts: Floats) -> Floats:
    """Return the AUC of each column, all rows of a fold and bin having one score. Equal scores count half."""
    flat = [np.moveaxis(values, 0, 1).reshape(values.shape[1], -1) for values in (predicted, sums, counts - sums)]
    order = np.argsort(flat[0], axis=1, kind="stable")
    score, positive, negative = (np.take_along_axis(values, order, axis=1) for values in flat)
    fresh = np.ones(score.shape, dtype=bool)
    fresh[:, 1:] = score[:, 1:] != score[:, :-1]
    below = np.cumsum(negative, axis=1)
    before = np.maximum.accumulate(np.where(fresh, below - negative, 0), axis=1)
    last = np.ones(score.shape, dtype=bool)
    last[:, :-1] = fresh[:, 1:]
    after = np.flip(np.minimum.accumulate(np.flip(np.where(last, below, np.inf), axis=1), axis=1), axis=1)
    won = (positive * (before + after) / 2).sum(axis=1)
    return np.asarray(won / np.maximum(positive.sum(axis=1) * negative.sum(axis=1), 1))


def _r2(predicted: Floats, sums: Floats, counts: Floats, target: Floats) -> Floats:
    # The squares of the target itself cancel but for their total.
    error = (target**2).sum() + (predicted * (predicted * counts - 2 * sums)).sum(axis=(0, 2))
    return np.asarray(1 - error / ((target - target.mean()) ** 2).sum())


def _by_ranks(ranks: Floats, target: Floats, classification: bool) -> Floats:
    """Return AUC or squared rank correlation of columns by their ranks, less what chance alone gives on average."""
    length = len(target)
    wanted = target if classification else rankdata(target)
    centred = wanted - wanted.mean()
    deviations = ranks - ranks.mean(axis=1, keepdims=True)
    norm = np.sqrt((deviations**2).sum(axis=1) * (centred**2).sum())
    r = np.divide(deviations @ centred, norm, out=np.zeros(len(ranks)), where=norm > 0)
    if not classification:
        return np.asarray(1 - (1 - r**2) * (length - 1) / max(length - 2, 1))
    positive = wanted.sum()
    # Of untied ranks the AUC follows from the correlation; tied ones come out a little lower.
    half = np.abs(r) * np.sqrt((length**2 - 1) / (12 * positive * (length - positive)))
    chance = 0.8 * np.sqrt((length + 1) / (12 * positive * (length - positive)))
    return np.asarray(0.5 + np.minimum(half, 0.5) - chance)


def careful_association(sample: Sample, column: Column) -> float:
    """Return the out-of-fold AUC (mean over classes) or R2 of the column alone.

    Where the target is a monotone function of the column, R2 is that of the ranks: a few extreme values that no fold
    can foretell hide nothing.

    Parameters
    ----------
    sample : Sample
    column : Column
    """
    if column.kind is Kind.CATEGORICAL:
        return score(sample, by_level(sample, sample.levels(column)))
    numbers = sample.numbers(column)
    best = score(sample, _by_tree(sample, numbers))
    if pd.Series(numbers).nunique() <= FEW_LEVELS:
        best = max(best, score(sample, by_level(sample, pd.factorize(numbers)[0])))
    if not sample.classification and best > 0.5:
        best = max(best, score(sample, _by_neighbours(sample, numbers)))
        ranks = rank_correlation(numbers, sample.targets[:, 0]) ** 2
        best = max(best, ranks) if ranks > EXACT_RANKS else best
    return best


def rank_correlation(numbers: Floats, target: Floats) -> float:
    """Return the rank correlation; 0 where a number is missing or none differs."""
    if not np.isfinite(numbers).all() or np.ptp(numbers) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(numbers), rankdata(target))[0, 1])


def by_level(sample: Sample, codes: Places) -> Floats:
    """Return the mean target of each row's level in the other folds; missing (-1) is a level of its own."""
    codes = codes + 1
    predicted = np.empty_like(sample.targets)
    for train, test in sample.folds:
        counts = np.bincount(codes[train], minlength=codes.max() + 1)
        for place, target in enumerate(sample.targets.T):
            sums = np.bincount(codes[train], weights=target[train], minlength=len(counts))
            means = (sums + PRIOR_WEIGHT * target[train].mean()) / (counts + PRIOR_WEIGHT)
            predicted[test, place] = means[codes[test]]
    return predicted


def _by_tree(sample: Sample, numbers: Floats) -> Floats:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if np.nanmax(np.abs(numbers), initial=0.0) > HUGE:  # scikit-learn's trees hold 32 bits; ranks cut the same way
        numbers = np.asarray(pd.Series(numbers).rank(method="dense"), dtype=np.float64)
    column = numbers[:, None]
    predicted = np.zeros_like(sample.targets)
    leaf = max(2, min(20, len(column) // 200))
    kind = DecisionTreeClassifier if sample.classification else DecisionTreeRegressor
    for train, test in sample.folds:
        tree = kind(max_depth=DEPTH, min_samples_leaf=leaf, random_state=sample.seed)
        if sample.classification:
            tree.fit(column[train], sample.codes[train])
            proba = tree.predict_proba(column[test])
            predicted[test] = proba[:, -1:] if predicted.shape[1] == 1 else proba
        else:
            predicted[test, 0] = tree.fit(column[train], sample.targets[train, 0]).predict(column[test])
    return predicted


def _by_neighbours(sample: Sample, numbers: Floats) -> Floats:
    """Return the target read off the line between the nearest values: exact where it is a smooth function of them."""
    predicted = np.empty_like(sample.targets)
    for train, test in sample.folds:
        target = sample.targets[train, 0]
        known = np.isfinite(numbers[train])
        predicted[test] = target.mean()
        levels, places, counts = np.unique(numbers[train][known], return_inverse=True, return_counts=True)
        if len(levels) < 2:
            continue
        means = np.bincount(places, weights=target[known]) / counts
        here = np.isfinite(numbers[test])
        predicted[test[here], 0] = np.interp(numbers[test][here], levels, means)
    return predicted


def score(sample: Sample, predicted: Floats) -> float:
    """Return the mean AUC over the classes, or R2, of out-of-fold predictions."""
    if sample.classification:
        return float(np.mean([auc(y, p) for y, p in zip(sample.targets.T, predicted.T, strict=True)][:MOST_CLASSES]))
    y = sample.targets[:, 0]
    return float(1 - ((y - predicted[:, 0]) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def auc(positive: Floats, predicted: Floats) -> float:
    """Return the share of pairs of a positive and a negative row that stand in the right order; ties count half."""
    n = positive.sum()
    won = rankdata(predicted)[positive > 0].sum() - n * (n + 1) / 2
    return float(won / (n * (len(positive) - n)))
