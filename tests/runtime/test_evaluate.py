"""Scores by fold, intervals and paired comparisons."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from planfit.models.metrics import METRICS
from planfit.runtime.evaluate import bootstrap_interval, corrected_se, probe_verdict, score_folds
from planfit.runtime.thresholds import choose_threshold
from planfit.testing.tables import task_for


def binary(rows: int = 400, seed: int = 0):
    source = np.random.default_rng(seed)
    chances = source.beta(1, 4, rows)
    y = pd.Series(np.where(source.random(rows) < chances, "yes", "no"))
    return y, np.column_stack([1 - chances, chances]), task_for("binary", y)


def test_folds_are_scored_apart_and_averaged() -> None:
    y, matrix, task = binary()
    part = np.arange(400) % 5 - 1  # a fifth is the holdout
    score = score_folds("roc_auc", y, matrix, part, task)
    codes = (y == "yes").to_numpy().astype(int)
    each = [METRICS["roc_auc"].score(codes[part == f], matrix[part == f], task) for f in range(4)]
    assert score.per_fold == pytest.approx(each)
    assert score.value == pytest.approx(np.mean(each))
    assert score.std == pytest.approx(np.std(each, ddof=1))
    assert score.rows == 320


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "f1"])
def test_a_perfect_score_comes_with_its_log_loss(metric) -> None:
    y, matrix, task = binary()
    part = np.arange(400) % 4
    assert score_folds(metric, y, matrix, part, task).log_loss is None
    chances = np.where(y == "yes", 0.9, 0.2)
    score = score_folds(metric, y, np.column_stack([1 - chances, chances]), part, task)
    assert score.value == 1.0
    assert score.log_loss == pytest.approx(-np.log(np.where(y == "yes", 0.9, 0.8)).mean())


def test_rows_without_a_prediction_are_masked() -> None:
    y, matrix, task = binary()
    part = np.arange(400) // 100
    part[:100] = -2
    gone = matrix.copy()
    gone[:150] = np.nan
    score = score_folds("log_loss", y, gone, part, task)
    assert score.rows == 250
    assert len(score.per_fold) == 3
    none = score_folds("log_loss", y, np.full_like(matrix, np.nan), part, task)
    assert np.isnan(none.value)
    assert none.rows == 0


def test_a_fold_of_one_class_counts_with_the_whole() -> None:
    y, matrix, task = binary()
    part = np.where(y == "yes", 0, np.arange(400) % 2)
    score = score_folds("roc_auc", y, matrix, part, task)
    whole = METRICS["roc_auc"].score((y == "yes").to_numpy().astype(int), matrix, task)
    assert score.per_fold[1] == pytest.approx(whole)


def test_a_threshold_pays_for_rare_classes() -> None:
    y, matrix, task = binary(2000)
    codes = (y == "yes").to_numpy().astype(int)
    best = choose_threshold("f1", codes, matrix, task)
    assert best is not None
    assert METRICS["f1"].score(codes, matrix, task, threshold=best) > METRICS["f1"].score(codes, matrix, task) + 0.1
    assert choose_threshold("roc_auc", codes, matrix, task) is None
    part = np.arange(2000) % 5
    judged = task.having(metric="f1")
    plain, fitted = (score_folds("f1", y, matrix, part, judged, fit_threshold=fit) for fit in (False, True))
    assert fitted.value > plain.value + 0.1


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "accuracy", "f1"])
def test_the_interval_holds_the_value_and_repeats(metric) -> None:
    y, matrix, task = binary()
    codes = (y == "yes").to_numpy().astype(int)
    low, high = bootstrap_interval(metric, y, matrix, task, draws=300, seed=1)
    assert low < METRICS[metric].score(codes, matrix, task) < high
    assert (low, high) == bootstrap_interval(metric, y, matrix, task, draws=300, seed=1)
    assert (low, high) != bootstrap_interval(metric, y, matrix, task, draws=300, seed=2)


def test_more_rows_give_a_narrower_interval() -> None:
    widths = []
    for rows in (200, 3200):
        y, matrix, task = binary(rows)
        low, high = bootstrap_interval("roc_auc", y, matrix, task, draws=200)
        widths.append(high - low)
    assert widths[1] < widths[0] / 2.5


def test_regression_and_multiclass_intervals() -> None:
    source = np.random.default_rng(0)
    y = pd.Series(source.normal(size=300))
    low, high = bootstrap_interval("rmse", y, y.to_numpy()[:, None] + 1.0, task_for("regression", y), draws=100)
    assert low == pytest.approx(1.0)
    assert high == pytest.approx(1.0)
    labels = pd.Series(source.choice(list("abc"), 300))
    matrix = source.dirichlet([1, 1, 1], 300)
    low, high = bootstrap_interval("roc_auc", labels, matrix, task_for("multiclass", labels), draws=100)
    assert 0.4 < low < 0.5 < high < 0.6


def test_rows_in_groups_give_a_wider_interval() -> None:
    source = np.random.default_rng(0)
    groups = np.repeat(np.arange(10), 60)
    y = pd.Series(source.normal(0, 5, 10)[groups] + source.normal(size=600))
    matrix, task = np.zeros((600, 1)), task_for("regression", y)
    alone = bootstrap_interval("rmse", y, matrix, task, draws=300)
    together = bootstrap_interval("rmse", y, matrix, task, draws=300, groups=groups)
    assert together[1] - together[0] > 3 * (alone[1] - alone[0])
    assert together == bootstrap_interval("rmse", y, matrix, task, draws=300, groups=groups)


@pytest.mark.slow
def test_an_interval_of_many_rows_takes_seconds() -> None:
    y, matrix, task = binary(20_000)
    start = time.perf_counter()
    bootstrap_interval("roc_auc", y, matrix, task, draws=1000)
    assert time.perf_counter() - start < 10


def test_the_standard_error_is_corrected_for_overlap() -> None:
    differences = [0.1, 0.3, 0.2, 0.4, 0.0]
    naive = np.std(differences, ddof=1) / np.sqrt(5)
    assert corrected_se(differences) == pytest.approx(naive * 1.5)
    assert corrected_se(differences, 0.25) == pytest.approx(corrected_se(differences))
    assert corrected_se([0.1]) is None


def verdict(child, parent, greater=True, **more):
    return probe_verdict(child, parent, greater, child="v2", parent="v1", metric="roc_auc", **more)


def test_verdicts() -> None:
    assert verdict([0.81, 0.82, 0.80], [0.80, 0.80, 0.80]).verdict == "better"
    assert verdict([0.80, 0.82, 0.77], [0.80, 0.80, 0.80]).verdict == "even"
    assert verdict([0.80, 0.80], [0.80, 0.80]).verdict == "even"
    lost = verdict([0.70, 0.71, 0.69], [0.80, 0.80, 0.80])
    assert lost.verdict == "worse"
    assert "v2 loses 0.1 on average over 3 folds" in lost.because
    assert lost.mean == pytest.approx(-0.1)


def test_the_direction_of_the_metric_is_heeded() -> None:
    probe = verdict([0.30, 0.29], [0.40, 0.41], greater=False)
    assert probe.verdict == "better"
    assert all(difference > 0 for difference in probe.differences)
    assert probe.child_score == pytest.approx(0.295)


def test_one_fold_needs_a_noise_to_be_worse() -> None:
    assert verdict([0.7], [0.8]).verdict == "even"
    assert verdict([0.7], [0.8], noise=0.02).verdict == "worse"
    with pytest.raises(ValueError, match="same folds"):
        verdict([0.7], [0.8, 0.9])
