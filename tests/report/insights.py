"""Insights into made-up predictions, by the code that makes them in a run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planfit.records.insight import Curve, Dependence, Insight, Slice, SliceInsight
from planfit.records.schema import Kind
from planfit.records.task import Task
from planfit.runtime.insight import classes, numbers


def of_classes(task: Task, rows: int = 400, column: str = "tenure", label: str = "= yes") -> Insight:
    draw = np.random.default_rng(0)
    codes = draw.integers(0, len(task.classes), rows)
    matrix = draw.random((rows, len(task.classes)))
    matrix[np.arange(rows), codes] += 0.7
    matrix /= matrix.sum(axis=1, keepdims=True)
    return Insight(
        source="holdout",
        rows=rows,
        classes=classes.look(codes, matrix, task),
        slices=_slices(column, label, "roc_auc", greater=True),
        dependence=(_dependence(column, 0), _levels(column, label)),
    )


def of_numbers(rows: int = 400, column: str = "rooms", label: str = "1 to 3") -> Insight:
    draw = np.random.default_rng(0)
    y = np.exp(draw.normal(3, 1, rows))
    return Insight(
        source="out_of_fold",
        rows=rows,
        numbers=numbers.look(y, y * draw.uniform(0.8, 1.2, rows), seed=0),
        slices=_slices(column, label, "rmse", greater=False),
        dependence=(_dependence(column, 0),),
    )


def frame(rows: int = 600) -> pd.DataFrame:
    """A frame with a group, `city` = Bern, in which nothing can be predicted."""
    draw = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "tenure": np.where(draw.random(rows) < 0.1, np.nan, draw.uniform(0, 70, rows)),
            "city": draw.choice(["Bern", "Basel", "Chur"], rows),
            "when": pd.date_range("2024-01-01", periods=rows, freq="D"),
            "active": draw.integers(0, 2, rows).astype(float),
        }
    )


def _slices(column: str, label: str, measure: str, *, greater: bool) -> SliceInsight:
    worst = Slice(column=column, label=label, rows=55, value=0.61, low=0.5, high=0.7, observed=0.2, predicted=0.3)
    return SliceInsight(
        measure=measure, greater_is_better=greater, overall=0.84, source="out_of_fold", rows=900, examined=44,
        worst=(worst,),
    )  # fmt: skip


def _dependence(column: str, of: int) -> Dependence:
    line = Curve(of=of, x=(), y=(0.1, 0.4, 0.3))
    return Dependence(column=column, kind=Kind.NUMERIC, at=("1", "2", "5"), places=(1.0, 2.0, 5.0), lines=(line,))


def _levels(column: str, label: str) -> Dependence:
    line = Curve(of=0, x=(), y=(0.1, 0.4))
    return Dependence(column=f"{column} 2", kind=Kind.CATEGORICAL, at=(label, "other"), lines=(line,), share=(0.7, 0.3))
