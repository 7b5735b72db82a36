"""Gates ``sample`` and ``data``: a plan carried out on rows, step by step; what breaks becomes a finding."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from sklearn.base import clone

from planfit.errors import PlanfitError
from planfit.operations.base import Arity
from planfit.operations.columns import expand
from planfit.operations.step import PlanStep
from planfit.plans.codes import finding, quoted
from planfit.plans.resolve import ResolvedPlan, ResolvedStep
from planfit.records.canonical import seed_of
from planfit.records.findings import Finding
from planfit.records.schema import Column
from planfit.records.task import Task
from planfit.runtime.compile import feature_steps

Deadline = Callable[[], bool]

STEP_ERRORS: Final = (
    ValueError, TypeError, ArithmeticError, LookupError, AttributeError, NotImplementedError, PlanfitError,
)  # fmt: skip
"""What a transformer may raise on data that it cannot take. Memory and interruption are not a plan's fault."""
MOST_NAMED: Final = 5
"""Rows, or columns, that a finding names."""
MOST_ROWS_SEARCHED: Final = 2_000_000
"""Rows up to which those to blame are searched for: a search costs a few fits of the step that broke."""
MOST_TRIED_ALONE: Final = 50
"""Columns of a step up to which each is tried alone."""
MOST_LETTERS: Final = 300
"""Of an error's first line."""
ROWS_A_CLASS: Final = 10
"""Rows of each class that a sample holds where there are as many."""


def nasty_sample(frame: pd.DataFrame, y: pd.Series | None, n: int, seed: int) -> np.ndarray:
    """Return positions of rows that a plan is likely to stumble over, filled up with random ones.

    Parameters
    ----------
    frame : pandas.DataFrame
        Typed rows, as the door gives them.
    y : pandas.Series or None
    n : int
        Rows wanted.
    seed : int

    Returns
    -------
    ndarray of int
        Sorted positions: rare categories, smallest and largest values, missing ones, each class; then random rows.
    """
    columns = (frame.iloc[:, place] for place in range(frame.shape[1]))
    return nasty_rows(map(awkward, columns), len(frame), y, n, seed)


def nasty_rows(
    columns: Iterable[tuple[list[int], np.ndarray]], rows: int, y: pd.Series | None, n: int, seed: int
) -> np.ndarray:
    """Return what `nasty_sample` does, of columns that are looked at one after the other and need not exist at once.

    Parameters
    ----------
    columns : iterable of (list of int, ndarray of bool)
        Of each column the most awkward positions, the worst first, and which cells are missing: what `awkward` gives.
    rows : int
        Of each.
    y, n, seed
        As for `nasty_sample`.
    """
    if rows <= n:
        return np.arange(rows)
    random = np.random.default_rng(seed_of(seed, "nasty_sample"))
    chosen: dict[int, None] = {}
    for position in _of_each_class(y, n // 2, random):
        chosen[position] = None
    missing, by_column = np.zeros(rows, dtype=np.int64), []
    for positions, gaps in columns:
        missing += gaps
        by_column.append(positions)
    chosen[int(missing.argmax())] = None
    for rank in range(max((len(some) for some in by_column), default=0)):
        for some in by_column:
            if rank < len(some) and len(chosen) < 3 * n // 4:
                chosen[some[rank]] = None
    for position in random.permutation(rows):
        if len(chosen) >= n:
            break
        chosen[int(position)] = None
    return np.sort(np.fromiter(chosen, dtype=np.int64))


def _of_each_class(y: pd.Series | None, most: int, random: np.random.Generator) -> list[int]:
    if y is None or y.nunique() > most:
        return []
    codes = pd.factorize(y)[0]
    share = min(ROWS_A_CLASS, most // max(1, int(codes.max()) + 1))
    found: list[int] = []
    for code in range(int(codes.max()) + 1):
        there = np.flatnonzero(codes == code)
        found += [int(row) for row in random.permutation(there)[:share]]
    return found


def awkward(column: pd.Series) -> tuple[list[int], np.ndarray]:
    """Return positions of the most awkward values of one column (missing, extremes, rarest, longest), and what is missing."""
    gaps = column.isna().to_numpy()
    return _awkward(column.to_numpy(), gaps), gaps


def _awkward(values: np.ndarray, gaps: np.ndarray) -> list[int]:
    found = [int(gaps.argmax())] if gaps.any() else []
    if gaps.all():
        return found
    if values.dtype.kind in "fiuM":
        present = np.flatnonzero(~gaps)
        order = values[present]
        return [*found, int(present[order.argmin()]), int(present[order.argmax()])]
    codes, levels = pd.factorize(values)
    there, first = np.unique(codes, return_index=True)
    first = first[there >= 0]
    rarest = np.argsort(np.bincount(codes[codes >= 0]), kind="stable")[:2]
    lengths = np.fromiter((len(str(level)) for level in levels), dtype=np.int64, count=len(levels))
    return [*found, *(int(first[level]) for level in (*rarest, lengths.argmax(), lengths.argmin()))]


def dry_run(
    resolved: ResolvedPlan,
    task: Task | None,
    frame: pd.DataFrame,
    y: pd.Series | None,
    *,
    seed: int,
    gate: Literal["sample", "data"] = "sample",
    deadline: Deadline | None = None,
) -> tuple[list[PlanStep | None], tuple[Finding, ...]]:
    """Carry out a plan step by step.

    Parameters
    ----------
    resolved : ResolvedPlan
    task : Task or None
    frame : pandas.DataFrame
        Typed rows, as the door gives them.
    y : pandas.Series or None
        Targets in original labels; without them steps that look at the target are passed over.
    seed : int
    gate : "sample" or "data"
    deadline : callable or None
        True when the time is up.

    Returns
    -------
    steps : list of PlanStep or None
        One for each step of the plan, fitted; None where it failed, or where what it needs was not made.
    findings : tuple of Finding
        Of a broken step its JSON path, the reason and, where they could be found, the columns and rows (by the
        frame's index where that holds whole numbers, else by position).
    """
    trial = _Trial(frame, y, gate, deadline)
    fitted: list[PlanStep | None] = []
    with _quiet():
        for planned, (_, step) in zip(resolved.steps, feature_steps(resolved, task, seed), strict=True):
            if trial.is_over():
                trial.tell("time-exceeded", planned, "There was no time left for it.")
                return [*fitted, *([None] * (len(resolved.steps) - len(fitted)))], tuple(trial.findings)
            fitted.append(step if trial.carry_out(planned, step) else None)
    return fitted, tuple(trial.findings)


def spare_run(
    resolved: ResolvedPlan,
    task: Task | None,
    columns: Callable[[list[str]], pd.DataFrame],
    names: Sequence[str],
    y: pd.Series | None,
    *,
    seed: int,
) -> tuple[Finding, ...]:
    """Carry out a plan on all rows and find what `dry_run` finds, in less memory: gate ``data``.

    A column is asked for when a step first reads it, and let go when no later step does.

    Parameters
    ----------
    resolved, task, y, seed
        As for `dry_run`.
    columns : callable
        Gives the typed rows of some columns, also of none.
    names : sequence of str
        All that `columns` can give.
    """
    steps = [step for _, step in feature_steps(resolved, task, seed)]
    reads = [_reads(planned, step) for planned, step in zip(resolved.steps, steps, strict=True)]
    later = [_Reads(), *accumulate(reversed(reads), _Reads.and_those)][::-1][1:]
    members = [name for name in names if any(name.startswith(some.stems) for some in reads)]
    trial = _Trial(columns(members), y, "data", None)
    with _quiet():
        for planned, step, now, then in zip(resolved.steps, steps, reads, later, strict=True):
            held = [str(name) for name in trial.frame.columns]
            if now.names:
                new = [name for name in names if name in now and name not in held]
                trial.frame = pd.concat([trial.frame, columns(new)], axis=1) if new else trial.frame
                trial.carry_out(planned, step)
            else:
                gone = {name for text in planned.removes for name in expand(text, held)}
                trial.frame = trial.frame.drop(columns=list(gone))
            trial.frame = trial.frame[[name for name in trial.frame.columns if name in then]]
    return tuple(trial.findings)


@dataclass(frozen=True)
class _Reads:
    """What some steps read."""

    names: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()
    """Of groups."""

    def __contains__(self, name: str) -> bool:
        return name in self.names or name.startswith(self.stems)

    def and_those(self, other: _Reads) -> _Reads:
        """Return what both read."""
        return _Reads(self.names | other.names, tuple(dict.fromkeys((*self.stems, *other.stems))))


def _reads(planned: ResolvedStep, step: PlanStep) -> _Reads:
    """Return what a step reads: nothing where it only lets columns go, which cannot fail."""
    if step.built(step.inputs, 0) is None:
        return _Reads()
    names = {column.name for column in planned.inputs}
    stems = tuple(column.name[:-1] for column in planned.inputs if column.group)
    if planned.operation.cross_fitted and step.task is not None and step.task.split.column is not None:
        names.add(step.task.split.column)
    return _Reads(frozenset(names), stems)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@dataclass
class _Trial:
    """The state of a dry run."""

    frame: pd.DataFrame
    y: pd.Series | None
    gate: Literal["sample", "data"]
    deadline: Deadline | None
    findings: list[Finding] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    """What steps that failed or were passed over would have made."""

    def is_over(self) -> bool:
        """Say whether the time is up."""
        return self.deadline is not None and self.deadline()

    def tell(self, code: str, planned: ResolvedStep, because: str, **more: Any) -> None:
        """Note a finding about a step."""
        message = f"Step {planned.index + 1}, {planned.operation.operation}: {because}"
        self.findings.append(finding(code, planned.path, message, gate=self.gate, **more))

    def carry_out(self, planned: ResolvedStep, step: PlanStep) -> bool:
        """Fit a step and go on with what it makes; return whether it could be done."""
        needs_target = planned.operation.uses_target and self.y is None
        if needs_target or any(column.name in self.lost for column in planned.inputs):
            self.lost |= {column.name for column in planned.outputs}
            return False
        try:
            after = step.fit_transform(self.frame, self.y)
        except STEP_ERRORS as error:
            self.lost |= {column.name for column in planned.outputs}
            self._tell_failure(planned, step, error)
            return False
        before, self.frame = self.frame, after
        self._judge(planned, step, before)
        self.lost -= {column.name for column in planned.outputs}
        return True

    def _tell_failure(self, planned: ResolvedStep, step: PlanStep, error: Exception) -> None:
        columns = self._columns_at_fault(planned, step)
        rows = self._rows_at_fault(step, error)
        where = f" (columns {quoted(columns)})" if columns else ""
        self.tell("step-failed", planned, f"{_reason(error)}{where}", columns=columns, rows=rows or None)

    def _columns_at_fault(self, planned: ResolvedStep, step: PlanStep) -> tuple[str, ...]:
        """Return the columns that fail alone, for operations that take them one by one."""
        names = tuple(column.name for column in planned.inputs)
        if planned.operation.arity is not Arity.EACH or len(names) == 1 or len(names) > MOST_TRIED_ALONE:
            return names if len(names) <= MOST_NAMED else ()
        alone = [column for column in planned.inputs if not self.is_over() and self._fails_on(step, (column,))]
        return tuple(column.name for column in alone) or names[:MOST_NAMED]

    def _fails_on(self, step: PlanStep, inputs: tuple[Column, ...]) -> bool:
        names = tuple(column.name for column in inputs)
        removes = names if step.operation.removes_sources else ()
        alone = PlanStep(step.operation, inputs, None, removes, step.task, step.seed, step.position)
        return self._error_of(alone, np.arange(len(self.frame))) is not None

    def _error_of(self, step: PlanStep, rows: np.ndarray) -> Exception | None:
        try:
            clone(step).fit_transform(self.frame.iloc[rows], None if self.y is None else self.y.iloc[rows])
        except STEP_ERRORS as error:
            return error
        return None

    def _rows_at_fault(self, step: PlanStep, error: Exception) -> tuple[int, ...]:
        """Halve the rows, and each half that fails in the same way, until single rows are left.

        Many parts that fail at once mean that the column is to blame, none that it takes rows together.
        """
        parts, found = [np.arange(len(self.frame))], []
        if not 1 < len(self.frame) <= MOST_ROWS_SEARCHED:
            return ()
        while parts:
            smaller: list[np.ndarray] = []
            for part in parts:
                halves = (part[: len(part) // 2], part[len(part) // 2 :]) if len(part) > 1 else ()
                failing = [half for half in halves if _same(self._error_of(step, half), error)]
                smaller += failing
                if not failing and len(part) > MOST_NAMED:
                    return ()
                found += [] if failing else [part]
            parts = smaller
            if self.is_over() or len(parts) + len(found) > MOST_NAMED:
                return ()
        rows = np.sort(np.concatenate(found))
        return self._labels(rows) if len(rows) <= MOST_NAMED and len(rows) < len(self.frame) else ()

    def _labels(self, positions: np.ndarray) -> tuple[int, ...]:
        labels = self.frame.index[positions]
        whole = pd.api.types.is_integer_dtype(labels.dtype)
        return tuple(int(row) for row in (labels if whole else positions))

    def _judge(self, planned: ResolvedStep, step: PlanStep, before: pd.DataFrame) -> None:
        """Look at what a step made."""
        made = {name: self.frame[name] for name in step.columns_made_ if name in self.frame.columns}
        endless = {name: np.flatnonzero(np.isinf(v.to_numpy())) for name, v in made.items() if v.dtype.kind == "f"}
        endless = {name: rows for name, rows in endless.items() if len(rows)}
        if endless:
            rows = self._labels(np.unique(np.concatenate(list(endless.values())))[:MOST_NAMED])
            because = f"it makes infinite numbers in {quoted(endless)}."
            self.tell("not-finite", planned, because, columns=tuple(endless), rows=rows)
        empty = [name for name, values in made.items() if len(values) and values.isna().all()]
        if empty:
            self.tell("all-missing", planned, f"{quoted(empty)} has no value in any row.", columns=tuple(empty))
        alone = {column.name for column in planned.outputs if not column.group}
        same = [name for name in made if name in alone and name not in empty and _is_constant(made[name])]
        if same and len(self.frame) > 1:
            because = f"{quoted(same)} is the same in every row."
            self.tell("constant-output", planned, because, columns=tuple(same))
        elif planned.operation.removes_sources and made and not empty and _unchanged(made, before, planned):
            self.tell("no-effect", planned, "it changes no value.", hint="It may be left out.")


def _reason(error: Exception) -> str:
    text = error.message if isinstance(error, PlanfitError) else str(error)
    first = text.strip().split("\n")[0].strip()
    return first[:MOST_LETTERS] if first else type(error).__name__


def _same(one: Exception | None, other: Exception) -> bool:
    """Say whether two errors tell of the same trouble: their type and first words."""
    return type(one) is type(other) and str(one)[:20] == str(other)[:20]


def _is_constant(values: pd.Series) -> bool:
    return bool(values.nunique(dropna=False) == 1)


def _unchanged(made: dict[str, pd.Series], before: pd.DataFrame, planned: ResolvedStep) -> bool:
    names = {column.name for column in planned.inputs}
    return set(made) == names and all(
        values.dtype == before[name].dtype and values.equals(before[name]) for name, values in made.items()
    )
