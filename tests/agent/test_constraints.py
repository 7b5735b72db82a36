"""What the sentence asks of the run is honoured; options win, and contradictions are said."""

from __future__ import annotations

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import planfit
from planfit.agent.constraints import honour
from planfit.agent.question import command_with
from planfit.errors import UsageError
from planfit.plans.task import PlannedSplit, TaskPlan
from planfit.records.run import Limits, RunRequest
from planfit.records.task import Constraints, Task


class Run:
    """Takes in events, as a run does."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def once(self, body: Any) -> None:
        self.events.append(body)


def request_for(**changes: Any) -> RunRequest:
    limits = Limits(**{"seconds": 600.0, "patience": 10} | changes.pop("limits", {}))
    return RunRequest(sentence="Predict y", data=None, limits=limits, workers=1, threads=1, **changes)


def honoured(constraints: dict[str, Any], notes: tuple[str, ...] = (), **changes: Any) -> tuple[Any, Any]:
    """Return the session after a plan of those constraints, and what holds of them."""
    session = SimpleNamespace(
        run=Run(),
        request=request_for(**changes),
        clock=SimpleNamespace(limit=600.0),
        key=lambda *_: "k",
        notes=[],
    )
    session.note = lambda stage, rule, what, because, **figures: session.notes.append(what)
    plan = TaskPlan(
        target="y", task_type="regression", metric="rmse", split=PlannedSplit(kind="random"), notes=notes,
        constraints=Constraints(**constraints),
    )  # fmt: skip
    return session, honour(session, plan)  # type: ignore[arg-type]


def warnings(session: Any) -> list[str]:
    return [event.finding.message for event in session.run.events]


def test_limits_and_families_follow_the_sentence() -> None:
    session, held = honoured({"seconds": 60, "max_candidates": 3, "families": ["linear"]})
    assert (session.request.limits.seconds, session.clock.limit, session.request.limits.candidates) == (60, 60, 3)
    assert session.request.models == ("linear",)
    assert session.notes == ["at most 1 minute; at most 3 candidates; only linear"]
    assert held == Constraints(seconds=60, max_candidates=3, families=("linear",))
    assert warnings(session) == []


def test_options_win_and_the_contradiction_is_said() -> None:
    session, held = honoured(
        {"seconds": 60, "max_candidates": 3, "families": ["linear"]},
        models=("lightgbm",),
        limits={"seconds": 30.0, "time_given": True, "candidates": 5},
    )
    assert (session.clock.limit, session.request.limits.candidates, session.request.models) == (30.0, 5, ("lightgbm",))
    assert held is None
    assert [next(o for o in ("--time-limit", "--max-candidates", "--models") if o in text) for text in warnings(session)] == [
        "--time-limit", "--max-candidates", "--models",
    ]  # fmt: skip


def test_families_that_are_not_there_are_said_or_refused() -> None:
    session, held = honoured({"families": ["linear", "no_such_family"]})
    assert session.request.models == ("linear",)
    assert held is not None
    assert held.families == ("linear",)
    assert "there is no model family 'no_such_family'" in warnings(session)[0]
    with pytest.raises(UsageError, match="no_such_family"):
        honoured({"families": ["no_such_family"]})
    with pytest.raises(UsageError, match="at least 5 seconds"):
        honoured({"seconds": 2})


def test_models_that_can_be_read() -> None:
    session, _ = honoured({"simple": True})
    assert session.request.models == ("linear",)
    session, held = honoured({"simple": True, "families": ["lightgbm"]})
    assert session.request.models == ("lightgbm",)
    assert held is not None
    assert not held.simple
    assert "can read" in warnings(session)[0]


def test_without_families_leaves_the_rest() -> None:
    session, _ = honoured({"without_families": ["lightgbm"]})
    assert "lightgbm" not in session.request.models
    assert "linear" in session.request.models


def test_notes_become_warnings() -> None:
    session, held = honoured({}, notes=("--metric says otherwise.",))
    assert (warnings(session), held, session.notes) == (["--metric says otherwise."], None, [])


def test_the_command_of_a_question_repeats_every_option(tmp_path: Path) -> None:
    request = request_for(
        metric="mae", exclude=("a", "b c"), models=("linear",), seed=3, deliver="balanced", max_latency_ms=5.0, sample_weight="w", features={"transformations": []},
        limits={"seconds": 30.0, "time_given": True, "candidates": 4, "memory": 8, "memory_given": True},
    )  # fmt: skip
    words = shlex.split(command_with(request.having(data=str(tmp_path / "it's.csv")), "the target", tmp_path / "runs"))
    assert words[:2] == ["planfit", "run"]
    assert words[3:6] == ["Predict y", "--target", "the target"]
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert options["--metric"] == "mae"
    assert options["--exclude"] == "a,b c"
    assert options["--time-limit"] == "30s"
    assert options["--max-candidates"] == "4"
    assert options["--memory-limit"] == "8"
    assert options["--features"] == '{"transformations": []}'
    assert options["--seed"] == "3"
    assert (options["--deliver"], options["--max-latency"], options["--sample-weight"]) == ("balanced", "5ms", "w")
    assert {"--patience", "--holdout", "--planner"} & options.keys() == set()
    assert "--time-limit" not in command_with(request_for(), "y", tmp_path)


def test_a_run_keeps_to_its_sentence(table: pd.DataFrame, tmp_path: Path) -> None:
    sentence = "Predict which customers have churned, ignore town, only linear models, at most 1 candidate"
    run = planfit.run(table, sentence, time_limit=40, store=tmp_path)
    assert {row["family"] for row in run.leaderboard.to_dict("records")} <= {"linear", "baseline"}
    task = Task.model_validate(next(event.body for event in run.events if event.body.kind == "step_finished" and event.body.name == "task").result)  # fmt: skip
    assert task.constraints == Constraints(max_candidates=1, families=("linear",))
    assert [entry.name for entry in task.excluded if entry.code == "asked"] == ["town"]
    assert task.alternatives[0].target == "churned"
    report = (run.path / "report.md").read_text(encoding="utf-8")
    assert "at most 1 candidate; only linear" in report
