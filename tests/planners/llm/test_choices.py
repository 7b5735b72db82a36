"""Small models choose among legal options; whatever they choose is a legal plan."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from planfit.planners.expert.expert import Expert
from planfit.planners.llm import choices
from planfit.planners.privacy import Screen
from planfit.planners.prompts.digest import tokens
from planfit.planners.scripted import Scripted
from planfit.plans import parse
from planfit.plans.validate import check_features, check_next, check_task
from planfit.records.findings import Finding
from planfit.testing.model_server import Reply

Maker = Callable[..., Any]


def fields(offer: choices.Offer) -> dict[str, list[str]]:
    return {key: body["enum"] for key, body in offer.schema["properties"].items()}


@pytest.mark.parametrize("kind", ["TaskPlan", "FeaturePlan", "NextStep"])
def test_whatever_is_chosen_is_legal(ask: Maker, make: dict[str, Maker], kind: Any) -> None:
    more: dict[str, Any] = {"operations": ("log1p", "quantile_transform", "missing_indicator", "target_encode", "count_encode",
                            "group_rare", "datetime_parts", "text_statistics", "tfidf", "ratio")}  # fmt: skip
    if kind == "TaskPlan":
        columns = [make["number"](name, 0, 9) for name in ("price", "cost", "age")]
        more = {"sentence": "Predict price or cost", "profile": make["profile"](500, *columns)}
    if kind == "NextStep":
        more["leaderboard"] = (make["result"](1, "lightgbm", 0.8), make["result"](2, "linear", 0.7))
    asked = ask(kind, **more)
    offer = choices.offer(asked, Expert(), Screen(names=asked.profile.names))
    assert offer is not None
    options = fields(offer)
    assert options
    assert all(2 <= len(values) <= 4 for values in options.values())
    assert tokens(offer.prompt) < 900
    chance = random.Random(0)
    for _ in range(30):
        document = offer.plan({key: chance.choice(values) for key, values in options.items()})
        plan, findings = parse(kind, json.dumps(document))
        assert not findings
        if kind == "FeaturePlan":
            _, findings = check_features(plan, asked.schema_, asked.task, rows=7043, memory=None)
        elif kind == "NextStep":
            findings = check_next(plan, schema=asked.schema_, task=asked.task, rows=7043, families=asked.families,
                                  feature_sets=("v0",), candidates={"c001": "lightgbm", "c002": "linear"}, memory=None)  # fmt: skip
        else:
            findings = check_task(plan, asked.profile, asked.options)
        assert not [finding for finding in findings if finding.refuses], document


def test_what_a_step_does_already_is_not_offered_to_its_columns(ask: Maker, make: dict[str, Maker]) -> None:
    columns = [make["number"](name, 0, 9, missing=90) for name in ("a", "b")]
    table = make["profile"](500, *columns, make["column"]("Churn", "boolean", 2, top={"No": 300, "Yes": 200}))
    asked = ask("FeaturePlan", profile=table, operations=("missing_indicator", "quantile_transform"))
    asked = asked.having(schema_=asked.task.features_of(table))
    usual = Scripted([{"transformations": [{"columns": ["a", "b"], "operation": "missing_indicator"}]}])
    offer = choices.offer(asked, usual, Screen(names=table.names))
    assert offer is not None
    both = next(key for key in fields(offer) if key.startswith("step_"))
    assert "missing_indicator of a, b" in offer.prompt
    assert "missing_indicator" not in fields(offer)["a"]
    document = offer.plan({key: values[-1] for key, values in fields(offer).items()} | {both: "use"})
    plan, _ = parse("FeaturePlan", json.dumps(document))
    assert plan is not None
    _, findings = check_features(plan, asked.schema_, asked.task, rows=500, memory=None)
    assert not [finding for finding in findings if finding.refuses]


def test_what_was_not_offered_is_refused(model: Maker, ask: Maker) -> None:
    made = model({"Income": "drop_table"}, small=True)
    document = made.planner.propose(ask("FeaturePlan")).document
    plan, findings = parse("FeaturePlan", document)
    assert plan is None
    assert findings[0].code == "unknown-operation"


def test_an_answer_without_a_choice_is_refused(model: Maker, ask: Maker) -> None:
    document = model({"thoughts": "hm"}, small=True).planner.propose(ask("FeaturePlan")).document
    assert parse("FeaturePlan", document)[0] is None


def test_each_finding_is_one_choice(model: Maker, ask: Maker) -> None:
    wrong = Finding(
        code="kind-not-accepted",
        gate="schema",
        path="/transformations/0/columns/0",
        message="tfidf does not take 'Income'.",
    )
    document = json.dumps({"transformations": [
        {"column": "Income", "operation": "tfidf"}, {"columns": ["tenure", "Income"], "operation": "ratio"},
    ]})  # fmt: skip
    made = model({"finding_1": "log1p"}, small=True)
    answer = made.planner.propose(ask("FeaturePlan").with_findings(document, (wrong,)))
    assert list(made.server.asked[0]["response_format"]["json_schema"]["schema"]["properties"]) == ["finding_1"]
    assert json.loads(answer.document)["transformations"] == [
        {"columns": ["Income"], "operation": "log1p"}, {"columns": ["tenure", "Income"], "operation": "ratio"},
    ]  # fmt: skip


def test_a_context_that_is_too_small_is_found_out_once(model: Maker, ask: Maker) -> None:
    too_long = Reply(status=400, raw=b'{"error": {"message": "the request exceeds the available context size"}}')
    made = model(too_long, {"Income": "keep"})
    answer = made.planner.propose(ask("FeaturePlan"))
    assert json.loads(answer.document)["transformations"] == []
    assert [call.outcome for call in answer.calls] == ["too_long_a_prompt", "answered"]
    assert made.planner.small


def test_where_there_is_nothing_to_choose_nobody_is_asked(model: Maker, ask: Maker) -> None:
    made = model("{}", small=True)
    assert made.planner.propose(ask("ModelPlan")).planner == "expert"
    assert not made.server.bodies
