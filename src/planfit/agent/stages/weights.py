"""How much each row counts, where a column says so: in every fit and every score, and never as a feature."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from planfit.agent.session import Session
from planfit.data.door import Door
from planfit.errors import UsageError
from planfit.records.profile import Profile
from planfit.records.schema import Kind, Schema
from planfit.records.task import Task

if TYPE_CHECKING:
    from planfit.agent.stages.split import Rows

Array = np.ndarray[Any, Any]
RULE = "The column of row weights counts in every fit and score, and no model may use it."


def admit_weight(session: Session, known: Profile) -> None:
    """Refuse a column of weights that is not there or holds no numbers."""
    name = session.request.sample_weight
    if name is None:
        return
    if name not in known.names:
        near = get_close_matches(name, known.names, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known.names[:10])}."
        raise UsageError(f"There is no column {name!r} to weigh rows by.", hint=hint)
    if known.column(name).kind is not Kind.NUMERIC:
        raise UsageError(
            f"Rows cannot be weighed by {name!r}: it holds {known.column(name).kind.value} values.",
            hint="Name a column of positive numbers with --sample-weight.",
        )


def with_weight(session: Session, task: Task) -> Task:
    """Return the task with its column of weights."""
    name = session.request.sample_weight
    if name is None:
        return task
    if name in (task.target, task.split.column):
        what = "predicted" if name == task.target else "what rows are divided by"
        raise UsageError(
            f"{name!r} is {what}, so rows cannot be weighed by it.", hint="Name another column with --sample-weight."
        )
    session.note("task", RULE, f"rows are weighed by {name!r}", "The user named it.", column=name)
    return task.having(weight=name)


def read_weights(rows: Rows, task: Task) -> Array | None:
    """Return the weights of the rows with a known target, 1 on average; None where all count the same.

    Raises
    ------
    UsageError
        A row has no positive number.
    """
    if task.weight is None:
        return None
    column = rows.profile.column(task.weight).having(sources=(task.weight,))
    schema = Schema(columns=(column,), target=task.target, rows=len(rows.y))
    values = Door(schema).fit_transform(rows.table.frame.select([task.weight]))[task.weight].to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise UsageError(
            f"The weight {task.weight!r} is not a positive number in {int(wrong.sum()):,} of {len(values):,} rows.",
            hint="Leave out the rows that do not count, or give them a small weight.",
        )
    return np.asarray(values / values.mean())


def weights_of(session: Session, rows: Array) -> Array | None:
    """Return the weights of some rows, by their positions in the material's files."""
    import polars as pl

    path = session.settled.weights
    return None if path is None else np.asarray(pl.read_parquet(path)["weight"].to_numpy()[rows])
