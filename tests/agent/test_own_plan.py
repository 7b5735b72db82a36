"""A person's own feature plan: the first feature set, what models start from, never rolled back, recorded as theirs."""

from __future__ import annotations

import json

import pytest

import planfit
from planfit.testing.customers import customers

PLAN = {
    "transformations": [
        {
            "columns": ["debt", "income"],
            "operation": "ratio",
            "into": "burden",
            "reason": "What is owed per earned franc.",
        },
        {"columns": ["budget", "seen"], "operation": "drop"},
    ]
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> planfit.Run:
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANFIT_HOME", str(folder / "home"))
        return planfit.run(
            customers(150), "Predict who churned", features=PLAN, max_candidates=1, models=["linear"],
            store=folder / "store", holdout="none",
        )  # fmt: skip


def test_models_start_from_it(run):
    board = run.leaderboard
    singles = board[~board["family"].isin(["baseline", "ensemble"])]
    assert len(singles) == 1
    assert set(singles["features"]) == {"v1"}
    made = json.loads((run.path / "features" / "v1" / "plan.json").read_text())
    assert planfit.diff(PLAN, made) == ()


def test_it_is_recorded_as_a_persons(run):
    answers = run.why("ratio")
    assert [answer.by for answer in answers] == ["human"]
    (entry,) = [
        each for each in run.trace if each["stage"] == "feature_engineering" and each["plan"].get("transformations")
    ]
    assert entry["planner"] == "human"
    assert not any(event.body.kind == "rolled_back" for event in run.events)


def test_one_that_does_not_fit_is_the_persons_to_mend(tmp_path):
    wrong = {"transformations": [{"column": "burden", "operation": "log1p"}]}
    with pytest.raises(planfit.UsageError, match="does not fit") as refused:
        planfit.run(
            customers(60)[["age", "city", "churned"]],
            "Predict who churned",
            features=wrong,
            max_candidates=1,
            store=tmp_path,
            holdout="none",
        )
    assert "planfit check" in (refused.value.hint or "")
