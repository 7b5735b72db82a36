"""Greedy weights help where members differ, stay few where rows are few, and are scored honestly."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from planfit.models.metrics import METRICS
from planfit.runtime.ensembling import LIGHTEST, greedy, most_members
from planfit.runtime.evaluate import score_folds
from planfit.testing.tables import task_for


def regression(rows: int = 1000, members: int = 3, seed: int = 0):
    source = np.random.default_rng(seed)
    y = pd.Series(source.normal(size=rows))
    matrices = {f"c{i}": (y.to_numpy() + source.normal(size=rows))[:, None] for i in range(members)}
    return matrices, y, np.arange(rows) % 5, task_for("regression", y)


def test_independent_errors_are_averaged() -> None:
    matrices, y, part, task = regression()
    blend = greedy(matrices, y, part, task)
    assert sum(weight for _, weight in blend.weights) == pytest.approx(1.0)
    assert [weight for _, weight in blend.weights] == sorted((w for _, w in blend.weights), reverse=True)
    assert {name for name, _ in blend.weights} == set(matrices)
    best = min(score_folds("rmse", y, matrix, part, task).value for matrix in matrices.values())
    assert blend.score.value < 0.7 * best
    assert blend.score.label == "honest"
    assert blend.selection.label == "selection"
    expected = sum(weight * matrices[name] for name, weight in blend.weights)
    np.testing.assert_allclose(blend.matrix, expected)


def test_a_useless_member_is_left_out() -> None:
    matrices, y, part, task = regression()
    matrices["noise"] = np.random.default_rng(9).normal(0, 5, (len(y), 1))
    assert "noise" not in dict(greedy(matrices, y, part, task).weights)


def test_twins_share_nothing_needless() -> None:
    matrices, y, part, task = regression(members=1)
    matrices["copy"] = matrices["c0"].copy()
    assert greedy(matrices, y, part, task).weights == (("c0", 1.0),)


def test_one_candidate_is_its_own_ensemble() -> None:
    matrices, y, part, task = regression(members=1)
    blend = greedy(matrices, y, part, task)
    assert blend.weights == (("c0", 1.0),)
    assert blend.score.value == pytest.approx(score_folds("rmse", y, matrices["c0"], part, task).value)


def test_light_members_are_dropped_and_few_rows_shrink() -> None:
    matrices, y, part, task = regression(members=12)
    assert min(weight for _, weight in greedy(matrices, y, part, task).weights) >= LIGHTEST
    matrices, y, part, task = regression(rows=60, members=12)
    blend = greedy(matrices, y, part, task)
    assert len(blend.weights) <= 4
    assert max(weight for _, weight in blend.weights) < 0.9 or len(blend.weights) == 1


def test_members_are_capped_by_rows() -> None:
    assert [most_members(rows) for rows in (10, 100, 500, 2500, 10_000, 10**6)] == [4, 4, 8, 15, 40, 40]


def test_unscored_rows_do_not_count() -> None:
    matrices, y, part, task = regression()
    matrices["c0"][:200] = np.nan
    part[900:] = -1
    labels = y.copy()
    labels[900:] = np.nan
    blend = greedy(matrices, labels, part, task)
    assert blend.score.rows == 700
    assert np.isfinite(blend.score.value)


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "log_loss"])
def test_classification_by_any_metric(metric) -> None:
    source = np.random.default_rng(1)
    hidden = source.normal(size=1200)
    y = pd.Series(np.where(hidden + source.normal(size=1200) > 0, "yes", "no"))
    task = task_for("binary", y).having(metric=metric, greater_is_better=METRICS[metric].greater_is_better)
    chances = [1 / (1 + np.exp(-(hidden + source.normal(0, 1.5, 1200)))) for _ in range(4)]
    matrices = {f"c{i}": np.column_stack([1 - p, p]) for i, p in enumerate(chances)}
    part = np.arange(1200) % 4
    blend = greedy(matrices, y, part, task)
    best = max(METRICS[metric].gain(score_folds(metric, y, m, part, task).value) for m in matrices.values())
    assert METRICS[metric].gain(blend.score.value) > best
    assert greedy(matrices, y, part, task).weights == blend.weights


def test_nothing_to_blend_is_an_error() -> None:
    _, y, part, task = regression()
    with pytest.raises(ValueError, match="no candidates"):
        greedy({}, y, part, task)


@pytest.mark.slow
def test_large_tables_take_seconds() -> None:
    matrices, y, part, task = regression(rows=100_000, members=10)
    start = time.perf_counter()
    greedy(matrices, y, part, task)
    assert time.perf_counter() - start < 20
