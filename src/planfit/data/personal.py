"""Columns that look personal: told by what their values look like, or by their name and values that bear it out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from planfit.data.check_digits import has_account_check, has_card_check, has_tax_check
from planfit.data.given_names import GIVEN_NAMES
from planfit.data.names import words_of

SAMPLE: Final = 500
"""Values that are looked at."""
MOST: Final = 0.5
"""Share of the values, above which a shape makes a column personal."""
CHECKED: Final = 0.9
"""The same for numbers with check digits, which chance would pass in a tenth of the cases."""
_DISTINCT_SHARE: Final = 0.3
"""A name tells of persons only where most values differ: five streets' types are no addresses."""
NAMED_SHARE: Final = 0.2
KNOWN_SHARE: Final = 0.5
"""Share of values with a common given name that makes names of them, with and without a column name that says so."""


def _kinds(**words: str) -> dict[str, str]:
    return {word: kind.replace("_", " ") for kind, listed in words.items() for word in listed.split()}


_BY_WORD: Final = {
    "email": "e-mail", "mail": "e-mail", "emailaddress": "e-mail", "correo": "e-mail", "courriel": "e-mail",
    **_kinds(
        phone="phone telephone mobile fax telefon telefono telefone cellphone phonenumber mobilenumber handy handynummer "
        "telefonnummer movil tel msisdn puhelin telefoon",
        address="address street adresse strasse anschrift direccion domicilio indirizzo endereco adres streetaddress osoite calle rue",
        account_number="iban creditcard cardnumber kontonummer kreditkarte ccnumber accountnumber cuenta conto rekening ccnum pan bic",
        national_id="ssn passport nino dni nif cpf pesel bsn personnummer ahv svnr sozialversicherungsnummer aadhaar nhs curp "
        "reisepass passeport pasaporte codicefiscale",
        name="surname firstname lastname fullname forename givenname familyname vorname nachname familienname prenom apellido "
        "apellidos nombre cognome sobrenome imie nazwisko fornavn efternamn etunimi sukunimi voornaam achternaam",
        birth_date="birthdate birthday dob geburtsdatum geburtstag naissance nacimiento nascita nascimento dateofbirth fodselsdato "
        "geboortedatum",
        IP_address="ip ipaddress ipv4 ipv6",
    ),
}  # fmt: skip
_WHOSE: Final = "first last full given family customer patient client employee person user contact nom"
_PAIRS: Final = {
    **{("name", first): "name" for first in _WHOSE.split()},
    ("e", "mail"): "e-mail", ("birth", "date"): "birth date", ("day", "birth"): "birth date", ("cell", "phone"): "phone",
    ("credit", "card"): "account number", ("card", "number"): "account number", ("account", "number"): "account number",
    ("account", "no"): "account number", ("bank", "account"): "account number", ("social", "security"): "national id",
    ("national", "id"): "national id", ("tax", "id"): "national id", ("codice", "fiscale"): "national id",
    ("driver", "license"): "national id", ("driving", "licence"): "national id",
}  # fmt: skip
_OTHERS: Final = (
    "product item file city country state brand store shop team station company firm school class species event model column host "
    "movie film song book game title street place hotel restaurant dish drug gene protein chemical category group region car"
)
_NO_PERSONS: Final = frozenset(_OTHERS.split())
"""Words beside ``name`` that say what else is named."""
_BY_SHAPE: Final = {
    "e-mail": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
    "phone": r"^(?:(?:\+|00)[1-9][\d ()/.-]{7,18}\d|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-.]\d{3}[-.]\d{4}|1-\d{3}-\d{3}-\d{4})$",
    "national id": r"^(?:\d{3}-\d{2}-\d{4}|756\.\d{4}\.\d{4}\.\d{2}|\d{3}\.\d{3}\.\d{3}-\d{2}|[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z])$",
    "IP address": r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$|^(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}$",
    "name": r"^[\p{Lu}][\w' -]+, (?:Mr|Mrs|Miss|Ms|Dr|Master|Rev|Prof|Sir|Don)\b",
    "address": r"(?i)^(?:\d{1,5}[a-z]?,? (?:[\w.'-]+ ){0,4}(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|way|place|"
    r"pl|terrace|square|rue|avenida|calle|via)\b\.?|(?:\d{1,4},? )?(?:rue|avenue|calle|via|viale|piazza|rua|plaza) [\p{L}' .-]+,? ?\d{0,4}$|"
    r"[\p{L} .-]+(?:str\.|strasse|straße|gasse|weg|platz|allee|gatan|straat|laan) ?\d{1,4} ?[a-z]?\b)",
}  # fmt: skip
_BORNE_OUT: Final = {
    "e-mail": r"@", "phone": r"^\+?(?:[ ()/.-]*\d){6,16}[ ()/.-]*$", "address": r"\p{L}{3,}",
    "account number": r"^[A-Z]{0,4}(?:[ -]?[\dX*]){5,}", "national id": r"(?:[\d*X].*){5}", "name": r"^\p{Lu}[\p{L}\p{M}'’. \d-]*,?",
    "birth date": r"\d", "IP address": r"^[\d.:a-fA-F*x/]{6,}$",
}  # fmt: skip
"""What the values must look like beside a column name that tells."""
_CHECKED: Final[tuple[tuple[str, str, Callable[[str], bool]], ...]] = (
    ("account number", r"^[A-Z]{2}\d{2}[A-Z0-9 ]{11,32}$", has_account_check),
    ("account number", r"^(?:\d[ -]?){12,18}\d$", has_card_check),
    ("national id", r"^\d{11}$", has_tax_check),
)
_LIKE_NAMES: Final = r"^\p{Lu}[\p{L}\p{M}'’., -]{1,60}$"
_PHONE_DIGITS: Final = (1e6, 1e15)
_ID_DIGITS: Final = (1e6, 1e13)


def personal_kind(name: str, texts: pl.Series) -> str | None:
    """Return ``name``, ``e-mail``, ``phone``, ``address``, ... where a column looks personal, else None.

    Parameters
    ----------
    name : str
        The column's name.
    texts : polars.Series
        Present values of some rows, as text.

    Examples
    --------
    >>> personal_kind("contact", pl.Series(["a@b.ch", "c@d.org"])), personal_kind("product", pl.Series(["Fridge X2", "Oven"]))
    ('e-mail', None)
    """
    sample = pl.DataFrame({"place": pl.Series([0] * len(texts), dtype=pl.Int64), "value": texts})
    return personal_kinds([name], sample).get(0)


def personal_kinds(names: Sequence[str], sample: pl.DataFrame) -> dict[int, str]:
    """Return the columns that look personal by their place, with the kind of data.

    Parameters
    ----------
    names : sequence of str
        The columns' names.
    sample : polars.DataFrame
        Present texts as ``value``, with the ``place`` of their column.
    """
    value = pl.col("value")
    first = sample.group_by("place", maintain_order=True).head(SAMPLE)
    first = first.with_columns(
        *(value.str.contains(shape).alias(kind) for kind, shape in _BY_SHAPE.items()),
        *(value.str.contains(shape).alias(f"checked {number}") for number, (_, shape, _) in enumerate(_CHECKED)),
        value.str.contains(_LIKE_NAMES).alias("like names"),
    )
    told = {place: kind for place, name in enumerate(names) if (kind := _told_by_name(name)) is not None}
    shares = first.group_by("place").agg(
        pl.exclude("place", "value").mean(), (value.n_unique() / pl.len()).alias("differing")
    )
    groups = {key[0]: group["value"] for key, group in first.partition_by("place", as_dict=True).items()}
    found = {}
    for row in shares.iter_rows(named=True):
        place = row["place"]
        kind = _kind_of(names[place], told.get(place), row, groups[place])
        if kind is not None:
            found[place] = kind
    return found


def _kind_of(name: str, told: str | None, shares: dict[str, float], texts: pl.Series) -> str | None:
    for kind in _BY_SHAPE:
        if shares[kind] > MOST:
            return kind
    differing = shares["differing"] > _DISTINCT_SHARE
    for number, (kind, _, holds) in enumerate(_CHECKED):
        if (
            not differing and holds is not has_account_check
        ):  # an IBAN does not pass by chance, be it the same in all rows
            continue
        if shares[f"checked {number}"] > CHECKED and _mean(map(holds, texts.to_list())) > CHECKED:
            return kind
    if not differing:
        return None
    if told is not None and _share(texts, _BORNE_OUT[told]) > MOST:
        return told
    return "name" if shares["like names"] > NAMED_SHARE and _are_names(name, texts) else None


def personal_date(name: str) -> str | None:
    """Return ``birth date`` where a column of dates looks like one, else None."""
    told = _told_by_name(name)
    return told if told == "birth date" else None


def personal_numbers(name: str, series: pl.Series) -> str | None:
    """Return ``phone``, ``account number`` or ``national id`` where whole numbers are one, else None.

    Parameters
    ----------
    name : str
        The column's name.
    series : polars.Series
        The column as read.
    """
    told = _told_by_name(name)
    if not series.dtype.is_integer() or (told is None and not _may_be_cards(series)):
        return None
    sample = series.head(2 * SAMPLE).drop_nulls().head(SAMPLE)
    if sample.is_empty() or sample.n_unique() <= _DISTINCT_SHARE * len(sample):
        return None
    texts = sample.cast(pl.String)
    if _share(texts, r"^\d{13,16}$") > CHECKED and _mean(map(has_card_check, texts.to_list())) > CHECKED:
        return "account number"
    limits = {"phone": _PHONE_DIGITS, "national id": _ID_DIGITS, "account number": _ID_DIGITS}.get(told or "")
    if limits is None:
        return None
    return told if float(sample.is_between(int(limits[0]), int(limits[1])).mean() or 0) > CHECKED else None  # type: ignore[arg-type]


def _may_be_cards(series: pl.Series) -> bool:
    first = series.first()
    return isinstance(first, int) and 10**12 <= first < 10**16


def _share(texts: pl.Series, shape: str) -> float:
    return float(texts.str.contains(shape).mean() or 0.0)  # type: ignore[arg-type]


def _mean(truths: object) -> float:
    listed = list(truths)  # type: ignore[call-overload]
    return sum(listed) / len(listed)


def _plain_words(name: str) -> tuple[str, ...]:
    """Return the words of a name without accents."""
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    return words_of("".join(letter for letter in letters if not unicodedata.combining(letter)))


def _told_by_name(name: str) -> str | None:
    words = _plain_words(name)
    present = set(words)
    pair = next((kind for pair, kind in _PAIRS.items() if set(pair) <= present), None)
    if pair is not None and not (pair == "name" and present & _NO_PERSONS):
        return pair
    told = [_BY_WORD[word] for word in words if word in _BY_WORD]
    # an e-mail address and an IP address are not where people live
    return next((kind for kind in told if kind != "address"), told[0] if told else None)


def _are_names(name: str, sample: pl.Series) -> bool:
    """Return whether values are persons' names, by the given names that many people bear."""
    words = set(_plain_words(name))
    if words & _NO_PERSONS:
        return False
    bearing = _mean(_bears_given_name(text) for text in sample.to_list())
    return bearing > (NAMED_SHARE if words & {"name", "names", "nom", "nombre", "nome"} else KNOWN_SHARE)


def _bears_given_name(text: str) -> bool:
    parts: Sequence[str] = re.findall(r"[^\W\d_]+", text)
    if not 1 <= len(parts) <= 5 or re.search(r"\d", text):
        return False
    return any(
        part[:1].isupper() and part.casefold() in GIVEN_NAMES
        for part in (parts[0], parts[-1], parts[min(1, len(parts) - 1)])
    )
