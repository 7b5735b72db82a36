"""Killed at random moments, again while it is resumed: resumed at last, it ends as if nothing had been."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from warm import ARGUMENTS, SHARED, Forge

import planfit

KILLS = int(os.environ.get("PLANFIT_KILLS", "200"))
"""Random moments that the slow test tries; PLANFIT_SEED draws others."""


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
