"""Which events of a log count: a person may go back to an earlier one, and what came after it is set aside."""

from __future__ import annotations

from collections.abc import Iterable

from planfit.records.events import CommandReceived, Event

LASTING = frozenset({"run_started", "run_resumed", "log_repaired"})
"""What tells of processes, not of the work; going back does not undo it."""


def target_of(event: Event) -> int | None:
    """Return the event that a rollback goes back to; None of any other event."""
    body = event.body
    return body.to if isinstance(body, CommandReceived) and body.command == "rollback" else None


def standing(events: Iterable[Event]) -> list[Event]:
    """Return the events that count, in order.

    A rollback sets aside what lies between its target and itself, earlier rollbacks included. Nothing leaves the log.
    """
    kept: list[Event] = []
    for event in events:
        if (last := target_of(event)) is not None:
            kept = [known for known in kept if known.no <= last or known.body.kind in LASTING]
        kept.append(event)
    return kept
