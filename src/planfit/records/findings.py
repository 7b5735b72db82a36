"""A finding: one judgement on a plan or a dataset, read alike by a person, a planner and a test."""

from __future__ import annotations

from typing import Any, Final, Literal

from planfit.records.canonical import Record

MOST_OF_PATH: Final = 200
MOST_OF_ALLOWED: Final = 2_000
"""Signs of a sentence for people; the record keeps all of them."""

NOTICED: Final = frozenset({"repeated-plan", "plans-in-a-circle", "rolled-back", "claimed-result"})
"""Codes that tell of a planner rather than of a plan; of a language model they are counted in the report."""

Gate = Literal["document", "schema", "sample", "data", "dataset", "task"]


class Finding(Record):
    """One judgement. Only those of severity ``error`` refuse a plan."""

    code: str
    """Kebab case, e.g. ``unknown-column``; listed in the docs."""
    gate: Gate
    severity: Literal["error", "warning"] = "error"
    path: str = ""
    """JSON Pointer into the plan, e.g. ``/transformations/0/column``; empty for the whole document."""
    message: str
    """What is wrong, one sentence."""
    allowed: str | None = None
    """What would be right."""
    nearest: str | None = None
    """The nearest valid name."""
    hint: str | None = None
    mend: tuple[dict[str, Any], ...] | None = None
    """A JSON Patch (RFC 6902) that would put it right, where there is an obvious one."""
    rows: tuple[int, ...] | None = None
    """Some of the rows concerned, by position."""
    columns: tuple[str, ...] = ()
    """Columns concerned."""

    @property
    def refuses(self) -> bool:
        return self.severity == "error"

    def __str__(self) -> str:
        return f"{self.severity} {self.code}: {self.sentence()}"

    def sentence(self) -> str:
        """Return the finding as one line for a person: where, what, what instead. Nothing in it steers a terminal."""
        parts = [f"{_shortened(self.path, MOST_OF_PATH)}: " if self.path else "", self.message]
        if self.rows:
            several = len(self.rows) > 1
            parts.append(f" Row{'s' * several} {', '.join(map(str, self.rows))}, counted from 0.")
        if self.nearest:
            parts.append(f" Did you mean {self.nearest!r}?")
        elif self.allowed:
            parts.append(f" Allowed: {_shortened(self.allowed, MOST_OF_ALLOWED)}.")
        if self.hint:
            parts.append(f" {self.hint}")
        return printable("".join(parts))


def printable(text: str) -> str:
    """Return a text in which every sign can be seen: line ends, escapes and marks of direction as Python writes them.

    Examples
    --------
    >>> print(printable("one\\ntwo \\x1b[31mred"))
    one\\ntwo \\x1b[31mred
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
