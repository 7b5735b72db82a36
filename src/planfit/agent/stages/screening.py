"""Cutting a very wide table to the columns that say most about the target, where all of them would not fit."""

from __future__ import annotations

from typing import Final

from planfit.agent.session import Session
from planfit.amounts import spoken_seconds
from planfit.records.events import WarningRaised
from planfit.records.findings import Finding
from planfit.records.profile import Profile, TargetProfile
from planfit.records.run import Limits
from planfit.records.schema import Excluded
from planfit.records.task import Task

SCREENED: Final = "screened"
MOST: Final = 2_000
"""Columns of the table that are kept at the most: each costs time in every step of every fold, however few the rows."""
FEWEST: Final = 300
"""Columns that are kept whatever the limits say."""
BYTES_PER_CELL: Final = 120
"""Memory for a row of a column in the run's processes together: the table, its features, folds, the trainer's copies."""
CELLS_PER_SECOND: Final = 200_000
"""Rows times columns for a second of the time limit, so that several candidates are trained within it."""
COLUMNS_PER_SECOND: Final = 12
"""The same for tables of few rows, where the columns themselves cost the time."""
FLATTERED_ROWS: Final = 1_000
"""With fewer training rows, choosing among many columns makes cross-validated scores look better than they are."""


def most_columns(rows: int, limits: Limits) -> tuple[int, str]:
    """Return how many columns a run can work on, and what sets that limit, in words.

    Parameters
    ----------
    rows : int
        Rows of the table.
    limits : Limits
        Of the run; only what was asked for counts, never the clock.
    """
    found = [(MOST, "the most columns that a run works on")]
    if limits.memory is not None:
        found.append(
            (limits.memory // (BYTES_PER_CELL * max(rows, 1)), f"what fits in {limits.memory / 2**30:.1f} GB of memory")
        )
    if limits.seconds is not None:
        by_time = min(CELLS_PER_SECOND * limits.seconds / max(rows, 1), COLUMNS_PER_SECOND * limits.seconds)
        found.append((int(by_time), f"what can be trained on in {spoken_seconds(limits.seconds)}"))
    most, why = min(found)
    return max(most, FEWEST), why


def screen(session: Session, task: Task, profile: Profile, seen: TargetProfile) -> Task:
    """Return the task with the columns left out that say least, where there are more than a run can work on.

    Parameters
    ----------
    session : Session
    task : Task
        With leaks already left out.
    profile : Profile
        The table.
    seen : TargetProfile
        Associations with the target, on training rows.
    """
    names = task.features_of(profile).names
    most, why = most_columns(profile.rows, session.request.limits)
    if len(names) <= most:
        return task
    wanted = {*session.request.include, *((task.split.column,) if task.split.column else ())}
    ranked = [one.column for one in seen.associations]
    by_what = "say most about the target alone" if ranked else "come first (too few rows tell how much each says)"
    kept = {name for name in names if name in wanted}
    inside = set(names)
    for name in [*ranked, *names]:  # those without a measure come last, in the order of the table
        if len(kept) >= most:
            break
        if name in inside:
            kept.add(name)
    reason = f"not among the {len(kept):,} of {len(names):,} columns that {by_what}"
    out = tuple(Excluded(name=name, code=SCREENED, reason=reason) for name in names if name not in kept)
    if not out:
        return task
    _say(session, len(kept), len(names), by_what, why, seen.rows)
    return task.having(excluded=(*task.excluded, *out))


def _say(session: Session, kept: int, width: int, by_what: str, why: str, rows: int) -> None:
    flattered = (
        " With so few rows, cross-validated scores look better than they are, since the choice has seen the rows."
        if rows < FLATTERED_ROWS
        else ""
    )
    finding = Finding(
        code="screened-columns",
        gate="dataset",
        severity="warning",
        message=f"Of {width:,} columns, the {kept:,} that {by_what} on {rows:,} training rows are used: {why}.",
        hint=f"--include NAME keeps a column; a higher --time-limit or --memory-limit keeps more.{flattered}",
    )
    session.run.once(WarningRaised(key=session.key("warning", 1, finding), stage="split", finding=finding))
    session.note(
        "task",
        f"A table too wide for the limits is cut to the columns that say most about the target: {why}.",
        f"{kept:,} of {width:,} columns are used",
        finding.message,
        kept=kept,
        columns=width,
        rows=rows,
    )
