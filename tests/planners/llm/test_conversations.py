"""Each provider's conversation in its own wire format, through the real client library and a real socket.

The files under ``tests/planners/wire`` were written after the providers' references; no paid service was called for them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from planfit.planners.expert.expert import Expert
from planfit.planners.llm import build
from planfit.planners.llm.calling import Caller, Money, judged
from planfit.planners.llm.dialects import DIALECTS
from planfit.planners.llm.planner import LanguageModel
from planfit.planners.llm.provider import CallFailed, Request
from planfit.planners.llm.sent import Sent
from planfit.planners.llm.wire import wire_schema
from planfit.planners.registry import PROVIDERS
from planfit.plans import parse
from planfit.plans.validate import check_features
from planfit.records.calls import Asking, Mode
from planfit.testing.model_server import ModelServer, Reply

Maker = Callable[..., Any]
FOLDER = Path(__file__).parents[1] / "wire"
WIRE: dict[str, Any] = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
USUAL = ("plan", "invalid_plan", "correction", "tool_call", "refusal", "rate_limited")
LOCAL = ("ollama", "compatible")


def reply(exchange: dict[str, Any]) -> Reply:
    return Reply(status=exchange["status"], headers=exchange["headers"], raw=json.dumps(exchange["body"]).encode())


def base_url(server: ModelServer, provider: str) -> str:
    """Return the server's address with the path that the provider has."""
    path = WIRE[provider]["request"]["path"].removesuffix("/chat/completions").removesuffix("/messages")
    return server.url.removesuffix("/v1") + path


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    """Serve exchanges of a provider, and return the server with a planner that asks it."""
    servers: list[ModelServer] = []

    def make(provider: str, *names: str) -> tuple[ModelServer, LanguageModel, Caller, list[float]]:
        server = ModelServer([reply(WIRE[provider]["exchanges"][name]) for name in names])
        server.__enter__()
        servers.append(server)
        for dialect in DIALECTS.values():
            for variable in dialect.keys:
                monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv(DIALECTS[provider].keys[0], "sk-test-1")
        pauses: list[float] = []
        client = build.connection(DIALECTS[provider], "a-model", base_url(server, provider))
        caller = Caller(client, Asking(), Money(), pause=pauses.append, chance=random.Random(0))
        local = provider in LOCAL
        planner = LanguageModel(f"{provider}:a-model", caller, Asking(), "profile", Expert(), sent=Sent(), local=local)
        return server, planner, caller, pauses

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def request(mode: Mode = "json_schema") -> Request:
    schema = wire_schema("FeaturePlan")
    return Request("You plan.", "Plan features.", "FeaturePlan", schema, max_tokens=900, seconds=5.0, mode=mode)


def at(document: dict[str, Any], path: str) -> Any:
    found: Any = document
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def test_every_provider_has_its_conversation() -> None:
    assert set(WIRE) == set(PROVIDERS)
    for conversation in WIRE.values():
        assert set(USUAL) <= set(conversation["exchanges"])


@pytest.mark.parametrize(
    ("provider", "name"), [(provider, name) for provider in WIRE for name in WIRE[provider]["exchanges"]]
)
def test_each_exchange_is_read_as_what_it_is(serving: Maker, provider: str, name: str) -> None:
    exchange = WIRE[provider]["exchanges"][name]
    expected = exchange["expect"]
    _, _, caller, _ = serving(provider, name)
    asked = request("tool" if name == "tool_call" and provider == "anthropic" else "json_schema")
    if "tokens_in" not in expected:
        with pytest.raises(CallFailed) as failed:
            caller.provider.complete(asked)
        assert failed.value.outcome == expected["outcome"], failed.value.detail
        assert exchange["status"] in (failed.value.status, 200)
        assert failed.value.retry_after == expected.get("retry_after")
        assert "sk-test" not in failed.value.detail
        return
    answer = caller.provider.complete(asked)
    assert judged(answer)[0] == expected["outcome"]
    figures = {"tokens_in": answer.tokens_in, "tokens_cached": answer.tokens_cached, "tokens_out": answer.tokens_out}
    assert figures == {figure: expected[figure] for figure in figures}


@pytest.mark.parametrize("provider", list(WIRE))
def test_a_whole_conversation(serving: Maker, ask: Maker, provider: str) -> None:
    """Turned away once, a plan that does not hold, and the one that corrects it."""
    conversation = WIRE[provider]
    _, planner, _, pauses = serving(provider, "rate_limited", "invalid_plan", "correction")
    asked = ask("FeaturePlan")
    first = planner.propose(asked)
    turned_away = conversation["exchanges"]["rate_limited"]["expect"]
    assert [call.outcome for call in first.calls] == [turned_away["outcome"], "answered"]
    assert pauses[0] >= turned_away.get("retry_after", 0.0)
    plan, findings = parse("FeaturePlan", first.document)
    assert plan is None
    assert "unknown-operation" in {finding.code for finding in findings}
    second = planner.propose(asked.with_findings(first.document, tuple(findings)))
    plan, findings = parse("FeaturePlan", second.document)
    assert not findings
    assert plan is not None
    _, findings = check_features(plan, asked.schema_, asked.task, rows=7043, memory=None)
    assert not [finding for finding in findings if finding.refuses]
    assert [step.operation for step in plan.transformations] == ["log1p", "ratio"]
    expected = conversation["exchanges"]["correction"]["expect"]
    assert second.usage is not None
    assert (second.usage.tokens_in, second.usage.tokens_out) == (expected["tokens_in"], expected["tokens_out"])


@pytest.mark.parametrize("provider", list(WIRE))
def test_the_request_has_the_providers_form(serving: Maker, ask: Maker, provider: str) -> None:
    wanted = WIRE[provider]["request"]
    server, planner, _, _ = serving(provider, "plan")
    planner.propose(ask("FeaturePlan"))
    assert server.paths == [wanted["path"]]
    for name, value in wanted["headers"].items():
        assert server.headers[0][name] == value
    body = server.asked[0]
    assert all(at(body, path) is not None for path in wanted["has"]), sorted(body)
    assert not [name for name in wanted["has_not"] if name in body]
    assert "sk-test-1" not in server.bodies[0].decode()


@pytest.mark.parametrize("provider", list(WIRE))
def test_a_tool_call_holds_the_plan(serving: Maker, ask: Maker, provider: str) -> None:
    _, planner, _, _ = serving(provider, "tool_call")
    plan, findings = parse("FeaturePlan", planner.propose(ask("FeaturePlan")).document)
    assert not findings
    assert plan is not None


def test_anthropic_is_asked_by_a_tool_where_a_model_takes_no_schema(serving: Maker, ask: Maker) -> None:
    server, planner, _, _ = serving("anthropic", "not_supported", "tool_call", "tool_call")
    answer = planner.propose(ask("FeaturePlan"))
    assert [call.mode for call in answer.calls] == ["json_schema", "tool"]
    assert server.asked[1]["tool_choice"] == {"type": "tool", "name": "FeaturePlan"}
    assert "output_config" not in server.asked[1]
    planner.propose(ask("FeaturePlan"))
    assert "tools" in server.asked[2], "what it takes is found out once"


def test_without_its_client_anthropic_is_asked_by_its_other_endpoint(
    monkeypatch: pytest.MonkeyPatch, serving: Maker
) -> None:
    monkeypatch.setattr(build, "find_spec", lambda name: None if name == "anthropic" else object())
    _, _, caller, _ = serving("anthropic", "plan")
    assert type(caller.provider).__name__ == "OpenAICompatible"
    assert caller.provider.modes == ("tool", "text")
