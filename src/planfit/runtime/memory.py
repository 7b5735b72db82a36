"""How much memory there is, and how much a worker and what it started hold."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import psutil

from planfit.data.memory import available

__all__ = ["Tree", "available"]

GONE_SECONDS = 2.0
"""How long a killed process may take to disappear before we go on without it."""


class Tree:
    """A worker and the processes that it started."""

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.processes = [self.root]

    def refresh(self) -> None:
        """Look again for processes that the worker started; it costs more than a sample does."""
        with contextlib.suppress(psutil.Error):
            self.processes = [self.root, *self.root.children(recursive=True)]

    def resident(self) -> int:
        """Return the resident bytes of all of them; pages that they share with others are counted in full."""
        return sum(_resident(process) for process in self.processes)

    def held(self) -> int:
        """Return the bytes that only their end would free: shared pages by their share, mapped files not at all."""
        return sum(_held(process) for process in self.processes)

    def kill(self) -> None:
        """Kill all of them and wait until they are gone; a process that took over an id is left alone."""
        for process in self.processes:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(self.processes, timeout=GONE_SECONDS)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _held(process: psutil.Process) -> int:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]
            sizes = {entry.split(":")[0]: int(entry.split()[1]) * 1024 for entry in fields}
            return sizes["Pss_Anon"] + sizes["Pss_Shmem"]
    return _resident(process)
