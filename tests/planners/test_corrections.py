"""The expert corrects itself from findings like any planner."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from planfit.planners.expert.corrections import apply_patch
from planfit.planners.expert.expert import Expert
from planfit.records.findings import Finding

Maker = Callable[..., Any]
STEPS = [
    {"column": "tenure", "operation": "log1p", "into": "slow"},
    {"columns": ["tenure", "MonthlyCharges"], "operation": "polynomial_features", "degree": 9},
    {"columns": ["slow", "tenure"], "operation": "ratio"},
]


def finding(path: str, code: str = "kind-not-accepted", **more: Any) -> Finding:
    return Finding(code=code, gate="schema", path=path, message="It does not fit.", **more)


def answer(expert: Expert, ask: Any, document: Any, *findings: Finding) -> dict[str, Any]:
    text = document if isinstance(document, str) else json.dumps(document)
    answered: dict[str, Any] = json.loads(expert.propose(ask.with_findings(text, findings)).document)
    return answered


def test_the_offending_step_and_what_stands_on_it_go(expert: Expert, ask: Maker) -> None:
    plan = answer(expert, ask("FeaturePlan"), {"transformations": STEPS}, finding("/transformations/0/column"))
    assert [step["operation"] for step in plan["transformations"]] == ["polynomial_features"]
    assert "It does not fit." in plan["rationale"]


def test_a_mend_is_applied(expert: Expert, ask: Maker) -> None:
    mend = ({"op": "replace", "path": "/transformations/1/degree", "value": 3},)
    wrong = finding("/transformations/1/degree", "out-of-bounds", mend=mend)
    plan = answer(expert, ask("FeaturePlan"), {"transformations": STEPS}, wrong)
    assert plan["transformations"][1]["degree"] == 3
    assert len(plan["transformations"]) == 3


def test_a_mend_and_a_removal_do_not_disturb_each_other(expert: Expert, ask: Maker) -> None:
    mend = ({"op": "replace", "path": "/transformations/1/degree", "value": 2},)
    plan = answer(
        expert, ask("FeaturePlan"), {"transformations": STEPS}, finding("/transformations/0"), finding("/transformations/1/degree", mend=mend)
    )  # fmt: skip
    assert [step.get("degree") for step in plan["transformations"]] == [2]


def test_findings_on_the_whole_plan_lead_to_the_raw_columns(expert: Expert, ask: Maker) -> None:
    plan = answer(expert, ask("FeaturePlan"), {"transformations": STEPS}, finding("", "too-wide"))
    assert plan["transformations"] == []


def test_warnings_change_nothing(expert: Expert, ask: Maker) -> None:
    fresh = json.loads(expert.propose(ask("FeaturePlan")).document)
    warning = finding("/transformations/0", "no-effect", severity="warning")
    assert answer(expert, ask("FeaturePlan"), fresh, warning) == fresh


def test_an_unreadable_answer_is_written_anew(expert: Expert, ask: Maker) -> None:
    fresh = json.loads(expert.propose(ask("FeaturePlan")).document)
    assert answer(expert, ask("FeaturePlan"), "not json {", finding("", "not-json")) == fresh


def test_an_unknown_hyperparameter_goes_and_an_unknown_family_too(expert: Expert, ask: Maker) -> None:
    plan = {
        "candidates": [
            {"family": "lightgbm", "params": {"leaves": 3, "num_leaves": 8}, "features": "v7"},
            {"family": "magic", "params": {}},
        ],
        "rejected": [{"family": "magic", "reason": "why not"}],
    }
    wrong = finding("/candidates/0/params/leaves"), finding("/candidates/1/family"), finding("/candidates/0/features")
    mended = answer(expert, ask("ModelPlan"), plan, *wrong)
    assert mended["candidates"] == [{"family": "lightgbm", "params": {"num_leaves": 8}}]
    assert mended["rejected"] == []


def test_without_candidates_the_legal_families_are_left(expert: Expert, ask: Maker) -> None:
    plan = {"candidates": [{"family": "lightgbm", "params": {}}]}
    mended = answer(expert, ask("ModelPlan"), plan, finding("/candidates/0"))
    assert [entry["family"] for entry in mended["candidates"]] == ["linear", "random_forest"]


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("/metric", {"metric": "roc_auc"}),
        ("/split/kind", {"split": {"kind": "stratified", "column": None}}),
        ("/positive_class", {"positive_class": None}),
        ("/excluded/0", {"excluded": []}),
        ("/task_type", {"task_type": "binary", "metric": "roc_auc"}),
    ],
)
def test_tasks_are_put_right(expert: Expert, ask: Maker, path: str, changed: dict[str, Any]) -> None:
    plan = {
        "target": "Churn", "task_type": "regression" if path == "/task_type" else "binary", "metric": "auc", "positive_class": "?",
        "split": {"kind": "time", "column": "Signup"}, "confidence": 0.9, "alternatives": [],
        "excluded": [{"name": "no such", "code": "other", "reason": "x"}],
    }  # fmt: skip
    mended = answer(expert, ask("TaskPlan"), plan, finding(path))
    assert {key: mended[key] for key in changed} == changed


def test_an_impossible_target_becomes_a_question(expert: Expert, ask: Maker) -> None:
    plan = {"target": "Note", "confidence": 0.9, "alternatives": [{"target": "Note"}, {"target": "Churn"}]}
    mended = answer(expert, ask("TaskPlan"), plan, finding("/target"))
    assert mended["target"] == "Churn"
    assert mended["confidence"] < 0.5
    assert mended["question"]


def test_a_refused_study_is_not_tried_again(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    board = (make["result"](3, "lightgbm", 0.9), make["result"](2, "linear", 0.8))
    move = {"move": "tune", "plan": {"candidate": "c9", "method": "bayesian", "trials": 5}}
    mended = answer(expert, ask("NextStep", leaderboard=board), move, finding("/plan/candidate"))
    assert mended["move"] == "ensemble"


def test_a_revision_is_mended_inside_its_move(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    move = {"move": "revise", "plan": {"transformations": STEPS}}
    asked = ask("NextStep", leaderboard=(make["result"](3, "lightgbm", 0.9),))
    mended = answer(expert, asked, move, finding("/plan/transformations/1"))
    assert mended["move"] == "revise"
    assert [step["operation"] for step in mended["plan"]["transformations"]] == ["log1p", "ratio"]


def test_a_plan_refused_step_by_step_ends_in_the_raw_columns(expert: Expert, ask: Maker) -> None:
    asked = ask("FeaturePlan")
    document = expert.propose(asked).document
    for refused in range(len(json.loads(document)["transformations"])):
        if not (steps := json.loads(document)["transformations"]):
            break
        assert refused < 3
        wrong = tuple(finding(f"/transformations/{place}") for place in range((len(steps) + 1) // 2))
        asked = asked.with_findings(document, wrong)
        document = expert.propose(asked).document
    assert json.loads(document)["transformations"] == []


def test_json_patch() -> None:
    plan: dict[str, Any] = {"a": [1, 2], "b/c": {}}
    for change in (
        {"op": "add", "path": "/a/1", "value": 9}, {"op": "remove", "path": "/a/0"}, {"op": "add", "path": "/a/-", "value": 5},
        {"op": "replace", "path": "/a/0", "value": 7}, {"op": "add", "path": "/b~1c/d", "value": 1},
    ):  # fmt: skip
        apply_patch(plan, change)
    assert plan == {"a": [7, 2, 5], "b/c": {"d": 1}}
    with pytest.raises(ValueError, match="unknown change"):
        apply_patch(plan, {"op": "move", "path": "/a/0", "from": "/a/1"})
