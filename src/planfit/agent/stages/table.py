"""Reading the table and profiling it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planfit.agent.session import Session
from planfit.data import readers
from planfit.data.profile import profile_table
from planfit.data.readers import Table
from planfit.data.sources.address import is_text, parse
from planfit.errors import DataChanged
from planfit.records.canonical import canonical_json
from planfit.records.events import WarningRaised
from planfit.records.profile import Profile

MEMORY_TABLE = "data.parquet"
ABOUT_READING = frozenset(
    {
        "encoding",
        "nul-bytes",
        "ragged-lines",
        "unbalanced-quotes",
        "lines-before-header",
        "several-tables",
        "renamed-columns",
        "header-missing",
        "ambiguous-dates",
        "infinite-values",
        "disguised-missing",
    }
)
"""Warnings of the profile that say how the table was read; a person should see them at once."""
HOLDOUT_TABLE = "kept-aside table"
"""Name of the step that knows the holdout file by its content."""


def read_table(session: Session, given: Any) -> Table:
    """Read the run's table; on resuming make sure that it still is the same.

    Parameters
    ----------
    given : path, frame or None
        What the user handed over; None when a run is taken up again.

    Raises
    ------
    DataChanged
        The table is gone or its content differs from what the run was started on.
    """
    known = session.run.find("step_finished", name="table")
    source, origin = _source(session, given, resumed=known is not None)
    table = readers.read(source, origin=origin)
    if known is None and session.table_before not in (None, table.ref.content_hash):
        raise DataChanged(
            f"The table {table.ref.origin} is not the one that run {session.run.forked_from} was started on.",
            hint="Name the original with --data FILE, or start a new run on this one with `planfit run`.",
        )
    if known is not None and known.result["content_hash"] != table.ref.content_hash:
        raise DataChanged(
            f"The table {table.ref.origin} is not the one that this run was started on: it had {known.result['rows']} rows and "
            f"{known.result['columns']} columns of other content.",
            hint="Name the original with --data FILE, or start a new run on this one with `planfit run`.",
        )
    return table


def keep_table(session: Session, table: Table) -> None:
    """Write into the record which table the run is about; a table from memory itself is kept."""
    if session.run.find("step_finished", name="table") is not None:
        return
    files: dict[str, bytes | Path] = {"dataset.json": canonical_json(table.ref)}
    if session.request.data is None:
        path = session.scratch(MEMORY_TABLE)
        readers.save(table, path)
        files[MEMORY_TABLE] = path
    key = session.key("table", 1, table.ref.content_hash)
    session.run.record(key, "profiling", "table", table.ref, files, shared=False)


def with_holdout(session: Session, table: Table) -> tuple[Table, int | None]:
    """Put the rows of the holdout file, where one is named, behind those of the table.

    Returns
    -------
    tuple
        The rows of both, and the position at which those of the holdout file begin (None without one).
    """
    holdout = session.request.holdout
    if holdout in ("auto", "none") or is_share(holdout):
        return table, None
    place = parse(holdout)
    known = session.run.find("step_finished", name=HOLDOUT_TABLE)
    if known is not None and (place is None or not place.exists()):
        raise DataChanged(
            f"The holdout file of this run, {holdout}, is not there any more.", hint="Put it back, then resume."
        )
    kept_aside = readers.read(holdout)
    if known is None:
        key = session.key("holdout_table", 1, kept_aside.ref.content_hash)
        session.run.record(key, "profiling", HOLDOUT_TABLE, kept_aside.ref, {}, shared=False)
    elif known.result["content_hash"] != kept_aside.ref.content_hash:
        raise DataChanged(
            f"The holdout file {holdout} holds something else than when this run was started.",
            hint="Put the original back, or start a new run.",
        )
    return readers.append(table, kept_aside), table.ref.rows


def is_share(text: str) -> bool:
    """Say whether `text` is a number, such as ``0.2``."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def profile(session: Session, table: Table) -> Profile:
    """Profile the table; looked up when it has been done before."""
    key = session.key("profiling", 3, table.ref.content_hash)

    def work(_: Path) -> tuple[Any, dict[str, bytes]]:
        made = profile_table(table)
        return made, {"profile.json": canonical_json(made)}

    done = session.run.step(key, "profiling", "profile", work)
    made = Profile.model_validate(done.result)
    for finding in made.warnings:
        if finding.code in ABOUT_READING:
            session.run.once(WarningRaised(key=session.key("warning", 1, finding), stage="profiling", finding=finding))
    return made.having(data=table.ref)


def _source(session: Session, given: Any, *, resumed: bool) -> tuple[Any, str | None]:
    request = session.request
    if given is None and request.data is None:
        kept = session.run.path / MEMORY_TABLE
        if not kept.exists():
            raise DataChanged(
                "The run ended before it could keep its table, which came from memory or standard input.",
                hint="Name a file with --data FILE, or start a new run.",
            )
        return kept, "the table from memory"
    source: Any = given if given is not None else request.data
    if is_text(source) and resumed:
        place = parse(source)
        if place is not None and not place.exists():
            raise DataChanged(
                f"The table of this run, {source}, is not there any more.",
                hint="Name its new place with --data FILE.",
            )
    return source, None
