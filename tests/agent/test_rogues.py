"""Candidates that eat memory, never end, crash natively or lose their numbers: each fails alone, with its cause."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import planfit

PLUGIN = Path(__file__).parent / "plugin"
"""A package with an entry point for each family, as pip would have installed it."""


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(PLUGIN), os.environ.get("PYTHONPATH")))))


def failures(run: planfit.Run) -> dict[str, tuple[str, str]]:
    """Return cause and detail by family, from the trace."""
    failed = [entry for entry in run.trace if entry["status"] == "failed" and "family" in (entry["plan"] or {})]
    return {entry["plan"]["family"]: (entry["result"]["cause"], entry["result"]["detail"]) for entry in failed}


def test_each_fails_with_its_cause_and_the_run_delivers(
    plugged: None, cli: Callable[..., Any], data: Path, sentence: str, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    wanted = "stubborn:eater,crasher,linear,nan_loss"
    done = cli("run", data, sentence, "--planner", wanted, "--max-candidates", 4, "--memory-limit", "1GB", "--store", tmp_path, "--json")  # fmt: skip
    none_left()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == "finished"
    assert told["delivered"]["family"] == "linear"
    causes = failures(planfit.open_run(store=tmp_path))
    assert {family: cause for family, (cause, _) in causes.items()} == {
        "eater": "out_of_memory",
        "crasher": "crash",
        "nan_loss": "not_finite",
    }
    assert "SIGSEGV" in causes["crasher"][1]
    assert "The training loss is NaN after round 3" in causes["nan_loss"][1]
    listed = cli("tried", "--store", tmp_path)
    assert "failed" in listed.stdout


def test_one_that_never_ends_is_ended_by_the_clock(
    plugged: None, cli: Callable[..., Any], data: Path, sentence: str, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    done = cli("run", data, sentence, "--planner", "stubborn:linear,endless", "--time-limit", "25s", "--store", tmp_path, "--json")  # fmt: skip
    none_left()
    assert done.returncode == 0, done.stderr
    run = planfit.open_run(store=tmp_path)
    assert failures(run)["endless"][0] == "timeout"
    assert run.status == "finished"
    assert (run.path / "model" / "model.joblib").is_file()


def test_where_nothing_beats_the_baseline_a_person_is_asked(
    plugged: None, cli: Callable[..., Any], data: Path, sentence: str, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    wanted = "stubborn:crasher,nan_loss,eater"
    done = cli("run", data, sentence, "--planner", wanted, "--max-candidates", 2, "--memory-limit", "1GB", "--store", tmp_path, "--json")  # fmt: skip
    none_left()
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["status"] == "halted"
    run = planfit.open_run(store=tmp_path)
    assert f"hint: Nothing is lost: `planfit resume {run.id}" in done.stderr
    assert len(failures(run)) == 3
    shown = cli("show", "--store", tmp_path, "--json")
    assert json.loads(shown.stdout)["status"] == "halted"

    again = cli(*next_command(run)[1:], "--json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert told["status"] == "finished"
    assert told["cv"]["score"] > told["baseline"]


def next_command(run: planfit.Run) -> list[str]:
    """Return the first command that a halted run names."""
    import shlex

    halted = [event.body for event in run.events if event.body.kind == "run_halted"]
    return shlex.split(halted[-1].commands[0])
