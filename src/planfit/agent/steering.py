"""What a person asks of a run from outside: stop, go back, approve. Each is an event; nothing is deleted."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from planfit.agent.going_back import find_event
from planfit.agent.rehearsing import refuse_what_does_not_hold
from planfit.agent.reviewing import command_of, readable, waiting_in
from planfit.errors import UsageError
from planfit.paths import command
from planfit.records.events import CommandReceived
from planfit.records.review import Verdict, Waiting
from planfit.store import inbox
from planfit.store.lock import is_held
from planfit.store.reader import RunReader
from planfit.store.store import Store

SECONDS_BETWEEN_LOOKS = 0.1


def stop(store: Store, ref: str | Path, *, now: bool = False, wait_seconds: float = 0.0) -> RunReader:
    """Ask the process that works on a run to stop, and wait for its end.

    Raises
    ------
    UsageError
        No process works on the run.
    """
    reader = store.open(ref)
    if not is_held(reader.path):
        again = command("resume", reader.id, store=reader.root)
        raise UsageError(
            f"Run {reader.id} is {reader.status}: no process works on it.",
            hint=f"`{again}` goes on with it." if reader.resumable else "There is nothing to stop.",
        )
    inbox.put(reader.path, "leave" if now else "stop")
    ends = time.monotonic() + wait_seconds
    while time.monotonic() < ends and is_held(reader.path):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return store.open(reader.path)


def review(
    store: Store, ref: str | Path, verdict: Verdict | None, data: str | Path | None = None
) -> tuple[RunReader, Waiting]:
    """Say what a person thinks of the plan that a paused run waits with; the next resume goes on from there.

    Parameters
    ----------
    verdict : Verdict or None
        None: only look.
    data : path or None
        The new place of the table, where it moved: an edited plan is judged on it.

    Raises
    ------
    UsageError
        No plan waits, or the document is no plan, or one that the gates refuse; nothing is noted then.
    """
    reader = store.open(ref)
    waiting = waiting_in(reader)
    if verdict is None:
        return reader, waiting
    if verdict.says == "edit":
        readable(waiting, verdict.plan or "")
        refuse_what_does_not_hold(store, reader, waiting, verdict, data)
    run = store.resume(ref)
    with closing(run):
        run.append(command_of(verdict, waiting.ask_key, len(run.events)))
    return store.open(run.path), waiting


def rollback(store: Store, ref: str | Path, to: str) -> tuple[RunReader, str]:
    """Move the head of a run back; the next resume goes on from there.

    Returns
    -------
    tuple
        The run, and where it stands now, in words.
    """
    find_event(store.open(ref), to)  # refused before anything is written
    run = store.resume(ref)
    with closing(run):
        last, where = find_event(run, to)
        rounds = [event.body.round for event in run.standing if event.body.kind == "plan_requested"]
        run.append(
            CommandReceived(command="rollback", by="person", round=max(rounds, default=0), detail=where, to=last)
        )
    return store.open(run.path), where
