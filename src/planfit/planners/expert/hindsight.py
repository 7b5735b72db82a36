"""Columns whose names speak of how the event went: they may only be known once the target is.

No figure shows that a call's length is known only after the call. A name may hint at it; whether it is so, a person
knows. So this says, and leaves nothing out.
"""

from __future__ import annotations

from typing import Final

from planfit.planners.expert.words import stem, tokens
from planfit.records.findings import Finding
from planfit.records.profile import Association, Profile, TargetProfile

MOST_SAID: Final = 4
SAYS_MUCH: Final = {"auc": 0.65, "r2": 0.1}
"""What a column of a name with several meanings must say alone."""
SAYS_SOMETHING: Final = {"auc": 0.52, "r2": 0.002}
"""What a column of a plain name must say alone, beside more than chance gives."""
MOST_ROWS: Final = 20_000
"""Training rows that associations are measured on."""


def _stems(*words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words)


PLAIN: Final = _stems(
    "actual", "arrival", "arrived", "cancelled", "canceled", "cancellation", "chargeoff", "closed", "completed", "completion",
    "delivered", "discharge", "discharged", "elapsed", "ended", "outcome", "recoveries", "refund", "refunded", "repaid",
    "resolution", "resolved", "returned", "settled", "settlement", "terminated", "termination", "verdict",
)  # fmt: skip
"""Words for the end of something, or for what came of it."""
SEVERAL_MEANINGS: Final = _stems(
    "collected", "duration", "end", "exit", "final", "lost", "paid", "recovered", "result", "won"
)
PASTIMES: Final = tuple(
    _stems(*words)
    for words in (
        ("air", "time"), ("travel", "time"), ("trip", "time"), ("transit", "time"), ("processing", "time"),
        ("handling", "time"), ("repair", "time"), ("recovery", "time"), ("time", "taken"), ("time", "spent", "call"),
        ("call", "length"), ("call", "seconds"), ("last", "call", "length"),
    )
)  # fmt: skip
"""Words that together name how long an event took."""
MOMENTS: Final = _stems("time", "date", "datetime", "timestamp", "at", "on", "reason", "duration")
SPANS: Final = _stems("delay", "time", "duration", "late", "lateness", "days", "hours", "minutes", "seconds", "length")
BEFOREHAND: Final = _stems(
    "previous", "prev", "prior", "past", "former", "lag", "lagged", "planned", "scheduled", "sched", "expected", "estimated",
    "promised", "forecast", "predicted", "budget", "initial", "requested", "required", "yesterday",
)  # fmt: skip
"""Words for what is known before, whatever else the name says."""


def known_afterwards(
    target: str, profile: Profile, seen: TargetProfile, wanted: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """Return a warning for the few columns that a name and figures together make suspect.

    Parameters
    ----------
    target : str
        What is to be predicted.
    profile : Profile
        The table.
    seen : TargetProfile
        What the training rows say; columns that it suspects already are passed over.
    wanted : tuple of str
        Columns that the user wants kept: nothing more is said of them.
    """
    said = {name for finding in seen.leaks for name in finding.columns} | set(wanted)
    regression = not seen.classes
    found: list[Finding] = []
    for one in seen.associations:
        if len(found) == MOST_SAID or one.value < SAYS_SOMETHING[one.measure]:
            break
        because = None if one.column in said else _because(one, target, regression)
        if because is not None and one.value >= _chance(one, seen):
            found.append(_finding(one, target, because))
    return tuple(found)


def _because(one: Association, target: str, regression: bool) -> str | None:
    """Return what the name says, as the end of a sentence; None where it hints at nothing."""
    name = frozenset(stem(word) for word in tokens(one.column))
    event = frozenset(stem(word) for word in tokens(target))
    if name & BEFOREHAND:
        return None
    if name & PLAIN - event or any(words <= name for words in PASTIMES if not words <= event):
        return "its name speaks of how the event went"
    shared = (name & event) - MOMENTS - SPANS
    if shared and name & MOMENTS and (not regression or event & SPANS):
        return "its name speaks of the event itself"
    if name & SEVERAL_MEANINGS - event and one.value >= SAYS_MUCH[one.measure]:
        return "its name may speak of how the event went"
    return None


def _chance(one: Association, seen: TargetProfile) -> float:
    """Return the association that a column of noise reaches once in a thousand times, roughly."""
    rows = min(seen.rows, MOST_ROWS)
    if one.measure == "r2":
        return 12.0 / max(rows, 1)
    rarest = min((entry.count for entry in seen.classes), default=0) * rows / max(seen.rows, 1)
    return 0.5 + 3.0 / (12.0 * max(rarest, 1.0)) ** 0.5


def _finding(one: Association, target: str, because: str) -> Finding:
    figure = f"{'AUC' if one.measure == 'auc' else 'R2'} {one.value:.3f} alone"
    return Finding(
        code="known-afterwards", gate="task", severity="warning", columns=(one.column,),
        message=f"{one.column!r} may only be known once {target!r} is: {because}, and it tells of the target ({figure}).",
        hint=f"If so, leave it out with --exclude {one.column!r}; a model that needs it cannot be used beforehand.",
    )  # fmt: skip
