"""The planners other than the expert, the registry, and the rules' form."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from planfit.errors import ProviderError, UsageError
from planfit.planners.expert.expert import Expert
from planfit.planners.expert.rules import rule, table
from planfit.planners.prompts import Reference
from planfit.planners.registry import names, planner
from planfit.planners.replay import Position, Replay
from planfit.planners.scripted import Scripted

Maker = Callable[..., Any]


def test_the_expert_is_there_by_name() -> None:
    assert isinstance(planner("expert"), Expert)
    assert names()[0] == "expert"


@pytest.mark.parametrize("name", ["gpt-9", "expert:x", "magic", ""])
def test_other_names_are_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        planner(name)
    assert "expert" in (refused.value.hint or "")
    assert repr(name) in refused.value.message


def test_replay_answers_by_position(ask: Maker, reference: Reference) -> None:
    asked = ask("FeaturePlan")
    replay = Replay({Position.of(asked): '{"transformations": []}'}, reference)
    assert replay.propose(asked).document == '{"transformations": []}'
    with pytest.raises(ProviderError, match="round 1, attempt 1"):
        replay.propose(ask("FeaturePlan", round=1))


def test_a_replayed_expert_says_the_same(ask: Maker, expert: Expert, reference: Reference) -> None:
    asks = [ask(kind) for kind in ("TaskPlan", "FeaturePlan", "ModelPlan", "NextStep")]
    replay = Replay({Position.of(asked): expert.propose(asked).document for asked in asks}, reference)
    assert all(replay.propose(asked).document == expert.propose(asked).document for asked in asks)
    assert all(replay.propose(asked).prompt == expert.propose(asked).prompt for asked in asks)


def test_the_script_is_followed_and_the_expert_does_the_rest(ask: Maker, expert: Expert, reference: Reference) -> None:
    script: list[Any] = ["raw {", {"transformations": []}, lambda asked: {"round": asked.round}, None]
    scripted = Scripted(script, only=["FeaturePlan"], otherwise=expert, reference=reference)
    assert json.loads(scripted.propose(ask("TaskPlan")).document)["target"] == "Churn"
    answers = [scripted.propose(ask("FeaturePlan")).document for _ in range(4)]
    assert answers[:3] == ["raw {", '{"transformations": []}', '{"round": 0}']
    assert answers[3] == expert.propose(ask("FeaturePlan")).document
    assert len(scripted.asked) == 5


def test_a_script_that_is_over_is_a_provider_error(ask: Maker, reference: Reference) -> None:
    with pytest.raises(ProviderError, match="no line for TaskPlan"):
        Scripted([], reference=reference).propose(ask("TaskPlan"))


def test_each_rule_has_its_own_id_and_one_sentence() -> None:
    rules = [each for group in table().values() for each in group]
    assert len({each.id for each in rules}) == len(rules)
    for each in rules:
        assert each.says.endswith(".")
        assert len(each.says) < 200


def test_a_rule_must_say_what_it_knows() -> None:
    with pytest.raises(TypeError, match="no docstring"):

        @rule("silent")
        def silent(view: Any) -> list[Any]:
            return []


def test_planners_load_no_table_library() -> None:
    code = (
        "import sys, planfit.planners.expert.expert, planfit.planners.registry, planfit.planners.replay, planfit.planners.scripted;"
        "print([name for name in ('pandas', 'polars', 'sklearn', 'lightgbm', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
