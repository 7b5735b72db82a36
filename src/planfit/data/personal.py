"""Columns that look personal: told by their name, or by what their values look like."""

from __future__ import annotations

from typing import Final

import polars as pl

from planfit.data.names import words_of

_BY_WORD: Final = {
    "email": "e-mail", "mail": "e-mail", "phone": "phone", "telephone": "phone", "mobile": "phone", "fax": "phone",
    "address": "address", "street": "address", "iban": "account number", "ssn": "account number",
    "surname": "name", "firstname": "name", "lastname": "name", "fullname": "name", "passport": "account number",
    "birthdate": "birth date", "birthday": "birth date", "dob": "birth date",
}  # fmt: skip
_PAIRS: Final = {
    ("first", "name"): "name", ("last", "name"): "name", ("full", "name"): "name", ("given", "name"): "name",
    ("family", "name"): "name", ("customer", "name"): "name", ("patient", "name"): "name", ("e", "mail"): "e-mail",
    ("birth", "date"): "birth date", ("date", "birth"): "birth date",
}  # fmt: skip
_BY_SHAPE: Final = {
    "e-mail": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
    "phone": r"^(?:\+|00)\d[\d ()/.-]{7,18}\d$",
    "account number": r"^[A-Z]{2}\d{2}[A-Z0-9 ]{11,32}$",
    "name": r"^[A-Z][\w'-]+, (?:Mr|Mrs|Miss|Ms|Dr|Master|Rev)\b",
}
_SAMPLE = 500
_DISTINCT_SHARE = 0.3
"""A name tells of persons only where most values differ: five streets' types are no addresses."""


def personal_kind(name: str, texts: pl.Series) -> str | None:
    """Return ``name``, ``e-mail``, ``phone``, ``address``, ... where a column looks personal, else None.

    Parameters
    ----------
    name : str
        The column's name.
    texts : polars.Series
        Its present values as text.
    """
    if texts.is_empty():
        return None
    sample = texts.head(_SAMPLE)
    for kind, shape in _BY_SHAPE.items():
        if float(sample.str.contains(shape).mean() or 0.0) > 0.5:  # type: ignore[arg-type]
            return kind
    told = _told_by_name(name)
    return told if told is not None and sample.n_unique() > _DISTINCT_SHARE * len(sample) else None


def personal_date(name: str) -> str | None:
    """Return ``birth date`` where a column of dates looks like one, else None."""
    told = _told_by_name(name)
    return told if told == "birth date" else None


def _told_by_name(name: str) -> str | None:
    words = words_of(name)
    told = next((_BY_WORD[word] for word in words if word in _BY_WORD), None)
    return told or next((kind for pair, kind in _PAIRS.items() if set(pair) <= set(words)), None)
