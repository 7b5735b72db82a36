"""Reading an answer leniently, once: fences, words around the document, trailing commas. What it says is judged strictly."""

from __future__ import annotations

import json
from typing import Any, Final

from planfit.plans.json_text import MOST_DEPTH, depth

LONGEST_MENDED: Final = 200_000
"""Characters of a document that is mended; longer ones are read as they stand or not at all."""


def read(text: str) -> Any:
    """Return the JSON value in a text; None where there is none that is whole.

    Examples
    --------
    >>> read('Here is the plan:\\n```json\\n{"transformations": [],}\\n```')
    {'transformations': []}
    >>> read("I would rather not.") is None
    True
    """
    if len(text) > LONGEST_MENDED or depth(text) > MOST_DEPTH:
        return None
    for part in (text, _inside(text)):
        try:
            return json.loads(part)
        except (ValueError, RecursionError):
            continue
    part = _inside(text)
    if not part:
        return None
    import json_repair

    try:
        found = json_repair.loads(part, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


def _inside(text: str) -> str:
    """Return what stands from the first brace to its own closing one; nothing where it is not closed.

    A document that was cut off is not completed: half a plan is another plan.
    """
    start = text.find("{")
    if start < 0:
        return ""
    level, quoted, skip = 0, False, False
    for place in range(start, len(text)):
        sign = text[place]
        if skip:
            skip = False
        elif quoted:
            skip, quoted = sign == "\\", sign != '"'
        elif sign == '"':
            quoted = True
        elif sign == "{":
            level += 1
        elif sign == "}":
            level -= 1
            if level == 0:
                return text[start : place + 1]
    return ""
