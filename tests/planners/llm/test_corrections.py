"""A small model corrects one value for each finding, in every kind of plan; what it cannot put right, the expert does."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planfit.planners.base import Ask, TaskOptions
from planfit.planners.expert.expert import Expert
from planfit.planners.llm import choices, corrections
from planfit.planners.privacy import Screen
from planfit.planners.prompts.digest import tokens
from planfit.plans import parse
from planfit.plans.validate import check_features, check_models, check_next, check_task, check_tuning
from planfit.records.findings import Finding
from planfit.settings import MAX_ATTEMPTS

Maker = Callable[..., Any]
OPERATIONS = ("log1p", "quantile_transform", "missing_indicator", "target_encode", "count_encode", "group_rare",
              "datetime_parts", "text_statistics", "tfidf", "ratio", "polynomial_features", "bin")  # fmt: skip
SCORED = {"c001": "lightgbm", "c002": "linear"}


def judged(asked: Ask, document: Any) -> tuple[Finding, ...]:
    """Return what refuses a document."""
    text = json.dumps(document)
    plan, findings = parse(asked.plan_kind, text)
    if plan is not None:
        sets = tuple(name for name, _ in asked.feature_sets)
        later: Any = {
            "TaskPlan": lambda: check_task(plan, asked.profile, asked.options),
            "FeaturePlan": lambda: check_features(plan, asked.schema_, asked.task, rows=7043, memory=None)[1],
            "ModelPlan": lambda: check_models(plan, asked.families, asked.task, feature_sets=sets),
            "TuningPlan": lambda: check_tuning(plan, SCORED),
            "NextStep": lambda: check_next(plan, schema=asked.schema_, task=asked.task, rows=7043, families=asked.families,
                                           feature_sets=sets, candidates=SCORED),
        }[asked.plan_kind]()  # fmt: skip
        findings = (*findings, *later)
    return tuple(found for found in findings if found.refuses)


@pytest.fixture
def question(ask: Maker, make: dict[str, Maker]) -> Maker:
    """Return what asks anew after a document that is refused."""

    def made(kind: str, document: Any = None, **more: Any) -> Ask:
        values: dict[str, Any] = {"operations": OPERATIONS}
        if kind in ("NextStep", "ModelPlan", "TuningPlan"):
            values["leaderboard"] = (make["result"](1, "lightgbm", 0.8), make["result"](2, "linear", 0.7))
        asked: Ask = ask(kind, **values | more)
        if document is None:
            return asked
        findings = judged(asked, document)
        assert findings
        return asked.with_findings(json.dumps(document), findings)

    return made


def options(offer: choices.Offer) -> dict[str, list[str]]:
    return {key: body["enum"] for key, body in offer.schema.get("properties", {}).items()}


def offered(asked: Ask, **screen: Any) -> choices.Offer:
    found = corrections.offer(asked, Expert(), Screen(names=asked.profile.names, **screen))
    assert found is not None
    return found


MODELS = {"candidates": [{"family": "lightgbm"}, {"family": "linear", "params": {"C": "much"}}]}
TASK = {"target": "Churn", "task_type": "binary", "metric": "roc_auc", "split": {"kind": "stratified"}}
CASES: list[tuple[str, Any, list[list[str]], dict[str, str], Any]] = [
    ("TaskPlan", {**TASK, "target": "Chorn"}, [["Churn"]], {}, {"target": "Churn"}),
    ("TaskPlan", {**TASK, "task_type": "regression", "metric": "rmse", "target": "Contract"}, [["multiclass"]], {},
     {"target": "Contract", "task_type": "multiclass", "metric": "log_loss"}),
    ("TaskPlan", {**TASK, "positive_class": "Maybe"}, [["No", "Yes"]], {"finding_1": "Yes"}, {"positive_class": "Yes"}),
    ("TaskPlan", {**TASK, "split": {"kind": "time"}}, [["stratified", "random"]], {"finding_1": "random"},
     {"split": {"kind": "random", "column": None}}),
    ("TaskPlan", {**TASK, "excluded": [{"name": "Citty", "reason": "r"}]}, [["City", "leave_out"]],
     {"finding_1": "leave_out"}, {"excluded": []}),
    ("ModelPlan", {"candidates": [{"family": "lightgmb"}, {"family": "linear"}]},
     [["lightgbm", "random_forest", "leave_out"]], {"finding_1": "random_forest"},
     {"candidates": [{"family": "random_forest"}, {"family": "linear"}]}),
    ("ModelPlan", {"candidates": [{"family": "linear", "features": "v7"}, {"family": "lightgbm"}]},
     [["v0", "usual", "leave_out"]], {"finding_1": "usual"}, {"candidates": [{"family": "linear"}, {"family": "lightgbm"}]}),
    ("TuningPlan", {"candidate": "c009", "trials": 5}, [["c001", "c002"]], {"finding_1": "c002"},
     {"candidate": "c002", "trials": 5}),
    ("TuningPlan", {"candidate": "c001", "trials": 5, "space": {"depht": {"type": "int", "low": 1, "high": 3}}}, [], {}, None),
    ("NextStep", {"move": "drop_table"}, None, {"finding_1": "finish"}, {"move": "finish"}),
    ("NextStep", {"move": "tune", "plan": {"candidate": "c009", "trials": 5}}, [["c001", "c002"]], {"finding_1": "c001"},
     {"move": "tune", "plan": {"candidate": "c001", "trials": 5}}),
    ("NextStep", {"move": "models", "plan": {"candidates": [{"family": "random_florest"}]}},
     [["random_forest", "linear", "lightgbm"]], {"finding_1": "linear"},
     {"move": "models", "plan": {"candidates": [{"family": "linear"}]}}),
    ("NextStep", {"move": "revise", "plan": {"transformations": [{"column": "Income", "operation": "tfidf"}]}},
     [["log1p", "missing_indicator", "quantile_transform", "leave_out"]], {"finding_1": "log1p"},
     {"move": "revise", "plan": {"transformations": [{"columns": ["Income"], "operation": "log1p"}]}}),
    ("FeaturePlan", {"transformations": [{"columns": ["tenure", "Income"], "operation": "polynomial_features", "degree": 9}]},
     [["3", "2", "usual", "leave_out"]], {"finding_1": "2"},
     {"transformations": [{"columns": ["tenure", "Income"], "operation": "polynomial_features", "degree": 2}]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "document", "allowed", "chosen", "wanted"), CASES)
def test_each_finding_is_one_choice(
    question: Maker, kind: str, document: Any, allowed: Any, chosen: Any, wanted: Any
) -> None:
    asked = question(kind, document)
    offer = offered(asked)
    if allowed is not None and (not allowed or len(allowed[0]) > 1):
        assert sorted(map(sorted, options(offer).values())) == sorted(map(sorted, allowed))
    made = offer.plan(chosen)
    assert not judged(asked, made)
    assert wanted is None or {key: made[key] for key in wanted} == wanted
    assert tokens(offer.prompt) < 900


SPOILT: list[tuple[str, Any]] = [(kind, document) for kind, document, *_ in CASES] + [
    ("TaskPlan", {**TASK, "target": "X", "metric": "nonsense", "split": {"kind": "group", "column": "Ciity"}}),
    ("TaskPlan", {**TASK, "metric": "rmse", "confidence": 7, "excluded": [{"name": "Churn", "reason": "r"}]}),
    ("FeaturePlan", {"transformations": [{"column": "agee", "operation": "log1p"}, {"operation": "nonsense"},
                                         {"columns": ["City"], "operation": "bin", "bins": "many"}, {"columns": 7}]}),
    ("ModelPlan", {"candidates": [{"family": "x"}, {"family": ["y"]}], "rejected": 3}),
    ("ModelPlan", MODELS),
    ("NextStep", {"move": "models", "plan": {"candidates": [{"family": "linear", "params": {"C": -1, "D": 2}}, {}]}}),
    ("NextStep", {"move": "models", "plan": 7}),
    ("NextStep", {"move": ["finish"]}),
    ("NextStep", {"target": "Churn"}),
    ("FeaturePlan", {"thoughts": "hm"}),
    ("FeaturePlan", {"transformations": [{"column": "Churn", "operation": "target_encode"}]}),
    ("TaskPlan", {"target": "Churn"}),
    ("TaskPlan", {"thoughts": "hm"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "document"), SPOILT)
@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_chosen_ends_in_a_legal_plan(question: Maker, kind: str, document: Any, seed: int) -> None:
    chance = random.Random(seed)
    asked = question(kind, document)
    # what is wrong with values is told only once the document's form is right
    for _ in range(MAX_ATTEMPTS - 1 if (kind, document) in [case[:2] for case in CASES] else MAX_ATTEMPTS):
        offer = corrections.offer(asked, Expert(), Screen(names=asked.profile.names))
        if offer is None:
            document = json.loads(Expert().propose(asked).document)
        else:
            assert all(2 <= len(values) <= 4 for key, values in options(offer).items() if key.startswith("finding"))
            document = offer.plan({key: chance.choice(values) for key, values in options(offer).items()})
        findings = judged(asked, document)
        if not findings:
            return
        assert not {(f.path, f.message) for f in findings} & {
            (f.path, f.message) for f in asked.findings[: choices.MOST_STEPS]
        }
        asked = asked.with_findings(json.dumps(document), findings)
    raise AssertionError(f"refused still: {asked.previous} {[str(found) for found in asked.findings]}")


values = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({}),
                   st.sampled_from(["Churn", "Income", "log1p", "models", "revise", "tune", "lightgbm", "c001"]))  # fmt: skip
names = st.sampled_from(
    ["column", "columns", "operation", "family", "params", "name", "into", "features", "candidate", "space"]
)
entries = st.lists(st.one_of(values, st.dictionaries(names, values, max_size=4)), max_size=3)
parts = st.sampled_from(["transformations", "candidates", "excluded", "target", "move", "split", "candidate", "trials"])
documents = st.dictionaries(parts, st.one_of(values, entries), max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(document=st.one_of(documents, st.builds(lambda move, plan: {"move": move, "plan": plan}, values, documents)),
       kind=st.sampled_from(["TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan", "NextStep"]))  # fmt: skip
def test_no_answer_is_too_odd_to_be_corrected(question: Maker, document: Any, kind: str) -> None:
    asked = question(kind)
    findings = judged(asked, document)
    asked = asked.with_findings(json.dumps(document), findings)
    offer = corrections.offer(asked, Expert(), Screen(names=asked.profile.names))
    if offer is not None:
        json.dumps(offer.plan({key: entries[0] for key, entries in options(offer).items()}))
        json.dumps(offer.plan({"finding_1": "nothing that was offered"}))


def test_what_was_not_offered_changes_nothing(question: Maker) -> None:
    asked = question("NextStep", {"move": "tune", "plan": {"candidate": "c009", "trials": 5}})
    made = offered(asked).plan({"finding_1": "__import__('os')"})
    assert made["plan"] == {"candidate": "c009", "trials": 5}


def test_an_answer_that_is_no_plan_is_asked_for_once_more(model: Maker, question: Maker) -> None:
    made = model({"move": "finish"}, small=True)
    answer = made.planner.propose(question("NextStep", {"thoughts": "hm"}))
    assert json.loads(answer.document)["move"] == "finish"
    assert "# Your last answer was refused" in made.server.asked[0]["messages"][1]["content"]


def test_where_one_value_alone_is_right_nobody_is_asked(model: Maker, question: Maker) -> None:
    made = model("{}", small=True)
    asked = question("TaskPlan", {**TASK, "target": "tenure"}, options=TaskOptions(target="Churn"))
    answer = made.planner.propose(asked)
    assert not made.server.bodies
    assert answer.planner == "expert"
    assert json.loads(answer.document)["target"] == "Churn"


def test_what_is_hidden_is_offered_to_nobody(question: Maker) -> None:
    document = {**TASK, "positive_class": "Maybe"}
    assert sorted(options(offered(question("TaskPlan", document)))) == ["finding_1"]
    asked = question("TaskPlan", document)
    found = corrections.offer(asked, Expert(), Screen("schema", names=asked.profile.names))
    assert found is None or "Yes" not in found.prompt + json.dumps(found.schema)
    asked = question("TaskPlan", {**TASK, "target": "Chorn", "excluded": []}, sentence="Predict City or Contract")
    aliased = offered(asked, redact=("City",))
    assert "City" not in json.dumps(aliased.schema)
