"""What is delivered takes raw columns, averages its members and gives labels back."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from planfit.errors import UsageError
from planfit.models.ensemble import WeightedEnsemble
from planfit.models.metrics import METRICS
from planfit.models.registry import families, family_named
from planfit.records.schema import Schema
from planfit.testing.tables import columns_of, fitted, messy_frame, target_for, task_for


class CountingDoor(TransformerMixin, BaseEstimator):
    """Stands in for the door: knows its schema, lets the frame through, counts."""

    entered = 0

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        type(self).entered += 1
        return pd.DataFrame(X)[list(self.schema.names)]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return messy_frame(120)


def member(name: str, frame: pd.DataFrame, y: pd.Series, task) -> Pipeline:
    pipeline = fitted(family_named(name), frame, y, task)
    return Pipeline([("door", CountingDoor(Schema(columns=columns_of(frame)))), *pipeline.steps])


def ensemble(frame: pd.DataFrame, task_type="binary", labels=("no", "yes"), threshold=None) -> WeightedEnsemble:
    y = target_for(task_type, frame, labels)
    task = task_for(task_type, y)
    members = [(name, weight, member(name, frame, y, task)) for name, weight in (("linear", 3.0), ("lightgbm", 1.0))]
    return WeightedEnsemble(members, task, threshold)


def test_members_are_averaged_by_weight(frame) -> None:
    model = ensemble(frame)
    one, other = (pipeline.predict_proba(frame) for _, _, pipeline in model.members)
    np.testing.assert_allclose(model.predict_matrix(frame), 0.75 * one + 0.25 * other)
    assert model.weights_ == (0.75, 0.25)
    assert [row["name"] for row in model.describe()] == ["linear", "lightgbm"]
    assert model.heaviest is model.members[0][2]


def test_a_table_enters_once(frame) -> None:
    model = ensemble(frame)
    CountingDoor.entered = 0
    model.predict(frame)
    assert CountingDoor.entered == 1


@pytest.mark.parametrize("labels", [("no", "yes"), (0, 1), (False, True)])
def test_labels_and_index_come_back(frame, labels) -> None:
    model = ensemble(frame, labels=labels)
    odd = frame.set_axis(np.arange(len(frame)) * 7 + 3)
    predicted = model.predict(odd)
    assert predicted.index.equals(odd.index)
    assert predicted.name == "target"
    assert set(predicted.tolist()) <= set(labels)
    chances = model.predict_proba(odd)
    assert list(chances.columns) == list(labels)
    assert chances.index.equals(odd.index)


def test_the_threshold_decides(frame) -> None:
    model = ensemble(frame)
    strict = WeightedEnsemble(model.members, model.task, threshold=0.9)
    assert ((model.predict_matrix(frame)[:, 1] >= 0.9) == (strict.predict(frame) == "yes")).all()
    assert (strict.predict(frame) == "yes").sum() < (model.predict(frame) == "yes").sum()


def test_regression_has_values_and_no_probabilities(frame) -> None:
    model = ensemble(frame, "regression")
    predicted = model.predict(frame)
    assert predicted.dtype == float
    truth = target_for("regression", frame).to_numpy()
    assert METRICS["r2"].score(truth, model.predict_matrix(frame), model.task) > 0.5
    with pytest.raises(UsageError, match="no probabilities"):
        model.predict_proba(frame)


def test_transformed_tables_are_refused(frame) -> None:
    model = ensemble(frame)
    for _, _, pipeline in model.members:
        with pytest.raises(UsageError, match=r"run\.model takes raw columns"):
            model.predict(pipeline[:-1].transform(frame))


def test_it_is_pickled_and_shown(frame) -> None:
    model = ensemble(frame)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_matrix(frame), model.predict_matrix(frame))
    assert "WeightedEnsemble" in model._repr_html_()
    assert model.classes_.tolist() == ["no", "yes"]
    assert list(model.feature_names_in_) == list(frame.columns)
    with pytest.raises(UsageError, match="fitted already"):
        model.fit(frame)


def test_unknown_families_are_named() -> None:
    with pytest.raises(UsageError, match="no model family 'lightgmb'"):
        family_named("lightgmb")
    assert list(families())[:4] == ["baseline", "linear", "lightgbm", "random_forest"]
