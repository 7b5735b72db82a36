"""The planner protocol: whatever proposes plans answers an `Ask` with an `Answer`, and knows nothing else."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from planfit.records.calls import ModelCall
from planfit.records.canonical import Record
from planfit.records.events import Stage
from planfit.records.findings import Finding
from planfit.records.profile import Profile, TargetProfile
from planfit.records.schema import Schema
from planfit.records.scores import CandidateFailure, CandidateResult, CandidateSpec, Probe, Screened, Usage
from planfit.records.task import Task

PlanKind = Literal["TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan", "NextStep"]


class TaskOptions(Record):
    """What the user fixed about the task; a plan may not contradict it."""

    target: str | None = None
    task_type: Literal["binary", "multiclass", "regression"] | None = None
    metric: str | None = None
    positive_class: str | None = None
    split: str | None = None
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    """Columns that must not be excluded."""


class BudgetLeft(Record):
    """What may still be spent, rounded; a recorded clock decision where time is limited."""

    seconds: float | None = None
    workers: int = 1
    """Candidates that are trained side by side."""
    candidates: int | None = None
    patience: int = 10
    """Further candidates without improvement before the search counts as converged."""


class Ask(Record):
    """One question to a planner, with everything that it may know. Never a row of the data."""

    plan_kind: PlanKind
    stage: Stage
    round: int
    attempt: int
    sentence: str
    options: TaskOptions = TaskOptions()
    profile: Profile
    task: Task | None = None
    target_profile: TargetProfile | None = None
    schema_: Schema | None = None
    """The columns that a feature plan may use (raw schema without target and exclusions)."""
    operations: tuple[str, ...] = ()
    """Operations that are legal here."""
    families: tuple[str, ...] = ()
    """Families that are legal here: installed, allowed, fit for the task."""
    feature_sets: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Adopted feature sets by name with their plans, newest last; ``v0`` is the raw columns."""
    sets_by_model: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Feature sets that a language model proposed, those included that were rolled back."""
    by_rule: tuple[dict[str, Any], ...] = ()
    """Of a question for features to a language model: the steps that are made in any case, which its own are added to."""
    base: str = "v0"
    """The feature set that models start from: the raw columns, or what a person's own plan made of them."""
    leaderboard: tuple[CandidateResult, ...] = ()
    """Best first."""
    failures: tuple[CandidateFailure, ...] = ()
    set_aside: tuple[CandidateSpec, ...] = ()
    """Candidates that a person went back behind; they are not tried again by themselves."""
    plans_set_aside: tuple[dict[str, Any], ...] = ()
    """Feature plans that a person went back behind."""
    probes: tuple[Probe, ...] = ()
    screening: tuple[Screened, ...] = ()
    """Columns that a quick model leaned on when it was offered many, the most useful first."""
    budget: BudgetLeft = BudgetLeft()
    asked: int = 0
    """Questions of this run that a language model was asked before this one, corrections apart."""
    spent: Usage = Usage()
    """What its answers have cost so far."""
    answer_within: float | None = None
    """Seconds after which an answer is of no use; None: as long as it takes. Not part of the prompt."""
    noticed: tuple[Finding, ...] = ()
    """What was noticed about earlier answers that were accepted all the same, such as results that they claimed."""
    previous: str | None = None
    """The document that `findings` are about."""
    findings: tuple[Finding, ...] = ()

    def with_findings(self, document: str, findings: tuple[Finding, ...]) -> Ask:
        """Return the same question asked again, with what was wrong with the last answer."""
        return self.having(attempt=self.attempt + 1, previous=document, findings=findings)


class Answer(Record):
    """A planner's answer, unjudged."""

    document: str
    """Raw text; meant to be JSON."""
    prompt: str
    """The exact text that led to it; of the expert: the text a language model would have been sent."""
    usage: Usage | None = None
    planner: str | None = None
    """Who answered, where it was another than the planner that was asked."""
    calls: tuple[ModelCall, ...] = ()
    """The calls of a language model that led to it."""
    raw: str | None = None
    """The exact text of a language model's answer, where `document` was read out of it."""


class Planner(Protocol):
    """Whatever proposes plans."""

    name: str

    def propose(self, ask: Ask) -> Answer:
        """Return an answer to `ask`; raise `ProviderError` where none could be had."""
        ...
