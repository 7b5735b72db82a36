"""Whole runs that a language model plans, over a real socket: good ones, bad ones, hostile ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra planfit[llm] is not installed")

from model_runs import FEATURES, FINISH, TASK, carry_out, good, scripted_models

import planfit
from planfit.planners.expert.expert import Expert
from planfit.planners.llm.planner import MOST_QUESTIONS
from planfit.records.calls import Asking
from planfit.testing.model_server import Reply, kind_of


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(1)
    rows = [
        f"{n},{rng.randint(18, 90)},{rng.choice('uvw')},{rng.gauss(30, 9):.2f},{int(rng.random() < 0.4)}"
        for n in range(220)
    ]
    path = tmp_path_factory.mktemp("table") / "d.csv"
    path.write_text("id,age,city,income,y\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def asks() -> Iterator[Callable[..., Any]]:
    with scripted_models() as planner:
        yield planner


def test_a_run_that_a_model_plans(asks: Any, table: Path, tmp_path: Path) -> None:
    server, model = asks([good])
    run = carry_out(table, tmp_path / "store", model)
    usage = run.summary.usage
    assert run.status == "finished"
    assert usage["calls"] == len(server.bodies) <= 5
    assert usage["tokens_in"] == 10 * usage["calls"]
    assert usage["cost_usd"] == 0.0
    by_model = [entry for entry in run.trace if entry["planner"] == "compatible:scripted"]
    assert by_model[0]["status"] == "accepted"
    assert "# Role" in by_model[0]["prompt"]
    assert any(entry["planner"] == "expert" for entry in run.trace)  # what follows by rule
    sent = [json.loads(line) for line in (run.path / "sent.jsonl").read_text().splitlines()]
    assert [line["body"].encode() for line in sent] == server.bodies
    assert run.verify().ok
    assert "compatible:scripted" in run.report
    asked = len(server.bodies)
    found = planfit.replay(run, table)
    assert found.equal, found.difference
    assert found.rows == 220
    assert len(server.bodies) == asked


@pytest.mark.slow
def test_wrong_answers_come_back_with_what_is_wrong(asks: Any, table: Path, tmp_path: Path) -> None:
    wrong = json.loads(json.dumps(FEATURES).replace('"age"', '"agee"'))
    script = [TASK, wrong, wrong, FEATURES, FINISH]
    server, model = asks(script)
    run = carry_out(table, tmp_path / "store", model, max_candidates=2)
    by_rule, *answers = (e for e in run.trace if e["stage"] == "feature_engineering" and e["attempt"])
    assert (by_rule["planner"], by_rule["status"]) == ("expert", "accepted")
    assert [entry["status"] for entry in answers][:2] == ["rejected", "rejected"]
    assert [f["code"] for f in answers[1]["findings"]] == ["unknown-column", "repeated-plan"]
    told = server.asked[2]["messages"][1]["content"]
    assert "Did you mean 'age'?" in told
    assert "agee" in told
    assert answers[1]["parent"] == answers[0]["id"]  # the pair, before and after


def test_three_failures_halt_and_another_planner_goes_on(asks: Any, table: Path, tmp_path: Path) -> None:
    server, model = asks(["I cannot.", Reply(""), Reply(refusal="no")])
    with pytest.raises(planfit.Halted) as halted:
        carry_out(table, tmp_path / "store", model)
    assert halted.value.exit_code == 3
    run = planfit.open_run("latest", store=tmp_path / "store")
    assert run.status == "halted"
    commands = next(event.body.commands for event in run.events if event.body.kind == "run_halted")
    assert any("--planner expert" in line for line in commands)
    assert any("resume" in line and "--planner compatible:ANOTHER_MODEL" in line for line in commands)
    assert any("fork" in line and "'Predict COLUMN'" in line for line in commands), "the task is settled by hand"
    assert [event.body.call.outcome for event in run.events if event.body.kind == "model_called"] == [
        "answered",
        "empty",
        "refused",
    ]
    done = planfit.resume(run.id, planner="expert", store=tmp_path / "store")
    assert done.status == "finished"
    assert len(server.bodies) == 3
    assert done.verify().ok


@pytest.mark.slow
def test_the_expert_takes_over_where_the_user_wants_it(asks: Any, table: Path, tmp_path: Path) -> None:
    bad = [Reply(status=429), Reply(fault="reset"), "{", "null", Reply(status=503), '{"transformations": 7}']
    _, model = asks(bad, fallback="expert")
    run = carry_out(table, tmp_path / "store", model, fallback="expert")
    assert run.status == "finished"
    assert "takes over from compatible:scripted" in json.dumps(run.trace)
    assert "takes over" in run.report
    found = planfit.replay(run, table)
    assert found.equal, found.difference


@pytest.mark.slow
def test_a_limit_hands_the_rest_to_the_expert(asks: Any, table: Path, tmp_path: Path) -> None:
    server, model = asks([good], max_calls=1)
    run = carry_out(table, tmp_path / "store", model, max_calls=1)
    assert run.status == "finished"
    assert len(server.bodies) == 1
    assert "limit of 1 calls" in json.dumps(run.trace)


@pytest.mark.slow
def test_the_model_thinks_while_the_first_models_are_trained(asks: Any, table: Path, tmp_path: Path) -> None:
    def slow(body: dict[str, Any]) -> Any:
        import time

        time.sleep(0.5 if kind_of(body) == "FeaturePlan" else 0.0)
        return good(body)

    _, model = asks([slow])
    run = carry_out(table, tmp_path / "store", model, max_candidates=6)
    kinds = [(e.body.kind, getattr(e.body, "plan_kind", getattr(e.body, "name", ""))) for e in run.events]
    by_rule, asked = (place for place, entry in enumerate(kinds) if entry == ("plan_requested", "FeaturePlan"))
    first = next(
        place for place, (kind, name) in enumerate(kinds) if kind == "step_finished" and name == "candidate c002"
    )
    assert by_rule < first < asked
    answers = [event.body for event in run.events if event.body.kind == "plan_proposed"]
    idle = [answer.usage.idle_seconds for answer in answers if answer.usage is not None and answer.usage.calls]
    assert idle[1] < 0.4  # it had thought already when it was waited for
    assert len([1 for kind, _ in kinds if kind == "model_called"]) <= MOST_QUESTIONS


def test_a_fork_lists_what_leaves_and_keeps_to_the_limits(asks: Any, table: Path, tmp_path: Path) -> None:
    parent = carry_out(table, tmp_path / "store", Expert(), max_candidates=1, models=["linear"], holdout="none")
    server, model = asks([good], max_calls=1)
    child = planfit.fork(
        parent, planner=model, start="feature_engineering", max_calls=1, privacy="schema", store=tmp_path / "store"
    )
    assert child.status == "finished"
    assert child.request.privacy == "schema"
    assert len(server.bodies) == 1
    sent = [json.loads(line) for line in (child.path / "sent.jsonl").read_text().splitlines()]
    assert [line["body"].encode() for line in sent] == server.bodies
    asked = [event.body.planner for event in child.events if event.body.kind == "plan_requested"]
    assert asked[0] == "expert", "the parent's answer is its planner's"
    found = planfit.replay(child, table)
    assert found.equal, found.difference


def test_another_target_than_the_expert_sees_is_asked_about(asks: Any, table: Path, tmp_path: Path) -> None:
    other = {**TASK, "target": "income", "task_type": "regression", "metric": "rmse", "positive_class": None,
             "split": {"kind": "random", "column": None}}  # fmt: skip
    _, model = asks([other])
    with pytest.raises(planfit.QuestionAsked) as question:
        carry_out(table, tmp_path / "store", model, target=None)
    assert [entry["target"] for entry in question.value.document["alternatives"]] == ["income", "y"]
    _, model = asks([{**TASK, "task_type": "regression", "metric": "rmse", "positive_class": None,
                      "split": {"kind": "random", "column": None}}])  # fmt: skip
    with pytest.raises(planfit.QuestionAsked, match="as regression or as binary"):
        carry_out(table, tmp_path / "store", model)


def bad_answers() -> list[Any]:
    """A hundred bad answers of twenty kinds."""
    plan = '{"transformations": [{"columns": ["%s"], "operation": "%s"}]}'
    kinds: list[Any] = [
        "", "I'm sorry, I cannot help with that.", "{", "null", "[]", '{"transformations": 7}', "x" * 5_000_000,
        plan % ("no_such_column", "log1p"), plan % ("y", "one_hot_encode"), plan % ("age", "__import__('os').system('touch PWNED')"),
        '{"transformations": [{"operation": "expression", "into": "z", "expression": "(SELECT 1 FROM read_csv(\'/etc/passwd\'))"}]}',
        '{"target": "id", "task_type": "regression", "metric": "nonsense"}', '{"a":' * 3000, "\x00\ud7ff{}",
        Reply(status=429, headers={"Retry-After": "1"}), Reply(status=500), Reply(status=503), Reply(fault="reset"),
        Reply(fault="hang", seconds=1.5), Reply(None), Reply(raw=b"<html>"), Reply('{"transfor', finish_reason="length"),
        '{"move": "finish", "target": "id"}', Reply(refusal="no"), Reply(raw=b'{"choices": [{"message": {}}]}'),
    ]  # fmt: skip
    rng = random.Random(0)
    listed = kinds * 4
    rng.shuffle(listed)
    return listed


@pytest.mark.slow
def test_a_hundred_bad_answers_lose_no_run(asks: Any, table: Path, tmp_path: Path) -> None:
    script = bad_answers()
    assert len(script) == 100
    server, model = asks(script, fallback="expert")
    ended: dict[str, int] = {}
    runs = 0
    while len(server.bodies) < 100:
        runs += 1
        halts = runs % 2 == 0
        store = tmp_path / f"store{runs}"
        model._asking = model._caller._asking = Asking(fallback=None if halts else "expert", max_calls=25)
        try:
            run = carry_out(table, store, model, fallback=None if halts else "expert", max_calls=25)
        except planfit.Halted:
            assert halts
            run = planfit.open_run("latest", store=store)
            ended["halted"] = ended.get("halted", 0) + 1
            run = planfit.resume(run.id, planner="expert", store=store)
        else:
            ended["finished"] = ended.get("finished", 0) + 1
        assert run.status == "finished"
        assert run.summary.usage["calls"] <= 25
        assert run.verify().ok
    assert not list(tmp_path.rglob("PWNED"))
    print(f"{runs} runs, {len(server.bodies)} calls: {ended}")


@pytest.mark.slow
def test_a_plan_by_hand_goes_on_after_a_halt(asks: Any, table: Path, tmp_path: Path) -> None:
    _, model = asks([TASK, "{", "[", "no"])
    with pytest.raises(planfit.Halted):
        carry_out(table, tmp_path / "store", model)
    run = planfit.open_run("latest", store=tmp_path / "store")
    halted = next(event.body for event in run.events if event.body.kind == "run_halted")
    (by_hand,) = (line for line in halted.commands if "--features PLAN.json" in line)
    assert f"fork {run.id} --features PLAN.json --from feature_engineering --planner expert" in by_hand
    plan = {"transformations": [{"columns": ["age", "income"], "operation": "ratio", "into": "per_income"}]}
    done = planfit.fork(run, features=plan, start="feature_engineering", planner="expert", store=tmp_path / "store")
    assert done.status == "finished"
    by_person = [
        entry["planner"] for entry in done.trace if entry["stage"] == "feature_engineering" and entry["attempt"]
    ]
    assert by_person[0] == "human"


@pytest.mark.slow
def test_what_a_model_claims_and_repeats_is_noticed_told_and_counted(asks: Any, table: Path, tmp_path: Path) -> None:
    claiming = {**FEATURES, "rationale": "This reached AUC 0.991."}
    rolled_back = {**FINISH, "move": "revise", "transformations": FEATURES["transformations"]}
    bad, other = ({**FEATURES, "transformations": [{**FEATURES["transformations"][0], "columns": [name, "income"]}]} for name in ("aga", "agg"))  # fmt: skip
    server, model = asks([TASK, bad, other, {**bad, "rationale": "y"}, claiming, rolled_back, FINISH, FINISH])
    with pytest.raises(planfit.Halted):
        carry_out(table, tmp_path / "store", model, max_candidates=5)
    run = planfit.resume("latest", store=tmp_path / "store", planner=model)
    assert run.status == "finished"
    codes = [finding["code"] for entry in run.trace for finding in entry["findings"]]
    assert "plans-in-a-circle" in codes
    assert "claimed-result" in codes
    assert {"repeated-plan", "rolled-back"} & set(codes)
    told = "".join(body["messages"][1]["content"] for body in server.asked[5:])
    assert "# Noticed about your earlier answers\nclaimed-result: It tells of AUC 0.991" in told
    counts = run.summary.usage["noticed"]
    assert counts["claimed-result"] == 1
    assert counts["plans-in-a-circle"] == 1
    assert "1 claimed a result that the record does not hold" in run.report
    found = planfit.replay(run, table)
    assert found.equal, found.difference


@pytest.mark.slow
@pytest.mark.parametrize("limit", [{"max_candidates": 14}, {"time_limit": 20}])
def test_the_expert_works_while_a_move_is_thought_about(limit: Any, asks: Any, table: Path, tmp_path: Path) -> None:
    def slow(body: dict[str, Any]) -> Any:
        import time

        time.sleep(0.9)
        return good(body)

    _, model = asks([slow])
    every = {"models": ["linear", "lightgbm", "random_forest", "knn", "extra_trees", "hist_gradient_boosting"]}
    run = carry_out(table, tmp_path / "store", model, **{"max_candidates": None, **limit}, **every)
    asked = [
        event.body for event in run.events if event.body.kind == "plan_requested" and event.body.plan_kind == "NextStep"
    ]
    by_model = next(place for place, body in enumerate(asked) if body.planner == "compatible:scripted")
    assert asked[by_model - 1].planner == "expert"
    assert asked[by_model - 1].round > asked[by_model].round, "the model was asked first"
    answers = [event.body for event in run.events if event.body.kind == "plan_proposed"]
    move = next(a for a in answers if a.ask_key == asked[by_model].ask_key)
    assert move.usage.idle_seconds < move.usage.seconds
    found = planfit.replay(run, table)
    assert found.equal, found.difference


def test_a_small_model_corrects_one_value_for_each_finding(asks: Any, table: Path, tmp_path: Path) -> None:
    def first_wrong(body: dict[str, Any]) -> Any:
        fields = body["response_format"]["json_schema"]["schema"]["properties"]
        if "finding_1" in fields:
            return {key: entry["enum"][0] for key, entry in fields.items()}
        return {next(iter(fields)): "nothing"}

    server, model = asks([first_wrong], small=True)
    run = carry_out(
        table, tmp_path / "store", model, max_candidates=8, models=["linear"], small_model=True, holdout="none"
    )
    assert run.status == "finished"
    by_model = [entry for entry in run.trace if entry["planner"] == "compatible:scripted"]
    assert {entry["stage"] for entry in by_model} >= {"feature_engineering", "model_search"}
    for entry in by_model:
        assert entry["status"] == ("rejected" if entry["attempt"] == 1 else "accepted"), entry
    asked = [list(body["response_format"]["json_schema"]["schema"]["properties"]) for body in server.asked]
    assert asked[1::2] == [["finding_1"]] * (len(asked) // 2), asked
