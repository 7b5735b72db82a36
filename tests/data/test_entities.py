"""Repeated entities and the order of time, as the profile tells them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from planfit.data.entities import standing_of
from planfit.data.profile import profile_table
from planfit.data.readers import read
from planfit.data.target_profile import profile_target
from planfit.data.time_order import date_parts
from planfit.records.schema import Column, Kind
from planfit.records.task import SplitSpec, Task

CODES = ("repeated-entities", "possible-entities", "time-series", "time-order")


def told(frame: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    warnings = profile_table(read(pl.DataFrame(frame))).warnings
    return {warning.code: warning.columns for warning in warnings if warning.code in CODES}


def people(key: str, count: int = 30, each: int = 20, seed: int = 0) -> dict[str, Any]:
    """Rows of people: their age and sex are fixed, what is measured is not."""
    chance = np.random.default_rng(seed)
    who = np.repeat(np.arange(count), each)
    return {
        key: who + 1,
        "age": chance.integers(20, 90, count)[who],
        "sex": chance.choice(["f", "m"], count)[who],
        "pressure": chance.normal(120, 10, count * each),
    }


@pytest.mark.parametrize(
    "key", ["subject#", "PatientId", "patient_nr", "speaker", "machine no", "engine", "participantid", "mystery"]
)
def test_entities_are_told_by_name_and_by_what_is_fixed(key: str) -> None:
    assert told(people(key)) == {"repeated-entities": (key, "age", "sex")}


@pytest.mark.parametrize("shuffled", [False, True])
def test_order_of_rows_does_not_matter(shuffled: bool) -> None:
    frame = pl.DataFrame(people("customer_id"))
    frame = frame.sample(fraction=1.0, shuffle=True, seed=1) if shuffled else frame
    assert told(frame.to_dict(as_series=False))["repeated-entities"] == ("customer_id", "age", "sex")


def test_an_age_that_grows_during_a_study_is_still_fixed() -> None:
    frame = people("subject", each=20)
    frame["age"] = frame["age"] + (np.arange(600) % 20 >= 12)
    assert told(frame) == {"repeated-entities": ("subject", "age", "sex")}


@pytest.mark.parametrize("key", ["order_id", "invoice no", "session key", "customer_id", "store_id"])
def test_identifiers_that_describe_nothing_only_warn(key: str) -> None:
    chance = np.random.default_rng(0)
    frame = {
        key: chance.integers(1000, 1100, 600),
        "amount": chance.normal(size=600),
        "kind": chance.choice(list("abc"), 600),
    }
    assert told(frame) == {"possible-entities": (key,)}


def test_a_place_only_warns_though_it_is_described() -> None:
    chance = np.random.default_rng(0)
    store = chance.integers(0, 50, 2000)
    frame = {
        "store_id": store, "assortment": chance.choice(list("abcd"), 50)[store], "floor": chance.integers(1, 9, 50)[store],
        "sales": chance.normal(size=2000),
    }  # fmt: skip
    assert told(frame) == {"possible-entities": ("store_id", "assortment", "floor")}


@pytest.mark.parametrize(
    "key", ["city", "carrier", "tailnum", "product_type", "zip", "num_patients", "patients", "persons"]
)
def test_categories_and_counts_are_no_entities(key: str) -> None:
    chance = np.random.default_rng(0)
    level = chance.integers(0, 40, 2000)
    frame = {
        key: np.array([f"L{k}" for k in range(40)])[level] if key[0] in "ct" else level,
        "region": chance.choice(list("abcd"), 40)[level], "y": chance.normal(size=2000),
    }  # fmt: skip
    assert told(frame) == {}


def test_people_without_a_column_of_their_own_are_said() -> None:
    frame = people("who")
    del frame["who"]
    assert told(frame) == {"possible-entities": ("age", "sex")}
    chance = np.random.default_rng(3)
    assert (
        told({"age": chance.integers(20, 90, 600), "sex": chance.choice(["f", "m"], 600), "y": chance.normal(size=600)})
        == {}
    )


def test_names_say_what_they_stand_for() -> None:
    standings = {
        name: standing_of(name)
        for name in ("UserID", "household", "orderno", "hospital", "no_of_users", "user_age", "x")
    }
    assert standings == {
        "UserID": "party", "household": "party", "orderno": "thing", "hospital": "place", "no_of_users": "unknown",
        "user_age": "unknown", "x": "unknown",
    }  # fmt: skip


HOURS = np.datetime64("2020-01-01T00", "us") + np.arange(1200) * np.timedelta64(1, "h")


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("columns", "code", "names"),
    [
        ({"when": HOURS}, "time-series", ("when",)),
        ({"day": HOURS.astype("M8[D]").astype("M8[us]")}, "time-series", ("day",)),
        ({"when": np.sort(np.random.default_rng(0).choice(HOURS, 1200))}, "time-order", ("when",)),
        ({"instant": np.arange(1200) + 1}, "time-series", ("instant",)),
        ({"date": np.repeat(np.arange(100) / 100, 12)}, "time-series", ("date",)),
        ({"year": np.repeat(np.arange(1900, 2000), 12), "month": np.tile(np.arange(12) + 1, 100)}, "time-series", ("year", "month")),
        ({"year": np.sort(np.random.default_rng(0).integers(1990, 2020, 1200))}, "time-order", ("year",)),
    ],
)  # fmt: skip
def test_rows_in_the_order_of_time(columns: dict[str, Any], code: str, names: tuple[str, ...], backwards: bool) -> None:
    frame = columns | {"load": np.random.default_rng(1).normal(size=1200)}
    if backwards:
        frame = {name: values[::-1].copy() for name, values in frame.items()}
    assert told(frame) == {code: names}


def test_rows_out_of_order_are_no_series() -> None:
    chance = np.random.default_rng(0)
    shuffled = chance.permutation(1200)
    assert told({"signup_date": HOURS[shuffled], "y": chance.normal(size=1200)}) == {}
    assert told({"amount": np.arange(1200.0), "y": chance.normal(size=1200)}) == {}


def test_parts_of_a_date_follow_one_another() -> None:
    assert date_parts(["yr", "mnth", "hr"]) == ("yr", "mnth")
    assert date_parts(["weekday", "x"]) == ()


def test_what_describes_entities_is_no_leak_where_rows_are_divided_by_group() -> None:
    chance = np.random.default_rng(0)
    who = np.repeat(np.arange(40), 20)
    frame = pd.DataFrame({"g": who.astype(float), "height": chance.normal(size=40)[who], "x": chance.normal(size=800)})
    y = pd.Series(chance.normal(size=40)[who])
    part = who % 5
    columns = tuple(
        Column(name=name, kind=Kind.NUMERIC, n_unique=frame[name].nunique(), missing=0) for name in ("height", "x")
    )

    def leaks(split: SplitSpec) -> list[tuple[str, ...]]:
        task = Task(
            sentence="", target="y", task_type="regression", metric="rmse", greater_is_better=False, split=split
        )
        return [found.columns for found in profile_target(frame, y, task, part, columns, 0).leaks]

    assert leaks(SplitSpec(kind="group", column="g")) == []
    assert leaks(SplitSpec(kind="random")) == [("height",)]
