"""The table of providers: keys, addresses, refusals, what doctor says; nothing is imported with other planners."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from planfit.doctor import examine, try_out
from planfit.errors import UsageError
from planfit.planners.llm.build import address, checked_address
from planfit.planners.llm.dialects import DIALECTS
from planfit.planners.llm.prices import cost
from planfit.planners.registry import PROVIDERS, names, planner
from planfit.records.calls import Asking
from planfit.testing.model_server import ModelServer

Maker = Callable[..., Any]


def test_every_provider_has_a_dialect() -> None:
    assert set(PROVIDERS) == set(DIALECTS)
    assert {f"{name}:MODEL" for name in PROVIDERS} <= set(names())


@pytest.mark.parametrize("name", [name for name in DIALECTS if DIALECTS[name].needs_key])
def test_a_missing_key_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in DIALECTS[name].keys:
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(UsageError, match=DIALECTS[name].keys[0]):
        planner(f"{name}:any-model")


@pytest.mark.parametrize("name", list(DIALECTS))
def test_each_provider_is_made_of_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIALECTS[name].keys[0], "k")
    made: Any = planner(f"{name}:a/model:free", Asking(base_url="http://127.0.0.1:9/v1"))
    assert made.name == f"{name}:a/model:free"
    assert made.online


def test_wrong_names_and_addresses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UsageError, match="names no model"):
        planner("ollama: ")
    with pytest.raises(UsageError, match="needs the address"):
        planner("compatible:x")
    with pytest.raises(UsageError, match="is not the address"):
        checked_address("127.0.0.1:8000")
    for secret in ("https://u:p@host/v1", "https://host/v1?api_key=abc"):
        with pytest.raises(UsageError, match="holds a key") as refused:
            checked_address(secret)
        assert "abc" not in refused.value.message
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    assert address(DIALECTS["compatible"], None) == "http://localhost:1/v1"


def test_money_is_limited_only_where_its_price_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert planner("openai:gpt-4o-mini", Asking(max_cost=1.0))
    with pytest.raises(UsageError, match="price of openai:never-heard-of"):
        planner("openai:never-heard-of", Asking(max_cost=1.0))
    assert cost("openai", "gpt-4o-mini", 1_000, 0, 100) == pytest.approx(0.00021)
    assert cost("openai", "never-heard-of", 1_000, 0, 100) is None


def test_the_doctor_lists_providers_and_tries_one_out(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    said = {entry.name.strip(): entry.found for entry in examine(tmp_path)}
    assert "key in ANTHROPIC_API_KEY" in said["anthropic"]
    assert "sk-canary" not in str(said)
    ready = {entry.name.strip(): entry.there for entry in examine(tmp_path)}
    assert ready["anthropic"]
    assert ready["ollama"]
    assert not ready["openai"], "without a key it is not ready"
    assert not ready["compatible"], "nor without an address"
    assert all(entry.ok for entry in examine(tmp_path) if entry.name.startswith("  ")), "and none of them is needed"
    with ModelServer(['{"answer": "yes"}'], refuses=("json_object",)) as server:
        found = {entry.name.split()[-1]: entry for entry in try_out("compatible:m", server.url)}
    assert found["json_schema"].found.startswith("answered in form")
    assert found["json_object"].found.startswith("mode_not_supported")
    assert all(entry.ok for entry in found.values())


def test_nothing_of_it_is_imported_with_the_expert() -> None:
    code = (
        "import sys, planfit, planfit.face, planfit.cli.main; from planfit.planners.registry import planner; planner('expert');"
        "print([name for name in sys.modules if name.split('.')[0] in ('openai', 'httpx2', 'genai_prices', 'json_repair')"
        " or name.startswith('planfit.planners.llm')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
