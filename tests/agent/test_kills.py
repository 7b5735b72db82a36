"""Killed at random moments, a second time in a third of the cases, and resumed: it ends as if nothing had happened."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit

Drive = Callable[..., dict[str, Any] | None]
SHARED = ("search", "plans", "oof", "score", "delivered", "predicted", "again")
KILLS = int(os.environ.get("PLANFIT_KILLS", "200"))
"""Random moments that the slow test tries."""
ARGUMENTS = {"max_candidates": 3, "models": ["linear", "knn"]}
MOST_OF_A_GAP = 0.6
"""Seconds after an event within which it is killed: most steps take less."""


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that two families learn in a moment, with something for a feature plan to do."""
    rng = np.random.default_rng(0)
    usage, town = rng.normal(size=240), rng.integers(0, 30, 240)
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 240), "D")
    logit = 1.2 * usage + 0.3 * (town % 3) + 0.6 * rng.logistic(size=240)
    columns = {"usage": usage, "town": [f"town {t}" for t in town], "joined": joined.strftime("%Y-%m-%d")}
    path = tmp_path_factory.mktemp("quick") / "customers.csv"
    pd.DataFrame({**columns, "churned": np.where(logit > 0.3, "yes", "no")}).to_csv(path, index=False)
    return path


def strike(
    drive: Drive, store: Path, quick: Path, whole: dict[str, Any], source: random.Random, none_left: Callable[[], None]
) -> int:
    """Kill a run at a random moment, perhaps once more while it is resumed; let it end and compare. Return the kills."""
    kills = 0
    for do in ("run", "resume")[: 2 if source.random() < 1 / 3 else 1]:
        arguments = {"arguments": ARGUMENTS} if do == "run" else {}
        delay = {"kill_delay": source.random() * MOST_OF_A_GAP} if source.random() < 0.5 else {}
        most = whole["events"] if do == "run" else 8  # soon enough to strike what is left
        found = drive(store, do, path=quick, kill_after=source.randint(1, most), **arguments, **delay)
        kills += found is None
        if found is None and not list(store.glob("run_*")):
            return kills  # before its first event: no run was begun
    none_left()
    left = planfit.open_run(store=store)
    problems = [p for p in left.verify().problems if "no event announces" not in p and "leftover" not in p]
    assert [p for p in problems if "never finished" not in p] == []
    ended = drive(store, "resume", path=quick)
    assert ended is not None
    assert ended["status"] == "finished"
    assert ended["sound"]
    assert {name: ended[name] for name in SHARED} == {name: whole[name] for name in SHARED}
    assert len(set(ended["keys"])) == len(ended["keys"]), "a finished step was recorded twice"
    return kills


@pytest.fixture(scope="module")
def whole(quick: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run gives that nobody disturbs."""
    import json
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("whole")
    order = {"do": "run", "given": [str(quick), "Predict which customers have churned"], "data": str(quick)}
    order["arguments"] = {**ARGUMENTS, "store": str(folder / "store")}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("driver.py")), json.dumps(order)],
        capture_output=True, text=True, check=True, env={**os.environ, "PLANFIT_HOME": str(folder / "home")},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_killed_at_random_a_few_times(
    drive: Drive, quick: Path, whole: dict[str, Any], tmp_path: Path, none_left: Callable[[], None]
) -> None:
    source = random.Random(1)
    assert sum(strike(drive, tmp_path / f"{n}", quick, whole, source, none_left) for n in range(2)) > 0


@pytest.mark.slow
def test_killed_at_random_two_hundred_times(
    drive: Drive, quick: Path, whole: dict[str, Any], tmp_path: Path, none_left: Callable[[], None]
) -> None:
    source = random.Random(int(os.environ.get("PLANFIT_SEED", "0")))
    kills = sum(strike(drive, tmp_path / f"{n}", quick, whole, source, none_left) for n in range(KILLS))
    print(f"{KILLS} runs, {kills} kills")
    assert kills >= 0.9 * KILLS
