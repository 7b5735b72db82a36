"""What the other operations compute, on tables small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.preprocessing import PolynomialFeatures as Theirs

from planfit.operations.imputing import ImputeMedian, ImputeMostFrequent, MissingIndicator
from planfit.operations.numbers import PolynomialFeatures, Ratio
from planfit.operations.reduction import Drop
from planfit.operations.scaling import Log1p, StandardScale
from planfit.operations.step import PlanStep
from planfit.operations.text import Tfidf
from planfit.operations.time import DatetimeParts, may_hold_time
from planfit.records.schema import Column, DateReading, Kind, Schema
from planfit.testing.frames import texts

A, B, C = (Column(name=name, kind=Kind.NUMERIC) for name in "abc")
LEVEL = Column(name="level", kind=Kind.CATEGORICAL)
WHEN = Column(name="when", kind=Kind.DATETIME)
BODY = Column(name="body", kind=Kind.TEXT)


def fitted(operation, columns, frame):
    return PlanStep(operation, columns).fit(frame)


def test_imputing_fills_gaps_and_infinities():
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0, np.nan, np.inf], "level": texts("x", "y", "y", None, None)})
    assert fitted(ImputeMedian(column="a"), (A,), frame).transform(frame)["a"].tolist() == [1.0, 2.0, 4.0, 2.0, 2.0]
    levels = fitted(ImputeMostFrequent(column="level"), (LEVEL,), frame).transform(frame)["level"]
    assert levels.tolist() == ["x", "y", "y", "y", "y"]
    assert levels.dtype == object


def test_a_text_column_without_any_value_is_filled_with_a_text():
    frame = pd.DataFrame({"level": texts(None, None)})
    made = fitted(ImputeMostFrequent(column="level"), (LEVEL,), frame)
    assert made.transform(pd.DataFrame({"level": texts(None, "x")}))["level"].tolist() == ["missing", "x"]


def test_a_boolean_is_a_number_after_the_median():
    flag = Column(name="flag", kind=Kind.BOOLEAN)
    assert ImputeMedian(column="flag").outputs((flag,), None)[0].kind is Kind.NUMERIC
    assert ImputeMostFrequent(column="flag").outputs((flag,), None)[0].kind is Kind.BOOLEAN


def test_infinite_counts_as_missing():
    frame = pd.DataFrame({"a": [1.0, np.nan, np.inf]})
    out = fitted(MissingIndicator(column="a"), (A,), frame).transform(frame)
    assert out["a_missing"].tolist() == [0.0, 1.0, 1.0]
    assert out["a"].tolist()[2] == np.inf


def test_scaling():
    frame = pd.DataFrame({"a": [1.0, 3.0, np.nan], "b": [5.0, 5.0, 5.0]})
    out = fitted(StandardScale(columns=("a", "b")), (A, B), frame).transform(frame)
    assert np.array_equal(out, [[-1.0, 0.0], [1.0, 0.0], [np.nan, 0.0]], equal_nan=True)
    logs = fitted(Log1p(column="a"), (A,), frame).transform(pd.DataFrame({"a": [0.0, 9.0, -9.0], "b": 0.0}))["a"]
    assert np.allclose(logs, [0.0, np.log(10), -np.log(10)])


@pytest.mark.parametrize("degree", [2, 3])
@pytest.mark.parametrize("interaction_only", [False, True])
def test_products_are_scikit_learns_without_the_sources(degree, interaction_only):
    X = np.random.default_rng(0).normal(size=(20, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    operation = PolynomialFeatures(columns=("a", "b", "c"), degree=degree, interaction_only=interaction_only)
    made = fitted(operation, (A, B, C), frame)
    theirs = Theirs(degree, include_bias=False, interaction_only=interaction_only).fit(X)
    assert np.allclose(made.transform(frame), theirs.transform(X))
    names = [name.replace(" ", "*") for name in theirs.get_feature_names_out(["a", "b", "c"])]
    assert made.names_out_ == names


def test_a_product_with_a_missing_factor_is_missing_and_knows_its_sources():
    frame = pd.DataFrame({"a": [2.0, np.nan], "b": [3.0, 3.0]})
    operation = PolynomialFeatures(columns=("a", "b"))
    out = fitted(operation, (A, B), frame).transform(frame)
    assert out["a*b"].tolist()[0] == 6.0
    assert out[["a^2", "a*b"]].iloc[1].isna().all()
    assert out["b^2"].tolist() == [9.0, 9.0]
    assert [column.sources for column in operation.outputs((A, B), None)] == [("a",), ("a", "b"), ("b",)]


def test_one_column_has_no_interaction():
    operation = PolynomialFeatures(column="a", interaction_only=True)
    assert [problem.code for problem in operation.check((A,), Schema(columns=(A,)))] == ["column-count"]
    with pytest.raises(ValidationError):
        PolynomialFeatures(column="a", degree=9)


def test_ratio():
    frame = pd.DataFrame({"a": [1.0, 1.0, 0.0, np.nan, 1e99], "b": [2.0, 0.0, 0.0, 1.0, 1e-300]})
    out = fitted(Ratio(columns=("a", "b")), (A, B), frame).transform(frame)["a/b"]
    assert np.array_equal(out, [0.5, np.nan, np.nan, np.nan, np.nan], equal_nan=True)
    group = Column(name="g=*", kind=Kind.NUMERIC, group=True)
    assert [problem.code for problem in Ratio(columns=("a", "g=*")).check((A, group), Schema(columns=(A,)))] == [
        "column-count"
    ]


def test_dates_are_pandas_dates():
    when = pd.Series(pd.date_range("1899-12-31 23:59:59", periods=4000, freq="37h13min")).astype("datetime64[us]")
    parts = ("year", "quarter", "month", "day", "weekday", "dayofyear", "hour", "minute")
    frame = pd.DataFrame({"when": when})
    out = fitted(DatetimeParts(column="when", parts=(*parts, "days")), (WHEN,), frame).transform(frame)
    called = {"weekday": "day_of_week", "dayofyear": "day_of_year"}
    for part in parts:
        assert (out[f"when.{part}"] == getattr(when.dt, called.get(part, part))).all(), part
    assert np.allclose(out["when.days"], (when - when.min()) / pd.Timedelta("1D"))


@pytest.mark.parametrize(
    ("column", "may"),
    [
        (WHEN, True),
        (WHEN.having(dtype="Date"), False),
        (WHEN.having(reading=DateReading(format="%d.%m.%Y")), False),
        (WHEN.having(reading=DateReading(format="%d.%m.%Y %H:%M")), True),
        (WHEN.having(reading=DateReading(format="%Y%m%d", integer=True)), False),
        (WHEN.having(reading=DateReading(format="%Y%m%d%H%M", integer=True)), True),
        (WHEN.having(reading=DateReading(format=None)), True),
    ],
)
def test_hours_are_made_where_there_can_be_a_time_of_day(column, may):
    assert may_hold_time(column) is may
    names = [one.name for one in DatetimeParts(column="when").outputs((column,), None)]
    assert ("when.hour" in names) is may
    assert names[-1] == "when.days"


def text_frame(rows=40):
    source = np.random.default_rng(0)
    words = np.array(["good", "bad", "late", "fast", "cold", "warm"], dtype=object)
    return pd.DataFrame({"body": texts(*(" ".join(source.choice(words, 5)) for _ in range(rows)))})


def test_topics_are_as_many_as_there_are_terms():
    frame = text_frame()
    assert len(fitted(Tfidf(column="body", n_components=4), (BODY,), frame).columns_made_) == 4
    few = pd.DataFrame({"body": texts("one", "two", "one", "two")})
    assert fitted(Tfidf(column="body"), (BODY,), few).columns_made_ == ["body~0", "body~1"]


@pytest.mark.parametrize("values", [(None, None), ("", "!!"), ("a", "b")])
def test_a_text_column_without_terms_gives_one_column_of_zeros(values):
    made = fitted(Tfidf(column="body"), (BODY,), pd.DataFrame({"body": texts(*values)}))
    assert made.columns_made_ == ["body~0"]
    assert made.transform(text_frame())["body~0"].eq(0.0).all()


def test_alike_texts_lie_near_each_other():
    made = fitted(Tfidf(column="body", n_components=5, analyzer="char_wb"), (BODY,), text_frame())
    good, goood, bad = made.transform(pd.DataFrame({"body": texts("good warm", "goood warm", "bad late")})).to_numpy()
    assert np.linalg.norm(good - goood) < np.linalg.norm(good - bad)


def test_dropping_and_keeping_at_once_is_warned_of():
    (problem,) = Drop(column="a", keep_source=True).check((A,), Schema(columns=(A,)))
    assert (problem.code, problem.severity) == ("no-effect", "warning")
