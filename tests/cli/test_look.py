"""Commands that read a finished run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

FIELDS = {
    "run_id", "path", "status", "stop_reason", "target", "task_type", "metric", "greater_is_better", "baseline", "cv",
    "holdout", "delivered", "candidates", "seconds", "usage", "artifacts", "warnings", "question",
}  # fmt: skip
ENTRY = {
    "id", "run_id", "parent", "timestamp", "stage", "planner", "attempt", "status", "prompt", "plan", "result",
    "findings", "rationale", "usage", "artifacts", "hash",
}  # fmt: skip


def judge(document: dict[str, Any]) -> None:
    assert set(document) >= FIELDS
    assert document["status"] == "finished"
    assert document["stop_reason"] == "budget"
    assert (document["target"], document["task_type"], document["metric"]) == ("churned", "binary", "roc_auc")
    assert document["greater_is_better"] is True
    assert document["baseline"] == pytest.approx(0.5)
    assert document["cv"]["score"] > 0.7
    held = document["holdout"]
    assert held["low"] <= held["score"] <= held["high"]
    assert held["rows"] == 50
    assert {"candidate", "family", "members"} <= set(document["delivered"])
    assert sum(member["weight"] for member in document["delivered"]["members"]) == pytest.approx(1)
    assert document["candidates"] == 2
    assert set(document["artifacts"]) == {"model", "pipeline", "report", "trace"}
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in document["artifacts"].values())
    assert Path(document["path"]).is_absolute()


def test_show_prints_the_document_of_the_run(on_run):
    shown = on_run("show", "--json")
    assert (shown.code, shown.err) == (0, "")
    judge(shown.document)


def test_show_for_a_person_names_score_delivery_and_next_commands(on_run, trained):
    shown = on_run("show", trained.run.id)
    assert shown.code == 0
    for words in ("holdout", "roc_auc", "delivered", f"planfit predict {trained.run.id}", "baseline"):
        assert words in shown.out


def test_resuming_a_finished_run_changes_nothing_and_shows_it(on_run, trained):
    before = (trained.run.path / "events.jsonl").read_bytes()
    again = on_run("resume", "latest", "--json")
    assert again.code == 0
    judge(again.document)
    assert "nothing left to do" in again.err
    assert (trained.run.path / "events.jsonl").read_bytes() == before


def test_runs_are_listed(on_run, trained):
    assert [row["run_id"] for row in on_run("runs", "--json").document] == [trained.run.id]
    assert trained.run.id in on_run("runs").out


def test_an_empty_store_says_how_to_begin(planfit_, tmp_path):
    listed = planfit_("runs", "--store", tmp_path / "none")
    assert (listed.code, listed.out) == (0, "")
    assert "planfit run DATA" in listed.err
    assert planfit_("runs", "--json", "--store", tmp_path / "none").document == []
    planfit_("show", "--store", tmp_path / "none").refuses(2, "There is no run")


@pytest.mark.parametrize("ref", ["prefix", "path", "bare"])
def test_a_run_is_found_by_prefix_and_path(on_run, trained, ref):
    text = {"prefix": trained.run.id[:-2], "path": str(trained.run.path), "bare": trained.run.id[4:]}[ref]
    assert on_run("show", text, "--json").document["run_id"] == trained.run.id


def test_an_unknown_run_names_the_nearest(on_run, trained):
    on_run("show", "run_99").refuses(2, "There is no run 'run_99'", trained.run.id)
    wrong = trained.run.id[:-1] + ("0" if trained.run.id[-1] != "0" else "1")
    on_run("why", wrong, "age").refuses(2, f"Did you mean '{trained.run.id}'?")


def test_a_prefix_of_two_runs_is_refused(planfit_, its_home, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(its_home.run.path, store / its_home.run.id)
    shutil.copytree(its_home.run.path, store / f"{its_home.run.id}x")
    planfit_("show", "run_", "--store", store).refuses(2, "fits 2 runs")


def test_the_trace_is_the_decision_record(on_run, trained):
    entries = on_run("trace", "--json").document
    assert all(set(entry) >= ENTRY for entry in entries)
    assert {"accepted"} <= {entry["status"] for entry in entries} <= {"accepted", "rejected", "failed", "rolled_back"}
    assert json.loads((trained.run.path / "trace.json").read_text()) == entries
    printed = on_run("trace").out.splitlines()
    assert [line.split()[0] for line in printed] == [entry["id"] for entry in entries]
    assert not [line for line in printed if "{" in line], "raw JSON"
    figures = [found for line in printed for found in re.findall(r"\d+\.\d+", line)]
    assert figures
    assert not [figure for figure in figures if len(figure.replace(".", "").lstrip("0")) > 4]
    assert "predict churned (binary), judged by roc_auc" in printed[0]


def test_a_whole_record_is_verified(on_run):
    checked = on_run("trace", "--verify")
    assert checked.code == 0
    assert "fit their hashes and signatures" in checked.out
    assert on_run("trace", "--verify", "--json").document["ok"] is True


def test_a_changed_event_fails_the_verification_and_nothing_is_mended(planfit_, its_home, tmp_path):
    copy = tmp_path / "store" / its_home.run.id
    shutil.copytree(its_home.run.path, copy)
    log = copy / "events.jsonl"
    log.chmod(0o644)
    log.write_text(log.read_text().replace('"churned"', '"spurned"', 1))
    before = log.read_bytes()
    checked = planfit_("trace", its_home.run.id, "--verify", "--store", copy.parent)
    assert checked.code == 1
    assert "hint:" in checked.err
    assert planfit_("trace", its_home.run.id, "--verify", "--json", "--store", copy.parent).document["ok"] is False
    assert log.read_bytes() == before


@pytest.mark.parametrize("what", ["customer", "age", "linear", "c002", "model_search", "task"])
def test_why_answers(on_run, what):
    answers = on_run("why", "latest", what, "--json")
    assert answers.code == 0
    assert answers.document
    assert all(answer["sentence"] for answer in answers.document)
    assert on_run("why", "latest", what).out.strip()


def test_why_of_something_unheard_of_says_so(on_run):
    on_run("why", "latest", "weather").refuses(1, "says nothing about 'weather'", "why-not")
    asked = on_run("why", "latest", "weather", "--json")
    assert (asked.code, asked.document) == (1, [])


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("custmer", "customer"), ("AGES", "age"), ("liner", "linear"), ("modelsearch", "model_search"), ("c0002", "c002")],
)
def test_why_of_a_misspelt_name_names_the_nearest(on_run, wrong, near):
    on_run("why", "latest", wrong).refuses(1, "Did you mean", f"'{near}'")


@pytest.mark.parametrize("family", ["random_forest", "linear", "lightgbm", "baseline"])
def test_why_not_answers_for_every_family(on_run, family):
    answers = on_run("why-not", "latest", family, "--json").document
    assert answers
    assert any(family in answer["sentence"] or family == answer["subject"] for answer in answers)


def test_why_not_of_an_unknown_family_is_refused(on_run):
    on_run("why-not", "latest", "lightgmb").refuses(2, "Did you mean 'lightgbm'?")


def test_tried_of_an_unknown_parameter_says_so(on_run):
    asked = on_run("tried", "latest", "depthness")
    assert (asked.code, asked.out) == (0, "")
    assert "No candidate has a parameter 'depthness'" in asked.err


def test_tried_lists_every_candidate(on_run):
    rows = on_run("tried", "--json").document
    assert {"c001", "c002", "c003"} <= {row["candidate"] for row in rows}
    assert all({"candidate", "family", "features", "score", "seconds", "params"} <= set(row) for row in rows)
    printed = on_run("tried", "latest").out
    assert "c002" in printed
    assert "None" not in printed


def test_tried_shows_one_parameter(on_run):
    printed = on_run("tried", "latest", "learning_rate")
    assert printed.code == 0
    assert "learning_rate" in printed.out
    assert "None" not in printed.out


def test_the_report_is_found_and_told_anew(on_run, trained, tmp_path):
    found = on_run("report", trained.run.id)
    assert [Path(line).name for line in found.out.splitlines()] == ["report.html", "report.md"]
    page = tmp_path / "told.html"
    assert on_run("report", trained.run.id, "--out", page).code == 0
    assert page.read_text().startswith("<!DOCTYPE html>")
    on_run("report", trained.run.id, "--out", tmp_path / "told.pdf").refuses(2, "End the name in .html or .md.")


def test_why_shows_the_prompt_that_led_to_it(on_run):
    asked = on_run("why", "latest", "metric", "--prompt")
    assert asked.code == 0
    assert asked.out.startswith("== d001")
    assert "prompts/" in asked.out
    assert "--prompt prints them" in on_run("why", "latest", "metric").out


def test_why_it_stopped(on_run):
    answers = on_run("why", "latest", "stop", "--json").document
    assert "The search ended (budget)" in answers[0]["sentence"]
    assert answers[0]["decision"]
