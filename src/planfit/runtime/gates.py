"""Gates ``sample`` and ``data``: a plan carried out on rows, a nasty sample of them first, then all of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.errors import PlanfitError
from planfit.operations.columns import members_of
from planfit.operations.step import PlanStep
from planfit.plans.codes import finding, quoted
from planfit.plans.resolve import ResolvedPlan, ResolvedStep
from planfit.records.findings import Finding
from planfit.records.task import Task
from planfit.runtime.compile import feature_steps

Positions = NDArray[np.intp]
MOST_ROWS_NAMED: Final = 5
MOST_COLUMNS_NAMED: Final = 5
EXTREMES: Final = 2
"""Rows of the smallest and of the largest values that the sample takes from each column."""
_STEP_ERRORS: Final = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, PlanfitError)
"""What a transformer may raise over values that it does not take. Memory errors end the worker instead."""


def nasty_sample(frame: pd.DataFrame, y: pd.Series | None, n: int, seed: int) -> Positions:
    """Return the positions of rows on which a plan is likely to break, filled up with random ones.

    Of each column: the extremes, a row with a missing value and one without, the rarest values; of the target each
    class at least twice.

    Parameters
    ----------
    n : int
        Rows at the most.
    """
    if len(frame) <= n:
        return np.arange(len(frame))
    rng = np.random.default_rng(seed)
    wanted: dict[int, None] = {}
    if y is not None:
        labels = y.to_numpy()
        for label in pd.unique(y)[: max(2, n // 8)]:
            wanted |= dict.fromkeys(int(row) for row in np.flatnonzero(labels == label)[:3])
    for name in frame.columns[: max(1, n // 4)]:
        wanted |= dict.fromkeys(_nasty_rows(frame[name]))
        if len(wanted) > n * 2 // 3:
            break
    rest = np.setdiff1d(np.arange(len(frame)), np.fromiter(wanted, dtype=np.intp, count=len(wanted)))
    chosen = list(wanted)[:n]
    chosen += rng.choice(rest, size=min(n - len(chosen), len(rest)), replace=False).tolist()
    return np.sort(np.asarray(chosen, dtype=np.intp))


def _nasty_rows(column: pd.Series) -> Iterator[int]:
    missing = column.isna().to_numpy()
    yield from (int(row) for row in np.flatnonzero(missing)[:2])
    yield from (int(row) for row in np.flatnonzero(~missing)[:1])
    present = np.flatnonzero(~missing)
    if not len(present):
        return
    if column.dtype == object:
        counts = column.value_counts()
        values = column.to_numpy()
        for value in counts.index[-2:]:
            yield int(np.flatnonzero(values == value)[0])
        return
    values = column.to_numpy()[present].astype("int64" if column.dtype.kind == "M" else float)
    order = np.argsort(values, kind="stable")
    yield from (int(row) for row in present[order[:EXTREMES]])
    yield from (int(row) for row in present[order[-EXTREMES:]])


def dry_run(
    resolved: ResolvedPlan,
    task: Task | None,
    frame: pd.DataFrame,
    y: pd.Series | None,
    *,
    seed: int,
    gate: Literal["sample", "data"],
    deadline: Callable[[], bool] | None = None,
) -> tuple[list[PlanStep | None], tuple[Finding, ...]]:
    """Carry a plan out step by step on typed rows.

    A step whose columns an earlier failure has taken away is passed over, so that one mistake is told once. Steps that
    look at the target are passed over where there is none.

    Returns
    -------
    tuple
        The fitted steps (None for those that were not carried out), and the findings.
    """
    fitted: list[PlanStep | None] = []
    findings: list[Finding] = []
    lost: set[str] = set()
    for step, (_, unfitted) in zip(resolved.steps, feature_steps(resolved, task, seed), strict=True):
        if deadline is not None and deadline():
            message = f"There was no time to carry out step {step.index + 1}, {step.operation.operation}."
            return [*fitted, None], (*findings, finding("time-exceeded", step.path, message, gate=gate))
        blind = step.operation.uses_target and y is None
        if blind or lost & {column.name for column in step.inputs}:
            lost |= {column.name for column in step.outputs} | set(step.removes)
            fitted.append(None)
            continue
        made = _carried_out(step, unfitted, frame, y, gate)
        if isinstance(made, Finding):
            findings.append(made)
            lost |= {column.name for column in step.outputs}
            fitted.append(None)
            continue
        frame = made
        fitted.append(unfitted)
        findings += _looked_at(step, unfitted, frame, gate)
    return fitted, tuple(findings)


def _carried_out(
    step: ResolvedStep, unfitted: PlanStep, frame: pd.DataFrame, y: pd.Series | None, gate: Any
) -> pd.DataFrame | Finding:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = unfitted.fit_transform(frame, y)
            unfitted.transform(frame.iloc[:1])  # what learns from many rows must still take one
        except _STEP_ERRORS as error:
            return _failed(step, frame, y, error, gate)
    return made


def _failed(step: ResolvedStep, frame: pd.DataFrame, y: pd.Series | None, error: Exception, gate: Any) -> Finding:
    said = error.message if isinstance(error, PlanfitError) else str(error).strip().split("\n")[0]
    names = [column.name for column in step.inputs]
    message = f"{step.operation.operation} of {quoted(names)} breaks: {said or type(error).__name__}"
    rows = tuple(int(row) for row in np.flatnonzero(_odd(frame, names))[:MOST_ROWS_NAMED]) or None
    return finding("step-failed", step.path, message, gate=gate, rows=rows, columns=tuple(names))


def _odd(frame: pd.DataFrame, names: list[str]) -> NDArray[np.bool_]:
    """Return the rows that are likely to blame: those with an infinite number or a missing value in the columns."""
    odd = np.zeros(len(frame), dtype=bool)
    for name in names:
        if name in frame.columns:
            values = frame[name]
            odd |= np.isinf(values.to_numpy()) if values.dtype.kind == "f" else values.isna().to_numpy()
    return odd


def _looked_at(step: ResolvedStep, fitted: PlanStep, frame: pd.DataFrame, gate: Any) -> Iterator[Finding]:
    """Judge what a step made: infinite numbers refuse it, columns that say nothing are warned of."""
    what = f"Step {step.index + 1}, {step.operation.operation}, makes"
    single = {name for column in step.outputs if not column.group for name in members_of(column, list(frame.columns))}
    infinite, empty, constant = [], [], []
    rows: NDArray[np.bool_] = np.zeros(len(frame), dtype=bool)
    for name in fitted.columns_made_:
        if name not in frame.columns:
            continue
        values = frame[name]
        if values.dtype.kind == "f" and np.isinf(values.to_numpy()).any():
            infinite.append(name)
            rows |= np.isinf(values.to_numpy())
        elif name in single and values.isna().all():
            empty.append(name)
        elif name in single and values.nunique(dropna=False) <= 1 and len(frame) > 1:
            constant.append(name)
    if infinite:
        named = tuple(int(row) for row in np.flatnonzero(rows)[:MOST_ROWS_NAMED])
        message = f"{what} infinite numbers in {quoted(infinite[:MOST_COLUMNS_NAMED])}."
        yield finding("not-finite", step.path, message, gate=gate, rows=named, columns=tuple(infinite))
    if empty:
        message = f"{what} columns without a single value: {quoted(empty[:MOST_COLUMNS_NAMED])}."
        yield finding("all-missing", step.path, message, gate=gate, columns=tuple(empty))
    if constant:
        message = f"{what} columns that are the same in every row: {quoted(constant[:MOST_COLUMNS_NAMED])}."
        yield finding("constant-output", step.path, message, gate=gate, columns=tuple(constant))
