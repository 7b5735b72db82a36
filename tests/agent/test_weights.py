"""A column says how much each row counts: in fits and scores, and it is no feature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import planfit
from planfit.testing.tables import task_for


def two_worlds(rows: int = 400) -> pd.DataFrame:
    """Return rows of which the heavy third says the opposite of the others."""
    rng = np.random.default_rng(4)
    x, heavy = rng.normal(size=rows), np.arange(rows) % 3 == 0
    says = np.where(heavy, x, -x) + 0.5 * rng.normal(size=rows) > 0
    table = pd.DataFrame({"x": x, "z": rng.normal(size=rows), "w": np.where(heavy, 50.0, 1.0) + rng.random(rows)})
    table["bought"] = np.where(says, "yes", "no")
    return table


def go(table: Any, store: Path, **arguments: Any) -> planfit.Run:
    options = {"target": "bought", "max_candidates": 2, "models": ["linear", "lightgbm"], **arguments}
    return planfit.run(table, "Predict bought", store=store, **options)


def test_heavy_rows_decide_and_the_column_is_no_feature(tmp_path: Path) -> None:
    table = two_worlds()
    run = go(table, tmp_path, sample_weight="w")
    bare = table[["x", "z"]]
    chances = run.predict_proba(bare)["yes"]
    assert np.corrcoef(chances, table["x"])[0, 1] > 0.5
    assert [column.name for column in run.bundle.metadata.columns] == ["x", "z"]
    held = pd.read_parquet(run.path / "evaluation" / "predictions.parquet")
    rows = table.iloc[held["row"]]
    weighed = roc_auc_score(rows["bought"] == "yes", held["p:yes"], sample_weight=rows["w"])
    assert run.summary.holdout["score"] == pytest.approx(weighed)
    assert run.summary.cv["score"] > 0.7
    assert "| row weights | `w`" in run.report
    assert [entry for entry in run.trace if "weighed by 'w'" in str(entry["plan"])]
    plain = go(table.drop(columns="w"), tmp_path)
    assert np.corrcoef(plain.predict_proba(bare)["yes"], table["x"])[0, 1] < 0


def test_a_regression_of_values_is_weighed_too(tmp_path: Path) -> None:
    table = two_worlds(200)
    table["bought"] = np.where(table["w"] > 50, 10.0, 0.0) + 0.1 * table["x"]
    run = go(table, tmp_path, sample_weight="w", max_candidates=1, models=["linear"])
    assert run.predict(table[["x", "z"]]).mean() > 8.0
    assert run.verify().ok


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("ww", {}, "no column 'ww'"),
        ("name", {}, "it holds"),
        ("w", {3: 0.0}, "not a positive number in 1 of"),
        ("w", {3: np.nan, 5: -1.0}, "not a positive number in 2 of"),
        ("bought", {}, "'bought'"),
    ],
)
def test_what_cannot_weigh_is_refused(tmp_path: Path, name: str, change: dict[int, float], words: str) -> None:
    table = two_worlds(120).assign(name=[f"customer {i % 7}" for i in range(120)])
    for row, value in change.items():
        table.loc[row, "w"] = value
    with pytest.raises(planfit.UsageError, match=words) as caught:
        go(table, tmp_path, sample_weight=name)
    assert caught.value.hint


def test_a_weight_of_two_is_a_row_twice() -> None:
    from planfit.runtime.ensembling import greedy
    from planfit.runtime.evaluate import score_folds
    from planfit.runtime.thresholds import choose_threshold

    rng = np.random.default_rng(0)
    y = pd.Series(np.where(rng.random(300) < 0.3, "yes", "no"))
    chances = np.clip(rng.normal(0.3, 0.2, 300) + 0.2 * (y == "yes"), 0.01, 0.99).to_numpy()
    matrix, task = np.column_stack([1 - chances, chances]), task_for("binary", y)
    part = rng.integers(0, 3, 300)
    twice = np.repeat(np.arange(300), 1 + (np.arange(300) % 2))
    weights = 1.0 + (np.arange(300) % 2)
    for metric in ("roc_auc", "log_loss", "accuracy"):
        one = score_folds(metric, y, matrix, part, task, weights=weights)
        two = score_folds(metric, y.iloc[twice], matrix[twice], part[twice], task)
        assert one.per_fold == pytest.approx(two.per_fold)
    codes = (y == "yes").to_numpy().astype(int)
    flat = choose_threshold("f1", codes, matrix, task, np.ones(300))
    assert flat == choose_threshold("f1", codes, matrix, task)
    heavy = choose_threshold("f1", codes, matrix, task, np.where(codes == 1, 20.0, 1.0))
    assert heavy < flat
    members = {"a": matrix, "b": matrix[:, ::-1]}
    light = greedy(members, y, part, task, weights=weights)
    assert light.score.per_fold == greedy(members, y, part, task, weights=weights).score.per_fold
