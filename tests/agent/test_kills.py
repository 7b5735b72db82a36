"""Killed at random moments, again while it is resumed, refused by the disk: resumed at last, it ends as if nothing had been."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

import planfit
from planfit.runtime import launch
from planfit.store.files import hash_file
from planfit.store.store import Store

HERE = Path(__file__).parent
SENTENCE = "Predict which customers have churned"
SHARED = ("search", "plans", "oof", "score", "delivered", "predicted", "again")
FAULTS = int(os.environ.get("PLANFIT_FAULTS", "60"))
"""Changes of the disk that the slow test lets fail, spread over those that a run makes."""
KILLS = int(os.environ.get("PLANFIT_KILLS", "200"))
"""Random moments that the slow test tries; PLANFIT_SEED draws others."""
ARGUMENTS = {"max_candidates": 3, "models": ["linear"]}
"""One model and two trials of tuning it: every stage, in a few seconds."""
MARK = "PLANFIT_FORGE"
"""Environment variable that every process of a forge bears."""


class Forge:
    """Runs forked from a warm process; `drive` returns what the driver prints, None where the run was killed."""

    def __init__(self, home: Path, data: Path) -> None:
        self.home, self.data, self.mark = home, data, f"{os.getpid()}-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "forge.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**launch.environment(1), MARK: self.mark},
        )  # fmt: skip

    def drive(self, store: Path, do: str, **order: Any) -> dict[str, Any] | None:
        given = [str(self.data), SENTENCE] if do == "run" else ["latest"]
        arguments = {"store": str(store), **(ARGUMENTS if do == "run" else {})}
        document = {"do": do, "given": given, "arguments": arguments, "data": str(self.data), "tune": True, **order}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**document, "home": str(self.home)}) + "\n")
        self.process.stdin.flush()
        ended = json.loads(self.process.stdout.readline())
        if ended["status"] == -9:
            return None
        assert ended["status"] == 0, ended["err"]
        found: dict[str, Any] = json.loads(ended["out"])
        return found

    def left(self) -> list[psutil.Process]:
        """Return what lives of the runs that were forked."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
            except psutil.Error:
                continue
            if ours and process.pid != self.process.pid:
                found.append(process)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """A warm process, and a table with something for a feature plan to do."""
    folder = tmp_path_factory.mktemp("forge")
    rng = np.random.default_rng(0)
    usage, town = rng.normal(size=240), rng.integers(0, 30, 240)
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 240), "D")
    logit = 1.2 * usage + 0.3 * (town % 3) + 0.6 * rng.logistic(size=240)
    columns = {"usage": usage, "town": [f"town {t}" for t in town], "joined": joined.strftime("%Y-%m-%d")}
    pd.DataFrame({**columns, "churned": np.where(logit > 0.3, "yes", "no")}).to_csv(folder / "c.csv", index=False)
    made = Forge(folder / "home", folder / "c.csv")
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run gives that nobody disturbs."""
    found = forge.drive(tmp_path_factory.mktemp("whole"), "run")
    assert found is not None
    return found


@pytest.fixture
def stores(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for stores, in memory where there is one: hundreds of runs bring many small files to the disk."""
    monkeypatch.setenv("PLANFIT_HOME", str(forge.home))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


def moment(whole: dict[str, Any], source: random.Random, begun: int, share: float) -> dict[str, Any]:
    """Draw when to kill, in this share of what is left: every event is as likely as any other, or every second is."""
    at = [datetime.fromisoformat(each).timestamp() for each in whole["at"][begun:]]
    if len(at) < 2 or source.random() < 0.5:
        return {"kill_after": source.randint(1, max(1, round(share * len(at))))}
    second = at[0] + source.random() * share * (at[-1] - at[0])
    passed = sum(each <= second for each in at)
    return {"kill_after": passed, "kill_delay": second - at[passed - 1]}


def strike(
    forge: Forge, store: Path, whole: dict[str, Any], source: random.Random, kills: int, counts: Counter[str]
) -> None:
    """Kill a run at random moments, each time when it was resumed; let it end at last, compare, and count."""
    counts["runs"] += 1
    begun = 0
    for kill in range(kills):
        when = moment(whole, source, begun, 2 / (1 + kills - kill))
        if forge.drive(store, "run" if begun == 0 else "resume", **when) is not None:
            counts["ended before a kill"] += 1
            break
        counts["kills"] += 1
        if not list(store.glob("run_*")):
            counts["killed before the first event"] += 1
            continue
        counts["killed while resuming"] += begun > 0
        left = planfit.open_run(store=store)
        begun = len(left.events)
        last = left.events[-1].body
        counts[f"in {getattr(last, 'stage', None) or last.kind}"] += 1
        passing = ("no event announces", "leftover", "never finished")
        problems = [p for p in left.verify().problems if not any(words in p for words in passing)]
        assert problems == []
    ended = forge.drive(store, "resume" if begun else "run")
    assert ended is not None
    assert ended["status"] == "finished"
    assert ended["sound"]
    assert {name: ended[name] for name in SHARED} == {name: whole[name] for name in SHARED}
    assert len(set(ended["keys"])) == len(ended["keys"]), "a finished step was recorded twice"
    assert ended["redone"] == [], "a finished step was done again"
    counts["came to the same end"] += 1


def killed(forge: Forge, stores: Path, whole: dict[str, Any], kills: list[int], seed: int) -> Counter[str]:
    """Strike a run for each of `kills`, that often; then see that no process of theirs is left."""
    source, counts = random.Random(seed), Counter[str]()
    for n, times in enumerate(kills):
        strike(forge, stores / f"{n}", whole, source, times, counts)
    ends = time.monotonic() + 20
    while (left := forge.left()) and time.monotonic() < ends:
        time.sleep(0.1)
    assert not left
    return counts


def test_the_run_that_is_killed_has_every_stage(whole: dict[str, Any]) -> None:
    assert {plan[0] for plan in whole["plans"]} >= {"task", "feature_engineering", "model_search", "training"}
    assert any(plan[3].get("move") == "tune" for plan in whole["plans"])
    assert whole["status"] == "finished"


@pytest.mark.slow
def test_a_run_from_the_forge_is_as_any_other(
    forge: Forge, whole: dict[str, Any], drive: Callable[..., Any], stores: Path
) -> None:
    found = drive(stores, path=forge.data, arguments=ARGUMENTS, tune=True)
    assert {name: found[name] for name in SHARED} == {name: whole[name] for name in SHARED}


def test_killed_at_twenty_random_moments(forge: Forge, whole: dict[str, Any], stores: Path) -> None:
    """Four runs, each killed five times on its way."""
    counts = killed(forge, stores, whole, [5] * 4, seed=1)
    assert counts["kills"] >= 18
    assert counts["came to the same end"] == 4


@pytest.mark.slow
def test_killed_at_random_two_hundred_times(forge: Forge, whole: dict[str, Any], stores: Path) -> None:
    """Every run at one moment, a third of them once more while they are resumed."""
    seed = int(os.environ.get("PLANFIT_SEED", "0"))
    counts = killed(forge, stores, whole, [2 if n % 3 == 2 else 1 for n in range(KILLS)], seed)
    print(dict(counts))
    assert counts["kills"] >= 0.9 * KILLS
    assert counts["came to the same end"] == KILLS


@pytest.mark.slow
def test_a_disk_that_fails_once_anywhere_in_a_run(forge: Forge, whole: dict[str, Any], stores: Path) -> None:
    """Full, broken, or silent about what it lost: one sentence, no half-written file, and the run goes on."""
    source, counts = random.Random(int(os.environ.get("PLANFIT_SEED", "0"))), Counter[str]()
    step = whole["changes"] / FAULTS
    for n in range(FAULTS):
        code = (errno.ENOSPC, errno.EIO, None)[n % 3]
        found = forge.drive(stores / f"{n}", "run", fail_at=int(source.uniform(n, n + 1) * step) + 1, code=code)
        assert found is not None
        store = Store(stores / f"{n}")
        if "refused" in found:
            counts["refused"] += 1
            assert "\n" not in found["refused"]
            assert found["hint"]
        for reader in store.runs():
            lasting = [p for p in reader.verify().problems if "no event announces" not in p and "trace.json" not in p]
            assert [p for p in lasting if "leftover" not in p and "never finished" not in p] == []
        for path in (store.root / "objects").glob("*"):
            assert hash_file(path)[0] == path.name, "a half-written file stands under its final name"
        ended = found if "refused" not in found else forge.drive(store.root, "resume" if store.runs() else "run")
        assert ended is not None
        assert ended["status"] == "finished"
        assert ended["sound"]
        ended["plans"] = [plan for plan in ended["plans"] if "halt" not in plan[3]]  # the record tells of the failure
        assert {name: ended[name] for name in SHARED} == {name: whole[name] for name in SHARED}
        counts["came to the same end"] += 1
    print(whole["changes"], dict(counts))
    assert counts["refused"] >= 0.5 * FAULTS
