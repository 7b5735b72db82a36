"""Awkward cells are found in raw columns of any storage."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.agent.checking import setting_of
from planfit.data.awkward import MOST_READ, awkward_cells
from planfit.data.kinds import infer_column
from planfit.data.readers import read
from planfit.records.schema import Column, Kind

CELLS = {
    pl.String: st.text(max_size=5),
    pl.Float64: st.floats(allow_nan=True, allow_infinity=True),
    pl.Int64: st.integers(-5, 5),
    pl.Boolean: st.booleans(),
    pl.Datetime("us"): st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)),
}


@pytest.mark.parametrize("dtype", CELLS, ids=str)
@given(data=st.data())
def test_positions_exist_and_the_missing_are_told(dtype, data):
    values = data.draw(st.lists(st.none() | CELLS[dtype], min_size=1, max_size=20))
    series = pl.Series("x", values, dtype=dtype)
    positions, gaps = awkward_cells(series, infer_column(series))
    assert len(gaps) == len(values)
    assert all(0 <= place < len(values) for place in positions)
    assert positions
    assert gaps[np.flatnonzero(series.is_null().to_numpy())].all()


def test_numbers_that_are_written_as_texts_have_extremes():
    prices = [f"${number}.50" for number in range(100, 400)]
    prices[17], prices[200] = "$9000.00", "$1.00"
    series = pl.Series("price", prices)
    positions, _ = awkward_cells(series, infer_column(series))
    assert {17, 200} <= set(positions)
    many = pl.Series("price", [f"${number}" for number in range(3 * MOST_READ)])
    positions, _ = awkward_cells(many, infer_column(many))
    assert {0, max(positions)} <= set(positions)
    assert max(positions) > 2.9 * MOST_READ


def test_the_rare_the_long_and_the_short():
    texts = ["red"] * 50 + ["a very long story"] + ["blue"] * 50 + ["x"] * 50 + ["once"]
    positions, gaps = awkward_cells(pl.Series("x", texts), Column(name="x", kind=Kind.CATEGORICAL))
    assert {50, 101, 151} <= set(positions)
    assert not gaps.any()


def test_a_sample_of_a_table_holds_them_all():
    rng = np.random.default_rng(0)
    amount = rng.normal(size=5000)
    amount[4321] = 1e9
    level = np.array(["often"] * 5000, dtype=object)
    level[1234] = "once"
    table = read(pl.DataFrame({"amount": amount, "level": level, "y": rng.choice(["a", "b"], 5000)}))
    frame, y = setting_of(table, "y", None).sample
    assert {4321, 1234} <= set(frame.index)
    assert y is not None
    assert frame.index.equals(y.index)
