"""Encoders of categories. scikit-learn learns; applying is one look-up per cell in a table that it filled.

scikit-learn's encoders search the levels anew at each call, which costs more than half a millisecond for one row. A
level's code depends on the level alone, so its row of the result is computed once, when fitting, and looked up later.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator
from itertools import repeat
from typing import Any, Final, Self

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, KFold
from sklearn.preprocessing import TargetEncoder

from planfit.errors import UsageError
from planfit.operations.arrays import ArrayTransformer
from planfit.operations.base import BuildContext
from planfit.operations.distinct import distinct

UNSEEN_TEXT = "\0unseen"  # stand for what is no level: values that do not occur
UNSEEN_NUMBER = -1.7e308
MANY_CELLS: Final = 512
"""From here on finding the distinct values of a column takes less than looking every cell up."""
COUNTING: Final = ("min_frequency", "max_categories")
"""Parameters for which an encoder counts the rows of each level; without them it looks at the levels alone."""
ORDERED_SMOOTHING = 10.0
"""Rows that the overall mean weighs in an ordered encoding, where `smooth` is ``auto``."""


class LevelLookup(ArrayTransformer):
    """Turns each column's levels into rows of `tables_`: the levels, then missing, then whatever was not seen.

    Attributes
    ----------
    levels_ : list of list
        Sorted levels of each column, without the missing one.
    tables_ : list of ndarray of shape (levels + 2, columns made)
    """

    levels_: list[list[Any]]
    lookups_: list[dict[Any, int]]
    tables_: list[np.ndarray]

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        """Learn the levels, and the row of each."""
        self._learn_tables(X)
        return self

    def fit_transform(self, X: np.ndarray, y: Any = None) -> np.ndarray:
        """Learn, and return what `transform` does of the same rows; their levels are looked for once."""
        return self._rows(self._learn_tables(X), len(X))

    def _learn_tables(self, X: np.ndarray) -> list[np.ndarray]:
        """Set `tables_`; return what `_read_levels` does."""
        raise NotImplementedError

    def _read_levels(self, X: np.ndarray) -> list[np.ndarray]:
        """Set `levels_`; return each cell's position in its column's table."""
        self.n_features_in_ = X.shape[1]
        self.levels_, self.lookups_ = [], []
        positions = []
        for column in X.T:
            places, values = distinct(column)
            levels = sorted_levels(values)
            lookup = {level: code for code, level in enumerate(levels)}
            codes = np.array([*map(lookup.__getitem__, values), len(levels)], dtype=np.intp)
            self.levels_.append(levels)
            self.lookups_.append(lookup)
            positions.append(codes[places])
        return positions

    def codes(self, X: np.ndarray) -> Iterator[np.ndarray]:
        """Yield each column's positions in its table: of few rows cell by cell, of many by their distinct values."""
        for place, lookup in enumerate(self.lookups_):
            unseen = len(lookup) + 1
            if len(X) >= MANY_CELLS:
                places, values = distinct(X[:, place])
                yield np.array([*map(lookup.get, values, repeat(unseen)), unseen - 1], dtype=np.intp)[places]
                continue
            cells = X[:, place].tolist()
            found = np.fromiter(map(lookup.get, cells, repeat(unseen)), dtype=np.intp, count=len(cells))
            for row in np.flatnonzero(found == unseen):
                if is_missing(cells[row]):
                    found[row] = unseen - 1
            yield found

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the rows of the tables that belong to the levels in `X`."""
        if not hasattr(self, "tables_"):
            raise NotFittedError(f"{type(self).__name__} is not fitted yet.")
        return self._rows(self.codes(X), len(X))

    def _rows(self, positions: Iterable[np.ndarray], rows: int) -> np.ndarray:
        out = np.empty((sum(table.shape[1] for table in self.tables_), rows))  # each column made in one piece
        first = 0
        for table, codes in zip(self.tables_, positions, strict=True):
            last = first + table.shape[1]
            np.take(table.T, codes, axis=1, out=out[first:last], mode="clip")  # "raise" would copy once more
            first = last
        return out.T


class EncodedLevels(LevelLookup):
    """A scikit-learn encoder of single columns, e.g. `OneHotEncoder`, applied by looking its answers up.

    Parameters
    ----------
    encoder : estimator
        Unfitted; fitted on each column alone, on one row of each level where it counts none.
    missing : float or None
        What a missing cell becomes; None: what the encoder says.
    """

    def __init__(self, encoder: Any, missing: float | None = None) -> None:
        self.encoder = encoder
        self.missing = missing

    def _learn_tables(self, X: np.ndarray) -> list[np.ndarray]:
        positions = self._read_levels(X)
        text = X.dtype == object
        counting = any(self.encoder.get_params().get(name) is not None for name in COUNTING)
        self.encoders_ = []
        self.tables_ = []
        for levels, codes in zip(self.levels_, positions, strict=True):
            gaps = bool((codes == len(levels)).any())
            told = np.array([*levels, np.nan], dtype=X.dtype)  # to scikit-learn None is not NaN
            rows = told[codes] if counting else told[: len(levels) + gaps]
            encoder = clone(self.encoder)
            if text and are_whole_numbers(levels):  # scikit-learn sorts "10" before "9"
                encoder.set_params(categories=[told[: len(levels) + gaps]])
            encoder.fit(rows[:, None])
            asked = np.array([*levels, np.nan, UNSEEN_TEXT if text else UNSEEN_NUMBER], dtype=X.dtype)
            with warnings.catch_warnings():  # that one of them is unknown is the point
                warnings.simplefilter("ignore", UserWarning)
                table = np.array(encoder.transform(asked[:, None]), dtype=np.float64)
            if self.missing is not None:
                table[-2] = self.missing
            self.encoders_.append(encoder)
            self.tables_.append(table)
        return positions

    def feature_names_by_source(self, stems: list[str]) -> list[list[str]]:
        """Return the names of the columns made from each source: ``stem=level``."""
        return [
            [f"{stem}={name}" for name in names_of_levels(encoder)]
            for stem, encoder in zip(stems, self.encoders_, strict=True)
        ]


class TargetMeans(LevelLookup):
    """Mean of the target per level, shrunk towards the overall mean; cross-fitted on the training rows.

    scikit-learn's `TargetEncoder` computes the means, one target column at a time: the positive class, or every class
    in the order of the task (also those that these rows lack), or the value. The inner folds keep groups together where
    the task's split does; where it goes by time, each training row sees the targets of earlier rows only, which
    `TargetEncoder` cannot do.

    Parameters
    ----------
    smooth : float or "auto"
        Rows that the overall mean weighs; ``auto`` derives it from the variances.
    cv : int
        Inner folds.
    context : BuildContext
        Gives the task and the seeded splitter.
    """

    def __init__(self, smooth: Any, cv: int, context: BuildContext) -> None:
        self.smooth = smooth
        self.cv = cv
        self.context = context

    def fit(self, X: np.ndarray, y: Any = None, *, groups: Any = None, times: Any = None) -> Self:
        """Learn the means of all rows, which `transform` applies."""
        self._learn(X, y)
        return self

    def fit_transform(self, X: np.ndarray, y: Any = None, *, groups: Any = None, times: Any = None) -> np.ndarray:
        """Learn, and return values of the training rows that their own targets did not enter."""
        codes, targets = self._learn(X, y)
        task = self.context.task
        if task is not None and task.split.kind == "time":
            order = time_order(times, len(X))
            made = [ordered_means(codes, target, order, self.smooth) for target in targets.T]
        else:
            folds = self._inner_folds(codes, y, groups)
            made = [self._cross_fitted(codes, target, folds) for target in targets.T]
        return np.stack(made, axis=2).reshape(len(X), -1)

    def _learn(self, X: np.ndarray, y: Any) -> tuple[np.ndarray, np.ndarray]:
        codes = np.column_stack(self._read_levels(X))
        targets = self._targets(np.asarray(y))
        encoders = [self._encoder().fit(codes, target) for target in targets.T]
        self.tables_ = []
        for place, levels in enumerate(self.levels_):
            means = np.array([[*encoder.encodings_[place], encoder.target_mean_] for encoder in encoders]).T
            absent = np.bincount(codes[:, place], minlength=len(levels) + 1) == 0
            means[:-1][absent] = means[-1]
            self.tables_.append(means)
        return codes, targets

    def _encoder(self) -> TargetEncoder:
        categories = [np.arange(len(levels) + 1) for levels in self.levels_]
        return TargetEncoder(categories=categories, target_type="continuous", smooth=self.smooth)

    def _targets(self, y: np.ndarray) -> np.ndarray:
        task = self.context.task
        if task is None or not task.is_classification:
            return y.astype(np.float64)[:, None]
        codes = class_codes(y, task.classes)
        if task.task_type == "binary":
            return (codes == task.positive_index).astype(np.float64)[:, None]
        return (codes[:, None] == np.arange(len(task.classes))).astype(np.float64)

    def _inner_folds(self, codes: np.ndarray, y: Any, groups: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        rows = len(codes)
        if groups is not None:
            blocks = np.unique(group_codes(groups), return_inverse=True)[1]
            parts = min(self.cv, int(blocks.max()) + 1)
            if parts < 2:
                return []
            splitter = GroupKFold(parts, shuffle=True, random_state=self.context.seed % 2**32)
            return list(splitter.split(codes, groups=blocks))
        parts = min(self.cv, rows)
        if parts < 2:
            return []
        task = self.context.task
        classes = class_codes(np.asarray(y), task.classes) if task is not None and task.is_classification else None
        splitter = self.context.inner_cv(parts)
        if classes is not None and np.bincount(classes).max() < parts:  # too few rows of every class to stratify
            splitter = KFold(parts, shuffle=True, random_state=self.context.seed % 2**32)
        with warnings.catch_warnings():  # a class with fewer rows than folds is no reason to talk
            warnings.simplefilter("ignore", UserWarning)
            return list(splitter.split(codes, classes))

    def _cross_fitted(self, codes: np.ndarray, target: np.ndarray, folds: list[Any]) -> np.ndarray:
        if not folds:  # nothing to learn from but the rows themselves
            return np.full(codes.shape, target.mean())
        out = np.empty(codes.shape)
        for train, test in folds:  # as TargetEncoder.fit_transform, which takes a list of folds only from 1.9 on
            out[test] = self._encoder().fit(codes[train], target[train]).transform(codes[test])
        return out


def ordered_means(codes: np.ndarray, target: np.ndarray, order: np.ndarray, smooth: Any) -> np.ndarray:
    """Return, for each cell, the shrunk mean target of the level's rows at strictly earlier times.

    `order` is each row's rank in time; rows of one rank do not see each other. The overall mean is the one figure
    that comes from all rows: it is the same for every row, so it tells none of them its own target.

    >>> ordered_means(np.zeros((3, 1), int), np.array([1.0, 0.0, 0.0]), np.array([0, 1, 2]), 1.0).ravel().round(2)
    array([0.33, 0.67, 0.44])
    """
    weight = ORDERED_SMOOTHING if smooth == "auto" else float(smooth)
    prior = float(target.mean())
    out = np.empty(codes.shape)
    for place in range(codes.shape[1]):
        rows = np.lexsort((order, codes[:, place]))
        level, rank, value = codes[rows, place], order[rows], target[rows]
        total = np.concatenate(([0.0], np.cumsum(value)))
        new_level = np.r_[True, level[1:] != level[:-1]]
        new_tie = new_level | np.r_[True, rank[1:] != rank[:-1]]
        at = np.arange(len(rows))
        start = np.maximum.accumulate(np.where(new_level, at, 0))
        now = np.maximum.accumulate(np.where(new_tie, at, 0))
        count = (now - start).astype(np.float64)
        mass = count + weight
        mean = (total[now] - total[start] + weight * prior) / np.where(mass > 0, mass, 1.0)
        out[rows, place] = np.where(mass > 0, mean, prior)
    return out


def time_order(times: Any, rows: int) -> np.ndarray:
    """Return each row's rank in time. Rows without a time come first; without times, rows are in order already."""
    if times is None:
        return np.arange(rows)
    times = np.asarray(times)
    if times.dtype.kind == "M":
        values = times.astype("datetime64[us]").astype(np.int64)  # NaT is the smallest integer
    elif times.dtype.kind in "iufb":
        values = np.nan_to_num(times.astype(np.float64), nan=-np.inf)
    else:
        return np.arange(rows)
    return np.unique(values, return_inverse=True)[1]


def class_codes(y: np.ndarray, classes: tuple[Any, ...]) -> np.ndarray:
    """Return positions in `classes` of original labels."""
    lookup = {label: code for code, label in enumerate(classes)}
    codes = np.fromiter(map(lookup.get, y.tolist(), repeat(-1)), dtype=np.intp, count=len(y))
    if (codes < 0).any():
        strange = y[int(np.flatnonzero(codes < 0)[0])]
        raise UsageError(
            f"The target holds {strange!r}, which is none of the task's classes.",
            hint=f"The classes are {', '.join(map(repr, classes[:10]))}.",
        )
    return codes


def group_codes(groups: Any) -> np.ndarray:
    """Return an integer a row, the same for rows of one group; rows without a group are one group."""
    seen: dict[Any, int] = {}
    values = (None if is_missing(value) else value for value in np.asarray(groups).tolist())
    return np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.intp)


def sorted_levels(levels: Collection[Any]) -> list[Any]:
    """Return distinct values sorted; texts that are all whole numbers by their size.

    >>> sorted_levels(["10", "9", "-1"])
    ['-1', '9', '10']
    """
    if are_whole_numbers(levels):
        return sorted(levels, key=lambda level: (int(level), level))
    try:
        return sorted(levels)
    except TypeError:
        return sorted(levels, key=str)


def are_whole_numbers(levels: Collection[Any]) -> bool:
    """Return whether there are levels, and all are whole numbers kept as text."""
    return bool(levels) and all(
        type(level) is str and level.isascii() and level.removeprefix("-").isdigit() for level in levels
    )


def names_of_levels(encoder: Any) -> list[str]:
    """Return what a one-hot encoder of one column calls its columns, without the stem."""
    return [str(name) for name in encoder.get_feature_names_out(np.array(["x"], dtype=object))]


def level_name(feature: str, level: Any) -> str:
    """Return a level as text: what a `OneHotEncoder` is given as `feature_name_combiner`."""
    if is_missing(level):
        return "missing"
    if isinstance(level, float | np.floating):
        return {0.0: "false", 1.0: "true"}.get(float(level), f"{level:g}")
    return "infrequent" if level == "infrequent_sklearn" else str(level)


def is_missing(value: Any) -> bool:
    """Return whether a cell of an object column is missing: None, NaN or NaT."""
    return value is None or bool(value != value)


def is_missing_text(X: np.ndarray) -> np.ndarray:
    """Return `is_missing` for each cell of an object array."""
    return np.asarray((X != X) | (X == None), dtype=bool)  # noqa: E711 - elementwise
