"""What the search knows at a moment: feature sets, scored candidates, failures, probes, and who is best."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from planfit.agent.going_back import Undone
from planfit.records.canonical import digest
from planfit.records.profile import Profile, TargetProfile
from planfit.records.schema import Column
from planfit.records.scores import CandidateFailure, CandidateResult, FeatureSet, Probe, Screened, best_first
from planfit.records.task import SplitRecord, Task

EMPTY_PLAN: dict[str, Any] = {"transformations": []}
RAW = "v0"
"""Name of the feature set without any step: the raw columns."""


@dataclass
class Search:
    """The state that the loop carries from round to round. Derived from the log: replaying gives the same."""

    task: Task
    split: SplitRecord
    split_key: str
    profile: Profile
    target_profile: TargetProfile
    raw_columns: tuple[Column, ...]
    sets: dict[str, FeatureSet] = field(default_factory=dict)
    columns_of: dict[str, tuple[Column, ...]] = field(default_factory=dict)
    adopted: str = RAW
    base: str = RAW
    """What models start from: the raw columns, or a person's own feature set."""
    results: list[CandidateResult] = field(default_factory=list)
    failures: list[CandidateFailure] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    features_follow: bool = False
    """The first models are to leave time for features and what comes after them."""
    screened: tuple[Screened, ...] = ()
    """Columns that discovery looked at, the most useful first."""
    rolled_back: set[str] = field(default_factory=set)
    by_model: set[str] = field(default_factory=set)
    """Feature sets that a language model proposed."""
    undone: Undone = field(default_factory=Undone)
    """What a person went back behind."""
    moves: set[str] = field(default_factory=set)
    """Hashes of the meanings of the moves so far."""
    round: int = 0
    numbered: int = 0
    """Candidate ids given so far."""
    counted: int = 0
    """Scored configurations that count for ``--max-candidates``."""
    without_gain: int = 0
    """Consecutive candidates without improvement."""
    failed_in_row: int = 0
    leader: CandidateResult | None = None
    """The best single model before this round: what the candidates of a round race against, whatever their order."""

    def __post_init__(self) -> None:
        if RAW not in self.sets:
            key = digest(EMPTY_PLAN)
            width = len(self.raw_columns)
            self.sets[RAW] = FeatureSet(
                name=RAW, parent=None, key=key, plan=EMPTY_PLAN, columns_in=width, columns_out=width, steps=0
            )
            self.columns_of[RAW] = self.raw_columns

    @property
    def rows(self) -> int:
        """Rows with a known target."""
        return self.split.rows

    def next_id(self) -> str:
        """Return the id of the next candidate."""
        self.numbered = self.upcoming
        return f"c{self.numbered:03d}"

    @property
    def upcoming(self) -> int:
        """The number that the next candidate gets; those that a person went back behind keep theirs."""
        return self.undone.candidate_jumps.get(self.numbered, self.numbered) + 1

    def next_set(self) -> str:
        """Return the name of the next feature set; rolled-back ones keep theirs."""
        last = max(int(name[1:]) for name in self.sets)
        return f"v{self.undone.set_jumps.get(last, last) + 1}"

    def better(self, left: CandidateResult, right: CandidateResult | None) -> bool:
        """Say whether `left` beats `right`."""
        if right is None:
            return True
        a, b = left.score.value, right.score.value
        return a > b if self.task.greater_is_better else a < b

    @property
    def baseline(self) -> CandidateResult | None:
        return next((result for result in self.results if result.spec.origin == "baseline"), None)

    @property
    def scored(self) -> list[CandidateResult]:
        """Single models other than the baseline, in order of submission."""
        return [r for r in self.results if r.spec.origin not in ("baseline", "ensemble")]

    def ranked(self) -> list[CandidateResult]:
        """Return every result, best first; ties keep the order of submission."""
        return best_first(self.results, self.task.greater_is_better)

    def best(self) -> CandidateResult | None:
        """Return the best result so far, the baseline included: a model can always be delivered."""
        ranked = self.ranked()
        return ranked[0] if ranked else None

    def has_success(self) -> bool:
        """Say whether some candidate beats the baseline."""
        floor = self.baseline
        return any(self.better(result, floor) for result in self.scored)

    def add(self, result: CandidateResult, *, counts: bool = True) -> bool:
        """Take in a result; return whether it is the best so far."""
        self.results.append(result)
        improved = self.best_of_scored() is result
        if counts:
            self.counted += 1
            self.without_gain = 0 if improved else self.without_gain + 1
            self.failed_in_row = 0
        return improved

    def best_of_scored(self) -> CandidateResult | None:
        """Return the best single model so far."""
        ranked = best_first(self.scored, self.task.greater_is_better)
        return ranked[0] if ranked else None

    def families_of(self, members: tuple[tuple[str, float], ...]) -> tuple[str, ...]:
        """Return the families of an ensemble's members."""
        return tuple(sorted({self.find(name).spec.family for name, _ in members}))

    def find(self, candidate: str) -> CandidateResult:
        return next(result for result in self.results if result.spec.id == candidate)
