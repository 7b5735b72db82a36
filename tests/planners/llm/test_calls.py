"""What can go wrong with a call, each against a real server through the real client: a defined outcome, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from planfit.errors import BudgetSpent, ProviderError
from planfit.records.calls import Prices
from planfit.records.scores import Usage
from planfit.testing.model_server import Reply, kind_of

Maker = Callable[..., Any]
PLAN = {"transformations": [], "rationale": "Nothing is worth adding."}


def outcomes(error: pytest.ExceptionInfo[ProviderError]) -> list[str]:
    return [call.outcome for call in error.value.calls]


def test_a_plan_comes_back_with_what_it_cost(model: Maker, ask: Maker) -> None:
    made = model(PLAN)
    answer = made.planner.propose(ask("FeaturePlan"))
    assert json.loads(answer.document) == PLAN
    assert answer.usage.having(seconds=0.0) == Usage(calls=1, tokens_in=10, tokens_out=5, cost_usd=0.0)
    body = made.server.asked[0]
    assert kind_of(body) == "FeaturePlan"
    assert body["response_format"]["json_schema"]["strict"] is True
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert answer.prompt.startswith(f"# Role\n{body['messages'][0]['content']}\n\n{body['messages'][1]['content']}")
    assert answer.calls[0].sent_bytes == len(made.server.bodies[0])


@pytest.mark.parametrize(
    ("reply", "code", "outcome"),
    [
        (Reply(refusal="I will not."), "answer-refused", "refused"),
        (Reply("", finish_reason="content_filter"), "answer-refused", "refused"),
        (Reply('{"transformations": [', finish_reason="length"), "answer-cut-off", "cut_off"),
        (Reply(""), "answer-empty", "empty"),
        (Reply(None), "answer-empty", "empty"),
        (Reply(status=401, raw=b'{"error": {"message": "Incorrect API key provided: sk-abc"}}'), "planner-unreachable", "not_allowed"),
        (Reply(status=404, raw=b'{"error": {"message": "no such model"}}'), "planner-unreachable", "not_found"),
        (Reply(status=400, raw=b'{"error": {"message": "the request exceeds the available context size"}}'), "planner-unreachable", "too_long_a_prompt"),
        (Reply(fault="hang", seconds=3), "planner-unreachable", "timed_out"),
        (Reply(fault="drip", seconds=4), "planner-unreachable", "timed_out"),
        (Reply(raw=b" " * 9_000_000), "planner-unreachable", "too_large"),
    ],
)  # fmt: skip
def test_what_does_not_go_away_is_tried_once(model: Maker, ask: Maker, reply: Reply, code: str, outcome: str) -> None:
    made = model(reply, seconds=0.6)
    asked = ask("ModelPlan")  # one that offers no choices to fall back on
    if outcome == "too_long_a_prompt":
        answer = made.planner.propose(asked)
        assert answer.planner == "expert"
        assert answer.calls[0].outcome == outcome
        return
    with pytest.raises(ProviderError) as error:
        made.planner.propose(asked)
    assert error.value.code == code
    assert outcomes(error) == [outcome]
    assert "sk-abc" not in error.value.message
    assert not made.pauses


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(status=429, raw=b'{"error": {"message": "slow down"}}'), "rate_limited"),
        (Reply(status=500, raw=b"oops"), "server_error"),
        (Reply(status=503, raw=b"{}"), "server_error"),
        (Reply(fault="reset"), "unreachable"),
        (Reply(raw=b"<html>proxy error</html>"), "not_readable"),
        (Reply(raw=b'{"choices": []}'), "not_readable"),
        (Reply(raw=b"[]"), "not_readable"),
        (Reply(raw=b"null"), "not_readable"),
    ],
)  # fmt: skip
def test_what_may_go_away_is_tried_again_a_few_times(model: Maker, ask: Maker, reply: Reply, outcome: str) -> None:
    made = model(reply)
    with pytest.raises(ProviderError) as error:
        made.planner.propose(ask("FeaturePlan"))
    assert outcomes(error) == [outcome] * 4
    assert error.value.code == "planner-unreachable"
    assert len(made.pauses) == 3
    assert all(low <= pause <= high for pause, low, high in zip(made.pauses, (0.5, 1, 2), (1, 2, 4), strict=True))
    again = model(reply, reply, PLAN)
    answer = again.planner.propose(ask("FeaturePlan"))
    assert [call.outcome for call in answer.calls] == [outcome, outcome, "answered"]
    assert answer.usage.calls == 3


def test_the_provider_says_how_long_to_wait(model: Maker, ask: Maker) -> None:
    made = model(Reply(status=429, headers={"Retry-After": "3"}), PLAN)
    made.planner.propose(ask("FeaturePlan"))
    assert 3.0 <= made.pauses[0] <= 3.25
    made = model(Reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(ProviderError, match="asks to wait 3600"):
        made.planner.propose(ask("FeaturePlan"))
    assert not made.pauses


def test_no_call_goes_beyond_the_time_there_is(model: Maker, ask: Maker) -> None:
    made = model(Reply(fault="hang", seconds=3))
    with pytest.raises(ProviderError, match="took too long"):
        made.planner.propose(ask("FeaturePlan", answer_within=0.5))
    made = model(Reply(status=429, headers={"Retry-After": "9"}))
    with pytest.raises(ProviderError, match="no time is left"):
        made.planner.propose(ask("FeaturePlan", answer_within=2.0))


@pytest.mark.parametrize(
    ("refuses", "forms"),
    [
        (("json_schema",), ["json_schema", "json_object"]),
        (("json_schema", "json_object"), ["json_schema", "json_object", None]),
    ],
)
def test_what_a_server_takes_is_found_out_once(model: Maker, ask: Maker, refuses: Any, forms: list[Any]) -> None:
    made = model(PLAN, refuses=refuses)
    answer = made.planner.propose(ask("FeaturePlan"))
    assert json.loads(answer.document) == PLAN
    made.planner.propose(ask("FeaturePlan"))
    sent = [body.get("response_format", {}).get("type") for body in made.server.asked]
    assert sent == [*forms, forms[-1]]
    assert not made.pauses


def test_a_provider_of_tools_answers_by_one(model: Maker, ask: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planfit.planners.llm.build.find_spec", lambda name: None)  # without a client of its own
    made = model(Reply(json.dumps(PLAN), tool=True), dialect="anthropic")
    answer = made.planner.propose(ask("FeaturePlan"))
    assert json.loads(answer.document) == PLAN
    assert kind_of(made.server.asked[0]) == "FeaturePlan"
    assert made.server.asked[0]["tool_choice"]["function"]["name"] == "FeaturePlan"


def test_limits_are_kept_before_a_call(model: Maker, ask: Maker) -> None:
    made = model(PLAN, max_calls=2)
    made.planner.propose(ask("FeaturePlan", spent=Usage(calls=1)))
    for limits, spent in (
        ({"max_calls": 2}, Usage(calls=2)),
        ({"max_tokens": 1_000}, Usage()),
        ({"max_tokens": 20_000}, Usage(calls=1, tokens_in=18_000, tokens_out=1_000)),
        ({"max_cost": 0.01, "prices": Prices(tokens_in=5.0, tokens_out=20.0)}, Usage()),
    ):
        made = model(PLAN, **limits)
        with pytest.raises(BudgetSpent):
            made.planner.propose(ask("FeaturePlan", spent=spent))
        assert not made.server.bodies


def test_tries_count_for_the_limit_too(model: Maker, ask: Maker) -> None:
    made = model(Reply(status=500), max_calls=2)
    with pytest.raises(BudgetSpent):
        made.planner.propose(ask("FeaturePlan"))
    assert len(made.server.bodies) == 2


def test_an_answer_may_have_as_many_tokens_as_the_limit_leaves(model: Maker, ask: Maker) -> None:
    made = model(PLAN, max_tokens=4_000)
    made.planner.propose(ask("FeaturePlan"))
    assert made.server.asked[0]["max_tokens"] < 4_000


def test_what_is_unknown_is_unknown(model: Maker, ask: Maker) -> None:
    made = model(Reply(json.dumps(PLAN), usage=None))
    usage = made.planner.propose(ask("FeaturePlan")).usage
    assert (usage.tokens_in, usage.tokens_out) == (None, None)
    cached = {
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "total_tokens": 110,
        "prompt_tokens_details": {"cached_tokens": 60},
    }
    made = model(
        Reply(json.dumps(PLAN), usage=cached), prices=Prices(tokens_in=10.0, tokens_cached=1.0, tokens_out=20.0)
    )
    usage = made.planner.propose(ask("FeaturePlan")).usage
    assert usage.tokens_cached == 60
    assert usage.cost_usd == pytest.approx((40 * 10 + 60 * 1 + 10 * 20) / 1e6)


@pytest.mark.parametrize(
    "text",
    [
        "```json\n{}\n```", "Here is the plan: {} I hope it helps.", "{},".replace("{},", "{}\n"),
        "<think>hm {maybe}</think>{}".replace("{maybe}", "maybe"),
    ],
)  # fmt: skip
def test_answers_are_read_leniently_once(model: Maker, ask: Maker, text: str) -> None:
    made = model(text.replace("{}", json.dumps(PLAN).replace("]", "],", 1).replace(",,", ",")))
    answer = made.planner.propose(ask("FeaturePlan"))
    assert json.loads(answer.document) == PLAN
    assert answer.raw


@pytest.mark.parametrize(
    "text", ['{"transformations": [', "no", "x" * 200_001, '{"a":' * 3000, "\x00\ud7ff{}", "null", "[]"]
)
def test_what_is_no_plan_stays_what_it_is(model: Maker, ask: Maker, text: str) -> None:
    from planfit.plans import parse

    answer = model(text).planner.propose(ask("FeaturePlan"))
    plan, findings = parse("FeaturePlan", answer.document)
    assert plan is None
    assert findings
    assert len(answer.document) <= 100_000
