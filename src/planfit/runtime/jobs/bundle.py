"""Put members together into the model that is delivered."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from planfit.models.ensemble import WeightedEnsemble
from planfit.models.fast_path import FastPath
from planfit.records.jobs import BundleJob, LatencyJob
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.jobs.fitting import dump, require_finite
from planfit.runtime.material import Sheets

TIMED_ROWS: Final = 12
"""Rows that are predicted one by one for the latency."""


def run(job: BundleJob, folder: Path, deadline: SoftDeadline) -> dict[str, Any]:
    """Write ``model.joblib`` (raw columns in, predictions out) and ``pipeline.joblib`` (its heaviest member's steps)."""
    sheets = Sheets(job.material)
    model = WeightedEnsemble(load_members(job.members), job.material.task, job.threshold)
    rows = sheets.raw(np.arange(min(TIMED_ROWS, len(sheets.y))))
    require_finite(model.predict_matrix(rows), "the delivered model")
    dump(model, folder / "model.joblib")
    dump(model.heaviest[:-1], folder / "pipeline.joblib")
    return {"files": {"model": "model.joblib", "pipeline": "pipeline.joblib"}, "one_row_ms": one_row_ms(model, rows)}


def measure(job: LatencyJob, folder: Path, deadline: SoftDeadline) -> dict[str, Any]:
    """Say how long one row takes; nothing is written."""
    sheets = Sheets(job.material)
    model = WeightedEnsemble(load_members(job.members), job.material.task)
    rows = sheets.raw(np.arange(min(TIMED_ROWS, len(sheets.y))))
    model.predict_matrix(rows)
    return {"one_row_ms": one_row_ms(model, rows)}


def one_row_ms(model: WeightedEnsemble, rows: pd.DataFrame) -> float:
    """Return the median milliseconds of one row through the loaded bundle, which takes the lean path where there is one."""
    lean = FastPath(model)
    spans = []
    for place in range(len(rows)):
        row = rows.iloc[place : place + 1]
        began = time.perf_counter()
        model.predictions(lean.predict_matrix(row, 1) if lean.available else model.predict_matrix(row), row.index)
        spans.append(time.perf_counter() - began)
    return 1000 * statistics.median(spans)


def load_members(members: tuple[tuple[str, float, tuple[str, ...]], ...]) -> list[tuple[str, float, Pipeline]]:
    """Return the pipelines with their weights; fold models share their member's weight, and all share one door."""
    loaded: list[tuple[str, float, Pipeline]] = []
    for name, weight, paths in members:
        for number, path in enumerate(paths):
            pipeline: Pipeline = joblib.load(path)
            if loaded and pipeline.steps[0][1].schema == loaded[0][2].steps[0][1].schema:
                pipeline.steps[0] = loaded[0][2].steps[0]
            loaded.append((name if len(paths) == 1 else f"{name}/{number}", weight / len(paths), pipeline))
    return loaded
