"""Beginning a run and taking one up again: lock, workers, signals, and a tidy end whatever happens."""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any

from planfit import __version__
from planfit.agent.clock import Clock
from planfit.agent.forking import AS_BEFORE, asked_anew, following, inherited, parent_of, steps_of, table_of
from planfit.agent.listening import listening
from planfit.agent.own_scorer import OwnScorer
from planfit.agent.reviewing import Reviewer
from planfit.agent.session import Session
from planfit.data.sources.address import absolute, parse
from planfit.errors import PlanfitError, UsageError
from planfit.paths import seen_from_here
from planfit.planners.base import Planner
from planfit.planners.registry import planner as planner_of
from planfit.records.calls import Asking, Privacy
from planfit.records.events import CommandReceived, Event, RunHalted
from planfit.records.run import Environment, RunRequest
from planfit.store.files import explained
from planfit.store.run import RunReader, RunWriter, discard
from planfit.store.store import Store
from planfit.trace import leaderboard

Listener = Callable[[Event], None]
KEYED_LIBRARIES = ("scikit-learn", "lightgbm", "pandas", "numpy", "scipy", "polars", "optuna")
"""Libraries whose version can change a result; part of every step's key."""


def begin(
    store: Store,
    request: RunRequest,
    data: Any,
    planner: str | Planner,
    *,
    scorer: OwnScorer | None = None,
    reviewer: Reviewer | None = None,
    parent: RunReader | None = None,
    listener: Listener | None,
    started: float | None,
    recorded: Any = None,
) -> RunWriter:
    """Begin a run and carry it out; a fork where there is a `parent`; `recorded` decides in place of clock and persons."""
    chosen = _planner(planner, request, parent)
    _readable(request)
    run = store.create(request, environment(), forked_from=parent.id if parent is not None else None, listener=listener)
    run.recorded = recorded
    clock = Clock(request.limits.seconds, started=started)
    passed: Counter[str] = Counter()
    if recorded is not None:
        passed, reviewer = recorded.halts, recorded.look
    try:
        _carry_out(run, chosen, clock, data, passed=passed, scorer=scorer, reviewer=reviewer, parent=parent)
    except UsageError:
        if run.find("step_finished", name="task") is None:
            discard(run.path)  # what was asked for could not even begin: no run is left behind
        raise
    return run


def go_on(
    store: Store,
    ref: str | Path,
    planner: str | Planner | None,
    data: str | Path | None,
    *,
    asking: Asking = AS_BEFORE,
    privacy: Privacy | None = None,
    scorer: OwnScorer | None = None,
    reviewer: Reviewer | None = None,
    parent: RunReader | None = None,
    listener: Listener | None,
    started: float | None,
) -> RunReader:
    """Take up a run where it stopped; a finished one is returned as it is. `parent`, where it is in another store.

    From here on a language model is asked as `asking` and `privacy` say, where they differ from what the run was begun with.
    """
    reader = store.open(ref)
    if reader.status in ("finished", "stopped") and reader.find("run_finished") is not None:
        return reader
    request = asked_anew(reader.request, asking, privacy)
    parent = parent or parent_of(store, reader)
    chosen = _planner(planner if planner is not None else request.planner, request, parent)
    if data is not None:
        _readable(request.having(data=absolute(data)))
    otherwise = None if request == reader.request else (request.asking, request.privacy)
    run = store.resume(ref, environment=environment(), listener=listener, asked=otherwise)
    clock = Clock(request.limits.seconds, spent=run.spent_seconds, started=started)
    _carry_out(
        run, chosen, clock, data, request=request, passed=halts(run), scorer=scorer, reviewer=reviewer, parent=parent
    )
    return run


def deliver(
    store: Store,
    ref: str | Path,
    candidate: str,
    data: str | Path | None,
    *,
    listener: Listener | None,
    started: float | None,
    recorded: Any = None,
) -> RunReader:
    """Deliver another candidate of a run that has ended; its record is followed, and the wish is a part of it."""
    reader = store.open(ref)
    _deliverable(reader, candidate)
    request = reader.request
    if data is not None:
        _readable(request.having(data=absolute(data)))
    run = store.resume(ref, environment=environment(), listener=listener)
    run.recorded = recorded
    try:
        number = 1 + sum(event.body.kind == "command_received" for event in run.events)
        run.append(CommandReceived(command="deliver", by="person", round=number, detail=candidate))
    except PlanfitError:
        run.close()
        raise
    clock = Clock(request.limits.seconds, spent=run.spent_seconds, started=started)
    # every question of the run is answered in its record, so that it does not matter who would be asked
    _carry_out(run, _planner("expert", request), clock, data, passed=halts(run), parent=parent_of(store, reader))
    return run


def _deliverable(reader: RunReader, candidate: str) -> None:
    """Refuse what a run cannot deliver."""
    if reader.status not in ("finished", "stopped"):
        raise UsageError(
            f"Run {reader.id} is {reader.status}: another candidate can be delivered once it has ended.",
            hint=f"`planfit resume {reader.id}` goes on with it.",
        )
    ranked = [result.spec.id for result in leaderboard.ranked(reader)]
    if candidate not in ranked:
        failed = next((f for f in leaderboard.failures(reader) if f.spec.id == candidate), None)
        why = f"There is no candidate {candidate!r} in run {reader.id}."
        if failed is not None:
            why = f"Candidate {candidate} of run {reader.id} ended without a model."
        raise UsageError(why, hint=f"These were scored, the best first: {', '.join(ranked[:10])}.")
    if reader.find_last("run_finished").delivered.candidate == candidate:
        raise UsageError(
            f"{candidate} is what run {reader.id} delivers already.",
            hint=f"`planfit tried {reader.id}` lists the others.",
        )


def halts(run: RunReader) -> Counter[str]:
    """Return the halts by stage that the run was taken up behind."""
    halted = [event.body for event in run.standing if isinstance(event.body, RunHalted)]
    return Counter[str](halt.stage for halt in halted if halt.status == "halted")


def environment() -> Environment:
    """Describe where this runs."""
    import psutil

    return Environment(
        planfit=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        libraries=libraries(),
        cores=os.cpu_count() or 1,
        memory=psutil.virtual_memory().total,
    )


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that can change a result."""
    found = {}
    for name in KEYED_LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _carry_out(
    run: RunWriter,
    planner: Planner,
    clock: Clock,
    data: Any,
    *,
    passed: Counter[str],
    request: RunRequest | None = None,
    scorer: OwnScorer | None = None,
    reviewer: Reviewer | None = None,
    parent: RunReader | None = None,
) -> None:
    from planfit.runtime.workers import Workers

    request = request or run.request
    if parent is not None:
        run.inherited, run.of_parent = inherited(parent), steps_of(parent)
    try:
        with (
            explained(f"Run {run.id} cannot go on"),
            Workers(
                slots=request.workers, threads=request.threads, memory=request.limits.memory, scratch=run.scratch
            ) as workers,
        ):
            from planfit.agent.loop import carry_out  # seconds of imports, while those of the workers go on beside them

            session = Session(
                run=run,
                request=request,
                planner=planner,
                workers=workers,
                clock=clock,
                libraries=libraries(),
                scorer=scorer,
                reviewer=reviewer,
                table_before=None if parent is None else table_of(parent, "")[1],
                halts_passed=passed,
                stop_requested=run.find("run_stopped", reason="person") is not None,
            )
            attach = getattr(planner, "attach", None)
            if attach is not None:
                attach(run.path)
            try:
                with (
                    _stopping_on_signal(session),
                    listening(session),
                    explained(f"Run {run.id} cannot go on"),
                    _system_errors(),
                ):
                    carry_out(session, data)
            except PlanfitError as error:
                _record_failure(session, error)
                raise
    finally:
        run.close()


@contextmanager
def _system_errors() -> Iterator[None]:
    """Let what the system refused to the supervision of workers be told as what it is, e.g. too many open files."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from error
        raise


def _record_failure(session: Session, error: PlanfitError) -> None:
    """Say in the record why the run ended, unless it already does."""
    halted = session.run.find_last("run_halted")
    if halted is not None and halted.message == error.message:
        return
    command = session.command("resume")
    with suppress(PlanfitError):  # a disk that refused once may refuse this too; the error at hand says more
        session.run.append(RunHalted(stage="model_search", status="failed", message=error.message, commands=(command,)))


@contextmanager
def _stopping_on_signal(session: Session) -> Iterator[None]:
    """On the first Ctrl-C or SIGTERM finish with the best so far; on the second leave at once, resumable."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: Any) -> None:
        if session.stop_requested:
            raise KeyboardInterrupt
        session.stop()
        sys.stderr.write("\nStopping: the best so far is being delivered. Once more to leave at once.\n")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _planner(planner: str | Planner, request: RunRequest, parent: RunReader | None = None) -> Planner:
    chosen = planner_of(planner, request.asking, request.privacy) if isinstance(planner, str) else planner
    if parent is not None and request.follow is not None:
        chosen = following(chosen, parent, request.follow)
    if request.features is None:
        return chosen
    from planfit.agent.own_plan import WithOwnFeatures

    return WithOwnFeatures(chosen, request.features)


def _readable(request: RunRequest) -> None:
    """Refuse what cannot be a table before a run is created for it."""
    if request.data is None:
        return
    place = parse(request.data)
    if place is not None and not place.exists():
        path = place.path
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, names, 3)
        raise UsageError(
            f"There is no file {seen_from_here(path)}.",
            hint=f"Did you mean {' or '.join(near)}?" if near else "Check the path; name a table such as data.csv.",
        )
