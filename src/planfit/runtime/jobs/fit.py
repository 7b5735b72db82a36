"""Fit and score one candidate on its folds."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.errors import CandidateFailed
from planfit.models.base import FitReport
from planfit.models.estimator import Model
from planfit.models.metrics import METRICS
from planfit.operations.step import PlanStep, Select
from planfit.records.jobs import FitJob
from planfit.records.scores import FoldOutcome, Score
from planfit.runtime.deadline import Recorded, SoftDeadline
from planfit.runtime.evaluate import score_folds
from planfit.runtime.fold_cache import FoldCache
from planfit.runtime.folds import FoldSteps
from planfit.runtime.inner import inner_parts
from planfit.runtime.jobs.fitting import (
    Recipe,
    complete,
    dump,
    fitted_door,
    recipe,
    require_finite,
    write_predictions,
)
from planfit.runtime.jobs.unfinished import UnfinishedFolds
from planfit.runtime.material import Positions, Sheets
from planfit.runtime.protocol import write_whole

CURVE_LINES: Final = 200
"""Lines of a fold's training curve that are kept."""
LEAST_SHARE: Final = 0.8
"""A fold is not begun when less than this share of the longest one's time is left ..."""
LEAST_SHARE_BY_ROUNDS: Final = 0.25
"""... or than this, for families that can stop after any round."""
RESERVE_PARTS: Final = 0.5
"""Of one fold's share of the time, what is kept for predictions and files: many trees take a third of the fit to predict."""

KEEPS_UP: Final = 0.85
"""Share of the best candidate's gain over the baseline below which a candidate gets no further fold. A judgement: blends
give such members no weight that would be missed."""
FIRST_OVERRUN: Final = 0.1
"""Seconds for which the first fold may go on after its deadline; later ones learn from it."""


@dataclass
class FittedFold:
    """One fold's model and the rows that it is judged on."""

    fold: int
    steps: list[tuple[str, PlanStep]]
    select: Select
    model: Model
    valid: pd.DataFrame
    rows: Positions
    fit_seconds: float
    report: FitReport
    looks: int | None = None
    """The look at the clock at which the fold's time was up."""
    matrix: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    predict_seconds: float = 0.0


def run(job: FitJob, folder: Path, deadline: SoftDeadline) -> dict[str, Any]:
    """Fit every fold, predict the rows that it left out, and write predictions, history and fold models.

    Families that stop early are predicted with the same number of rounds in all folds, the mean of their best: the
    score then owes less to rows that it is computed on.
    """
    sheets = Sheets(job.material)
    plan = recipe(job.material, job.spec, job.features, job.allotment)
    plan.family.load()
    timed = deadline if job.allotment.seconds is not None else SoftDeadline(None)  # a hang guard decides nothing
    cache = FoldCache(Path(plan.material.cache))
    folds, given_up = _fit_folds(plan, sheets, cache, timed, job)
    rounds = _common_rounds(plan, folds)
    for fitted in folds:
        _predict(fitted)
    rows = np.concatenate([fitted.rows for fitted in folds])
    numbers = np.repeat([fitted.fold for fitted in folds], [len(fitted.rows) for fitted in folds])
    matrix = np.concatenate([fitted.matrix for fitted in folds])
    order = np.argsort(rows, kind="stable")
    task = job.material.task
    y = sheets.y.iloc[rows[order]]
    score = score_folds(
        task.metric,
        y,
        matrix[order],
        numbers[order],
        task,
        fit_threshold=True,
        weights=sheets.weights_of(rows[order]),
    )
    if not np.isfinite(score.value):
        raise FloatingPointError(f"{task.metric} is not defined on the out-of-fold predictions.")
    outcomes = _outcomes(folds, score)
    write_predictions(
        folder / "oof.parquet",
        task,
        matrix[order],
        row=rows[order].astype(np.int64),
        fold=numbers[order].astype(np.int16),
    )
    write_whole(folder / "training.jsonl", _history(folds, outcomes))
    models = _write_models(sheets, folds, folder) if job.keep_models else []
    return {
        "score": score,
        "folds": outcomes,
        "rounds": rounds,
        "cut": (given_up is None and len(folds) < _wanted(plan)) or any(fitted.report.cut for fitted in folds),
        "given_up": given_up,
        "finishing": plan.finishing,
        "columns_out": max(len(fitted.valid.columns) for fitted in folds),
        "cache": cache.use,
        "files": {"oof": "oof.parquet", "history": "training.jsonl", "models": models},
    }


def _wanted(plan: Recipe) -> int:
    return min(plan.allotment.folds, plan.material.n_folds)


def _fit_folds(
    plan: Recipe, sheets: Sheets, cache: FoldCache, deadline: SoftDeadline, job: FitJob
) -> tuple[list[FittedFold], str | None]:
    """Return the fitted folds, and why there are no more where the first one showed that more are not worth it.

    With a recorded clock, the same folds are fitted as then, and cut at the same looks.
    """
    steps = FoldSteps(plan.steps, sheets.frame, sheets.y, plan.material, cache, plan.planned)
    fitted: list[FittedFold] = []
    wanted, overrun = _wanted(plan), FIRST_OVERRUN
    given_up: str | None = None
    least = LEAST_SHARE_BY_ROUNDS if plan.family.iterative else LEAST_SHARE
    recorded, unfinished = None if job.clock is None else dict(job.clock), UnfinishedFolds(job.unfinished)
    for fold in range(wanted):
        longest = max((each.fit_seconds for each in fitted), default=0.0)
        left = deadline.left()
        if left is not None and (left == 0 or left < least * longest):
            break
        if recorded is not None and fold > max(recorded):
            break
        train, valid = sheets.fold_rows(fold, plan.allotment.rows)
        if plan.spec.origin == "probe" and plan.allotment.rows is not None:  # the same rows on either side of the probe
            valid = sheets.sample(valid, plan.allotment.rows, "probe", fold)
        if len(train) and len(valid):
            share = deadline.share(wanted - fold + RESERVE_PARTS, after=overrun)
            if recorded is not None:
                share = Recorded(recorded.get(fold))
            known = unfinished.find(fold)
            fitted.append(known or _fit_fold(plan, sheets, steps, fold, (train, valid), share))
            if known is None and not fitted[-1].report.cut:
                unfinished.keep(fold, fitted[-1], fitted[-1].fit_seconds)
            overrun = max(overrun, share.passed())
            given_up = _far_behind(plan, sheets, fitted[-1]) if len(fitted) == 1 < wanted else None
            if given_up is not None:
                break
    if not fitted:
        raise CandidateFailed("Not one fold was finished in time.", cause="timeout")
    return fitted, given_up


def _far_behind(plan: Recipe, sheets: Sheets, first: FittedFold) -> str | None:
    """Say why a candidate gets no further fold, None where it keeps up with the best one well enough."""
    if plan.allotment.race is None:
        return None
    metric, task = METRICS[plan.material.task.metric], plan.material.task
    best, least = (metric.gain(score) for score in plan.allotment.race[first.fold])
    value = score_folds(
        metric,
        sheets.y.iloc[first.rows],
        first.model.predict_matrix(first.valid),
        np.zeros(len(first.rows), dtype=int),
        task,
        fit_threshold=True,
        weights=sheets.weights_of(first.rows),
    ).value
    if not np.isfinite(value) or best <= least:
        return None
    share = (metric.gain(value) - least) / (best - least)
    if share >= KEEPS_UP:
        return None
    return f"On its first fold it gains {max(share, 0.0):.0%} of what the best candidate gains over the baseline there."


def _fit_fold(
    plan: Recipe, sheets: Sheets, steps: FoldSteps, fold: int, rows: tuple[Positions, Positions], deadline: SoftDeadline
) -> FittedFold:
    train, valid = rows
    began = time.perf_counter()
    done, learning, judging = steps.run(train, valid)
    assert judging is not None
    select = plan.select().fit(learning)
    learning, judging = select.transform(learning), select.transform(judging)
    model = plan.estimator(len(train), fold)
    part = (judging, sheets.y.iloc[valid]) if plan.family.iterative else None
    until = deadline if deadline.decides else None
    model.fit(
        learning,
        sheets.y.iloc[train],
        valid=part,
        deadline=until,
        inner=inner_parts(sheets, train),
        weights=sheets.weights_of(train),
        valid_weights=None if part is None else sheets.weights_of(valid),
    )
    seconds = time.perf_counter() - began
    return FittedFold(fold, done, select, model, judging, valid, seconds, model.report_, deadline.cut_at)


def _common_rounds(plan: Recipe, folds: list[FittedFold]) -> int | None:
    """Let every fold predict with the mean of their best rounds, and return it; None for families without rounds."""
    best = [fitted.report.rounds for fitted in folds if fitted.report.rounds is not None]
    if not plan.family.iterative or not best:
        return None
    rounds = max(1, round(float(np.mean(best))))
    for fitted in folds:
        fitted.model.limit_rounds(rounds)
    return rounds


def _predict(fitted: FittedFold) -> None:
    began = time.perf_counter()
    fitted.matrix = require_finite(fitted.model.predict_matrix(fitted.valid), f"fold {fitted.fold}")
    fitted.predict_seconds = time.perf_counter() - began


def _outcomes(folds: list[FittedFold], score: Score) -> list[FoldOutcome]:
    return [
        FoldOutcome(
            fold=fitted.fold,
            score=value,
            rounds=fitted.report.rounds,
            trained=len(fitted.report.curve) or None,
            round_seconds=fitted.report.round_seconds,
            fit_seconds=fitted.fit_seconds,
            predict_seconds=fitted.predict_seconds,
            looks=fitted.looks,
        )
        for fitted, value in zip(folds, score.per_fold, strict=True)
    ]


def _history(folds: list[FittedFold], outcomes: list[FoldOutcome]) -> bytes:
    """Return the history: a line a round, thinned, and a line with what came of each fold."""
    lines: list[dict[str, Any]] = []
    for fitted, outcome in zip(folds, outcomes, strict=True):
        curve = fitted.report.curve
        shown = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), CURVE_LINES)).astype(int))
        lines += [{"fold": fitted.fold, "round": int(i) + 1, "loss": curve[i]} for i in (shown if curve else ())]
        lines.append(outcome.to_json() | {"cut": fitted.report.cut})
    return "".join(json.dumps(each) + "\n" for each in lines).encode()


def _write_models(sheets: Sheets, folds: list[FittedFold], folder: Path) -> list[str]:
    """Write one complete pipeline a fold."""
    door = fitted_door(sheets)
    names = []
    for fitted in folds:
        names.append(f"folds/{fitted.fold}.joblib")
        dump(complete(door, fitted.steps, fitted.select, fitted.model), folder / names[-1])
    return names
