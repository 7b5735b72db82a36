"""What training rows say about the target: how much each column tells of it alone, and whether one tells too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from planfit.data.sharing import HOLDOUT
from planfit.records.canonical import seed_of
from planfit.records.findings import Finding
from planfit.records.profile import Association, TargetProfile, ValueCount
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

SAMPLE_ROWS = 20_000
MOST_CELLS = 2_000_000
"""Rows times columns looked at; wide tables are judged on fewer rows."""
FEWEST_ROWS = 500
FOLDS = 3
HUGE = 1e30
"""Numbers from here on are brought into the range of 32 bits, squares included."""
DEPTH = 6
FEW_LEVELS = 30
"""Distinct numbers up to which each may be a code of its own."""
SUSPECT = 0.985
"""AUC or R2 of one column alone from which a person should look."""
CERTAIN = 0.999
ROWS_TO_BE_CERTAIN = 100
ROWS_FOR_A_MEASUREMENT = 1_000
"""A measurement of many values that splits fewer rows without an error may be a good one (think of petals)."""
PRIOR_WEIGHT = 5.0
"""Rows' worth of the overall mean in the mean of a category."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Sample:
    """Training rows and the target in numbers: 0/1 a class in columns, or one column of values."""

    frame: pd.DataFrame
    targets: Floats
    labels: npt.NDArray[Any]
    folds: tuple[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]], ...]
    classification: bool
    seed: int


def profile_target(
    frame: pd.DataFrame, y: pd.Series, task: Task, part: npt.NDArray[np.int64], columns: tuple[Column, ...], seed: int
) -> TargetProfile:
    """Return the target's figures, each column's association with it, and suspected leaks; on training rows only.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table after the door, every row.
    y : pandas.Series
        The target, every row, in original labels.
    task : Task
        The task as settled.
    part : ndarray of int
        The assignment that `split.make_split` gave.
    columns : tuple of Column
        The columns to judge; those that the frame lacks are passed over.
    seed : int
        The run's seed.
    """
    inside = np.flatnonzero(np.asarray(part) != HOLDOUT)
    training = y.iloc[inside]
    judged = [column for column in columns if column.name in frame.columns and column.kind is not Kind.CONSTANT]
    sample = _sample(frame, training, inside, task, len(judged), seed)
    associations: list[Association] = []
    leaks: list[Finding] = []
    if sample is not None:
        for column in judged:
            if column.kind is Kind.IDENTIFIER:
                continue
            association = Association(
                column=column.name, measure="auc" if sample.classification else "r2",
                value=round(_association(sample, column), 6),
            )  # fmt: skip
            associations.append(association)
            if association.value > SUSPECT:
                leaks.append(_leak(sample, column, association))
    associations.sort(key=lambda one: (-one.value, one.column))
    return TargetProfile(
        rows=len(inside), associations=tuple(associations), leaks=tuple(leaks), **_figures(training, task)
    )


def _figures(y: pd.Series, task: Task) -> dict[str, Any]:
    if task.is_classification:
        counts = y.value_counts()
        known = [(label, int(counts.get(label, 0))) for label in task.classes or sorted(counts.index)]
        return {"classes": tuple(ValueCount(value=str(label), count=count) for label, count in known)}
    skew = y.astype(np.float64).skew() if len(y) > 2 and y.nunique() > 1 else None
    return {
        "minimum": float(y.min()), "maximum": float(y.max()), "mean": float(y.mean()),
        "std": float(y.std()) if len(y) > 1 else 0.0, "skew": None if skew is None else np.asarray(skew).item(),
    }  # fmt: skip


def _sample(
    frame: pd.DataFrame, y: pd.Series, inside: npt.NDArray[np.intp], task: Task, width: int, seed: int
) -> _Sample | None:
    """Return the rows to look at; None where they are too few or the target does not vary."""
    most = max(FEWEST_ROWS, min(SAMPLE_ROWS, MOST_CELLS // max(width, 1)))
    chance = np.random.default_rng(seed_of(seed, "target_profile"))
    places = np.arange(len(inside))
    if len(places) > most:
        places = np.sort(chance.choice(places, most, replace=False))
    labels = y.to_numpy()[places]
    if task.is_classification:
        _, codes, counts = np.unique(labels.astype(str), return_inverse=True, return_counts=True)
        frequent = np.flatnonzero(counts >= 2 * FOLDS)
        if len(frequent) < 2:
            return None
        kept = np.isin(codes, frequent)
        places, codes = places[kept], np.searchsorted(frequent, codes[kept])
        targets = (codes[:, None] == np.arange(len(frequent))).astype(np.float64)
        if len(frequent) == 2:
            targets = targets[:, 1:]
        folds: Any = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(codes, codes)
        labels = codes
    else:
        targets = labels.astype(np.float64)[:, None]
        if len(targets) and (largest := np.abs(targets).max()) > HUGE:
            targets = targets / largest  # R2 stays the same, and no square overflows
        if len(places) < 2 * FOLDS or np.ptp(targets) == 0:
            return None
        folds = KFold(FOLDS, shuffle=True, random_state=seed).split(targets)
    return _Sample(frame.iloc[inside[places]], targets, labels, tuple(folds), task.is_classification, seed)


def _association(sample: _Sample, column: Column) -> float:
    """Return the out-of-fold AUC (mean over classes) or R2 of the column alone.

    Where the target is a monotone function of the column, R2 is that of the ranks: a few extreme values that no fold
    can foretell hide nothing.
    """
    values = sample.frame[column.name]
    if column.kind is Kind.CATEGORICAL:
        return _score(sample, _by_level(sample, pd.factorize(values)[0]))
    if column.kind is Kind.TEXT:
        values = values.str.len().astype(np.float64)
    numbers = _as_numbers(values)
    best = _score(sample, _by_tree(sample, numbers))
    if values.nunique() <= FEW_LEVELS:
        best = max(best, _score(sample, _by_level(sample, pd.factorize(values)[0])))
    if not sample.classification and best > 0.5:
        best = max(best, _score(sample, _by_neighbours(sample, numbers)))
        ranks = pd.Series(numbers).rank().corr(pd.Series(sample.targets[:, 0]).rank()) ** 2
        best = max(best, ranks) if ranks > CERTAIN and np.isfinite(numbers).all() else best
    return best


def _as_numbers(values: pd.Series) -> Floats:
    if values.dtype.kind == "M":
        days = (values.to_numpy() - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
        return np.asarray(days, dtype=np.float64)
    return values.to_numpy(dtype=np.float64)


def _by_level(sample: _Sample, codes: npt.NDArray[np.intp]) -> Floats:
    """Return the mean target of each row's level in the other folds; missing is a level of its own."""
    codes = codes + 1
    predicted = np.empty_like(sample.targets)
    for train, test in sample.folds:
        counts = np.bincount(codes[train], minlength=codes.max() + 1)
        for place, target in enumerate(sample.targets.T):
            sums = np.bincount(codes[train], weights=target[train], minlength=len(counts))
            means = (sums + PRIOR_WEIGHT * target[train].mean()) / (counts + PRIOR_WEIGHT)
            predicted[test, place] = means[codes[test]]
    return predicted


def _by_tree(sample: _Sample, numbers: Floats) -> Floats:
    if np.nanmax(np.abs(numbers), initial=0.0) > HUGE:  # scikit-learn's trees hold 32 bits; ranks cut the same way
        numbers = np.asarray(pd.Series(numbers).rank(method="dense"), dtype=np.float64)
    column = numbers[:, None]
    predicted = np.zeros_like(sample.targets)
    leaf = max(2, min(20, len(column) // 200))
    kind = DecisionTreeClassifier if sample.classification else DecisionTreeRegressor
    for train, test in sample.folds:
        tree = kind(max_depth=DEPTH, min_samples_leaf=leaf, random_state=sample.seed)
        if sample.classification:
            tree.fit(column[train], sample.labels[train])
            proba = tree.predict_proba(column[test])
            predicted[test] = proba[:, -1:] if predicted.shape[1] == 1 else proba
        else:
            predicted[test, 0] = tree.fit(column[train], sample.targets[train, 0]).predict(column[test])
    return predicted


def _by_neighbours(sample: _Sample, numbers: Floats) -> Floats:
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


def _score(sample: _Sample, predicted: Floats) -> float:
    if sample.classification:
        # Rows in a different order, not another: ties count half.
        return float(np.mean([roc_auc_score(y, p) for y, p in zip(sample.targets.T, predicted.T, strict=True)]))
    y = sample.targets[:, 0]
    return float(1 - ((y - predicted[:, 0]) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def _leak(sample: _Sample, column: Column, association: Association) -> Finding:
    certain = association.value > CERTAIN and _gives_it_away(sample, column)
    figure = f"{'AUC' if association.measure == 'auc' else 'R2'} {association.value:.4f} on other training rows"
    verb = "gives the target away" if certain else "alone almost determines the target"
    return Finding(
        code="leak-suspected", gate="task", severity="error" if certain else "warning", columns=(column.name,),
        message=f"{column.name!r} {verb} ({figure}).",
        hint="Exclude it unless it is known before the target is."
        if certain
        else "Check that it is known before the target is; exclude it if not.",
    )  # fmt: skip


def _gives_it_away(sample: _Sample, column: Column) -> bool:
    """Return whether chance and a good measurement are ruled out: few values that code the target, or many rows."""
    if len(sample.labels) < ROWS_TO_BE_CERTAIN:
        return False
    if not sample.classification or len(sample.labels) >= ROWS_FOR_A_MEASUREMENT:
        return True
    classes = len(np.unique(sample.labels))
    return int(sample.frame[column.name].nunique()) <= max(10, 3 * classes)
