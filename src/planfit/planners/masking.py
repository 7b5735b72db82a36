"""How a single value is shown where a tier shows values: by its kind, without what points to a person or an account."""

from __future__ import annotations

import re
from typing import Any, Final

from planfit.records.schema import Kind

DIGITS: Final = 3
"""Significant digits of a figure that might otherwise be a cell."""
LONGEST: Final = 60
"""Characters of a value; longer ones are sentences."""
_PARTS: Final = (
    (re.compile(r"[^\s@<>()\"',;]+@[^\s@<>()\"',;]+"), "(e-mail)"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "(address)"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){4,7}\b", re.IGNORECASE), "(address)"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), "(account)"),
    (re.compile(r"(?<!\w)\+?\(?\d(?:[\s()./-]{0,2}\d){6,}(?!\w)"), "(number)"),
    (re.compile(r"\b(?:mr|mrs|ms|miss|dr|prof|herr|frau|mme|sr|sra)\b\.?(?:\s+[^\W\d_][\w'.-]*)+", re.IGNORECASE), "(name)"),
)  # fmt: skip
_CODE: Final = re.compile(r"(?<!\w)(?=\w*\d{3})(?=[\w-]{5,})[\w-]+(?!\w)")
"""Letters and digits of an order, a customer, a case."""
_FULL_NAME: Final = re.compile(r"[^\W\d_][\w'.-]*,? (?:[^\W\d_][\w'.-]*[ .]?){1,3}")
_MONTH: Final = re.compile(r"\d{4}(?:-\d\d)?(?!\d)")
_DATE: Final = re.compile(r"\b(\d{4}-\d\d)-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?\b")


def masked(value: str, kind: Kind, *, rare: bool = False) -> str:
    """Return a value as a language model may see it.

    Numbers keep three digits, dates their month; of words, e-mail addresses, addresses of the web, accounts, telephone
    numbers and names with a title are replaced, of codes the shape is left.

    Parameters
    ----------
    value : str
    kind : Kind
        Of its column.
    rare : bool
        It occurs in few rows; two or more capitalised words are then taken for somebody's name.

    Examples
    --------
    >>> masked("ann@example.org, room 7", Kind.CATEGORICAL)
    '(e-mail), room 7'
    >>> masked("ORD-20417-b", Kind.CATEGORICAL), masked("Anna Maria Schmidt", Kind.CATEGORICAL, rare=True)
    ('ORD-99999-a', '(name)')
    >>> masked("8412.77", Kind.NUMERIC), masked("1987-03-17", Kind.DATETIME)
    ('8410', '1987-03')
    """
    if kind is Kind.NUMERIC:
        return _rounded(value)
    if kind is Kind.DATETIME:
        found = _MONTH.match(value.strip())
        return found.group(0) if found else "(value)"
    if kind in (Kind.TEXT, Kind.IDENTIFIER):
        return "(value)"
    text = _DATE.sub(r"\1", " ".join(value.split()))
    if rare and _FULL_NAME.fullmatch(text) and all(word[:1].isupper() for word in text.split()):
        return "(name)"
    for pattern, instead in _PARTS:
        text = pattern.sub(instead, text)
    text = _CODE.sub(_shape, text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def end(value: Any, kind: Kind) -> Any:
    """Return a minimum or maximum as the widest tier shows it."""
    if isinstance(value, str):
        return masked(value, kind)
    return None if value is None else float(_rounded(repr(float(value))))


def _shape(match: re.Match[str]) -> str:
    signs = (
        "9" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.isalpha() else sign for sign in match.group(0)
    )
    return "".join(signs)


def _rounded(value: str) -> str:
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        return "(value)"
    short = float(f"{number:.{DIGITS}g}")
    return str(int(short)) if short.is_integer() and abs(short) < 1e15 else f"{short:g}"
