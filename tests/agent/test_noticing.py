"""A language model that repeats itself, goes in circles or claims results is told so, and it is counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.agent import noticing
from planfit.planners.base import Ask
from planfit.plans import from_document
from planfit.records.profile import Profile
from planfit.records.scores import Allotment, CandidateResult, CandidateSpec, Probe, Score
from planfit.report.words import spent


def result(value: float, metric: str = "roc_auc") -> CandidateResult:
    spec = CandidateSpec(id="c002", family="lightgbm", params={}, features="v0", origin="plan")
    score = Score(metric=metric, value=value, std=0.0123, per_fold=(value - 0.01, value + 0.01))
    return CandidateResult(spec=spec, allotment=Allotment(folds=2), score=score, folds=())


def asking(*results: CandidateResult, **more: Any) -> Ask:
    given = {"plan_kind": "NextStep", "stage": "model_search", "round": 2, "attempt": 1, "sentence": "s"}
    return Ask.model_construct(**given, profile=Profile.model_construct(columns=()), leaderboard=results, **more)


def claimed(text: str, *results: CandidateResult, **more: Any) -> list[str]:
    plan, findings = from_document("NextStep", {"move": "finish", "rationale": text})
    assert plan is not None, findings
    return [finding.message for finding in noticing.claims(asking(*results, **more), plan)]


@pytest.mark.parametrize(
    "text",
    [
        "This reached AUC 0.95.",
        "The ratio gives a ROC-AUC of 0.951.",
        "Accuracy was 97% on the holdout.",
        "We got 0.99 accuracy.",
        "It improved roc_auc by 0.2.",
        "R² is 0.93 now",
        "rmse fell to 1200.",
        "log loss: 0.021",
        "F1 score of 0.88!",
    ],
)
def test_a_result_that_the_record_does_not_hold_is_a_claim(text: str) -> None:
    (message,) = claimed(text, result(0.8421))
    assert "no result of this run is that: the best so far is roc_auc 0.8421" in message


@pytest.mark.parametrize(
    "text",
    [
        "c002 reached AUC 0.842 and nothing comes near.",
        "ROC AUC 84% is good enough.",
        "roc_auc 0.8521 on the second fold.",
        "A forest should reach AUC 0.95.",
        "Expect an accuracy of 99%.",
        "Accuracy matters less than the 3 ratios.",
        "The probe gained 0.031 roc_auc.",
        "polynomial_features of degree 2 on 5 columns; the score will tell.",
        "Two steps, 0.5 as a share.",
        "",
    ],
)
def test_what_the_record_holds_and_what_is_hoped_for_is_none(text: str) -> None:
    probe = Probe(child="v1", parent="v0", metric="roc_auc", verdict="better", because="", mean=0.0312)
    assert claimed(text, result(0.8421), probes=(probe,)) == []


def test_a_claim_before_anything_is_scored_is_one_wherever_it_stands() -> None:
    step = {"column": "age", "operation": "log1p", "reason": "this alone has AUC 0.91"}
    plan, _ = from_document("FeaturePlan", {"transformations": [step], "rationale": "x"})
    assert plan is not None
    (found,) = noticing.claims(asking(), plan)
    assert found.code == "claimed-result"
    assert found.path == "/transformations/0/reason"
    assert not found.refuses
    assert "nothing has been scored yet" in found.message


@given(st.floats(0.5, 0.9999), st.integers(1, 6))
def test_a_known_score_is_never_a_claim_however_it_is_rounded(value: float, digits: int) -> None:
    assert claimed(f"It reached AUC {value:.{digits}f}.", result(value)) == []
    assert claimed(f"AUC was {100 * value:.{digits}f}%.", result(value)) == []


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    claimed(text, result(0.8))


def plan_of(*columns: str, rationale: str = "") -> tuple[str, Any]:
    steps = [{"column": name, "operation": "log1p"} for name in columns]
    document = {"transformations": steps, "rationale": rationale}
    return json.dumps(document), from_document("FeaturePlan", document)[0]


def test_repeats_and_circles_are_told_by_meaning() -> None:
    answers = noticing.Answers()
    first, second = plan_of("a", rationale="one"), plan_of("b")
    assert answers.noticed(*first) == ()
    again = json.dumps({"rationale": "in other words", "transformations": [{"operation": "log1p", "columns": ["a"]}]})
    (repeat,) = answers.noticed(again, from_document("FeaturePlan", json.loads(again))[0])
    assert repeat.code == "repeated-plan"
    assert answers.noticed(*second) == ()
    (circle,) = answers.noticed(*first)
    assert circle.code == "plans-in-a-circle"
    assert "2 answers ago" in circle.message
    assert not circle.refuses


def test_answers_that_are_no_plans_are_compared_too() -> None:
    answers = noticing.Answers()
    assert answers.noticed('{"target": 1, "rationale": "a"}', None) == ()
    assert answers.noticed('{"rationale": "b", "target": 1}', None)[0].code == "repeated-plan"
    assert answers.noticed("I cannot.", None) == ()
    assert answers.noticed(" I  cannot. ", None)[0].code == "repeated-plan"
    assert answers.noticed("", None) == ()
    assert answers.noticed("", None) == ()


def test_it_is_said_in_the_report() -> None:
    said = spent({"calls": 4, "noticed": {"claimed-result": 2, "plans-in-a-circle": 1}})
    assert said is not None
    assert "2 claimed a result that the record does not hold, 1 went back and forth between refused plans" in said
