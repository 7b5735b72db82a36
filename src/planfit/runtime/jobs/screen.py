"""Look for columns worth making: a quick model gets many, and the gain of its splits says which it leans on.

Rows of two folds alone take part, each once to fit on and once to stop early on, so that the rows of the other folds can
confirm what is found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.data.split import validation_rows
from planfit.operations.columns import members_of
from planfit.records.jobs import ScreenJob
from planfit.records.schema import Column
from planfit.records.scores import Allotment, CandidateSpec, Screened
from planfit.runtime.deadline import Recorded, SoftDeadline
from planfit.runtime.discovery import Idea, ideas, made_columns, same_to_a_tree
from planfit.runtime.folds import FoldSteps
from planfit.runtime.jobs.fitting import Recipe, recipe
from planfit.runtime.material import Positions, Sheets

FAMILY: Final = "lightgbm"
RAW: Final[dict[str, Any]] = {"transformations": []}
RATE: Final = 0.1
ROUNDS: Final = 200
FRACTION: Final = 0.3
"""Columns that a tree may look at: alike columns share their gain otherwise, and a column needs luck to be seen."""
LEAST_SHARE: Final = 0.25
"""Of the gain that a column has on average, what a made one must have, in both models."""
MOST_KEPT: Final = 24


def run(job: ScreenJob, folder: Path, deadline: SoftDeadline) -> dict[str, Any]:
    """Screen, and return what was looked at, the most useful first."""
    sheets = Sheets(job.material)
    deadline = deadline if job.clock is None else Recorded(*job.clock)
    first, second = (sheets.sample(validation_rows(sheets.part, fold), job.rows, "screen", fold) for fold in job.folds)
    plan = _recipe(job)
    steps = FoldSteps(plan.steps, sheets.frame, sheets.y, job.material, None)
    sides = [_Side(plan, sheets, steps, *rows) for rows in ((first, second), (second, first))]
    leaned_on = np.mean([side.gains(None, deadline) for side in sides], axis=0)
    ranked = _ranked(plan, leaned_on, sides[0].names)
    pool = ideas(ranked, sheets.frame.iloc[np.concatenate([first, second])], job.material.task)
    made = [side.made(job, sheets, pool, deadline) for side in sides]
    kept = _distinct(made)
    shares = [side.gains(columns, deadline) for side, columns in zip(sides, _pick(made, kept), strict=True)]
    found = _judged([pool[place] for place in kept], shares, len(sides[0].names), made[0], kept)
    return {
        "screened": [entry.to_json() for entry in found],
        "ideas": len(pool),
        "rows": len(first) + len(second),
        "cut": deadline.up,
        "looks": deadline.cut_at,
        "files": {},
    }


def _recipe(job: ScreenJob) -> Recipe:
    params = {"feature_fraction": FRACTION, "extra_trees": False, "num_leaves": 31, "rounds": ROUNDS, "patience": 20}
    spec = CandidateSpec(id="screen", family=FAMILY, params=params, features="v0", origin="probe")
    allotment = Allotment(folds=1, learning_rate=RATE, threads=job.threads)
    return recipe(job.material, spec, RAW, allotment)


class _Side:
    """One direction: fitted on some rows, stopped early on others."""

    def __init__(self, plan: Recipe, sheets: Sheets, steps: FoldSteps, train: Positions, valid: Positions) -> None:
        self.plan, self.sheets, self.rows = plan, sheets, (train, valid)
        _, learning, judging = steps.run(train, valid)
        assert judging is not None
        select = plan.select().fit(learning)
        self.learning, self.judging = select.transform(learning), select.transform(judging)
        self.names = [str(name) for name in self.learning.columns]

    def gains(self, extra: tuple[pd.DataFrame, pd.DataFrame] | None, deadline: SoftDeadline) -> NDArray[np.float64]:
        """Return each column's share of the gain of all splits, raw ones first."""
        train, valid = self.rows
        learning, judging = self.learning, self.judging
        if extra is not None:
            learning = pd.concat([learning, extra[0].set_axis(learning.index)], axis=1)
            judging = pd.concat([judging, extra[1].set_axis(judging.index)], axis=1)
        y = self.sheets.y
        model = self.plan.estimator(len(train), 0)
        model.fit(
            learning,
            y.iloc[train],
            valid=(judging, y.iloc[valid]),
            deadline=deadline,
            weights=self.sheets.weights_of(train),
            valid_weights=self.sheets.weights_of(valid),
        )
        booster = getattr(model, "booster_", None)
        gain = np.zeros(learning.shape[1]) if booster is None else booster.feature_importance("gain").astype(float)
        return np.asarray(gain / max(float(gain.sum()), 1e-300))

    def made(
        self, job: ScreenJob, sheets: Sheets, pool: list[Idea], deadline: SoftDeadline
    ) -> dict[int, tuple[pd.DataFrame, pd.DataFrame]]:
        """Return the columns of each idea, for both parts; ideas for which no time is left are missing."""
        train, valid = (sheets.frame.iloc[rows] for rows in self.rows)
        y = sheets.y.iloc[self.rows[0]]
        found = {}
        for place, idea in enumerate(pool):
            if deadline():
                break
            found[place] = made_columns(
                idea, job.material.door_schema, job.material.task, train, y, valid, job.material.seed
            )
        return found


Made = dict[int, tuple[pd.DataFrame, pd.DataFrame]]


def _ranked(plan: Recipe, gains: NDArray[np.float64], names: list[str]) -> list[Column]:
    """Return the raw columns, most useful first; what finishing made of a column counts for it."""
    raw = {column.name: column for column in plan.raw}
    gain_of = dict(zip(names, gains.tolist(), strict=True))
    own = dict.fromkeys(raw, 0.0)
    for column in plan.columns:
        worth = sum(gain_of[name] for name in members_of(column, names))
        for source in column.sources or (column.name,):
            own[source] = own.get(source, 0.0) + worth
    return sorted(raw.values(), key=lambda column: -own[column.name])


def _distinct(made: list[Made]) -> list[int]:
    """Return the ideas that vary and that no earlier one equals to a tree."""
    seen: set[bytes] = set()
    kept = []
    for place, (train, _) in made[0].items():
        if place not in made[1]:
            continue
        marks = [same_to_a_tree(train[name].to_numpy(dtype=float)) for name in train.columns]
        if all(mark is not None and mark not in seen for mark in marks):
            seen.update(mark for mark in marks if mark is not None)
            kept.append(place)
    return kept


def _pick(made: list[Made], kept: list[int]) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    return [
        (
            pd.concat([columns[place][0] for place in kept], axis=1) if kept else pd.DataFrame(),
            pd.concat([columns[place][1] for place in kept], axis=1) if kept else pd.DataFrame(),
        )
        for columns in made
    ]


def _judged(
    pool: list[Idea], shares: list[NDArray[np.float64]], raw: int, made: Made, kept: list[int]
) -> list[Screened]:
    """Return every idea with its share of the gain in both models; the best that have enough are kept."""
    average = 1.0 / max(len(shares[0]), 1)
    found, start = [], raw
    for idea, place in zip(pool, kept, strict=True):
        width = made[place][0].shape[1]
        each = [float(share[start : start + width].sum()) for share in shares]
        start += width
        found.append((idea, float(np.mean(each)), min(each)))
    found.sort(key=lambda entry: -entry[1])
    return [
        Screened(
            steps=idea.steps,
            operation=idea.operation,
            columns=idea.columns,
            gain=round(gain, 6),
            least=round(least, 6),
            kept=number < MOST_KEPT and least >= LEAST_SHARE * average,
        )
        for number, (idea, gain, least) in enumerate(found)
    ]
