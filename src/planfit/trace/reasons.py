"""What an answer from the record is made of."""

from __future__ import annotations

import hashlib
from typing import Any

from planfit.records.canonical import Record
from planfit.store.entries import Decision
from planfit.store.run import RunReader


class Reason(Record):
    """One thing that the record says about a subject."""

    subject: str
    sentence: str
    decision: str | None = None
    """Id of the entry in the trace, where one says it."""
    stage: str
    by: str
    """Who decided: a planner's name, ``runtime`` or ``person``."""
    figures: dict[str, Any] = {}
    prompt: str | None = None
    """File in the run's folder with the exact text that led to it, where a planner was asked."""


class Trial(Record):
    """One candidate, scored or not."""

    candidate: str
    family: str
    features: str
    origin: str
    params: dict[str, Any]
    """All hyperparameters, or the one that was asked for."""
    metric: str | None = None
    score: float | None = None
    """Cross-validated; None where it failed."""
    std: float | None = None
    per_fold: tuple[float, ...] = ()
    seconds: float
    failed: str | None = None
    """Cause, where it ended without a model."""
    detail: str | None = None
    parent: str | None = None
    """The candidate that it is a tuning trial of."""
    decision: str | None = None
    """Id of the entry in the trace that asked for it."""
    weight: float | None = None
    """In what is delivered: 1 for the candidate itself, less for a member of an ensemble, None for the others."""


def prompt_file(reader: RunReader, decision: Decision) -> str | None:
    """Return the file that holds a decision's prompt, None for the runtime's own decisions."""
    path = f"prompts/{hashlib.sha256(decision.prompt.encode('utf-8', 'surrogatepass')).hexdigest()}.txt"
    return path if reader.announced(path) is not None else None
