"""Processes as tests look at them."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


PATIENCE = 10.0
"""Seconds for what comes by itself at once. What it is waited for never ends by itself, so a busy machine may be slow."""


def children(process: psutil.Process | None = None) -> list[psutil.Process]:
    """Return the children of a process, of this one when None; of one that has ended meanwhile there are none."""
    try:
        return (process or psutil.Process()).children()
    except psutil.Error:
        return []


def wait_until(said: Callable[[], object], seconds: float = PATIENCE) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if said():
            return True
        time.sleep(0.02)
    return bool(said())
