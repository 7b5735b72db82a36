"""A person's look at a plan before it is carried out."""

from __future__ import annotations

from typing import Any, Literal

from planfit.records.canonical import Record
from planfit.records.findings import Finding

REVIEWED = ("task", "feature_engineering", "model_search")
"""Stages whose plans a person may want to see first."""


class Waiting(Record):
    """A plan that waits for a person; the argument of a `review` callable."""

    run_id: str
    stage: str
    plan_kind: str
    ask_key: str
    plan: dict[str, Any]
    """As the planner proposed it; every gate has let it through."""
    rationale: str | None = None
    findings: tuple[Finding, ...] = ()
    """Warnings about it; errors where they are about the person's own edit."""


class Verdict(Record):
    """What a person says to a plan."""

    says: Literal["approve", "edit", "reject", "stop", "wait"] = "approve"
    """``wait``: decide later; the run pauses."""
    plan: str | None = None
    """Of ``edit``: the document to be carried out instead, as JSON text."""
    reason: str | None = None
    """Of ``reject``: why; the planner is told."""
