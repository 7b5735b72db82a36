"""The event log: one canonical JSON line an event, each sealed by its hash, the one before, and a signature.

A line is the canonical JSON of the whole event. Its keys stand in alphabetical order, so what comes behind the body
has a fixed form, and the bytes that are hashed (all fields but ``hash`` and ``signature``) are cut out of the line
without parsing it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from planfit import signing
from planfit.errors import DamagedRun, PlanfitError
from planfit.records.canonical import canonical_json
from planfit.records.events import Event
from planfit.records.run import Head
from planfit.store.files import Disk, explained

EVENTS = "events.jsonl"
HEAD = "head.json"
FIRST = "0" * 64
"""What stands for the hash before the first event."""
FORMAT = 1
_TAIL = re.compile(
    rb',"hash":"([0-9a-f]{64})",("no":([1-9][0-9]{0,11}),"prev_hash":"([0-9a-f]{64})","run_id":"([a-z0-9_-]{1,64})")'
    rb',"signature":"([0-9a-f]{64})"\}\Z'
)
_LONGEST_TAIL = 420


class Sealed(NamedTuple):
    """One line whose content fits its hash."""

    no: int
    run_id: str
    prev_hash: str
    hash: str
    signature: str
    line: bytes

    @property
    def signed(self) -> bool:
        """Whether this user's key signed it."""
        return signing.verify(self.hash, self.signature)

    def event(self) -> Event:
        """Return the event."""
        try:
            return Event.model_validate(json.loads(self.line))
        except (ValidationError, ValueError) as error:
            raise DamagedRun(
                f"Event {self.no} of run {self.run_id} is of a kind that this version of planfit does not know.",
                hint="The run was recorded by another version: read it with that one.",
            ) from error


def seal(no: int, at: str, run_id: str, prev_hash: str, body: BaseModel) -> Sealed:
    """Return the line of a new event."""
    front = canonical_json({"at": at, "body": body, "format": FORMAT})[:-1]
    back = canonical_json({"no": no, "prev_hash": prev_hash, "run_id": run_id})[1:-1]
    found = hashlib.sha256(front + b"," + back + b"}").hexdigest()
    signature = signing.sign(found)
    line = b'%b,"hash":"%b",%b,"signature":"%b"}' % (front, found.encode(), back, signature.encode())
    return Sealed(no, run_id, prev_hash, found, signature, line)


def unseal(line: bytes) -> Sealed | None:
    """Return what a line holds, or None where it is no event or does not fit its hash."""
    offset = max(0, len(line) - _LONGEST_TAIL)
    tail = _TAIL.search(line, offset)
    if tail is None:
        return None
    found = hashlib.sha256(line[: tail.start()])
    found.update(b"," + tail[2] + b"}")
    if found.hexdigest().encode() != tail[1]:
        return None
    run_id, before, own, signature = (tail[i].decode() for i in (5, 4, 1, 6))
    return Sealed(int(tail[3]), run_id, before, own, signature, line)


@dataclass(frozen=True)
class LogText:
    """A log as it stands on the disk, up to the first thing that does not fit."""

    sealed: tuple[Sealed, ...]
    whole: int
    """Bytes that these events take."""
    torn: int
    """Bytes behind them that a killed process left of an event that was never finished."""
    broken: int | None
    """Number of the first event that does not fit its hash or the one before, with others or an acknowledgement behind it."""
    head: Head | None
    """What ``head.json`` says; None where it is missing or no head."""


def read(folder: Path) -> LogText:
    """Read a run's log and check its hashes and their chain. Signatures are looked at by who relies on them."""
    head = read_head(folder)  # before the log, which may grow meanwhile
    with explained(f"The log of {folder.name} cannot be read"):
        lines = (folder / EVENTS).read_bytes().split(b"\n")
    torn = len(lines.pop())
    sealed: list[Sealed] = []
    before, whole = FIRST, 0
    for line in lines:
        found = unseal(line)
        fits = found is not None and found.no == len(sealed) + 1 and found.prev_hash == before
        if found is None or not fits or (sealed and found.run_id != sealed[0].run_id):
            no = len(sealed) + 1
            if no == len(lines) and not torn and head is not None and head.events < no:
                return LogText(tuple(sealed), whole, len(line) + 1, None, head)  # never acknowledged
            return LogText(tuple(sealed), whole, torn, no, head)
        sealed.append(found)
        before, whole = found.hash, whole + len(line) + 1
    return LogText(tuple(sealed), whole, torn, None, head)


def parent_of(folder: Path) -> str | None:
    """Return the run that a run was forked from, by its first line alone; None where it is none, or cannot be read."""
    try:
        with (folder / EVENTS).open("rb") as file:
            parent = json.loads(file.readline())["body"]["forked_from"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return parent if isinstance(parent, str) else None


def read_head(folder: Path) -> Head | None:
    """Return what ``head.json`` says, or None where it is missing or not as it was written."""
    try:
        data = (folder / HEAD).read_bytes()
        head = Head.model_validate(json.loads(data))
    except (OSError, ValueError):
        return None
    return head if data == head_bytes(head.events, head.last_hash) else None


def head_bytes(events: int, last_hash: str) -> bytes:
    """Return the content of ``head.json``."""
    return canonical_json(Head(events=events, last_hash=last_hash)) + b"\n"


class LogFile:
    """The log of a run that is being written.

    Parameters
    ----------
    size : int
        Bytes of whole events that stand in it.
    """

    def __init__(self, folder: Path, disk: Disk, size: int) -> None:
        self._disk = disk
        self.size = size
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        with explained(f"The log of {folder.name} cannot be opened"):
            self._fd: int | None = os.open(folder / EVENTS, flags, 0o644)

    def append(self, line: bytes) -> None:
        """Bring an event to the disk; on failure the log is as it was before."""
        fd = self._open()
        try:
            with explained(f"{EVENTS} cannot be written"):
                self._disk.write(fd, line + b"\n")
                self._disk.sync(fd)
        except PlanfitError:
            self.cut()
            raise
        self.size += len(line) + 1

    def cut(self) -> None:
        """Cut off what stands behind the last whole event."""
        fd = self._open()
        with explained(f"{EVENTS} cannot be mended"):
            self._disk.truncate(fd, self.size)
            self._disk.sync(fd)

    def close(self) -> None:
        """Close the file."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _open(self) -> int:
        if self._fd is None:
            raise ValueError("the log is closed")
        return self._fd


def body_fields(body: Any) -> tuple[Any, ...] | None:
    """Return what makes an event of its kind the same as another, or None where each stands for itself."""
    match body.kind:
        case "run_started" | "run_resumed" | "log_repaired" | "run_halted":
            return None
        case "run_stopped" | "run_finished":
            return ()
        case "command_received":
            return body.command, body.by, body.round, body.detail, body.to, body.ask_key
        case "clock_decided":
            return body.key, body.name
        case "model_called":
            return body.ask_key, body.number
        case "rolled_back":
            return body.ask_key, body.frm, body.to
        case "holdout_opened":
            return body.split_key, body.key
    return (body.key,) if hasattr(body, "key") else (body.ask_key,)
