"""Tables whose rows belong together: seen, divided by group or forward in time, and modelled the more simply."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.records.events import WarningRaised


def study(people: int, each: int, seed: int = 0, age_effect: float = 0.3) -> pd.DataFrame:
    """Return visits of patients: the score is mostly the patient's own, the voice tells patients apart."""
    chance = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), each)
    voice = chance.normal(size=(people, 6))[who] + 0.4 * chance.normal(size=(len(who), 6))
    age, severity = chance.integers(36, 86, people)[who], chance.normal(size=len(who))
    voice[:, 0] += 0.6 * severity
    score = 29 + chance.normal(0, 7, people)[who] + age_effect * (age - 60) + severity + chance.normal(size=len(who))
    columns = {
        "subject#": who + 1, "age": age, "sex": chance.integers(0, 2, people)[who],
        "test_time": np.tile(np.sort(chance.uniform(0, 200, each)), people),
    }  # fmt: skip
    return pd.DataFrame(columns | {f"voice{i}": voice[:, i] for i in range(6)} | {"total_UPDRS": score})


def warned(run: planfit.Run) -> list[str]:
    return [event.body.finding.code for event in run.events if isinstance(event.body, WarningRaised)]


def split_of(run: planfit.Run) -> dict[str, str | None]:
    found = json.loads((Path(run.path) / "task.json").read_text())["split"]
    return {"kind": found["kind"], "column": found["column"]}


def rmse(truth: pd.Series, predicted: pd.Series | float) -> float:
    return float(np.sqrt(np.mean((truth - predicted) ** 2)))


@pytest.mark.slow
def test_new_patients_are_predicted_as_well_as_was_promised(tmp_path: Path) -> None:
    table = study(120, 40)
    known, new = table[table["subject#"] <= 42], table[table["subject#"] > 42]
    run = planfit.run(known, "Predict the total UPDRS", max_candidates=5, store=tmp_path)
    assert split_of(run) == {"kind": "group", "column": "subject#"}
    report = run.report
    assert "names 42 entities" in report
    assert "`--split random` undoes it" in report
    real, constant = rmse(new["total_UPDRS"], run.predict(new)), rmse(new["total_UPDRS"], known["total_UPDRS"].mean())
    assert real < 1.02 * constant
    assert run.summary.cv["score"] == pytest.approx(real, rel=0.25)
    low, high = run.summary.holdout["low"], run.summary.holdout["high"]
    assert high > 1.2 * low  # eight patients say little, whatever the number of their rows


@pytest.mark.slow
def test_mixed_patients_promise_what_does_not_hold_and_this_is_said(tmp_path: Path) -> None:
    table = study(100, 40)
    known, new = table[table["subject#"] <= 40], table[table["subject#"] > 40]
    run = planfit.run(known, "Predict the total UPDRS", split="random", max_candidates=2, store=tmp_path)
    assert split_of(run)["kind"] == "random"
    assert warned(run).count("entities-mixed") == 1
    assert run.summary.cv["score"] < 0.5 * rmse(new["total_UPDRS"], run.predict(new))


@pytest.mark.slow
def test_where_nothing_holds_for_new_ones_the_constant_is_delivered(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    who = np.repeat(np.arange(12), 30)
    noise = chance.normal(size=(12, 3))[who]
    table = pd.DataFrame(
        {"patient_id": who, **{f"x{i}": noise[:, i] for i in range(3)}, "score": 5 * chance.normal(size=12)[who]}
    )
    run = planfit.run(table, "Predict score", models=["random_forest"], max_candidates=1, store=tmp_path)
    assert run.summary.delivered["family"] == "baseline"
    assert "nothing was found that beats guessing" in run.report


@pytest.mark.slow
def test_meaningless_numbers_are_not_grouped(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    amount = chance.lognormal(size=400)
    table = pd.DataFrame(
        {"order_id": chance.integers(1000, 1080, 400), "amount": amount, "late": amount + chance.normal(size=400) > 1.5}
    )
    run = planfit.run(table, "Predict late", max_candidates=1, store=tmp_path)
    assert split_of(run) == {"kind": "stratified", "column": None}
    assert "--split group:order_id" in run.report


@pytest.mark.slow
def test_a_series_is_judged_on_later_rows_though_a_class_comes_late(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    hour = np.arange(600)
    load = np.sin(hour * 2 * np.pi / 24) + hour / 300 + 0.2 * chance.normal(size=600)
    state = np.where(load > 2.2, "peak", np.where(load > 0.5, "high", "low"))
    assert "peak" not in state[:100]
    table = pd.DataFrame(
        {
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(hour, "h"),
            "town": chance.choice(list("abcdefg"), 600),
            "state": state,
        }
    )
    run = planfit.run(table, "Classify state", max_candidates=3, store=tmp_path)
    assert split_of(run) == {"kind": "time", "column": "when"}
    part = pd.read_parquet(Path(run.path) / "split.parquet")["part"].to_numpy()
    in_time = np.where(part == -2, -99, -part)  # in every training part, folds from the earliest to 0, the holdout
    assert (np.diff(in_time) >= 0).all()
    # models of the folds have not seen what came last
    assert "The holdout scored a model fitted on all rows but the holdout" in (Path(run.path) / "report.md").read_text()
    assert not run.predict(table).isna().any()
