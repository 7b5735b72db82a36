"""The event log's vocabulary. The log is the run; all other state is derived from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from planfit.records.calls import Asking, ModelCall, Privacy
from planfit.records.canonical import Record
from planfit.records.findings import Finding
from planfit.records.run import Environment, RunRequest, StopReason
from planfit.records.scores import ArtifactRef, CandidateFailure, Delivered, HoldoutScore, Probe, Score, Usage

Stage = Literal[
    "profiling", "task", "split", "feature_engineering", "model_search", "tuning", "training", "evaluation", "report"
]


class RunStarted(Record):
    kind: Literal["run_started"] = "run_started"
    request: RunRequest
    environment: Environment
    seed: int
    forked_from: str | None = None


class RunResumed(Record):
    kind: Literal["run_resumed"] = "run_resumed"
    pid: int
    host: str
    environment_differs: tuple[str, ...] = ()
    """Libraries whose version is another now."""
    spent_seconds: float
    """Active seconds of all earlier sittings."""
    steps: int | None = None
    """Finished steps that are found again."""
    candidates: int | None = None
    """Scored candidates among them."""
    again: tuple[str, ...] = ()
    """Steps that were begun and not finished: they are done again."""
    asking: Asking | None = None
    """How a language model is asked from here on, where a person told it anew; and, in `privacy`, what it may see."""
    privacy: Privacy | None = None


class LogRepaired(Record):
    kind: Literal["log_repaired"] = "log_repaired"
    bytes_cut: int


class StepStarted(Record):
    kind: Literal["step_started"] = "step_started"
    key: str
    stage: Stage
    name: str
    """What it is, for people: ``candidate c003``."""


class StepFinished(Record):
    kind: Literal["step_finished"] = "step_finished"
    key: str
    stage: Stage
    name: str
    result: Any
    """JSON of the step's record; its type follows from `name`'s first word."""
    files: tuple[ArtifactRef, ...] = ()
    seconds: float = 0.0
    reused_from: str | None = None
    """Run id, when another run had computed it."""


class PlanRequested(Record):
    kind: Literal["plan_requested"] = "plan_requested"
    ask_key: str
    stage: Stage
    plan_kind: str
    prompt: ArtifactRef
    planner: str
    round: int
    attempt: int


class PlanProposed(Record):
    kind: Literal["plan_proposed"] = "plan_proposed"
    ask_key: str
    document: str
    """The raw text of the answer."""
    usage: Usage | None = None


class ModelCalled(Record):
    """One call of a language model on the way to an answer; several where some failed."""

    kind: Literal["model_called"] = "model_called"
    ask_key: str
    number: int
    """From 1 for each question."""
    call: ModelCall
    answer: str | None = None
    """The text of the answer as it came, its first 20,000 characters, where the plan was read out of it."""


class PlanRejected(Record):
    kind: Literal["plan_rejected"] = "plan_rejected"
    ask_key: str
    findings: tuple[Finding, ...]


class PlanAccepted(Record):
    kind: Literal["plan_accepted"] = "plan_accepted"
    ask_key: str
    plan: Any
    findings: tuple[Finding, ...] = ()
    """Warnings."""


class PlanFailed(Record):
    """An accepted plan that broke on the full data."""

    kind: Literal["plan_failed"] = "plan_failed"
    ask_key: str
    findings: tuple[Finding, ...]


class DecisionMade(Record):
    """The runtime's own decision, by rule; becomes an entry of the trace."""

    kind: Literal["decision_made"] = "decision_made"
    key: str
    stage: Stage
    rule: str
    """The rule, in words."""
    what: str
    because: str
    figures: dict[str, Any] = {}


class ClockDecided(Record):
    """What time decided; the only kind of event that depends on a clock."""

    kind: Literal["clock_decided"] = "clock_decided"
    key: str
    name: str
    value: Any


class CommandReceived(Record):
    kind: Literal["command_received"] = "command_received"
    command: Literal["stop", "review", "rollback", "edit", "deliver"]
    by: str
    round: int
    detail: str | None = None
    to: int | None = None
    """Of ``rollback``: the last event that counts; what comes between it and this one is set aside, not deleted."""
    ask_key: str | None = None
    """Of ``review``: the question whose plan was looked at."""
    plan: str | None = None
    """Of ``edit``: the person's document, as it was given."""


class CandidateFailedEvent(Record):
    kind: Literal["candidate_failed"] = "candidate_failed"
    key: str
    failure: CandidateFailure


class RolledBack(Record):
    kind: Literal["rolled_back"] = "rolled_back"
    ask_key: str
    frm: str
    to: str
    by: Literal["probe", "person"]
    probe: Probe | None = None


class WarningRaised(Record):
    kind: Literal["warning_raised"] = "warning_raised"
    key: str
    stage: Stage
    finding: Finding


class HoldoutOpened(Record):
    kind: Literal["holdout_opened"] = "holdout_opened"
    split_key: str
    key: str
    opening: int


class RunStopped(Record):
    """The search ended; finishing follows."""

    kind: Literal["run_stopped"] = "run_stopped"
    reason: StopReason
    because: str


class RunHalted(Record):
    kind: Literal["run_halted"] = "run_halted"
    stage: Stage
    status: Literal["halted", "question", "failed", "paused"] = "halted"
    message: str
    findings: tuple[Finding, ...] = ()
    question: dict[str, Any] | None = None
    tried: tuple[str, ...] = ()
    """Each failure of the row, with what was wrong."""
    artifacts: tuple[str, ...] = ()
    """What is at hand all the same, by its path in the run."""
    commands: tuple[str, ...] = ()


class RunFinished(Record):
    kind: Literal["run_finished"] = "run_finished"
    status: Literal["finished", "stopped"]
    delivered: Delivered
    cv: Score
    holdout: HoldoutScore | None = None
    seconds: float


Body = Annotated[
    RunStarted
    | RunResumed
    | LogRepaired
    | StepStarted
    | StepFinished
    | PlanRequested
    | PlanProposed
    | ModelCalled
    | PlanRejected
    | PlanAccepted
    | PlanFailed
    | DecisionMade
    | ClockDecided
    | CommandReceived
    | CandidateFailedEvent
    | RolledBack
    | WarningRaised
    | HoldoutOpened
    | RunStopped
    | RunHalted
    | RunFinished,
    Field(discriminator="kind"),
]


class Event(Record):
    """One line of ``events.jsonl``."""

    no: int
    """From 1, without gaps."""
    at: str
    """UTC, ISO 8601 with microseconds and ``Z``."""
    run_id: str
    format: Literal[1] = 1
    prev_hash: str
    """Hash of the event before; 64 zeros for the first."""
    body: Body
    hash: str
    """SHA-256 over the canonical JSON of all fields but `hash` and `signature`."""
    signature: str
    """HMAC-SHA-256 of `hash` by the user's key."""
