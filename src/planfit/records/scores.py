"""Candidates and what came of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from planfit.records.canonical import Record
from planfit.records.task import Threshold

Cause = Literal["out_of_memory", "timeout", "not_finite", "crash", "exception", "cancelled"]


class ArtifactRef(Record):
    """A file of a run, announced by an event."""

    path: str
    """Relative to the run's folder, with forward slashes."""
    sha256: str
    bytes: int


class Score(Record):
    """A metric's value in its natural direction (error metrics are positive, smaller is better)."""

    metric: str
    value: float
    std: float | None = None
    """Standard deviation over folds."""
    per_fold: tuple[float, ...] = ()
    rows: int = 0
    label: Literal["selection", "honest"] = "selection"
    """``selection``: rounds, weights or the choice itself saw these rows; ``honest``: nothing did."""
    log_loss: float | None = None
    """Where nothing can be better in `metric`: what still tells such candidates apart. Else None."""


class Allotment(Record):
    """Everything that a clock may decide before a job starts; part of a candidate's key."""

    rounds: int | None = None
    """Boosting rounds or trees at the most; None: the family's own default."""
    learning_rate: float | None = None
    folds: int
    rows: int | None = None
    """Training rows per fold at the most; None: all."""
    threads: int = 1
    seconds: float | None = None
    """Deadline of the job; None: only the hang guard."""
    memory: int | None = None
    """Bytes of resident memory of the job's process tree."""

    retry: bool = False
    """The one further try after memory or time ran out."""
    race: tuple[tuple[float, float], ...] | None = None
    """By fold, the scores of the best candidate and of the baseline: who stays far behind is not given further folds."""

    def meaning(self) -> dict[str, Any]:
        """Return what decides the result (not deadline, memory limit)."""
        return self.model_dump(mode="json", exclude={"seconds", "memory", "retry"})


class CandidateSpec(Record):
    """A model family, its complete hyperparameters and a feature set."""

    id: str
    """``c001``, in the order of submission."""
    family: str
    params: dict[str, Any]
    features: str
    """Name of the feature set, ``v0`` for the raw columns."""
    origin: Literal["baseline", "portfolio", "plan", "tuning", "probe", "ensemble"]
    parent: str | None = None
    """The candidate that a trial tunes."""
    reason: str = ""
    members: tuple[tuple[str, float], ...] = ()
    """Ensembles: candidate ids and weights, heaviest first."""


FoldClock: TypeAlias = "tuple[int, int | None]"
"""A fold that was run, and the look at the clock at which its time was up, None where it never was."""


class FoldOutcome(Record):
    """One fold of one candidate."""

    fold: int
    score: float
    rounds: int | None = None
    """Best round found by early stopping."""
    trained: int | None = None
    """Rounds trained until it stopped."""
    fit_seconds: float = 0.0
    round_seconds: float | None = None
    """Of a round, the first one, with all that comes before it, left out."""
    predict_seconds: float = 0.0
    looks: int | None = None
    """The look at the clock, counted in this fold's fit, at which its time was up; None: the fit ended by itself."""

    @property
    def clock(self) -> FoldClock:
        """What the clock decided in this fold."""
        return self.fold, self.looks


class CacheUse(Record):
    """What became of the steps of a plan on the folds: read, where an equal one had been kept, or computed."""

    computed: int = 0
    """Steps that were fitted and applied."""
    read: int = 0
    """Steps, or whole plans, that were read instead."""
    bytes_read: int = 0
    kept: int = 0
    bytes_kept: int = 0
    dropped: int = 0
    """Entries that had to go, so that the cache stays within its size."""
    bytes_dropped: int = 0


class CandidateResult(Record):
    """A candidate scored by cross-validation."""

    spec: CandidateSpec
    allotment: Allotment
    score: Score
    folds: tuple[FoldOutcome, ...]
    rounds: int | None = None
    """Rounds used by every fold model at prediction: the mean of the folds' best."""
    cut: bool = False
    """A deadline ended it early."""
    given_up: str | None = None
    """Why it was not scored on all folds, where the first ones showed it far behind."""
    finishing: tuple[dict[str, Any], ...] = ()
    """Steps that the family added to the feature plan, in the plan language."""
    columns_out: int = 0
    """Columns that reach the estimator."""
    seconds: float = 0.0
    cache: CacheUse | None = None
    """Of its feature steps; None for what has none of its own, as an ensemble."""
    oof: ArtifactRef | None = None
    models: tuple[ArtifactRef, ...] = ()
    """One complete fitted pipeline a fold; empty for ensembles."""
    history: ArtifactRef | None = None
    """``training.jsonl``: one line a fold and round (or a fold)."""


def best_first(results: Iterable[CandidateResult], greater_is_better: bool) -> list[CandidateResult]:
    """Return results, best first; ties keep their order, unless nothing could be better: then log loss decides.

    Those scored on fewer folds stand behind the others, but whatever beats the baseline on the folds that it has stands
    before the baseline, so that a search cut short still delivers what it found.
    """
    known = list(results)
    sign = -1.0 if greater_is_better else 1.0
    floor = next((result for result in known if result.spec.origin == "baseline"), None)
    most = max((len(result.folds) for result in known if result is not floor), default=0)

    def place(result: CandidateResult) -> tuple[int, float, float]:
        worth, tie = sign * result.score.value, result.score.log_loss or 0.0
        if result is floor:
            return 2, worth, tie
        if floor is not None and worth >= sign * _on_first(floor, len(result.folds)):
            return 3, worth, tie
        return int(len(result.folds) < most), worth, tie

    return sorted(known, key=place)


def _on_first(result: CandidateResult, folds: int) -> float:
    """Return the score on the first folds; of all of them the score itself."""
    if not 0 < folds < len(result.folds):
        return result.score.value
    return sum(fold.score for fold in result.folds[:folds]) / folds


class CandidateFailure(Record):
    """A candidate without a model."""

    spec: CandidateSpec
    allotment: Allotment | None = None
    cause: Cause
    detail: str
    seconds: float = 0.0
    retried_as: str | None = None
    """What was tried instead: ``half the rows``, ``half the batch``, or None."""


class FeatureSet(Record):
    """What one accepted feature plan made."""

    name: str
    """``v0`` (raw columns), ``v1``, ..."""
    parent: str | None
    key: str
    plan: dict[str, Any]
    columns_in: int
    columns_out: int
    steps: int
    pipeline: ArtifactRef | None = None
    transformed: ArtifactRef | None = None
    ledger: ArtifactRef | None = None


class Probe(Record):
    """A new feature set against its parent: same folds, one fast model, paired by fold."""

    child: str
    parent: str
    metric: str
    child_score: float | None = None
    parent_score: float | None = None
    differences: tuple[float, ...] = ()
    """Child better is positive, whatever the metric's direction."""
    mean: float | None = None
    corrected_se: float | None = None
    """Nadeau & Bengio (2003): the folds' overlap is corrected for."""
    verdict: Literal["better", "even", "worse", "skipped"]
    because: str


class Screened(Record):
    """A column that could be made, and how much a quick model leaned on it."""

    steps: tuple[dict[str, Any], ...]
    """What makes it, in the plan language."""
    operation: str
    columns: tuple[str, ...]
    gain: float
    """Its share of the gain of all splits, the mean of two models fitted on different rows."""
    least: float
    """The smaller of the two shares."""
    kept: bool
    """It has enough in both."""


class HoldoutScore(Record):
    """The one evaluation on rows that nothing had seen."""

    metric: str
    value: float
    low: float
    """Lower end of the bootstrap interval."""
    high: float
    confidence: float
    rows: int
    scored: Literal["fold_average", "latest_fold", "one_fold", "refit_train"]
    """Which model was scored: the average of the fold models, or one of them, in time that of the latest rows."""
    candidate: str | None = None
    """Whose models they were; another than the delivered one where a person later asked for that."""
    opening: int = 1
    """How many times this holdout has been opened, forks included."""


class OperatingPoint(Record):
    """How the delivered model gets from probabilities to a class, and what it is worth then."""

    threshold: Threshold | None = None
    """None: the likelier class."""
    chosen_for: str | None = None
    """The metric that it is best for; None where nothing was chosen."""
    score: Score
    """The cross-validated score of the model with it."""
    plain: float | None = None
    """The metric that it is chosen for, with the likelier class: the mean over folds."""
    tuned: float | None = None
    """The same with thresholds that each fold's rows had no say in."""
    corrected_se: float | None = None
    """Of the difference."""
    recall: float | None = None
    precision: float | None = None


class Delivered(Record):
    """The model that the user gets."""

    candidate: str
    family: str
    members: tuple[tuple[str, float], ...]
    """Candidate ids and weights; one member of weight 1 for a single model."""
    rows_fitted: int
    how: Literal["refit", "fold_average", "latest_fold", "one_fold", "mixed"]
    """Members fitted again on all rows, what stands in for that (in time the latest fold's model), or some of each."""
    threshold: Threshold | None = None
    """Probability from which the positive class is predicted, or weights of several classes; None: the likeliest class."""
    rule: Literal["accurate", "balanced", "simple", "person"] = "accurate"
    because: str = ""


class ImportanceRow(Record):
    """Permutation importance of one raw column on held-out rows."""

    column: str
    mean: float
    """Loss of the metric when the column is shuffled; positive: the column helps."""
    std: float


class Usage(Record):
    """What a planner's answer cost. None where it is unknown, never an invented number."""

    calls: int = 0
    tokens_in: int | None = None
    tokens_cached: int | None = None
    """Of `tokens_in`, those that the provider had in its cache."""
    tokens_out: int | None = None
    cost_usd: float | None = None
    seconds: float = 0.0
    """From the question to the answer, pauses included."""
    idle_seconds: float = 0.0
    """Of these, the seconds in which nothing else went on."""
