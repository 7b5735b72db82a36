"""Which models the expert tries, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planfit.planners.base import BudgetLeft
from planfit.planners.expert.models import model_plan
from planfit.planners.expert.portfolio import LARGE_TREES, PLAIN_TREES
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Column, Kind
from planfit.records.scores import FoldOutcome, Score

Maker = Callable[..., Any]


def candidates(ask: Maker, **changes: Any) -> list[dict[str, Any]]:
    plan: dict[str, Any] = model_plan(ask("ModelPlan", **changes))
    found: list[dict[str, Any]] = plan["candidates"]
    return found


@pytest.mark.parametrize(
    ("metric", "value", "loss", "wanted"),
    [
        ("log_loss", 5e-5, None, True), ("log_loss", 0.3, None, False), ("roc_auc", 5e-5, None, False),
        ("roc_auc", 1.0, 5e-5, True), ("roc_auc", 1.0, 0.3, False),
    ],
)  # fmt: skip
def test_where_no_row_is_in_doubt_nothing_holds_probabilities_back(
    ask: Maker, make: dict[str, Maker], metric: str, value: float, loss: float | None, wanted: bool
) -> None:
    best = make["result"](2, "lightgbm", value).having(score=Score(metric=metric, value=value, std=0.0, log_loss=loss))
    proposed = candidates(ask, leaderboard=(best,))
    free = [entry for entry in proposed if entry["params"] == PLAIN_TREES and "in doubt" in entry["reason"]]
    assert bool(free) is wanted
    if wanted:
        assert "5e-05" in free[0]["reason"]


@pytest.mark.parametrize(
    ("seconds", "families"), [(1.0, ["linear"]), (12.0, ["lightgbm", "linear"]), (40.0, ["mlp", "lightgbm", "linear"])]
)
def test_of_many_classes_comes_first_what_there_is_time_for(
    ask: Maker, make: dict[str, Maker], seconds: float, families: list[str]
) -> None:
    """Twenty-six letters, 16,000 rows, scored on two folds; what would not end in time is left out, whatever its place."""
    folds = tuple(FoldOutcome(fold=n, score=3.2, fit_seconds=0.1, predict_seconds=0.1) for n in range(2))
    floor = make["result"](1, "baseline", 3.2).having(folds=folds)
    floor = floor.having(spec=floor.spec.having(origin="baseline"))
    base = ask("ModelPlan")
    columns = tuple(Column(name=f"f{n}", kind=Kind.NUMERIC, n_unique=16, missing=0) for n in range(16))
    statistics = tuple(ColumnProfile(name=f"f{n}", kind=Kind.NUMERIC, missing=0, n_unique=16) for n in range(16))
    profile = base.profile.having(rows=16_000, columns=columns, statistics=statistics)
    task = base.task.having(task_type="multiclass", target="letter", classes=tuple(map(str, range(26))), excluded=())
    proposed = candidates(
        ask, leaderboard=(floor,), profile=profile, task=task, families=("mlp", "lightgbm", "linear"),
        budget=BudgetLeft(seconds=seconds, workers=2),
    )  # fmt: skip
    assert [entry["family"] for entry in proposed] == families


@pytest.mark.parametrize("cut", [True, False])
def test_of_a_large_table_one_fit_goes_on_rather_than_two(ask: Maker, make: dict[str, Maker], cut: bool) -> None:
    fold = FoldOutcome(fold=0, score=0.8, trained=200, fit_seconds=1.0, predict_seconds=0.1)
    first = make["result"](2, "lightgbm", 0.8).having(cut=cut, folds=(fold,))
    sets = (
        ("v0", {"transformations": []}),
        ("v1", {"transformations": [{"operation": "ratio", "columns": ["a", "b"]}]}),
    )
    large = ask("ModelPlan").profile.having(rows=400_000)
    proposed = candidates(ask, leaderboard=(first,), feature_sets=sets, profile=large, budget=BudgetLeft(seconds=500.0))
    settings = [entry["params"] for entry in proposed if entry["family"] == "lightgbm"]
    assert settings[0] == {}
    assert (LARGE_TREES in settings) is not cut
    assert (len(settings) == 1) is cut
