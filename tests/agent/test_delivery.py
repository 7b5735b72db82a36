"""The threshold goes with the model; a person may have another candidate delivered; whatever falls, the record knows."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.agent.session import Session
from planfit.agent.stages.threshold import settle
from planfit.models.metrics import METRICS, encode
from planfit.records.events import Event
from planfit.records.scores import ArtifactRef
from planfit.records.task import Task
from planfit.runtime.evaluate import score_folds
from planfit.testing.tables import task_for


@pytest.fixture
def rare() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    risk = rng.normal(size=400)
    table = pd.DataFrame({"amount": risk + rng.normal(size=400), "hour": rng.normal(size=400)})
    table["fraud"] = np.where(rng.random(400) < 1 / (1 + np.exp(2.2 - 1.6 * risk)), "yes", "no")
    return table


def go(table: pd.DataFrame, store: Path, sentence: str = "Predict fraud", **arguments: Any) -> planfit.Run:
    options = {"max_candidates": 2, "models": ["linear", "random_forest"], **arguments}
    return planfit.run(table, sentence, target="fraud", store=store, **options)


def decided(run: planfit.Run, word: str) -> list[dict[str, Any]]:
    return [entry for entry in run.trace if word in str(entry["plan"])]


def settled(run: planfit.Run) -> Task:
    names = [e.body for e in run.events if e.body.kind == "step_finished" and e.body.name == "task"]
    return Task.model_validate(names[-1].result)


def test_a_threshold_is_chosen_recorded_scored_and_shipped(rare: pd.DataFrame, tmp_path: Path) -> None:
    run = go(rare, tmp_path, metric="f1")
    (decision,) = decided(run, "from a probability of")
    figures = decision["result"]["figures"]
    at = figures["threshold"]
    assert 0 < at < 0.5
    assert figures["tuned"] > figures["plain"]
    assert decision["planner"] == "runtime"
    assert at == run.model.threshold == run.bundle.metadata.threshold == run.summary.delivered["threshold"]
    labels, chances = run.predict(rare), run.predict_proba(rare)["yes"]
    assert (labels == np.where(chances >= at, "yes", "no")).all()
    assert list(run.predict(rare.head(1).to_dict("records"))) == list(labels.head(1))
    # the holdout is scored with the same threshold
    held = pd.read_parquet(run.path / "evaluation" / "predictions.parquet")
    codes = encode(rare["fraud"].iloc[held["row"]], ("no", "yes"))
    matrix = held[["p:no", "p:yes"]].to_numpy()
    assert run.summary.holdout["score"] == METRICS["f1"].score(codes, matrix, settled(run), threshold=at)
    assert run.summary.cv["score"] == run.leaderboard_rows[0]["score"]
    assert "from a probability of" in run.report
    assert run.verify().ok


def test_as_many_as_possible_means_a_threshold_too(rare: pd.DataFrame, tmp_path: Path) -> None:
    run = go(rare, tmp_path, "Predict fraud, catch as many frauds as possible", max_candidates=1)
    assert run.summary.metric == "average_precision"
    (decision,) = decided(run, "from a probability of")
    assert "F2" in decision["prompt"]
    assert (run.predict(rare) == "yes").sum() > (rare["fraud"] == "yes").sum()


def test_ranks_and_few_rows_of_accuracy_need_no_threshold(rare: pd.DataFrame, tmp_path: Path) -> None:
    run = go(rare, tmp_path, metric="accuracy", max_candidates=1, models=["linear"])
    assert run.model.threshold is None
    assert not decided(run, "probability")


def test_another_candidate_is_delivered_when_a_person_says_so(rare: pd.DataFrame, tmp_path: Path) -> None:
    run = go(rare, tmp_path, metric="f1")
    first = run.summary.delivered["candidate"]
    other = next(row["candidate"] for row in run.leaderboard_rows if row["candidate"] != first)
    predicted = list(run.predict_proba(rare)["yes"])
    for wrong, words in (("c099", "no candidate 'c099'"), (first, "already")):
        with pytest.raises(planfit.UsageError, match=words) as caught:
            planfit.deliver(run, wrong, store=tmp_path)
        assert caught.value.hint
    before = len(run.events)
    again = planfit.deliver(run.id, other, store=tmp_path)
    assert again.status == "finished"
    assert again.summary.delivered["candidate"] == again.bundle.metadata.delivered.candidate == other
    assert again.bundle.metadata.delivered.rule == "person"
    assert [row["delivered"] for row in again.leaderboard_rows if row["candidate"] == other] == [True]
    later = [event.body.kind for event in again.events[before:]]
    assert "holdout_opened" not in later
    assert not [e for e in again.events[before:] if getattr(e.body, "name", "").startswith(("candidate", "probe"))]
    assert again.bundle.metadata.holdout.candidate == first
    assert again.summary.holdout is None
    assert f"opened for `{first}`" in again.report
    assert decided(again, "deliver")[-1]["planner"] == "person" or decided(again, other)
    assert list(again.predict_proba(rare)["yes"]) != predicted
    back = planfit.deliver(again, first, store=tmp_path)
    assert list(back.predict_proba(rare)["yes"]) == predicted
    assert back.summary.holdout == run.summary.holdout
    assert back.verify().ok


def test_a_delivery_that_was_broken_off_is_finished_by_resuming(rare: pd.DataFrame, tmp_path: Path) -> None:
    run = go(rare, tmp_path, metric="f1")
    other = next(row["candidate"] for row in run.leaderboard_rows if not row["delivered"])

    def break_off(event: Event) -> None:
        if event.body.kind == "step_started" and event.body.name == "bundle":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        planfit.deliver(run, other, store=tmp_path, on_event=break_off)
    assert planfit.open_run(store=tmp_path).status == "failed"
    resumed = planfit.resume(store=tmp_path)
    assert resumed.status == "finished"
    assert resumed.bundle.metadata.delivered.candidate == other
    assert planfit.resume(store=tmp_path).events == resumed.events


def test_a_run_that_has_not_ended_cannot_deliver_another(rare: pd.DataFrame, tmp_path: Path) -> None:
    def leave(event: Event) -> None:
        if event.body.kind == "step_finished" and event.body.name == "split":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(rare, tmp_path, on_event=leave)
    with pytest.raises(planfit.UsageError, match="once it has ended") as caught:
        planfit.deliver("latest", "c001", store=tmp_path)
    assert "resume" in caught.value.hint


def test_a_run_that_a_person_stopped_delivers_another_too(rare: pd.DataFrame, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if event.body.kind == "step_finished" and event.body.name == "candidate c002":
            signal.raise_signal(signal.SIGINT)

    run = go(rare, tmp_path, metric="f1", max_candidates=20, models=["linear"], on_event=stop)
    assert run.status == "stopped"
    again = planfit.deliver(run, "c001", store=tmp_path)
    assert again.status == "stopped"
    assert again.summary.delivered["family"] == "baseline"
    assert again.bundle.metadata.holdout is None


def test_accuracy_moves_its_threshold_only_where_many_rows_say_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for rows, moves in ((8_000, True), (3_000, False)):
        chances = rng.random(rows)
        y = np.where(rng.random(rows) < chances, "yes", "no")
        shy = chances**2  # says 0.25 where it means 0.5
        store = tmp_path / str(rows)
        store.mkdir()
        part = np.arange(rows) % 5
        columns = {"row": np.arange(rows), "fold": part, "p:no": 1 - shy, "p:yes": shy}
        pd.DataFrame(columns).to_parquet(store / "oof.parquet")
        pd.DataFrame({"target": y}).to_parquet(store / "target.parquet")
        task = task_for("binary", pd.Series(y), metric="accuracy")
        made = score_folds("accuracy", pd.Series(y), np.column_stack([1 - shy, shy]), part, task)
        notes: list[Any] = []
        session: Any = SimpleNamespace(
            key=lambda *parts: parts,
            note=lambda *said, notes=notes, **figures: notes.append(said),
            settled=SimpleNamespace(target=str(store / "target.parquet"), weights=None),
            run=SimpleNamespace(
                file=lambda ref, store=store: store / ref.path,
                step=lambda key, stage, name, work, shared: SimpleNamespace(result=work(Path())[0].to_json()),
            ),
        )
        search: Any = SimpleNamespace(task=task, split=SimpleNamespace(training_rows=rows), split_key="s")
        ref = ArtifactRef(path="oof.parquet", sha256="0" * 64, bytes=1)
        chosen: Any = SimpleNamespace(spec=SimpleNamespace(id="c002"), oof=ref, score=made)
        point = settle(session, search, chosen)
        assert (point.threshold is not None) == moves
        assert (point.score.value > made.value + 0.03) == moves
        assert bool(notes) == moves
        if moves:
            assert point.threshold == pytest.approx(0.25, abs=0.05)


def test_without_time_to_fit_again_one_fold_keeps_the_latency(
    rare: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The average of all fold models would answer as many times more slowly as there are folds."""
    monkeypatch.setattr("planfit.agent.stages.delivery._seconds_for_refit", lambda *_: None)
    run = go(rare, tmp_path, time_limit=60, models=["linear"], deliver="balanced", max_latency="1s")
    (ended,) = [event.body for event in run.events if event.body.kind == "run_finished"]
    assert ended.delivered.how == ended.holdout.scored == "one_fold"
    part = pd.read_parquet(run.path / "split.parquet")["part"]
    assert ended.delivered.rows_fitted == (part > 0).sum()
    assert "the average of all would answer more slowly" in ended.delivered.because
    assert "one model of the cross-validation" in run.report
    assert run.verify().ok


@pytest.mark.parametrize("left", [0.0, 1e9])
def test_a_network_is_not_started_where_its_library_would_take_the_time(
    rare: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: float
) -> None:
    monkeypatch.setattr("planfit.models.mlp.MLP.start_seconds", 1.0)
    real = Session.search_seconds

    def search_seconds(session: Session) -> float | None:
        return left if "time_to_load" in str(sys._getframe(1).f_code.co_qualname) else real(session)

    monkeypatch.setattr(Session, "search_seconds", search_seconds)
    run = go(rare, tmp_path, time_limit=60, models=["linear", "mlp"], max_candidates=3)
    failed = [event.body.failure for event in run.events if event.body.kind == "candidate_failed"]
    assert [each.spec.family for each in failed] == (["mlp"] if left == 0.0 else [])
    assert ("no time left to load its library" in str(run.why_not("mlp"))) == (left == 0.0)
    assert run.summary.status == "finished"
