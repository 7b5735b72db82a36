"""What every stage of a run works with: the record, the planner, the workers, the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planfit.agent.clock import Clock
from planfit.agent.own_scorer import OwnScorer
from planfit.paths import command
from planfit.planners.base import BudgetLeft, Planner
from planfit.records.events import DecisionMade, RunFinished, Stage
from planfit.records.jobs import Job, JobDone, JobFailed, Material
from planfit.records.review import Waiting
from planfit.records.run import RunRequest
from planfit.settings import HANG_GUARD
from planfit.store.run import RunReader, RunWriter
from planfit.store.store import Store

if TYPE_CHECKING:
    from planfit.agent.asking import Asking
    from planfit.agent.search import Search
    from planfit.runtime.workers import Workers


FEWEST_AT_ONCE = 2
"""Candidates of a turn that the expert takes in between."""


class StopRequested(Exception):
    """A person asked to stop, and what was under way is given up; `agent.loop` delivers the best so far."""


@dataclass
class Session:
    """One sitting of a run."""

    run: RunWriter
    request: RunRequest
    planner: Planner
    workers: Workers
    clock: Clock
    libraries: Mapping[str, str]
    """Versions that are part of every step's key."""
    reviewer: Callable[[Waiting], Any] | None = None
    """Looks at plans before they are carried out; where a stage is reviewed and nobody is there, the run pauses."""
    table_before: str | None = None
    """Content hash of the table of the run that this one was forked from."""
    scorer: OwnScorer | None = None
    """The user's own scorer; no record holds it, so that a run that is taken up again may lack it."""
    material: Material | None = None
    """The files that jobs read; set once table, task and split are settled."""
    stop_requested: bool = False
    """A person asked to stop; set by a signal handler, read at the next boundary. On resuming, what the log says."""
    searching: bool = False
    """Between the baseline, without which there is nothing to deliver, and delivery: only then a stop cuts work short."""
    finishing_seconds: float = 0.0
    """Forecast of refit, evaluation, bundle and report; kept in reserve."""
    halts_passed: Counter[str] = field(default_factory=Counter)
    """Halts by stage that earlier sittings ended with, less those that this one has passed."""
    _open: set[int] = field(default_factory=set)

    @cached_property
    def asking(self) -> Asking:
        """How questions are put to the planner."""
        from planfit.agent.asking import Asking

        return Asking(self)

    def answers(self, stage: Stage) -> str:
        """Return the name of who answers in a stage."""
        asking = self.asking
        by_expert = stage in asking.experts or asking.spent is not None or asking.in_between
        return "expert" if by_expert else self.planner.name

    @property
    def timed(self) -> bool:
        """Whether decisions may depend on the clock."""
        return self.clock.limit is not None

    @property
    def stopping(self) -> bool:
        """Whether the search ends now because a person asked for it."""
        return self.stop_requested and self.searching

    def passes_halt(self, stage: Stage) -> bool:
        """Say whether the log holds a halt for this place, so that the work goes on behind it; each counts once."""
        passed = self.halts_passed[stage] > 0
        self.halts_passed[stage] -= passed
        return passed

    def command(self, verb: str, *more: str) -> str:
        """Return the command line that does `verb` to this run from here, wherever its store is."""
        return command(verb, self.run.id, *more, store=self.run.root)

    def key(self, stage: str, version: int, *inputs: Any) -> str:
        """Return the key of a computation of this run."""
        return self.run.key(stage, version, [self.request.seed, *inputs], self.libraries)

    def note(self, stage: Stage, rule: str, what: str, because: str, **figures: Any) -> None:
        """Record a decision that the runtime made by itself, once."""
        key = self.key("decision", 1, stage, rule, what, figures)
        self.run.once(DecisionMade(key=key, stage=stage, rule=rule, what=what, because=because, figures=figures))

    @property
    def wishes(self) -> tuple[str, ...]:
        """Candidates that a person asked for after the run had ended, in order; the last one is delivered."""
        events = (event.body for event in self.run.standing)
        return tuple(
            str(body.detail) for body in events if body.kind == "command_received" and body.command == "deliver"
        )

    def finish(self, done: RunFinished) -> None:
        """Record the end of the run, unless it stands there: after it was taken up again it is said again."""
        last = self.run.find_last("run_finished")
        if last is None or last.delivered != done.delivered or self.run.status not in ("finished", "stopped"):
            self.run.append(done)

    def family(self) -> tuple[RunReader, ...]:
        """Return the other runs that are forks of the same, as they stand now."""
        return tuple(reader for reader in Store(self.run.root).family(self.run.path) if reader.path != self.run.path)

    def search_seconds(self) -> float | None:
        """Return the seconds left for searching, the reserve for finishing taken off; None without a limit."""
        left = self.clock.left()
        return None if left is None else max(0.0, left - self.finishing_seconds)

    def budget_left(self, search: Search, workers: int = 1) -> BudgetLeft:
        """Return what may still be spent, rounded; with a time limit a recorded decision of the clock.

        Of a turn that the expert takes while a question is out and a clock runs, it is as many candidates as are trained side
        by side: the answer is to find time left.
        """
        limits = self.request.limits
        candidates = None if limits.candidates is None else max(0, limits.candidates - search.counted)
        if self.timed and self.asking.in_between:
            at_once = max(FEWEST_AT_ONCE, workers)
            candidates = at_once if candidates is None else min(candidates, at_once)
        patience = max(0, limits.patience - search.without_gain)
        seconds = None
        if self.timed:
            key = self.key("budget", 1, search.round, search.counted)
            seconds = self.run.decide("budget_left", key, lambda: round(self.search_seconds() or 0.0, 1))
        return BudgetLeft(seconds=seconds, workers=workers, candidates=candidates, patience=patience)

    @property
    def settled(self) -> Material:
        """The material, once the table, task and split are known."""
        if self.material is None:
            raise RuntimeError("the material is asked for before the split is made")
        return self.material

    def submit(self, job: Job, seconds: float | None) -> int:
        """Hand a job to the workers and return its ticket; without a deadline only the hang guard ends it."""
        follows = self.run.recorded
        if follows is not None:
            job, seconds = follows.as_then(job), None
        ticket = self.workers.submit(job, deadline_seconds=seconds or HANG_GUARD)
        self._open.add(ticket)
        if follows is not None and follows.never_ended(job):  # what else was under way had ended before the stop
            self.stop_requested = True
            self.workers.cancel(ticket)
        elif self.stopping and follows is None:  # also where the request came in just now
            self.workers.cancel(ticket)
        return ticket

    def wait(self, *tickets: int) -> JobDone | JobFailed:
        """Wait for the first of some jobs that has ended."""
        done = self.workers.wait(tickets)
        assert done is not None  # there was no time-out
        self._open.discard(done.ticket)
        return done

    def stop(self) -> None:
        """Ask for the best so far: jobs of the search are ended, the loop stops at its next boundary."""
        self.stop_requested = True
        if self.searching:
            for ticket in tuple(self._open):
                self.workers.cancel(ticket)

    def scratch(self, name: str) -> Path:
        """Return a path in the run's scratch folder."""
        self.run.scratch.mkdir(parents=True, exist_ok=True)
        return self.run.scratch / name
