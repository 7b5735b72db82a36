"""Without a time limit the same inputs give the same plans, predictions and scores, however often a run is killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import planfit

Drive = Callable[..., dict[str, Any] | None]
SHARED = ("search", "plans", "oof", "score", "delivered", "predicted", "again")
FOUR = {"max_candidates": 4}


def same(found: dict[str, Any] | None, unbroken: dict[str, Any]) -> None:
    assert found is not None
    assert found["status"] == "finished"
    assert found["sound"]
    assert {name: found[name] for name in SHARED} == {name: unbroken[name] for name in SHARED}
    assert len(set(found["keys"])) == len(found["keys"]), "a finished step was recorded twice"
    assert len(found["keys"]) == len(unbroken["keys"])


def killed_and_resumed(drive: Drive, store: Path, kills: int, every: int) -> dict[str, Any] | None:
    """Kill one run `kills` times, each `every` events on, now and then in the middle of the work; then let it end."""
    for kill in range(kills):
        do = {"do": "resume"} if kill else {"do": "run", "arguments": FOUR}
        delay = {"kill_delay": 0.05 * (kill % 5)} if kill % 3 == 2 else {}
        found = drive(store, kill_after=every, **do, **delay)
        assert found is None, f"it ended after {kill} kills"
    return drive(store, "resume")


def test_the_reference_is_worth_comparing(unbroken: dict[str, Any]) -> None:
    assert {entry[0] for entry in unbroken["plans"]} >= {"task", "feature_engineering", "model_search", "training"}
    assert sum(name.startswith("candidate") for name in unbroken["oof"]) == 5  # the baseline is free
    assert "refit" in unbroken["delivered"]["how"]


def test_two_runs_in_stores_of_their_own(drive: Drive, unbroken: dict[str, Any], tmp_path: Path) -> None:
    same(drive(tmp_path / "store", arguments=FOUR), unbroken)


@pytest.mark.slow
def test_a_run_that_is_killed_five_times(
    drive: Drive, unbroken: dict[str, Any], tmp_path: Path, none_left: Callable[[], None]
) -> None:
    same(killed_and_resumed(drive, tmp_path / "store", kills=5, every=12), unbroken)


@pytest.mark.slow
def test_a_run_that_is_killed_twenty_times(
    drive: Drive, unbroken: dict[str, Any], tmp_path: Path, none_left: Callable[[], None]
) -> None:
    same(killed_and_resumed(drive, tmp_path / "store", kills=20, every=3), unbroken)


@pytest.mark.slow
@pytest.mark.parametrize("event", [1, 2, 5, 9, 13, 18, 20, 24, 26, 29, 32, 36, 38, 41, 44, 47, 50, 53, 56, 59])
def test_a_run_that_is_killed_at_an_event(
    drive: Drive, unbroken: dict[str, Any], tmp_path: Path, event: int, none_left: Callable[[], None]
) -> None:
    assert drive(tmp_path / "store", arguments=FOUR, kill_after=event) is None
    none_left()
    same(drive(tmp_path / "store", "resume"), unbroken)


def test_a_finished_run_is_returned_as_it_is(data: Path, sentence: str, tmp_path: Path) -> None:
    run = planfit.run(data, sentence, max_candidates=1, store=tmp_path)
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    again = [planfit.resume(run.id, store=tmp_path) for _ in range(2)]
    assert [resumed.status for resumed in again] == ["finished", "finished"]
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_a_run_of_the_same_store_takes_over_what_is_the_same(data: Path, sentence: str, tmp_path: Path) -> None:
    first, second = (planfit.run(data, sentence, max_candidates=1, store=tmp_path) for _ in range(2))
    assert [e["plan"] for e in first.trace] == [e["plan"] for e in second.trace]
    assert first.events[-1].body.cv == second.events[-1].body.cv
    reused = [event.body.name for event in second.events if getattr(event.body, "reused_from", None) == first.id]
    assert "profile" in reused
    assert second.verify().ok
