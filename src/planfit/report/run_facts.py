"""The records that a report tells; `report.facts` collects them from a run."""

from __future__ import annotations

from typing import Any, Literal

from planfit.records.canonical import Record
from planfit.records.events import Stage
from planfit.records.findings import Finding
from planfit.records.insight import Insight
from planfit.records.profile import DataRef
from planfit.records.run import Environment, RunRequest, StopReason
from planfit.records.schema import Kind
from planfit.records.scores import (
    CandidateFailure,
    CandidateResult,
    Delivered,
    HoldoutScore,
    ImportanceRow,
    Probe,
    Score,
    Screened,
)
from planfit.records.task import SplitRecord, Task
from planfit.trace.story import Told


class ColumnFact(Record):
    """A column of the table."""

    name: str
    kind: Kind
    missing: int
    n_unique: int
    personal: str | None
    role: Literal["input", "target", "excluded", "carried"]


class DataFacts(Record):
    """The table."""

    ref: DataRef
    rows: int
    duplicate_rows: int
    columns: tuple[ColumnFact, ...]


class StepFact(Record):
    """One step of a feature plan."""

    operation: str
    columns: tuple[str, ...]
    parameters: dict[str, Any]
    reason: str | None


class FeatureFact(Record):
    """A feature set that was made, and what became of it."""

    name: str
    verdict: Literal["adopted", "rolled back", "kept aside", "not probed"]
    decision: str | None = None
    """Id of the entry in the trace."""
    rationale: str | None
    steps: tuple[StepFact, ...]
    columns_in: int | None
    columns_out: int | None
    probe: Probe | None


class RefusedFact(Record):
    """A plan that was refused by a gate, or broke on the full data."""

    stage: Stage
    plan_kind: str
    planner: str
    attempt: int
    broke: bool
    """It passed every gate and failed on the full data."""
    findings: tuple[Finding, ...]


class Rejection(Record):
    """A model family that a plan left out."""

    family: str
    reason: str


class DecisionFact(Record):
    """Something that the runtime decided by rule, or the clock."""

    stage: str
    what: str
    because: str


class StageTime(Record):
    """Seconds of work in one stage, jobs side by side added up."""

    stage: Stage
    seconds: float
    steps: int


class FileFact(Record):
    """A file of the run."""

    path: str
    bytes: int


class EntryFact(Record):
    """An entry of the trace, as far as a report shows it."""

    id: str
    at: str
    stage: Stage
    by: str
    attempt: int | None
    status: str
    plan: str
    """As JSON text."""
    prompt_characters: int


class RunFacts(Record):
    """Everything that a report of a run may tell. What is not known yet is None or empty."""

    run_id: str
    request: RunRequest
    stop_reason: StopReason | None
    stop_because: str | None
    task: Task | None
    task_rationale: str | None
    data: DataFacts | None
    warnings: tuple[str, ...]
    split: SplitRecord | None
    baseline: CandidateResult | None
    candidates: tuple[CandidateResult, ...]
    """In the order of submission, baseline and ensembles included."""
    ranked: tuple[str, ...]
    """Ids, best first."""
    failures: tuple[CandidateFailure, ...]
    delivered: Delivered | None
    cv: Score | None
    """Cross-validated score of what is delivered, with its threshold."""
    holdout: HoldoutScore | None
    """Of what is delivered."""
    holdout_of_another: HoldoutScore | None
    """Of what the run had chosen, where a person asked for another candidate afterwards."""
    features: tuple[FeatureFact, ...]
    screened: tuple[Screened, ...] = ()
    """Columns that the runtime looked for, kept or not, the most useful first."""
    refused: tuple[RefusedFact, ...]
    rejections: tuple[Rejection, ...]
    importance: tuple[ImportanceRow, ...]
    one_row_ms: float | None
    seconds: float
    stages: tuple[StageTime, ...]
    clock: tuple[DecisionFact, ...]
    decisions: tuple[DecisionFact, ...]
    files: tuple[FileFact, ...]
    story: tuple[Told, ...] = ()
    """The decisions as sentences, in order."""
    told_in: dict[str, str] = {}
    """Id of the entry in the trace for a candidate or a feature set."""
    beware: tuple[str, ...] = ()
    """Of the warnings, those about the target and what gives it away."""
    entries: tuple[EntryFact, ...] = ()
    """What the sentences of the story refer to."""
    insight: Insight | None = None
    insight_failed: str | None = None
    """Why there is none, where looking failed."""
    usage: dict[str, Any] = {}
    """What planners' answers cost: ``calls``, ``tokens_in``, ``tokens_out``, ``cost_usd``; None where unknown."""
    environment: Environment | None = None
    began: str = ""
    """UTC, ISO 8601."""

    def candidate(self, name: str | None) -> CandidateResult | None:
        """Return a candidate by id."""
        return next((result for result in self.candidates if result.spec.id == name), None)

    @property
    def chosen(self) -> CandidateResult | None:
        """The candidate that is delivered."""
        return self.candidate(self.delivered.candidate if self.delivered is not None else None)

    @property
    def optimism(self) -> float | None:
        """How much better the cross-validated score is than that of the holdout; negative: worse."""
        if self.cv is None or self.holdout is None or self.task is None:
            return None
        gap = self.cv.value - self.holdout.value
        return gap if self.task.greater_is_better else -gap
