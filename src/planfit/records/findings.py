"""A finding: one judgement on a plan or a dataset, read alike by a person, a planner and a test."""

from __future__ import annotations

from typing import Any, Literal

from planfit.records.canonical import Record

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

    def sentence(self) -> str:
        """Return the finding as text for a person: where, what, what instead."""
        parts = [f"{self.path}: " if self.path else "", self.message]
        if self.rows:
            several = len(self.rows) > 1
            parts.append(f" Row{'s' * several} {', '.join(map(str, self.rows))}, counted from 0.")
        if self.nearest:
            parts.append(f" Did you mean {self.nearest!r}?")
        elif self.allowed:
            parts.append(f" Allowed: {self.allowed}.")
        if self.hint:
            parts.append(f" {self.hint}")
        return "".join(parts)
