"""A person goes back in a run, branches off, looks plans over: nothing is deleted, nothing that is the same is done twice."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.planners.expert.expert import Expert
from planfit.planners.scripted import Scripted

ADDS = {"transformations": [{"columns": ["usage", "amount"], "operation": "polynomial_features", "degree": 2}]}
SCALES = {"transformations": [{"column": "amount", "operation": "log1p", "into": "log_amount", "keep_source": True}]}
SENTENCE = "Predict which customers have churned"
QUICK: dict[str, Any] = {"models": ["linear", "knn"]}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that two families learn in a moment."""
    rng = np.random.default_rng(0)
    usage, amount = rng.normal(size=240), np.exp(0.6 * rng.normal(size=240) + 2)
    contract = rng.choice(["basic", "plus", "pro"], 240)
    logit = 1.2 * usage + 0.8 * (contract == "basic") - 0.05 * amount + 0.6 * rng.logistic(size=240)
    columns = {"usage": usage, "amount": amount, "contract": contract, "churned": np.where(logit > 0, "yes", "no")}
    path = tmp_path_factory.mktemp("small") / "customers.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


@pytest.fixture
def table(data: Path) -> pd.DataFrame:
    return pd.read_csv(data)


def names(run: planfit.Run, kind: str = "step_finished") -> list[str]:
    return [event.body.name for event in run.events if event.body.kind == kind]


def fitted(run: planfit.Run) -> list[str]:
    """Return the candidates and refits that this run itself has trained."""
    bodies = [event.body for event in run.events if event.body.kind == "step_finished"]
    return [body.name for body in bodies if body.reused_from is None and body.name.startswith(("candidate", "refit"))]


@pytest.fixture(scope="module")
def kept(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A finished run of three candidates on a feature set of its own, in a store that the tests of this file copy."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANFIT_HOME", str(folder / "home"))
        run = planfit.run(data, SENTENCE, max_candidates=3, features=SCALES, store=folder / "store", **QUICK)
    return {"run": run.id, "store": folder / "store", "home": folder / "home", "data": data}


@pytest.fixture
def store(kept: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that store, links and all."""
    monkeypatch.setenv("PLANFIT_HOME", str(kept["home"]))
    subprocess.run(["cp", "-a", kept["store"], tmp_path / "store"], check=True)
    return tmp_path / "store"


# Going back


def test_the_kept_run_stands_on_its_feature_set(store: Path) -> None:
    run = planfit.open_run(store=store)
    assert run.status == "finished"
    assert "features v1" in names(run)
    assert next(event.body.what for event in run.events if event.body.kind == "decision_made") == "v1 adopted"


def test_going_back_behind_a_feature_set_delivers_nothing_that_rests_on_it(
    store: Path, kept: dict[str, Any], planfit_: Callable[..., Any]
) -> None:
    before = planfit.open_run(store=store)
    assert before.summary.delivered is not None
    delivered = before.summary.delivered["candidate"]
    log, old = (before.path / "events.jsonl").read_bytes(), {row["candidate"] for row in before.leaderboard_rows}
    back = planfit.rollback("latest", "features/v0", store=store)
    assert back.status == "paused"
    assert (back.path / "events.jsonl").read_bytes().startswith(log), "the log was changed"
    assert back.verify().ok
    with pytest.raises(planfit.UsageError, match="before a person went back"):
        back.bundle  # noqa: B018
    with pytest.raises(planfit.UsageError, match="no report"):
        back.report  # noqa: B018
    told = back.summary
    assert told.delivered is None
    assert set(told.artifacts) == {"trace"}, "what was delivered before is listed as if it still was"
    assert told.went_back == {"to": "features v0", "event": told.went_back["event"], "set_aside": delivered}
    assert not any(row["delivered"] for row in back.leaderboard_rows)
    shown = planfit_("show", "--store", store).out
    assert "went back" in shown
    assert f"{delivered}, which had been delivered, is not any more" in shown
    assert "model.joblib" not in shown
    run = planfit.resume(store=store)
    assert run.status == "finished"
    assert run.verify().ok
    assert all(row["features"] == "v0" for row in run.leaderboard_rows)
    assert run.summary.delivered is not None
    assert run.summary.went_back is None
    assert set(run.summary.artifacts) == {"model", "pipeline", "report", "trace"}
    new = {row["candidate"] for row in run.leaderboard_rows}
    assert new & old == {"c001"}, "a name was given again"
    assert {entry["status"] for entry in run.trace} >= {"rolled_back", "accepted"}
    (command,) = [entry for entry in run.trace if entry["planner"] == "person"]
    assert command["plan"]["detail"] == "features v0"
    opened = [event.body.opening for event in run.events if event.body.kind == "holdout_opened"]
    assert opened == [1, 2], "going back does not shut the holdout again"


@pytest.mark.slow
def test_going_back_to_a_candidate_sets_later_ones_aside(store: Path) -> None:
    before = {row["candidate"] for row in planfit.open_run(store=store).leaderboard_rows}
    assert {"c002", "c003", "c004"} <= before
    back = planfit.rollback("latest", "candidates/c003", store=store)
    assert {row["candidate"] for row in back.leaderboard_rows} == {"c001", "c002", "c003"}
    run = planfit.resume(store=store)
    assert run.verify().ok
    delivered = run.events[-1].body.delivered
    assert not {name for name, _ in delivered.members} & (before - {"c001", "c002", "c003"})


@pytest.mark.slow
def test_going_back_to_an_event_comes_to_the_same_end_and_trains_nothing_twice(store: Path) -> None:
    before = planfit.open_run(store=store)
    asked = next(event.no for event in before.events if event.body.kind == "plan_requested" and event.body.round == 1)
    back = planfit.rollback("latest", str(asked - 1), store=store)
    done = len(back.events)
    run = planfit.resume(store=store)
    assert run.events[-1].body.cv == before.events[-1].body.cv
    again = [event.body for event in run.events[done:] if event.body.kind == "step_finished"]
    assert all(body.reused_from for body in again if body.name.startswith("candidate"))
    assert run.verify().ok


@pytest.mark.slow
def test_a_rollback_can_be_followed_by_another(store: Path) -> None:
    planfit.rollback("latest", "candidates/c003", store=store)
    back = planfit.rollback("latest", "candidates/c002", store=store)
    assert {row["candidate"] for row in back.leaderboard_rows} == {"c001", "c002"}
    assert planfit.resume(store=store).verify().ok


@pytest.mark.parametrize(
    ("to", "says"),
    [("features/v9", "There is no feature set v9"), ("features/v1", "No feature set after v1"), ("candidates/c099", "no candidate c099"),
     ("0", "cannot go back to event 0"), ("99999", "cannot go back"), ("yesterday", "no state of a run"), ("../x", "no state")],
)  # fmt: skip
def test_what_is_no_state_is_refused_and_nothing_written(store: Path, to: str, says: str) -> None:
    log = planfit.open_run(store=store).path / "events.jsonl"
    before = log.read_bytes()
    with pytest.raises(planfit.UsageError, match=says) as refused:
        planfit.rollback("latest", to, store=store)
    assert refused.value.hint
    assert log.read_bytes() == before


# Branching off


def test_a_fork_with_a_new_sentence_trains_nothing_that_its_parent_has(store: Path, kept: dict[str, Any]) -> None:
    parent = planfit.open_run(store=store)
    child = planfit.fork(parent, "Predict customer churn", planner="expert", start="model_search", store=store)
    assert child.status == "finished"
    assert child.verify().ok
    assert fitted(child) == []
    reused = {event.body.name for event in child.events if getattr(event.body, "reused_from", None) == parent.id}
    assert {"profile", "split", "candidate c002"} <= reused
    assert child.summary.forked_from == parent.id
    assert child.trace[0]["plan"]["fork_of"] == parent.id
    assert [event.body.opening for event in child.events if event.body.kind == "holdout_opened"] == [2]
    assert child.events[-1].body.cv == parent.events[-1].body.cv


@pytest.mark.slow
def test_a_fork_of_a_run_against_the_clock_gives_the_same_work_the_same_time(data: Path, tmp_path: Path) -> None:
    parent = planfit.run(data, SENTENCE, time_limit=12, models=["linear"], store=tmp_path)
    child = planfit.fork(parent, "Predict customer churn", store=tmp_path)
    mine = {event.body.key for event in parent.events if event.body.kind == "step_finished"}
    again = [event.body.name for event in child.events if event.body.kind == "step_finished" and event.body.reused_from is None and event.body.key in mine and event.body.name.startswith("candidate")]  # fmt: skip
    assert again == []
    assert "candidate c002" in names(child)
    assert "candidate c002" not in fitted(child)


@pytest.mark.slow
def test_a_fork_with_a_plan_of_ones_own(store: Path) -> None:
    child = planfit.fork("latest", features=ADDS, planner="expert", start="feature_engineering", store=store)
    assert child.status == "finished"
    asked = [entry for entry in child.trace if entry["stage"] == "task" and entry["attempt"] is not None]
    assert "which this run was forked from" in asked[0]["prompt"]
    plans = [json.loads((child.path / "features" / "v1" / "plan.json").read_text())["transformations"]]
    assert plans[0][0]["operation"] == "polynomial_features"


@pytest.mark.slow
def test_two_forks_at_once_do_no_harm_and_share_their_steps(store: Path, kept: dict[str, Any], none_left: Callable[[], None]) -> None:  # fmt: skip
    code = "import planfit, sys; planfit.fork(sys.argv[1], sys.argv[2], planner='expert', store=sys.argv[3])"
    said = ("Predict customer churn", "Predict who has churned")
    both = [subprocess.Popen([sys.executable, "-c", code, kept["run"], text, str(store)]) for text in said]
    assert [process.wait(300) for process in both] == [0, 0]
    parent, *children = (planfit.Run(reader) for reader in _readers(store))
    assert len(children) == 2
    for child in children:
        assert child.status == "finished"
        assert child.verify().ok
    first, second = ({e.body.key: e.body.files for e in child.events if e.body.kind == "step_finished"} for child in children)  # fmt: skip
    places = [(children[0].path / a.path, children[1].path / b.path) for key in first.keys() & second.keys() for a, b in zip(first[key], second[key], strict=True) if a.sha256 == b.sha256]  # fmt: skip
    assert len(places) > 10
    assert all(a.stat().st_ino == b.stat().st_ino for a, b in places), "a shared file is stored twice"
    assert parent.verify().ok


def _readers(store: Path) -> list[Any]:
    from planfit.store.store import Store

    return Store(store).runs()


def test_a_fork_refuses_another_table(store: Path, kept: dict[str, Any], tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(kept["data"].read_text().replace("basic", "plain"))
    with pytest.raises(planfit.DataChanged, match="is not the one that run"):
        planfit.fork("latest", "Predict customer churn", planner="expert", data=other, store=store)
    assert len(_readers(store)) == 1
    with pytest.raises(planfit.UsageError, match="differs from its parent"):
        planfit.fork("latest", store=store)
    with pytest.raises(planfit.UsageError, match="no stage to start from"):
        planfit.fork("latest", start="dinner", store=store)


# A person in the loop


def test_a_callable_looks_at_every_plan(table: pd.DataFrame, tmp_path: Path) -> None:
    seen = []

    def look(waiting: Any) -> Any:
        seen.append((waiting.stage, waiting.plan_kind))
        if waiting.plan_kind == "FeaturePlan":
            return "Too many columns." if len([s for s in seen if s[1] == "FeaturePlan"]) == 1 else ADDS
        return True

    run = planfit.run(table, SENTENCE, max_candidates=1, **QUICK, review=look, store=tmp_path)
    assert run.status == "finished"
    assert {stage for stage, _ in seen} == {"task", "feature_engineering", "model_search"}
    answers = [entry for entry in run.trace if entry["stage"] == "feature_engineering" and entry["attempt"]]
    assert answers[0]["status"] == "rejected"
    assert answers[0]["findings"][0]["code"] == "rejected-by-person"
    assert "Too many columns." in answers[1]["prompt"], "the planner was not told why"
    assert answers[1]["plan"]["transformations"][0]["operation"] == "polynomial_features"
    assert run.verify().ok


@pytest.mark.slow
def test_a_persons_own_plan_is_judged_like_any_other(table: pd.DataFrame, tmp_path: Path) -> None:
    said = [{"transformations": [{"column": "usgae", "operation": "log1p"}]}, ADDS]
    heard = []

    def look(waiting: Any) -> Any:
        if waiting.plan_kind != "FeaturePlan":
            return None
        heard.append(waiting)
        return said[len(heard) - 1]

    run = planfit.run(table, SENTENCE, max_candidates=1, **QUICK, review=look, store=tmp_path)
    assert "unknown-column" in {found.code for found in heard[1].findings}
    assert run.status == "finished"


def test_a_run_pauses_and_goes_on_days_later(
    data: Path, tmp_path: Path, cli: Callable[..., Any], none_left: Callable[[], None]
) -> None:
    where = ("--store", tmp_path)
    done = cli(
        "run",
        data,
        SENTENCE,
        "--max-candidates",
        1,
        "--models",
        "linear",
        "--review",
        "feature_engineering",
        *where,
        "--json",
    )
    none_left()
    assert done.returncode == 3, done.stderr
    document = json.loads(done.stdout)
    assert document["status"] == "paused"
    assert "transformations" in document["question"]["plan"]
    assert "hint: " in done.stderr
    shown = cli("review", *where, "--json")
    assert json.loads(shown.stdout)["stage"] == "feature_engineering"
    again = cli("resume", *where)
    assert again.returncode == 3, "nobody has said anything yet"
    bad = tmp_path / "bad.json"
    bad.write_text('{"transformations": 3}')
    refused = cli("review", "latest", "--edit", bad, *where)
    assert refused.returncode == 2
    assert "hint: " in refused.stderr
    assert cli("review", "latest", "--approve", *where).returncode == 0
    assert planfit.open_run(store=tmp_path).status == "paused"
    finished = cli("resume", *where, "--json")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["status"] == "finished"
    late = cli("review", "latest", "--approve", *where)
    assert late.returncode == 2


def test_an_edit_that_does_not_hold_leaves_the_record_as_it_was(data: Path, tmp_path: Path) -> None:
    mine, store = tmp_path / "mine.csv", tmp_path / "store"
    mine.write_text(data.read_text())
    with pytest.raises(planfit.Paused):
        planfit.run(mine, SENTENCE, max_candidates=1, models=["linear"], review=["feature_engineering"], store=store)
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    wrong = {"transformations": [{"column": "usgae", "operation": "log1p"}, {"column": "contract", "operation": "pca"}]}
    with pytest.raises(planfit.UsageError, match="nothing was noted") as refused:
        planfit.review(edit=wrong, store=store)
    assert "'usgae'" in refused.value.message, "not every finding is named"
    assert "'contract'" in refused.value.message, "not every finding is named"
    mine.rename(tmp_path / "moved.csv")
    with pytest.raises(planfit.DataChanged, match="is not there any more"):
        planfit.review(edit=ADDS, store=store)
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before
    planfit.review(edit=ADDS, data=tmp_path / "moved.csv", store=store)
    run = planfit.resume(store=store, data=tmp_path / "moved.csv")
    assert run.status == "finished"
    assert json.loads((run.path / "features" / "v1" / "plan.json").read_text())["transformations"][0]["degree"] == 2
    assert run.verify().ok
    with pytest.raises(planfit.UsageError, match="no plan of it waits"):
        planfit.review(approve=True, store=store)


@pytest.mark.slow
def test_an_edited_move_is_judged_with_all_that_the_run_knows(data: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"max_candidates": 2, "models": ["linear"], "review": ["model_search"], "store": tmp_path}
    with pytest.raises(planfit.Paused):
        planfit.run(data, SENTENCE, **given)
    log = planfit.open_run(store=tmp_path).path / "events.jsonl"
    before = log.read_bytes()
    for plan in ({"move": "tune", "plan": {"candidate": "c099", "method": "random", "trials": 2}},
                 {"move": "models", "plan": {"candidates": [{"family": "linear", "features": "v9"}]}}):  # fmt: skip
        with pytest.raises(planfit.UsageError, match="nothing was noted"):
            planfit.review(edit=plan, store=tmp_path)
    assert log.read_bytes() == before
    planfit.review(edit={"move": "models", "plan": {"candidates": [{"family": "linear"}]}}, store=tmp_path)
    assert planfit.open_run(store=tmp_path).verify().ok


@pytest.mark.slow
def test_a_person_may_stop_at_a_plan(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(planfit.Paused):
        planfit.run(table, SENTENCE, max_candidates=3, **QUICK, review=["model_search"], store=tmp_path)
    planfit.review(stop=True, store=tmp_path)
    run = planfit.resume(store=tmp_path)
    assert run.status == "stopped"
    assert run.summary.delivered is not None
    with pytest.raises(planfit.UsageError, match="cannot be reviewed"):
        planfit.run(table, SENTENCE, review=["training"], store=tmp_path)


# Stopping from elsewhere


@pytest.mark.parametrize("now", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_run_is_stopped_from_elsewhere(
    data: Path, tmp_path: Path, cli: Callable[..., Any], none_left: Callable[[], None], now: bool
) -> None:
    program = Path(sys.executable).with_name("planfit")
    command = [
        program,
        "run",
        data,
        SENTENCE,
        "--max-candidates",
        "40",
        "--models",
        "linear,random_forest,extra_trees",
        "--store",
        tmp_path,
        "-q",
    ]
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    ends = time.monotonic() + 120
    while not list(tmp_path.glob("run_*/candidates/c002")) and time.monotonic() < ends:
        time.sleep(0.05)
    stopped = cli("stop", "--store", tmp_path, *(["--now"] if now else []), "--wait", 90)
    assert stopped.returncode == 0, stopped.stderr
    _, err = process.communicate(timeout=90)
    assert process.returncode == (130 if now else 0), err
    assert "Traceback" not in err
    run = planfit.open_run(store=tmp_path)
    assert run.status == ("failed" if now else "stopped")
    assert [event.body.command for event in run.events if event.body.kind == "command_received"] == ["stop"]
    assert run.verify().ok
    none_left()
    late = cli("stop", "--store", tmp_path)
    assert late.returncode == 2
    assert "no process works on it" in late.stderr


def test_a_halted_run_says_what_was_tried_and_every_command_it_names_goes_on(
    data: Path, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    wrong = {"transformations": [{"column": "contract", "operation": "standard_scale"}]}
    planner = Scripted([wrong] * 3, only=["FeaturePlan"], otherwise=Expert())
    with pytest.raises(planfit.Halted):
        planfit.run(data, SENTENCE, planner=planner, max_candidates=1, **QUICK, store=tmp_path)
    halted = planfit.open_run(store=tmp_path).summary.halted
    assert halted is not None
    assert len(halted["tried"]) == 3
    assert all("contract" in text for text in halted["tried"])
    assert "profile.json" in halted["artifacts"]
    assert len(halted["commands"]) == 3
    (tmp_path / "plan.json").write_text(json.dumps(ADDS))
    forked = next(text for text in halted["commands"] if " fork " in text)
    done = cli(*shlex.split(forked.replace("PLAN.json", str(tmp_path / "plan.json")))[1:], "--json")
    assert done.returncode == 0, done.stderr
    shown = cli("show", "--store", tmp_path, planfit.open_run(halted["commands"][0].split()[2], store=tmp_path).id)
    assert "tried" in shown.stdout


def test_the_count_of_failures_survives_a_resume(data: Path, tmp_path: Path) -> None:
    wrong = {"transformations": [{"column": "contract", "operation": "standard_scale"}]}

    def leave(ask: Any) -> Any:
        raise KeyboardInterrupt

    planner = Scripted([wrong, wrong, leave], only=["FeaturePlan"], otherwise=Expert())
    with pytest.raises(KeyboardInterrupt):
        planfit.run(data, SENTENCE, planner=planner, max_candidates=1, **QUICK, store=tmp_path)
    with pytest.raises(planfit.Halted, match="3 answers in a row"):
        planfit.resume(store=tmp_path, planner=Scripted([wrong], only=["FeaturePlan"], otherwise=Expert()))
    assert threading.active_count() < 20


# What goes wrong elsewhere


def test_what_is_delivered_never_rests_on_a_set_that_the_probe_rolled_back(data: Path, tmp_path: Path) -> None:
    coarse = {"transformations": [{"column": "usage", "operation": "drop"}], "rationale": "Of no use."}
    on_it = {"move": "models", "plan": {"candidates": [{"family": "linear", "params": {}, "features": "v1"}]}}
    planner = Scripted([coarse, on_it], only=["FeaturePlan", "NextStep"], otherwise=Expert())
    run = planfit.run(data, SENTENCE, planner=planner, max_candidates=2, **QUICK, store=tmp_path)
    assert [event.body.frm for event in run.events if event.body.kind == "rolled_back"] == ["v1"]
    refused = [event.body for event in run.events if event.body.kind == "plan_rejected"]
    assert "unknown-feature-set" in {found.code for body in refused for found in body.findings}
    assert {row["features"] for row in run.leaderboard_rows} == {"v0"}


def test_a_table_that_changed_or_moved_is_refused_and_the_way_on_works(data: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text(data.read_text())

    def leave(event: Any) -> None:
        if event.body.kind == "step_finished" and event.body.name == "split":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        planfit.run(mine, SENTENCE, max_candidates=1, **QUICK, store=tmp_path / "store", on_event=leave)
    mine.rename(tmp_path / "moved.csv")
    with pytest.raises(planfit.DataChanged, match="is not there any more") as moved:
        planfit.resume(store=tmp_path / "store")
    assert "--data" in (moved.value.hint or "")
    mine.write_text(data.read_text() + data.read_text().splitlines()[1] + "\n")
    with pytest.raises(planfit.DataChanged, match="is not the one that this run was started on") as changed:
        planfit.resume(store=tmp_path / "store")
    assert "--data" in (changed.value.hint or "")
    assert planfit.resume(store=tmp_path / "store", data=tmp_path / "moved.csv").status == "finished"


@pytest.mark.parametrize(
    "answer",
    ["", "certainly! here is the plan", "x" * 1_000_000, "[" * 5_000, '{"transformations": 3}', "null", "breaks"],
    ids=["empty", "prose", "a megabyte", "nested", "another shape", "null", "an exception"],
)
def test_answers_that_are_none_are_told_so_and_three_halt(
    answer: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(ask: Any) -> Any:
        if answer == "breaks":
            raise ZeroDivisionError("division by zero")
        return answer

    planner = Scripted([given] * 3, only=["TaskPlan"], otherwise=Expert())
    with pytest.raises(planfit.Halted, match="3 answers in a row"):
        planfit.run(data, SENTENCE, planner=planner, **QUICK, store=tmp_path)
    assert [ask.attempt for ask in planner.asked] == [1, 2, 3]
    assert all(ask.findings for ask in planner.asked[1:])
    run = planfit.open_run(store=tmp_path)
    assert run.status == "halted"
    assert run.verify().ok
    assert len([entry for entry in run.trace if entry["status"] == "rejected"]) == 3
