"""Fit one member on all rows, or all but the holdout's, with the rounds that its folds found best."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from planfit.errors import CandidateFailed
from planfit.records.jobs import RefitJob
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.folds import FoldSteps
from planfit.runtime.inner import inner_parts
from planfit.runtime.jobs.fitting import complete, dump, fitted_door, recipe, require_finite
from planfit.runtime.material import Sheets

CHECKED_ROWS: Final = 2_000
"""Rows whose predictions must be finite before the model counts."""


def run(job: RefitJob, folder: Path, deadline: SoftDeadline) -> dict[str, Any]:
    """Fit and write one complete pipeline. A fit that the deadline cuts is a failure: its rounds were decided before."""
    sheets = Sheets(job.material)
    plan = recipe(job.material, job.spec, job.features, job.allotment)
    timed = job.allotment.seconds is not None
    rows = sheets.learning if job.before_holdout else np.arange(len(sheets.y))
    if job.allotment.rows is not None:
        rows = sheets.sample(rows, job.allotment.rows, "refit")
    steps, learning, _ = FoldSteps(plan.steps, sheets.frame, sheets.y, job.material, None).run(rows, None)
    select = plan.select().fit(learning)
    learning = select.transform(learning)
    model = plan.estimator(len(rows), None, job.rounds)
    inner = inner_parts(sheets, rows)
    until = deadline if timed else None
    model.fit(learning, sheets.y.iloc[rows], deadline=until, inner=inner, weights=sheets.weights_of(rows))
    if model.report_.cut:
        raise CandidateFailed("The refit was not finished in time.", cause="timeout")
    if job.rounds is not None:
        model.limit_rounds(job.rounds)
    require_finite(model.predict_matrix(learning.iloc[:CHECKED_ROWS]), "the refit")
    dump(complete(fitted_door(sheets), steps, select, model), folder / "model.joblib")
    return {"files": {"model": "model.joblib"}, "rows_fitted": len(rows)}
