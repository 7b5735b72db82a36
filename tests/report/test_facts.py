"""The facts are those of the events, whatever point the run has reached."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.report import conftest as made

from planfit.report.facts import facts_of
from planfit.report.markdown import render


def test_a_whole_run(reader: made.Synthetic) -> None:
    facts = facts_of(reader)
    assert facts.run_id == "20260101-120000-abcd"
    assert facts.ranked == ("c005", "c002", "c003", "c001")
    assert facts.baseline is not None
    assert facts.baseline.score.value == 0.5
    assert facts.chosen is not None
    assert facts.chosen.spec.id == "c005"
    assert facts.holdout is not None
    assert (facts.holdout.value, facts.holdout.rows, facts.holdout.opening) == (0.8441, 1409, 1)
    assert facts.optimism == pytest.approx(0.0093)
    assert [failure.spec.id for failure in facts.failures] == ["c004"]
    assert [row.column for row in facts.importance] == ["tenure", "Contract", "pipe|d `col`"]
    assert {entry.family for entry in facts.rejections} == {"random_forest"}
    assert facts.stop_reason == "converged"


def test_feature_sets_have_their_own_plan_and_verdict(reader: made.Synthetic) -> None:
    first, second = facts_of(reader).features
    assert (first.name, first.verdict) == ("v1", "adopted")
    assert [step.operation for step in first.steps] == ["ratio", "map_values"]
    assert (second.name, second.verdict) == ("v2", "rolled back")
    assert second.steps[0].parameters == {"degree": 3}
    assert second.probe is not None
    assert second.probe.mean == -0.011


def test_refused_plans_keep_their_findings(reader: made.Synthetic) -> None:
    (refused,) = facts_of(reader).refused
    assert (refused.plan_kind, refused.attempt, refused.broke) == ("FeaturePlan", 1, False)
    assert refused.findings[0].code == "kind-not-accepted"


def test_facts_survive_json(reader: made.Synthetic) -> None:
    facts = facts_of(reader)
    assert type(facts).model_validate(facts.to_json()) == facts


def test_the_end_of_the_run_changes_nothing_but_the_end() -> None:
    before = facts_of(made.Synthetic(made.whole()))
    after = facts_of(made.Synthetic([*made.whole(), made.finish()]))
    assert after == before


@pytest.mark.parametrize("events", range(1, len(made.whole()) + 1))
def test_every_moment_of_a_run_can_be_told(events: int) -> None:
    text = render(facts_of(made.Synthetic(made.whole()[:events])))
    assert text.startswith("# Predict customer churn")
    assert "None" not in text


def test_a_run_that_was_stopped_leaves_the_holdout_closed() -> None:
    facts = facts_of(made.Synthetic(made.regression()))
    assert facts.holdout is None
    assert facts.optimism is None
    assert facts.stop_reason == "person"


def test_a_second_opening_is_told() -> None:
    again = made.HoldoutOpened(split_key="s", key="h2", opening=3)
    facts = facts_of(made.Synthetic([*made.whole(), again]))
    assert facts.holdout is not None
    assert facts.holdout.opening == 3
    assert "opened 3 times" in render(facts)


def test_a_step_done_again_counts_once() -> None:
    again = made.step("candidate c003", "model_search", made.candidate("c003", "linear", 0.8467))
    facts = facts_of(made.Synthetic([*made.whole(), again]))
    assert [result.spec.id for result in facts.candidates] == ["c001", "c002", "c003", "c005"]


def test_the_report_needs_no_table_library() -> None:
    code = (
        "import sys, planfit.report.markdown; print([m for m in ('pandas', 'sklearn', 'polars') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_columns_that_were_looked_for_are_told_kept_or_not() -> None:
    def looked(name: str, kept: bool) -> dict[str, object]:
        steps = [{"operation": "ratio", "columns": ["tenure", "TotalCharges"], "into": name}]
        return {
            "steps": steps,
            "operation": "ratio",
            "columns": ["tenure", "TotalCharges"],
            "gain": 0.12,
            "least": 0.04,
            "kept": kept,
        }

    found = made.step("discovery", "feature_engineering", {"screened": [looked("a", True), looked("b", False)]})
    facts = facts_of(made.Synthetic([*made.whole(), found]))
    assert [entry.kept for entry in facts.screened] == [True, False]
    assert "| `ratio` of `tenure`, `TotalCharges` | 12.0% | 4.0% | left |" in render(facts)
