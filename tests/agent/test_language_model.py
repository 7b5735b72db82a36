"""Whole runs that a language model plans, over a real socket: good ones, bad ones, hostile ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra planfit[llm] is not installed")

import planfit
from planfit.planners.expert.expert import Expert
from planfit.planners.llm.build import connection
from planfit.planners.llm.calling import Caller, Money
from planfit.planners.llm.dialects import DIALECTS
from planfit.planners.llm.planner import MOST_QUESTIONS, LanguageModel
from planfit.planners.llm.sent import Sent
from planfit.records.calls import Asking
from planfit.testing.model_server import ModelServer, Reply, kind_of

FEATURES = {"transformations": [{"columns": ["age", "income"], "except": [], "operation": "ratio", "parameters": [],
            "into": "per_income", "keep_source": None, "reason": "r"}], "rationale": "x"}  # fmt: skip
TASK = {
    "target": "y", "task_type": "binary", "metric": "roc_auc", "positive_class": "1", "split": {"kind": "stratified", "column": None},
    "excluded": [{"name": "id", "code": "identifier", "reason": "tells rows apart"}], "confidence": 0.9, "alternatives": [],
    "constraints": {"seconds": None, "max_candidates": None, "families": [], "without_families": [], "simple": False},
    "notes": [], "question": None, "rationale": "x",
}  # fmt: skip
FINISH = {
    "move": "finish",
    "transformations": [],
    "candidates": [],
    "candidate": None,
    "trials": None,
    "rationale": "enough",
}
GOOD: dict[str | None, Any] = {"TaskPlan": TASK, "FeaturePlan": FEATURES, "NextStep": FINISH}


def good(body: dict[str, Any]) -> Any:
    return GOOD[kind_of(body)]


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
def asks(table: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return what makes a run whose planner's answers come from a script."""
    with ExitStack() as stack:

        def planner(script: list[Any], **asking: Any) -> tuple[ModelServer, LanguageModel]:
            server = stack.enter_context(ModelServer(script))
            said, sent = Asking(**asking), Sent()
            provider = connection(DIALECTS["compatible"], "scripted", server.url, sent)
            caller = Caller(provider, said, Money(own=True), pause=lambda _: None)
            model = LanguageModel(
                "compatible:scripted", caller, said, "profile", Expert(), sent=sent, local=True, seconds=1.0
            )
            return server, model

        yield planner


def carry_out(table: Path, store: Path, model: LanguageModel, **more: Any) -> planfit.Run:
    usual: dict[str, Any] = {"max_candidates": 2, "models": ["linear", "lightgbm"], "target": "y"}
    return planfit.run(table, "Predict y", planner=model, store=store, **{**usual, **more})


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


def candidates_of(run: planfit.Run) -> dict[tuple[str, str, str], float]:
    """Return the candidates of a run by what they are, with their scores; feature sets by what they make."""
    made = [json.loads(path.read_text()) for path in sorted((run.path / "candidates").glob("*/candidate.json"))]
    plans = {path.parent.name: path.read_text() for path in (run.path / "features").glob("*/plan.json")}
    singles = [each for each in made if each["spec"]["origin"] == "plan"]
    return {
        (each["spec"]["family"], json.dumps(each["spec"]["params"], sort_keys=True), plans.get(each["spec"]["features"], "")):
        each["score"]["value"] for each in singles
    }  # fmt: skip


JUNK = {**FEATURES, "transformations": [{**FEATURES["transformations"][0], "columns": ["age"], "operation": "quantile_transform", "into": None}]}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "candidates"),
    [
        pytest.param({"FeaturePlan": JUNK}, 3, id="junk"),
        pytest.param({"FeaturePlan": JUNK}, 9, id="junk-and-more-room", marks=pytest.mark.slow),
        pytest.param(
            {"FeaturePlan": {"transformations": [], "rationale": "x"}}, 7, id="nothing", marks=pytest.mark.slow
        ),
    ],
)
def test_a_poor_model_loses_nothing_that_the_expert_would_have_tried(
    answers: dict[str | None, Any], candidates: int, asks: Any, tmp_path: Path
) -> None:
    table = crossing(tmp_path)
    _, model = asks([lambda body: (GOOD | answers)[kind_of(body)]])
    usual: dict[str, Any] = {"models": ["linear", "lightgbm"], "max_candidates": candidates, "holdout": "none"}
    expert = carry_out(table, tmp_path / "expert", Expert(), **usual)
    run = carry_out(table, tmp_path / "model", model, **usual)
    wanted, tried = candidates_of(expert), candidates_of(run)
    assert any("cross" in plan for _, _, plan in wanted), "discovery found what was hidden"
    assert wanted.items() <= tried.items()
    assert (run.summary.cv, run.summary.delivered) == (expert.summary.cv, expert.summary.delivered)
    ended = [entry["planner"] for entry in run.trace if (entry["plan"] or {}).get("move") == "finish"]
    assert ended[-1:] in (["expert"], []), "a model's end is not the run's"
    if candidates > 3:
        found = planfit.replay(run, table)
        assert found.equal, found.difference


def crossing(folder: Path) -> Path:
    """Write a table in which two columns say much together and little alone."""
    rng = random.Random(2)
    lines = []
    for number in range(500):
        age, city, shop, income = rng.randint(18, 90), rng.choice("uvwxyz"), rng.choice("klmnop"), rng.gauss(30, 9)
        same = "uvwxyz".index(city) == "klmnop".index(shop) or (ord(city) + ord(shop)) % 3 == 0
        y = int(rng.random() < (0.85 if same else 0.15))
        lines.append(f"{number},{age},{city},{shop},{income:.2f},{y}")
    path = folder / "crossing.csv"
    path.write_text("id,age,city,shop,income,y\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.slow
def test_a_models_end_hands_over_to_the_expert(asks: Any, table: Path, tmp_path: Path) -> None:
    _, model = asks([good])
    run = carry_out(table, tmp_path / "store", model, max_candidates=14, holdout="none")
    moves = [(entry["planner"], entry["plan"]["move"]) for entry in run.trace if (entry["plan"] or {}).get("move")]
    at = moves.index(("compatible:scripted", "finish"))
    assert moves[-1] == ("expert", "finish")
    assert at < len(moves) - 1
    assert "the expert goes on" in json.dumps(run.trace)
    found = planfit.replay(run, table)
    assert found.equal, found.difference


@pytest.mark.slow
def test_a_fork_that_follows_its_parent_has_the_models_features_too(asks: Any, tmp_path: Path) -> None:
    table = crossing(tmp_path)
    server, model = asks([good])
    usual: dict[str, Any] = {"max_candidates": 4, "holdout": "none"}
    parent = carry_out(table, tmp_path / "store", model, **usual)
    child = planfit.fork(parent, planner="expert", start="model_search", store=tmp_path / "store")
    asked = len(server.bodies)
    plans = [
        [entry["plan"] for entry in run.trace if entry["stage"] == "feature_engineering" and entry["attempt"]]
        for run in (parent, child)
    ]
    assert plans[0] == plans[1]
    assert len(plans[0]) == 2
    assert len(server.bodies) == asked
    for run in (child, planfit.fork(parent, planner="expert", start="feature_engineering", store=tmp_path / "store")):
        found = planfit.replay(run, table)
        assert found.equal, found.difference


@pytest.mark.slow
def test_what_a_model_knows_and_no_rule_finds_is_adopted(asks: Any, tmp_path: Path) -> None:
    rng = random.Random(3)
    lines = []
    for number in range(500):
        age, city, shop = rng.randint(18, 90), rng.choice("uvwxyz"), rng.choice("klmnop")
        lines.append(f"{number},{age},{city},{shop},{rng.gauss(30, 9):.2f},{int(rng.random() < (0.9, 0.1)[age % 2])}")
    table = tmp_path / "odd.csv"
    table.write_text("id,age,city,shop,income,y\n" + "\n".join(lines) + "\n")
    odd = {"columns": [], "except": [], "operation": "expression", "parameters": [{"name": "expression", "value": "age % 2"}],
           "into": "odd", "keep_source": None, "reason": "every other year"}  # fmt: skip
    _, model = asks(
        [lambda body: (GOOD | {"FeaturePlan": {"transformations": [odd], "rationale": "x"}})[kind_of(body)]]
    )
    usual: dict[str, Any] = {"max_candidates": 6, "holdout": "none"}
    expert = carry_out(table, tmp_path / "expert", Expert(), **usual)
    run = carry_out(table, tmp_path / "model", model, **usual)
    assert run.summary.cv["score"] > expert.summary.cv["score"] + 0.1
    made = json.loads((run.path / "candidates" / "c004" / "candidate.json").read_text())
    plan = json.loads((run.path / "features" / made["spec"]["features"] / "plan.json").read_text())
    assert "expression" in [step["operation"] for step in plan["transformations"]]
