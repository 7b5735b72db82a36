"""A run whose time limit was so short that it cut fits short is replayed to the same predictions, with no clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.planners.expert.expert import Expert
from planfit.planners.scripted import Scripted
from planfit.records.events import StepFinished


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty thousand rows on which six seconds are not enough."""
    rng = np.random.default_rng(3)
    numbers = rng.normal(size=(40_000, 10))
    logit = numbers[:, 0] * numbers[:, 1] + np.sin(2 * numbers[:, 2]) + 0.5 * rng.logistic(size=len(numbers))
    frame = pd.DataFrame(numbers.round(4), columns=[f"n{place}" for place in range(10)])
    frame["town"] = rng.integers(0, 50, len(frame)).astype(str) + "th"
    frame["left"] = np.where(logit > 0, "yes", "no")
    path = tmp_path_factory.mktemp("wide") / "customers.csv"
    frame.to_csv(path, index=False)
    return path


def cut_short(run: planfit.Run) -> list[str]:
    """Return what the clock ended within a job: fits, folds that were left out, whole candidates."""
    found: list[str] = []
    for event in run.events:
        body: Any = event.body
        if isinstance(body, StepFinished) and isinstance(body.result, dict) and body.result.get("cut"):
            found.append(body.name)
        elif body.kind == "candidate_failed" and body.failure.cause == "timeout":
            found.append(body.failure.spec.id)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scripted", [False, True])
def test_a_run_that_the_clock_cut_short_is_replayed(scripted: bool, table: Path, tmp_path: Path) -> None:
    planner: Any = Scripted(["{", None], only=["FeaturePlan"], otherwise=Expert()) if scripted else "expert"
    run = planfit.run(table, "Predict who has left", time_limit=8, store=tmp_path, planner=planner)
    assert cut_short(run), "the limit was long enough; the test says nothing"
    found = planfit.replay(run, table)
    assert found.equal, found.difference
    assert found.rows == 40_000
