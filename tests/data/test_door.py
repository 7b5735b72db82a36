"""Raw rows, however typed, leave the door as they did in training."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from planfit.data.content import settle_types
from planfit.data.door import Door
from planfit.data.kinds import infer_columns
from planfit.errors import UsageError
from planfit.records.schema import Column, Kind, Schema


def door_of(frame: pl.DataFrame, carried: tuple[str, ...] = ()) -> Door:
    columns = tuple(column for column in infer_columns(frame) if column.name not in carried)
    return Door(Schema(columns=columns, carried=carried, rows=frame.height))


@pytest.fixture
def messy() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "age": [31.0, None, float("inf"), 27.0] * 15,
            "charges": ["$1,200.50", " ", "?", "$7"] * 15,
            "member": ["Yes", "no", "", "YES"] * 15,
            "flag": [0, 1, None, 1] * 15,
            "day": ["31/1/2020", "1/2/2020", "NA", ""] * 15,
            "when": [datetime(2020, 1, 1, 12), None, datetime(1960, 1, 1), datetime(2020, 1, 1)] * 15,
            "stamp": [20200131, 20200201, 20200229, None] * 15,
            "city": [" Bern", "NA", None, "Chur "] * 15,
            "one": ["x"] * 60,
            "key": [f"c-{n}" for n in range(60)],
            "note": [f"call {n} them later please" for n in range(60)],
        }
    )


def test_typed_frame(messy: pl.DataFrame) -> None:
    typed = door_of(messy).transform(messy)
    assert list(typed.columns) == messy.columns
    first = typed.iloc[:4]
    np.testing.assert_array_equal(first["age"], [31, np.nan, np.nan, 27])
    np.testing.assert_array_equal(first["charges"], [1200.5, np.nan, np.nan, 7])
    np.testing.assert_array_equal(first["member"], [1, 0, np.nan, 1])
    np.testing.assert_array_equal(first["flag"], [0, 1, np.nan, 1])
    assert first["day"].tolist() == [pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-01"), pd.NaT, pd.NaT]
    assert first["when"].tolist()[2] == pd.Timestamp("1960-01-01")
    assert first["stamp"].tolist() == [*pd.to_datetime(["2020-01-31", "2020-02-01", "2020-02-29"]), pd.NaT]
    assert first["city"].tolist()[0] == "Bern"
    assert first["city"].isna().tolist() == [False, True, True, False]
    assert typed.dtypes.astype(str).to_dict() == {
        "age": "float64", "charges": "float64", "member": "float64", "flag": "float64", "day": "datetime64[us]",
        "when": "datetime64[us]", "stamp": "datetime64[us]", "city": "object", "one": "object", "key": "object",
        "note": "object",
    }  # fmt: skip


SOURCES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "pandas": lambda frame: frame.to_pandas(),
    "nullable pandas": lambda frame: frame.to_pandas().convert_dtypes(),
    "objects": lambda frame: frame.to_pandas().astype(object),
    "categories": lambda frame: frame.with_columns(pl.col(pl.String).cast(pl.Categorical)).to_pandas(),
    "polars categories": lambda frame: frame.with_columns(pl.col(pl.String).cast(pl.Categorical)),
    "arrow-backed pandas": lambda frame: frame.to_pandas(use_pyarrow_extension_array=True),
    "pyarrow": lambda frame: frame.to_arrow(),
    "lists": lambda frame: frame.to_dict(as_series=False),
    "settled": settle_types,
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("rows", [60, 3, 1, 0])
def test_every_source_and_size_gives_the_same(messy: pl.DataFrame, source: str, rows: int) -> None:
    door = door_of(messy)
    expected = door.transform(messy).iloc[:rows]
    got = door.transform(SOURCES[source](messy.head(rows)))
    pd.testing.assert_frame_equal(got, expected)
    arrays = door.transform_arrays(SOURCES[source](messy.head(rows)))
    for name in expected.columns:
        pd.testing.assert_series_equal(pd.Series(arrays[name], name=name, dtype=expected[name].dtype), expected[name])


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_one_row_at_a_time_is_as_all_at_once(data: st.DataObject) -> None:
    cell = st.one_of(
        st.none(), st.text(max_size=4), st.floats(), st.booleans(), st.integers(-5, 20200102),
        st.sampled_from(["1,200", "yes", "No", "2020-01-31", "31/1/2020", "NA", "?", " 5 ", "1e3", "20200131"]),
        st.sampled_from([date(2020, 1, 31), datetime(2020, 1, 1, 3), timedelta(seconds=5), pd.NA, pd.NaT]),
    )  # fmt: skip
    columns = (
        *(Column(name=kind.value, kind=kind) for kind in Kind),
        *infer_columns(pl.DataFrame({"d": ["31/1/2020", "1/2/2020"], "n": ["1,200", "5"], "b": ["yes", "no"]})),
    )
    cells = data.draw(st.lists(cell, min_size=1, max_size=6))
    # Hash-equal values of other types (True and 1) may share one reading within a column.
    cells = [value for value in cells if not isinstance(value, bool)] or [None]
    values = pd.Series([*cells, *cells * 60], dtype=object)
    frame = pd.DataFrame({column.name: values for column in columns})
    door = Door(Schema(columns=columns))
    whole = door.transform(frame)
    for row in range(len(cells)):
        pd.testing.assert_frame_equal(door.transform(frame.iloc[[row]]), whole.iloc[[row]])


def test_rows_typed_differently() -> None:
    door = door_of(
        pl.DataFrame(
            {
                "n": [1.5, 2.5, 3.5],
                "c": ["1", "x", "true"],
                "b": ["yes", "no", "no"],
                "d": ["2020-01-31", "2020-02-01", ""],
            }
        )
    )
    other = pd.DataFrame(
        {"n": ["7", "oops"], "c": [1.0, True], "b": [True, 0], "d": [date(2020, 3, 1), pd.NaT], "z": 0}
    )
    typed = door.transform(other.astype(object))
    np.testing.assert_array_equal(typed["n"], [7, np.nan])
    assert typed["c"].tolist() == ["1", "true"]
    assert typed["b"].tolist() == [1.0, 0.0]
    assert typed["d"].tolist() == [pd.Timestamp("2020-03-01"), pd.NaT]


def test_zoned_dates_become_utc() -> None:
    door = door_of(pl.DataFrame({"d": [datetime(2020, 1, 1), datetime(2020, 1, 2)]}))
    zoned = pd.DataFrame({"d": pd.to_datetime(["2020-01-01 02:00"]).tz_localize("Europe/Zurich")})
    for source in (
        zoned,
        pl.from_pandas(zoned),
        zoned.astype(object),
        pd.DataFrame({"d": ["2020-01-01T02:00:00+01:00"]}),
    ):
        assert door.transform(source)["d"].tolist() == [pd.Timestamp("2020-01-01 01:00")]


def test_order_extras_index_and_labels(messy: pl.DataFrame) -> None:
    door = door_of(messy)
    pandas = messy.to_pandas().set_index(pd.Index(range(100, 160)))
    shuffled = pandas[pandas.columns[::-1]].assign(extra=1).rename(columns={"age": " age "})
    pd.testing.assert_frame_equal(door.transform(shuffled), door.transform(pandas))
    assert door.transform(shuffled).index[0] == 100
    numbered = Door(Schema(columns=(Column(name="0", kind=Kind.NUMERIC),)))
    assert numbered.transform(pd.DataFrame({0: [5]}))["0"].tolist() == [5.0]


def test_carried_columns_come_last_where_present() -> None:
    frame = pl.DataFrame({"who": ["a", "b", "a"], "x": [1.5, 2.5, 3.5], "no": [7, 8, 7]})
    door = door_of(frame, carried=("who", "no")).fit(frame)
    assert list(door.transform(frame).columns) == ["x", "who", "no"]
    assert door.transform(frame)["no"].tolist() == [7.0, 8.0, 7.0]
    assert list(door.transform(frame.select("x")).columns) == ["x"]
    assert list(door.get_feature_names_out()) == ["x", "who", "no"]


def test_a_missing_column_is_named(messy: pl.DataFrame) -> None:
    with pytest.raises(UsageError, match="lacks the column 'city'"):
        door_of(messy).transform(messy.drop("city"))
    with pytest.raises(UsageError, match="lacks 2 columns: 'age', 'city'"):
        door_of(messy).fit(messy.drop("city", "age"))
    with pytest.raises(UsageError, match="ndarray"):
        door_of(messy).transform(np.zeros((2, 2)))


def test_it_is_a_transformer(messy: pl.DataFrame) -> None:
    door = door_of(messy)
    copy = clone(door)
    assert copy.schema == door.schema
    pipeline = Pipeline([("door", copy)]).set_output(transform="pandas")
    typed = pipeline.fit_transform(messy.to_pandas())
    assert list(pipeline.get_feature_names_out()) == list(typed.columns)
    assert pipeline.feature_names_in_.tolist() == messy.columns
    assert pipeline.n_features_in_ == messy.width
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(pipeline)).transform(messy.to_pandas()), typed)
    with pytest.raises(UsageError, match="pandas frames only"):
        door.set_output(transform="polars")


def test_its_imports_stay_small() -> None:
    code = "import sys, planfit.data.door; sys.exit(any(m in sys.modules for m in ('polars', 'lightgbm', 'optuna')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_one_row_is_fast() -> None:
    frame = pd.DataFrame({f"c{n}": ["a", "b"] if n % 2 else [1.5, 2.5] for n in range(20)})
    door, row = door_of(pl.from_pandas(frame)), frame.iloc[:1]

    def best(act: Callable[[Any], Any]) -> float:
        spent = []
        for _ in range(30):
            start = time.perf_counter()
            act(row)
            spent.append(time.perf_counter() - start)
        return min(spent)

    assert best(door.transform_arrays) < 0.001
    assert best(door.transform) < 0.004
