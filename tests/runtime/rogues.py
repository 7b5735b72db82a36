"""Jobs that behave badly, for the tests of the workers: found in a worker by ``rogues:JOBS``."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from planfit.errors import CandidateFailed
from planfit.records.canonical import Record


class Rogue(Record):
    """A job of a kind that only these tests know."""

    job: str
    note: str = ""
    threads: int | None = None
    families: tuple[str, ...] = ()


def obey(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    """Say what the process is like."""
    began = time.time()
    import threadpoolctl

    (folder / "file.txt").write_text(job["note"])
    print("printed")
    return {
        "began": began,
        "note": job["note"],
        "pid": os.getpid(),
        "session": os.getsid(0),
        "parent": os.getppid(),
        "main": getattr(sys.modules["__main__"], "__file__", ""),
        "polars": "polars" in sys.modules,
        "torch": "torch" in sys.modules,
        "pools": sorted({pool["num_threads"] for pool in threadpoolctl.threadpool_info()}),
        "hash": hash("a text"),
        "infinite": float("inf"),
        "files": {"file": "file.txt"},
    }


def until_deadline(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    while not deadline():
        time.sleep(0.01)
    return {"left": deadline.left()}


def for_ever(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    (folder / "began").touch()
    while True:
        sum(range(10_000))


def in_native_code(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    """Hold the interpreter's lock, so that no signal handler and no thread of Python ever runs."""
    (folder / "began").touch()
    ctypes.PyDLL(None).sleep(1000)
    return {}


def eat_slowly(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    held = []
    while True:
        held.append(np.ones(4 << 20))  # 32 MB
        time.sleep(0.02)


def eat_at_once(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    return {"size": np.ones(40 << 30, dtype=np.int8).size}


def eat_in_a_child(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    program = "import numpy, time\nheld = numpy.ones(80 << 20)\ntime.sleep(1000)"
    started = subprocess.Popen([sys.executable, "-c", program])
    (folder / "began").write_text(str(started.pid))
    time.sleep(1000)
    return {}


def segfault(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    ctypes.string_at(0)
    return {}


def abort(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def leave(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    os._exit(9)


def killed(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    os.kill(os.getpid(), 9)
    return {}


def raise_error(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    raise ValueError("the level 'a'\nis unknown")


def raise_memory(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    raise MemoryError("no room")


def raise_not_finite(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    raise FloatingPointError("The loss is NaN after round 3")


def raise_timeout(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    raise CandidateFailed("No fold was finished in time.", cause="timeout")


def exit_quietly(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    sys.exit(0)


def full_disk(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    raise OSError(errno.ENOSPC, "No space left on device", str(folder / "oof.parquet"))


def kill_the_zygote_once(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    mark = Path(job["note"])
    if not mark.exists():
        mark.touch()
        os.kill(zygote_above(), 9)
        time.sleep(1000)
    return {"again": True}


def zygote_above() -> int:
    """Return the process that this worker was forked from; of a plain worker the parent is the tests' own process."""
    parent = psutil.Process(os.getppid())
    if parent.cmdline()[-1:] != ["planfit.runtime.zygote"]:
        raise RuntimeError("this worker was not forked from a zygote")
    return parent.pid


def kill_the_zygote(job: dict[str, Any], folder: Path, deadline: Any) -> dict[str, Any]:
    os.kill(zygote_above(), 9)
    time.sleep(1000)
    return {}


EVERY = (
    obey, until_deadline, for_ever, in_native_code, eat_slowly, eat_at_once, eat_in_a_child, segfault, abort, leave,
    killed, raise_error, raise_memory, raise_not_finite, raise_timeout, exit_quietly, full_disk, kill_the_zygote_once,
    kill_the_zygote,
)  # fmt: skip
JOBS = {function.__name__: f"{__name__}:{function.__name__}" for function in EVERY}
