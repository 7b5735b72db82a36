"""The table that the examples of operations are about: customers of a shop, of whom some left."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pandas as pd

ROWS = 300
_CITIES = {"Bern": (46.95, 7.45), "Lyon": (45.76, 4.84), "Turin": (45.07, 7.69), "Graz": (47.07, 15.44)}
_SMALL = ("Oulu", "Faro", "Split")
_REMARKS = (
    "asked for a refund",
    "late delivery",
    "very friendly",
    "wants an invoice by mail",
    "damaged parcel",
    "none",
)


def customers(rows: int = ROWS) -> pd.DataFrame:
    """Return the table; the same on every machine.

    Gaps in numbers and categories, rare cities, a debt of -1 where none is known, postcodes, amounts in words, dates,
    coordinates, short remarks; ``churned`` is what may be predicted.

    Parameters
    ----------
    rows : int, default=300
    """
    chance = Random(7)  # Python's own generator gives the same numbers in every version
    return pd.DataFrame([_customer(chance, number) for number in range(rows)])


def _customer(chance: Random, number: int) -> dict[str, object]:
    age, income = chance.randint(18, 90), round(chance.lognormvariate(10.2, 0.6), 2)
    city = chance.choice(list(_CITIES)) if chance.random() < 0.98 else chance.choice(_SMALL)
    latitude, longitude = _CITIES.get(city, (48.0, 10.0))
    joined = date(2021, 1, 1) + timedelta(days=chance.randint(0, 900))
    tariff = chance.choice(("A 10", "B 20", "C 30", "?"))
    remark = chance.choice(_REMARKS)
    leaves = 0.15 + 0.3 * (tariff == "C 30") + 0.3 * (remark in ("late delivery", "damaged parcel"))
    return {
        "age": None if number % 23 == 5 else age,
        "income": income,
        "debt": -1.0 if number % 31 == 7 else round(income * chance.random(), 2),
        "latitude": round(latitude + chance.gauss(0, 0.1), 4),
        "longitude": round(longitude + chance.gauss(0, 0.1), 4),
        "shop_latitude": latitude,
        "shop_longitude": longitude,
        "city": None if number % 29 == 11 else city,
        "tariff": tariff,
        "postcode": f"{chance.randint(1, 9):02d}00",
        "budget": f"{chance.choice(('about', 'up to'))} {chance.randint(1, 40) * 50} CHF",
        "member": chance.random() < 0.4,
        "joined": f"{joined.isoformat()} {chance.randint(7, 21):02d}:{chance.randint(0, 59):02d}:00",
        "seen": f"{(joined + timedelta(days=chance.randint(1, 200))).isoformat()} {chance.randint(7, 21):02d}:30:00",
        "note": f"Order {chance.randint(1000, 9999)}: {remark}, paid {chance.randint(5, 300)} euro on day {chance.randint(1, 365)}",
        "churned": "yes" if chance.random() < leaves else "no",
    }
