from __future__ import annotations

import pytest

from planfit.trace.answers import tried, why, why_not


def sentences(found):
    return [reason.sentence for reason in found]


@pytest.mark.parametrize(
    ("what", "part"),
    [
        ("ratio", "Charges grow with tenure. Better on 3 of 3 folds. v1 adopted."),
        ("charges", "Edges are not unique."),
        ("city", "target_encode on @categorical: Two views of the money."),
        ("tenure", "log1p on tenure: Skewed. Worse on 3 of 3 folds."),
        ("tenure", "rank 2 of 2 columns"),
        ("per_month", "ratio on tenure, charges"),
        ("customer_id", "Excluded (identifier): Every row has its own."),
        ("churn", "It is the target. The sentence names churn."),
        ("metric", "roc_auc. The sentence names churn."),
        ("roc_auc", "It is the metric."),
        ("standard_scale", "The plan was refused: city is text."),
        ("lightgbm", "Planned: Strong on mixed tables."),
        ("lightgbm", "lightgbm on features v1 scored roc_auc 0.82. It has a weight of 70% in what is delivered."),
        ("random_forest", "random_forest ended without a model (out of memory): It wanted 9 GB."),
        ("knn", "Too many rows."),
        ("c002", "Tuned (bayesian, 1 trials): It leads."),
        ("c006", "It is delivered."),
        ("v1", "v1 adopted: Better on 3 of 3 folds."),
        ("v2", "roll back v2, to v1, by probe: Worse on 3 of 3 folds."),
        ("model_search", "accepted: Three views."),
        ("model_search", "stop converged: Nothing is left."),
        ("evaluation", "open holdout 1"),
    ],
)
def test_why(told, what, part):
    found = sentences(why(told, what))
    assert any(part in sentence for sentence in found), found


def test_a_selector_s_exceptions_are_not_meant(told):
    assert not any("target_encode" in sentence for sentence in sentences(why(told, "plan")))


def test_why_names_the_decision_and_its_figures(told):
    reason = next(reason for reason in why(told, "ratio") if reason.decision)
    assert (reason.by, reason.stage) == ("expert", "feature_engineering")
    assert reason.figures["probe"]["verdict"] == "better"


def test_the_record_says_nothing_about_what_is_not_in_it(told):
    assert why(told, "weather") == ()


@pytest.mark.parametrize(
    ("family", "part"),
    [
        ("knn", "Left out: Too many rows."),
        ("random_forest", "c003 ended without a model (out of memory)"),
        ("baseline", "Its best, c001, scored roc_auc 0.5; c006 (ensemble) scored 0.83."),
        ("lightgbm", "It is delivered: c005, with a weight of 70%."),
        ("xgboost", "It was not tried: no plan of this run named xgboost"),
        ("neural network", "It was not tried: no plan of this run named mlp"),
    ],
)
def test_why_not(told, family, part):
    assert part in sentences(why_not(told, family))[0]


def test_why_not_before_the_end(story):
    story.settle()
    story.search()
    assert "c005 (lightgbm) scored 0.82" not in sentences(why_not(story.run, "linear"))[0]
    (told,) = sentences(why_not(story.run, "linear"))
    assert told.startswith("Its best, c004, scored roc_auc 0.78; c006 (ensemble) scored 0.83.")
    assert "Nothing beats it so far" in sentences(why_not(story.run, "ensemble"))[0]


def test_tried_lists_every_candidate_in_order(told):
    rows = tried(told)
    assert [row.candidate for row in rows] == ["c001", "c002", "c003", "c004", "c005", "c006"]
    assert [row.score for row in rows] == [0.5, 0.81, None, 0.78, 0.82, 0.83]
    assert rows[2].failed == "out_of_memory"
    assert rows[1].seconds == 1.5


def test_tried_looks_at_one_parameter(told):
    rows = tried(told, "num_leaves")
    assert [(row.candidate, row.params) for row in rows] == [("c002", {"num_leaves": 31}), ("c005", {"num_leaves": 63})]
    assert tried(told, "nothing") == ()
