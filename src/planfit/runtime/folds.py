"""Feature steps on the folds, computed once: plan steps run one by one, each with two views, and are kept in files.

The view of the training rows comes from `fit_transform` (cross-fitted, where a step looks at the target), that of the
other rows from `transform`. What comes out equals `Pipeline.fit_transform` and `Pipeline.transform` on the same rows.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather
from sklearn.base import clone

from planfit.operations.columns import members_of
from planfit.operations.step import PlanStep
from planfit.records.canonical import digest
from planfit.records.jobs import Material
from planfit.runtime.material import Positions, array_of, described

CACHE_BYTES: Final = 2 << 30
"""Size of a run's cache, beyond which what was used longest ago is dropped."""
WORTH_KEEPING_SECONDS: Final = 0.02
"""A step that is faster than this is computed again: reading it would take as long."""
STALE_SECONDS: Final = 3600.0
"""Age at which an unfinished entry is taken for one of a killed worker."""
STEP_FILE: Final = "step.joblib"
TRAIN_FILE: Final = "train.arrow"
APPLY_FILE: Final = "apply.arrow"
LIBRARIES: Final = ("scikit-learn", "pandas", "numpy")

NamedStep = tuple[str, PlanStep]


@dataclass
class Views:
    """Training rows and the other rows of a fold after some steps, and what their columns hang on."""

    train: pd.DataFrame
    apply: pd.DataFrame | None
    """None where there are no other rows, as in a refit, or where both views are one."""
    key: str
    """Of everything that led here."""


class FoldCache:
    """Fitted steps and the columns that they made, as files, shared by all workers of a run.

    An entry is a folder that appears complete or not at all. Dropping one never harms: it is computed again.
    """

    def __init__(
        self, folder: Path, most_bytes: int = CACHE_BYTES, worth_keeping: float = WORTH_KEEPING_SECONDS
    ) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self.worth_keeping = worth_keeping

    def get(self, key: str) -> tuple[Any, pd.DataFrame, pd.DataFrame | None] | None:
        """Return what was fitted and the columns that it made, None where they are not there (any more)."""
        entry = self.folder / key
        try:
            step = joblib.load(entry / STEP_FILE)
            train = _read(entry / TRAIN_FILE)
            apply = _read(entry / APPLY_FILE) if (entry / APPLY_FILE).exists() else None
            os.utime(entry)
        except (OSError, EOFError):
            return None
        return step, train, apply

    def put(self, key: str, step: Any, train: pd.DataFrame, apply: pd.DataFrame | None) -> None:
        """Keep an entry; one that another worker put there meanwhile is as good. A full disk is no error here."""
        unfinished = self.folder / f".{key}.{uuid4().hex}.tmp"
        try:
            unfinished.mkdir(parents=True)
            joblib.dump(step, unfinished / STEP_FILE)
            _write(train, unfinished / TRAIN_FILE)
            if apply is not None:
                _write(apply, unfinished / APPLY_FILE)
            unfinished.rename(self.folder / key)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            return
        self.trim()

    def trim(self) -> None:
        """Drop what was used longest ago until the cache is small enough, and what killed workers left unfinished."""
        sizes: dict[Path, tuple[float, int]] = {}
        for entry in self.folder.iterdir():
            try:
                used = entry.stat().st_mtime
                size = sum(file.stat().st_size for file in entry.iterdir())
            except (FileNotFoundError, NotADirectoryError):
                continue
            if not entry.name.startswith("."):
                sizes[entry] = (used, size)
            elif time.time() - used > STALE_SECONDS:
                shutil.rmtree(entry, ignore_errors=True)
        total = sum(size for _, size in sizes.values())
        for entry in sorted(sizes, key=lambda each: sizes[each][0]):
            if total <= self.most_bytes:
                return
            total -= sizes[entry][1]
            gone = entry.with_name(f".{entry.name}.{uuid4().hex}.gone")
            try:
                entry.rename(gone)  # first out of sight, so that nobody sees half of it
            except OSError:
                continue
            shutil.rmtree(gone, ignore_errors=True)


class FoldSteps:
    """Runs a plan's steps on one fold after the other.

    The leading steps that learn nothing run once, on all rows; from the first one that learns each fold has its own.

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
        leading = next((i for i, (_, step) in enumerate(steps) if step.operation.learns), len(steps))
        self.later = list(steps[leading:])
        self.shared = min(len(self.later), max(0, plan - leading)) if cache is not None else 0
        base = digest([described(material.door_schema.columns), material.door_schema.carried, len(frame), _versions()])
        whole = Views(frame, None, base)
        self.fitted_leading: list[NamedStep] = []
        for name, step in steps[:leading]:
            whole, fitted = self._advance(whole, step, rows_key="whole", y=None)
            self.fitted_leading.append((name, fitted))
        self.whole = whole

    def run(
        self, train: Positions, apply: Positions | None
    ) -> tuple[list[NamedStep], pd.DataFrame, pd.DataFrame | None]:
        """Return the fitted steps, the training rows' view, and that of the rows `apply`."""
        frame = self.whole.train
        rows_key = digest([_positions(train), None if apply is None else _positions(apply)])
        views = Views(frame.iloc[train], None if apply is None else frame.iloc[apply], self.whole.key)
        y = self.y.iloc[train]
        fitted = list(self.fitted_leading)
        if self.shared > 1:
            views, done = self._plan(views, self.later[: self.shared], rows_key=rows_key, y=y)
        else:
            views, done = self._each(views, self.later[: self.shared], rows_key=rows_key, y=y)
        views, rest = self._each(views, self.later[self.shared :], rows_key=rows_key, y=y)
        return [*fitted, *done, *rest], views.train, views.apply

    def _plan(
        self, views: Views, steps: list[NamedStep], *, rows_key: str, y: pd.Series
    ) -> tuple[Views, list[NamedStep]]:
        """Return the frame after all steps of the plan, read in one go where another candidate had it made."""
        assert self.cache is not None
        names = [str(name) for name in views.train.columns]
        meaning = [self._key(Views(views.train.iloc[:0], None, ""), step, "") for _, step in steps]
        key = digest(["plan", views.key, names, meaning, rows_key, self.target_key])
        known = self.cache.get(key)
        if known is not None:
            (fitted, order), train, apply = known
            joined = None if views.apply is None or apply is None else _ordered(order, views.apply, apply)
            return Views(_ordered(order, views.train, train), joined, key), fitted
        began = time.perf_counter()
        made, fitted = self._each(views, steps, rows_key=rows_key, y=y)
        if time.perf_counter() - began > self.cache.worth_keeping:
            order = [str(name) for name in made.train.columns]
            own = {name for _, step in fitted for name in step.columns_made_}
            kept = [name for name in order if name in own]
            self.cache.put(key, (fitted, order), made.train[kept], None if made.apply is None else made.apply[kept])
        return Views(made.train, made.apply, key), fitted

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
        known = self.cache.get(key) if self.cache is not None else None
        if known is not None:
            fitted, train, apply = known
            joined = None if views.apply is None or apply is None else join(fitted, views.apply, apply)
            return Views(join(fitted, views.train, train), joined, key), fitted
        began = time.perf_counter()
        fitted = clone(step)
        made = fitted.fit_transform(views.train, y)
        applied = None if views.apply is None else fitted.transform(views.apply)
        columns = fitted.columns_made_
        if self.cache is not None and columns and time.perf_counter() - began > self.cache.worth_keeping:
            self.cache.put(key, fitted, made[columns], None if applied is None else applied[columns])
        return Views(made, applied, key), fitted

    def _key(self, views: Views, step: PlanStep, rows_key: str) -> str:
        """Return the key: the operation's meaning, what its columns hang on, the rows, and the target where it looks.

        A fitted step knows all columns that it was fitted on, so everything that led to the frame counts.
        """
        operation = step.operation
        names = [str(name) for name in views.train.columns]
        inputs = [[column.to_json(), members_of(column, names)] for column in step.inputs]
        outputs = None if step.outputs is None else described(step.outputs)
        meaning = [
            operation.operation,
            operation.version,
            operation.parameters(),
            operation.into,
            operation.keep_source,
        ]
        where = [views.key, names, inputs, outputs, step.removes, step.seed, step.position, rows_key]
        return digest([meaning, where, self.target_key if operation.learns else None])


def _ordered(names: Sequence[str], frame: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Return columns in order, those that were made in place of those that were there."""
    made = made.set_axis(frame.index)
    if not names:
        return pd.DataFrame(index=frame.index)
    return pd.DataFrame({name: made[name] if name in made.columns else frame[name] for name in names}, copy=False)


def join(step: PlanStep, frame: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Return the frame that `step` gives, from the frame that it takes and the columns that it made before."""
    return _ordered([name for name in step.names_out_ if name in made.columns or name in frame.columns], frame, made)


def _positions(rows: Positions) -> str:
    return hashlib.sha256(np.asarray(rows, dtype="<i8").tobytes()).hexdigest()


def _versions() -> list[str]:
    return [version(name) for name in LIBRARIES]


def _write(frame: pd.DataFrame, path: Path) -> None:
    arrays: list[Any] = [pa.array(frame[name].to_numpy(), from_pandas=True) for name in frame.columns]
    names = [str(name) for name in frame.columns]
    feather.write_feather(pa.table(arrays, names=names), str(path), compression="uncompressed")


def _read(path: Path) -> pd.DataFrame:
    table = feather.read_table(str(path), memory_map=True, use_threads=False)
    arrays = {name: array_of(table[name]) for name in table.column_names}
    if not arrays:
        return pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    return pd.DataFrame({name: pd.Series(a, dtype=a.dtype, copy=False) for name, a in arrays.items()}, copy=False)
