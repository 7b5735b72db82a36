"""How much memory there is for us."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

CONTROL_GROUP = Path("/sys/fs/cgroup")


def available() -> int:
    """Return the bytes that are free for us: of the machine, or of the container where that is less."""
    free = int(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):
        limit = int((CONTROL_GROUP / "memory.max").read_text())
        used = int((CONTROL_GROUP / "memory.current").read_text())
        free = min(free, max(0, limit - used))
    return free
