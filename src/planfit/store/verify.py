"""Checking a run's record: every event, every signature, every file. Looks at everything anew and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from planfit.records.canonical import Record
from planfit.records.events import PlanRequested, StepFinished
from planfit.records.scores import ArtifactRef
from planfit.store import log
from planfit.store.decisions import Decisions
from planfit.store.files import TEMPORARY, explained, hash_file
from planfit.store.lock import NAME as LOCK
from planfit.store.lock import is_held

TRACE = "trace.json"
SENT = "sent.jsonl"
"""What left for a language model, written before it leaves; events hold the hash of each body."""
_NOT_ANNOUNCED = frozenset({log.EVENTS, log.HEAD, TRACE, LOCK, SENT})
_FOLDERS_PASSED_OVER = frozenset({"scratch", "inbox", "unfinished"})


class VerifyReport(Record):
    """What a check of a run's record found."""

    ok: bool
    problems: tuple[str, ...]
    """One sentence each, the file or event named first."""
    events: int
    """Events whose hashes and chain fit."""
    files: int
    """Announced files that were looked at."""


def verify(path: Path) -> VerifyReport:
    """Check a run's folder.

    Every event must fit its hash, the one before and this user's key; ``head.json`` must say how long the log is; every
    file must fit the hash in the event that announced it, and no other file may stand there; ``trace.json`` must be
    what the events give. A run that is being worked on is checked as far as it has got.
    """
    live = is_held(path)
    with explained(f"The record of {path.name} cannot be read"):
        trace = (path / TRACE).read_bytes() if (path / TRACE).is_file() else None  # before the log, which may grow
        text = log.read(path)
        announced = _announcements(text)
        problems = [*_log_problems(text, live=live), *_signature_problems(text)]
        problems += [problem for ref, no in announced.values() for problem in _file_problems(path, ref, no)]
        if text.broken is None:
            if not live:
                problems += _strangers(path, announced)
            problems += _trace_problems(path, text, trace)
    return VerifyReport(ok=not problems, problems=tuple(problems), events=len(text.sealed), files=len(announced))


def _log_problems(text: log.LogText, *, live: bool) -> Iterator[str]:
    count = len(text.sealed)
    if text.broken is not None:
        yield f"{log.EVENTS}: event {text.broken} does not fit its hash or the event before; those behind it cannot be checked"
        return
    if text.torn and not live:
        yield f"{log.EVENTS}: {text.torn} bytes of an event that was never finished stand at its end"
    if text.head is None:
        yield f"{log.HEAD}: missing, or not as it was written"
        return
    if text.head.events > count:
        yield f"{log.EVENTS}: ends at event {count}, but {log.HEAD} says {text.head.events}: its tail was cut off"
    elif text.head.events < 1 or text.sealed[text.head.events - 1].hash != text.head.last_hash:
        yield f"{log.HEAD}: its hash is not that of event {text.head.events}"
    elif text.head.events < count - 1 and not live:
        yield f"{log.HEAD}: says {text.head.events} events, the log holds {count}"


def _signature_problems(text: log.LogText) -> Iterator[str]:
    bad = [sealed.no for sealed in text.sealed if not sealed.signed]
    if bad and len(bad) == len(text.sealed):
        yield f"{log.EVENTS}: no event bears the signature of this user's key; another user recorded the run, or the key is gone"
    else:
        yield from (f"{log.EVENTS}: event {no} does not bear the signature of this user's key" for no in bad)


def _announcements(text: log.LogText) -> dict[str, tuple[ArtifactRef, int]]:
    found: dict[str, tuple[ArtifactRef, int]] = {}
    for sealed in text.sealed:
        if b'"sha256":"' in sealed.line:  # only such events name files
            body = sealed.event().body
            refs = (
                body.files
                if isinstance(body, StepFinished)
                else (body.prompt,)
                if isinstance(body, PlanRequested)
                else ()
            )
            found.update({ref.path: (ref, sealed.no) for ref in refs})
    return found


def _file_problems(path: Path, ref: ArtifactRef, no: int) -> Iterator[str]:
    place = path / ref.path
    if place.is_symlink() or not place.is_file():
        yield f"{ref.path}: missing; event {no} announced it"
    elif hash_file(place) != (ref.sha256, ref.bytes):
        yield f"{ref.path}: its content does not fit the hash that event {no} announced"


def _strangers(path: Path, announced: dict[str, tuple[ArtifactRef, int]]) -> Iterator[str]:
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        if here == path:
            folders[:] = [name for name in folders if name not in _FOLDERS_PASSED_OVER]
            names = [name for name in names if name not in _NOT_ANNOUNCED]
        links = [name for name in folders if (here / name).is_symlink()]
        for name in sorted([*names, *links]):
            inner = (here / name).relative_to(path).as_posix()
            if inner not in announced:
                what = "a leftover of a killed process" if name.endswith(TEMPORARY) else "no event announces it"
                yield f"{inner}: {what}"


def _trace_problems(path: Path, text: log.LogText, trace: bytes | None) -> Iterator[str]:
    """Derive the decisions anew; a writer may have been stopped between an event and what is derived from it."""
    if trace is None:
        yield f"{TRACE}: missing"
        return
    decisions = Decisions(lambda ref: _prompt(path, ref))
    least = text.head.events if text.head is not None else len(text.sealed)
    for sealed in text.sealed:
        changed = decisions.apply(sealed.event())
        if sealed.no >= least and (changed or sealed.no == least) and decisions.encode() == trace:
            return
    yield f"{TRACE}: it is not what the events give"


def _prompt(path: Path, ref: ArtifactRef) -> str:
    try:
        return (path / ref.path).read_bytes().decode("utf-8", "surrogatepass")
    except (OSError, UnicodeDecodeError):
        return ""
