"""One process and all that it starts: how long it takes, how much memory all of them hold, and an end when time is over."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB = 1 << 20
EVERY = 0.5
"""Seconds between two looks at the memory."""
GRACE = 3.0
"""Seconds that a process is given to end by itself after it was asked to."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    seconds: float
    memory: float
    """Most memory of the process and its children together, MiB; shared pages count once."""
    stopped: bool
    """Whether it was still running when its time was over."""


def watch(command: Sequence[str | Path], log: Path, seconds: float, cwd: Path, env: Mapping[str, str]) -> Ended:
    """Run a command, its output going to `log`, and end it and whatever it left behind after `seconds` at the latest."""
    begun = time.monotonic()
    seen: dict[int, psutil.Process] = {}
    peak, stopped = 0.0, False
    with log.open("wb") as said:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd=cwd, env=dict(env),
            start_new_session=True,
        )  # fmt: skip
        try:
            while process.poll() is None:
                if time.monotonic() - begun > seconds:
                    stopped = True
                    break
                peak = max(peak, _held(process.pid, seen))
                try:
                    process.wait(EVERY)
                except subprocess.TimeoutExpired:
                    continue
            spent = time.monotonic() - begun
        finally:
            _end(seen)
            if process.poll() is None:
                process.kill()
            process.wait()
    return Ended(process.returncode, spent, peak, stopped)


def _held(pid: int, seen: dict[int, psutil.Process]) -> float:
    """Return the proportional memory of a process tree in MiB, and remember who belongs to it."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0.0
    held = 0
    for process in family:
        seen[process.pid] = process
        try:
            full = process.memory_full_info()
            held += getattr(full, "pss", full.uss)
        except psutil.Error:
            continue
    return held / MIB


def _end(seen: Mapping[int, psutil.Process]) -> None:
    """End the processes that are left; psutil tells a number that was given to another process apart."""
    left = [process for process in seen.values() if process.is_running()]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(left, GRACE)[1]:
        with contextlib.suppress(psutil.Error):
            process.kill()
