"""Ctrl-C, two processes on one run, a full disk: what is there is delivered, or the run goes on later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import planfit
from planfit.records.events import Event


def at(kind: str, name: str = "", *, times: int = 1, then: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a listener that acts at an event of a kind whose name begins with `name`, and `times` - 1 events later."""
    seen = 0

    def listen(event: Event) -> None:
        nonlocal seen
        if seen or (event.body.kind == kind and getattr(event.body, "name", "").startswith(name)):
            seen += 1
            if seen <= times:
                then(event)

    return listen


def interrupt(event: Event) -> None:
    signal.raise_signal(signal.SIGINT)


def kinds(run: planfit.Run) -> list[str]:
    return [event.body.kind for event in run.events]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("step_finished", "split"),  # before anything is scored
        ("step_started", "probe-side"),
        pytest.param("step_started", "candidate c001", marks=pytest.mark.slow),
        pytest.param("step_started", "sample", marks=pytest.mark.slow),
        pytest.param("step_started", "candidate c003", marks=pytest.mark.slow),
        ("step_finished", "candidate c002"),
    ],
)
def test_an_interrupt_delivers_the_best_so_far(
    kind: str, name: str, table: pd.DataFrame, sentence: str, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    run = planfit.run(table, sentence, max_candidates=20, store=tmp_path, on_event=at(kind, name, then=interrupt))
    assert run.status == "stopped"
    assert run.summary.stop_reason == "person"
    assert "holdout_opened" not in kinds(run)
    assert run.summary.holdout is None
    assert run.summary.cv is not None
    assert len(run.predict(table)) == len(table)
    assert run.verify().ok
    candidates = [result for result in run.leaderboard_rows if result["family"] not in ("baseline", "ensemble")]
    assert len(candidates) <= 2
    if kind == "step_finished" and name.startswith("candidate"):
        assert run.summary.delivered["family"] != "baseline"
    assert planfit.resume(run.id, store=tmp_path).events == run.events


@pytest.mark.parametrize("name", ["holdout", pytest.param("bundle", marks=pytest.mark.slow)])
def test_an_interrupt_while_delivering_changes_nothing(
    name: str, table: pd.DataFrame, sentence: str, tmp_path: Path
) -> None:
    listen = at("step_started", name, then=interrupt)
    run = planfit.run(table, sentence, max_candidates=1, store=tmp_path, on_event=listen)
    assert run.status == "finished"
    assert run.summary.holdout is not None
    assert "refit" in run.events[-1].body.delivered.how


def test_a_second_interrupt_leaves_at_once_and_the_stop_stands(
    table: pd.DataFrame, sentence: str, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    def listen(event: Event) -> None:
        name = getattr(event.body, "name", "")
        if (event.body.kind, name) in (("step_started", "candidate c004"), ("step_started", "bundle")):
            interrupt(event)

    with pytest.raises(KeyboardInterrupt):
        planfit.run(table, sentence, max_candidates=20, store=tmp_path, on_event=listen)
    none_left()
    left = planfit.open_run(store=tmp_path)
    assert left.status == "failed"
    scored = {event.body.name for event in left.events if event.body.kind == "step_finished"}
    resumed = planfit.resume(store=tmp_path)
    assert resumed.status == "stopped"
    assert "holdout_opened" not in kinds(resumed)
    names = [event.body.name for event in resumed.events if event.body.kind == "step_finished"]
    assert {name for name in names if name.startswith("candidate")} == {n for n in scored if n.startswith("candidate")}
    assert len(names) == len(set(names))
    assert len(resumed.predict(table)) == len(table)


def test_a_second_interrupt_in_the_search_leaves_a_run_that_searches_on(
    table: pd.DataFrame, sentence: str, tmp_path: Path
) -> None:
    def twice(event: Event) -> None:
        interrupt(event)
        interrupt(event)

    listen = at("step_started", "candidate c002", then=twice)
    with pytest.raises(KeyboardInterrupt):
        planfit.run(table, sentence, max_candidates=2, store=tmp_path, on_event=listen)
    resumed = planfit.resume(store=tmp_path)
    assert resumed.status == "finished"
    assert resumed.summary.candidates == 2
    assert resumed.summary.holdout is not None


def test_the_command_stops_at_an_interrupt(
    data: Path, sentence: str, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    for interrupts, code, status in ((1, 0, "stopped"), (2, 130, "failed")):
        store = tmp_path / status
        told = tmp_path / f"{status}.txt"
        process = command("run", data, sentence, "--max-candidates", 20, "--store", store, told=told)
        wait_for(partial(finished, store, "candidate c002"))
        process.send_signal(signal.SIGINT)
        if interrupts == 2:
            wait_for(partial(says, told, "Stopping"))  # two signals in one moment are one
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
        talk = told.read_text()
        assert process.returncode == code, talk
        assert "Traceback" not in talk
        run = planfit.open_run(store=store)
        assert run.status == status
        assert "holdout_opened" not in kinds(run)
        none_left()
    assert "planfit resume" in talk


def test_two_processes_on_one_run(table: pd.DataFrame, sentence: str, tmp_path: Path, cli: Callable[..., Any]) -> None:
    told = []

    def resume_too(event: Event) -> None:
        told.append(cli("resume", event.run_id, "--store", tmp_path))
        with pytest.raises(planfit.RunLocked):
            planfit.resume(event.run_id, store=tmp_path)

    listen = at("step_started", "candidate c002", then=resume_too)
    run = planfit.run(table, sentence, max_candidates=1, store=tmp_path, on_event=listen)
    assert run.status == "finished"
    (second,) = told
    assert second.returncode == 1
    assert f"process {os.getpid()}" in second.stderr
    assert "hint: " in second.stderr
    assert len(second.stderr.strip().splitlines()) == 2


def command(*arguments: object, told: Path) -> subprocess.Popen[str]:
    """Start the command; what it says on stderr goes to a file, to be read meanwhile."""
    program = Path(sys.executable).with_name("planfit")
    with told.open("w") as err:
        return subprocess.Popen([program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=err, text=True)


def finished(store: Path, name: str) -> bool:
    """Return whether a step is finished; the log can be read meanwhile, its last line may still be growing."""
    whole = [line for log in store.glob("run_*/events.jsonl") for line in log.read_text().split("\n")[:-1]]
    bodies = [json.loads(line)["body"] for line in whole]
    return any(body["kind"] == "step_finished" and body["name"] == name for body in bodies)


def says(told: Path, word: str) -> bool:
    return word in told.read_text()


def wait_for(said: Callable[[], bool]) -> None:
    ends = time.monotonic() + 120
    while not said():
        assert time.monotonic() < ends, "it did not come in time"
        time.sleep(0.02)
