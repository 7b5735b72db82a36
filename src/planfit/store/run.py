"""Writing a run: files first, the event last, and what is derived from the events kept current behind it."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from planfit.errors import PlanfitError
from planfit.records.canonical import plain
from planfit.records.events import ClockDecided, Event, StepFinished, StepStarted, WarningRaised
from planfit.records.findings import Finding
from planfit.records.scores import ArtifactRef
from planfit.store import log
from planfit.store.decisions import Decisions
from planfit.store.files import Disk, explained, write_whole
from planfit.store.known import Known
from planfit.store.lock import Lock
from planfit.store.objects import inner_path
from planfit.store.reader import RunReader
from planfit.store.steps import Shared, Steps, step_key
from planfit.store.verify import TRACE

Listener = Callable[[Event], None]
Files = Mapping[str, Path | bytes]
"""From a file's path in the run to where it is now, or to its content."""
Retell = Callable[[StepFinished], tuple[Any, Mapping[str, bytes | ArtifactRef]]]


class RunWriter(RunReader):
    """A run that this process works on; made by `Store.create` and `Store.resume`. Threads may share it.

    Parameters
    ----------
    lock : Lock
        Held, of the run's folder.
    text : LogText or None
        What the log holds, checked and without a torn end; None for a new run.
    """

    def __init__(
        self,
        path: Path,
        root: Path,
        run_id: str,
        lock: Lock,
        text: log.LogText | None,
        *,
        disk: Disk,
        listener: Listener | None = None,
    ) -> None:
        super().__init__(path, root, disk=disk)
        self._id = run_id
        self._lock = lock
        self.listener = listener
        self.recorded: Any = None
        """What decides in place of a clock, in a replay."""
        self._steps = Steps(root, disk)
        self._guard = threading.RLock()
        self._unfit: PlanfitError | None = None
        self._known = Known()
        self._last_hash = log.FIRST
        self.inherited: Mapping[tuple[str, str], Any] = {}
        """What a clock decided in the run that this one is a fork of, by key and name: the same work gets the same time."""
        self.of_parent: Mapping[str, Shared] = {}
        """Steps of that run by key: what a deadline cut is not shared with others, but stands in a fork as it does there."""
        self._decisions = Decisions(self.prompt)
        self._file = log.LogFile(path, disk, text.whole if text is not None else 0)
        for sealed in text.sealed if text is not None else ():
            self._take(sealed.event(), sealed.hash)

    @property
    def id(self) -> str:
        return self._id

    @property
    def events(self) -> tuple[Event, ...]:
        with self._guard:
            return self._known.events

    @property
    def standing(self) -> tuple[Event, ...]:
        with self._guard:
            return self._known.standing

    @property
    def scratch(self) -> Path:
        """Folder for what is not kept; removed when the run is closed."""
        return self.path / "scratch"

    @property
    def unfinished(self) -> Path:
        """Folder for parts of steps that take long; it outlives a crash, and is removed when the run has ended."""
        return self.path / "unfinished"

    def append(self, body: Any) -> Event:
        """Bring an event to the log, then to what is derived from it, then to the listener.

        Raises
        ------
        PlanfitError
            The disk refused. The log stays readable; `Store.resume` goes on.
        """
        with self._guard:
            self._refuse_if_unfit()
            at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            sealed = log.seal(len(self._known) + 1, at, self._id, self._last_hash, body)
            event = sealed.event()
            with self._unfit_on_failure():
                self._file.append(sealed.line)
                self._write_derived(changed=self._take(event, sealed.hash))
            if self.listener is not None:
                self.listener(event)
            return event

    def once(self, body: Any) -> Event:
        """Append an event, unless the log holds one of the same kind about the same thing; return that which stands."""
        with self._guard:
            fields = log.body_fields(body)
            known = None if fields is None else self._known.about(body.kind, *fields)
            return known if known is not None else self.append(body)

    def key(self, stage: str, version: int, inputs: Any, libraries: Mapping[str, str] | None = None) -> str:
        """Return the key of a computation: its stage, the stage's version, its inputs, the libraries that matter."""
        return step_key(stage, version, inputs, libraries)

    def outcome(self, key: str, *, shared: bool = True) -> StepFinished | None:
        """Return what a finished step gave: from this run, else from another run of this store; None: it is to be done.

        A step whose files are gone or damaged counts as not done; a warning says so.

        Parameters
        ----------
        shared : bool, default=True
            Look at the steps of other runs too, where names and places are the same in every run; else see `take_over`.
        """
        with self._guard:
            known = self._known.finished.get(key)
            if known is not None:
                return known if self._whole(known) else None
            found = self._steps.find(key) if shared else None
            if found is None or not self._adoptable(found.step):
                return None
            shared_step, origin = found.step, found.run_id
            with explained(f"The files of {shared_step.name} cannot be taken over"):
                for ref in shared_step.files:
                    self._objects.lay(ref, self.path)
            step = shared_step.having(reused_from=shared_step.reused_from or origin)
            finished: Any = self.append(step).body
            return finished

    def take_over(self, key: str, stage: Any, name: str, retell: Retell) -> StepFinished | None:
        """Return what a step gave that bears another name elsewhere; taken from another run, it is recorded under its own.

        Parameters
        ----------
        name : str
            What it is here, e.g. ``candidate c007``.
        retell : callable
            From the step as it was shared to its result here, and its files by their place here: references to what is
            among the objects, or content.
        """
        with self._guard:
            if key in self._known.finished:
                return self.outcome(key, shared=False)
            shared = self._steps.find(key) or self.of_parent.get(key)
            if shared is None or not all(self._objects.intact(ref.sha256) for ref in shared.step.files):
                return None
            result, files = retell(shared.step)
            refs = tuple(self._keep(path, source) for path, source in files.items())
            step = StepFinished(
                key=key,
                stage=stage,
                name=name,
                result=plain(result),
                files=refs,
                seconds=0.0,
                reused_from=shared.run_id,
            )
            finished: Any = self.append(step).body
            return finished

    def record(
        self,
        key: str,
        stage: Any,
        name: str,
        result: Any,
        files: Files | None = None,
        seconds: float = 0.0,
        *,
        shared: bool = True,
    ) -> StepFinished:
        """Record a finished step: its files into the store and the run, then the event.

        Parameters
        ----------
        files : mapping
            From a file's path in the run to the file or its content. A file below the run's folder is taken as it is
            and must not be written to any more; any other is copied.
        shared : bool, default=True
            Other runs of this store may take the step over. Never for what a deadline cut.
        """
        with self._guard:
            self._refuse_if_unfit()
            refs = tuple(self._keep(path, source) for path, source in (files or {}).items())
            step = StepFinished(
                key=key, stage=stage, name=name, result=plain(result), files=refs, seconds=round(seconds, 6)
            )
            if shared:
                self._steps.keep(self._id, step)
            finished: Any = self.append(step).body
            return finished

    def step(
        self,
        key: str,
        stage: Any,
        name: str,
        work: Callable[[Path], tuple[Any, Files]],
        *,
        shared: bool | Callable[[Any], bool] = True,
    ) -> StepFinished:
        """Return a step's outcome, doing the work where there is none yet.

        Parameters
        ----------
        work : callable
            Gets an empty scratch folder; returns the result and the files to keep.
        shared : bool or callable, default=True
            Whether other runs may take it over, or what says so of the result.
        """
        if (done := self.outcome(key)) is not None:
            return done
        self.append(StepStarted(key=key, stage=stage, name=name))
        folder = self.scratch / f"step-{key[:16]}"
        with explained(f"The scratch folder of {name} cannot be made"):
            shutil.rmtree(folder, ignore_errors=True)
            self._disk.make_folder(folder)
        began = time.monotonic()
        given = None if self.recorded is None else self.recorded.ended_by_clock(name)
        result, files = work(folder) if given is None else (given, {})
        for_all = shared(result) if callable(shared) else shared
        finished = self.record(key, stage, name, result, files, time.monotonic() - began, shared=for_all)
        shutil.rmtree(folder, ignore_errors=True)
        return finished

    def decide(self, name: str, key: str, f: Callable[[], Any]) -> Any:
        """Return what a clock decided: what the log holds, else `f()`, recorded."""
        known = self._known.about("clock_decided", key, name)
        if known is None:
            if (key, name) in self.inherited:
                value = self.inherited[key, name]
            else:
                value = f() if self.recorded is None else self.recorded(name, key, f)
            known = self.once(ClockDecided(key=key, name=name, value=value))
        body: Any = known.body
        return body.value

    def keep_text(self, text: str) -> ArtifactRef:
        """Keep a prompt under ``prompts/``; the event that announces it comes from the caller."""
        data = text.encode("utf-8", "surrogatepass")
        path = f"prompts/{hashlib.sha256(data).hexdigest()}.txt"
        with self._guard:
            self._refuse_if_unfit()
            return self._keep(path, data)

    def cut_torn_end(self) -> None:
        """Cut off what a killed process left of an event."""
        with self._guard:
            self._file.cut()

    def refresh_derived(self) -> None:
        """Write ``trace.json`` and ``head.json`` as the events give them, after a repair."""
        with self._guard, self._unfit_on_failure():
            self._write_derived(changed=True)

    def close(self) -> None:
        """Remove the scratch folder and let go of the lock; reading still works."""
        with self._guard:
            self._unfit = PlanfitError(
                f"Run {self._id} is closed.", hint=f"`planfit resume {self._id}` opens it again."
            )
            shutil.rmtree(self.scratch, ignore_errors=True)
            if self.find("run_finished") is not None:
                shutil.rmtree(self.unfinished, ignore_errors=True)
            self._file.close()
            self._lock.release()

    # What the log holds

    def _take(self, event: Event, found: str) -> bool:
        """Take an event into memory; return whether it changed a decision."""
        self._known.take(event)
        self._last_hash = found
        return self._decisions.apply(event)

    def _of_kind(self, kind: str) -> list[Any]:
        with self._guard:
            return self._known.of_kind(kind)

    def _announcements(self) -> dict[str, ArtifactRef]:
        return self._known.files

    def _write_derived(self, *, changed: bool) -> None:
        if changed or len(self._known) == 1:
            write_whole(self._disk, self.path / TRACE, self._decisions.encode(), settle=False)
        head = log.head_bytes(len(self._known), self._last_hash)
        write_whole(self._disk, self.path / log.HEAD, head, settle=False)

    # Files

    def _keep(self, path: str, source: Path | bytes | ArtifactRef) -> ArtifactRef:
        inner_path(path)
        with explained(f"{path} cannot be written"):
            if isinstance(source, ArtifactRef):
                sha256, size = source.sha256, source.bytes
            else:
                sha256, size = self._objects.keep(source, within=self.path)
            ref = ArtifactRef(path=path, sha256=sha256, bytes=size)
            self._objects.lay(ref, self.path)
        return ref

    def _whole(self, step: StepFinished) -> bool:
        """Say whether a step's files are as announced; one that only its place has lost is laid there again."""
        for ref in step.files:
            newest = self._known.files.get(ref.path)
            if newest is not None and newest.sha256 != ref.sha256:
                sound = self._objects.intact(ref.sha256)
            elif not (sound := self._objects.fits(self.path / ref.path, ref.sha256)) and self._objects.intact(
                ref.sha256
            ):
                with explained(f"{ref.path} cannot be mended"):
                    self._objects.lay(ref, self.path)
                sound = True
            if not sound:
                self._warn_of_damage(step, ref)
                return False
        return True

    def _adoptable(self, step: StepFinished) -> bool:
        for ref in step.files:
            taken = self._known.files.get(ref.path)
            if taken is not None and taken.sha256 != ref.sha256:
                return False
            if not self._objects.intact(ref.sha256):
                self._warn_of_damage(step, ref)
                return False
        return True

    def _warn_of_damage(self, step: StepFinished, ref: ArtifactRef) -> None:
        finding = Finding(
            code="damaged-file",
            gate="data",
            severity="warning",
            message=f"{ref.path} is missing or does not fit its hash; {step.name} is done again.",
        )
        self.once(
            WarningRaised(key=step_key("damaged-file", 1, [step.key, ref.path]), stage=step.stage, finding=finding)
        )

    # Fitness

    def _refuse_if_unfit(self) -> None:
        if self._unfit is not None:
            raise PlanfitError(self._unfit.message, hint=self._unfit.hint)

    @contextmanager
    def _unfit_on_failure(self) -> Iterator[None]:
        """After a failure between an event and what is derived from it this process writes no more."""
        before = self._unfit
        self._unfit = PlanfitError(
            f"The record of {self._id} could not be brought up to date.", hint=f"`planfit resume {self._id}` goes on."
        )
        try:
            yield
        except PlanfitError as error:
            self._unfit = error
            raise
        self._unfit = before


def discard(folder: Path) -> None:
    """Remove a folder as far as that goes."""
    with suppress(OSError):
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["RunReader", "RunWriter"]
