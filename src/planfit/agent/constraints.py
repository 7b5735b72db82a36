"""Honouring what the sentence asks of the run: limits and families are narrowed, contradictions are said, options win."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from planfit.agent.session import Session
from planfit.amounts import spoken_seconds
from planfit.errors import UsageError
from planfit.models.base import Family
from planfit.models.registry import families
from planfit.plans.task import TaskPlan
from planfit.records.events import WarningRaised
from planfit.records.findings import Finding
from planfit.records.run import Limits
from planfit.records.task import Constraints, TaskType
from planfit.settings import SHORTEST_TIME_LIMIT

READABLE: Final = 2
"""Families of at most this `simplicity` are models that a person can read."""
RULE: Final = "What the sentence asks plainly of the run holds; an option given beside it counts for more."
BASELINE: Final = "baseline"


def honour(session: Session, plan: TaskPlan) -> Constraints | None:
    """Narrow the limits and families of the session to what the plan says that the sentence asks.

    Parameters
    ----------
    session : Session
        Its request and clock follow the constraints from here on; a resumed run comes by here again.
    plan : TaskPlan

    Returns
    -------
    Constraints or None
        Those that hold; None where there are none.

    Raises
    ------
    UsageError
        No family that is wanted is there, or the time is too short.
    """
    for note in plan.notes:
        _warn(session, "contradiction", note)
    asked = plan.constraints
    ignored = [
        entry.name for entry in plan.excluded if entry.code == "asked" and entry.name not in session.request.exclude
    ]
    held = None
    if asked is not None:
        limits, seconds, candidates = _limits(session, asked)
        allowed, wanted, refused, simple = _families(session, asked, plan.task_type)
        held = asked.having(
            seconds=seconds, max_candidates=candidates, families=wanted, without_families=refused, simple=simple
        )
        session.request = session.request.having(limits=limits, models=allowed)
        session.clock.limit = limits.seconds
    said = [*(held.in_words() if held is not None else ()), *([f"without {', '.join(ignored)}"] if ignored else [])]
    if said:
        figures = {} if held is None or held.seconds is None else {"seconds": held.seconds}
        session.note("task", RULE, "; ".join(said), "The sentence asks for it.", **figures)
    return held if held is not None and held != Constraints() else None


def _limits(session: Session, asked: Constraints) -> tuple[Limits, float | None, int | None]:
    """Return the limits that hold, and what of the sentence's own is among them."""
    limits = session.request.limits
    seconds, candidates = asked.seconds, asked.max_candidates
    if seconds is not None and limits.time_given and limits.seconds is not None:
        if seconds != limits.seconds:
            text = (
                f"The sentence gives {spoken_seconds(seconds)}, and --time-limit {spoken_seconds(limits.seconds)}; "
                "--time-limit holds."
            )
            _warn(session, "contradiction", text)
        seconds = None
    if seconds is not None and seconds < SHORTEST_TIME_LIMIT:
        raise UsageError(
            f"The time limit must be at least {SHORTEST_TIME_LIMIT:g} seconds. The sentence gives {seconds:g}.",
            hint="Give 30 seconds or more for a useful search.",
        )
    if candidates is not None and limits.candidates is not None:
        if candidates != limits.candidates:
            text = f"The sentence allows {candidates} candidates, and --max-candidates {limits.candidates}; --max-candidates holds."
            _warn(session, "contradiction", text)
        candidates = None
    return (
        limits.having(
            seconds=limits.seconds if seconds is None else seconds,
            candidates=limits.candidates if candidates is None else candidates,
        ),
        seconds,
        candidates,
    )


Names = tuple[str, ...]


def _families(session: Session, asked: Constraints, task_type: TaskType) -> tuple[Names, Names, Names, bool]:
    """Return the families that may be used (empty: any), and what of the sentence's wishes holds."""
    given = session.request.models
    if given:
        against = [name for name in asked.without_families if name in given]
        only = asked.families and not set(asked.families) & set(given)
        deep = asked.simple and any(families()[name].simplicity > READABLE for name in given if name in families())
        if against or only or deep:
            what = f"only {', '.join(asked.families)}" if only else f"no {', '.join(against)}"
            what = "models that a person can read" if deep and not (only or against) else what
            _warn(
                session, "contradiction",
                f"The sentence asks for {what}, and --models names {', '.join(given)}; --models holds.",
            )  # fmt: skip
        return given, (), (), False
    known = {name: family for name, family in families().items() if name != BASELINE}
    there = [name for name, family in known.items() if family.installed and task_type in family.tasks]
    wanted = [name for name in asked.families if name in there and name not in asked.without_families]
    if asked.families:
        _say_what_is_missing(session, asked, known, wanted, task_type)
    simple = asked.simple
    if simple and wanted and not _readable(wanted, known):
        _warn(
            session, "contradiction",
            f"The sentence asks for {', '.join(wanted)} and for a model that a person can read, which {wanted[0]} is not; "
            f"{', '.join(wanted)} {'is' if len(wanted) == 1 else 'are'} used.",
        )  # fmt: skip
        simple = False
    allowed = wanted or [name for name in there if name not in asked.without_families]
    if simple:
        allowed = _readable(allowed, known)
    if not allowed:
        raise UsageError(
            "The sentence leaves no model family to be used.", hint=f"These are there: {', '.join(there)}."
        )
    narrowed = bool(wanted or simple or asked.without_families)
    return tuple(allowed) if narrowed else (), tuple(wanted), asked.without_families, simple


def _readable(names: Iterable[str], known: dict[str, Family]) -> list[str]:
    return [name for name in names if known[name].simplicity <= READABLE]


def _say_what_is_missing(
    session: Session, asked: Constraints, known: dict[str, Family], wanted: list[str], task_type: TaskType
) -> None:
    missing = [name for name in asked.families if name not in wanted and name not in asked.without_families]
    if not missing:
        return
    why = "; ".join(_why_missing(name, known.get(name), task_type) for name in missing)
    if not wanted:
        installs = sorted({family.extra for name in missing if (family := known.get(name)) and family.extra})
        there = [name for name, family in known.items() if family.installed and task_type in family.tasks]
        hint = f"Install it with `pip install 'planfit[{installs[0]}]'`, or name" if installs else "Name"
        raise UsageError(
            f"The sentence asks for {' or '.join(missing)}: {why}.", hint=f"{hint} another: {', '.join(there)}."
        )
    _warn(session, "contradiction", f"{why}; the search goes on with {', '.join(wanted)}.")


def _why_missing(name: str, family: Family | None, task_type: TaskType) -> str:
    if family is None:
        return f"there is no model family {name!r} here"
    if not family.installed:
        return f"{name} needs {family.module}, which is not installed"
    return f"{name} does not solve {task_type} tasks"


def _warn(session: Session, code: str, message: str) -> None:
    finding = Finding(code=code, gate="task", severity="warning", message=message)
    session.run.once(WarningRaised(key=session.key("warning", 1, finding), stage="task", finding=finding))
