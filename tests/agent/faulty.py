"""A disk that fails where it is told to: every change of a run's record has a name by which it is known again after a resume.

A name says what is done, to which file, and in the course of what: ``put RUN/events.jsonl in append step_finished candidate
c001``. The number of the change would not do, since a run that was resumed has others before it.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from planfit.store.files import Disk
from planfit.store.run import RunWriter
from planfit.store.store import Store

CODES = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO}
FOR_GOOD = " for good"
"""So ends a kind of failure after which the disk refuses everything."""
SILENT = "silent"
"""Half of a write arrives, and the system says that all of it did."""
IN_PARTS = "in parts"
"""Of every write only half is taken at a time, and the system says so."""


def _event(body: Any) -> str:
    """Return what an event is about, as far as it is the same in every run of the same work."""
    told = (getattr(body, name, None) for name in ("stage", "name", "rule", "ask_key", "command", "number"))
    return " ".join(["append", body.kind, *(str(each)[:40] for each in told if each is not None)])


COURSES: dict[Any, Callable[[dict[str, Any]], str]] = {
    RunWriter.append.__code__: lambda known: _event(known["body"]),
    RunWriter.record.__code__: lambda known: f"record {known['name']}",
    RunWriter.take_over.__code__: lambda known: f"take over {known['name']}",
    RunWriter.outcome.__code__: lambda _: "find again",
    RunWriter._keep.__code__: lambda known: f"keep {known['path']}",
    RunWriter.step.__code__: lambda known: f"step {known['name']}",
    RunWriter.refresh_derived.__code__: lambda _: "refresh",
    Store.create.__code__: lambda _: "create",
    Store.resume.__code__: lambda _: "resume",
}
"""What a change can be in the course of: read off the calls under way."""


def _course() -> str:
    frame: FrameType | None = sys._getframe(1)
    found = []
    while frame is not None:
        if frame.f_code in COURSES:
            found.append(COURSES[frame.f_code](frame.f_locals))
        frame = frame.f_back
    return ", ".join(found)


def _file(path: Path) -> str:
    """Return a file of a store without what differs between runs: ids, hashes, who wrote it."""
    text = re.sub(r"@[^/@]+@\d+@[0-9a-f]{8}\.tmp$", "", path.as_posix())
    text = re.sub(r".*/(\.beginning-)?run_[^/]+", "RUN", text)
    text = re.sub(r".*/(objects|steps|\.tmp)(?=/|$)", r"\1", text)
    if text.startswith("/"):
        return "STORE"
    return re.sub(r"[0-9a-f]{64}", "HASH", re.sub(r"/scratch/.*", "/scratch", text))


class Faulty(Disk):
    """Fails once, or from then on, at the first wanted place.

    Parameters
    ----------
    wanted : dict
        From a place to how it is to fail: a name of `CODES`, `FOR_GOOD` behind it or not, or `SILENT`.
    after : int
        Changes to let pass before.
    every : str or None
        `IN_PARTS`: all writes are; nothing fails.
    """

    def __init__(self, wanted: dict[str, str] | None = None, after: int = 0, every: str | None = None) -> None:
        self.wanted, self.after, self.every = wanted or {}, after, every
        self.places: list[str] = []
        """What was changed, in order, up to the failure."""
        self.struck: str | None = None
        self._for_good: int | None = None

    def _strike(self, what: str, path: Path) -> bool:
        """Fail where the turn has come; say whether a part is to be lost in silence."""
        if self._for_good is not None:
            raise OSError(self._for_good, os.strerror(self._for_good))
        if self.struck is not None:
            return False
        place = f"{what} {_file(path)} in {_course()}"
        self.places.append(place)
        if len(self.places) <= self.after or place not in self.wanted:
            return False
        self.struck, how = place, self.wanted[place]
        if how == SILENT:
            return True
        code = CODES[how.removesuffix(FOR_GOOD)]
        if how.endswith(FOR_GOOD):
            self._for_good = code
        raise OSError(code, os.strerror(code))

    def put(self, fd: int, data: memoryview) -> int:
        part = data[: len(data) // 2]
        try:
            lost = self._strike("put", _open(fd))
        except OSError:
            super().put(fd, part)
            raise
        if lost:
            super().put(fd, part)
            return len(data)
        return super().put(fd, part if part and self.every == IN_PARTS else data)

    def sync(self, fd: int) -> None:
        self._strike("sync", _open(fd))
        super().sync(fd)

    def truncate(self, fd: int, size: int) -> None:
        self._strike("truncate", _open(fd))
        super().truncate(fd, size)

    def create(self, path: Path, mode: int) -> int:
        self._strike("create", path)
        return super().create(path, mode)

    def replace(self, source: Path, target: Path) -> None:
        self._strike("replace", target)
        super().replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._strike("link", target)
        super().link(source, target)

    def make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._strike("make", folder)
        super().make_folder(folder)

    def sync_folder(self, folder: Path) -> None:
        self._strike("sync", folder)
        super().sync_folder(folder)


def _open(fd: int) -> Path:
    return Path(f"/proc/self/fd/{fd}").readlink()
