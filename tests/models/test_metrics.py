"""Metrics agree with scikit-learn's, weights included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from planfit.errors import UsageError
from planfit.models.metrics import (
    DEFAULT_METRICS,
    METRICS,
    default_metric,
    encode,
    find_metric,
    label_codes,
    labels_array,
    metrics_for,
)
from planfit.testing.tables import task_for

ROWS = 400


def binary(seed: int = 0, positive: str = "yes"):
    source = np.random.default_rng(seed)
    chances = np.round(source.random(ROWS), 2)  # rounded: ties
    codes = (source.random(ROWS) < chances).astype(int)
    task = task_for("binary", pd.Series(["no", "yes"])).having(positive_class=positive)
    return codes, np.column_stack([1 - chances, chances]), source.integers(0, 4, ROWS).astype(float), task


def multiclass(seed: int = 0):
    source = np.random.default_rng(seed)
    matrix = source.dirichlet([1.0, 2.0, 3.0], ROWS)
    codes = np.asarray([source.choice(3, p=row) for row in matrix])
    return codes, matrix, source.integers(0, 4, ROWS).astype(float), task_for("multiclass", pd.Series(["a", "b", "c"]))


def regression(seed: int = 0):
    source = np.random.default_rng(seed)
    y = source.exponential(10, ROWS) + 1
    values = y * source.lognormal(0, 0.3, ROWS)
    return y, values[:, None], source.integers(0, 4, ROWS).astype(float), task_for("regression", pd.Series(y))


BINARY = {
    "roc_auc": lambda y, m, w: sk.roc_auc_score(y, m[:, 1], sample_weight=w),
    "average_precision": lambda y, m, w: sk.average_precision_score(y, m[:, 1], sample_weight=w),
    "log_loss": lambda y, m, w: sk.log_loss(y, np.clip(m, 1e-15, 1), sample_weight=w),
    "brier": lambda y, m, w: sk.brier_score_loss(y, m[:, 1], sample_weight=w),
    "accuracy": lambda y, m, w: sk.accuracy_score(y, m.argmax(1), sample_weight=w),
    "balanced_accuracy": lambda y, m, w: sk.balanced_accuracy_score(y, m.argmax(1), sample_weight=w),
    "f1": lambda y, m, w: sk.f1_score(y, m.argmax(1), sample_weight=w),
    "f1_macro": lambda y, m, w: sk.f1_score(y, m.argmax(1), sample_weight=w, average="macro"),
    "mcc": lambda y, m, w: sk.matthews_corrcoef(y, m.argmax(1), sample_weight=w),
}
MULTICLASS = {name: BINARY[name] for name in ("log_loss", "accuracy", "balanced_accuracy", "f1_macro", "mcc")} | {
    "brier": None,
    "roc_auc": None,
}
REGRESSION = {
    "rmse": lambda y, m, w: sk.root_mean_squared_error(y, m[:, 0], sample_weight=w),
    "mae": lambda y, m, w: sk.mean_absolute_error(y, m[:, 0], sample_weight=w),
    "rmsle": lambda y, m, w: sk.root_mean_squared_log_error(y, m[:, 0], sample_weight=w),
    "mape": lambda y, m, w: sk.mean_absolute_percentage_error(y, m[:, 0], sample_weight=w),
    "r2": lambda y, m, w: sk.r2_score(y, m[:, 0], sample_weight=w),
}


@pytest.mark.parametrize(
    ("name", "reference", "material"),
    [(name, f, binary) for name, f in BINARY.items()]
    + [(name, f, multiclass) for name, f in MULTICLASS.items() if f]
    + [(name, f, regression) for name, f in REGRESSION.items()],
)
def test_same_as_scikit_learn(name, reference, material) -> None:
    y, matrix, weights, task = material()
    ours = METRICS[name]
    assert ours.score(y, matrix, task) == pytest.approx(reference(y, matrix, np.ones(ROWS)), rel=1e-9)
    assert ours.score(y, matrix, task, weights=weights) == pytest.approx(reference(y, matrix, weights), rel=1e-9)


def test_multiclass_roc_is_the_mean_over_classes() -> None:
    y, matrix, _, task = multiclass()
    expected = sk.roc_auc_score(y, matrix, multi_class="ovr", average="macro")
    assert METRICS["roc_auc"].score(y, matrix, task) == pytest.approx(expected)


def test_every_metric_is_compared_with_a_reference() -> None:
    assert set(BINARY) | set(MULTICLASS) | set(REGRESSION) == set(METRICS)
    for task_type, name in DEFAULT_METRICS.items():
        assert default_metric(task_type).name == name
        assert default_metric(task_type) in metrics_for(task_type)


def test_the_positive_class_may_be_the_first() -> None:
    y, matrix, _, task = binary(positive="no")
    assert METRICS["roc_auc"].score(y, matrix, task) == pytest.approx(sk.roc_auc_score(y == 0, matrix[:, 0]))
    assert METRICS["f1"].score(y, matrix, task) == pytest.approx(sk.f1_score(y, matrix.argmax(1), pos_label=0))
    assert label_codes(matrix, task, 0.9).tolist() == np.where(matrix[:, 0] >= 0.9, 0, 1).tolist()


def test_a_single_class_has_no_curve() -> None:
    _, matrix, _, task = binary()
    assert np.isnan(METRICS["roc_auc"].score(np.zeros(ROWS, dtype=int), matrix, task))
    assert np.isnan(METRICS["average_precision"].score(np.zeros(ROWS, dtype=int), matrix, task))
    assert METRICS["mcc"].score(np.zeros(ROWS, dtype=int), matrix, task) == 0.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=30))
def test_area_under_roc_counts_pairs(rows) -> None:
    codes = np.asarray([row[0] for row in rows])
    chances = np.asarray([row[1] for row in rows]) / 5
    task = binary()[3]
    area = METRICS["roc_auc"].score(codes, np.column_stack([1 - chances, chances]), task)
    ours, others = chances[codes == 1], chances[codes == 0]
    if not len(ours) or not len(others):
        assert np.isnan(area)
    else:
        pairs = np.sign(ours[:, None] - others[None, :])
        assert area == pytest.approx((pairs.mean() + 1) / 2)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["b", "a"], ("a", "b")),
        ([1, 0], (0, 1)),
        ([True, False], (False, True)),
        ([2.5, -1.0], (-1.0, 2.5)),
        ([1.0, 0.0], (0, 1)),
    ],
)
def test_encode_takes_any_storage(labels, classes) -> None:
    for y in (
        labels,
        pd.Series(labels),
        np.asarray(labels),
        pd.Series(labels, dtype=object),
        pd.Series(labels).astype("category"),
    ):
        assert encode(y, classes).tolist() == [1, 0]
    assert labels_array(classes).tolist() == list(classes)


def test_encode_names_the_strange_label() -> None:
    with pytest.raises(UsageError, match="'maybe', which is not one of the classes"):
        encode(["yes", "maybe"], ("no", "yes"))


def test_metrics_are_found_by_other_names() -> None:
    assert find_metric("AUC").name == "roc_auc"
    assert find_metric("log-loss", "binary").name == "log_loss"
    with pytest.raises(UsageError, match="no metric 'rmes'") as raised:
        find_metric("rmes", "regression")
    assert "Did you mean 'rmse'" in str(raised.value)
    with pytest.raises(UsageError, match="does not judge a regression"):
        find_metric("roc_auc", "regression")
