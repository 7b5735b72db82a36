"""What a column means."""

from __future__ import annotations

import random
import uuid
from datetime import date

import polars as pl
import pytest

from planfit.data.date_formats import date_reading, is_ambiguous
from planfit.data.formats import number_reading
from planfit.data.kinds import infer_column, infer_columns
from planfit.records.schema import BooleanReading, Column, DateReading, Kind, NumberReading

CHANCE = random.Random(0)


def kind(values: list[object], name: str = "x", **kwargs: object) -> Kind:
    return column(values, name).kind


def column(values: list[object], name: str = "x") -> Column:
    return infer_column(pl.Series(name, values))


@pytest.mark.parametrize(
    ("texts", "reading"),
    [
        (["1", "2.5", "-3e2"], NumberReading()),
        (["1,234.5", "12"], NumberReading(thousands=",")),
        (["1.234,5", "12"], NumberReading(decimal=",", thousands=".")),
        (["1,5", "12,25"], NumberReading(decimal=",")),
        (["1 234", "5 000 000"], NumberReading(thousands=" ")),
        (["$12", "-$1,200.50"], NumberReading(thousands=",", strip=("$",))),
        (["7 %", "12.5%"], NumberReading(strip=("%",))),
        (["12 EUR", "13.5 EUR"], NumberReading(strip=("EUR",))),
        (["$12", "€13"], None),
        (["12", "x"], None),
        (["1,23,4"], None),
        (["01234", "90210"], None),
        (["1_000", "5"], None),
        (["12345678901234567"], None),
        ([], None),
    ],
)
def test_numbers_as_text(texts: list[str], reading: NumberReading | None) -> None:
    assert number_reading(texts) == reading


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2020-01-31", "2021-12-01"], None),
        (["2020-01-31 12:30:00", "2021-12-01T00:00:00Z"], None),
        (["31/1/2020", "1/2/2020"], "%d/%m/%Y"),
        (["1/31/2020", "2/1/2020"], "%m/%d/%Y"),
        (["1/31/2020 13:45", "2/1/2020 00:00"], "%m/%d/%Y %H:%M"),
        (["1/31/2020 1:45 PM", "2/1/2020 12:00 AM"], "%m/%d/%Y %I:%M %p"),
        (["31.01.2020", "01.02.2020"], "%d.%m.%Y"),
        (["5 Jan 2020", "17 Mar 2021"], "%d %b %Y"),
        (["January 5, 2020", "March 17, 2021"], "%b %d, %Y"),
        (["2020/01/05", "2020/02/05"], "%Y/%m/%d"),
        (["1/2/20", "28/2/20"], "%d/%m/%y"),
    ],
)
def test_dates_as_text(texts: list[str], form: str | None) -> None:
    assert date_reading(texts) == DateReading(format=form)


@pytest.mark.parametrize(
    "texts", [["31/1/2020", "1/31/2020"], ["2020-01-32"], ["hello you"], ["10.5"], ["9999-01-01"], []]
)
def test_no_dates(texts: list[str]) -> None:
    assert date_reading(texts) is None


def test_swappable_dates_follow_the_order_of_rows_else_the_month_comes_first() -> None:
    ordered = [f"{day:02}/{month:02}/2020" for month in (1, 2, 3) for day in (1, 5, 11)]
    reading = date_reading(ordered)
    assert reading == DateReading(format="%d/%m/%Y")
    mixed = ["05/01/2020", "01/02/2020", "03/01/2020", "02/11/2020"]
    reading = date_reading(mixed)
    assert reading == DateReading(format="%m/%d/%Y")
    assert is_ambiguous(mixed, reading)
    assert not is_ambiguous(["1/31/2020"], DateReading(format="%m/%d/%Y"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["yes", "no", None], Kind.BOOLEAN),
        (["Y", "N", "N"], Kind.BOOLEAN),
        (["TRUE", "False", ""], Kind.BOOLEAN),
        (["t", "f"], Kind.BOOLEAN),
        ([True, False, None], Kind.BOOLEAN),
        ([0, 1, 1], Kind.BOOLEAN),
        ([0.0, 1.0, None], Kind.BOOLEAN),
        (["0", "1"], Kind.BOOLEAN),
        (["yes", "no", "maybe"], Kind.CATEGORICAL),
        (["y", "f"], Kind.CATEGORICAL),
        ([1, 2, 2], Kind.NUMERIC),
        ([1.5, 2.5, float("nan")], Kind.NUMERIC),
        ([date(2020, 1, 1), date(2020, 1, 2)], Kind.DATETIME),
        ([20190317, 20190318, 20200229], Kind.DATETIME),
        ([20190317, 20190318, 20190231], Kind.NUMERIC),
        (["20190317", "20190318", "20200229"], Kind.DATETIME),
        ([19, 20, 21], Kind.NUMERIC),
        ([1, 1, 1], Kind.CONSTANT),
        ([None, None], Kind.CONSTANT),
        (["", " ", "NA"], Kind.CONSTANT),
        ([True, True], Kind.CONSTANT),
    ],
)
def test_small_columns(values: list[object], expected: Kind) -> None:
    assert kind(values) is expected


def test_a_lone_value_beside_missing_ones_says_something() -> None:
    assert kind(["x"] * 30 + [None] * 70) is Kind.BOOLEAN
    assert kind(["red"] * 30 + [None] * 70) is Kind.CATEGORICAL
    assert kind([5] * 30 + [None] * 70) is Kind.NUMERIC
    assert kind(["red"] * 999 + [None]) is Kind.CONSTANT


def test_blanks_are_missing_in_numbers_as_text() -> None:
    charges = column([" ", "29.85", "1,889.5", ""], "TotalCharges")
    assert (charges.kind, charges.missing, charges.n_unique) == (Kind.NUMERIC, 2, 2)
    assert charges.reading == NumberReading(thousands=",")


def test_markers_are_recorded() -> None:
    weight = column(["?", "12", "N/A", "13", "-"])
    assert (weight.kind, set(weight.missing_markers), weight.missing) == (Kind.NUMERIC, {"?", "N/A", "-"}, 3)
    root = column(["b", "c", "?", "b"])
    assert (root.kind, root.missing_markers, root.missing) == (Kind.CATEGORICAL, ("?",), 1)
    dash = column(["a", "-", "b", "a"])
    assert (dash.missing_markers, dash.n_unique) == (("-",), 2)
    sign = column(["+", "-", "+", "0"])
    assert (sign.missing_markers, sign.n_unique) == ((), 3)
    pair = column(["a", "-", "a"])
    assert (pair.missing_markers, pair.n_unique) == ((), 2)
    known = column(["a", "unknown", "b", "a"])
    assert (known.missing_markers, known.n_unique) == ((), 3)
    none = column(["none", "minor", "None", "major"])
    assert (none.missing_markers, none.missing, none.n_unique) == ((), 0, 4)
    belt = column(["belted", "none", "belted"])
    assert (belt.kind, belt.missing, belt.n_unique) == (Kind.CATEGORICAL, 0, 2)
    numbers = column(["1", "none", "3", "2"])
    assert (numbers.kind, numbers.missing_markers, numbers.missing) == (Kind.NUMERIC, ("none",), 1)
    truth = column(["True", "None", "False", "True"])
    assert (truth.kind, truth.missing_markers, truth.missing) == (Kind.BOOLEAN, ("None",), 1)
    house = column(["Gd", "NA", "TA", "Gd"])
    assert (house.missing_markers, house.missing) == (("NA",), 1)


def test_infinite_numbers_are_missing() -> None:
    assert column([1.5, float("inf"), float("nan"), None, 2.5]).missing == 3


def test_identifiers() -> None:
    shuffled = CHANCE.sample(range(1000, 9000), 60)
    assert kind(list(range(1, 61)), "row") is Kind.IDENTIFIER
    assert kind(list(range(60)), "row") is Kind.IDENTIFIER
    assert kind(shuffled, "customer_id") is Kind.IDENTIFIER
    assert kind([float(n) for n in shuffled], "customer_id") is Kind.IDENTIFIER
    assert kind([str(n) for n in shuffled], "customer_id") is Kind.IDENTIFIER
    assert kind([f"{CHANCE.random():.9f}-{n}" for n in range(60)], "code") is Kind.IDENTIFIER
    assert kind([str(uuid.UUID(int=CHANCE.getrandbits(128))) for _ in range(60)]) is Kind.IDENTIFIER
    assert kind([f"{n:05}" for n in range(60)], "file") is Kind.IDENTIFIER


def test_what_is_no_identifier() -> None:
    shuffled = CHANCE.sample(range(1000, 9000), 60)
    assert kind(shuffled, "population") is Kind.NUMERIC
    assert kind(sorted(shuffled), "price") is Kind.NUMERIC
    assert kind(list(range(1990, 2020)), "year") is Kind.NUMERIC
    assert kind([n + 0.5 for n in shuffled], "id") is Kind.NUMERIC
    assert kind([n % 20 for n in range(60)], "customer_id") is Kind.NUMERIC
    assert kind(["Bern", "Basel", "Chur", "Genf", "Olten"], "city") is Kind.CATEGORICAL
    assert kind([f"A{n % 40}" for n in range(60)], "ticket") is Kind.CATEGORICAL


def test_text_and_categories() -> None:
    words = ["free", "call", "now", "love", "meet", "home", "later", "win", "prize", "ok"]
    messages = [" ".join(CHANCE.choices(words, k=8)) for _ in range(200)]
    assert kind(messages) is Kind.TEXT
    assert kind([CHANCE.choice(messages[:6]) for _ in range(200)]) is Kind.CATEGORICAL
    cars = [
        f"{CHANCE.choice(['chevrolet', 'plymouth'])} {CHANCE.choice(['malibu', 'satellite'])} {n}" for n in range(80)
    ]
    assert kind(cars) is Kind.TEXT
    assert kind(["01234", "00501", "01234", "90210"] * 5, "zip") is Kind.CATEGORICAL
    assert kind([f"N{n}UA" for n in range(400)] * 3, "tailnum") is Kind.CATEGORICAL


def test_columns_keep_order_and_storage() -> None:
    frame = pl.DataFrame({"b": ["yes", "no"], "a": [1.5, 2.0]})
    one, two = infer_columns(frame)
    assert (one.name, one.dtype, two.name, two.dtype) == ("b", "String", "a", "Float64")
    assert one.reading == BooleanReading(true=("yes",), false=("no",))
    assert one.sources == ("b",)


def test_categorical_storage_is_read_like_text() -> None:
    series = pl.Series("x", ["a", "b", None, "a"], dtype=pl.Categorical)
    assert infer_column(series).kind is Kind.CATEGORICAL
