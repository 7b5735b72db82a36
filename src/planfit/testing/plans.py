"""Random valid feature plans and tables to carry them out on, of every operation in the catalogue, plug-ins included."""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
import pandas as pd

from planfit.operations.base import Operation
from planfit.operations.registry import operations
from planfit.plans.features import FeaturePlan, step_document
from planfit.plans.resolve import Table
from planfit.plans.validate import check_features
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task
from planfit.testing.cases import Case
from planfit.testing.frames import columns_of, texts, typed

KINDS = {
    "a": Kind.NUMERIC, "b c": Kind.NUMERIC, "x*": Kind.NUMERIC, "@numeric": Kind.BOOLEAN, "city": Kind.CATEGORICAL,
    'quo"te': Kind.CATEGORICAL, "note": Kind.TEXT, "key": Kind.IDENTIFIER, "when": Kind.DATETIME,
    "__class__": Kind.DATETIME, "same": Kind.CONSTANT,
}  # fmt: skip
"""Names that are awkward on purpose."""
WORDS = (
    "rome",
    "oslo",
    "são paulo",
    "",
    " ",
    "3.5",
    "1,250 kg",
    "a-b-c",
    "'; DROP TABLE t; --",
    "<b>",
    "\x1b[31m",
    "‮",
    "nan",
)
WIDEST = 60
"""Columns of a table in a random plan."""


def random_table(source: random.Random, rows: int) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Return a table as the door gives it, with gaps, extremes and repeated values.

    Parameters
    ----------
    source : random.Random
    rows : int
    """
    frame = pd.DataFrame({name: _values(source, kind, rows) for name, kind in KINDS.items()})
    frame = typed(frame, KINDS)
    return frame, columns_of(frame, KINDS)


def _values(source: random.Random, kind: Kind, rows: int) -> Any:
    gaps = source.choice((0.0, 0.0, 0.2, 1.0))

    def some(draw: Any) -> list[Any]:
        return [None if source.random() < gaps else draw() for _ in range(rows)]

    if kind is Kind.NUMERIC:
        scale = source.choice((0.0, 1.0, 1e6, 1e-9, 1e99))
        extreme = (np.inf, -np.inf, 0.0, -1.0)
        drawn = some(lambda: source.choice(extreme) if source.random() < 0.1 else round(source.gauss(0, 2), 1) * scale)
        return np.array(drawn, dtype=float)
    if kind is Kind.BOOLEAN:
        return np.array(some(lambda: float(source.random() < 0.5)), dtype=float)
    if kind is Kind.DATETIME:
        start = np.datetime64("1969-12-01T23:59:59", "us")
        return np.array(
            [np.datetime64("NaT") if day is None else start + np.timedelta64(day, "h") for day in some(lambda: source.randint(0, 9999))],
            dtype="datetime64[us]",
        )  # fmt: skip
    if kind is Kind.CONSTANT:
        return texts(*["so"] * rows)
    many = 1 if kind is Kind.CATEGORICAL else 4
    return texts(*some(lambda: " ".join(source.choice(WORDS) for _ in range(many))))


def random_plan(schema: Schema, task: Task | None, source: random.Random, steps: int = 5) -> FeaturePlan:
    """Return a feature plan that validation accepts: random operations, columns and parameters.

    Parameters
    ----------
    schema : Schema
    task : Task or None
        None: no step looks at the target.
    source : random.Random
    steps : int
        At the most; a draw that validation refuses is left out.
    """
    catalogue = [each for each in operations().values() if task is not None or not each.uses_target]
    chosen: list[Operation] = []
    table = Table(schema.columns)
    for place in range(steps):
        step = _random_step(source.choice(catalogue), table.columns, source, place)
        if step is None:
            continue
        plan = FeaturePlan(transformations=(*chosen, step))
        resolved, findings = check_features(plan, schema, task, rows=schema.rows)
        if resolved is None or any(found.refuses for found in findings):
            continue
        if sum(column.width for column in resolved.columns) > WIDEST:
            continue
        chosen.append(step)
        table = Table(resolved.columns)
    return FeaturePlan(transformations=tuple(step_document(step) for step in chosen))


def _random_step(
    kind: type[Operation], columns: tuple[Column, ...], source: random.Random, place: int
) -> Operation | None:
    able = [column for column in columns if column.kind in kind.accepts]
    parameters = dict(_random_parameters(kind, source))
    if source.random() < 0.3 or kind.fewest_columns != 1:
        parameters["into"] = f"made {place}"
    if source.random() < 0.3:
        parameters["keep_source"] = source.random() < 0.5
    if kind.fewest_columns == 0:
        wanted = {column.kind for column in able if not column.group}
        if not {Kind.NUMERIC, Kind.BOOLEAN, Kind.CATEGORICAL, Kind.DATETIME} <= wanted:
            return None
        return Case(kind, parameters).operation(tuple(column for column in able if not column.group))
    most = min(len(able), kind.most_columns or 4)
    if most < kind.fewest_columns:
        return None
    picked = source.sample(able, source.randint(kind.fewest_columns, most))
    if len(picked) > 1 and kind.fewest_columns == 1 and "into" in parameters:
        del parameters["into"]
    return Case(kind, parameters).operation(tuple(picked))


def _random_parameters(kind: type[Operation], source: random.Random) -> Iterator[tuple[str, Any]]:
    for name, field in kind.model_fields.items():
        if name in Operation.model_fields or field.is_required() or source.random() < 0.5:
            continue
        several = get_args(field.annotation) if get_origin(field.annotation) in (Union, UnionType) else ()
        for annotation in (field.annotation, *several):
            if get_origin(annotation) is Literal:
                yield name, source.choice(get_args(annotation))
                break
            if annotation is bool:
                yield name, source.random() < 0.5
                break
        else:
            low = next((one.ge for one in field.metadata if hasattr(one, "ge")), None)
            high = next((one.le for one in field.metadata if hasattr(one, "le")), None)
            if isinstance(low, int) and isinstance(field.default, int):
                yield name, source.randint(low, min(high if isinstance(high, int) else low + 5, low + 5))
