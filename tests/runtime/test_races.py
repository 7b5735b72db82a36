"""Candidates earn their next fold, and results on fewer folds are not mistaken for better ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tables import material

from planfit.records.jobs import FitJob, Material
from planfit.records.scores import Allotment, CandidateResult, CandidateSpec, FoldOutcome, Score, best_first
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.jobs import fit


def scored(made: Material, folder: Path, race: tuple[tuple[float, float], ...] | None) -> dict[str, Any]:
    folder.mkdir()
    spec = CandidateSpec(id="c002", family="linear", params={}, features="v0", origin="plan")
    allotment = Allotment(folds=made.n_folds, race=race)
    job = FitJob(material=made, spec=spec, features={"transformations": []}, allotment=allotment)
    return fit.run(job, folder, SoftDeadline(None))


@pytest.mark.parametrize("task_type", ["binary", "regression"])
def test_who_is_far_behind_gets_one_fold(task_type: Any, tmp_path: Path) -> None:
    made = material(tmp_path / "m", task_type, 240)
    free = scored(made, tmp_path / "free", None)
    assert (len(free["folds"]), free["given_up"]) == (made.n_folds, None)
    own = free["folds"][0].score
    floor = 0.5 if task_type == "binary" else 3 * own
    level = scored(made, tmp_path / "level", ((own, floor),) * made.n_folds)
    assert (len(level["folds"]), level["given_up"]) == (made.n_folds, None)
    ahead = own + 0.6 * (own - floor)
    behind = scored(made, tmp_path / "behind", ((ahead, floor),) * made.n_folds)
    assert len(behind["folds"]) == 1
    assert "% of what the best candidate gains" in behind["given_up"]
    assert not behind["cut"]


def test_a_baseline_that_is_not_beaten_gives_nobody_up(tmp_path: Path) -> None:
    made = material(tmp_path / "m", "binary", 240)
    assert scored(made, tmp_path / "job", ((0.5, 0.5),) * made.n_folds)["given_up"] is None


def result(name: str, *scores: float) -> CandidateResult:
    return CandidateResult(
        spec=CandidateSpec(id=name, family="linear", params={}, features="v0", origin="plan"),
        allotment=Allotment(folds=3),
        score=Score(metric="rmse", value=sum(scores) / len(scores)),
        folds=tuple(FoldOutcome(fold=place, score=score) for place, score in enumerate(scores)),
    )


def test_a_lucky_fold_ranks_behind_whole_results() -> None:
    whole, better, lucky = result("c001", 3, 3, 3), result("c002", 2, 2, 2), result("c003", 1)
    assert [each.spec.id for each in best_first([lucky, whole, better], False)] == ["c002", "c001", "c003"]
    assert [each.spec.id for each in best_first([whole, better], True)] == ["c001", "c002"]


def test_where_nothing_can_be_better_the_log_loss_decides() -> None:
    first, second = (
        each.having(score=Score(metric="roc_auc", value=1.0, log_loss=loss))
        for each, loss in ((result("c001", 1, 1), 2e-5), (result("c002", 1, 1), 7e-7))
    )
    assert [each.spec.id for each in best_first([first, second], True)] == ["c002", "c001"]
    worse = result("c003", 1, 1).having(score=Score(metric="roc_auc", value=0.99))
    assert best_first([worse, first], True) == [first, worse]


def test_a_metric_of_labels_is_raced_with_a_threshold_too(tmp_path: Path) -> None:
    made = material(tmp_path / "m", "binary", 600)
    judged = made.having(task=made.task.having(metric="f1", positive_class="yes"))
    rare = pd.read_parquet(judged.target)
    hidden = (rare["target"] == "yes") & (rare.index % 4 != 0)
    rare.loc[hidden, "target"] = "no"  # one in ten is left, hardly one of whom is likelier than not
    rare.to_parquet(judged.target)
    free = scored(judged, tmp_path / "free", None)
    own = free["folds"][0].score
    assert own > 0.15
    again = scored(judged, tmp_path / "again", ((own, 0.0),) * judged.n_folds)
    assert again["given_up"] is None
