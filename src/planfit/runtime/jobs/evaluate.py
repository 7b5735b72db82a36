"""Score the chosen model on the holdout, and say which raw columns it lives on and what its predictions show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from planfit.data.door import Door
from planfit.models.metrics import METRICS, target_values
from planfit.records.canonical import canonical_json, seed_of
from planfit.records.insight import Insight
from planfit.records.jobs import EvaluateJob
from planfit.records.scores import ImportanceRow
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.evaluate import bootstrap_interval
from planfit.runtime.inner import group_numbers
from planfit.runtime.insight.whole import Predicted, look, out_of_fold
from planfit.runtime.jobs.fitting import require_finite, write_predictions
from planfit.runtime.material import Positions, Sheets
from planfit.runtime.protocol import write_whole
from planfit.settings import IMPORTANCE_REPEATS, IMPORTANCE_ROWS

IMPORTANCE_MODELS: Final = 2
"""Fold models that importance is measured with: those of the heaviest members. All of them would cost many times more."""
IMPORTANCE_FOLDS: Final = 3
"""Folds whose validation rows stand in where there is no holdout."""
IMPORTANCE_TIME: Final = 0.6
"""Share of the time that importance may take; the rest is for how predictions move with columns and where they fail."""
IMPORTANCE_COLUMNS: Final = 150
"""Columns that are measured one by one. Of a wider table, those of the blocks that matter most when shuffled whole."""

Member = tuple[str, float, tuple[str, ...]]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Stand:
    """A model and the typed rows on which importance is measured with it."""

    pipelines: list[tuple[float, Pipeline]]
    frame: pd.DataFrame
    rows: Positions


def run(job: EvaluateJob, folder: Path, deadline: SoftDeadline) -> dict[str, Any]:
    """Evaluate; the holdout is read only where the job says so."""
    until = deadline.sooner(job.importance_seconds)
    sheets = Sheets(job.material)
    result: dict[str, Any] = {"holdout": None, "importance": [], "predictions": None, "files": {}}
    held: Predicted | None = None
    if job.on == "holdout":
        scored, matrix = _score_holdout(job, sheets, folder)
        result |= scored
        held = Predicted("holdout", sheets.holdout, matrix)
    if job.importance:
        stands = [stand for stand in _stands(job, sheets) if len(stand.rows)]
        rows = importance(job, sheets, stands, until.share(1 / IMPORTANCE_TIME))
        result["importance"] = [row.to_json() for row in rows]
        result |= _look_closer(job, sheets, held, stands, tuple(rows), until, folder)
    return result


def _look_closer(
    job: EvaluateJob,
    sheets: Sheets,
    held: Predicted | None,
    stands: list[Stand],
    rows: tuple[ImportanceRow, ...],
    until: Callable[[], bool],
    folder: Path,
) -> dict[str, Any]:
    """Write ``insight.json``; where the look itself fails, the score must not be lost with it."""
    try:
        insight = _look(job, sheets, held, stands, rows, until)
    except Exception as error:
        return {"insight_failed": f"{type(error).__name__}: {error}"}
    if insight is None:
        return {}
    write_whole(folder / "insight.json", canonical_json(insight))
    kept = {} if held is None else {"predictions": "predictions.parquet"}
    return {"files": {**kept, "insight": "insight.json"}}


def _look(
    job: EvaluateJob,
    sheets: Sheets,
    held: Predicted | None,
    stands: list[Stand],
    rows: tuple[ImportanceRow, ...],
    until: Callable[[], bool],
) -> Insight | None:
    """Return what the predictions show; None where there are none to look at."""
    own = None if job.oof is None else out_of_fold(job.oof)
    found = [each for each in (held, own) if each is not None and len(each.rows)]
    if not found or not stands:
        return None
    return look(
        sheets,
        shown=found[0],
        most=max(found, key=lambda each: len(each.rows)),
        importance=rows,
        predict=partial(_predict_stand, stands[0]),
        frame=stands[0].frame,
        until=until,
        threshold=job.threshold,
    )


def _score_holdout(job: EvaluateJob, sheets: Sheets, folder: Path) -> tuple[dict[str, Any], Matrix]:
    task, rows = job.material.task, sheets.holdout
    metric = METRICS[task.metric]
    typed = Door(job.material.door_schema).transform(sheets.raw(rows))
    matrix = require_finite(weighted_average(job.members, typed), "the chosen model")
    y = sheets.y.iloc[rows]
    weights = sheets.weights_of(rows)
    value = metric.score(target_values(y, task), matrix, task, weights, threshold=job.threshold)
    seed = seed_of(job.material.seed, "bootstrap")
    groups = _groups_of(sheets, rows)
    low, high = bootstrap_interval(
        metric, y, matrix, task, seed=seed, threshold=job.threshold, groups=groups, weights=weights
    )
    if not np.isfinite(value):
        raise FloatingPointError(f"{task.metric} is not defined on the {len(rows)} rows of the holdout.")
    write_predictions(folder / "predictions.parquet", task, matrix, row=rows.astype(np.int64))
    scored = {
        "holdout": {
            "value": value,
            "low": low if np.isfinite(low) else value,  # where no draw of rows has the metric defined
            "high": high if np.isfinite(high) else value,
            "rows": len(rows),
        },
        "predictions": "predictions.parquet",
        "files": {"predictions": "predictions.parquet"},
    }
    return scored, matrix


def _groups_of(sheets: Sheets, rows: Positions) -> NDArray[np.int64] | None:
    """Return the number of each row's group where rows were divided by group; a row without one is its own."""
    split = sheets.material.task.split
    if split.kind != "group" or split.column not in sheets.frame.columns:
        return None
    return group_numbers(sheets.frame[split.column].iloc[rows])


def weighted_average(members: tuple[Member, ...], typed: pd.DataFrame) -> Matrix:
    """Return the weighted average of all members' fold models; one model is in memory at a time."""
    total = sum(weight for _, weight, _ in members)
    parts = [
        weight / total / len(paths) * predict(joblib.load(path), typed)
        for _, weight, paths in members
        for path in paths
    ]
    return np.asarray(np.sum(parts, axis=0))


def predict(pipeline: Pipeline, typed: pd.DataFrame) -> Matrix:
    """Return a pipeline's prediction matrix for rows that have passed its door."""
    for _, step in pipeline.steps[1:-1]:
        typed = step.transform(typed)
    return np.asarray(pipeline.steps[-1][1].predict_matrix(typed))


def importance(job: EvaluateJob, sheets: Sheets, stands: list[Stand], until: Callable[[], bool]) -> list[ImportanceRow]:
    """Return permutation importance of the raw columns, most important first; columns for which no time is left are missing.

    A column is shuffled after the door instead of before it, which is the same: the door reads each row and column by itself.
    """
    if not stands:
        return []
    task = job.material.task
    metric = METRICS[task.metric]
    rows = np.concatenate([stand.rows for stand in stands])
    y, weights = target_values(sheets.y.iloc[rows], task), sheets.weights_of(rows)

    def gain(matrices: list[Matrix]) -> float:
        return metric.gain(metric.score(y, np.concatenate(matrices), task, weights, threshold=job.threshold))

    whole = gain([_predict_stand(stand, stand.frame) for stand in stands])

    def losses_of(names: tuple[str, ...]) -> list[float]:
        shuffled = [_shuffled(stand, names, job.material.seed) for stand in stands]
        return [whole - gain([each[repeat] for each in shuffled]) for repeat in range(IMPORTANCE_REPEATS)]

    found = []
    names = tuple(dict.fromkeys((*job.first, *job.material.door_schema.names)))
    for name in _worth_measuring(names, losses_of, until):
        if until():
            break
        losses = losses_of((name,))
        if np.isfinite(losses).all():
            found.append(ImportanceRow(column=name, mean=float(np.mean(losses)), std=float(np.std(losses))))
    return sorted(found, key=lambda row: -row.mean)


def _worth_measuring(
    names: tuple[str, ...], losses_of: Callable[[tuple[str, ...]], list[float]], until: Callable[[], bool]
) -> tuple[str, ...]:
    """Return the columns to measure one by one: all, or of a wide table those in the blocks that matter most."""
    if len(names) <= IMPORTANCE_COLUMNS:
        return names
    size = math.isqrt(len(names))
    blocks = [names[start : start + size] for start in range(0, len(names), size)]
    matters = [0.0 if until() else float(np.nan_to_num(np.mean(losses_of(block)))) for block in blocks]
    ranked = sorted(zip(matters, blocks, strict=True), key=lambda entry: -entry[0])
    return tuple(name for _, block in ranked for name in block)[:IMPORTANCE_COLUMNS]


def _stands(job: EvaluateJob, sheets: Sheets) -> list[Stand]:
    return _on_holdout(job, sheets) if job.on == "holdout" else _out_of_fold(job, sheets)


def _on_holdout(job: EvaluateJob, sheets: Sheets) -> list[Stand]:
    """Return one stand: a fold model of each of the heaviest members, or several of one, on a sample of the holdout."""
    rows = sheets.sample(sheets.holdout, IMPORTANCE_ROWS, "importance")
    heaviest = sorted(job.members, key=lambda member: -member[1])[:IMPORTANCE_MODELS]
    each = max(1, IMPORTANCE_MODELS // len(heaviest))
    chosen = [(weight, path) for _, weight, paths in heaviest for path in paths[:each]]
    return [Stand(_loaded(chosen), sheets.frame.iloc[rows], rows)]


def _out_of_fold(job: EvaluateJob, sheets: Sheets) -> list[Stand]:
    """Return a stand a fold: the heaviest member's model of that fold on rows that it was not fitted on."""
    _, weight, paths = max(job.members, key=lambda member: member[1])
    used = paths[:IMPORTANCE_FOLDS]
    stands = []
    for number, path in enumerate(used):
        stem = Path(path).stem
        fold = int(stem) if stem.isdigit() else number
        rows = sheets.sample(sheets.fold_rows(fold)[1], IMPORTANCE_ROWS // len(used), "importance", fold)
        stands.append(Stand(_loaded([(weight, path)]), sheets.frame.iloc[rows], rows))
    return stands


def _loaded(chosen: list[tuple[float, str]]) -> list[tuple[float, Pipeline]]:
    total = sum(weight for weight, _ in chosen)
    return [(weight / total, joblib.load(path)) for weight, path in chosen]


def _predict_stand(stand: Stand, frame: pd.DataFrame) -> Matrix:
    return np.asarray(sum(weight * predict(pipeline, frame) for weight, pipeline in stand.pipelines))


def _shuffled(stand: Stand, names: tuple[str, ...], seed: int) -> list[Matrix]:
    """Return the predictions with columns shuffled together, once a repeat; all repeats pass the pipeline together."""
    draw = np.random.default_rng(seed_of(seed, "importance", *names))
    orders = [draw.permutation(len(stand.rows)) for _ in range(IMPORTANCE_REPEATS)]
    stacked = pd.concat([stand.frame] * IMPORTANCE_REPEATS, ignore_index=True)
    for name in names:
        values = stand.frame[name].to_numpy()
        stacked[name] = pd.Series(np.concatenate([values[order] for order in orders]), dtype=stand.frame[name].dtype)
    return np.split(_predict_stand(stand, stacked), IMPORTANCE_REPEATS)
