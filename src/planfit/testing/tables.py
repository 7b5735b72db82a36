"""Tables and tasks on which the contract of a model family is checked, and fits on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from planfit.models.base import Family, FitContext
from planfit.models.estimator import Model
from planfit.models.metrics import default_metric
from planfit.operations.step import Select
from planfit.records.schema import Column, Kind
from planfit.records.task import Label, SplitSpec, Task, TaskType
from planfit.runtime.compile import finishing_steps

KINDS: dict[str, Kind] = {
    "age": Kind.NUMERIC, "income": Kind.NUMERIC, "member": Kind.BOOLEAN, "city": Kind.CATEGORICAL,
    "postcode": Kind.CATEGORICAL, "joined": Kind.DATETIME, "note": Kind.TEXT, "key": Kind.IDENTIFIER,
    "same": Kind.CONSTANT,
}  # fmt: skip
"""The columns of `messy_frame`, one or more of every kind."""


ROUNDS = 30
"""Rounds or trees that the checks allow: enough to see that they work."""


def messy_frame(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Return a typed frame, as the door gives it: gaps, heavy tails, lone categories, many levels, dates, text."""
    source = np.random.default_rng(seed)
    words = np.asarray(["good", "bad", "late", "fast", "cold", "broken", "friendly"])
    frame = pd.DataFrame(
        {
            "age": source.normal(40, 12, rows),
            "income": np.exp(source.normal(10, 1, rows)),
            "member": source.integers(0, 2, rows).astype(float),
            "city": source.choice(np.asarray(["rome", "oslo", "lima", "são paulo"], dtype=object), rows),
            "postcode": np.asarray([f"z{number}" for number in source.integers(0, 300, rows)], dtype=object),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(source.integers(0, 900, rows), unit="D"),
            "note": np.asarray([" ".join(source.choice(words, 4)) for _ in range(rows)], dtype=object),
            "key": np.asarray([f"id-{number:05d}" for number in range(rows)], dtype=object),
            "same": np.asarray(["always"] * rows, dtype=object),
        }
    )
    frame["joined"] = frame["joined"].astype("datetime64[us]")
    for place, name in enumerate(("age", "member", "city", "joined", "note")):
        frame.loc[frame.index[place::17], name] = pd.NaT if name == "joined" else np.nan
    frame.loc[frame.index[3], "city"] = "seen once"
    return frame.astype(dict.fromkeys(("city", "postcode", "note", "key", "same"), object))


def columns_of(frame: pd.DataFrame, kinds: dict[str, Kind] | None = None) -> tuple[Column, ...]:
    """Return the columns of a typed frame as records."""
    kinds = kinds or KINDS
    return tuple(
        Column(
            name=name,
            kind=kinds[name],
            dtype=str(frame[name].dtype),
            n_unique=int(frame[name].nunique()),
            missing=int(frame[name].isna().sum()),
            sources=(name,),
        )
        for name in map(str, frame.columns)
    )


def signal(frame: pd.DataFrame) -> pd.Series:
    """Return numbers that follow from `messy_frame`'s columns, gaps included."""
    age, city = frame["age"].fillna(60.0), frame["city"].map({"rome": 12.0, "oslo": -12.0}).fillna(0.0)
    return age + city + 6.0 * frame["note"].fillna("").str.contains("good").astype(float) - 45.0


def target_for(task_type: TaskType, frame: pd.DataFrame, labels: Sequence[Label] = ("no", "yes")) -> pd.Series:
    """Return a target of that type which a model can learn from `messy_frame`."""
    values = signal(frame)
    if task_type == "regression":
        return values
    if task_type == "binary":
        return pd.Series([labels[int(above)] for above in values > values.median()], index=frame.index)
    thirds = pd.qcut(values.rank(method="first"), 3, labels=False)
    return pd.Series(np.asarray(["high", "low", "mid"], dtype=object)[thirds], index=frame.index)


def task_for(task_type: TaskType, y: pd.Series, **changes: Any) -> Task:
    """Return a task on such a target, judged by its default metric."""
    metric = default_metric(task_type)
    classes = () if task_type == "regression" else tuple(sorted(set(y.tolist())))
    return Task(
        sentence="Predict the target",
        target="target",
        task_type=task_type,
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        classes=classes,
        positive_class=classes[-1] if task_type == "binary" else None,
        split=SplitSpec(kind="random" if task_type == "regression" else "stratified"),
    ).having(**changes)


def unfitted(family: Family, frame: pd.DataFrame, task: Task, columns: tuple[Column, ...], **changes: Any) -> Pipeline:
    """Return finishing steps, `Select` and the family's estimator, on the typed columns themselves.

    `changes` replace fields of the `FitContext`.
    """
    steps, final = finishing_steps(family, columns, task, seed=7)
    select = Select(tuple(column.name for column in final), tuple(column.kind for column in final))
    params = family.defaults(len(frame), len(final), task)
    context = FitContext(task, columns, final, len(frame), rounds=ROUNDS, learning_rate=None, seed=7, threads=1)
    return Pipeline([*steps, ("select", select), ("model", family.build(params, replace(context, **changes)))])


def fitted(
    family: Family,
    frame: pd.DataFrame,
    y: pd.Series,
    task: Task,
    *,
    kinds: dict[str, Kind] | None = None,
    valid: tuple[pd.DataFrame, pd.Series] | None = None,
    deadline: Callable[[], bool] | None = None,
    **changes: Any,
) -> Pipeline:
    """Return the fitted pipeline; `valid` rows pass through the same steps, for early stopping."""
    pipeline = unfitted(family, frame, task, columns_of(frame, kinds), **changes)
    table, later = frame, None if valid is None else valid[0]
    for _, step in pipeline.steps[:-1]:
        table = step.fit_transform(table, y)
        later = None if later is None else step.transform(later)
    part = None if valid is None or later is None else (later, valid[1])
    pipeline.steps[-1][1].fit(table, y, valid=part, deadline=deadline)
    return pipeline


def matrix_of(pipeline: Pipeline, frame: pd.DataFrame) -> np.ndarray:
    """Return the prediction matrix of a fitted pipeline."""
    model: Model = pipeline.steps[-1][1]
    return model.predict_matrix(finished(pipeline, frame))


def finished(pipeline: Pipeline, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that reach the estimator."""
    for _, step in pipeline.steps[:-1]:
        frame = step.transform(frame)
    return frame


def require_predictions(matrix: np.ndarray, rows: int, task: Task) -> None:
    """Assert that a prediction matrix is what every room relies on."""
    assert matrix.shape == (rows, len(task.classes) if task.is_classification else 1)
    assert matrix.dtype == np.float64
    assert np.isfinite(matrix).all()
    if task.is_classification:
        assert (matrix >= 0).all()
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-9)


def each_task(family: Family, frame: pd.DataFrame) -> list[tuple[pd.Series, Task]]:
    targets = [(kind, target_for(kind, frame)) for kind in sorted(family.tasks)]
    return [(y, task_for(kind, y)) for kind, y in targets]
