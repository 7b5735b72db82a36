"""Wrong plans are refused with findings, corrected, and both stand in the trace; three in a row ask for a person."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import planfit
from planfit.planners.expert.expert import Expert
from planfit.planners.scripted import Scripted

WRONG = {"transformations": [{"column": "comment", "operation": "standard_scale"}], "rationale": "Scale the text."}
RIGHT = {"transformations": [{"column": "usage", "operation": "standard_scale"}], "rationale": "Scale the number."}


def scripted(*lines: Any) -> Scripted:
    return Scripted(lines, only=["FeaturePlan"], otherwise=Expert())


def answers(run: planfit.Run, stage: str) -> list[dict[str, Any]]:
    """Return what planners answered in a stage."""
    return [entry for entry in run.trace if entry["stage"] == stage and entry["attempt"] is not None]


def test_a_wrong_plan_is_refused_corrected_and_told(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    planner = scripted(WRONG, RIGHT)
    run = planfit.run(table, sentence, planner=planner, max_candidates=1, store=tmp_path)
    assert run.status == "finished"
    refused, accepted = answers(run, "feature_engineering")
    assert (refused["status"], accepted["status"]) == ("rejected", "accepted")
    assert (refused["attempt"], accepted["attempt"]) == (1, 2)
    assert accepted["parent"] == refused["id"]
    assert refused["plan"]["transformations"] == WRONG["transformations"]
    (finding,) = refused["findings"]
    assert finding["path"].startswith("/transformations/0")
    assert finding["severity"] == "error"
    assert "comment" in finding["message"]
    assert finding["message"] in accepted["prompt"], "the planner was not told what was wrong"
    asked = [ask for ask in planner.asked if ask.plan_kind == "FeaturePlan"]
    assert [ask.attempt for ask in asked] == [1, 2]
    assert json.loads(asked[1].previous or "") == WRONG


def test_three_wrong_plans_halt_and_the_next_command_goes_on(
    table: pd.DataFrame, sentence: str, tmp_path: Path, cli: Callable[..., Any], none_left: Callable[[], None]
) -> None:
    with pytest.raises(planfit.Halted) as caught:
        planfit.run(table, sentence, planner=scripted(WRONG, "not JSON", {"transformations": 3}), max_candidates=1, store=tmp_path)  # fmt: skip
    none_left()
    halted = planfit.open_run(store=tmp_path)
    assert halted.status == "halted"
    assert caught.value.exit_code == 3
    assert caught.value.stage == "feature_engineering"
    assert [entry["status"] for entry in answers(halted, "feature_engineering")] == ["rejected"] * 3
    shown = cli("show", "--store", tmp_path, "--json")
    assert (shown.returncode, json.loads(shown.stdout)["status"]) == (0, "halted")

    command = shlex.split(halted.events[-1].body.commands[0])
    assert command[:3] == ["planfit", "resume", halted.id]
    assert "--planner expert" in str(caught.value.hint)
    gone_on = cli(*command[1:], "--json")
    assert gone_on.returncode == 0, gone_on.stderr
    assert json.loads(gone_on.stdout)["status"] == "finished"
    run = planfit.open_run(store=tmp_path)
    *refused, last = (entry["status"] for entry in answers(run, "feature_engineering"))
    assert refused == ["rejected"] * 3
    assert last in ("accepted", "rolled_back")  # by the probe
    assert run.verify().ok


def test_after_a_halt_three_further_wrong_plans_halt_again(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(planfit.Halted):
        planfit.run(table, sentence, planner=scripted(WRONG, WRONG, WRONG), max_candidates=1, store=tmp_path)
    with pytest.raises(planfit.Halted):
        planfit.resume(store=tmp_path, planner=scripted(WRONG, WRONG, WRONG))
    run = planfit.open_run(store=tmp_path)
    assert run.status == "halted"
    assert len(answers(run, "feature_engineering")) == 6


def test_a_halt_passed_in_one_round_does_not_excuse_the_next(
    table: pd.DataFrame, sentence: str, tmp_path: Path
) -> None:
    wrong = {"move": "models", "plan": {"candidates": [{"family": "no_such_family"}]}}
    right = {"move": "models", "plan": {"candidates": [{"family": "linear"}]}}

    def moves(*lines: Any) -> Scripted:
        return Scripted(lines, only=["NextStep"], otherwise=Expert())

    with pytest.raises(planfit.Halted):
        planfit.run(table, sentence, planner=moves(wrong, wrong, wrong), max_candidates=3, store=tmp_path)
    with pytest.raises(planfit.Halted):
        planfit.resume(store=tmp_path, planner=moves(right, wrong, wrong, wrong))
    run = planfit.open_run(store=tmp_path)
    statuses = [entry["status"] for entry in answers(run, "model_search")]
    assert statuses == ["rejected"] * 3 + ["accepted"] + ["rejected"] * 3


def test_a_plan_that_breaks_on_the_full_data_is_asked_for_again(
    tmp_path: Path, drive: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, make: Callable[..., pd.DataFrame]
) -> None:
    plugin = Path(__file__).parent / "plugin"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(plugin), os.environ.get("PYTHONPATH")))))
    path = tmp_path / "large.csv"
    make(900).to_csv(path, index=False)
    brittle = {"transformations": [{"column": "amount", "operation": "brittle"}]}
    script = {"script": [brittle, RIGHT], "only": "FeaturePlan"}
    drive(tmp_path / "store", path=path, arguments={"max_candidates": 1}, **script)
    run = planfit.open_run(store=tmp_path / "store")
    failed, accepted = answers(run, "feature_engineering")
    assert (failed["status"], accepted["status"]) == ("failed", "accepted")
    assert [finding["gate"] for finding in failed["findings"] if finding["severity"] == "error"] == ["data"]
    assert "rows are more than this was written for" in failed["findings"][-1]["message"]
    kinds = [event.body.kind for event in run.events]
    assert kinds.count("plan_failed") == 1
    assert run.status == "finished"
