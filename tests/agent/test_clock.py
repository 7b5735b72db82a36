"""A run that is limited in time ends inside it, and what its clock decided is followed when it is resumed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit

LIMIT = 8.0
ALLOWED = LIMIT * 1.05 + 2.0


@pytest.fixture
def large() -> pd.DataFrame:
    """20,000 rows of fifteen columns."""
    rng = np.random.default_rng(1)
    rows = 20_000
    table = pd.DataFrame({f"n{i}": rng.normal(size=rows) for i in range(11)})
    for i in range(3):
        table[f"c{i}"] = rng.choice([f"level {j}" for j in range(4**i * 5)], rows)
    logit = table["n0"] * table["n1"] + table["n2"] + (table["c0"] == "level 1") + rng.logistic(size=rows)
    return table.assign(outcome=np.where(logit > 0, "yes", "no"))


def test_a_run_ends_inside_its_time_limit(large: pd.DataFrame, tmp_path: Path) -> None:
    began, busy = time.monotonic(), os.getloadavg()[0]
    run = planfit.run(large, "Predict the outcome", target="outcome", time_limit=LIMIT, store=tmp_path)
    seconds = time.monotonic() - began
    crowded = shares_the_machine() or max(busy, os.getloadavg()[0]) > (os.cpu_count() or 1)
    assert seconds <= ALLOWED + (LIMIT if crowded else 0.0), "others who use the machine are allowed for"
    assert run.status == "finished"
    assert run.summary.holdout is not None
    assert crowded or run.summary.cv["score"] > run.summary.baseline
    assert len(run.predict(large.head(10))) == 10
    assert any(event.body.kind == "clock_decided" for event in run.events)


def test_with_a_clock_a_lone_candidate_gets_the_threads_of_all_workers(large: pd.DataFrame, tmp_path: Path) -> None:
    """Without one, where what lands first is chance, it would change results."""
    given = {"target": "outcome", "models": ["lightgbm"], "max_candidates": 1, "features": {"transformations": []}}
    threads = {}
    for limit in (30.0, None):
        run = planfit.run(
            large.head(2_000), "Predict the outcome", time_limit=limit, store=tmp_path / str(limit), **given
        )
        request = run.events[0].body.request
        (made,) = [e.body for e in run.events if e.body.kind == "step_finished" and e.body.name == "candidate c002"]
        threads[limit] = made.result["allotment"]["threads"] / request.threads
        assert request.workers == threads[limit] or limit is None
    assert threads[None] == 1


def test_a_limit_that_is_too_short_is_refused(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(planfit.UsageError, match="at least 5 seconds"):
        planfit.run(table, "Predict churned", time_limit=3, store=tmp_path)


def test_what_the_clock_decided_is_followed(
    drive: Callable[..., Any], tmp_path: Path, none_left: Callable[[], None]
) -> None:
    timed = {"time_limit": 12, "seed": 3}
    assert drive(tmp_path, arguments=timed, kill_after=2, kill_kind="clock_decided", kill_delay=0.1) is None
    none_left()
    before = decisions(planfit.open_run(store=tmp_path))
    assert before, "nothing was decided by the clock before the kill"
    found = drive(tmp_path, "resume")
    assert found is not None
    assert found["status"] == "finished"
    assert len(set(found["keys"])) == len(found["keys"])
    run = planfit.open_run(store=tmp_path)
    after = decisions(run)
    assert after[: len(before)] == before
    asked = [(key, name) for key, name, _ in after]
    assert len(set(asked)) == len(asked), "the clock was asked twice"
    assert run.events[-1].body.seconds < 12 * 1.05 + 2 + 2 * 12  # the sittings together; others use the machine too


def shares_the_machine() -> bool:
    """Return whether other tests run beside this one; the load of the last minute does not tell it at the start."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1


def decisions(run: planfit.Run) -> list[tuple[str, str, Any]]:
    bodies = [event.body for event in run.events if event.body.kind == "clock_decided"]
    return [(body.key, body.name, body.value) for body in bodies]
