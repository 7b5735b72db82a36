"""What the run and its worker processes tell each other: files in a job's folder, and lines of JSON on a pipe."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final, Literal

from planfit.records.canonical import Record, plain
from planfit.records.scores import Cause

JOB_FILE: Final = "job.json"
RESULT_FILE: Final = "result.json"
OUTPUT_FILE: Final = "stdout.txt"
ERRORS_FILE: Final = "stderr.txt"

EXIT_FAILED: Final = 1
"""The job failed and `result.json` says why."""
EXIT_OUT_OF_MEMORY: Final = 77
"""Memory ran out and there was not enough left to say so in a file."""
EXIT_NO_SPACE: Final = 78
"""The disk is full, so that not even `result.json` could be written."""
EXIT_ORPHANED: Final = 79
"""Whoever started the process is gone."""
EXIT_NOT_LOADED: Final = 80
"""A nested zygote could not load what it is for."""


class Assignment(Record):
    """What a worker process reads first (``job.json``): the job, and what it may take."""

    ticket: int
    job: dict[str, Any]
    """The job's record as JSON."""
    threads: int
    deadline_seconds: float | None
    """From the moment that the process starts to work; None: no soft deadline."""
    memory: int | None
    """Bytes; the process sets its own ceiling from it where the system can."""
    jobs: str | None = None
    """``module:TABLE`` with further kinds of jobs."""


class Outcome(Record):
    """What a worker process writes last (``result.json``)."""

    status: Literal["done", "failed"]
    result: dict[str, Any] = {}
    cause: Cause | None = None
    detail: str = ""
    findings: tuple[dict[str, Any], ...] = ()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, fsync it and rename it: it is there completely or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_record(path: Path, record: Record) -> None:
    """Write a record as JSON, whole or not at all; non-finite numbers become null."""
    write_whole(path, json.dumps(plain(record), ensure_ascii=False, allow_nan=False).encode())


def read_outcome(folder: Path) -> Outcome | None:
    """Return what a worker wrote last, or None where it did not get that far."""
    path = folder / RESULT_FILE
    if not path.is_file():
        return None
    return Outcome.model_validate_json(path.read_bytes())


def line(message: dict[str, Any]) -> bytes:
    """Return a message as one line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"
