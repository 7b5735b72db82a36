"""How a worker ended, in the words of a failed candidate."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Final

from planfit.records.scores import Cause
from planfit.runtime.protocol import ERRORS_FILE, EXIT_NO_SPACE, EXIT_OUT_OF_MEMORY

MEMORY_SIGNS: Final = (
    "bad_alloc",
    "cannot allocate memory",
    "out of memory",
    "unable to allocate",
    "memory allocation",
    "malloc failed",
    "thread creation failed",
)
"""What native libraries print when an allocation fails."""
DISK_FULL: Final = "The disk is full"
"""How the detail of a job begins that found no room for its files."""
TAIL_BYTES: Final = 20_000


def explain(status: int | None, detail: str | None, folder: Path) -> tuple[Cause, str]:
    """Return cause and sentence for a worker that ended without a result and was not ended by us.

    Parameters
    ----------
    status : int or None
        Exit code, negative for a signal; None: the worker did not start, or nobody saw its end.
    detail : str or None
        What is known where there is no status.
    folder : Path
        The job's folder; native libraries leave their last words there.
    """
    if status is None:
        return "crash", detail or "It ended and nobody saw how."
    if status == EXIT_OUT_OF_MEMORY:
        return "out_of_memory", "Memory ran out, and there was not enough left to say where."
    if status == EXIT_NO_SPACE:
        return "exception", f"{DISK_FULL}: the job's result could not be written."
    last_words = errors_of(folder)
    if says_memory(last_words):
        return "out_of_memory", f"Memory ran out in native code ({ending(status)})."
    if status == -getattr(signal, "SIGKILL", 9):
        return "out_of_memory", "The system killed it (SIGKILL): the system ran out of memory."
    place = native_place(last_words)
    if status < 0:
        return "crash", f"It crashed in native code ({ending(status)}){place}."
    said = next((text for text in reversed(last_words.splitlines()) if text.strip()), "").strip()
    return "crash", f"It ended with {ending(status)} before it gave a result{place}{': ' if said else '.'}{said}"


def says_memory(text: str) -> bool:
    """Return whether a message speaks of memory that could not be had."""
    lower = text.lower()
    return any(sign in lower for sign in MEMORY_SIGNS)


def errors_of(folder: Path) -> str:
    """Return the end of what the worker wrote to its standard error."""
    path = folder / ERRORS_FILE
    if not path.is_file():
        return ""
    return path.read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace")


def native_place(text: str) -> str:
    """Return the innermost Python frame that faulthandler wrote, as `` at f (x.py:3)``; else nothing."""
    _, _, stack = text.rpartition("Fatal Python error")
    _, found, stack = stack.partition("Current thread ")
    if not found:
        return ""
    frame = next((entry.strip() for entry in stack.splitlines() if entry.strip().startswith("File ")), None)
    if frame is None:
        return ""
    path, _, rest = frame.removeprefix('File "').partition('"')
    number, _, function = rest.removeprefix(", line ").partition(" in ")
    return f" at {function} ({Path(path).name}:{number})"


def ending(status: int | None) -> str:
    """Return what an exit code or a signal is called."""
    if status is None:
        return "nobody saw how"
    if status >= 0:
        return f"exit code {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
