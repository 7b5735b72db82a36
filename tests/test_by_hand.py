"""Feature plans from Python, without a run: check, mend, compile, apply, diff."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import planfit
from planfit.operations.base import Operation
from planfit.records.schema import Column, Kind
from planfit.testing.customers import customers

PLAN: dict[str, Any] = {
    "transformations": [
        {"columns": ["city", "tariff"], "operation": "target_encode"},
        {"column": "note", "operation": "tfidf", "n_components": 4},
        {"column": "joined", "operation": "datetime_parts"},
        {"columns": ["postcode", "budget", "seen"], "operation": "drop"},
        {"columns": ["@numeric"], "operation": "impute_median"},
        {"columns": ["@numeric"], "operation": "standard_scale"},
    ]
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return customers()


def test_a_plan_in_any_form(frame, tmp_path):
    text = json.dumps(PLAN)
    (tmp_path / "plan.json").write_text(text)
    plan = planfit.FeaturePlan.model_validate_json(text)
    for given in (plan, PLAN, text, tmp_path / "plan.json", str(tmp_path / "plan.json")):
        assert planfit.check(given, frame, target="churned") == ()
        assert planfit.diff(plan, given) == ()
    with pytest.raises(planfit.UsageError, match="not JSON"):
        planfit.check({"transformations": [{"column": "age", "operation": {1, 2}}]}, frame)
    with pytest.raises(planfit.UsageError, match="cannot be read"):
        planfit.check(3, frame)


@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(max_iter=2000), RandomForestClassifier(20), KNeighborsClassifier(), SVC()],
    ids=repr,
)
def test_a_pipeline_stands_before_any_estimator(frame, estimator):
    pipeline = planfit.compile(PLAN, frame, target="churned")
    scores = cross_val_score(make_pipeline(pipeline, estimator), frame.drop(columns="churned"), frame["churned"], cv=3)
    assert np.isfinite(scores).all()
    assert scores.mean() > 0.5
    clone(pipeline)


def test_a_pipeline_is_searched_and_takes_polars(frame):
    pipeline = planfit.compile(PLAN, frame, target="churned")
    grid = GridSearchCV(
        make_pipeline(pipeline, LogisticRegression(max_iter=2000)), {"logisticregression__C": [0.1, 1]}, cv=2
    )
    grid.fit(frame, frame["churned"])
    expected = pipeline.fit(frame, frame["churned"]).transform(frame)
    pd.testing.assert_frame_equal(pipeline.transform(pl.from_pandas(frame)), expected)
    assert list(pipeline.get_feature_names_out()) == list(expected)


@pytest.mark.parametrize("target", ["churned", "income", "tariff"])
def test_whatever_the_plan_leaves_can_be_made_numbers(frame, target):
    made = planfit.apply({"transformations": []}, frame, target=target, numeric=True).table.drop(columns=target)
    assert {dtype.kind for dtype in made.dtypes} == {"f"}
    assert not made.isna().any(axis=None)
    with pytest.raises(planfit.UsageError, match="target"):
        planfit.compile({"transformations": []}, frame, numeric=True)


def test_a_fold_sees_its_training_rows_only(frame):
    """What the pipeline makes of a held-out row is the same whether or not the other held-out rows exist."""
    pipeline = planfit.compile(PLAN, frame, target="churned")
    y = frame["churned"]
    for train, test in KFold(3, shuffle=True, random_state=0).split(frame):
        whole = clone(pipeline).fit(frame.iloc[train], y.iloc[train])
        alone = whole.transform(frame.iloc[test[:1]])
        pd.testing.assert_frame_equal(whole.transform(frame.iloc[test]).iloc[:1], alone)


def test_applying_gives_the_view_that_training_has(frame):
    made = planfit.apply(PLAN, frame, target="churned")
    again = planfit.compile(PLAN, frame, target="churned").fit_transform(frame, frame["churned"])
    pd.testing.assert_frame_equal(made.table.drop(columns="churned"), again)
    assert not made.table["city_target"].equals(made.pipeline.transform(frame)["city_target"]), "not cross-fitted"
    assert (made.findings, made.left_out) == ((), 0)


def test_a_refused_plan_is_neither_compiled_nor_applied(frame):
    wrong = {"transformations": [{"column": "agee", "operation": "standard_scale"}]}
    for refuse in (planfit.compile, planfit.apply):
        with pytest.raises(planfit.UsageError, match=r"'age'") as refused:
            refuse(wrong, frame)
        assert [found.code for found in refused.value.findings] == ["unknown-column"]
        with pytest.raises(planfit.UsageError, match=r"no column 'churn'"):
            refuse(PLAN, frame, target="churn")
    with pytest.raises(planfit.UsageError, match="looks at the target"):
        planfit.apply(PLAN, frame)


def test_mending(frame):
    made = planfit.mend([{"column": "Age", "operation": "StandardScaler"}], frame)
    assert made.document == {"transformations": [{"column": "age", "operation": "standard_scale"}]}
    assert {found.code for found in made.taken} == {"wrong-type", "unknown-operation", "unknown-column"}
    assert made.judgement.accepted


def test_a_misspelt_column_inside_an_expression_is_mended(frame):
    step = {"operation": "expression", "expression": 'COALESCE(incom, 0) / 2 + "incom" + agee', "into": "made"}
    made = planfit.mend([step], frame)
    assert made.document["transformations"][0]["expression"] == "COALESCE(income, 0) / 2 + income + age"
    assert made.judgement.accepted


def test_what_comes_back_prints_on_a_line(frame):
    made = planfit.mend([{"column": "Age", "operation": "StandardScaler"}], frame)
    assert repr(made) == "<Mended: 3 mends taken, accepted; .document, .taken, .judgement>"
    assert repr(made.judgement) == "<Judgement: accepted at gate data, 0 findings; .plan, .findings, .gates>"
    assert repr(planfit.apply(PLAN, frame, target="churned")).startswith("<Applied: ")


def test_a_pipeline_prints_and_shows_its_diagram(frame):
    pipeline = planfit.compile(PLAN, frame, target="churned")
    printed = repr(pipeline).splitlines()
    assert len(printed) == len(pipeline.steps) + 2
    assert printed[1:3] == [
        "    ('door', Door(15 columns)),",
        "    ('01_target_encode', PlanStep(target_encode: city, tariff)),",
    ]
    assert all(len(line) < 120 for line in printed)
    copy = clone(pipeline)
    assert (type(copy), repr(copy)) == (type(pipeline), repr(pipeline))
    for shown in (pipeline, pipeline.fit(frame, frame["churned"])):
        page = shown._repr_html_()
        assert "PlanStep" in page
        assert "target_encode" in page
        assert len(page) < 200_000


def test_the_rows_that_break_a_step_are_named_as_they_stand_in_the_table(frame):
    """Rows without a target are not counted out: people look up the row in their file."""
    from planfit.agent.checking import setting_of

    frame = frame.assign(churned=frame["churned"].where(frame.index != 3))
    setting = setting_of(frame, "churned", None)
    typed = setting.typed(setting.schema.names[:2])
    assert list(typed.columns) == list(setting.schema.names[:2])
    assert list(typed.index[:4]) == [0, 1, 2, 4]
    assert setting.y is not None
    assert setting.y.index.equals(typed.index)


class Fussy(TransformerMixin, BaseEstimator):
    """Breaks on one number, which is in no way extreme."""

    def fit(self, X: np.ndarray, y: Any = None) -> Fussy:
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        if (X == 0.5).any():
            raise ValueError("one half cannot be had")
        return X


class Fuss(Operation):
    """An operation that only all rows can tell to be wrong."""

    operation: Literal["fuss"] = "fuss"
    accepts: ClassVar = frozenset({Kind.NUMERIC})

    def outputs(self, inputs: tuple[Column, ...], task: Any) -> tuple[Column, ...]:
        return tuple(Column(name=self.named(column), kind=Kind.NUMERIC) for column in inputs)

    def build(self, context: Any) -> Fussy:
        return Fussy()


def test_what_only_all_rows_can_tell_names_the_rows():
    from planfit.agent.checking import setting_of

    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=4_000), "y": [0, 1] * 2_000})
    frame.loc[[29, 3_333], "a"] = 0.5
    frame["y"] = frame["y"].astype(object).where(frame.index > 9, None)
    setting = setting_of(frame, "y", None)
    judged = setting.judge_plan(planfit.FeaturePlan(transformations=(Fuss(column="a"),)))
    (found,) = judged.findings
    assert (judged.accepted, judged.gates[-1], found.gate, found.code) == (False, "data", "data", "step-failed")
    assert (found.path, found.rows, found.columns) == ("/transformations/0", (29, 3_333), ("a",))
