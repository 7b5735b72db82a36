"""From a resolved plan to scikit-learn steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.pipeline import Pipeline

from planfit.data.door import Door
from planfit.models.base import Family
from planfit.operations.base import Arity, Operation
from planfit.operations.step import PlanStep, Select
from planfit.plans.features import FeaturePlan, read_step
from planfit.plans.resolve import ResolvedPlan, ResolvedStep, Table, resolve
from planfit.plans.selectors import select
from planfit.records.canonical import seed_of
from planfit.records.schema import Column, Schema
from planfit.records.task import Task

Steps = list[tuple[str, PlanStep]]


def feature_steps(resolved: ResolvedPlan, task: Task | None, seed: int) -> Steps:
    """Return the unfitted steps of a plan, named ``01_target_encode`` and so on.

    Parameters
    ----------
    seed : int
        The run's; each step derives its own from it, its place and its meaning.
    """
    return [
        (f"{step.index + 1:02d}_{step.operation.operation}", _plan_step(step, task, seed)) for step in resolved.steps
    ]


def finishing_steps(
    family: Family, columns: tuple[Column, ...], task: Task, seed: int
) -> tuple[Steps, tuple[Column, ...]]:
    """Return what a family adds so that it can take `columns`, and the columns that reach its estimator.

    A finishing step passes over what the feature plan has made already, such as the indicator of a missing value.
    """
    table = Table(columns)
    steps: Steps = []
    for document in family.finishing(columns, task):
        operation = read_step(document)
        inputs = _unmade(operation, select(operation, table.columns).columns, table, task)
        if not inputs:
            continue
        step = table.after(len(steps), operation, inputs, task)
        steps.append((f"finish_{len(steps) + 1:02d}_{operation.operation}", _plan_step(step, task, seed)))
    return steps, table.columns


def compile_plan(plan: FeaturePlan, door_schema: Schema, task: Task | None, seed: int) -> Pipeline:
    """Return the unfitted Pipeline of a plan: the door, a step for each transformation, the selection of what is left."""
    resolved = resolve(plan, door_schema, task)
    return Pipeline(
        [("door", Door(door_schema)), *feature_steps(resolved, task, seed), ("select", selection(resolved.columns))]
    )


def selection(columns: Sequence[Column]) -> Select:
    """Return the step that leaves just `columns`."""
    return Select(tuple(column.name for column in columns), tuple(column.kind for column in columns))


def _plan_step(step: ResolvedStep, task: Task | None, seed: int) -> PlanStep:
    meaning: list[Any] = [
        step.operation.operation,
        step.operation.parameters(),
        [column.name for column in step.inputs],
    ]
    return PlanStep(
        step.operation,
        step.inputs,
        step.outputs,
        step.removes,
        task,
        seed_of(seed, "step", meaning),
        step.index,
    )


def _unmade(operation: Operation, inputs: tuple[Column, ...], table: Table, task: Task | None) -> tuple[Column, ...]:
    """Return the inputs whose results are not in the table yet."""
    if operation.removes_sources or operation.keeps_only or operation.arity is Arity.JOINT:
        return inputs
    there = set(table.names)
    return tuple(
        column for column in inputs if not any(made.name in there for made in operation.outputs((column,), task))
    )
