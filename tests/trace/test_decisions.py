from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from planfit.records.canonical import digest
from planfit.records.events import ClockDecided, PlanRejected, RunHalted
from planfit.records.findings import Finding
from planfit.store.decisions import DEEPEST
from planfit.trace.decisions import Decision, entries, json_schema

ROOT = Path(__file__).parents[2]


def of(told, planner=None, **fields):
    found = [entry for entry in entries(told) if planner in (None, entry.planner)]
    return [entry for entry in found if all(getattr(entry, name) == value for name, value in fields.items())]


def test_the_file_holds_what_the_events_give(told):
    stands = json.loads((told.path / "trace.json").read_bytes())
    assert stands == [entry.to_json() for entry in entries(told)]
    assert told.verify().ok
    assert len({entry["id"] for entry in stands}) == len(stands) == 16


def test_each_entry_bears_its_own_hash(told):
    for entry in json.loads((told.path / "trace.json").read_bytes()):
        assert entry["hash"] == digest({name: value for name, value in entry.items() if name != "hash"})


def test_refused_answers_stand_beside_the_accepted_one(told):
    first, second, third = of(told, "expert", stage="feature_engineering")
    assert (first.status, second.status, third.status) == ("rejected", "rejected", "accepted")
    assert first.plan == "Scale the city!"
    assert second.plan["transformations"][0]["operation"] == "standard_scale"
    assert second.findings[0].code == "kind-not-accepted"
    assert second.result == {"refused_at": "schema", "errors": 1}
    assert (second.parent, third.parent) == (first.id, second.id)
    assert [entry.attempt for entry in (first, second, third)] == [1, 2, 3]
    assert first.parent == of(told, stage="task")[0].id


def test_an_accepted_plan_tells_what_came_of_it(told):
    task = of(told, stage="task")[0]
    assert task.prompt == "What about task, round 0, attempt 1?"
    assert task.result["target"] == "churn"
    assert task.usage.tokens_in == 10
    assert task.rationale == "The sentence names churn."
    features = of(told, "expert", stage="feature_engineering")[-1]
    assert features.result["probe"]["verdict"] == "better"
    assert features.result["decision"] == "v1 adopted"
    assert [file.path for file in features.artifacts] == ["features/v1/plan.json"]
    models = next(entry for entry in of(told, "expert") if entry.rationale == "Three views.")
    scored = models.result["candidates"]
    assert [(line["candidate"], line.get("score"), line.get("failed")) for line in scored] == [
        ("c002", 0.81, None),
        ("c003", None, "out_of_memory"),
        ("c004", 0.78, None),
    ]
    blend = next(entry for entry in of(told, "expert") if entry.rationale == "They differ.")
    assert blend.result["candidates"][0]["members"] == [["c005", 0.7], ["c004", 0.3]]


def test_what_was_taken_back_or_broke_says_so(told):
    back = of(told, status="rolled_back")[0]
    assert back.plan["plan"]["rationale"] == back.rationale == "Skewed."
    assert back.result["rolled_back_to"] == "v1"
    own = next(entry for entry in of(told, "runtime") if "roll_back" in entry.plan)
    assert own.parent == back.id
    failed = of(told, "expert", status="failed")[0]
    assert failed.findings[0].gate == "data"
    assert failed.result["broke_on"] == "the full training data"


def test_the_runtime_s_own_decisions_are_entries(told):
    plans = [entry.plan for entry in of(told, "runtime")]
    assert plans == [
        {"decision": "v1 adopted"},
        {"name": "seconds_for_candidate", "value": 3.25},
        {"candidate": "c003", "family": "random_forest", "then": "skipped"},
        {"roll_back": "v2", "to": "v1", "by": "probe"},
        {"stop": "converged"},
        {"open_holdout": 1},
    ]
    stop, holdout = of(told, "runtime")[-2:]
    assert stop.result["delivered"] == "c006"
    assert holdout.result == {"value": 0.8, "low": 0.7, "high": 0.9, "rows": 100}
    assert all(entry.prompt and entry.attempt is None for entry in of(told, "runtime"))
    adopted = of(told, "runtime")[0]
    assert adopted.prompt == "Adopted if better on average.\nBetter on 3 of 3 folds."


def test_two_runs_of_the_same_decisions_differ_in_ids_and_times_alone(told, teller, tmp_path):
    other = teller(tmp_path / "other")
    passing = {"timestamp", "run_id", "hash"}
    one, two = (
        [{name: value for name, value in entry.to_json().items() if name not in passing} for entry in entries(run)]
        for run in (told, other)
    )
    assert one == two
    plans = json.dumps([entry.plan for entry in entries(told)])
    assert told.id not in plans
    assert str(told.path) not in plans
    assert not re.search(r"\d{4}-\d\d-\d\dT", plans)


def test_the_file_is_valid_and_current_after_every_event(story):
    seen = []

    def look(event):
        stands = json.loads((story.run.path / "trace.json").read_bytes())
        assert stands == [entry.to_json() for entry in entries(story.run)]
        seen.append(len(stands))

    story.run.listener = look
    for part in (story.settle, story.engineer, story.search, story.deliver):
        part()
    assert seen == sorted(seen)
    assert seen[-1] == 16


def test_the_file_is_rewritten_only_when_a_decision_changed(story):
    story.settle()
    before = (story.run.path / "trace.json").stat().st_ino
    story.step("split", "anything", {})
    assert (story.run.path / "trace.json").stat().st_ino == before
    story.run.append(ClockDecided(key="k", name="n", value=1))
    assert len(json.loads((story.run.path / "trace.json").read_bytes())) == 2


def test_a_halt_waits_for_a_person(story):
    finding = Finding(code="not-json", gate="document", message="No JSON.")
    story.run.append(
        RunHalted(stage="task", message="Three in a row.", findings=(finding,), commands=("planfit resume x",))
    )
    entry = entries(story.run)[-1]
    assert (entry.status, entry.plan) == ("failed", {"halt": "task", "status": "halted"})
    assert entry.findings == (finding,)


def test_an_answer_that_never_came_is_an_entry_too(story):
    finding = Finding(code="planner-unreachable", gate="document", message="Nobody answered.")
    story.run.append(PlanRejected(ask_key="unasked", findings=(finding,)))
    entry = entries(story.run)[-1]
    assert (entry.planner, entry.plan, entry.prompt, entry.status) == ("expert", None, "", "rejected")


@pytest.mark.parametrize(
    "document",
    ["[" * 100_000, "[" * (DEEPEST + 5) + "]" * (DEEPEST + 5), "{", "", '{"a": ' + "9" * 5000 + "}", "not JSON"],
)
def test_a_hostile_document_stays_text(story, document):
    finding = Finding(code="not-json", gate="document", message="No JSON.")
    story.ask("FeaturePlan", "feature_engineering", document, findings=(finding,))
    assert entries(story.run)[-1].plan == document
    json.loads((story.run.path / "trace.json").read_bytes())


def test_strange_but_valid_documents_are_shown_as_json(story):
    finding = Finding(code="wrong-type", gate="document", message="No object.")
    for round_, document in enumerate(['{"a": NaN, "b": 1e999}', '"\\ud83d"', "[null]", '{"a": 1, "a": 2}']):
        story.round = round_
        story.ask("FeaturePlan", "feature_engineering", document, findings=(finding,))
    plans = [entry.plan for entry in entries(story.run)]
    assert plans == [{"a": "NaN", "b": None}, "\ud83d", [None], {"a": 2}]
    assert [entry["plan"] for entry in json.loads((story.run.path / "trace.json").read_bytes())] == plans
    assert story.run.verify().ok


def test_the_published_schema_is_current_and_names_every_field(told):
    published = json.loads((ROOT / "docs" / "schemas" / "trace.json").read_text(encoding="utf-8"))
    assert published == json_schema()
    needed = set(published["$defs"]["Decision"]["required"])
    assert needed == set(Decision.model_fields)
    assert needed >= {
        "timestamp", "stage", "prompt", "plan", "result", "id", "run_id", "parent", "planner", "attempt", "status",
        "findings", "rationale", "usage", "artifacts", "hash",
    }  # fmt: skip
    for entry in json.loads((told.path / "trace.json").read_bytes()):
        assert set(entry) == needed
