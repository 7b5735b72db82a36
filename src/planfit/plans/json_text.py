"""From the raw text of an answer to JSON values, with findings where it is not JSON. Never an exception."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from planfit.plans.codes import clean, finding, pointer, shown
from planfit.records.findings import Finding

MOST_CHARACTERS: Final = 2_000_000
MOST_DEPTH: Final = 32
MOST_DIGITS: Final = 100
"""Of a whole number; Python itself refuses some thousands."""

# Possessive, so that an unclosed text costs one pass
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class _Twice(dict[str, Any]):
    """An object in which a field stood twice."""

    names: tuple[str, ...] = ()


class _NoNumber:
    """What is written as a number, but is none that JSON or a plan knows."""

    def __init__(self, text: str) -> None:
        self.text = text


def read_json(text: str) -> tuple[Any, tuple[Finding, ...]]:
    """Return the JSON value and what is wrong with the text; with a ``not-json`` at the root, there is no value.

    Examples
    --------
    >>> read_json('{"a": 1}')
    ({'a': 1}, ())
    >>> read_json("{")[1][0].code
    'not-json'
    """
    text = text.removeprefix("\ufeff")
    refused = _refusal(text)
    if refused is not None:
        return None, (refused,)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_NoNumber, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as error:
        return None, (_not_json(text, error),)
    except RecursionError:
        return None, (_too_deep(),)
    found: list[Finding] = []
    return _cleaned(value, (), found), tuple(found)


def _refusal(text: str) -> Finding | None:
    if not text.strip():
        return finding("not-json", "", "The answer is empty.", allowed="one JSON document")
    if len(text) > MOST_CHARACTERS:
        message = f"The document has {len(text):,} characters; at most {MOST_CHARACTERS:,} are read."
        return finding("too-long", "", message)
    return _too_deep() if depth(text) > MOST_DEPTH else None


def depth(text: str) -> int:
    """Return how deep the brackets of `text` are nested; those inside texts do not count.

    >>> depth('{"a": [1, "[["]}')
    2
    """
    deepest = level = 0
    for token in _TOKENS.finditer(text):
        sign = text[token.start()]
        if sign in "[{":
            level += 1
            deepest = max(deepest, level)
        elif sign in "]}":
            level -= 1
    return deepest


def _too_deep() -> Finding:
    message = f"The document is nested deeper than {MOST_DEPTH} levels."
    return finding("too-deep", "", message, hint="A plan needs a handful of levels.")


def _not_json(text: str, error: json.JSONDecodeError) -> Finding:
    where = f"line {error.lineno} column {error.colno}"
    hint = "Give one JSON document and nothing else."
    if text.lstrip().startswith("```"):
        hint = "Leave out the Markdown fence: answer with the JSON document alone."
    elif (
        error.msg.startswith("Illegal trailing comma")
        or (  # the words of Python 3.13
            text[: error.pos].rstrip().endswith(",") and text[error.pos : error.pos + 1] in ("]", "}")
        )
    ):
        hint = "Leave out the comma before the closing bracket."
    elif error.msg == "Extra data":
        hint = "Leave out everything after the JSON document."
    elif not text.lstrip().startswith(("{", "[", '"')):
        hint = "Leave out everything before the JSON document."
    around = shown(text[max(0, error.pos - 20) : error.pos + 20])
    message = f"The text is not JSON: {error.msg[:1].lower()}{error.msg[1:]} at {where}, around {around}."
    return finding("not-json", "", message, allowed="one JSON document", hint=hint)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for name, _ in pairs:
        if name in seen:
            repeated[name] = None
        seen.add(name)
    twice = _Twice(made)
    twice.names = tuple(repeated)
    return twice


def _integer(text: str) -> Any:
    return int(text) if len(text) <= MOST_DIGITS else _NoNumber(text)


def _float(text: str) -> Any:
    value = float(text)
    return value if math.isfinite(value) else _NoNumber(text)


def _cleaned(value: Any, path: tuple[str | int, ...], found: list[Finding]) -> Any:
    """Return plain JSON values, and note what had to be put right on the way."""
    if isinstance(value, _NoNumber):
        text = value.text if len(value.text) <= 40 else f"{value.text[:40]}… ({len(value.text):,} digits)"
        message = f"{text} is not a number that a plan may hold."
        found.append(finding("not-json", pointer(*path), message, allowed="a finite number"))
        return None
    if isinstance(value, str):
        return _cleaned_text(value, path, found)
    if isinstance(value, list):
        return [_cleaned(item, (*path, place), found) for place, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if isinstance(value, _Twice):
        for name in value.names:
            message = f"The field `{shown(name)[1:-1]}` stands twice in the same object."
            found.append(finding("duplicate-field", pointer(*path, name), message, hint="Keep one of them."))
    return {_cleaned_text(name, path, found): _cleaned(item, (*path, name), found) for name, item in value.items()}


def _cleaned_text(text: str, path: tuple[str | int, ...], found: list[Finding]) -> str:
    plain = clean(text)
    if plain != text:
        message = f"The text {shown(text)} holds half of a character pair, which no text can."
        found.append(finding("not-json", pointer(*path), message, allowed="text of whole characters"))
    return plain
