"""The wrapper around every operation: names, places, groups, carried columns, the lean path."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sklearn.pipeline import Pipeline

from planfit.errors import UsageError
from planfit.operations.columns import runs
from planfit.operations.registry import operations
from planfit.operations.step import PlanStep, Select
from planfit.records.schema import Column, Kind
from planfit.testing.cases import Case
from planfit.testing.frames import grouped, messy, task_of, texts, timed

AGE = Column(name="age", kind=Kind.NUMERIC)
INCOME = Column(name="income", kind=Kind.NUMERIC)
CITY = Column(name="city", kind=Kind.CATEGORICAL)


def step(name, *inputs, task=None, **parameters):
    operation = operations()[name](columns=tuple(column.name for column in inputs), **parameters)
    return PlanStep(operation, inputs, task=task)


@pytest.fixture
def small():
    return pd.DataFrame({"age": [1.0, 2.0, np.nan], "city": texts("rome", "oslo", None), "income": [4.0, 0.0, 2.0]})


def test_results_stand_where_their_sources_stood(small):
    assert list(step("one_hot_encode", CITY).fit_transform(small)) == [
        "age", "city=oslo", "city=rome", "city=missing", "income",
    ]  # fmt: skip
    assert list(step("ratio", AGE, INCOME).fit_transform(small)) == ["age", "city", "income", "age/income"]


def test_a_replaced_pair_leaves_its_result_at_the_first_place(small):
    assert list(step("ratio", AGE, INCOME, keep_source=False).fit_transform(small)) == ["age/income", "city"]


def test_a_kept_source_gets_a_result_beside_it(small):
    assert list(step("standard_scale", AGE, keep_source=True).fit_transform(small))[-1] == "age_scaled"
    assert list(step("standard_scale", AGE, into="years").fit_transform(small)) == ["years", "city", "income"]


def test_a_name_that_the_data_brings_up_twice_is_told_apart(small):
    frame = small.assign(**{"city=rome": 1.0})
    made = step("one_hot_encode", CITY).fit(frame)
    assert made.columns_made_ == ["city=oslo", "city=rome_2", "city=missing"]
    assert made.transform(frame)["city=rome_2"].tolist() == [1.0, 0.0, 0.0]
    assert made.transform(frame)["city=rome"].tolist() == [1.0, 1.0, 1.0]


def test_the_group_of_an_earlier_step_is_taken_as_a_whole(small):
    cities = Column(name="city=*", kind=Kind.BOOLEAN, group=True)
    pipeline = Pipeline(
        [
            ("encode", step("one_hot_encode", CITY)),
            ("scale", step("standard_scale", cities)),
            ("select", Select(("city=*", "age"), (Kind.NUMERIC, Kind.NUMERIC))),
        ]
    )
    out = pipeline.fit_transform(small)
    assert list(out) == ["city=oslo", "city=rome", "city=missing", "age"]
    assert np.allclose(out.iloc[:, :3].mean(), 0.0)
    assert set(pipeline["select"].kinds_) == set(out)


def test_removes_given_by_the_plan_wins(small):
    operation = operations()["drop"](columns="@all")
    made = PlanStep(operation, (AGE, CITY), removes=("city",)).fit(small)
    assert list(made.transform(small)) == ["age", "income"]


def test_the_split_column_stays_for_later_steps_and_select_drops_it():
    sample = timed()
    since = next(column for column in sample.columns if column.name == "since")
    made = step("datetime_parts", since, task=sample.task).fit(sample.train)
    assert made.names_out_[-1] == "since"
    kept = step("keep", AGE, task=sample.task).fit(sample.train)
    assert kept.names_out_ == ["age", "since"]
    assert list(Select(("age",)).fit_transform(kept.transform(sample.train))) == ["age"]


def test_a_carried_column_may_be_absent_when_predicting():
    sample = grouped("binary")
    city = next(column for column in sample.columns if column.name == "city")
    made = step("target_encode", city, task=sample.task)
    assert "household" in made.fit_transform(sample.train, sample.train_y)
    out = made.transform(sample.test.drop(columns="household"))
    assert "household" not in out
    assert_frame_equal(out, made.transform(sample.test).drop(columns="household"))


def test_select_prefers_exact_names_and_the_longest_stem():
    frame = pd.DataFrame([[1, 2, 3, 4, 5]], columns=["a=x", "a=b=y", "a=b=z", "rate *", "rate x"], dtype=float)
    assert list(Select(("a=b=*", "a=*")).fit(frame).transform(frame)) == ["a=b=y", "a=b=z", "a=x"]
    assert list(Select(("rate *",)).fit(frame).transform(frame)) == ["rate *"]
    with pytest.raises(UsageError, match="'gone'"):
        Select(("gone",)).fit(frame)


def test_repeated_neighbours_become_one_slice():
    assert runs([(0, 0), (0, 1), (1, 0), (1, 1), (0, 2)]) == [(0, 0, 2), (1, 0, 2), (0, 2, 3)]
    assert runs([]) == []


def test_an_operation_error_is_not_hidden(small):
    with pytest.raises(UsageError, match="'city'"):
        step("one_hot_encode", CITY).fit(small[["age"]])


def five_steps(sample):
    columns = {column.name: column for column in sample.columns}
    steps = [
        step("missing_indicator", columns["age"], columns["since"]),
        step("impute_median", columns["age"], columns["income"], columns["debt"]),
        step("target_encode", columns["city"], columns["street"], task=sample.task),
        step("datetime_parts", columns["since"]),
        step("standard_scale", columns["age"], columns["income"], columns["debt"]),
    ]
    return Pipeline([(f"{place:02}", one) for place, one in enumerate(steps, 1)])


def test_one_row_through_five_steps_is_fast():
    sample = messy("binary", rows=200)
    pipeline = five_steps(sample).fit(sample.train, sample.train_y)
    row = sample.test.iloc[[0]]
    arrays = {name: row[name].to_numpy() for name in row}

    def lean():
        out = arrays
        for _, one in pipeline.steps:
            out = one.transform_arrays(out)
        return out

    assert_frame_equal(
        pd.DataFrame(lean(), index=row.index), pipeline.transform(row), check_dtype=False, check_column_type=False
    )
    seconds = []
    for _ in range(30):
        start = time.perf_counter()
        lean()
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.0015


numbers = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))
words = st.one_of(st.none(), st.text(max_size=4))
dates = st.one_of(st.none(), st.datetimes())


@st.composite
def frames(draw, smallest=1):
    rows = draw(st.integers(smallest, 8))

    def some(values):
        return draw(st.lists(values, min_size=rows, max_size=rows))

    return pd.DataFrame(
        {
            "a": np.array(some(numbers), dtype=float),
            "b": np.array(some(numbers), dtype=float),
            "flag": np.array(some(st.sampled_from([0.0, 1.0, None])), dtype=float),
            "level": texts(*some(words)),
            "text": texts(*some(st.one_of(st.none(), st.text(max_size=20)))),
            "date": np.array(some(dates), dtype="datetime64[us]"),
            "then": np.array(some(dates), dtype="datetime64[us]"),
        }
    ).astype({"level": object, "text": object})


KINDS = {
    "a": Kind.NUMERIC, "b": Kind.NUMERIC, "flag": Kind.BOOLEAN, "level": Kind.CATEGORICAL, "text": Kind.TEXT,
    "date": Kind.DATETIME, "then": Kind.DATETIME,
}  # fmt: skip


@pytest.mark.parametrize("name", operations())
@settings(max_examples=10, deadline=None)
@given(train=frames(), test=frames(smallest=0), y=st.integers(0, 2**8 - 1))
def test_any_table_is_transformed(name, train, test, y):
    kind = operations()[name]
    columns = tuple(Column(name=key, kind=value) for key, value in KINDS.items() if value in kind.accepts)
    target = np.array(["yes" if y >> row & 1 else "no" for row in range(len(train))], dtype=object)
    columns = columns[: kind.most_columns]
    operation = Case(kind, {}).operation(columns)
    if operation.reads():
        columns = tuple(column for named in operation.reads() for column in columns if column.name == named)
    made = PlanStep(operation, columns, task=task_of("binary"))
    first = made.fit_transform(train, target)
    out = made.transform(test)
    assert list(first) == list(out) == list(made.get_feature_names_out())
    assert (len(first), len(out)) == (len(train), len(test))
    numbers_out = out[[column for column in made.columns_made_ if out[column].dtype.kind == "f"]]
    assert not np.isinf(numbers_out.to_numpy()).any()
    arrays = made.transform_arrays({key: test[key].to_numpy() for key in test})
    for key, values in arrays.items():
        pd.testing.assert_series_equal(pd.Series(values, test.index, values.dtype, key), out[key])
