"""Column names: text, stripped, unique; and what a name says about its column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_ALWAYS = frozenset({"id", "ids", "uuid", "guid", "pk", "rowid", "rownames", "rowname", "rownum", "instant", "unnamed"})
_AT_THE_END = frozenset({"index", "idx", "key", "no", "nr", "number", "num", "serial"})
_RUN_TOGETHER = re.compile(
    r"(account|case|client|customer|employee|event|member|object|order|passenger|patient|person|product|record|row"
    r"|sample|session|subject|ticket|transaction|unique|user)(id|no|nr|number|key)"
)


LONGEST_NAME: Final = 200
"""Characters; plans, reports and files bear no longer ones."""
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
"""Blanks, line breaks, control characters and what cannot be seen."""


def unique_names(labels: Iterable[Any]) -> tuple[str, ...]:
    """Return `labels` as column names: text on one line, stripped, unique, of a bearable length.

    Letters that can be written in two ways in Unicode are written in one. An empty name is that of its place, as pandas
    does it.

    Examples
    --------
    >>> unique_names([" age ", 0, "age", None, "first\\nline"])
    ('age', '0', 'age_2', 'Unnamed: 3', 'first line')
    """
    names: list[str] = []
    plain = [_text(label, place) for place, label in enumerate(labels)]
    taken = set(plain)
    seen: set[str] = set()
    for name in plain:
        chosen, number = name, 2
        while chosen in seen or (chosen != name and chosen in taken):
            chosen, number = f"{name}_{number}", number + 1
        seen.add(chosen)
        names.append(chosen)
    return tuple(names)


def _text(label: Any, place: int) -> str:
    if isinstance(label, tuple):  # a level of a pandas MultiIndex each
        label = "_".join(str(part) for part in label if part not in ("", None))
    if _is_missing(label):
        return f"Unnamed: {place}"
    text = str(label)
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text)
        text = _BREAKS.sub(lambda found: " " if any(map(str.isspace, found[0])) else "", text)
    text = text.strip()[:LONGEST_NAME].rstrip()
    return text or f"Unnamed: {place}"


def _is_missing(label: Any) -> bool:
    if label is None:
        return True
    try:
        return bool(label != label)
    except TypeError:  # pandas' NA, which is neither equal nor different
        return True


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case: ``customerID`` is ``customer``, ``id``."""
    return tuple(word.lower() for word in _WORDS.findall(name))


def is_named_like_an_identifier(name: str) -> bool:
    """Return whether a name says that its column tells rows or entities apart, e.g. ``PassengerId``.

    Examples
    --------
    >>> [is_named_like_an_identifier(name) for name in ("customerID", "order no", "paid", "number_project")]
    [True, True, False, False]
    """
    words = words_of(name)
    if not words:
        return False
    letters = [word for word in words if not word.isdigit()] or [""]
    return (
        letters[0] in _ALWAYS
        or letters[-1] in _ALWAYS
        or letters[-1] in _AT_THE_END
        or _RUN_TOGETHER.fullmatch(letters[-1]) is not None
    )
