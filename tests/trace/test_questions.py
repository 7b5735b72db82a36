"""The six questions that a person asks of a record, each answered with figures and the entry that says so."""

from __future__ import annotations

import json

from planfit.records.events import DecisionMade
from planfit.records.schema import Column, Excluded, Kind, Schema
from planfit.trace.answers import tried, why, why_not

POLYNOMIAL = {
    "transformations": [
        {
            "columns": ["tenure", "charges"], "operation": "polynomial_features", "degree": 2,
            "reason": "Both say most about the target alone.",
        },
        {"column": "city", "operation": "drop", "reason": "Too many levels."},
    ],
    "rationale": "Products help.",
}  # fmt: skip
LEDGER = [
    {"name": "tenure", "sources": ["tenure"], "step": None, "made_by": "raw", "n_unique": 73, "missing_share": 0.0},
    {"name": "charges", "sources": ["charges"], "step": None, "made_by": "raw", "n_unique": 900, "missing_share": 0.01},
    {"name": "tenure*charges", "sources": ["tenure", "charges"], "step": 0, "made_by": "polynomial_features",
     "n_unique": 990, "missing_share": 0.01},
]  # fmt: skip


def engineered(story):
    """Settle a task, make v1 with polynomial features, and search as the common story does."""
    story.settle()
    story.ask("FeaturePlan", "feature_engineering", POLYNOMIAL)
    story.step(
        "feature_engineering",
        "features v1",
        {"columns_in": 4, "columns_out": 3},
        {"features/v1/ledger.json": json.dumps(LEDGER).encode()},
    )
    story.probe("v1", "better", "Better on 1 of 1 folds.")
    return story.run


def sentences(found):
    return " ".join(reason.sentence for reason in found)


def test_which_prompt_led_to_polynomial_features(story):
    run = engineered(story)
    (reason,) = why(run, "polynomial features")
    assert reason.decision == "d002"
    assert "Both say most about the target alone." in reason.sentence
    assert (run.path / reason.prompt).read_text() == "What about feature_engineering, round 0, attempt 1?"


def test_why_this_family_and_not_a_neural_network(told):
    (reason,) = why_not(told, "a neural network".removeprefix("a "))
    assert "no plan of this run named mlp" in reason.sentence
    assert "Delivered is c006 (ensemble), roc_auc 0.83 ± 0.01." in reason.sentence
    (beaten,) = why_not(told, "linear")
    assert beaten.decision is not None
    assert "It is delivered: c004, with a weight of 30%." in beaten.sentence
    (floor,) = why_not(told, "baseline")
    assert "c006 (ensemble) scored 0.83. Fold by fold it is 0.33 behind" in floor.sentence


def test_which_hyperparameters_were_tried_before_the_final_model(told):
    rows = tried(told, "num_leaves")
    assert [(row.candidate, row.params["num_leaves"], row.score) for row in rows] == [
        ("c002", 31, 0.81),
        ("c005", 63, 0.82),
    ]
    final = next(row for row in tried(told) if row.weight == 1.0)
    assert final.candidate == "c006"
    assert {row.candidate: row.weight for row in tried(told) if row.weight not in (None, 1.0)} == {
        "c004": 0.3,
        "c005": 0.7,
    }
    assert all(row.decision is not None for row in tried(told) if row.origin == "plan")


def test_why_a_column_was_left_out_dropped_or_kept(story):
    run = engineered(story)
    (left_out,) = why(run, "customer_id")
    assert "identifier" in left_out.sentence
    assert left_out.decision == "d001"
    dropped = why(run, "city")
    assert "drop on city: Too many levels." in sentences(dropped)
    assert "In v1 it was dropped: no column that comes out is made of it." in sentences(dropped)
    kept = why(run, "plan")
    assert "It was not dropped" in sentences(kept)


def test_a_column_that_a_person_excluded_says_so(story):
    story.settle()
    step = story.run.find_last("step_finished", name="task")
    asked = Excluded(name="plan", code="asked", reason="you asked for it").to_json()
    story.run.record("again", "task", "task", {**step.result, "excluded": [asked]}, shared=False)
    story.run.record("schema again", "split", "schema", Schema(columns=(Column(name="tenure", kind=Kind.NUMERIC),)))
    (reason,) = why(story.run, "plan")
    assert (reason.by, reason.sentence) == ("person", "It was left out (asked): you asked for it")


def test_what_an_engineered_column_is_made_of_and_worth(story):
    (reason,) = why(engineered(story), "tenure*charges")
    assert "made by polynomial_features of tenure, charges" in reason.sentence
    assert "Worth +0.1 roc_auc over v0 (1 fold): it is the only column that was made." in reason.sentence
    assert reason.figures["sources"] == ["tenure", "charges"]
    assert (reason.decision, reason.prompt is not None) == ("d002", True)


def test_why_it_stopped(told):
    first, standing = why(told, "stop")
    assert first.sentence == "The search ended (converged): Nothing is left."
    assert first.decision is not None
    assert "4 candidates" in standing.sentence or "3 candidates" in standing.sentence
    assert "patience 10" in standing.sentence
    assert standing.figures["patience"] == 10


def test_why_it_has_not_stopped(story):
    story.settle()
    (reason,) = why(story.run, "stop")
    assert "has not ended" in reason.sentence


def test_answers_survive_json(told):
    for reason in (*why(told, "stop"), *why(told, "ratio"), *why_not(told, "knn")):
        assert type(reason).model_validate(reason.to_json()) == reason


def test_what_discovery_found_of_a_column_is_told(story):
    run = engineered(story)
    steps = [{"operation": "ratio", "columns": ["tenure", "charges"], "into": "per_month"}]
    looked = {
        "steps": steps,
        "operation": "ratio",
        "columns": ["tenure", "charges"],
        "gain": 0.1,
        "least": 0.02,
        "kept": False,
    }
    story.step("feature_engineering", "discovery", {"screened": [looked]})
    (reason,) = why(run, "per_month")
    assert "had 10.0% of the gain" in reason.sentence
    assert "too little to be kept" in reason.sentence


def test_why_a_threshold_was_moved(story):
    story.settle()
    story.run.append(
        DecisionMade(
            key="t", stage="training", rule="F2 decides.", what="c002 predicts 'yes' from a probability of 0.16",
            because="F2 over the folds is 0.74 with it and 0.54 with 0.5.", figures={"threshold": 0.16},
        )
    )  # fmt: skip
    (reason,) = why(story.run, "threshold")
    assert "0.74 with it" in reason.sentence
    assert reason.figures == {"threshold": 0.16}
