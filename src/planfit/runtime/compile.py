"""From a resolved plan to scikit-learn: door, one `PlanStep` a step, select."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.pipeline import Pipeline

from planfit.data.door import Door
from planfit.models.base import Family, names_of
from planfit.models.finishing import step
from planfit.models.registry import families
from planfit.operations.base import Arity, Operation
from planfit.operations.step import PlanStep, Select
from planfit.plans.features import FeaturePlan, read_step
from planfit.plans.resolve import ResolvedPlan, ResolvedStep, Table, resolve
from planfit.plans.selectors import select
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

FINISHING_POSITION = 1_000
"""Finishing steps are counted from here, so that none shares its random stream with a step of the plan."""

MOST_PRINTED = 30
"""Steps that a pipeline prints."""


def feature_steps(resolved: ResolvedPlan, task: Task | None, seed: int) -> list[tuple[str, PlanStep]]:
    """Return the steps of a plan by name, e.g. ``01_target_encode``, unfitted."""
    return _steps(resolved, task, seed, "", 0)


def finishing_steps(
    family: Family, columns: tuple[Column, ...], task: Task, seed: int
) -> tuple[list[tuple[str, PlanStep]], tuple[Column, ...]]:
    """Return what a family needs to accept columns, and the columns after it.

    A finishing step passes over what the feature plan has made already, such as the indicator of a missing value.

    Parameters
    ----------
    family : Family
    columns : tuple of Column
        What the feature plan left.
    task : Task
    seed : int

    Returns
    -------
    steps : list of (str, PlanStep)
        Named ``finish_01_...``, unfitted.
    columns : tuple of Column
    """
    return _finished((family.finishing,), columns, task, seed)


def numeric_steps(
    columns: tuple[Column, ...], task: Task, seed: int
) -> tuple[list[tuple[str, PlanStep]], tuple[Column, ...]]:
    """Return what makes all columns numbers without gaps: what a linear model needs, texts become numbers as well.

    Parameters
    ----------
    columns : tuple of Column
        What the feature plan left.
    task : Task
    seed : int

    Returns
    -------
    steps, columns
        As `finishing_steps` does.
    """
    return _finished((_texts_to_numbers, families()["linear"].finishing), columns, task, seed)


def _texts_to_numbers(columns: tuple[Column, ...], task: Task) -> list[dict[str, Any]]:
    return step("tfidf", names_of(columns, Kind.TEXT))


def _finished(
    stages: tuple[Callable[[tuple[Column, ...], Task], list[dict[str, Any]]], ...],
    columns: tuple[Column, ...],
    task: Task,
    seed: int,
) -> tuple[list[tuple[str, PlanStep]], tuple[Column, ...]]:
    """Carry out on the names what each stage asks for, given the columns that it finds."""
    table = Table(columns)
    steps: list[ResolvedStep] = []
    for stage in stages:
        for document in stage(table.columns, task):
            operation = read_step(document)
            inputs = _not_made_yet(operation, select(operation, table.columns).columns, table, task)
            if inputs:
                steps.append(table.after(len(steps), operation, inputs, task))
    resolved = ResolvedPlan(tuple(steps), table.columns)
    return _steps(resolved, task, seed, "finish_", FINISHING_POSITION), resolved.columns


class FeaturePipeline(Pipeline):
    """scikit-learn's `Pipeline`, which prints a step a line: what each does to which columns."""

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        steps = [f"    ({name!r}, {step!r})" for name, step in self.steps]
        if len(steps) > MOST_PRINTED:
            steps[MOST_PRINTED - 1 : -1] = [f"    ... and {len(steps) - MOST_PRINTED} more"]
        return "Pipeline([\n" + ",\n".join(steps) + ",\n])"


def select_step(columns: tuple[Column, ...]) -> Select:
    """Return the last step: the final columns in order, everything else dropped."""
    return Select(tuple(column.name for column in columns), tuple(column.kind for column in columns))


def compile_plan(
    plan: FeaturePlan, door_schema: Schema, task: Task | None, seed: int, *, numeric: bool = False
) -> Pipeline:
    """Return the unfitted Pipeline of a plan: raw table in, features out.

    Parameters
    ----------
    plan : FeaturePlan
        A plan without errors; see `plans.validate.check_features`.
    door_schema : Schema
        The raw columns that it starts from.
    task : Task or None
    seed : int
    numeric : bool, default=False
        Whether further steps make numbers without gaps of what the plan leaves; only with a task.

    Examples
    --------
    >>> import pandas as pd
    >>> from planfit.records.schema import Kind
    >>> plan = FeaturePlan(transformations=({"column": "age", "operation": "standard_scale"},))
    >>> pipeline = compile_plan(plan, Schema(columns=(Column(name="age", kind=Kind.NUMERIC),)), None, seed=0)
    >>> [name for name, _ in pipeline.steps]
    ['door', '01_standard_scale', 'select']
    >>> pipeline.fit_transform(pd.DataFrame({"age": [20, 40]}))["age"].tolist()
    [-1.0, 1.0]
    """
    resolved = resolve(plan, door_schema, task)
    finishing: list[tuple[str, PlanStep]] = []
    columns = resolved.columns
    if numeric and task is not None:
        finishing, columns = numeric_steps(columns, task, seed)
    steps: list[tuple[str, Any]] = [
        ("door", Door(door_schema)),
        *feature_steps(resolved, task, seed),
        *finishing,
        ("select", select_step(columns)),
    ]
    return FeaturePipeline(steps)


def _not_made_yet(operation: Operation, inputs: tuple[Column, ...], table: Table, task: Task) -> tuple[Column, ...]:
    if operation.removes_sources or operation.keeps_only or operation.arity is Arity.JOINT:
        return inputs
    there = set(table.names)
    return tuple(
        column for column in inputs if not any(made.name in there for made in operation.outputs((column,), task))
    )


def _steps(resolved: ResolvedPlan, task: Task | None, seed: int, lead: str, first: int) -> list[tuple[str, PlanStep]]:
    return [
        (
            f"{lead}{step.index + 1:02d}_{step.operation.operation}",
            PlanStep(step.operation, step.inputs, step.outputs, step.removes, task, seed, first + step.index),
        )
        for step in resolved.steps
    ]
