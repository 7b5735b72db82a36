"""What the expert answers is of the plan language, for every table and every kind of plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planfit.planners.expert.expert import Expert
from planfit.planners.registry import planner
from planfit.plans import parse
from planfit.records.schema import Schema
from planfit.records.scores import Probe

Maker = Callable[..., Any]


@pytest.mark.parametrize("kind", ["TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan", "NextStep"])
def test_each_answer_passes_the_document_gate(kind: str, expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    boards = [(), (make["result"](2, "lightgbm", 0.9), make["result"](3, "linear", 0.8))]
    probes = [(), (Probe(child="v1", parent="v0", metric="roc_auc", verdict="worse", mean=-0.01, because="by folds"),)]
    for board in boards:
        for probe in probes:
            plan, findings = parse(kind, expert.propose(ask(kind, leaderboard=board, probes=probe)).document)
            assert findings == ()
            assert plan is not None


def test_the_feature_plan_passes_the_schema_gate(expert: Expert, ask: Maker) -> None:
    from planfit.plans.validate import check_features

    asked = ask("FeaturePlan")
    plan, _ = parse("FeaturePlan", expert.propose(asked).document)
    schema: Schema = asked.schema_
    _, findings = check_features(plan, schema, asked.task, rows=asked.profile.rows, memory=None)
    assert [finding for finding in findings if finding.refuses] == []


def test_the_settings_are_hyperparameters_of_the_family() -> None:
    from planfit.models.registry import families
    from planfit.planners.expert.portfolio import SETTINGS

    for family, settings in SETTINGS.items():
        for each in settings:
            families()[family].Params(**each)


@pytest.mark.parametrize("kind", ["FeaturePlan", "ModelPlan", "NextStep"])
def test_prompts_hold_the_catalogue(kind: str, ask: Maker) -> None:
    prompt = planner("expert").propose(ask(kind)).prompt
    if kind != "ModelPlan":
        assert "target_encode" in prompt
    if kind != "FeaturePlan":
        assert "random_forest" in prompt
