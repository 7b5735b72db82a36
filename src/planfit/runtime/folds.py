"""Feature steps on the folds, computed once: plan steps run one by one, each with two views, and are kept in files.

The view of the training rows comes from `fit_transform` (cross-fitted, where a step looks at the target), that of the
other rows from `transform`. What comes out equals `Pipeline.fit_transform` and `Pipeline.transform` on the same rows.

Each column has a key: of a raw one what it is, of one that a step made the key of that step, which says what the step
means and holds the keys of the columns that it works on. So a step that stands elsewhere in a plan, or in another plan,
is the same as long as nothing changed of what it sees.
"""

from __future__ import annotations

import hashlib
import pickle
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone

from planfit.operations.base import Arity
from planfit.operations.columns import expand, members_of
from planfit.operations.step import PlanStep
from planfit.records.canonical import digest
from planfit.records.jobs import Material
from planfit.runtime.fold_cache import FoldCache
from planfit.runtime.material import Positions, described

LIBRARIES: Final = ("scikit-learn", "pandas", "numpy")

NamedStep = tuple[str, PlanStep]
Kept = tuple[dict[str, Any], pd.DataFrame, pd.DataFrame | None]
"""What a step learned, and the columns that it made of training rows and of the others."""


class Key(NamedTuple):
    """What the values of a column, or what a step learns, hang on."""

    digest: str
    of_fold: bool
    """Whether the rows of a fold are among it; else it is the same for all folds."""


@dataclass
class Views:
    """Training rows and the other rows of a fold after some steps."""

    train: pd.DataFrame
    apply: pd.DataFrame | None
    """None where there are no other rows, as in a refit, or where both views are one."""
    keys: dict[str, Key]
    """Of each column."""
    rows: tuple[Positions, Positions | None] | None = None
    """Which rows they are; None: every row."""


class FoldSteps:
    """Runs a plan's steps on one fold after the other.

    A step that learns nothing, of columns that no learned step made, runs once on all rows, wherever it stands in the
    plan; of the others each fold has its own.

    Parameters
    ----------
    steps : sequence of (name, PlanStep)
        Unfitted.
    frame : DataFrame
        The typed frame, every row.
    y : Series
        Original labels, every row.
    material : Material
        For keys: what the frame is made of.
    cache : FoldCache or None
        None: nothing is kept.
    plan : int
        How many of the steps are the feature plan's, which candidates share: what they make is also kept as one.
    """

    def __init__(
        self,
        steps: Sequence[NamedStep],
        frame: pd.DataFrame,
        y: pd.Series,
        material: Material,
        cache: FoldCache | None,
        plan: int = 0,
    ) -> None:
        self.y = y
        self.cache = cache
        task = material.task
        self.target_key = digest([task.target, task.task_type, task.classes, task.split])
        self.once: dict[str, tuple[dict[str, Any], pd.DataFrame]] = {}
        leading = next((i for i, (_, step) in enumerate(steps) if step.operation.learns), len(steps))
        self.later = list(steps[leading:])
        self.shared = min(len(self.later), max(0, plan - leading)) if cache is not None else 0
        whole = Views(frame, None, _raw_keys(frame, material))
        self.fitted_leading: list[NamedStep] = []
        for name, step in steps[:leading]:
            whole, fitted = self._advance(whole, step, rows_key="whole", y=None)
            self.fitted_leading.append((name, fitted))
        self.whole = whole
        if cache is not None:
            self._run_once(self.later)

    def run(
        self, train: Positions, apply: Positions | None
    ) -> tuple[list[NamedStep], pd.DataFrame, pd.DataFrame | None]:
        """Return the fitted steps, the training rows' view, and that of the rows `apply`."""
        frame = self.whole.train
        rows_key = digest([_positions(train), None if apply is None else _positions(apply)])
        views = Views(
            frame.iloc[train], None if apply is None else frame.iloc[apply], self.whole.keys, (train, apply)
        )  # fmt: skip
        y = self.y.iloc[train]
        fitted = list(self.fitted_leading)
        if self.shared > 1:
            views, done = self._plan(views, self.later[: self.shared], rows_key=rows_key, y=y)
        else:
            views, done = self._each(views, self.later[: self.shared], rows_key=rows_key, y=y)
        views, rest = self._each(views, self.later[self.shared :], rows_key=rows_key, y=y)
        return [*fitted, *done, *rest], views.train, views.apply

    def _run_once(self, steps: list[NamedStep]) -> None:
        """Run on all rows the steps that no fold has a part in, walking past those that learn."""
        views, of_folds = self.whole, set[str]()
        for _, step in steps:
            names = list(views.keys)
            seen = all(c.name not in of_folds and members_of(c, names) for c in step.inputs)
            if seen and not step.operation.learns and set(_members(step, names)) <= set(names):
                key = self._key(views, step, "whole").digest
                views, fitted = self._advance(views, step, rows_key="whole", y=None)
                self.once[key] = fitted.fitted_, views.train[fitted.columns_made_]
                continue
            made = [c.name for c in step.outputs or step.operation.outputs(step.inputs, step.task)]
            of_folds |= set(made)
            gone = {name for text in (*made, *_removed(step)) for name in expand(text, names)}
            if step.operation.keeps_only:
                gone = set(names) - set(_members(step, names))
            left = [name for name in names if name not in gone]
            views = Views(views.train[left], None, {name: views.keys[name] for name in left})

    def _plan(
        self, views: Views, steps: list[NamedStep], *, rows_key: str, y: pd.Series
    ) -> tuple[Views, list[NamedStep]]:
        """Return the frame after all steps of the plan, read in one go where another candidate had it made."""
        assert self.cache is not None
        meaning = [[self._meaning(step), step.removes, step.seed, step.position] for _, step in steps]
        key = digest(["plan", [[name, *k] for name, k in views.keys.items()], meaning, rows_key, self.target_key])
        known = self.cache.get(key)
        if known is not None:
            (fitted, keys), train, apply = known
            return self._gathered(views, keys, train, apply), fitted
        began = time.perf_counter()
        made, fitted = self._each(views, steps, rows_key=rows_key, y=y)
        if time.perf_counter() - began > self.cache.worth_keeping:
            kept = [name for name, column in made.keys.items() if column.of_fold]
            self.cache.put(key, (fitted, made.keys), made.train[kept], None if made.apply is None else made.apply[kept])
        return made, fitted

    def _gathered(
        self, views: Views, keys: dict[str, Key], train: pd.DataFrame, apply: pd.DataFrame | None
    ) -> Views:  # fmt: skip
        """Return the columns of `keys`: those of the fold as they were kept, the others from where all folds have them."""
        assert views.rows is not None
        start = {key.digest: name for name, key in views.keys.items()}
        once = {
            digest([step, place]): made.iloc[:, place]
            for step, (_, made) in self.once.items()
            for place in range(made.shape[1])
        }
        joined: list[pd.DataFrame | None] = []
        for frame, own, rows in zip((views.train, views.apply), (train, apply), views.rows, strict=True):
            if frame is None or own is None or rows is None:
                joined.append(None)
                continue
            own = own.set_axis(frame.index)
            columns = {}
            for name, key in keys.items():
                if key.of_fold:
                    columns[name] = own[name]
                elif key.digest in start:
                    columns[name] = frame[start[key.digest]]
                else:
                    columns[name] = once[key.digest].iloc[rows]
            joined.append(pd.DataFrame(columns, index=frame.index, copy=False))
        assert joined[0] is not None
        return Views(joined[0], joined[1], keys, views.rows)

    def _each(
        self, views: Views, steps: list[NamedStep], *, rows_key: str, y: pd.Series
    ) -> tuple[Views, list[NamedStep]]:
        fitted: list[NamedStep] = []
        for name, step in steps:
            views, done = self._advance(views, step, rows_key=rows_key, y=y)
            fitted.append((name, done))
        return views, fitted

    def _advance(self, views: Views, step: PlanStep, *, rows_key: str, y: pd.Series | None) -> tuple[Views, PlanStep]:
        key = self._key(views, step, rows_key)
        done = clone(step)
        known = self._known(views, key)
        if known is not None:
            fitted, train, apply = known
            done.recall(views.train, fitted)
            after = join(done, views.train, train)
            joined = None if views.apply is None or apply is None else join(done, views.apply, apply)
            return Views(after, joined, _keys_after(views.keys, done, key), views.rows), done
        began = time.perf_counter()
        made = done.fit_transform(views.train, y)
        applied = None if views.apply is None else done.transform(views.apply)
        if self.cache is not None:
            self.cache.count(computed=1)
            columns = done.columns_made_
            if columns and time.perf_counter() - began > self.cache.worth_keeping:
                self.cache.put(key.digest, done.fitted_, made[columns], None if applied is None else applied[columns])
        return Views(made, applied, _keys_after(views.keys, done, key), views.rows), done

    def _known(self, views: Views, key: Key) -> Kept | None:
        """Return what an equal step learned and made, for all folds or kept in a file."""
        if views.rows is not None and not key.of_fold:
            fitted, whole = self.once[key.digest]
            train, apply = views.rows
            return fitted, whole.iloc[train], None if apply is None else whole.iloc[apply]
        return None if self.cache is None else self.cache.get(key.digest)

    def _key(self, views: Views, step: PlanStep, rows_key: str) -> Key:
        """Return the key: what the step means, the keys of what it sees, the rows and the target where it learns."""
        operation, keys = step.operation, views.keys
        seen = [[name, keys[name].digest] for name in _members(step, list(keys)) if name in keys]
        of_fold = operation.learns or any(keys[name].of_fold for name in _members(step, list(keys)) if name in keys)
        learned: list[Any] = []
        if operation.learns:
            split = step.task.split.column if operation.cross_fitted and step.task is not None else None
            learned = [rows_key, self.target_key, _stream(step), keys[split].digest if split in keys else None]
        key = digest([self._meaning(step), seen, learned])
        if views.rows is None or of_fold or key in self.once:
            return Key(key, of_fold)
        return Key(digest([key, rows_key]), True)  # it could run once for all folds, but did not

    def _meaning(self, step: PlanStep) -> list[Any]:
        operation = step.operation
        return [
            operation.operation,
            operation.version,
            operation.parameters(),
            operation.into,
            operation.keep_source,
            described(step.inputs),
            None if step.outputs is None else described(step.outputs),
        ]


def _raw_keys(frame: pd.DataFrame, material: Material) -> dict[str, Key]:
    known = {column.name: column.to_json() for column in material.door_schema.columns}
    base = [len(frame), [version(name) for name in LIBRARIES]]
    return {str(name): Key(digest([base, str(name), known.get(str(name))]), False) for name in frame.columns}


def _keys_after(keys: dict[str, Key], step: PlanStep, key: Key) -> dict[str, Key]:
    made = {name: Key(digest([key.digest, place]), key.of_fold) for place, name in enumerate(step.columns_made_)}
    return {
        name: made[name] if name in made else keys[name] for name in step.names_out_ if name in made or name in keys
    }


def _members(step: PlanStep, names: list[str]) -> list[str]:
    return [name for column in step.inputs for name in members_of(column, names)]


def _removed(step: PlanStep) -> Iterable[str]:
    if step.removes is not None:
        return step.removes
    return [column.name for column in step.inputs] if step.operation.removes_sources else []


def _stream(step: PlanStep) -> int | None:
    """Return the number of the random stream of a step; None for one that draws nothing: it is the same anywhere."""
    if not step.inputs:
        return None
    columns = step.inputs[:1] if step.operation.arity is Arity.EACH else step.inputs
    one, other = (pickle.dumps(step.built(columns, seed)) for seed in (1, 2))
    return None if one == other else step.stream


def join(step: PlanStep, frame: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Return the frame that `step` gives, from the frame that it takes and the columns that it made before, in order."""
    own = set(step.columns_made_)
    names = [name for name in step.names_out_ if name in own or name in frame.columns]
    made = made.set_axis(frame.index).set_axis(step.columns_made_, axis=1)
    if not names:
        return pd.DataFrame(index=frame.index)
    return pd.DataFrame({name: made[name] if name in own else frame[name] for name in names}, copy=False)


def _positions(rows: Positions) -> str:
    return hashlib.sha256(np.asarray(rows, dtype="<i8").tobytes()).hexdigest()
