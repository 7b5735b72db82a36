"""Hearing what other processes ask of a run that is going: `planfit stop` from elsewhere."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from planfit.agent.session import Session
from planfit.errors import PlanfitError
from planfit.records.events import CommandReceived
from planfit.store import inbox

SECONDS_BETWEEN_LOOKS = 0.25


@contextmanager
def listening(session: Session) -> Iterator[None]:
    """Look into the run's inbox while the block runs; a word to stop does what the first Ctrl-C does."""
    over = threading.Event()
    inbox.take(session.run.path)  # left for a process that is no more
    thread = threading.Thread(target=_listen, args=(session, over), name="planfit-inbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        inbox.take(session.run.path)


def _listen(session: Session, over: threading.Event) -> None:
    while not over.wait(SECONDS_BETWEEN_LOOKS):
        for word in inbox.take(session.run.path):
            if not session.stop_requested:
                _record(session, word)
                session.stop()
            if word == "leave" and os.name == "posix":
                # the handler of a second Ctrl-C; a real signal, so that a wait is interrupted
                os.kill(os.getpid(), signal.SIGINT)


def _record(session: Session, word: str) -> None:
    detail = "leave at once" if word == "leave" else None
    # a run that cannot be written to ends by itself, and says why
    with suppress(PlanfitError):
        session.run.append(CommandReceived(command="stop", by="person", round=len(session.run.events), detail=detail))
