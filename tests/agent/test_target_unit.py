"""Models are fitted on logarithms where metric and skew call for them, and predict in the target's own unit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.agent.stages.task import in_its_unit
from planfit.models.estimators.linear import LinearModel
from planfit.testing.tables import task_for


def decided(metric: str, least: float | str | None, skew: float | None) -> tuple[str, list[Any]]:
    notes: list[Any] = []
    session: Any = SimpleNamespace(note=lambda *said, **figures: notes.append(said))
    known: Any = SimpleNamespace(of=lambda name: SimpleNamespace(minimum=least))
    target: Any = SimpleNamespace(skew=skew)
    task = task_for("regression", pd.Series([1.0, 2.0]), metric=metric)
    return in_its_unit(session, task, known, target).target_transform, notes


@pytest.mark.parametrize(
    ("metric", "least", "skew", "unit"),
    [
        ("mae", 0.0, 2.5, "log1p"),
        ("mape", 3, 2.5, "log1p"),
        ("mae", 0.0, 1.9, "none"),
        ("mae", -0.5, 9.0, "none"),
        ("rmse", 0.0, 9.0, "none"),
        ("mae", None, 9.0, "none"),
        ("mae", 1.0, None, "none"),
    ],
)
def test_metric_sign_and_skew_decide(metric: str, least: float, skew: float, unit: str) -> None:
    found, notes = decided(metric, least, skew)
    assert found == unit
    assert len(notes) == (unit == "log1p")


def prices(rows: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    size, age = rng.normal(size=rows), rng.normal(size=rows)
    return pd.DataFrame(
        {"size": size, "age": age, "price": np.exp(3 + 1.1 * size - 0.5 * age + 0.4 * rng.normal(size=rows)).round(2)}
    )


def test_a_skewed_price_is_predicted_in_its_unit(tmp_path: Path) -> None:
    table = prices()
    run = planfit.run(table, "Predict the price", metric="mae", max_candidates=1, models=["linear"], store=tmp_path)
    assert any("log1p" in str(entry["plan"]) for entry in run.trace)
    predicted = run.predict(table)
    assert (predicted > 0).all()
    away = np.abs(predicted - table["price"]).mean()
    assert away < 0.6 * np.abs(table["price"] - table["price"].median()).mean()
    assert "log1p of the target" in run.report


@pytest.mark.parametrize("metric", ["rmse", "rmsle"])
def test_a_line_does_not_run_away(metric: str) -> None:
    table = prices()
    model = LinearModel("regression", metric=metric).fit(table[["size", "age"]], table["price"])
    far = model.predict(pd.DataFrame({"size": [50.0, -50.0], "age": [0.0, 0.0]}))
    span = table["price"].max() - table["price"].min()
    assert far[0] <= table["price"].max() + 0.5 * span + 1e-6
    assert far[1] >= table["price"].min() - 0.5 * span - 1e-6
