"""What the operations over several columns, levels, circles and texts compute."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planfit.operations.clip import Clip
from planfit.operations.count_encode import CountEncode
from planfit.operations.cross import Cross
from planfit.operations.cyclical_encode import CyclicalEncode
from planfit.operations.difference import Difference
from planfit.operations.group_aggregate import GroupAggregate
from planfit.operations.group_rare import GroupRare
from planfit.operations.quantile_transform import QuantileTransform
from planfit.operations.step import PlanStep
from planfit.operations.text import StringEncode
from planfit.operations.text_statistics import TextStatistics
from planfit.records.schema import Column, Kind, Schema
from planfit.testing.frames import texts

PAY = Column(name="pay", kind=Kind.NUMERIC)
DUE = Column(name="due", kind=Kind.NUMERIC)
CITY = Column(name="city", kind=Kind.CATEGORICAL, n_unique=3)
OPEN = Column(name="open", kind=Kind.BOOLEAN, n_unique=2)
MONTH = Column(name="month", kind=Kind.CATEGORICAL, ordered=True)
START = Column(name="start", kind=Kind.DATETIME)
END = Column(name="end", kind=Kind.DATETIME)
BODY = Column(name="body", kind=Kind.TEXT)


def applied(operation, inputs, train, new=None):
    step = PlanStep(operation, tuple(inputs)).fit(train)
    return step.transform(train if new is None else new)[step.columns_made_]


def test_a_difference_of_numbers_and_of_dates():
    numbers = pd.DataFrame({"pay": [3.0, np.nan], "due": [1.0, 2.0]})
    made = applied(Difference(columns=("pay", "due")), (PAY, DUE), numbers)
    assert list(made) == ["pay-due"]
    np.testing.assert_array_equal(made["pay-due"], [2.0, np.nan])
    dates = pd.DataFrame(
        {"start": pd.to_datetime(["2020-01-01", None]), "end": pd.to_datetime(["2020-01-03 12:00"] * 2)}
    )
    np.testing.assert_array_equal(
        applied(Difference(columns=("end", "start")), (END, START), dates)["end-start"], [2.5, np.nan]
    )


def test_a_date_and_a_number_have_no_difference():
    (problem,) = Difference(columns=("pay", "start")).check((PAY, START), Schema(columns=(PAY, START)))
    assert problem.code == "kind-not-accepted"


def test_a_cross_is_one_level_a_combination():
    frame = pd.DataFrame({"city": texts("rome", None), "open": [1.0, np.nan]})
    assert applied(Cross(columns=("city", "open")), (CITY, OPEN), frame)["city & open"].tolist() == [
        "rome & true", "missing & missing",
    ]  # fmt: skip
    (declared,) = Cross(columns=("city", "open")).outputs((CITY, OPEN), None)
    assert (declared.kind, declared.n_unique) == (Kind.CATEGORICAL, 6)


@pytest.mark.parametrize(
    ("compare", "name", "expected"),
    [
        ("difference", "pay-mean by city", [-1.0, 1.0, 0.0, 2.0, 0.0]),
        ("ratio", "pay/mean by city", [0.5, 1.5, 1.0, 5 / 3, 1.0]),
        ("none", "mean pay by city", [2.0, 2.0, 7.0, 3.0, 5.0]),
    ],
)
def test_a_number_against_its_group(compare, name, expected):
    train = pd.DataFrame({"pay": [1.0, 3.0, 7.0, 1.0, 5.0], "city": texts("rome", "rome", "oslo", None, None)})
    new = pd.DataFrame({"pay": [1.0, 3.0, 7.0, 5.0], "city": texts("rome", "rome", "oslo", None)})
    made = applied(GroupAggregate(columns=("pay", "city"), compare=compare), (PAY, CITY), train, new)[name]
    assert made.tolist() == expected[:4]
    unseen = pd.DataFrame({"pay": [3.4], "city": texts("bern")})
    overall = {"difference": 0.0, "ratio": 1.0, "none": 3.4}[compare]
    np.testing.assert_allclose(
        applied(GroupAggregate(columns=("pay", "city"), compare=compare), (PAY, CITY), train, unseen)[name], [overall],
        atol=1e-12,
    )  # fmt: skip


def test_a_group_aggregate_wants_the_number_first():
    (problem,) = GroupAggregate(columns=("city", "pay")).check((CITY, PAY), Schema(columns=(CITY, PAY)))
    assert problem.code == "kind-not-accepted"


def test_counts_are_of_training_rows():
    train = pd.DataFrame({"city": texts("rome", "rome", "oslo", None)})
    new = pd.DataFrame({"city": texts("rome", "bern", None)})
    assert applied(CountEncode(column="city"), (CITY,), train, new)["city_count"].tolist() == [0.5, 0.0, 0.25]
    rows = applied(CountEncode(column="city", normalize=False), (CITY,), train, new)["city_count"]
    assert rows.tolist() == [2.0, 0.0, 1.0]


def test_rare_and_unseen_levels_become_one():
    train = pd.DataFrame({"city": texts("rome", "rome", "oslo", None)})
    new = pd.DataFrame({"city": texts("rome", "oslo", "bern", None)})
    made = applied(GroupRare(column="city", min_frequency=2), (CITY,), train, new)["city"]
    assert made.tolist()[:3] == ["rome", "rare", "rare"]
    assert made.isna().tolist() == [False, False, False, True]


def test_the_last_month_lies_beside_the_first():
    train = pd.DataFrame({"month": texts(*map(str, range(1, 13)))})
    made = applied(CyclicalEncode(column="month"), (MONTH,), train).to_numpy()
    steps = np.linalg.norm(made - np.roll(made, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0])
    strange = applied(CyclicalEncode(column="month"), (MONTH,), train, pd.DataFrame({"month": texts("May", None)}))
    assert strange.isna().all(axis=None)


def test_dates_have_cycles_of_their_own():
    frame = pd.DataFrame({"start": pd.to_datetime(["2020-12-31 23:00", "2020-01-01 01:00", None])})
    made = applied(CyclicalEncode(column="start", parts=("hour",)), (START,), frame)
    assert list(made) == ["start.hour_sin", "start.hour_cos"]
    np.testing.assert_allclose(made.iloc[0], [np.sin(-np.pi / 12), np.cos(np.pi / 12)], atol=1e-12)
    assert made.iloc[2].isna().all()


def test_outliers_are_drawn_in():
    train = pd.DataFrame({"pay": [*np.arange(101.0), 1e6]})
    new = pd.DataFrame({"pay": [-1e9, 50.0, 1e9, np.nan]})
    made = applied(Clip(column="pay", quantile=0.05), (PAY,), train, new)["pay"]
    np.testing.assert_allclose(made, [5.05, 50.0, 95.95, np.nan])
    fixed = applied(Clip(column="pay", lower=0.0, upper=10.0), (PAY,), train, new)["pay"]
    np.testing.assert_allclose(fixed, [0.0, 10.0, 10.0, np.nan])
    (problem,) = Clip(column="pay", lower=2.0, upper=1.0).check((PAY,), Schema(columns=(PAY,)))
    assert problem.path == "/lower"


def test_ranks_take_any_skew_away():
    train = pd.DataFrame({"pay": np.exp(np.random.default_rng(0).normal(size=500) * 3)})
    made = applied(QuantileTransform(column="pay", output_distribution="uniform"), (PAY,), train)["pay"]
    assert (made.min(), made.max()) == (0.0, 1.0)
    assert abs(made.mean() - 0.5) < 0.01


def test_what_a_text_looks_like():
    made = applied(TextStatistics(column="body"), (BODY,), pd.DataFrame({"body": texts("WIN 50 now!", None)}))
    assert list(made) == ["body.length", "body.words", "body.digits", "body.capitals", "body.marks"]
    np.testing.assert_allclose(made.iloc[0], [11, 3, 2 / 11, 3 / 11, 1 / 11])
    assert made.iloc[1].isna().all()


def test_names_that_look_alike_lie_near_each_other():
    jobs = [
        f"{grade} {job}" for grade in ("senior", "junior", "chief") for job in ("engineer", "nurse", "clerk", "driver")
    ]
    train = pd.DataFrame({"city": texts(*jobs)})
    new = pd.DataFrame({"city": texts("lead engineer", "senior engineer", "chief nurse")})
    lead, senior, nurse = applied(StringEncode(column="city", n_components=6), (CITY,), train, new).to_numpy()
    assert np.linalg.norm(lead - senior) < np.linalg.norm(lead - nurse)
