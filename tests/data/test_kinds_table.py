"""What values and a name mean together: one table over all common writings, and round trips in random ones."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planfit.data.codes import order_of_codes
from planfit.data.date_formats import is_ambiguous
from planfit.data.door import Door
from planfit.data.durations import parse_duration
from planfit.data.kinds import infer_column, infer_columns
from planfit.data.names import LONGEST_NAME, unique_names
from planfit.records.schema import CodeReading, Column, DateReading, DurationReading, Kind, Schema


def read(values: list[Any], name: str = "x") -> tuple[Column, list[Any]]:
    """Return the column of values, and what the door makes of them, the same as a frame and as arrays."""
    frame = pl.DataFrame({name: pl.Series(name, values)})
    columns = infer_columns(frame)
    door = Door(Schema(columns=columns))
    whole = door.transform(frame)[name]
    arrays = door.transform_arrays({name: values})[name]
    pd.testing.assert_series_equal(pd.Series(arrays, name=name, dtype=whole.dtype), whole)
    alone = [door.transform_arrays({name: [value]})[name][0] for value in values[:3]]
    pd.testing.assert_series_equal(pd.Series(alone, name=name, dtype=whole.dtype), whole[:3])
    return columns[0], whole.tolist()


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["1,234.5", "12"], [1234.5, 12]),
        (["1.234,5", "12"], [1234.5, 12]),
        (["1 234,5", "12"], [1234.5, 12]),
        (["1\u202f234", "12"], [1234, 12]),
        (["1'234", "5"], [1234, 5]),
        (["1\u2019234.50", "5"], [1234.5, 5]),
        (["1,23,456", "12,34,567"], [123456, 1234567]),
        (["$12", "$1,200"], [12, 1200]),
        (["12 €", "7,5 €"], [12, 7.5]),
        (["R$ 1.200,50", "R$ 3,00"], [1200.5, 3]),
        (["CHF 1'200.50", "CHF 3"], [1200.5, 3]),
        (["Rs. 500", "Rs. 1,500"], [500, 1500]),
        (["7 %", "12%", ""], [7, 12, math.nan]),
        (["(1,200)", "300"], [-1200, 300]),
        (["($1,200)", "$300"], [-1200, 300]),
        (["1.2k", "3M", "500"], [1200, 3e6, 500]),
        (["$1.2M", "$3K"], [1.2e6, 3000]),
        (["12 kg", "7.5 kg"], [12, 7.5]),
        (["5.3mi", "2mi"], [5.3, 2]),
        (["12 km/h", "20 km/h"], [12, 20]),
        (["36 months", "60 months"], [36, 60]),
        (["1 year", "2 years"], [1, 2]),
        (["\u22125", "+3"], [-5, 3]),
        (["1e5", "2.5E-3"], [1e5, 0.0025]),
        (["1", "?", "N/A", "-", "unknown", "2", "#N/A"], [1, *[math.nan] * 4, 2, math.nan]),
        (["01:30:00", "12:45:10"], [5400, 45910]),
        (["12:45", "9:30"], [45900, 34200]),
        (["45:30", "1:02:10"], [2730, 3730]),
        (["1:27.5", "1:28.25"], [87.5, 88.25]),
        (["2h 5m", "45m", "soon"], None),
        (["2h 5m", "45m", ""], [7500, 2700, math.nan]),
        (["3 days 04:00:00", "1 days 02:00:00"], [273600, 93600]),
        (["PT1H30M", "P1DT5M"], [5400, 86700]),
        (["2 years", "3 weeks", "1 month"], [63115200, 1814400, 2629800]),
        (["3:45 PM", "11:00 AM"], [56700, 39600]),
        ([timedelta(hours=1), timedelta(minutes=5)], [3600, 300]),
        ([time(1, 2), time(3, 4)], [3720, 11040]),
        (["12 kg", "7.5 lb"], None),
        (["$12", "€13"], None),
        (["10.0.0.1", "192.168.1.1"], None),
        (["1.2.3", "1.3.0"], None),
        (["555 1234", "555 9876"], None),
        (["3-1", "2-2"], None),
        (["10x20", "30x40"], None),
        (["12A", "13B"], None),
        (["1/2", "3/4"], None),
    ],
)
def test_numbers_and_durations(values: list[Any], numbers: list[float] | None) -> None:
    column, got = read(values)
    if numbers is None:
        assert column.kind is Kind.CATEGORICAL
    else:
        assert column.kind is Kind.NUMERIC
        np.testing.assert_allclose(got, numbers)
        assert column.missing == sum(map(math.isnan, numbers))


@pytest.mark.parametrize(
    ("values", "name", "first"),
    [
        (["17. März 2019", "3. Mai 2020"], "d", "2019-03-17"),
        (["17 mars 2019", "2 août 2020"], "d", "2019-03-17"),
        (["17 de marzo de 2019", "2 de enero de 2020"], "d", "2019-03-17"),
        (["Sunday, March 17th, 2019", "Wednesday, April 1st, 2020"], "d", "2019-03-17"),
        (["Mar 2019", "Apr 2020"], "d", "2019-03-01"),
        (["Mar-19", "Apr-20"], "d", "2019-03-01"),
        (["2019-03", "2019-04"], "d", "2019-03-01"),
        (["17/3/19", "28/2/20"], "d", "2019-03-17"),
        (["3/17/2019 1:05:09 PM", "3/18/2019 11:05:09 AM"], "d", "2019-03-17 13:05:09"),
        (["2019-03-17T12:00:00+01:00", "2020-01-01T12:00:00Z"], "d", "2019-03-17 11:00"),
        (["2019-03-17 10:00:00 UTC", "2019-03-18 10:00:00 UTC"], "d", "2019-03-17 10:00"),
        (["Sun, 17 Mar 2019 10:00:00 +0100", "Mon, 18 Mar 2019 10:00:00 +0100"], "d", "2019-03-17 09:00"),
        (["17/Mar/2019:13:55:36 +0000", "18/Mar/2019:13:55:36 +0000"], "d", "2019-03-17 13:55:36"),
        ([20190317, 20190318, 20190401], "d", "2019-03-17"),
        ([3172019, 10142018, 1012018], "d", "2019-03-17"),
        ([17032019, 14102018, 1012018], "d", "2019-03-17"),
        (["03172019", "10142018", "01012018"], "d", "2019-03-17"),
        ([201903171230, 201903181230, 201904010000], "d", "2019-03-17 12:30"),
        ([201903, 201904, 201911], "month", "2019-03-01"),
        ([1552780800, 1552780900, 1562780800], "created_at", "2019-03-17"),
        ([1552780800000, 1552780900000, 1562780800000], "timestamp", "2019-03-17"),
        ([1552780800.5, 1552780900.25, 1562780800.0], "ts", "2019-03-17 00:00:00.5"),
    ],
)
def test_dates(values: list[Any], name: str, first: str) -> None:
    column, got = read(values, name)
    assert column.kind is Kind.DATETIME
    assert got[0] == pd.Timestamp(first)
    assert not any(map(pd.isna, got))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([201903, 201904, 201911], "income"),
        ([1552780800, 1552780900, 1562780800], "amount"),
        ([2010, 2011, 2012, 2013], "year"),
        ([2010, 2011, 2012, 2013], "date"),
        ([13322019, 10142018, 1012018], "d"),
        ([172800, 5, 77], "time"),
    ],
)
def test_no_dates(values: list[Any], name: str) -> None:
    assert read(values, name)[0].kind is Kind.NUMERIC


def test_whole_numbers_that_could_be_swapped_are_ambiguous() -> None:
    reading = infer_column(pl.Series("d", [1022018, 5032018, 4112018])).reading
    assert reading == DateReading(format="%m%d%Y", integer=True)
    assert is_ambiguous(["1022018", "5032018", "4112018"], DateReading(format="%m%d%Y", integer=True))


@pytest.mark.parametrize(
    "pair", ["yes no", "ja nein", "j n", "Oui Non", "o n", "SÍ NO", "s n", "wahr falsch", "vrai faux", "on off", "sim não",
             "tak nie", "да нет", "ja nee", "vero falso"],
)  # fmt: skip
def test_yes_and_no_in_several_languages(pair: str) -> None:
    column, got = read([*pair.split(), ""])
    assert column.kind is Kind.BOOLEAN
    assert got[:2] == [1.0, 0.0]
    assert math.isnan(got[2])


@pytest.mark.parametrize("pair", ["M F", "no other", "yes nein", "good bad", "o x", "t n", "male female"])
def test_other_pairs_are_categories(pair: str) -> None:
    assert read(pair.split())[0].kind is Kind.CATEGORICAL


ORDERED = {
    "Pclass": 3, "mnth": 12, "MoSold": 12, "Month": 12, "day_of_week": 7, "weekday": 7, "dayofweek": 7, "quarter": 4,
    "season": 4, "hr": 23, "grade": 5, "level": 6, "MSSubClass": 15, "EDUCATION": 6, "month_of_birth": 12, "Klasse": 3,
}  # fmt: skip
UNORDERED = {
    "zip": 40, "PLZ": 12, "postcode": 9, "store_id": 30, "StoreID": 30, "product category": 6, "country_code": 20,
    "SEX": 2, "region": 5, "cluster": 4, "room_type": 3, "store_nr": 9,
}  # fmt: skip
NUMBERS = {
    "year": 10, "age": 40, "age_group": 5, "rooms": 8, "number_of_stores": 9, "num_regions": 4, "class_size": 20,
    "score": 5, "rating": 5, "quality": 6, "months": 12, "months_since_last": 12, "days": 7, "hours_per_week": 20,
    "count": 9, "quantity": 8, "education-num": 16, "region_population": 20, "x": 3, "total_hours": 24, "store_sales": 9,
    "children": 5, "cylinders": 4,
}  # fmt: skip


@pytest.mark.parametrize(("name", "levels"), (ORDERED | UNORDERED | NUMBERS).items())
def test_whole_numbers_are_codes_by_name_and_values(name: str, levels: int) -> None:
    values = [1 + row % levels for row in range(40 * levels)]
    column = infer_column(pl.Series(name, values))
    expected = {True: Kind.CATEGORICAL, False: Kind.NUMERIC}[name not in NUMBERS]
    assert (column.kind, column.ordered) == (expected, name in ORDERED)
    for same in (pl.Series(name, values, dtype=pl.Float64), pl.Series(name, [str(value) for value in values])):
        other = infer_column(same)
        assert (other.kind, other.ordered) == (column.kind, column.ordered)


@pytest.mark.parametrize(
    ("name", "low", "high", "distinct", "rows"),
    [
        ("month", 1, 60, 60, 5000), ("weekday", 1, 31, 31, 5000), ("customer_id", 1, 900, 900, 1000),
        ("zip", 501, 99950, 5000, 10000), ("class", 1, 3, 3, 6), ("region", -7, 5, 6, 5000),
    ],
)  # fmt: skip
def test_values_decide_too(name: str, low: int, high: int, distinct: int, rows: int) -> None:
    assert order_of_codes(name, low, high, distinct, rows) is None


def test_codes_read_the_same_however_they_come() -> None:
    column = infer_column(pl.Series("zip", [8001, 3000, 9000] * 20))
    door = Door(Schema(columns=(column,)))
    for values in ([8001, 3000], [8001.0, 3000.0], ["8001", "3000.0"], np.array([8001, 3000], dtype=np.int32)):
        assert door.transform_arrays({"zip": values})["zip"].tolist() == ["8001", "3000"]
    missing = door.transform_arrays({"zip": [None, float("nan"), "other"]})["zip"]
    assert [value if isinstance(value, str) else None for value in missing] == [None, None, "other"]


def test_codes_of_one_width_keep_their_leading_zeros() -> None:
    column = infer_column(pl.Series("postcode", ["00501", "90210", "01234"] * 9))
    assert (column.kind, column.reading) == (Kind.CATEGORICAL, CodeReading(width=5))
    door = Door(Schema(columns=(column,)))
    assert door.transform(pd.DataFrame({"postcode": [501, 90210]}))["postcode"].tolist() == ["00501", "90210"]


def test_a_few_words_among_many_numbers_are_missing() -> None:
    numbers = [f"{n}.5" for n in range(400)]
    column, got = read([*numbers, "error", "broken"])
    assert (column.kind, column.missing, column.missing_markers) == (Kind.NUMERIC, 2, ("error", "broken"))
    assert np.isnan(got[-2:]).all()
    assert read([*numbers, *["error"] * 9])[0].kind is not Kind.NUMERIC
    assert read([*(str(n % 40) for n in range(400)), "error"])[0].kind is Kind.CATEGORICAL


def test_names() -> None:
    assert unique_names(["é", "e\u0301", "a\x00b", "first\r\nline", "\x00", pd.NA, float("nan"), 7, ("a", "b")]) == (
        "é", "é_2", "ab", "first line", "Unnamed: 4", "Unnamed: 5", "Unnamed: 6", "7", "a_b",
    )  # fmt: skip
    long = unique_names(["x" * 5000, "x" * 5000])
    assert len(set(long)) == 2
    assert max(map(len, long)) <= LONGEST_NAME + 2


@pytest.mark.parametrize(
    "values", [["12 kg", "7 kg"], ["(5)", "6"], ["2h", "5m 3s"], [14102018, 1012018, 31122018], ["00501", "90210"]]
)
def test_a_schema_is_read_back_from_json(values: list[Any]) -> None:
    column = infer_column(pl.Series("date", values))
    assert column.reading is not None
    assert Column.model_validate(column.to_json()) == column


FORMS = st.sampled_from([(".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (".", "")])
SIGNS = st.sampled_from([("", ""), ("$", ""), ("€ ", ""), ("", " €"), ("", "%"), ("", " kg"), ("CHF ", "")])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.decimals(-(10**7), 10**7, places=2), min_size=4, max_size=20), FORMS, SIGNS)
def test_numbers_come_back(numbers: list[Any], form: tuple[str, str], signs: tuple[str, str]) -> None:
    decimal, thousands = form
    written = [
        signs[0] + f"{number:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands) + signs[1]
        for number in numbers
    ]
    _, got = read(written)
    if len({float(number) for number in numbers}) > 1 and set(map(float, numbers)) != {0.0, 1.0}:
        np.testing.assert_allclose(got, [float(number) for number in numbers])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.dates(date(1950, 1, 1), date(2060, 12, 31)), min_size=3, max_size=20, unique=True),
    st.sampled_from(
        ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%B %d, %Y", "%A, %d %B %Y", "%Y%m%d", "%d-%b-%Y"]
    ),
)
def test_dates_come_back(days: list[date], form: str) -> None:
    column, got = read([day.strftime(form) for day in days])
    assert column.kind is Kind.DATETIME
    assert got == [pd.Timestamp(day) for day in days]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 4 * 86400), min_size=3, max_size=20, unique=True),
    st.sampled_from(["clock", "words", "iso", "days"]),
)
def test_durations_come_back(seconds: list[int], form: str) -> None:
    def written(total: int) -> str:
        hours, minutes, rest = total // 3600, total // 60 % 60, total % 60
        if form == "clock":
            return f"{hours:02}:{minutes:02}:{rest:02}"
        if form == "words":
            return f"{hours}h {minutes}m {rest}s"
        if form == "iso":
            return f"PT{hours}H{minutes}M{rest}S"
        return f"{hours // 24} days {hours % 24:02}:{minutes:02}:{rest:02}"

    column, got = read([written(total) for total in seconds])
    assert (column.kind, column.reading) == (Kind.NUMERIC, DurationReading())
    assert got == seconds


@given(st.timedeltas(timedelta(days=-999), timedelta(days=999)))
def test_durations_are_read_as_pandas_writes_them(length: timedelta) -> None:
    assert parse_duration(str(pd.Timedelta(length))) == pytest.approx(length.total_seconds(), abs=1e-5)
    assert parse_duration(str(length)) == pytest.approx(length.total_seconds(), abs=1e-5)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=30), st.sampled_from(["x", "zip", "date", "id"]))
def test_any_texts_have_a_kind_and_pass_the_door(values: list[str], name: str) -> None:
    column, got = read(values, name)
    if column.kind is not Kind.CONSTANT:
        assert sum(map(pd.isna, got)) == column.missing


def test_many_different_texts_are_judged_as_few_are() -> None:
    start = datetime(2015, 1, 1)
    stamps = [(start + timedelta(minutes=7 * n)).strftime("%m/%d/%Y %H:%M") for n in range(120_000)]
    column = infer_column(pl.Series("when", stamps))
    assert column.reading == DateReading(format="%m/%d/%Y %H:%M")
    stamps[70_000] = "13/13/2015 10:00"
    assert infer_column(pl.Series("when", stamps)).kind is not Kind.DATETIME
    prices = [f"${n:,}" for n in range(120_000)]
    assert infer_column(pl.Series("price", prices)).n_unique == 120_000
