"""The one wrapper around every operation's transformer: named columns in, named columns out, the rest untouched.

Not `ColumnTransformer` (it reorders columns) nor skrub's `ApplyToCols` (no joint naming, no lineage); both also cost
several milliseconds for one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from planfit.errors import UsageError
from planfit.operations.base import Arity, BuildContext, Operation
from planfit.operations.columns import (
    APART,
    DATE,
    NUMBER,
    STRING,
    blank,
    expand,
    matrix_of,
    members_of,
    runs,
    storage_of,
)
from planfit.operations.select import Arrays, NamedColumns, Select
from planfit.records.canonical import seed_of
from planfit.records.schema import Column
from planfit.records.task import Task

__all__ = ["PlanStep", "Select"]


class Part(NamedTuple):
    """What one inner transformer reads and makes."""

    key: str
    """Its key in `fitted_`."""
    storage: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]


class PlanStep(NamedColumns):
    """One step of a feature plan as a scikit-learn transformer.

    Results stand where their source stood when they replace it and at the end when they are added. The group or
    time column of the task's split is never removed (`Select` drops it), since later steps may need it when fitting.

    Parameters
    ----------
    operation : Operation
        The operation with its parameters.
    inputs : tuple of Column
        The columns it works on, resolved; groups such as ``city=*`` stand for all their columns.
    outputs : tuple of Column or None
        What it makes, resolved; None asks the operation.
    removes : tuple of str or None
        Names (or groups) that leave the table; None asks the operation.
    task : Task or None
        Task type, classes and split, for operations that look at the target.
    seed : int
        Seed of the run.
    position : int
        Position in the plan; each step has a random stream of its own.

    Attributes
    ----------
    fitted_ : dict of str to transformer
        By column (EACH), by storage ``number``, ``date``, ``string`` (EACH, columnwise) or ``all`` (else).
    columns_made_ : list of str
        The names that this step made.
    names_out_ : list of str
        All names that come out, in order.
    feature_names_in_ : ndarray of str
        The columns it was fitted on.

    Examples
    --------
    >>> import pandas as pd
    >>> from planfit.operations.categories import OneHotEncode
    >>> frame = pd.DataFrame({"city": ["rome", "oslo"], "age": [3.0, 4.0]})
    >>> city = Column(name="city", kind="categorical")
    >>> step = PlanStep(OneHotEncode(column="city"), (city,)).fit(frame)
    >>> list(step.transform(frame))
    ['city=oslo', 'city=rome', 'age']
    """

    def __init__(
        self,
        operation: Operation,
        inputs: tuple[Column, ...],
        outputs: tuple[Column, ...] | None = None,
        removes: tuple[str, ...] | None = None,
        task: Task | None = None,
        seed: int = 0,
        position: int = 0,
    ) -> None:
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
        self.removes = removes
        self.task = task
        self.seed = seed
        self.position = position

    def fit(self, X: pd.DataFrame, y: Any = None) -> PlanStep:
        """Learn from the rows of `X` (and their targets, where the operation looks at them)."""
        self._fit(X, y, transforming=False)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None, **ignored: Any) -> pd.DataFrame:
        """Learn and return the training rows' view: cross-fitted where the operation looks at the target."""
        return self._assembled(X, self._fit(X, y, transforming=True))

    def recall(self, X: pd.DataFrame, fitted: dict[str, Any]) -> PlanStep:
        """Take over what an equal step has learned of the same columns, whatever stands beside them here.

        Parameters
        ----------
        X : DataFrame
            What `fit` would be given.
        fitted : dict of str to transformer
            The other step's `fitted_`.
        """
        self._fit(X, None, transforming=False, known=fitted)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with the results in place."""
        check_is_fitted(self)
        self._missing(self._needed, X.columns)
        arrays = {name: X[name].to_numpy() for name in self._needed}
        return self._assembled(X, [self._applied(part, arrays, len(X)) for part in self.parts_])

    def transform_arrays(self, columns: Arrays) -> Arrays:
        """Return what `transform` does, for columns as one-dimensional arrays: the lean path of prediction."""
        rows = len(next(iter(columns.values()))) if columns else 0
        self._missing(self._needed, columns)
        made: Arrays = {}
        for part in self.parts_:
            matrix = self._applied(part, columns, rows)
            for place, name in enumerate(part.makes):
                made[name] = matrix[:, place]
        out = {}
        for name in self.names_out_:
            if name in made:
                out[name] = made[name]
            elif name in columns:
                out[name] = columns[name]
        if not self.operation.keeps_only and len(columns) > len(self._known):
            out.update({name: columns[name] for name in columns if name not in self._known and name not in out})
        return out

    # Fitting

    def _fit(
        self, frame: pd.DataFrame, y: Any, *, transforming: bool, known: dict[str, Any] | None = None
    ) -> list[np.ndarray]:
        self._remember(frame)
        if len(frame) == 0:
            raise UsageError(f"{self!r} cannot learn from a table without rows.", hint="Give at least one row.")
        if self.operation.uses_target and y is None and known is None:
            raise UsageError(f"{self!r} looks at the target, and none is given.", hint="Call fit(X, y).")
        members = [(column, members_of(column, list(frame.columns))) for column in self.inputs]
        self._missing((name for _, names in members for name in names), frame.columns)
        self.fitted_: dict[str, Any] = {}
        self.parts_: list[Part] = []
        origin: list[tuple[str, tuple[str, ...]]] = []
        matrices = []
        for key, columns, names in self._jobs(members):
            storage = APART if self.operation.columns_apart else storage_of(columns)
            inner = self.built(columns, self.stream) if known is None else known.get(key)
            if inner is None:
                continue
            if known is None:
                matrix = matrix_of([frame[name].to_numpy() for name in names], storage)
                result = self._fit_one(inner, matrix, y, frame, transforming)
                matrices += [result] if transforming else []
            made = self._names_made(inner, members, key, names)
            self.fitted_[key] = inner
            self.parts_.append(Part(key, storage, tuple(names), tuple(name for _, some in made for name in some)))
            origin += made
        self._settle(frame, members, origin)
        return matrices

    def _jobs(self, members: list[tuple[Column, list[str]]]) -> list[tuple[str, tuple[Column, ...], list[str]]]:
        """Return what each inner transformer is for: its key, its columns, their names."""
        flat = [(column, name) for column, names in members for name in names]
        if not flat:
            return []
        if self.operation.arity is not Arity.EACH:
            return [("all", tuple(column for column, _ in flat), [name for _, name in flat])]
        if not self.operation.columnwise:
            return [(name, (column,), [name]) for column, name in flat]
        jobs = []
        for storage in (NUMBER, DATE, STRING):
            some = [(column, name) for column, name in flat if storage_of((column,)) == storage]
            if some:
                jobs.append((storage, tuple(column for column, _ in some), [name for _, name in some]))
        return jobs

    @property
    def stream(self) -> int:
        """The seed of what this step draws."""
        return seed_of(self.seed, self.position, self.operation.operation)

    def built(self, columns: tuple[Column, ...], seed: int) -> Any:
        """Return the transformer for some of the inputs, unfitted."""
        return self.operation.build(BuildContext(self.task, seed, columns))

    def _fit_one(self, inner: Any, matrix: Any, y: Any, frame: pd.DataFrame, transforming: bool) -> Any:
        target = np.asarray(y) if self.operation.uses_target else None
        extra = {}
        if self.operation.cross_fitted and self.task is not None:
            column = self.task.split.column
            if column is not None and column in frame.columns:
                by = {"group": "groups", "time": "times"}.get(self.task.split.kind)
                extra = {by: frame[column].to_numpy()} if by else {}
        with np.errstate(invalid="ignore", divide="ignore"):  # a column without any value has no mean, and may
            if transforming:
                return np.asarray(inner.fit_transform(matrix, target, **extra))
            inner.fit(matrix, target, **extra)
            return None

    def _names_made(
        self, inner: Any, members: list[tuple[Column, list[str]]], key: str, names: Sequence[str]
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Return (source, names made of it) in the order of the inner transformer's columns."""
        if self.operation.arity is Arity.JOINT:
            declared = self.operation.outputs(self.inputs, self.task) if self.outputs is None else self.outputs
            made = [column.name for column in declared]
            if any(column.group for column in declared):
                made = [declared[0].name[:-1] + name for name in inner.get_feature_names_out(np.asarray(names, object))]
            return [(names[0], tuple(made))]
        owner = {name: column for column, some in members for name in some}
        endings = [self._endings(owner[name], name) for name in names]
        if not self.operation.makes_group:
            return list(zip(names, endings, strict=True))
        stems = [ending[0] for ending in endings]
        if self.operation.columnwise:
            per_source = inner.feature_names_by_source(stems)
        else:
            per_source = [inner.get_feature_names_out(np.asarray(stems, dtype=object))]
        return [(name, tuple(some)) for name, some in zip(names, per_source, strict=True)]

    def _endings(self, column: Column, name: str) -> tuple[str, ...]:
        """Return the names made from one member, or (for operations that make groups) the stem of its group."""
        declared = self.operation.outputs((column,), self.task)
        if column.group:
            rest = name[len(column.name) - 1 :]
            return tuple(one.name[:-1] + rest for one in declared)
        if self.operation.makes_group:
            return tuple(one.name[:-2] for one in declared)
        return tuple(one.name for one in declared)

    def _settle(
        self,
        frame: pd.DataFrame,
        members: list[tuple[Column, list[str]]],
        origin: list[tuple[str, tuple[str, ...]]],
    ) -> None:
        """Decide, once, the order of what comes out."""
        before = [str(name) for name in frame.columns]
        sources = [name for _, names in members for name in names]
        hidden = self.task.split.column if self.task is not None else None
        removed = self._removed(before, sources)
        made = self._made_without_clash(before, removed - {hidden} if hidden else removed, hidden, origin)
        where = dict(made) if self.operation.removes_sources else {}
        out: list[str] = []
        for name in before:
            out += where.pop(name, ())
            if name not in removed:
                out.append(name)
        if not self.operation.removes_sources:
            told = dict(made)
            out += [name for source in sources for name in told.get(source, ())]
        if hidden in removed and hidden not in out:
            out.append(str(hidden))
        self.names_out_ = list(dict.fromkeys(out))
        self.columns_made_ = [name for _, some in made for name in some]
        self._known = frozenset(before)
        self._needed = tuple(dict.fromkeys(name for part in self.parts_ for name in part.reads))

    def _removed(self, before: list[str], sources: list[str]) -> set[str]:
        if self.operation.keeps_only:
            return set(before) - set(sources)
        if self.removes is not None:
            return {name for text in self.removes for name in expand(text, before)}
        return set(sources) if self.operation.removes_sources else set()

    def _made_without_clash(
        self, before: list[str], leaving: set[str], hidden: str | None, origin: list[tuple[str, tuple[str, ...]]]
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Return `origin` with names that the data brought up twice told apart, and write them into the parts.

        Names from the plan were checked against each other; those that contain a value of the data
        (``city=red`` beside a column that is called so) could not be.
        """
        taken = set(before) - leaving - {hidden}
        made = []
        for source, names in origin:
            told = []
            for name in names:
                free, count = name, 2
                while free in taken:
                    free, count = f"{name}_{count}", count + 1
                taken.add(free)
                told.append(free)
            made.append((source, tuple(told)))
        queue = [name for _, names in made for name in names]
        for place, part in enumerate(self.parts_):
            self.parts_[place] = part._replace(makes=tuple(queue[: len(part.makes)]))
            queue = queue[len(part.makes) :]
        return made

    # Applying

    def _applied(self, part: Part, columns: Any, rows: int) -> np.ndarray:
        inner = self.fitted_[part.key]
        if rows == 0 and part.storage != APART:  # scikit-learn refuses to transform nothing
            return np.asarray(inner.transform(blank(len(part.reads), part.storage)))[:0]
        return np.asarray(inner.transform(matrix_of([columns[name] for name in part.reads], part.storage)))

    def _assembled(self, frame: pd.DataFrame, matrices: list[np.ndarray]) -> pd.DataFrame:
        """Put passing and made columns together: one concatenation of contiguous pieces, without copies between."""
        pool = [frame]
        place: dict[str, tuple[int, int]] = {str(name): (0, i) for i, name in enumerate(frame.columns)}
        for part, matrix in zip(self.parts_, matrices, strict=True):
            pool.append(pd.DataFrame(matrix, frame.index, list(part.makes), matrix.dtype, copy=False))
            place.update({name: (len(pool) - 1, i) for i, name in enumerate(part.makes)})
        order = [place[name] for name in self.names_out_ if name in place]
        if not self.operation.keeps_only:
            made = set(self.columns_made_)
            order += [
                (0, i) for i, name in enumerate(frame.columns) if name not in self._known and str(name) not in made
            ]
        pieces = [pool[which].iloc[:, first:last] for which, first, last in runs(order)]
        if not pieces:
            return frame.iloc[:, :0]
        return pieces[0].copy(deep=False) if len(pieces) == 1 else pd.concat(pieces, axis=1)

    def _saying(self) -> str:
        inside = ", ".join(column.name for column in self.inputs[:3])
        more = f" and {len(self.inputs) - 3} more" if len(self.inputs) > 3 else ""
        return f"{self.operation.describe()}: {inside}{more}"
