"""Jobs, carried out and waited for: one alone, or several as steps side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planfit.agent.session import Session, StopRequested
from planfit.errors import PlanfitError
from planfit.records.events import Stage, StepFinished, StepStarted
from planfit.records.jobs import Job, JobDone, JobFailed
from planfit.records.scores import ArtifactRef
from planfit.runtime.endings import DISK_FULL
from planfit.store.run import Retell

SHARE_OF_ONE_STEP = 0.3
"""Of the time left for searching, what a step outside the candidates may take."""

Outcome = tuple[Any, Mapping[str, bytes | Path]]
"""A step's result, and its files by their path in the run."""


@dataclass(frozen=True)
class JobStep:
    """A step of the run that is one job."""

    key: str
    stage: Stage
    name: str
    job: Job
    seconds: float | None
    """Deadline; None: only the hang guard ends it."""
    keep: Callable[[JobDone | JobFailed], Outcome]
    """From what the job gave to what is recorded."""
    shared: bool = False
    """Other runs may take it over, unless it failed or a deadline cut it."""


def carry_out_job(session: Session, job: Job, *, seconds: float | None = None) -> JobDone | JobFailed:
    """Submit a job and wait for it.

    Parameters
    ----------
    seconds : float or None
        Deadline; None: a share of the time left for searching, or the hang guard without a time limit.
    """
    deadline = seconds
    if deadline is None and session.timed:
        deadline = max(1.0, SHARE_OF_ONE_STEP * (session.search_seconds() or 0.0))
    done = session.wait(session.submit(job, deadline))
    if isinstance(done, JobFailed):
        refuse_what_is_no_outcome(session, done)
        if done.cause == "cancelled" and session.stopping:
            raise StopRequested
    return done


def refuse_what_is_no_outcome(session: Session, failed: JobFailed) -> None:
    """Raise where a full disk ended a job: that says nothing about a plan or a candidate, and must not be recorded as such."""
    if failed.detail.startswith(DISK_FULL):
        raise PlanfitError(
            failed.detail, hint=f"Free some space; `{session.command('resume')}` goes on where this stopped."
        )


def carry_out_steps(session: Session, wanted: Sequence[JobStep]) -> list[StepFinished]:
    """Carry out steps side by side and record them in the order given; what the record holds is not done again."""
    tickets = [begin_step(session, step) for step in wanted]
    return [end_step(session, step, ticket) for step, ticket in zip(wanted, tickets, strict=True)]


def begin_step(session: Session, step: JobStep) -> int | None:
    """Hand a step to a worker; None where the record holds it."""
    if session.run.outcome(step.key, shared=False) is not None:
        return None
    if step.shared and session.run.take_over(step.key, step.stage, step.name, renamed(step.name)) is not None:
        return None
    session.run.once(StepStarted(key=step.key, stage=step.stage, name=step.name))
    if session.run.recorded is not None and (given := session.run.recorded.ended_by_clock(step.name)) is not None:
        session.run.record(step.key, step.stage, step.name, given, {}, 0.0, shared=False)
        return None
    return session.submit(step.job, step.seconds)


def end_step(session: Session, step: JobStep, ticket: int | None) -> StepFinished:
    """Wait for a step that was begun, and record it."""
    if ticket is not None:
        done = session.wait(ticket)
        if isinstance(done, JobFailed):
            refuse_what_is_no_outcome(session, done)
            if done.cause == "cancelled" and session.stopping:
                raise StopRequested
        result, files = step.keep(done)
        whole = isinstance(done, JobDone) and not done.result.get("cut")
        session.run.record(step.key, step.stage, step.name, result, files, done.seconds, shared=step.shared and whole)
    outcome = session.run.outcome(step.key, shared=False)
    assert outcome is not None  # it was recorded a moment ago
    return outcome


def renamed(name: str) -> Retell:
    """Return how a step that another run finished is told here: its files lie in the folder that bears its name here."""

    def retell(step: StepFinished) -> tuple[Any, dict[str, bytes | ArtifactRef]]:
        there, here = step.name.split(" ")[-1], name.split(" ")[-1]
        return step.result, {ref.path.replace(f"/{there}/", f"/{here}/"): ref for ref in step.files}

    return retell


def job_files(done: JobDone, folder: str) -> dict[str, bytes | Path]:
    """Return a job's files by the path that they get in the run."""
    found: dict[str, bytes | Path] = {}
    for value in done.result.get("files", {}).values():
        for name in value if isinstance(value, list) else [value]:
            found[f"{folder}/{name}"] = Path(done.folder) / name
    return found
