"""Who learns and who judges: the holdout and the folds, made before anything looks at the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from planfit import settings
from planfit.data.sharing import ALWAYS, HOLDOUT, Shares, share_blocks, share_groups, share_units
from planfit.errors import UsageError
from planfit.records.canonical import seed_of
from planfit.records.task import SplitKind, SplitRecord, Task

QUANTILE_BINS = 10
MOST_BINNED_ROWS = 10_000
"""Rows from which a regression's random folds are alike without bins of the target."""
MOST_TIME_FOLDS = 5
FEWEST_GROUPS_FOR_HOLDOUT = 5
"""With fewer groups all of them are needed for cross-validation."""
MOST_EQUAL_SHARE = 0.5
"""Share of rows with an equal one above which equal rows cannot be kept together."""
FEWEST_FOLDS = 3
"""Folds are not cut below this for the sake of a rare class of many; it stays in training instead."""
FOLDS_FOR_RARE = 5
"""The same, where classes rarer than that are few rows together."""
MOST_RARE_SHARE = 0.02

Positions = npt.NDArray[np.intp]
Part = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Rows:
    """What every kind of split needs to know."""

    frame: pd.DataFrame
    y: pd.Series
    task: Task
    share: float
    n_folds: int
    rng: np.random.Generator


def folds_for(rows: int) -> int:
    """Return how many folds a table of that many training rows gets.

    Examples
    --------
    >>> [folds_for(rows) for rows in (100, 500, 5_000, 50_000, 500_000)]
    [10, 8, 5, 5, 3]
    """
    return next(folds for most, folds in ((200, 10), (1_000, 8), (100_000, 5), (float("inf"), 3)) if rows < most)


def training_rows(part: Part, fold: int, kind: SplitKind = "random") -> Positions:
    """Return the positions of the rows that a fold's model learns from.

    Parameters
    ----------
    part : ndarray of int
        The assignment that `make_split` gave.
    fold : int
        The fold.
    kind : {"random", "stratified", "group", "time"}
        In a time split only earlier rows are learned from; fold 0 is the latest.
    """
    others = (part > fold) if kind == "time" else (part != fold)
    return np.flatnonzero((part == ALWAYS) | (others & (part >= 0)))


def validation_rows(part: Part, fold: int) -> Positions:
    """Return the positions of the rows that a fold's model is judged on.

    Parameters
    ----------
    part : ndarray of int
        The assignment that `make_split` gave.
    fold : int
        The fold.
    """
    return np.flatnonzero(part == fold)


def make_split(
    frame: pd.DataFrame, y: pd.Series, task: Task, *, holdout: str = "auto",
    holdout_rows: npt.NDArray[Any] | None = None, n_folds: int, seed: int,
) -> tuple[SplitRecord, Part]:  # fmt: skip
    """Divide rows into a holdout and folds.

    Equal rows (features and target) stay on one side, unless they are more than half of the table; a group never
    straddles; time only moves forward. Classes too rare for every fold stay in every training part.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table after the door, with the split's column.
    y : pandas.Series
        Original labels, none missing.
    task : Task
        Its `split` says how.
    holdout : str
        ``auto``, a share such as ``0.2`` or ``20%``, or ``none``. Ignored where `holdout_rows` are given.
    holdout_rows : ndarray or None
        Positions of rows (or a mask) that come from a holdout file.
    n_folds : int
        Folds at the most.
    seed : int
        The run's seed.

    Returns
    -------
    record : SplitRecord
        What was done, in words and figures.
    part : ndarray of int
        -1 for the holdout, else the fold; -2 for rows of every training part, which are never scored.
    """
    _check(frame, y, n_folds)
    part = np.full(len(frame), HOLDOUT, dtype=np.int64)
    given = _mask(holdout_rows, len(frame))
    share = 0.0 if given is not None else _share_of(holdout, len(frame))
    inside = np.arange(len(frame)) if given is None else np.flatnonzero(~given)
    rows = _Rows(
        frame.iloc[inside], y.iloc[inside], task, share, min(n_folds, max(2, len(inside) // 2)),
        np.random.default_rng(seed_of(seed, "split", task.split.kind, task.split.column)),
    )  # fmt: skip
    makers = {"time": _by_time, "group": _by_group, "stratified": _at_random, "random": _at_random}
    assigned, rule, together = makers[task.split.kind](rows)
    part[inside] = assigned
    if given is not None:
        rule += "; the holdout is a file of its own"
    elif not (assigned == HOLDOUT).any():
        rule += "; no holdout"
    record = SplitRecord(
        kind=task.split.kind, rule=rule, n_folds=int(part.max()) + 1, rows=len(part),
        training_rows=int((part != HOLDOUT).sum()), holdout_rows=int((part == HOLDOUT).sum()),
        equal_rows_together=together, unscored_rows=int((part == ALWAYS).sum()),
    )  # fmt: skip
    return record, part


def _check(frame: pd.DataFrame, y: pd.Series, n_folds: int) -> None:
    if len(frame) != len(y):
        raise ValueError(f"frame has {len(frame)} rows, y has {len(y)}")
    if n_folds < 2:
        raise UsageError(f"A split needs at least 2 folds, not {n_folds}.", hint="Leave the number of folds out.")
    if len(frame) < 4:
        raise UsageError(f"{len(frame)} rows cannot be split.", hint="Give a table with at least 20 rows.")
    if y.isna().any():
        raise ValueError("y holds missing values")


def _mask(holdout_rows: npt.NDArray[Any] | None, rows: int) -> npt.NDArray[np.bool_] | None:
    if holdout_rows is None:
        return None
    mask = np.zeros(rows, dtype=bool)
    mask[np.asarray(holdout_rows)] = True
    return mask


def _share_of(holdout: str, rows: int) -> float:
    text = holdout.strip().lower()
    if text == "none":
        return 0.0
    if text == "auto":
        if rows < settings.HOLDOUT_FEWEST_ROWS:
            return 0.0
        return min(settings.HOLDOUT_SHARE, settings.HOLDOUT_MOST_ROWS / rows)
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = float("nan")
    if not 0 < share < 0.9:
        raise UsageError(
            f"A holdout of {holdout!r} is not possible.",
            hint="Use auto, none, a share between 0 and 0.9 such as 0.2, or a file.",
        )
    return share


def _at_random(rows: _Rows) -> tuple[Part, str, bool]:
    units, together = _equal_rows(rows.frame, rows.y)
    strata, rule = _strata(rows)
    if not rows.task.is_classification:
        part = share_units(units, strata, Shares(rows.share, rows.n_folds), rows.rng)
        return part, _said(rule, part, together), together
    # A unit holds equal rows, so it lies in one class.
    first = np.unique(units, return_index=True)[1]
    codes = pd.factorize(rows.y)[0]
    sizes = np.bincount(codes[first])
    n_folds = _folds_that_fit(sizes, rows.n_folds, len(rows.task.classes or sizes))
    lone = np.flatnonzero(sizes < (n_folds if rows.task.split.kind == "stratified" else 2))
    free = ~np.isin(codes, lone)
    part = np.full(len(codes), ALWAYS, dtype=np.int64)
    part[free] = share_units(units[free], strata[free], Shares(rows.share, n_folds), rows.rng)
    if lone.size:
        rule += f"; {lone.size} rare classes stay in every training part"
    return part, _said(rule, part, together), together


def _folds_that_fit(sizes: npt.NDArray[np.int64], wanted: int, classes: int) -> int:
    """Return a number of folds that the rarest class can fill, unless so few rows are better left unscored."""
    rarest = np.sort(sizes[sizes >= 2])
    if not rarest.size:
        raise UsageError(
            "No class of the target has two different rows, so nothing can be validated.",
            hint="Choose another target, or treat a numeric one as a regression.",
        )
    if classes == 2:
        return min(wanted, int(rarest[0]))
    rare = rarest < min(wanted, FOLDS_FOR_RARE)
    fewest = FOLDS_FOR_RARE if rarest[rare].sum() <= MOST_RARE_SHARE * sizes.sum() else FEWEST_FOLDS
    fitting = rarest[rarest >= min(wanted, fewest)]
    return min(wanted, int(fitting[0])) if fitting.size else 2


def _strata(rows: _Rows) -> tuple[npt.NDArray[np.int64], str]:
    if rows.task.split.kind != "stratified":
        return np.zeros(len(rows.y), dtype=np.int64), "rows at random"
    if rows.task.is_classification:
        return pd.factorize(rows.y)[0].astype(np.int64), "rows at random, classes in equal shares"
    bins = min(QUANTILE_BINS, len(rows.y) // (2 * rows.n_folds))
    if len(rows.y) >= MOST_BINNED_ROWS or bins < 2:
        return np.zeros(len(rows.y), dtype=np.int64), "rows at random"
    ranks = rows.y.rank(method="first").to_numpy()
    strata = ((ranks - 1) * bins // len(ranks)).astype(np.int64)
    return strata, f"rows at random, {bins} bins of the target in equal shares"


def _equal_rows(frame: pd.DataFrame, y: pd.Series) -> tuple[npt.NDArray[np.int64], bool]:
    """Return a number for each row, the same for equal rows; and whether equal rows are kept together."""
    if frame.shape[1]:
        hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    else:
        hashes = np.zeros(len(frame), dtype=np.uint64)
    target = pd.util.hash_pandas_object(y, index=False).to_numpy()
    units, _ = pd.factorize(hashes * np.uint64(0x9E3779B97F4A7C15) ^ target)
    repeated = int((np.bincount(units)[units] > 1).sum())
    if repeated > MOST_EQUAL_SHARE * len(units):
        return np.arange(len(units)), False
    return units.astype(np.int64), True


def _by_group(rows: _Rows) -> tuple[Part, str, bool]:
    column = _split_column(rows)
    codes, names = pd.factorize(column)
    codes = codes.astype(np.int64)
    alone = codes < 0
    if alone.any():  # rows without a group are groups of their own, equal ones together
        units, _ = _equal_rows(rows.frame[alone], rows.y[alone])
        codes[alone] = len(names) + pd.factorize(units)[0]
    groups = int(codes.max()) + 1
    if groups < 2:
        raise _impossible(rows, f"{column.name!r} holds a single group")
    share = rows.share if groups >= FEWEST_GROUPS_FOR_HOLDOUT else 0.0
    shares = Shares(share, min(rows.n_folds, groups - (1 if share else 0)))
    classes = pd.factorize(rows.y)[0].astype(np.int64) if rows.task.is_classification else np.zeros_like(codes)
    part = _closed_up(share_groups(codes, classes, shares, rows.rng))
    rule = f"whole groups of {column.name!r}, {groups:,} in all"
    return part, _said(rule, part, True), True


def _closed_up(part: Part) -> Part:
    """Number the folds anew where one stayed empty, as next to a group that outweighs all others."""
    folds = np.unique(part[part >= 0])
    if len(folds) < 2:
        raise UsageError(
            "One group holds nearly all rows, so no split by group is possible.",
            hint="Use --split random or another group column.",
        )
    renumbered = part.copy()
    renumbered[part >= 0] = np.searchsorted(folds, part[part >= 0])
    return renumbered


def _by_time(rows: _Rows) -> tuple[Part, str, bool]:
    moments, by = _moments(rows)
    known = ~np.isnat(moments) if moments.dtype.kind == "M" else np.isfinite(moments)
    n_folds = min(rows.n_folds, MOST_TIME_FOLDS)
    assigned, n_folds = share_blocks(moments[known], rows.share, n_folds) if known.any() else (known, 0)
    if n_folds < 1:
        raise _impossible(rows, f"{by} holds too few different times")
    part = np.full(len(moments), ALWAYS, dtype=np.int64)
    part[known] = assigned
    rule = (
        f"forward in time by {by}: each of {n_folds} folds, the latest first, is judged by models of the rows before it"
    )
    if (part == HOLDOUT).any():
        rule += "; the holdout is the latest rows"
    if not known.all():
        rule += f"; {int((~known).sum())} rows without a time only train"
    return part, rule, True


def _moments(rows: _Rows) -> tuple[npt.NDArray[Any], str]:
    """Return when each row was, and the column that tells; a year is made finer by month, day and hour beside it."""
    column = _split_column(rows)
    from planfit.data.time_order import date_parts, joined  # polars, which workers must not load before they fork

    parts = date_parts(str(name) for name in rows.frame.columns)
    if column.name in parts[:-1]:
        names = parts[parts.index(str(column.name)) :]
        moments = joined({name: rows.frame[name].to_numpy() for name in names}, names, parts.index(names[0]))
        if moments is not None:
            return moments.astype(np.float64), ", ".join(map(repr, names))
    values = column.to_numpy()
    if values.dtype == object:  # a year may have been read as a category
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isfinite(values).sum() < column.notna().sum():
            raise _impossible(rows, f"{column.name!r} is neither a date nor a number")
    elif values.dtype.kind != "M":
        values = values.astype(np.float64)
    return values, repr(column.name)


def _split_column(rows: _Rows) -> pd.Series:
    name = rows.task.split.column
    if name is None or name not in rows.frame.columns:
        raise UsageError(
            f"A {rows.task.split.kind} split needs a column of the table, and {name!r} is none.",
            hint=f"Use --split {rows.task.split.kind}:COLUMN.",
        )
    column: pd.Series = rows.frame[name]
    return column


def _impossible(rows: _Rows, why: str) -> UsageError:
    return UsageError(
        f"A {rows.task.split.kind} split is not possible: {why}.", hint="Use --split random or another column."
    )


def _said(rule: str, part: Part, together: bool) -> str:
    held_out = float((part == HOLDOUT).mean())
    kept = "" if together else "; more than half of the rows have an equal one, so these are not kept together"
    held = f"; {held_out:.0%} of them held out" if held_out else ""
    return f"{rule}: {int(part.max()) + 1} folds{held}{kept}"
