"""What a language model adds to the features that follow by rule: nothing of those is lost, whatever it answers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.planners.expert.expert import Expert
from planfit.planners.llm import choices
from planfit.planners.llm.additions import BY_RULE, added
from planfit.planners.llm.planner import follows_by_rule
from planfit.planners.privacy import Screen
from planfit.planners.prompts import prompt_for
from planfit.plans import parse
from planfit.plans.validate import check_features
from planfit.records.scores import Probe, Screened, Usage
from planfit.records.task import Task

Maker = Callable[..., Any]
RULE: tuple[dict[str, Any], ...] = (
    {"columns": ["tenure", "Income"], "operation": "ratio", "into": "tenure per Income", "reason": "a long sentence"},
    {"column": "Contract", "operation": "target_encode", "keep_source": True, "reason": "another"},
)
OWN: list[dict[str, Any]] = [
    {"columns": ["Income"], "operation": "log1p"},
    {"columns": ["tenure", "Income"], "except": [], "operation": "ratio", "into": "tenure per Income", "keep_source": None},
    {"columns": ["Contract"], "operation": "target_encode", "keep_source": True, "reason": "I repeat"},
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def asked(ask: Maker) -> Any:
    return ask("FeaturePlan").having(by_rule=RULE)


def test_steps_are_added_behind_those_by_rule_and_none_twice(asked: Any) -> None:
    made = added(asked, {"transformations": OWN, "rationale": "x"})
    assert [step["operation"] for step in made["transformations"]] == ["ratio", "target_encode", "log1p"]
    assert [step.get("reason") for step in made["transformations"]] == [BY_RULE, BY_RULE, None]
    assert made["rationale"] == "x"
    assert added(asked, made)["transformations"] == made["transformations"]


@given(own=st.lists(ANYTHING | st.sampled_from(OWN), max_size=5))
def test_whatever_is_answered_the_steps_by_rule_stand_first_and_once(own: list[Any]) -> None:
    class Asked:
        plan_kind, by_rule = "FeaturePlan", RULE

    steps = added(Asked, {"transformations": own})["transformations"]  # type: ignore[arg-type]
    assert [{**step, "reason": ""} for step in steps[: len(RULE)]] == [{**step, "reason": ""} for step in RULE]
    assert len(steps) <= len(RULE) + len(own)
    assert [step for step in steps[len(RULE) :] if step in OWN[1:]] == []


@pytest.mark.parametrize("answer", ["no plan", None, 7, [], {"transformations": "log1p"}, {"thoughts": []}])
def test_what_is_no_plan_stays_none(asked: Any, answer: Any) -> None:
    assert added(asked, answer) == answer


def test_other_plans_are_left_alone(ask: Maker) -> None:
    assert added(ask("NextStep").having(by_rule=RULE), {"transformations": []}) == {"transformations": []}
    assert added(ask("FeaturePlan"), {"transformations": OWN}) == {"transformations": OWN}


def test_a_large_model_sees_them_with_their_evidence(asked: Any, model: Maker) -> None:
    found = Screened(steps=RULE[:1], operation="ratio", columns=("tenure", "Income"), gain=0.123, least=0.08, kept=True)
    plan = {"transformations": [{"columns": ["Income"], "except": [], "operation": "log1p", "parameters": [], "into": None,
            "keep_source": None, "reason": "r"}], "rationale": "x"}  # fmt: skip
    made = model(plan)
    answer = made.planner.propose(asked.having(screening=(found,)))
    told = made.server.asked[0]["messages"][1]["content"]
    assert 'ratio("tenure", "Income") into "tenure per Income": 12.3% of a quick model\'s gain' in told
    steps = json.loads(answer.document)["transformations"]
    assert [step["operation"] for step in steps] == ["ratio", "target_encode", "log1p"]
    assert json.loads(answer.raw) == plan, "what it wrote itself is kept"


def test_no_value_in_a_step_by_rule_is_shown(ask: Maker) -> None:
    marked = {
        "columns": ["tenure"],
        "operation": "mark_missing",
        "values": [-8412.75],
        "reason": "-8412.75 stands apart",
    }
    for tier in ("schema", "profile", "samples"):
        text = prompt_for(ask("FeaturePlan").having(by_rule=(marked,)), screen=Screen(tier))  # type: ignore[arg-type]
        assert 'mark_missing("tenure")' in text
        assert "8412" not in text
    redacted = Screen("profile", ["tenure"], ask("FeaturePlan").profile.names)
    assert "tenure" not in prompt_for(ask("FeaturePlan").having(by_rule=RULE), screen=redacted)


def test_a_small_model_chooses_among_additions_and_all_are_legal(ask: Maker) -> None:
    usual = ask("FeaturePlan", operations=("log1p", "quantile_transform", "missing_indicator", "target_encode", "count_encode",
                                           "group_rare", "datetime_parts", "text_statistics", "tfidf", "ratio"))  # fmt: skip
    asked = usual.having(by_rule=RULE)
    offer = choices.offer(asked, Expert(), Screen(names=asked.profile.names))
    assert offer is not None
    options = {key: body["enum"] for key, body in offer.schema["properties"].items()}
    assert "Contract" not in options, "what a step by rule does with it alone is done"
    assert not [key for key in options if key.startswith("step_")], "steps by rule are not to be left out"
    chance = random.Random(0)
    for _ in range(30):
        chosen = {key: chance.choice(values) for key, values in options.items()}
        plan, findings = parse("FeaturePlan", json.dumps(added(asked, offer.plan(chosen))))
        assert not findings
        _, found = check_features(plan, asked.schema_, asked.task, rows=7043, memory=None)
        assert not [finding for finding in found if finding.refuses]


def test_a_small_model_cannot_take_the_room_of_the_portfolio(ask: Maker, make: dict[str, Maker]) -> None:
    from planfit.planners.base import BudgetLeft

    board = (make["result"](1, "lightgbm", 0.8), make["result"](2, "linear", 0.7))
    for budget, offered in ((BudgetLeft(), True), (BudgetLeft(candidates=9), False), (BudgetLeft(seconds=99.0), False)):
        moves = choices.moves(ask("NextStep", leaderboard=board, budget=budget, round=2), Expert())
        assert any(label.startswith("tune") for label in moves) == offered
        assert "finish" in moves, "its end is not the run's"


@pytest.mark.parametrize(("verdict", "newest"), [("better", "v2"), ("even", "v1")])
def test_the_portfolio_goes_on_with_a_models_set_only_where_it_is_better(
    ask: Maker, make: dict[str, Maker], verdict: Any, newest: str
) -> None:
    from planfit.planners.expert.model_view import view_of
    from planfit.planners.expert.next_step import revision

    plan = {"transformations": [dict(RULE[0])]}
    other = {"transformations": [*RULE, OWN[0]]}
    probe = Probe(child="v1", parent="v0", metric="roc_auc", verdict="worse", mean=-0.01, because="by folds")
    first = ask("NextStep", feature_sets=(("v0", {"transformations": []}), ("v1", plan)), probes=(probe,))
    second = probe.having(child="v2", parent="v1", verdict=verdict)
    both = first.having(
        feature_sets=(*first.feature_sets, ("v2", other)), probes=(probe, second), sets_by_model=(("v2", other),)
    )
    assert isinstance(both.task, Task)
    assert view_of(both).newest == newest
    assert revision(both) == revision(first) != None, "a model's set does not stand for the expert's second one"  # noqa: E711


def test_a_model_too_slow_for_the_time_left_is_not_waited_for(model: Maker, ask: Maker, make: dict[str, Maker]) -> None:
    board = (make["result"](1, "lightgbm", 0.8), make["result"](2, "linear", 0.7))
    move = ask("NextStep", leaderboard=board, round=2).having(spent=Usage(calls=2, seconds=30.0))
    for within, by_model in ((None, True), (20.0, True), (10.0, False)):
        assert follows_by_rule(move.having(answer_within=within)) != by_model
        assert follows_by_rule(move.having(plan_kind="FeaturePlan", attempt=2, answer_within=within)) != by_model
    made = model("{}", small=True)
    assert made.planner.propose(move.having(answer_within=10.0)).planner == "expert"
    assert not made.server.bodies
