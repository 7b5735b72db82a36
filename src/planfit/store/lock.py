"""One process at a time works on a run. The lock dies with its process; who holds it stands inside."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from planfit.errors import RunLocked
from planfit.store.files import explained

NAME = "lock"
TRIES = 5
"""Somebody who only looks whether the lock is held takes it for a moment."""
PAUSE = 0.02

if sys.platform == "win32":
    import msvcrt

    def _take(fd: int, *, shared: bool) -> bool:
        try:
            os.lseek(fd, 1 << 30, os.SEEK_SET)  # far behind the text, which others must be able to read
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(fd: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Lock:
    """The lock of one run, held from construction to `release`.

    Parameters
    ----------
    folder : Path
        The run's folder.
    name : str
        The run, for the message.

    Raises
    ------
    RunLocked
        Another process holds it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        path = folder / NAME
        with explained(f"The lock of {name} cannot be taken"):
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                if not _patiently(fd):
                    raise _refusal(path, name)
                owner = {"pid": os.getpid(), "host": socket.gethostname(), "started": datetime.now(UTC).isoformat()}
                os.ftruncate(fd, 0)
                os.lseek(fd, 0, os.SEEK_SET)
                os.write(fd, json.dumps(owner).encode() + b"\n")
            except BaseException:
                os.close(fd)
                raise
        self._fd: int | None = fd

    def release(self) -> None:
        """Let go; once is enough."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)


def is_held(folder: Path) -> bool:
    """Say whether a living process works on the run in `folder`."""
    try:
        fd = os.open(folder / NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _take(fd, shared=True)
    except OSError:
        return False
    finally:
        os.close(fd)


def _patiently(fd: int) -> bool:
    for _ in range(TRIES):
        if _take(fd, shared=False):
            return True
        time.sleep(PAUSE)
    return False


def _spoken(moment: object) -> str:
    """Return a moment as a person reads it: to the second, in UTC."""
    with suppress(ValueError):
        return datetime.fromisoformat(str(moment)).strftime("%Y-%m-%d %H:%M:%S UTC")
    return str(moment)


def _refusal(path: Path, name: str) -> RunLocked:
    owner: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        owner = json.loads(path.read_bytes())
    pid, host = owner.get("pid"), owner.get("host")
    who = f"process {pid} on {host}, since {_spoken(owner.get('started'))}" if pid else "another process"
    return RunLocked(
        f"Run {name} is being worked on by {who}.",
        hint="Wait until it is done, or end that process; then resume the run.",
    )
