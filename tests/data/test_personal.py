"""What looks personal, and what does not."""

from __future__ import annotations

import polars as pl
import pytest

from planfit.data.personal import personal_kind, personal_kinds, personal_numbers
from planfit.data.profile import profile_table
from planfit.data.readers import read


def told(name: str, values: list[str]) -> str | None:
    return personal_kind(name, pl.Series(values))


def card(number: int) -> int:
    """Return a number of 16 digits with a valid check digit."""
    body = f"411111{number:09d}"
    total = 0
    for place, digit in enumerate(map(int, reversed(body))):
        doubled = digit if place % 2 else 2 * digit
        total += doubled - 9 if doubled > 9 else doubled
    return int(body + str(-total % 10))


def iban(number: int) -> str:
    account = f"37040044{number:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


PERSONAL = [
    ("contact", [f"user{k}@mail.example.org" for k in range(40)], "e-mail"),
    ("correo", [f"user{k} at x@y" for k in range(40)], "e-mail"),
    ("x", [f"+41 31 555 {k:02d} 02" for k in range(40)], "phone"),
    ("x", [f"(555) 123-{k:04d}" for k in range(40)], "phone"),
    ("Telefonnummer", [f"031 555 {k:02d} 02" for k in range(40)], "phone"),
    ("who", [f"Smith, Mr. John {k}" for k in range(40)], "name"),
    ("Nachname", ["Meier", "Müller", "Huber", "Schmid", "Keller"], "name"),
    ("apellido", ["García", "López", "Pérez", "Ruiz"], "name"),
    ("name", ["John Smith", "Mary Jones", "Aki Sato", "Emily Clark", "Li Na", "David Moore"], "name"),
    ("x", ["John Smith", "Mary Jones", "Peter Brown", "Emily Clark", "David Moore"], "name"),
    ("x", [f"{k} Main Street" for k in range(1, 40)], "address"),
    ("x", [f"Bahnhofstr. {k}" for k in range(1, 40)], "address"),
    ("Adresse", [f"Im Feld {k}" for k in range(1, 40)], "address"),
    ("x", [iban(k) for k in range(40)], "account number"),
    ("x", [iban(1)] * 40, "account number"),
    ("x", [str(card(k)) for k in range(40)], "account number"),
    ("x", [f"{k + 100}-45-{6000 + k}" for k in range(40)], "national id"),
    ("dni", [f"{12345678 + k}Z" for k in range(40)], "national id"),
    ("x", [f"192.168.{k}.{k + 1}" for k in range(40)], "IP address"),
    ("Geburtsdatum", [f"im Jahr {1950 + k}" for k in range(40)], "birth date"),
]
ORDINARY = [
    ("product_name", ["Fridge X2", "Oven Pro", "Lamp", "Chair Rose", "Table Jack", "Desk Max"]),
    ("product", ["Charlotte Sofa", "Milk", "Bread", "Apple", "Soap"]),
    ("ticket", [f"A/5 {21171 + k}" for k in range(40)]),
    ("ticket", [str(113803 + 7 * k) for k in range(40)]),
    ("order_no", [f"{4000000000000 + 17 * k}" for k in range(40)]),
    ("sku", [f"DE{10 + k}ABCDEFGHIJK{k}" for k in range(40)]),
    ("Street", ["Pave", "Grvl"] * 40),
    ("MultipleLines", ["Yes", "No", "No phone service"] * 40),
    ("PhoneService", ["Yes", "No"] * 40),
    ("mail_sent", ["yes", "no"] * 40),
    ("phone_model", [f"Galaxy S{k}" for k in range(40)]),
    ("city", ["Bern", "Paris", "Florence", "Victoria", "Charlotte", "Lima", "Quito"]),
    ("measurement", [f"{k}.5 mm" for k in range(40)]),
    ("version", [f"1.{k}.0" for k in range(40)]),
    ("date", [f"2020-01-{k:02d}" for k in range(1, 29)]),
    ("email_type", ["spam", "ham", "other"] * 20),
    ("text", [f"John wrote that the delivery number {k} was late again" for k in range(40)]),
    ("car name", ["chevrolet malibu", "ford torino", "amc rebel sst", "plymouth satellite", "buick skylark"]),
    ("species", ["Iris setosa", "Iris virginica", "Rosa canina", "Viola alba"]),
    ("company", ["Smith & Sons Ltd", "Jones Bakery", "ACME Corp", "Brown Steel"]),
]


@pytest.mark.parametrize(
    ("name", "values", "kind"), PERSONAL, ids=[f"{kind}-{k}" for k, (_, _, kind) in enumerate(PERSONAL)]
)
def test_personal_values_are_seen(name, values, kind):
    assert told(name, values) == kind


@pytest.mark.parametrize(("name", "values"), ORDINARY, ids=[f"{name}-{k}" for k, (name, _) in enumerate(ORDINARY)])
def test_ordinary_values_are_not(name, values):
    assert told(name, values) is None


def test_columns_judged_together_are_judged_as_alone():
    columns = [(name, values) for name, values, _ in PERSONAL] + ORDINARY
    places = [place for place, (_, values) in enumerate(columns) for _ in values]
    sample = pl.DataFrame({"place": places, "value": [value for _, values in columns for value in values]})
    found = personal_kinds([name for name, _ in columns], sample)
    assert [found.get(place) for place in range(len(columns))] == [told(name, values) for name, values in columns]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("x", [card(k) for k in range(40)], "account number"),
        ("mobile", [41795550000 + 13 * k for k in range(40)], "phone"),
        ("ssn", [123456789 + 11 * k for k in range(40)], "national id"),
        ("mobile", [0, 1] * 20, None),
        ("duration", [41795550000 + 13 * k for k in range(40)], None),
        ("x", [4_000_000_000_000_000 + k for k in range(40)], None),
        ("pan", [1.5, 2.5] * 20, None),
    ],
)
def test_whole_numbers_may_be_personal(name, values, kind):
    assert personal_numbers(name, pl.Series(values)) == kind


def test_a_personal_column_shows_nothing_of_its_values():
    got = profile_table(
        read(
            pl.DataFrame({"birth_date": [f"19{50 + k}-01-02" for k in range(40)], "card": [card(k) for k in range(40)]})
        )
    )
    for stats in got.statistics:
        assert stats.personal is not None
        assert (stats.minimum, stats.maximum, stats.mean, stats.top, stats.histogram, stats.quantiles) == (
            None,
            None,
            None,
            (),
            (),
            (),
        )
    assert [warning.columns for warning in got.warnings if warning.code == "personal-data"] == [("birth_date", "card")]
