"""The holdout has no say before the end, and no personal value gets into a prompt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

import planfit


def test_the_holdout_has_no_say_in_plans_and_predictions(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    """Two runs whose holdout rows hold the same values in another order, column by column: every target is another."""
    train, held = table.iloc[:260], table.iloc[260:].reset_index(drop=True)
    rng = np.random.default_rng(0)
    shuffled = pd.DataFrame({name: rng.permutation(held[name]) for name in held.columns})
    assert not held["churned"].equals(shuffled["churned"])
    runs = []
    for name, rows in (("as it is", held), ("shuffled", shuffled)):
        path = tmp_path / f"{name}.csv"
        rows.to_csv(path, index=False)
        given = tmp_path / "train.csv"
        train.to_csv(given, index=False)
        runs.append(planfit.run(given, sentence, holdout=path, max_candidates=2, store=tmp_path / name))
    one, other = runs
    assert plans(one) == plans(other)
    assert predictions(one) == predictions(other)
    assert one.summary.cv == other.summary.cv
    assert one.summary.delivered == other.summary.delivered
    assert one.summary.holdout["rows"] == len(held)
    assert one.summary.holdout["score"] > other.summary.holdout["score"], "the shuffled targets cannot be predicted"


def test_the_holdout_is_opened_once_and_after_the_search(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    run = planfit.run(table, sentence, max_candidates=1, store=tmp_path)
    kinds = [event.body.kind for event in run.events]
    assert kinds.count("holdout_opened") == 1
    assert kinds.index("holdout_opened") > kinds.index("run_stopped")
    asked = [place for place, kind in enumerate(kinds) if kind in ("plan_requested", "plan_proposed")]
    assert max(asked) < kinds.index("holdout_opened")


def test_no_personal_value_gets_into_a_prompt(table: pd.DataFrame, sentence: str, tmp_path: Path) -> None:
    given, family = ("Anna", "Bruno", "Carla", "Dario"), ("Keller", "Moretti", "Zwyssig")
    names = [f"{given[row % 4]}{row % 90} {family[row % 3]}" for row in range(len(table))]
    personal = {
        "full_name": names,
        "email": [f"{name.replace(' ', '.').lower()}{row % 40}@example.org" for row, name in enumerate(names)],
        "phone": [f"+41 79 555 {row % 50:02d} {row % 90:02d}" for row in range(len(table))],
        "birth_date": [f"19{60 + row % 30}-0{1 + row % 9}-1{row % 10}" for row in range(len(table))],
    }
    run = planfit.run(table.assign(**personal), sentence, max_candidates=1, store=tmp_path)
    assert run.status == "finished"
    prompts = [path.read_text() for path in (run.path / "prompts").iterdir()]
    assert prompts
    values = {str(value) for column in personal.values() for value in column}
    for text in (*prompts, run.report, (run.path / "trace.json").read_text()):
        told = sorted(value for value in values if value in text)
        assert not told
    assert any("values not shown" in text for text in prompts)


def plans(run: planfit.Run) -> list[object]:
    return [[entry["stage"], entry["planner"], entry["status"], entry["plan"]] for entry in run.trace]


def predictions(run: planfit.Run) -> dict[str, list[bytes]]:
    """Return the out-of-fold predictions of every candidate, to the bit."""
    found = {}
    for path in sorted(run.path.glob("candidates/*/oof.parquet")):
        frame = pl.read_parquet(path)
        found[path.parent.name] = [frame[name].to_numpy().tobytes() for name in frame.columns]
    assert found
    return found
