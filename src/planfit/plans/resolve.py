"""From names to columns: what each step reads, makes and removes. Needs a schema, no rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from planfit.errors import UsageError
from planfit.operations.base import Arity, Operation
from planfit.plans.codes import quoted
from planfit.plans.features import FeaturePlan
from planfit.plans.selectors import select
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task


@dataclass(frozen=True)
class ResolvedStep:
    """One step with its columns."""

    index: int
    operation: Operation
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    """What it makes; groups such as ``city=*`` stand for columns that only the data tells."""
    removes: tuple[str, ...]
    """Columns that leave the table, those included whose name a result takes over."""

    @property
    def path(self) -> str:
        """JSON Pointer of the step in its plan."""
        return f"/transformations/{self.index}"


@dataclass(frozen=True)
class ResolvedPlan:
    """A feature plan with its columns, resolved once, so that all folds agree."""

    steps: tuple[ResolvedStep, ...]
    columns: tuple[Column, ...]
    """What is left at the end, in order."""


@dataclass
class Table:
    """The columns of a table while a plan is walked through."""

    columns: tuple[Column, ...]
    removed: dict[str, int] = field(default_factory=dict)
    """Names that are gone, by the step that removed them."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def after(self, index: int, operation: Operation, inputs: tuple[Column, ...], task: Task | None) -> ResolvedStep:
        """Carry out a step on the names, and return it resolved."""
        outputs = operation.outputs(inputs, task)
        leaving = self._leaving(operation, inputs)
        if operation.keeps_only:
            self.columns = tuple(column for column in self.columns if column.name not in leaving)
        elif leaving:
            self.columns = self._replaced(operation, inputs, outputs, task)
        else:
            self.columns = (*self.columns, *outputs)
        # A clash of names is told elsewhere; here each name counts once, so that one mistake is told once
        self.columns = tuple({column.name: column for column in self.columns}.values())
        here = set(self.names)
        self.removed.update({name: index for name in leaving if name not in here})
        for name in here:
            self.removed.pop(name, None)
        return ResolvedStep(index, operation, inputs, outputs, tuple(leaving))

    def _leaving(self, operation: Operation, inputs: tuple[Column, ...]) -> dict[str, None]:
        named = {column.name: None for column in inputs}
        if operation.keeps_only:
            return {name: None for name in self.names if name not in named}
        return named if operation.removes_sources else {}

    def _replaced(
        self, operation: Operation, inputs: tuple[Column, ...], outputs: tuple[Column, ...], task: Task | None
    ) -> tuple[Column, ...]:
        """Results stand where their source stood, those of several sources where the first one did."""
        if operation.arity is Arity.JOINT:
            made = {inputs[0].name: outputs}
        else:
            made = {column.name: operation.outputs((column,), task) for column in inputs}
        gone = {column.name for column in inputs}
        return tuple(
            new for column in self.columns for new in (made.get(column.name, ()) if column.name in gone else (column,))
        )


def resolve(plan: FeaturePlan, schema: Schema, task: Task | None) -> ResolvedPlan:
    """Resolve a plan that has no errors; see `validate.check_features` for one that may have.

    Raises
    ------
    UsageError
        A step names a column that is not there.

    Examples
    --------
    >>> plan = FeaturePlan(transformations=({"column": "city", "operation": "one_hot_encode"},))
    >>> columns = (Column(name="city", kind=Kind.CATEGORICAL), Column(name="age", kind=Kind.NUMERIC))
    >>> [column.name for column in resolve(plan, Schema(columns=columns), None).columns]
    ['city=*', 'age']
    """
    table = Table(schema.columns)
    steps = []
    for index, operation in enumerate(plan.transformations):
        selection = select(operation, table.columns)
        unknown = [mention.text for mention in selection.mentions if not mention.columns and not mention.is_selector]
        if unknown or not selection.columns:
            what = f"has no column {quoted(unknown)}" if unknown else "picks no column"
            raise UsageError(
                f"Step {index + 1} of the feature plan, {operation.operation}, {what}.",
                hint="`planfit check PLAN DATA` gives every finding.",
            )
        steps.append(table.after(index, operation, selection.columns, task))
    return ResolvedPlan(tuple(steps), table.columns)


def width(columns: tuple[Column, ...]) -> int:
    """Return how many columns there are once groups are unfolded, at the most."""
    return sum(column.width for column in columns)


def width_made(operation: Operation, inputs: tuple[Column, ...], task: Task | None) -> int:
    """Return how many columns a step makes, without naming each: products of many columns are too many to list."""
    if operation.arity is Arity.JOINT and len(inputs) > 1:
        together = Column(name="all=*", kind=inputs[0].kind, group=True, width=width(inputs))
        return width(operation.outputs((together,), task))
    return width(operation.outputs(inputs, task))


def bytes_of(columns: tuple[Column, ...], rows: int) -> int:
    """Return the memory that columns take in a frame: 8 bytes a number, a pointer and a short text otherwise."""
    flat = (Kind.NUMERIC, Kind.BOOLEAN, Kind.DATETIME)
    return sum(rows * column.width * (8 if column.kind in flat else 64) for column in columns)
