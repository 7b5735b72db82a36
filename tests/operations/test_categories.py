"""Encoders give what scikit-learn gives, and more where it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from planfit.errors import UsageError
from planfit.operations.base import BuildContext
from planfit.operations.categories import OneHotEncode, OrdinalEncode, TargetEncode
from planfit.operations.encoders import TargetMeans, class_codes, ordered_means, time_order
from planfit.operations.step import PlanStep
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import SplitSpec, Task
from planfit.testing.frames import grouped, task_of, timed

CITY = Column(name="city", kind=Kind.CATEGORICAL)
FLAG = Column(name="flag", kind=Kind.BOOLEAN)


@pytest.fixture
def cities():
    source = np.random.default_rng(0)
    levels = np.array(["rome", "oslo", "lima", "bonn", np.nan], dtype=object)
    return source.choice(levels, size=(300, 1), p=[0.5, 0.2, 0.2, 0.05, 0.05])


def frame_of(values):
    return pd.DataFrame({"city": pd.Series(list(values), dtype=object)})


def test_one_hot_is_scikit_learns(cities):
    ours = PlanStep(OneHotEncode(column="city"), (CITY,)).fit(frame_of(cities[:, 0]))
    theirs = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(cities)
    new = np.array([["rome"], ["paris"], [np.nan], ["lima"]], dtype=object)
    assert np.array_equal(ours.transform(frame_of(new[:, 0])), theirs.transform(new))


def test_rare_levels_share_a_column_and_unseen_ones_join_them(cities):
    made = PlanStep(OneHotEncode(column="city", min_frequency=30), (CITY,)).fit(frame_of(cities[:, 0]))
    assert made.columns_made_ == ["city=lima", "city=oslo", "city=rome", "city=infrequent"]
    assert made.transform(frame_of(["paris"])).to_numpy().tolist() == [[0.0, 0.0, 0.0, 1.0]]


def test_booleans_are_called_true_and_false():
    frame = pd.DataFrame({"flag": [1.0, 0.0, np.nan, 1.0]})
    made = PlanStep(OneHotEncode(column="flag"), (FLAG,)).fit(frame)
    assert made.columns_made_ == ["flag=false", "flag=true", "flag=missing"]
    assert made.transform(frame)["flag=true"].tolist() == [1.0, 0.0, 0.0, 1.0]


def test_very_many_levels_are_warned_of():
    wide = CITY.having(n_unique=5000)
    (problem,) = OneHotEncode(column="city").check((wide,), Schema(columns=(wide,)))
    assert (problem.code, problem.severity) == ("too-wide", "warning")
    assert list(OneHotEncode(column="city", max_categories=20).check((wide,), Schema(columns=(wide,)))) == []


@pytest.mark.parametrize(("unknown", "becomes"), [("nan", np.nan), (-1, -1)])
def test_ordinal_is_scikit_learns(cities, unknown, becomes):
    made = PlanStep(OrdinalEncode(column="city", unknown=unknown), (CITY,)).fit(frame_of(cities[:, 0]))
    theirs = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=becomes, encoded_missing_value=becomes
    ).fit(cities)
    new = np.array([["rome"], ["paris"], [np.nan], ["bonn"]], dtype=object)
    assert np.array_equal(made.transform(frame_of(new[:, 0])), theirs.transform(new), equal_nan=True)


def test_none_and_nan_are_one_kind_of_missing():
    made = PlanStep(OneHotEncode(column="city"), (CITY,)).fit(frame_of(["a", None, np.nan]))
    assert made.columns_made_ == ["city=a", "city=missing"]


LABELS = {
    "texts": (("no", "yes"), "yes"),
    "numbers": ((0, 1), 0),
    "booleans": ((False, True), True),
}


@pytest.mark.parametrize("labels", LABELS)
def test_target_means_of_the_positive_class_in_original_labels(cities, labels):
    classes, positive = LABELS[labels]
    task = task_of("binary").having(classes=classes, positive_class=positive)
    codes = np.random.default_rng(1).integers(0, 2, len(cities))
    y = pd.Series([classes[code] for code in codes])
    frame = frame_of(cities[:, 0])
    made = PlanStep(TargetEncode(column="city"), (CITY,), task=task).fit(frame, y)
    theirs = TargetEncoder(target_type="continuous").fit(cities, (y == positive).astype(float))
    new = np.array([["rome"], ["paris"], [np.nan]], dtype=object)
    assert np.allclose(made.transform(frame_of(new[:, 0])), theirs.transform(new))


def test_the_training_view_is_scikit_learns_cross_fitting(cities):
    y = np.random.default_rng(3).normal(size=len(cities))
    context = BuildContext(task_of("regression"), 5, (CITY,))
    ours = TargetMeans("auto", 4, context).fit_transform(cities, y)
    theirs = TargetEncoder(target_type="continuous", cv=context.inner_cv(4)).fit_transform(cities, y)
    assert np.allclose(ours, theirs)


def test_a_class_that_a_fold_lacks_keeps_its_column(cities):
    task = task_of("multiclass")
    y = pd.Series(np.random.default_rng(1).choice([0, 7], len(cities)))  # class 1 does not occur
    made = PlanStep(TargetEncode(column="city"), (CITY,), task=task)
    out = made.fit_transform(frame_of(cities[:, 0]), y)
    assert list(out) == ["city_target=0", "city_target=1", "city_target=7"]
    assert (out["city_target=1"] == 0.0).all()
    assert np.allclose(out.sum(axis=1), 1.0, atol=0.2)
    y.iloc[0] = 1  # once: missing from the training part of its own inner fold
    again = made.fit_transform(frame_of(cities[:, 0]), y)
    assert again.notna().all(axis=None)


def test_a_strange_label_is_named():
    with pytest.raises(UsageError, match="'maybe'"):
        class_codes(np.array(["no", "maybe"], dtype=object), ("no", "yes"))


def group_task():
    return Task(
        sentence="", target="y", task_type="regression", metric="rmse", greater_is_better=False,
        split=SplitSpec(kind="group", column="household"),
    )  # fmt: skip


def test_groups_stay_together_in_inner_folds(cities):
    context = BuildContext(group_task(), 0, (CITY,))
    groups = np.repeat(np.arange(30), 10)
    y = np.random.default_rng(2).normal(size=len(cities))
    means = TargetMeans("auto", 5, context)
    before = means.fit_transform(cities, y, groups=groups)
    changed = y.copy()
    changed[groups == 4] += 100.0
    after = TargetMeans("auto", 5, context).fit_transform(cities, changed, groups=groups)
    assert np.allclose(before[groups == 4], after[groups == 4])
    assert not np.allclose(before, after)


def test_the_carried_group_column_is_read_when_fitting():
    sample = grouped("regression")
    city = next(column for column in sample.columns if column.name == "city")
    made = PlanStep(TargetEncode(column="city"), (city,), task=sample.task)
    y = sample.train_y
    own = sample.train["household"] == "h3"
    before = made.fit_transform(sample.train, y)["city_target"]
    after = made.fit_transform(sample.train, y + 100.0 * own)["city_target"]
    assert np.allclose(before[own], after[own])


@pytest.mark.parametrize("groups", [np.zeros(300), None])
def test_without_inner_folds_there_is_only_the_overall_mean(cities, groups):
    y = np.arange(300.0)
    rows = slice(None) if groups is not None else slice(0, 1)
    context = BuildContext(group_task(), 0, (CITY,))
    out = TargetMeans("auto", 5, context).fit_transform(cities[rows], y[rows], groups=groups)
    assert np.allclose(out, y[rows].mean())


def test_ordered_means_see_strictly_earlier_rows_only():
    codes = np.array([[0], [1], [0], [0], [0]])
    y = np.array([1.0, 0.0, 0.0, 1.0, 1.0])
    order = time_order(np.array([5.0, 1.0, 6.0, 6.0, 7.0]), 5)
    prior = y.mean()
    expected = [prior, prior, (1 + 2 * prior) / 3, (1 + 2 * prior) / 3, (2 + 2 * prior) / 5]
    assert np.allclose(ordered_means(codes, y, order, 2.0).ravel(), expected)
    assert np.allclose(ordered_means(codes, y, order, 0.0).ravel(), [prior, prior, 1.0, 1.0, 2 / 3])


def test_a_time_split_orders_by_its_column_not_by_rows():
    sample = timed("regression")
    city = next(column for column in sample.columns if column.name == "city")
    made = PlanStep(TargetEncode(column="city"), (city,), task=sample.task)
    y = sample.train_y
    latest = sample.train["since"].idxmax()
    future = pd.Series(np.where(y.index == latest, 1e6, y), y.index)
    shift = (future.mean() - y.mean()) * 10  # through the overall mean, the same for all rows
    before = made.fit_transform(sample.train, y)["city_target"]
    after = made.fit_transform(sample.train, future)["city_target"]
    seen = np.round((after - before) / shift, 6)
    assert seen.max() <= 0.1  # nobody saw the figure itself
    turned = made.fit_transform(sample.train.iloc[::-1], y.iloc[::-1])["city_target"].iloc[::-1]
    assert np.allclose(before, turned)


def test_a_date_that_is_missing_comes_first():
    times = np.array(["2020-01-02", "NaT", "2020-01-01"], dtype="datetime64[us]")
    assert time_order(times, 3).tolist() == [2, 0, 1]
    assert time_order(None, 3).tolist() == [0, 1, 2]
    assert time_order(np.array(["b", "a"], dtype=object), 2).tolist() == [0, 1]
