"""A scorer of the user's own chooses among what the search found, here and not in a worker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, fbeta_score, make_scorer, mean_absolute_error, roc_auc_score

import planfit
from planfit.agent.own_scorer import OwnScorer
from planfit.errors import UsageError
from planfit.records.events import Event
from planfit.testing.tables import task_for

LABELS = np.asarray(["no", "yes", "yes", "no"], dtype=object)
CHANCES = np.asarray([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])


def test_scikit_learns_scorers_take_given_predictions() -> None:
    task = task_for("binary", pd.Series(LABELS))
    f1 = OwnScorer("f1", make_scorer(f1_score, pos_label="yes"))
    assert f1.score(task, CHANCES, LABELS, None) == pytest.approx(2 / 3)
    assert f1.score(task, CHANCES, LABELS, 0.35) == 1.0
    area = OwnScorer("auc", make_scorer(roc_auc_score, response_method="predict_proba"))
    assert area.score(task, CHANCES, LABELS, None) == 1.0
    value = task_for("regression", pd.Series([1.0, 2.0]))
    error = OwnScorer("mae", make_scorer(mean_absolute_error, greater_is_better=False))
    assert error.score(value, np.array([[1.0], [4.0]]), np.array([1.0, 2.0]), None) == -1.0


def test_what_the_users_code_does_wrong_is_a_sentence() -> None:
    task = task_for("binary", pd.Series(LABELS))

    def broken(estimator: Any, X: Any, y: Any) -> float:
        raise KeyError("price")

    with pytest.raises(UsageError, match="'broken' failed: KeyError"):
        OwnScorer("broken", broken).score(task, CHANCES, LABELS, None)
    with pytest.raises(UsageError, match="gave nan"):
        OwnScorer("empty", lambda estimator, X, y: float("nan")).score(task, CHANCES, LABELS, None)


def test_it_decides_and_is_never_sent_away(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    where: set[int] = set()

    def likes_simple(estimator: Any, X: Any, y: Any) -> float:
        """Give the most to the constant, which no metric would."""
        where.add(os.getpid())
        return -float(np.std(estimator.predict_proba(X)[:, 0]))

    arguments: dict[str, Any] = {"max_candidates": 1, "models": ["linear"], "store": tmp_path}
    run = planfit.run(table, sentence, metric=likes_simple, **arguments)
    assert where == {os.getpid()}
    assert run.summary.metric == "roc_auc"
    assert run.summary.delivered["family"] == "baseline"
    assert [entry for entry in run.trace if "likes_simple on the holdout is" in str(entry["plan"])]
    assert "likes_simple" in run.report
    other = planfit.deliver(run, "c002", store=tmp_path)  # what the scorer said is in the record
    assert other.summary.delivered["family"] == "linear"


def test_a_resumed_run_needs_it_again(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    def leave(event: Event) -> None:
        if event.body.kind == "step_finished" and event.body.name == "candidate c002":
            raise KeyboardInterrupt

    f2 = make_scorer(fbeta_score, beta=2, pos_label="yes")
    with pytest.raises(KeyboardInterrupt):
        planfit.run(table, sentence, metric=f2, max_candidates=1, models=["linear"], store=tmp_path, on_event=leave)
    with pytest.raises(planfit.UsageError, match="'fbeta_score', which was not given") as caught:
        planfit.resume(store=tmp_path)
    assert "metric=SCORER" in caught.value.hint
    resumed = planfit.resume(store=tmp_path, metric=f2)
    assert resumed.status == "finished"
    assert resumed.verify().ok


def test_a_function_of_truth_and_prediction_is_no_scorer(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(planfit.UsageError, match=r"scorer\(estimator, X, y\)") as caught:
        planfit.run(table, sentence, metric=f1_score, store=tmp_path / "runs")
    assert "make_scorer" in caught.value.hint
    assert not (tmp_path / "runs").exists()
