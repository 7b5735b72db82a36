"""Gate ``schema`` for feature plans: each step against the columns that the earlier ones leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from planfit.operations.base import Arity, Operation
from planfit.plans.codes import finding, nearest
from planfit.plans.feature_checks import CHECKS, MOST_NAMES, About, StepView, count_fits
from planfit.plans.features import FeaturePlan
from planfit.plans.resolve import ResolvedPlan, ResolvedStep, Table, width_made
from planfit.plans.selectors import Selection, select
from planfit.records.findings import Finding
from planfit.records.schema import Column, Schema
from planfit.records.task import Task
from planfit.settings import MOST_COLUMNS

LISTED_AT_ONCE: Final = 2 * MOST_COLUMNS
"""Columns of one step above which they are counted, not named."""


@dataclass
class _Walk:
    """The walk through a plan; a wrong step is passed with the best knowledge there is."""

    table: Table
    steps: list[ResolvedStep] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    broken: bool = False

    def look_at(self, index: int, plan: FeaturePlan, about: About) -> StepView:
        """Return everything that is known of a step before it is judged."""
        operation = plan.transformations[index]
        selection = select(operation, self.table.columns)
        inputs, unresolved = self._meant(selection)
        outputs, made = _made(operation, inputs, unresolved, about.task)
        return StepView(
            index=index,
            operation=operation,
            before=Table(self.table.columns, dict(self.table.removed)),
            selection=selection,
            about=about,
            earlier=plan.transformations[:index],
            lost=frozenset(self.lost),
            inputs=inputs,
            outputs=outputs,
            made=made,
            unresolved=unresolved,
        )

    def _meant(self, selection: Selection) -> tuple[tuple[Column, ...], int]:
        known = {column.name: column for column in self.table.columns}
        meant: dict[str, Column] = {}
        unresolved = 0
        for mention in selection.mentions:
            picked = mention.columns
            if not picked and not mention.is_selector and mention.text not in selection.taken_back:
                near = nearest(mention.text, known)
                picked = (known[near],) if near is not None else ()
                unresolved += near is None
            meant.update({column.name: column for column in picked})
        return tuple(meant.values()), unresolved

    def pass_by(self, view: StepView, refused: bool) -> None:
        """Go on to the columns that the step leaves. A refused one adds what it would make and removes nothing."""
        if not (refused or (self.broken and (view.unresolved or not view.inputs))):
            self.steps.append(self.table.after(view.index, view.operation, view.inputs, view.about.task))
            return
        self.broken = True
        here = {column.name: column for column in self.table.columns}
        made = view.outputs or ()
        self.table.columns = tuple({**here, **{column.name: column for column in made}}.values())
        self.lost |= {view.operation.into} if view.operation.into else set()
        unknown = [m.text for m in view.selection.mentions if not m.columns and not m.is_selector]
        self.lost |= {column.name for column in _guessed(view, unknown)}


def _guessed(view: StepView, unknown: list[str]) -> tuple[Column, ...]:
    """Return what the step would have made of the columns that are not there: later steps may name it."""
    if not unknown or len(unknown) > MOST_NAMES:
        return ()
    kind = min(type(view.operation).accepts)
    found: list[Column] = []
    for name in unknown:
        made, _ = _made(view.operation, (Column(name=name, kind=kind),), 0, view.about.task)
        found += [column for column in made or () if column.name != name]
    return tuple(found)


def _made(
    operation: Operation, inputs: tuple[Column, ...], unresolved: int, task: Task | None
) -> tuple[tuple[Column, ...] | None, int]:
    """Return what a step makes, and how many columns; of very many only their number."""
    if not inputs or not count_fits(operation, len(inputs) + unresolved):
        return None, 0
    if unresolved and operation.arity is Arity.JOINT:
        return None, 0
    count = width_made(operation, inputs, task)
    return (operation.outputs(inputs, task) if count <= LISTED_AT_ONCE else None), count


def check_features(
    plan: FeaturePlan, schema: Schema, task: Task | None, *, rows: int, memory: int | None = None
) -> tuple[ResolvedPlan | None, tuple[Finding, ...]]:
    """Judge a feature plan against a schema; a broken step does not hide what is wrong with later ones.

    Parameters
    ----------
    plan : FeaturePlan
    schema : Schema
        The columns that the plan starts from.
    task : Task or None
        None: the target is not known.
    rows : int
        For the forecast of memory.
    memory : int or None
        Bytes; None: no limit.

    Returns
    -------
    resolved : the resolved plan, or None where a finding refuses it
    findings : tuple of Finding
    """
    walk, about = _Walk(Table(schema.columns)), About(schema, task, rows, memory)
    findings: list[Finding] = []
    for index in range(len(plan.transformations)):
        view = walk.look_at(index, plan, about)
        found = [each for look in CHECKS for each in look(view)]
        findings += found
        walk.pass_by(view, any(each.refuses for each in found))
    if not walk.table.columns:
        message = "No column is left after the last step." if plan.transformations else "There is no column to use."
        findings.append(finding("nothing-left", "/transformations", message))
        walk.broken = True
    resolved = None if walk.broken else ResolvedPlan(tuple(walk.steps), walk.table.columns)
    return resolved, tuple(findings)
