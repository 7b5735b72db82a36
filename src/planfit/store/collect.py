"""Removing what no run refers to, and old runs where a person asks for it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from planfit.errors import PlanfitError
from planfit.records.canonical import Record
from planfit.records.events import StepFinished
from planfit.store.files import explained, is_leftover
from planfit.store.lock import Lock, is_held
from planfit.store.objects import TEMPORARIES
from planfit.store.reader import RunReader, announced_by
from planfit.store.run import discard
from planfit.store.store import Store

SECONDS_TO_BE_ANNOUNCED = 3600.0
"""While a run is going, a file younger than this may belong to an event that is about to be written."""


class Collected(Record):
    """What was removed, or would be."""

    runs: tuple[str, ...] = ()
    kept_back: tuple[str, ...] = ()
    """Runs that would be old enough, but somebody works on them, they can be resumed, or their record is damaged."""
    objects: int = 0
    steps: int = 0
    leftovers: int = 0
    bytes: int = 0


def collect(
    store: Store, *, keep: int | None = None, older_than: float | None = None, really: bool = False
) -> Collected:
    """Remove what no run refers to, after the runs that a person no longer wants.

    Parameters
    ----------
    store : Store
    keep : int or None
        Runs to keep, the newest; None: no run goes for being one too many.
    older_than : float or None
        Seconds since its last event after which a run may go.
    really : bool, default=False
        Remove; else only say what would go.

    Returns
    -------
    Collected
        Runs that somebody works on never go; nor do those that have not ended, since they can be resumed.
    """
    readers = store.runs()
    unwanted, kept_back = _unwanted(readers, keep, older_than)
    staying = [reader for reader in readers if reader.path.name not in unwanted]
    referred, keys = _referred(staying)
    going = any(is_held(path) for path in store.root.glob("*run_*"))  # one that has just begun is among them

    def unused(folder: str, used: set[str]) -> list[Path]:
        files = [path for path in _files(store.root / folder) if path.name not in used]
        return [path for path in files if not (going and _young(path))]

    objects, steps = unused("objects", referred), unused("steps", keys)
    leftovers = [path for path in _files(store.root / TEMPORARIES) if is_leftover(path.name)]
    gone = [reader.path for reader in readers if reader.path.name in unwanted]
    # a file has as many names as there are runs that hold it: it frees room when the last one goes
    alone = sum(_size(path) for path in (*objects, *steps, *leftovers))
    alone += sum(_own_bytes(path) for path in gone)
    if really:
        with explained(f"The store {store.root} cannot be cleared"):
            for path in gone:
                _remove_run(path)
            for path in (*objects, *steps, *leftovers):
                path.unlink(missing_ok=True)
        store.clean()
    return Collected(
        runs=tuple(sorted(unwanted)), kept_back=tuple(sorted(kept_back)), objects=len(objects), steps=len(steps),
        leftovers=len(leftovers), bytes=alone,
    )  # fmt: skip


def age_of(reader: RunReader) -> float:
    """Return the seconds since the last event of a run."""
    with suppress(OSError):
        return max(0.0, time.time() - (reader.path / "events.jsonl").stat().st_mtime)
    return 0.0


def size_of(reader: RunReader) -> int:
    """Return the bytes of a run's files; what it shares with other runs is counted here too."""
    return sum(_size(path) for path in reader.path.rglob("*"))


def _unwanted(readers: list[RunReader], keep: int | None, older_than: float | None) -> tuple[set[str], set[str]]:
    """Return the runs that may go, and those that are old enough but stay."""
    asked: set[str] = set()
    if keep is not None:
        asked |= {reader.path.name for reader in readers[: max(0, len(readers) - keep)]}
    if older_than is not None:
        old = {reader.path.name for reader in readers if age_of(reader) > older_than}
        asked = asked & old if keep is not None else old
    stays = {reader.path.name for reader in readers if reader.path.name in asked and not _has_ended(reader)}
    return asked - stays, stays


def _has_ended(reader: RunReader) -> bool:
    try:
        return reader.status in ("finished", "stopped") and not is_held(reader.path)
    except PlanfitError:
        return False  # a damaged record is a person's to look at


def _referred(readers: Iterable[RunReader]) -> tuple[set[str], set[str]]:
    """Return the hashes of the files that runs announce, and the keys of their steps."""
    hashes: set[str] = set()
    keys: set[str] = set()
    for reader in readers:
        try:
            events = reader.events
        except PlanfitError:  # what stands before the damage counts
            events = tuple(sealed.event() for sealed in reader.sealed)
        for event in events:
            hashes.update(ref.sha256 for ref in announced_by(event))
            if isinstance(event.body, StepFinished):
                keys.add(event.body.key)
    return hashes, keys


def _remove_run(path: Path) -> None:
    """Remove a run, unless somebody has just begun to work on it; its log goes first, so that it is gone or whole."""
    lock = Lock(path, path.name)
    try:
        (path / "events.jsonl").unlink(missing_ok=True)
        discard(path)
    finally:
        lock.release()


def _own_bytes(path: Path) -> int:
    """Return the bytes of a run's files that no other name holds: those of its log and the like."""
    return sum(_size(file) for file in path.rglob("*") if file.is_file() and file.stat().st_nlink == 1)


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []


def _young(path: Path) -> bool:
    try:
        changed = path.stat().st_ctime
    except OSError:
        return True
    return time.time() - changed < SECONDS_TO_BE_ANNOUNCED


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
