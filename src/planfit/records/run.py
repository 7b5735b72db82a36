"""What a run was asked to do, and what it may cost."""

from __future__ import annotations

from typing import Any, Literal

from planfit.records.calls import Asking, Privacy
from planfit.records.canonical import Record
from planfit.records.profile import DataRef

RunStatus = Literal["running", "finished", "stopped", "paused", "halted", "question", "failed"]
StopReason = Literal["converged", "budget", "person", "planner"]


class Limits(Record):
    """The budget contract."""

    seconds: float | None = None
    candidates: int | None = None
    patience: int
    memory: int | None = None
    """Bytes of resident memory for the whole run."""
    time_given: bool = False
    """The user named the time; else it is the default, or none."""
    memory_given: bool = False
    """The user named the memory; else it is what was free."""

    @property
    def has_clock(self) -> bool:
        return self.seconds is not None


class RunRequest(Record):
    """Everything that the user said. Resume reads it from the run's first event."""

    sentence: str
    data: str | None
    """Absolute path, or None for a table from memory (kept as ``data.parquet`` in the run)."""
    planner: str = "expert"
    target: str | None = None
    task_type: Literal["binary", "multiclass", "regression"] | None = None
    metric: str | None = None
    scorer: str | None = None
    """Name of the user's own scorer, which decides on what is delivered."""
    positive_class: str | None = None
    sample_weight: str | None = None
    """Column that says how much each row counts."""
    split: str | None = None
    """``KIND`` or ``KIND:COLUMN``."""
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    """Columns that stay in, whatever speaks against them."""
    holdout: str = "auto"
    """``auto``, a share such as ``0.2``, a file, or ``none``."""
    limits: Limits
    models: tuple[str, ...] = ()
    """Families allowed; empty: all installed."""
    features: dict[str, Any] | None = None
    """A person's own feature plan."""
    review: tuple[str, ...] = ()
    """Stages whose plans a person looks at before they are carried out."""
    follow: str | None = None
    """Of a fork: up to this stage the answers of the run that it was forked from stand."""
    deliver: Literal["accurate", "balanced", "simple"] = "accurate"
    max_latency_ms: float | None = None
    table_format: Literal["parquet", "csv"] = "parquet"
    privacy: Privacy = "profile"
    """What a language model may see of the table."""
    asking: Asking = Asking()
    """How a language model is asked."""
    seed: int = 0
    workers: int
    """Worker processes at a time."""
    threads: int
    """Threads of each."""


class Environment(Record):
    """Where a run happens: enough to explain a difference."""

    planfit: str
    python: str
    platform: str
    libraries: dict[str, str]
    cores: int
    memory: int


class Head(Record):
    """``head.json``: how long the log is, so that a cut-off tail is seen."""

    events: int
    last_hash: str


class RunSummary(Record):
    """The JSON document of ``planfit run --json``; see DESIGN for its fields."""

    run_id: str
    path: str
    status: RunStatus
    forked_from: str | None = None
    stop_reason: StopReason | None = None
    target: str | None = None
    task_type: str | None = None
    metric: str | None = None
    greater_is_better: bool | None = None
    baseline: float | None = None
    cv: dict[str, float | None] | None = None
    holdout: dict[str, Any] | None = None
    delivered: dict[str, Any] | None = None
    candidates: int = 0
    seconds: float = 0.0
    usage: dict[str, Any] = {}
    artifacts: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    question: dict[str, Any] | None = None
    went_back: dict[str, Any] | None = None
    """Where a person went back and the run has not ended anew: to what, and which delivered candidate that set aside."""
    halted: dict[str, Any] | None = None
    """Of a halted run: the stage, what was tried and why it failed, what is at hand, the commands that go on."""


__all__ = [
    "DataRef",
    "Environment",
    "Head",
    "Limits",
    "RunRequest",
    "RunStatus",
    "RunSummary",
    "StopReason",
]
