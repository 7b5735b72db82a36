"""The store: a folder of runs that share their files and finished steps."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from planfit import settings
from planfit.errors import DamagedRun, NotTrusted, UsageError
from planfit.records.calls import Asking, Privacy
from planfit.records.events import LogRepaired, RunResumed, RunStarted
from planfit.records.run import Environment, RunRequest
from planfit.store import log
from planfit.store.files import TEMPORARY, Disk, explained, is_leftover
from planfit.store.lock import NAME as LOCK
from planfit.store.lock import Lock, is_held
from planfit.store.objects import RESERVED, TEMPORARIES
from planfit.store.reader import RunReader, broken_log
from planfit.store.run import Listener, RunWriter, discard

PREFIX = "run_"
BEGINNING = ".beginning-"
"""A run's folder bears this until its first event stands in it."""
GRACE_SECONDS = 60.0
"""Age below which a folder without a lock may still be about to get one."""
LATEST = "latest"


class Store:
    """A store of runs.

    Parameters
    ----------
    root : path, default=settings.STORE
        The folder; made by the first run.
    disk : Disk or None
        What changes the file system; a test passes one that fails.
    """

    def __init__(self, root: str | Path = settings.STORE, *, disk: Disk | None = None) -> None:
        self.root = Path(root).expanduser().absolute()
        self._disk = disk if disk is not None else Disk()

    def create(
        self,
        request: RunRequest,
        environment: Environment,
        *,
        forked_from: str | None = None,
        listener: Listener | None = None,
    ) -> RunWriter:
        """Begin a run. Its folder appears with its first event in it, or not at all.

        Raises
        ------
        UsageError
            The store cannot be written to.
        """
        run_id = new_id()
        beginning = self.root / f"{BEGINNING}{run_id}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            beginning.mkdir()
        except OSError as error:
            raise UsageError(
                f"Runs cannot be kept in {self.root}: {(error.strerror or str(error)).lower()}.",
                hint="Name a folder that you may write to with --store.",
            ) from error
        lock = Lock(beginning, run_id)
        run: RunWriter | None = None
        try:
            run = RunWriter(beginning, self.root, run_id, lock, None, disk=self._disk)
            body = RunStarted(request=request, environment=environment, seed=request.seed, forked_from=forked_from)
            started = run.append(body)
            with explained(f"The folder of run {run_id} cannot be made"):
                self._disk.replace(beginning, self.root / run_id)
                self._disk.sync_folder(self.root)
        except BaseException:
            if run is not None:
                run.close()
            lock.release()
            discard(beginning)
            discard(self.root / run_id)
            raise
        run.path = self.root / run_id
        run.listener = listener
        if listener is not None:
            listener(started)
        self.clean()
        return run

    def open(self, ref: str | Path) -> RunReader:
        """Open a run for reading.

        Parameters
        ----------
        ref : str or path
            Id, unique prefix of one, path of a run's folder, or ``latest``.

        Raises
        ------
        UsageError
            There is no such run, or several.
        """
        path = self._find(ref)
        return RunReader(path, path.parent, disk=self._disk)

    def resume(
        self,
        ref: str | Path,
        *,
        listener: Listener | None = None,
        environment: Environment | None = None,
        asked: tuple[Asking, Privacy] | None = None,
    ) -> RunWriter:
        """Take a run up again: take its lock, mend what a killed process left, check the record, say that it goes on.

        Parameters
        ----------
        environment : Environment or None
            Where it goes on; libraries of another version than at the start are named in the event.
        asked : (Asking, Privacy) or None
            How a language model is asked from here on, where that is told anew; it stands in the event.

        Raises
        ------
        RunLocked
            A living process works on it.
        DamagedRun
            An event does not fit, or the log's tail was cut off.
        NotTrusted
            Another user's key signed it.
        """
        path = self._find(ref)
        lock = Lock(path, path.name)
        run: RunWriter | None = None
        try:
            text = log.read(path)
            _check(path, text)
            run = RunWriter(path, path.parent, text.sealed[0].run_id, lock, text, disk=self._disk)
            if text.torn:
                run.cut_torn_end()
            run.refresh_derived()
            _sweep(run)
            if text.torn:
                run.append(LogRepaired(bytes_cut=text.torn))
            differs = () if environment is None else _differences(run.environment, environment)
            spent = round(run.spent_seconds, 6)
            run.listener = listener
            steps, scored, again = _progress(run)
            run.append(
                RunResumed(
                    pid=os.getpid(), host=socket.gethostname(), environment_differs=differs, spent_seconds=spent,
                    steps=steps, candidates=scored, again=again,
                    asking=None if asked is None else asked[0], privacy=None if asked is None else asked[1],
                )
            )  # fmt: skip
        except BaseException:
            if run is not None:
                run.close()
            lock.release()
            raise
        self.clean()
        return run

    def runs(self) -> list[RunReader]:
        """Return all runs, oldest first."""
        return [RunReader(path, self.root, disk=self._disk) for path in self._folders()]

    def family(self, path: Path) -> list[RunReader]:
        """Return the runs that are forks of the same run as the one at `path`, that one among them, oldest first."""
        parents = {folder.name: log.parent_of(folder) for folder in self._folders()}

        def root_of(name: str) -> str:
            seen = set()
            while (parent := parents.get(name)) is not None and name not in seen:
                seen.add(name)
                name = parent
            return name

        root = root_of(path.name)
        return [RunReader(self.root / name, self.root, disk=self._disk) for name in parents if root_of(name) == root]

    def clean(self) -> None:
        """Remove what killed processes left: temporary files, scratch folders, runs that never began. Never fails."""
        for path in _entries(self.root / TEMPORARIES):
            if is_leftover(path.name):
                _remove(path)
        now = time.time()
        for path in _entries(self.root):
            if path.name.startswith(BEGINNING):
                with suppress(OSError):
                    if now - path.stat().st_mtime > GRACE_SECONDS and not is_held(path):
                        discard(path)
            elif path.name.startswith(PREFIX) and path.is_dir():
                names = {entry.name for entry in _entries(path)}
                leftovers = {name for name in names if name == "scratch" or name.endswith(TEMPORARY)}
                if leftovers and not is_held(path):
                    for name in leftovers:
                        _remove(path / name)

    def _folders(self) -> list[Path]:
        found = (path for path in _entries(self.root) if path.name.startswith(PREFIX))
        return sorted(path for path in found if (path / log.EVENTS).is_file())

    def _find(self, ref: str | Path) -> Path:
        text = str(ref)
        folders = self._folders()
        if text == LATEST:
            if folders:
                return folders[-1]
            raise UsageError(f"There is no run in {self.root}.", hint='`planfit run DATA "TASK"` begins one.')
        if exact := [path for path in folders if path.name == text]:
            return exact[0]
        path = Path(ref).expanduser()
        if text and (path / log.EVENTS).is_file():
            return path.absolute()
        fitting = [path for path in folders if text and path.name.startswith((text, PREFIX + text))]
        if len(fitting) == 1:
            return fitting[0]
        raise _unknown(text, self.root, [path.name for path in fitting], [path.name for path in folders])


def new_id() -> str:
    """Return a new run id; ids sort by the time at which they were made, to the microsecond."""
    now = datetime.now(UTC)
    return f"{PREFIX}{now:%Y%m%d-%H%M%S}-{now.microsecond:05x}{secrets.token_hex(1)[0]}"


def _check(path: Path, text: log.LogText) -> None:
    count = len(text.sealed)
    if text.broken is not None:
        raise broken_log(path, text.broken)
    see = f"`planfit trace {path.name} --verify` names everything that is damaged; start a new run on the same table."
    if text.head is None or not count:
        raise DamagedRun(f"{log.HEAD} of {path.name} is missing or was changed.", hint=see)
    # A torn line in sight may be the last acknowledged event: its step is done again. A missing one is not explained.
    if text.head.events > count + (1 if text.torn else 0):
        raise DamagedRun(
            f"The log of {path.name} ends at event {count}, but had {text.head.events}: its tail was cut off.", hint=see
        )
    if text.head.events <= count and (
        text.head.events < 1 or text.sealed[text.head.events - 1].hash != text.head.last_hash
    ):
        raise DamagedRun(f"{log.HEAD} of {path.name} does not fit its log.", hint=see)
    unsigned = [sealed.no for sealed in text.sealed if not sealed.signed]
    if len(unsigned) == count:
        raise NotTrusted(
            f"Run {path.name} was not recorded with this user's key.",
            hint="Resume it as the user who began it, or start a new run on the same table.",
        )
    if unsigned:
        raise DamagedRun(f"Event {unsigned[0]} of {path.name} does not bear this user's signature.", hint=see)


def _progress(run: RunWriter) -> tuple[int, int, tuple[str, ...]]:
    """Return how many steps are finished, how many candidates are scored, and what was begun and not finished."""
    done = {event.body.key: event.body.name for event in run.standing if event.body.kind == "step_finished"}
    failed = {event.body.key for event in run.standing if event.body.kind == "candidate_failed"}
    begun = {event.body.key: event.body.name for event in run.standing if event.body.kind == "step_started"}
    again = tuple(name for key, name in begun.items() if key not in done and key not in failed)
    return len(done), sum(name.startswith("candidate ") for name in done.values()), again


def _sweep(run: RunWriter) -> None:
    """Remove files that no event announces: a killed process put them there and never came to say so."""
    for folder, folders, names in os.walk(run.path):
        here = Path(folder)
        if here == run.path:
            _remove(run.scratch)
            folders[:] = [name for name in folders if name not in RESERVED]
            names = [name for name in names if name not in RESERVED and name != LOCK]
        for name in names:
            if run.announced((here / name).relative_to(run.path).as_posix()) is None:
                _remove(here / name)


def _differences(then: Environment, now: Environment) -> tuple[str, ...]:
    before = {"planfit": then.planfit, "python": then.python, "platform": then.platform, **then.libraries}
    after = {"planfit": now.planfit, "python": now.python, "platform": now.platform, **now.libraries}
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return tuple(f"{name} {before.get(name, 'absent')} -> {after.get(name, 'absent')}" for name in names)


def _unknown(ref: str, root: Path, fitting: list[str], known: list[str]) -> UsageError:
    if fitting:
        return UsageError(
            f"{ref!r} fits {len(fitting)} runs.", hint=f"Write more of the one you mean: {', '.join(fitting[-5:])}."
        )
    if not known:
        return UsageError(f"There is no run {ref!r}: {root} holds none.", hint='`planfit run DATA "TASK"` begins one.')
    near = get_close_matches(ref, known, 1) or get_close_matches(PREFIX + ref, known, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"The newest are: {', '.join(known[-5:])}."
    return UsageError(f"There is no run {ref!r} in {root}.", hint=hint)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
