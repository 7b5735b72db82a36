"""Columns that say what another says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from planfit.data.kinds import infer_columns
from planfit.data.likeness import alike

N = 2_000
CHANCE = np.random.default_rng(3)
BASE = CHANCE.normal(20, 5, N)
CITY = CHANCE.choice(["Bern", "Chur", "Thun"], N)
CODES = {"Bern": 3, "Chur": 1, "Thun": 2}
WRONG = np.where(np.arange(N) % 401 == 7, "Genf", CITY)
RARE = np.where(np.arange(N) % 400 == 0, 1, 0)


def found(**columns: object) -> list[tuple[str, str, str]]:
    frame = pl.DataFrame(columns)
    return [(likeness.column, likeness.first, likeness.how) for likeness in alike(frame, infer_columns(frame))]


@pytest.mark.parametrize(
    ("first", "second", "how"),
    [
        (BASE, BASE, "equal"),
        (CITY, CITY, "equal"),
        (BASE, BASE * 1.8 + 32, "scaled"),
        (BASE, -BASE, "scaled"),
        (BASE.round(1), (BASE.round(1) * 2.54).round(2), "scaled"),
        (CITY, [CODES[city] for city in CITY], "renamed"),
        (CITY, [city[::-1] for city in CITY], "renamed"),
        (CITY == "Bern", np.where(CITY == "Bern", "no", "yes"), "renamed"),
        (CITY, WRONG, "nearly"),
        (BASE, np.where(np.arange(N) % 500 == 3, 0.0, BASE), "nearly"),
    ],
)
def test_pairs_are_seen(first, second, how):
    assert found(a=first, noise=CHANCE.normal(size=N), b=second) == [("b", "a", how)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (BASE, BASE + CHANCE.normal(0, 0.5, N)),
        (np.arange(N) * 1.0, CHANCE.permutation(N) * 1.0),
        (RARE, np.roll(RARE, 1)),
        (CITY, CHANCE.permutation(CITY)),
        ([f"id{k}" for k in range(N)], [f"no{k}" for k in range(N)]),
        (CITY, np.where(CITY == "Bern", "Chur", CITY)),
        (np.where(np.arange(N) % 2, BASE, np.nan), BASE * 2),
    ],
)
def test_others_are_not(first, second):
    assert found(a=first, b=second) == []


def test_few_rows_are_alike_by_chance():
    assert found(a=[1.0, 2.0, 3.0], b=[2.0, 4.0, 6.0]) == []
    assert found(a=[1.0, 2.0, 3.0], b=[1.0, 2.0, 3.0]) == [("b", "a", "equal")]


def test_each_column_is_named_once_with_its_strongest_likeness():
    assert found(a=BASE, b=BASE, c=BASE * 2, d=BASE * 3) == [
        ("b", "a", "equal"),
        ("c", "a", "scaled"),
        ("d", "a", "scaled"),
    ]


def test_very_wide_tables_of_counts_are_no_trouble():
    frame = pl.DataFrame(CHANCE.integers(0, 4, (30, 3_000)), schema=[f"c{k}" for k in range(3_000)])
    assert len(alike(frame, infer_columns(frame))) < 10


def test_infinite_and_huge_numbers_are_compared():
    huge = np.array([1e308, -1e308, np.inf, np.nan, 1.0] * 20)
    assert found(a=huge, b=huge, c=np.ones(100)) == [("b", "a", "equal")]
