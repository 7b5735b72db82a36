"""Thresholds of label metrics, chosen on rows that the model had not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planfit.models.metrics import F2, METRICS
from planfit.runtime.evaluate import score_folds
from planfit.runtime.thresholds import best_threshold, choose_threshold, crossed_halves, settled
from planfit.testing.tables import task_for


def rare(rows: int = 2_000, seed: int = 0, share: float = 0.05):
    source = np.random.default_rng(seed)
    chances = source.beta(1, 1 / share - 1, rows)
    y = pd.Series(np.where(source.random(rows) < chances, "yes", "no"))
    return (y == "yes").to_numpy().astype(int), np.column_stack([1 - chances, chances]), task_for("binary", y), y


@pytest.mark.parametrize("metric", ["f1", "f1_macro", "balanced_accuracy", "mcc"])
def test_a_threshold_pays_on_other_rows_too(metric) -> None:
    codes, matrix, task, _ = rare()
    others, theirs, _, _ = rare(20_000, seed=1)
    found = choose_threshold(metric, codes, matrix, task)
    judge = METRICS[metric]
    assert judge.score(others, theirs, task, threshold=found) > judge.score(others, theirs, task) + 0.02


def test_the_search_counts_as_the_metric_does() -> None:
    codes, matrix, task, _ = rare(400, share=0.3)
    for positive in ("yes", "no"):
        turned = task.having(positive_class=positive)
        found = best_threshold(METRICS["f1"], codes, matrix, turned)
        tried = [METRICS["f1"].score(codes, matrix, turned, threshold=each) for each in np.linspace(0, 1, 200)]
        assert METRICS["f1"].score(codes, matrix, turned, threshold=found) > max(tried) - 0.03


def test_f2_would_rather_raise_a_false_alarm_than_miss() -> None:
    codes, matrix, task, _ = rare()
    f1, f2 = (best_threshold(metric, codes, matrix, task) for metric in (METRICS["f1"], F2))
    assert f2 < f1
    assert F2.name not in METRICS
    two = task_for("binary", pd.Series(["no", "yes"]))
    assert F2.score(np.array([1, 1, 0]), np.array([[0, 1.0], [1, 0], [0, 1]]), two) == pytest.approx(0.5)


def test_ranks_and_values_need_none() -> None:
    codes, matrix, task, _ = rare(100)
    assert choose_threshold("roc_auc", codes, matrix, task) is None
    assert choose_threshold("accuracy", codes, matrix, task) is None
    assert best_threshold(METRICS["accuracy"], codes, matrix, task) is not None
    assert choose_threshold("f1", codes[:0], matrix[:0], task) is None


def unequal(rows: int, seed: int):
    """Three classes, the first of them frequent, with probabilities that are right."""
    source = np.random.default_rng(seed)
    matrix = source.dirichlet([6.0, 0.7, 0.3], rows)
    codes = (source.random((rows, 1)) > matrix.cumsum(axis=1)).sum(axis=1)
    return codes, matrix, task_for("multiclass", pd.Series(np.array(["a", "b", "c"])[codes]))


@pytest.mark.parametrize("metric", ["f1_macro", "balanced_accuracy"])
def test_weights_of_classes_pay_on_other_rows_too(metric) -> None:
    codes, matrix, task = unequal(2_000, 0)
    others, theirs, _ = unequal(20_000, 1)
    weights = settled(choose_threshold(metric, codes, matrix, task))
    assert isinstance(weights, tuple)
    assert weights[0] < weights[1] < weights[2]
    judge = METRICS[metric]
    assert judge.score(others, theirs, task, threshold=weights) > judge.score(others, theirs, task) + 0.02
    y = np.array(task.classes)[codes]
    plain, tuned = (
        score_folds(metric, y, matrix, np.arange(2_000) % 5, task, fit_threshold=each) for each in (False, True)
    )
    assert tuned.value > plain.value + 0.02


def test_classes_alike_keep_their_weight() -> None:
    y = pd.Series(["a", "b", "c"] * 10)
    assert (
        settled(choose_threshold("f1_macro", np.arange(30) % 3, np.full((30, 3), 1 / 3), task_for("multiclass", y)))
        is None
    )
    assert choose_threshold("accuracy", np.arange(30) % 3, np.full((30, 3), 1 / 3), task_for("multiclass", y)) is None


def test_the_same_for_everybody_means_everybody_is_positive() -> None:
    y = pd.Series(np.where(np.arange(300) % 20 == 0, "yes", "no"))
    task = task_for("binary", y)
    shares = np.repeat([0.049, 0.05, 0.051], 100)  # a constant a fold, as the baseline predicts
    constant = np.column_stack([1 - shares, shares])
    score = score_folds("f1", y, constant, np.repeat([0, 1, 2], 100), task, fit_threshold=True)
    assert min(score.per_fold) > 0


def test_no_fold_has_a_say_in_its_own_threshold() -> None:
    codes, _, task, y = rare(4_000)
    noise = np.random.default_rng(3).random(len(codes))
    matrix = np.column_stack([1 - noise, noise])
    part = np.arange(len(codes)) % 4
    by_fold = score_folds("mcc", y, matrix, part, task, fit_threshold=True)
    alone = score_folds("mcc", y, matrix, np.zeros(len(codes), dtype=int), task, fit_threshold=True)
    assert abs(by_fold.value) < 0.04
    assert abs(alone.value) < 0.04


def test_a_lone_fold_is_judged_by_halves() -> None:
    codes, matrix, task, y = rare()
    each = crossed_halves(METRICS["f1"], codes, matrix, task)
    assert len(np.unique(each)) == 2
    assert each[0] == choose_threshold("f1", codes[1::2], matrix[1::2], task)
    score = score_folds("f1", y, matrix, np.zeros(len(codes), dtype=int), task, fit_threshold=True)
    assert score.per_fold == (METRICS["f1"].score(codes, matrix, task, threshold=each),)
    assert crossed_halves(METRICS["roc_auc"], codes, matrix, task) is None
