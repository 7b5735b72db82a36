"""Reading a run: everything is derived from its event log. Reading needs no lock and changes nothing."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from planfit.errors import DamagedRun
from planfit.records.events import Event, PlanRequested, RunResumed, RunStarted, StepFinished
from planfit.records.run import Environment, RunRequest, RunStatus
from planfit.records.scores import ArtifactRef
from planfit.store import log
from planfit.store.files import Disk
from planfit.store.history import standing
from planfit.store.lock import is_held
from planfit.store.objects import Objects, checked
from planfit.store.verify import VerifyReport, verify

WAITING = frozenset({"rollback", "review", "edit"})
"""Commands behind which a run waits to be resumed."""


class RunReader:
    """A run as it stood when its events were first asked for.

    Parameters
    ----------
    path : Path
        The run's folder.
    root : Path or None
        The store that holds its objects; the folder above when None.
    """

    def __init__(self, path: Path, root: Path | None = None, *, disk: Disk | None = None) -> None:
        self.path = path
        self.root = root if root is not None else path.parent
        self._disk = disk if disk is not None else Disk()
        self._objects = Objects(self.root, self._disk)

    @property
    def id(self) -> str:
        """The run's id, as its events say it; the folder may have been renamed."""
        return self._text.sealed[0].run_id if self._text.sealed else self.path.name

    @property
    def events(self) -> tuple[Event, ...]:
        """All events in order.

        Raises
        ------
        DamagedRun
            An event does not fit its hash or the one before.
        """
        return self._events

    @property
    def standing(self) -> tuple[Event, ...]:
        """The events that count: without those that a person has gone back behind."""
        return self._standing

    @cached_property
    def _standing(self) -> tuple[Event, ...]:
        return tuple(standing(self.events))

    @cached_property
    def _text(self) -> log.LogText:
        return log.read(self.path)

    @cached_property
    def _events(self) -> tuple[Event, ...]:
        text = self._text
        if text.broken is not None:
            raise broken_log(self.path, text.broken)
        return tuple(sealed.event() for sealed in text.sealed)

    @property
    def request(self) -> RunRequest:
        """What the user asked for."""
        return self._started.request

    @property
    def forked_from(self) -> str | None:
        """The run that it branched off from, if any."""
        return self._started.forked_from

    @property
    def environment(self) -> Environment:
        """Where the run began."""
        return self._started.environment

    @property
    def status(self) -> RunStatus:
        """How the run stands.

        ``running`` while a living process works on it; a run that was killed, or left by a second Ctrl-C, is
        ``failed`` until it is resumed, one that a person went back in is ``paused``. All but ``running``, ``finished``
        and ``stopped`` go on with ``planfit resume``.
        """
        for event in reversed(self.standing):
            match event.body.kind:
                case "run_finished" | "run_halted":
                    return event.body.status
                case "command_received" if event.body.command in WAITING:
                    return "paused"
                case "run_resumed" | "run_started":
                    break
        return "running" if is_held(self.path) else "failed"

    @property
    def resumable(self) -> bool:
        """Whether ``planfit resume`` would go on with it."""
        return self.status not in ("running", "finished", "stopped")

    @property
    def spent_seconds(self) -> float:
        """Seconds that processes have worked on it, pauses between them left out."""
        spent, start, last = 0.0, None, None
        for event in self.events:
            at = datetime.fromisoformat(event.at)
            if isinstance(event.body, RunResumed) or start is None:
                spent += _between(start, last)
                start = at
            last = at
        return spent + _between(start, last)

    def find(self, kind: str, **fields: Any) -> Any:
        """Return the body of the first event of a kind whose fields are as given, or None."""
        return next(self._fitting(kind, fields, newest=False), None)

    def find_last(self, kind: str, **fields: Any) -> Any:
        """Return the body of the newest event of a kind whose fields are as given, or None."""
        return next(self._fitting(kind, fields, newest=True), None)

    def results(self, name: str) -> list[StepFinished]:
        """Return the finished steps whose name begins with `name`, in order; of a step done again, the newest."""
        found = [body for body in self._of_kind("step_finished") if body.name.startswith(name)]
        newest = {body.key: body for body in found}
        return [body for body in found if newest[body.key] is body]

    def announced(self, path: str) -> ArtifactRef | None:
        """Return what the newest event says of a file, by its path in the run; None where no event names it."""
        return self._announcements().get(path)

    def stands(self, path: str) -> bool:
        """Say whether an event that counts announces a file: one that a person went back behind does not."""
        return any(ref.path == path for event in self.standing for ref in announced_by(event))

    @property
    def sealed(self) -> tuple[log.Sealed, ...]:
        """The lines of the log up to the first that does not fit."""
        return self._text.sealed

    def signed(self, event: Event) -> bool:
        """Say whether this user's key signed an event."""
        return self._text.sealed[event.no - 1].signed

    def vouched(self, ref: ArtifactRef) -> bool:
        """Say whether an event that this user's key signed announced the content of `ref`."""
        sealed = self._text.sealed
        return any(
            known.sha256 == ref.sha256 and sealed[event.no - 1].signed
            for event in self.events
            for known in announced_by(event)
        )

    def file(self, ref: ArtifactRef) -> Path:
        """Return the path of a file that an event announced.

        Raises
        ------
        DamagedRun
            It is missing or does not fit its hash.
        """
        return checked(self._objects, self.path, ref, newest=self.announced(ref.path))

    def prompt(self, ref: ArtifactRef) -> str:
        """Return a prompt's text; empty where the file is damaged, which `verify` names: the log is sound without it."""
        try:
            return self.file(ref).read_bytes().decode("utf-8", "surrogatepass")
        except (DamagedRun, UnicodeDecodeError):
            return ""

    def verify(self) -> VerifyReport:
        """Check every event, signature and file; changes nothing."""
        return verify(self.path)

    def _announcements(self) -> dict[str, ArtifactRef]:
        return {ref.path: ref for event in self.events for ref in announced_by(event)}

    def _of_kind(self, kind: str) -> list[Any]:
        return [event.body for event in self.standing if event.body.kind == kind]

    def _fitting(self, kind: str, fields: dict[str, Any], *, newest: bool) -> Any:
        bodies = self._of_kind(kind)
        for body in reversed(bodies) if newest else bodies:
            if all(getattr(body, name) == value for name, value in fields.items()):
                yield body

    @property
    def _started(self) -> RunStarted:
        first = self.events[0].body if self.events else None
        if not isinstance(first, RunStarted):
            raise DamagedRun(
                f"The log of {self.path.name} does not begin with the start of a run.", hint="Start a new run."
            )
        return first

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path.name}>"


def announced_by(event: Event) -> tuple[ArtifactRef, ...]:
    """Return the files that an event announces."""
    if isinstance(event.body, StepFinished):
        return event.body.files
    if isinstance(event.body, PlanRequested):
        return (event.body.prompt,)
    return ()


def broken_log(path: Path, no: int) -> DamagedRun:
    """Return the error for a log whose event `no` does not fit."""
    return DamagedRun(
        f"Event {no} of {path.name} was changed after it was written: it does not fit its hash.",
        hint=f"`planfit trace {path.name} --verify` checks everything else; what comes before event {no} is sound.",
    )


def _between(start: datetime | None, end: datetime | None) -> float:
    return 0.0 if start is None or end is None else max(0.0, (end - start).total_seconds())


__all__ = ["RunReader", "announced_by", "broken_log"]
