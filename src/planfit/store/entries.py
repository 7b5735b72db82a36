"""An entry of ``trace.json``: one decision, its form, who decides, and the rules by which the runtime itself does."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from planfit.records.canonical import Record
from planfit.records.events import Stage
from planfit.records.findings import Finding
from planfit.records.scores import Usage

Status = Literal["accepted", "rejected", "failed", "rolled_back"]
RUNTIME = "runtime"
PERSON = "person"

RULES = {
    "clock": "What only time can decide is recorded once; resuming and replaying follow the record.",
    "failed": (
        "A candidate that ends without a model is logged with its cause; one that was short of memory or time is tried "
        "once more on fewer rows, then the next candidate's turn comes."
    ),
    "rolled_back": "A feature set that the probe finds worse beyond the noise is taken back and the planner is told.",
    "holdout": "The holdout is opened once, at the end, for what cross-validation has chosen.",
    "stop": "The search ends when it has converged, a limit is reached, the planner finishes or a person asks.",
    "halt": "Nothing is retried for ever: three failures in a row, or an open question, wait for a person.",
    "fork": "A fork shares every step of its parent whose inputs are the same; what differs is asked and done anew.",
    "command": "A person may step in between two rounds.",
    "deliver": "After the run has ended a person may have another candidate delivered; the holdout stays shut.",
}


class DecisionFile(Record):
    """A file that a decision led to."""

    path: str
    """Relative to the run's folder."""
    sha256: str


class Decision(Record):
    """One decision: what was asked, what was decided, what came of it."""

    id: str
    """``d001``, in the order in which decisions fell."""
    run_id: str
    timestamp: str
    """When it fell: UTC, ISO 8601."""
    parent: str | None
    """Id of the decision that it follows from: the answer that it corrects, else the last accepted one."""
    stage: Stage
    planner: str
    """Who decided: a planner's name, ``runtime`` or ``person``."""
    attempt: int | None = Field(ge=1)
    """Which answer to the same question it is; None for the runtime's own."""
    status: Status
    prompt: str
    """The exact text that led to it; of the runtime: the rule and what triggered it."""
    plan: Any
    """The plan as JSON; the raw text where the answer was none."""
    result: Any
    """What came of it, as far as the run has got."""
    findings: tuple[Finding, ...]
    rationale: str | None
    usage: Usage | None
    """What the answer cost; None where that is unknown."""
    artifacts: tuple[DecisionFile, ...]
    hash: str
    """SHA-256 over the canonical JSON of all other fields."""
