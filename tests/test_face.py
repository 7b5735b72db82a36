"""What `import planfit` gives: run, resume, load, check, compile, the Run object."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import planfit

PLAN = {"transformations": [{"column": "age", "operation": "standard_scale"}]}


@pytest.fixture
def run(its_home) -> planfit.Run:
    return planfit.open_run(store=its_home.store)


@pytest.fixture
def rows(trained) -> pd.DataFrame:
    return trained.frame.drop(columns="churned").head(12)


def test_a_run_tells_what_it_is(run):
    assert run.status == "finished"
    assert run.path.name == run.id
    assert repr(run).startswith(f"<Run {run.id}: finished, target 'churned', roc_auc ")
    assert "churned" in run.report
    assert run.trace[0]["stage"] == "task"
    assert run.summary.candidates == 2
    assert run.verify().ok
    assert run.why("age")
    assert run.why_not("random_forest")
    assert run.tried()


def test_a_run_a_plan_and_the_report_show_themselves_in_a_notebook(run):
    from planfit.plans import FeaturePlan

    shown = run._repr_html_()
    assert run.id in shown
    assert "delivered" in shown
    report = run.report
    assert isinstance(report, str)
    assert report._repr_html_().startswith('<iframe sandbox=""')
    assert report._repr_markdown_() == report
    assert "<table" in run.leaderboard._repr_html_()
    plan = FeaturePlan(transformations=({"column": "<b>age", "operation": "log1p"},), rationale="<script>")
    assert "&lt;b&gt;age" in plan._repr_html_()
    assert "<script>" not in plan._repr_html_()


def test_the_report_is_a_page_too(run):
    page = (run.path / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "How it came about" in page
    assert list((run.path / "plots").glob("*.svg"))
    assert run._reader.announced("evaluation/insight.json") is not None


def test_the_leaderboard_is_a_frame_best_first(run):
    board = run.leaderboard
    assert board["score"].is_monotonic_decreasing
    assert board["delivered"].sum() == 1
    assert {"candidate", "family", "features", "score"} <= set(board.columns)


def test_predictions_keep_index_order_and_labels(run, rows):
    shuffled = rows.sample(frac=1, random_state=0).rename(index=lambda number: f"row {number}")
    found = run.predict(shuffled)
    assert isinstance(found, pd.Series)
    assert found.name == "churned"
    assert list(found.index) == list(shuffled.index)
    assert set(found) <= {"Yes", "No"}
    proba = run.predict_proba(shuffled)
    assert list(proba.columns) == ["No", "Yes"]
    assert proba.sum(axis=1).to_numpy() == pytest.approx(1)
    assert (np.where(proba["Yes"] > 0.5, "Yes", "No") == found).all()


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas, lambda rows: rows.to_dict("records")])
def test_every_kind_of_table_predicts_alike(run, rows, make):
    assert list(run.predict(make(rows))) == list(run.predict(rows))


def test_no_rows_give_no_predictions(run, rows):
    assert len(run.predict(rows.head(0))) == 0
    assert run.predict_proba(rows.head(0)).shape == (0, 2)


def test_columns_in_another_order_and_unknown_values_are_fine(run, rows):
    assert list(run.predict(rows[rows.columns[::-1]].assign(more=1))) == list(run.predict(rows))
    assert len(run.predict(rows.assign(city="Atlantis", income=np.nan))) == len(rows)


def test_a_missing_column_is_named(run, rows):
    with pytest.raises(planfit.UsageError, match="'age'"):
        run.predict(rows.drop(columns="age"))


def test_the_pipeline_is_scikit_learns(run, rows):
    assert hasattr(run.pipeline, "named_steps")
    assert len(run.pipeline.transform(rows)) == len(rows)
    assert list(run.model.predict(rows)) == list(run.predict(rows))


@pytest.mark.parametrize("how", ["id", "folder", "bundle"])
def test_a_model_is_loaded_by_run_folder_and_bundle(its_home, rows, how):
    run = its_home.run
    ref = {"id": run.id, "folder": run.path, "bundle": run.path / "model"}[how]
    assert list(planfit.load(ref, store=its_home.store).predict(rows)) == list(run.predict(rows))


def test_a_copied_bundle_needs_trust_where_another_user_loads_it(its_home, rows, tmp_path, monkeypatch):
    expected = list(its_home.run.predict(rows))
    copy = shutil.copytree(its_home.run.path / "model", tmp_path / "copy")
    assert list(planfit.load(copy).predict(rows)) == expected
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path / "another"))
    with pytest.raises(planfit.NotTrusted, match="sign"):
        planfit.load(copy)
    assert list(planfit.load(copy, trust=True).predict(rows)) == expected


def test_resuming_a_finished_run_gives_it_back(its_home):
    before = len(its_home.run.events)
    assert len(planfit.resume(its_home.run.id, store=its_home.store).events) == before


def test_check_gives_findings_and_compile_a_pipeline(trained):
    assert planfit.check(PLAN, trained.frame, target="churned") == ()
    (found,) = planfit.check({"transformations": [{"column": "agee", "operation": "standard_scale"}]}, trained.frame)
    assert (found.code, found.nearest, found.path) == ("unknown-column", "age", "/transformations/0/column")
    made = planfit.compile(PLAN, trained.frame, target="churned").fit_transform(trained.frame)
    assert made["age"].mean() == pytest.approx(0, abs=1e-9)
    with pytest.raises(planfit.UsageError, match="agee"):
        planfit.compile({"transformations": [{"column": "agee", "operation": "standard_scale"}]}, trained.frame)


@pytest.mark.parametrize(
    "arguments",
    [
        {"task_type": "guess"},
        {"table_format": "xlsx"},
        {"max_candidates": 1.5},
        {"max_candidates": "3"},
        {"patience": "long"},
        {"time_limit": float("nan")},
        {"time_limit": [30]},
        {"time_limit": True},
        {"memory_limit": [1]},
        {"holdout": [1]},
        {"holdout": float("nan")},
        {"planner": 5},
        {"seed": "x"},
        {"exclude": 5},
        {"models": ["wizard"]},
        {"features": {"transfo": []}},
        {"features": 5},
        {"split": "group"},
        {"metric": "wow"},
        {"deliver": "fastest"},
        {"deliver": "balanced"},
        {"max_latency": "5ms"},
        {"deliver": "balanced", "max_latency": "soon"},
        {"deliver": "balanced", "max_latency": 0},
        {"target": ""},
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused_with_a_hint_before_anything_is_written(trained, tmp_path, arguments):
    with pytest.raises(planfit.UsageError) as caught:
        planfit.run(trained.frame, "Predict churned", store=tmp_path / "runs", **arguments)
    assert caught.value.hint
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("data", [None, 5, [1, 2], "nowhere.csv"])
def test_what_is_no_table_is_refused(tmp_path, data):
    with pytest.raises(planfit.UsageError) as caught:
        planfit.run(data, "Predict churned", store=tmp_path / "runs", max_candidates=1)
    assert caught.value.hint
    assert not list((tmp_path / "runs").glob("run_*"))


def test_a_polars_table_with_odd_names_is_trained_on_and_predicted(tmp_path):
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            ' a "quoted" | name ': rng.normal(size=120),
            '{"json": [1]}': rng.choice(["x", "y"], 120),
            "emoji 🎉": rng.normal(size=120),
        }
    )
    frame = frame.with_columns((frame["emoji 🎉"] > 0).alias("the target"))
    run = planfit.run(
        frame, "Predict the target", target=" the target ", max_candidates=1, models=["linear"], store=tmp_path
    )
    assert run.status == "finished"
    assert set(run.predict(frame)) == {True, False}
    assert run.summary.cv["score"] > 0.9
    assert run.verify().ok


def test_a_question_is_an_exception_that_carries_its_document(trained, tmp_path):
    with pytest.raises(planfit.QuestionAsked) as caught:
        planfit.run(trained.frame, "Tell me something", max_candidates=1, store=tmp_path)
    assert {"text", "alternatives", "commands"} <= set(caught.value.document.get("question", caught.value.document))
    assert planfit.open_run(store=tmp_path).status == "question"
