"""Figures of columns, blocks of many columns, stand-ins, and that any table has a profile whose counts add up."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from planfit.data import figures
from planfit.data.figures import QUANTILES, figures_of
from planfit.data.profile import profile_table
from planfit.data.readers import read
from planfit.data.stand_ins import stand_in
from planfit.records.profile import ColumnProfile, Profile, ValueCount
from planfit.records.schema import Kind

CHANCE = np.random.default_rng(5)


def profile(**columns: object) -> Profile:
    return profile_table(read(pl.DataFrame(columns, strict=False)))


def of(values: object, name: str = "x") -> ColumnProfile:
    return profile(**{name: values}).of(name)


NUMBERS = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(1, 30)), elements=st.floats(-1e6, 1e6) | st.just(np.nan)
)


@settings(deadline=None, max_examples=80)
@given(NUMBERS)
@example(np.full((1, 20), 50_000.0))
def test_figures_are_those_of_numpy(matrix):
    found = figures_of(matrix.copy(), [99] * len(matrix), [False] * len(matrix))
    for row, facts in zip(matrix, found, strict=True):
        present = row[np.isfinite(row)]
        if not len(present):
            assert facts == {"infinite": 0}
            continue
        assert facts["minimum"] == present.min()
        assert facts["maximum"] == present.max()
        assert facts["mean"] == pytest.approx(present.mean(), rel=1e-9, abs=1e-6)
        assert facts["std"] == pytest.approx(present.std(ddof=1) if len(present) > 1 else 0.0, rel=1e-6, abs=1e-6)
        assert facts["quantiles"] == pytest.approx(tuple(np.quantile(present, QUANTILES)), rel=1e-9, abs=1e-6)
        assert facts["zeros"] == int((present == 0).sum())
        assert facts["integers"] == bool((present == np.floor(present)).all())
        assert sum(facts["histogram"]) in (0, len(present))


def test_blocks_change_nothing(monkeypatch):
    columns = {f"n{k}": CHANCE.normal(size=50) for k in range(9)} | {f"t{k}": [f"v{(i * k) % 7}" for i in range(50)] for k in range(9)}  # fmt: skip
    whole = profile(**columns)
    monkeypatch.setattr(figures, "BLOCK_CELLS", 100)
    assert profile(**columns) == whole


def test_infinite_values_are_missing_and_said():
    got = profile(x=[1.5, np.inf, -np.inf, 2.5, None, np.nan] * 5)
    assert (got.of("x").missing, got.of("x").infinite, got.of("x").maximum) == (20, 10, 2.5)
    assert [(w.code, w.columns) for w in got.warnings if w.code == "infinite-values"] == [("infinite-values", ("x",))]


def test_texts_have_lengths_and_counts():
    got = of([" two words ", "two words", "one", None, "", "NA"] * 10)
    assert (got.missing, got.max_length, got.mean_words) == (30, 9, pytest.approx(5 / 3))
    assert got.top == (ValueCount(value="two words", count=20), ValueCount(value="one", count=10))


def test_equally_frequent_values_come_by_text_and_are_cut_alike():
    got = of([f"v{k:02d}" for k in range(30)] * 20)
    assert [entry.value for entry in got.top] == [f"v{k:02d}" for k in range(figures.TOP_VALUES)]


def test_codes_keep_their_range_beside_their_counts():
    got = of([1, 2, 3, 3] * 50, "class")
    assert got.kind is Kind.CATEGORICAL
    assert (got.minimum, got.maximum, got.integers) == (1, 3, True)
    assert got.top[0] == ValueCount(value="3", count=100)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([date(2020, 1, 1), date(2021, 6, 1)] * 20, ("2020-01-01T00:00:00", "2021-06-01T00:00:00")),
        ([datetime(2020, 1, 1, 5), None] * 20, ("2020-01-01T05:00:00",) * 2),
        (["31.12.2019", "01.02.2020"] * 20, ("2019-12-31T00:00:00", "2020-02-01T00:00:00")),
        ([20190301 + k for k in range(20)] * 2, ("2019-03-01T00:00:00", "2019-03-20T00:00:00")),
    ],
)
def test_dates_have_a_range(values, ends):
    got = of(values, "when")
    assert (got.minimum, got.maximum) == ends
    assert sum(got.histogram) in (0, 40)


def test_many_dates_and_numbers_in_text_are_read_as_few_are():
    n = 5_000
    seconds = CHANCE.integers(1_500_000_000, 1_600_000_000, n)
    iso = [str(np.datetime64(int(second), "s")).replace("T", " ") for second in seconds]
    swiss = [str(np.datetime64(int(second), "s").astype(datetime).strftime("%d.%m.%Y %H:%M:%S")) for second in seconds]
    prices = [f"€{number:,.2f}" for number in np.round(CHANCE.lognormal(8, 1, n), 2)]
    got = profile(iso=iso, swiss=swiss, price=prices)
    low, high = (np.datetime64(int(end), "s").astype(datetime).isoformat() for end in (seconds.min(), seconds.max()))
    for name in ("iso", "swiss"):
        assert (got.of(name).minimum, got.of(name).maximum) == (low, high)
    numbers = [float(price[1:].replace(",", "")) for price in prices]
    assert (got.of("price").minimum, got.of("price").maximum) == (min(numbers), max(numbers))
    assert got.of("price").mean == pytest.approx(np.mean(numbers))


SENSOR = np.round(np.abs(CHANCE.normal(180, 120, 3_000)) + 2, 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.where(CHANCE.random(3_000) < 0.1, -200.0, SENSOR), -200.0),
        (np.where(CHANCE.random(3_000) < 0.01, -200.0, CHANCE.normal(18, 9, 3_000)), -200.0),
        (np.where(CHANCE.random(3_000) < 0.3, 999.0, CHANCE.integers(0, 28, 3_000)), 999.0),
        (np.where(CHANCE.random(3_000) < 0.02, 9999.0, SENSOR), 9999.0),
        (np.where(CHANCE.random(3_000) < 0.02, -999.0, SENSOR), -999.0),
        (np.where(CHANCE.random(3_000) < 0.02, 99.99, CHANCE.random(3_000) * 20), 99.99),
        (np.where(CHANCE.random(3_000) < 0.8, -1, CHANCE.integers(1, 800, 3_000)), -1.0),
        (np.where(CHANCE.random(3_000) < 0.1, -1.0, CHANCE.random(3_000)), -1.0),
        (np.where(CHANCE.random(3_000) < 0.1, 1e30, SENSOR), 1e30),
        (np.where(CHANCE.random(3_000) < 0.1, -5000.0, SENSOR), -5000.0),
    ],
    ids=lambda value: None if isinstance(value, np.ndarray) else f"{value:g}",
)
def test_stand_ins_are_seen(values, expected):
    got = profile(x=values, y=np.arange(len(values)) % 5)
    assert got.of("x").stand_in == expected
    warned = [w for w in got.warnings if w.code == "disguised-missing"]
    assert [w.columns for w in warned] == [("x",)]
    assert warned[0].hint is not None


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.integers(-1, 30, 3_000),
        np.clip(CHANCE.normal(0, 1, 3_000), -1, 1),
        np.round(CHANCE.normal(0, 200, 3_000), -2),
        np.minimum(CHANCE.integers(1, 120, 3_000), 99),
        CHANCE.integers(0, 1000, 3_000),
        np.where(CHANCE.random(3_000) < 0.5, 0, CHANCE.lognormal(6, 2, 3_000)),
        CHANCE.choice([9.99, 19.99, 49.99, 99.0, 99.99, 149.0, 199.0], 3_000),
        np.append(SENSOR, [-200.0]),
        CHANCE.choice([-1, 0, 1, 2, 3, 4], 3_000),
        CHANCE.poisson(1.2, 3_000) - 1,
        np.minimum(CHANCE.lognormal(5, 1, 3_000), 999.0),
    ],
)
def test_ordinary_numbers_are_no_stand_ins(values):
    assert stand_in(np.sort(values.astype(float)), len(np.unique(values))) is None


def test_long_tails_are_said_once():
    tails = {f"c{k}": np.where(np.arange(1_000) == k, 1e6, CHANCE.random(1_000)) for k in range(7)}
    said = [w for w in profile(**tails, calm=CHANCE.normal(size=1_000)).warnings if w.code == "long-tails"]
    assert len(said) == 1
    assert set(said[0].columns) == set(tails)


def test_mixed_columns_are_said():
    mixed = [str(k) for k in range(80)] + ["broken", "lost"] * 10
    got = profile(mixed=mixed, ticket=[f"A{k}" if k % 3 else str(k) for k in range(100)], plain=["a", "b"] * 50)
    assert [w.columns for w in got.warnings if w.code == "mixed-types"] == [("mixed",)]


def test_many_findings_of_a_theme_are_one_line():
    columns = {f"empty{k}": [None] * 60 for k in range(40)} | {f"one{k}": ["x"] * 60 for k in range(40)}
    columns |= {f"copy{k}": [i % 7 for i in range(60)] for k in range(40)}
    got = profile(**columns)
    assert len(got.warnings) <= 5
    named = {name for w in got.warnings for name in w.columns}
    assert set(columns) <= named
    assert len(got.copies) == 39
    assert set(got.copies.values()) == {"copy0"}


ANY_CELL = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["1", "-5.5", "NA", "?", "yes", "no", "2020-02-30", "31.1.2020", "$3", "a@b.ch", "12%"]),
)
COLUMNS = st.one_of(
    st.lists(ANY_CELL, min_size=6, max_size=6),
    st.lists(st.none() | st.floats(), min_size=6, max_size=6),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=6, max_size=6),
    st.lists(st.none() | st.booleans(), min_size=6, max_size=6),
    st.lists(st.none() | st.dates() | st.none(), min_size=6, max_size=6),
    st.lists(st.none() | st.integers(0, 3), min_size=6, max_size=6),
)


@settings(deadline=None, max_examples=80)
@given(st.lists(COLUMNS, min_size=1, max_size=5), st.integers(1, 9))
def test_any_table_has_a_profile_whose_counts_add_up(columns, times):
    frame = pl.DataFrame({f"c{place}": values * times for place, values in enumerate(columns)}, strict=False)
    got = profile_table(read(frame))
    assert Profile.model_validate_json(got.model_dump_json()) == got
    for stats in got.statistics:
        present = got.rows - stats.missing
        assert 0 <= stats.n_unique <= present or stats.n_unique == present == 0
        assert stats.missing >= stats.infinite
        assert sum(entry.count for entry in stats.top) <= present
        if stats.top and stats.n_unique <= len(stats.top):
            assert sum(entry.count for entry in stats.top) == present
        assert sum(stats.histogram) in (0, present)
    assert all(set(warning.columns) <= set(got.names) for warning in got.warnings)


@pytest.mark.parametrize(
    "values",
    [[None], ["x" * 1_000_000], [""], [2**63 - 1], [float("inf")], [float("nan")], [10**30], ["\x00"], [b"bytes"], [[1, 2]]],
    ids=["null", "huge cell", "empty", "huge int", "infinite", "nan", "beyond 64 bits", "nul", "bytes", "list"],
)  # fmt: skip
def test_one_odd_row_has_a_profile(values):
    got = profile_table(read(pl.DataFrame({"x": values, "y": [1]}, strict=False)))
    assert got.rows == 1
