"""What the jobs leave behind: scores, predictions, complete pipelines, ledgers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from tables import material, raw_table

from planfit.errors import CandidateFailed
from planfit.models.ensemble import WeightedEnsemble
from planfit.models.metrics import METRICS, target_values
from planfit.models.registry import families
from planfit.records.jobs import BundleJob, EvaluateJob, FeaturesJob, FitJob, JobDone, Material, RefitJob
from planfit.records.scores import Allotment, CandidateResult, CandidateSpec, FoldOutcome, ImportanceRow, Score
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.jobs import bundle, evaluate, features, fit, refit
from planfit.runtime.jobs.fitting import prediction_columns
from planfit.runtime.material import Sheets
from planfit.runtime.workers import Workers

RAW: dict[str, Any] = {"transformations": []}
PLAN: dict[str, Any] = {
    "transformations": [
        {"columns": ["fare", "age"], "operation": "ratio"},
        {"column": "street", "operation": "target_encode"},
        {"column": "city", "operation": "one_hot_encode"},
    ]
}
NEVER = SoftDeadline(None)


def fit_job(made: Material, family: str = "linear", plan: dict[str, Any] = RAW, **allotment: Any) -> FitJob:
    params = {"rounds": 60, "patience": 10} if family == "lightgbm" else {}
    spec = CandidateSpec(id="c001", family=family, params=params, features="v0", origin="plan")
    given = {"folds": made.n_folds, **allotment}
    return FitJob(material=made, spec=spec, features=plan, allotment=Allotment(**given))


def carry_out(job: FitJob, folder: Path, deadline: SoftDeadline = NEVER) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    return fit.run(job, folder, deadline)


def oof_of(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "oof.parquet")


@pytest.mark.parametrize("plan", [RAW, PLAN], ids=["raw", "plan"])
@pytest.mark.parametrize("task_type", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("family", ["baseline", "linear", "lightgbm", "random_forest"])
def test_a_candidate_is_scored_on_its_folds(family: str, task_type: str, plan: dict[str, Any], tmp_path: Path) -> None:
    made = material(tmp_path / "m", task_type, rows=240)
    folder = tmp_path / "job"
    result = carry_out(fit_job(made, family, plan), folder)
    sheets = Sheets(made)
    oof = oof_of(folder)
    task = made.task
    assert oof["row"].tolist() == np.flatnonzero(sheets.part >= 0).tolist()
    assert (sheets.part[oof["row"]] == oof["fold"]).all()
    assert list(oof)[2:] == prediction_columns(task)
    folds = [FoldOutcome.model_validate(outcome) for outcome in result["folds"]]
    metric = METRICS[task.metric]
    for outcome in folds:
        some = oof[oof["fold"] == outcome.fold]
        y = target_values(sheets.y.iloc[some["row"]], task)
        assert metric.score(y, some.iloc[:, 2:].to_numpy(), task) == pytest.approx(outcome.score)
    assert Score.model_validate(result["score"]).value == pytest.approx(np.mean([outcome.score for outcome in folds]))
    assert not result["cut"]
    assert (result["rounds"] is not None) == families()[family].iterative
    assert result["columns_out"] >= 1


@pytest.mark.parametrize("family", ["linear", "lightgbm"])
@pytest.mark.parametrize("group", [False, True], ids=["plain", "carried"])
def test_fold_models_are_complete_pipelines(family: str, group: bool, tmp_path: Path) -> None:
    made = material(tmp_path / "m", group=group)
    result = carry_out(fit_job(made, family, PLAN), tmp_path / "job")
    oof = oof_of(tmp_path / "job")
    raw = raw_table(300).drop(columns="group")  # a carried column is not needed for predictions
    for fold, name in enumerate(result["files"]["models"]):
        pipeline = joblib.load(tmp_path / "job" / name)
        rows = oof["row"][oof["fold"] == fold]
        ensemble = WeightedEnsemble([("c001", 1.0, pipeline)], made.task)
        np.testing.assert_allclose(
            ensemble.predict_matrix(raw.iloc[rows]), oof.loc[oof["fold"] == fold].iloc[:, 2:].to_numpy(), rtol=1e-9
        )
        assert pipeline.steps[0][0] == "door"
        assert "group" not in pipeline.steps[-1][1].feature_names_in_


def test_the_result_is_that_of_a_candidate(tmp_path: Path) -> None:
    job = fit_job(material(tmp_path / "m"), "lightgbm")
    result = carry_out(job, tmp_path / "job")
    names = ("score", "folds", "rounds", "cut", "finishing", "columns_out")
    made = CandidateResult(spec=job.spec, allotment=job.allotment, **{name: result[name] for name in names})
    assert made.finishing
    assert made.rounds == round(np.mean([fold.rounds for fold in made.folds if fold.rounds]))


def test_the_same_job_gives_the_same_bits(tmp_path: Path) -> None:
    made = material(tmp_path / "m", rows=400)
    for folder in ("a", "b"):
        carry_out(fit_job(made, "lightgbm", PLAN), tmp_path / folder)
    pd.testing.assert_frame_equal(oof_of(tmp_path / "a"), oof_of(tmp_path / "b"), check_exact=True)


def test_the_history_has_a_thinned_line_a_round(tmp_path: Path) -> None:
    job = fit_job(material(tmp_path / "m"), "lightgbm", rounds=400)
    job = job.having(spec=job.spec.having(params={"patience": 1000, "learning_rate": 0.01}))
    carry_out(job, tmp_path / "job")
    lines = [json.loads(line) for line in (tmp_path / "job" / "training.jsonl").read_text().splitlines()]
    for fold in range(job.material.n_folds):
        rounds = [line["round"] for line in lines if line["fold"] == fold and "round" in line]
        assert (rounds[0], rounds[-1], len(rounds)) == (1, 400, 200)
    assert sum("score" in line for line in lines) == job.material.n_folds


def test_fewer_folds_and_rows_are_obeyed(tmp_path: Path) -> None:
    made = material(tmp_path / "m", rows=400)
    result = carry_out(fit_job(made, "linear", folds=1, rows=50), tmp_path / "job")
    assert [outcome.fold for outcome in result["folds"]] == [0]
    assert set(oof_of(tmp_path / "job")["fold"]) == {0}
    assert not result["cut"]


def test_models_are_not_kept_where_nobody_needs_them(tmp_path: Path) -> None:
    job = fit_job(material(tmp_path / "m")).having(keep_models=False)
    assert carry_out(job, tmp_path / "job")["files"]["models"] == []
    assert not (tmp_path / "job" / "folds").exists()


class After(SoftDeadline):
    """A deadline that comes after so many questions for the time left."""

    def __init__(self, questions: int) -> None:
        super().__init__(1000.0)
        self.questions = questions

    def left(self) -> float | None:
        self.questions -= 1
        return 1000.0 if self.questions >= 0 else 0.0


def test_a_deadline_between_folds_leaves_a_score_of_fewer_folds(tmp_path: Path) -> None:
    job = fit_job(material(tmp_path / "m"), "linear", seconds=1000.0)
    result = carry_out(job, tmp_path / "job", After(2))
    assert result["cut"]
    assert len(result["folds"]) == 1


def test_a_deadline_before_the_first_fold_is_a_timeout(tmp_path: Path) -> None:
    job = fit_job(material(tmp_path / "m"), "linear", seconds=1.0)
    with pytest.raises(CandidateFailed) as caught:
        carry_out(job, tmp_path / "job", SoftDeadline(0.0))
    assert caught.value.cause == "timeout"


def test_a_hang_guard_decides_nothing(tmp_path: Path) -> None:
    result = carry_out(fit_job(material(tmp_path / "m"), "lightgbm"), tmp_path / "job", SoftDeadline(0.0))
    assert not result["cut"]


def test_a_boosting_family_shares_a_short_time_among_its_folds(tmp_path: Path) -> None:
    job = fit_job(material(tmp_path / "m", rows=3000), "lightgbm", seconds=4.0)
    job = job.having(spec=job.spec.having(params={"rounds": 20_000, "patience": 1000, "learning_rate": 0.001}))
    result = carry_out(job, tmp_path / "job", SoftDeadline(4.0))
    assert result["cut"]
    assert len(result["folds"]) == job.material.n_folds


def test_predictions_that_are_not_finite_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from planfit.models.estimators.linear import LinearModel

    monkeypatch.setattr(LinearModel, "predict_matrix", lambda self, X: np.full((len(X), 2), np.nan))
    with pytest.raises(FloatingPointError, match="predictions of fold 0 are not finite"):
        carry_out(fit_job(material(tmp_path / "m")), tmp_path / "job")


@pytest.mark.parametrize("table_format", ["parquet", "csv"])
def test_features_leave_pipeline_table_and_ledger(table_format: str, tmp_path: Path) -> None:
    made = material(tmp_path / "m", group=True)
    result = features.run(
        FeaturesJob(material=made, features=PLAN, table_format=table_format), tmp_path, SoftDeadline(None)
    )
    assert not [finding for finding in result["findings"] if finding["severity"] == "error"]
    pipeline = joblib.load(tmp_path / "pipeline.joblib")
    sheets = Sheets(made)
    expected = pipeline.transform(sheets.raw(sheets.learning))
    path = tmp_path / f"transformed.{table_format}"
    table = pd.read_parquet(path) if table_format == "parquet" else pd.read_csv(path, parse_dates=["when"])
    assert list(table) == list(expected)
    assert "group" not in table
    for name in expected:
        if expected[name].dtype.kind == "f":
            np.testing.assert_allclose(table[name], expected[name])
    entries = {entry["name"]: entry for entry in json.loads((tmp_path / "ledger.json").read_text())}
    assert list(entries) == list(expected)
    assert (result["columns_in"], result["columns_out"], result["steps"]) == (7, len(entries), 3)
    assert entries["age"]["made_by"] == "raw"
    assert entries["age"]["missing_share"] > 0
    assert entries["city=rome"]["sources"] == ["city"]
    assert entries["city=rome"]["step"] == 2
    assert entries["city=rome"]["made_by"].startswith("one_hot_encode")


def test_a_sample_leaves_no_files(tmp_path: Path) -> None:
    job = FeaturesJob(material=material(tmp_path / "m"), features=PLAN, sample_rows=50, keep=False)
    folder = tmp_path / "job"
    folder.mkdir()
    assert features.run(job, folder, NEVER)["files"] == {}
    assert not list(folder.iterdir())


def test_names_and_texts_of_a_csv_are_no_formulas() -> None:
    frame = pd.DataFrame({"=1+1": ["@cmd", "fine", np.nan], "-x": [-1.0, 2.0, np.nan]})
    out = features.harmless(frame)
    assert list(out) == ["'=1+1", "'-x"]
    assert out.iloc[:2, 0].tolist() == ["'@cmd", "fine"]
    assert out.iloc[2].isna().all()
    assert out.iloc[0, 1] == -1.0


def scored(made: Material, folder: Path, *names: str) -> tuple[tuple[str, float, tuple[str, ...]], ...]:
    """Return members with their fold models, weights falling."""
    members = []
    for number, family in enumerate(names):
        result = carry_out(fit_job(made, family), folder / family)
        paths = tuple(str(folder / family / name) for name in result["files"]["models"])
        members.append((f"c{number:03}", 1.0 / (number + 1), paths))
    return tuple(members)


@pytest.mark.parametrize("task_type", ["binary", "multiclass", "regression"])
def test_the_holdout_is_scored_with_an_interval_and_importance(task_type: str, tmp_path: Path) -> None:
    made = material(tmp_path / "m", task_type, rows=500)
    members = scored(made, tmp_path, "lightgbm", "linear")
    result = evaluate.run(EvaluateJob(material=made, members=members, on="holdout"), tmp_path, NEVER)
    sheets = Sheets(made)
    held = result["holdout"]
    assert held["rows"] == len(sheets.holdout)
    assert held["low"] <= held["value"] <= held["high"]
    predictions = pd.read_parquet(tmp_path / result["files"]["predictions"])
    pipelines = [(name, weight / len(paths), joblib.load(path)) for name, weight, paths in members for path in paths]
    whole = WeightedEnsemble(pipelines, made.task).predict_matrix(raw_table(500).iloc[sheets.holdout])
    np.testing.assert_allclose(predictions.iloc[:, 1:].to_numpy(), whole, rtol=1e-9)
    rows = [ImportanceRow.model_validate(row) for row in result["importance"]]
    assert {row.column for row in rows} == set(made.door_schema.names)
    assert {row.column for row in rows[:2]} <= {"age", "city", "street"}
    assert rows[0].mean > 0


def test_without_a_holdout_importance_is_measured_out_of_fold(tmp_path: Path) -> None:
    made = material(tmp_path / "m", rows=400)
    members = scored(made, tmp_path, "lightgbm")
    result = evaluate.run(EvaluateJob(material=made, members=members, on="training"), tmp_path, NEVER)
    assert result["holdout"] is None
    assert result["files"] == {}
    assert result["importance"][0]["column"] in ("age", "city")


def test_importance_stops_with_its_time(tmp_path: Path) -> None:
    made = material(tmp_path / "m")
    members = scored(made, tmp_path, "linear")
    job = EvaluateJob(material=made, members=members, on="holdout", importance_seconds=0.0)
    result = evaluate.run(job, tmp_path, NEVER)
    assert result["importance"] == []
    assert result["holdout"] is not None


@pytest.mark.parametrize("family", ["linear", "lightgbm"])
def test_a_refit_uses_all_rows_and_the_rounds_given(family: str, tmp_path: Path) -> None:
    made = material(tmp_path / "m")
    job = fit_job(made, family, PLAN)
    rounds = 17 if family == "lightgbm" else None
    again = RefitJob(material=made, spec=job.spec, features=PLAN, allotment=job.allotment, rounds=rounds)
    result = refit.run(again, tmp_path, NEVER)
    assert result["rows_fitted"] == 300
    pipeline = joblib.load(tmp_path / result["files"]["model"])
    if rounds is not None:
        assert pipeline.steps[-1][1].rounds_ == 17
    assert len(pipeline.predict(raw_table(300))) == 300


def test_a_refit_that_its_deadline_cuts_is_a_timeout(tmp_path: Path) -> None:
    made = material(tmp_path / "m")
    job = fit_job(made, "lightgbm", seconds=1.0)
    again = RefitJob(material=made, spec=job.spec, features=RAW, allotment=job.allotment, rounds=500)
    with pytest.raises(CandidateFailed, match="in time"):
        refit.run(again, tmp_path, SoftDeadline(0.0))


def test_a_bundle_is_the_weighted_average_of_its_members(tmp_path: Path) -> None:
    made = material(tmp_path / "m")
    members = scored(made, tmp_path, "lightgbm", "linear")
    result = bundle.run(BundleJob(material=made, members=members), tmp_path, NEVER)
    model = joblib.load(tmp_path / "model.joblib")
    raw = raw_table(300).drop(columns="group")
    assert model.weights_ == pytest.approx([2 / 9] * 3 + [1 / 9] * 3)
    assert set(model.predict(raw)) <= {"yes", "no"}
    assert list(model.predict_proba(raw)) == ["no", "yes"]
    pipeline = joblib.load(tmp_path / "pipeline.joblib")
    assert list(pipeline.transform(raw)) == list(model.heaviest.steps[-1][1].feature_names_in_)
    assert result["one_row_ms"] > 0


def test_jobs_give_the_same_in_a_worker_as_here(tmp_path: Path) -> None:
    made = material(tmp_path / "m")
    jobs = [fit_job(made, family, PLAN) for family in ("lightgbm", "linear", "random_forest")]
    with Workers(slots=2, threads=1, memory=None, scratch=tmp_path / "scratch") as workers:
        tickets = [workers.submit(job, deadline_seconds=300.0) for job in jobs]
        for ticket, job in zip(tickets, jobs, strict=True):
            done = workers.wait([ticket], timeout=300.0)
            assert isinstance(done, JobDone), done
            carry_out(job, tmp_path / job.spec.family)
            pd.testing.assert_frame_equal(
                oof_of(Path(done.folder)), oof_of(tmp_path / job.spec.family), check_exact=True
            )


@pytest.mark.parametrize("family", ["linear", "lightgbm"])
def test_long_folds_outlive_a_crash(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, key, fitted = material(tmp_path / "m", "binary", rows=240), "a" * 64, []
    whole = carry_out(fit_job(made, family, PLAN), tmp_path / "whole")
    job = fit_job(made, family, PLAN).having(unfinished=str(tmp_path / "unfinished" / key))
    monkeypatch.setattr("planfit.runtime.jobs.unfinished.LONG_SECONDS", 0.0)
    real = fit._fit_fold

    def crashes_at(last: int) -> None:
        def fold(plan: Any, sheets: Any, steps: Any, number: int, rows: Any, deadline: Any) -> Any:
            if number == last:
                raise KeyboardInterrupt
            fitted.append(number)
            return real(plan, sheets, steps, number, rows, deadline)

        monkeypatch.setattr(fit, "_fit_fold", fold)

    for last in (1, 2):
        crashes_at(last)
        with pytest.raises(KeyboardInterrupt):
            carry_out(job, tmp_path / f"crashed-{last}")
    assert fitted == [0, 1], "a fold that was kept was fitted again"
    kept = tmp_path / "unfinished" / key
    (kept / "0.joblib").write_bytes((kept / "0.joblib").read_bytes()[:-1] + b"?")
    for kind in ("joblib", "seal"):
        (kept / f"2.{kind}").write_bytes((kept / f"1.{kind}").read_bytes())
    fitted.clear()
    crashes_at(-1)
    again = carry_out(job, tmp_path / "again")
    assert fitted == [0, *range(2, made.n_folds)], "what does not fit its seal was used, or what fits it was not"
    assert again["score"] == whole["score"]
    pd.testing.assert_frame_equal(oof_of(tmp_path / "again"), oof_of(tmp_path / "whole"))
