"""What a worker process does, whether it was forked from the zygote or started by itself: one job, then it is gone."""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import os
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from planfit.errors import CandidateFailed, PlanfitError
from planfit.records.jobs import Job
from planfit.records.scores import Cause
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.endings import DISK_FULL, says_memory
from planfit.runtime.jobs import JOBS
from planfit.runtime.protocol import (
    ERRORS_FILE,
    EXIT_FAILED,
    EXIT_NO_SPACE,
    EXIT_ORPHANED,
    EXIT_OUT_OF_MEMORY,
    JOB_FILE,
    OUTPUT_FILE,
    RESULT_FILE,
    Assignment,
    Outcome,
    write_record,
)

LINUX: Final = platform.system() == "Linux"
PR_SET_PDEATHSIG: Final = 1
DATA_SLACK: Final = 512 << 20
"""Bytes of address space beyond the limit: thread stacks and allocator arenas are reserved, not used."""
DATA_FACTOR: Final = 1.5
"""Address space is a coarse ceiling above the watch on resident memory."""
WATCH_SECONDS: Final = 0.3
PREFERRED_VICTIM: Final = "500"
"""Where the system itself runs out of memory it should take a worker before the run."""
THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


def carry_out(folder: Path) -> int:
    """Carry out the job of a folder and write ``result.json``; return the exit code.

    The process must be one of its own: limits, output and threads are set for good.
    """
    assignment = Assignment.model_validate_json((folder / JOB_FILE).read_bytes())
    _redirect(folder)
    _limit_memory(assignment.memory)
    code = 0
    try:
        limit_threads(assignment.threads)
        outcome = _outcome(assignment, folder)
    except MemoryError as error:
        outcome = Outcome(status="failed", cause="out_of_memory", detail=judge(error)[1])
    if outcome.status == "failed":
        code = EXIT_FAILED
    try:
        write_record(folder / RESULT_FILE, outcome)
    except MemoryError:
        code = EXIT_OUT_OF_MEMORY
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        code = EXIT_NO_SPACE
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    return code


def _outcome(assignment: Assignment, folder: Path) -> Outcome:
    try:
        run, job = _find(assignment)
        result = run(job, folder, SoftDeadline(assignment.deadline_seconds))
    except MemoryError:
        traceback.print_exc()
        raise
    except BaseException as error:  # The one wide fence: it stands around a worker and records what it caught.
        with contextlib.suppress(OSError):  # the disk may be full, which is what is to be told
            traceback.print_exc()
        cause, detail = judge(error)
        findings = tuple(finding.to_json() for finding in getattr(error, "findings", ()))
        return Outcome(status="failed", cause=cause, detail=detail, findings=findings)
    return Outcome(status="done", result=result)


def _find(assignment: Assignment) -> tuple[Callable[[Any, Path, SoftDeadline], dict[str, Any]], Any]:
    kind = assignment.job["job"]
    if kind in JOBS:
        return load(JOBS[kind]), TypeAdapter(Job).validate_python(assignment.job)
    if assignment.jobs is not None:
        return load(load(assignment.jobs)[kind]), assignment.job
    raise CandidateFailed(f"There is no job {kind!r}.", cause="exception")


def load(place: str) -> Any:
    """Return what ``module:name`` says."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def judge(error: BaseException) -> tuple[Cause, str]:
    """Return the cause of a failed job and one sentence about it."""
    text = " ".join(str(error).split())
    if isinstance(error, CandidateFailed):
        return error.cause, error.message  # type: ignore[return-value]
    if isinstance(error, MemoryError) or says_memory(text):
        return "out_of_memory", f"Memory ran out{_where(error)}" + (f": {text}" if text else ".")
    if isinstance(error, FloatingPointError):
        return "not_finite", f"{text or 'A number is not finite'}{_where(error)}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "exception", f"{DISK_FULL}: {error.filename or 'a file of the job'} could not be written."
    if isinstance(error, PlanfitError):
        return "exception", error.message
    return (
        "exception",
        f"{type(error).__name__}: {text}{_where(error)}" if text else f"{type(error).__name__}{_where(error)}",
    )


def _where(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    if not frames:
        return ""
    ours = [frame for frame in frames if f"{os.sep}planfit{os.sep}" in frame.filename]
    frame = (ours or frames)[-1]
    return f" (in {frame.name}, {Path(frame.filename).name}:{frame.lineno})"


def _redirect(folder: Path) -> None:
    """Send what libraries print into files of the job's folder; a native crash leaves its stack there too."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(folder / OUTPUT_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    errors = os.open(folder / ERRORS_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, place in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(source, place)
        os.close(source)
    faulthandler.enable(2)


def _limit_memory(limit: int | None) -> None:
    """Set a ceiling on the process's own data, above what the watch on resident memory allows."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(PREFERRED_VICTIM)
    if limit is None or not LINUX:
        return
    import resource

    ceiling = _data_now() + int(DATA_FACTOR * limit) + DATA_SLACK
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        ceiling = min(ceiling, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))


def _data_now() -> int:
    for entry in Path("/proc/self/status").read_text().splitlines():
        if entry.startswith("VmData:"):
            return int(entry.split()[1]) * 1024
    return 0


def limit_threads(threads: int) -> None:
    """Let every library take `threads` threads: pools that are loaded by call, later ones by environment.

    A forked process inherits libraries that have read the environment already, so the variables alone are too late.
    """
    for name in THREAD_VARIABLES:
        os.environ[name] = str(threads)
    import pyarrow

    thread_pools().limit(limits=threads)
    pyarrow.set_cpu_count(threads)


@cache
def thread_pools() -> Any:
    """Return the pools of all loaded libraries; the zygote looks for them once, which takes as long as four forks."""
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()


def die_with(parent: int) -> None:
    """End this process when `parent` ends, whatever ends it."""
    if LINUX:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the call
            os._exit(EXIT_ORPHANED)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        end_group()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def die_at_end_of(pipe: int) -> None:
    """End this process and its group when the other end of `pipe` is closed: works on every system."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(pipe, 1):
                pass
        end_group()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def end_group() -> None:
    """Kill this process with all that it started."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(EXIT_ORPHANED)


@contextlib.contextmanager
def orphan_check(parent: int) -> Iterator[None]:
    """Look every half a second, without a thread, whether `parent` still lives; for imports that take seconds."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def look(*_: Any) -> None:
        if os.getppid() != parent:
            os._exit(EXIT_ORPHANED)

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, WATCH_SECONDS, WATCH_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
