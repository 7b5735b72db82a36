"""The only place where a decision may read a clock; every such reading is recorded through `RunWriter.decide`."""

from __future__ import annotations

import time


class Clock:
    """Active time of a run over all its sittings.

    Parameters
    ----------
    limit : float or None
        Seconds in all; None: no decision reads this clock.
    spent : float
        Active seconds of earlier sittings.
    started : float or None
        ``time.monotonic()`` at which this sitting began (the start of the command); now when None.
    """

    def __init__(self, limit: float | None, *, spent: float = 0.0, started: float | None = None) -> None:
        self.limit = limit
        self._spent = spent
        self._started = time.monotonic() if started is None else started

    def elapsed(self) -> float:
        """Return the active seconds so far."""
        return self._spent + time.monotonic() - self._started

    def allow(self, seconds: float) -> None:
        """End at the latest so many seconds from now."""
        ends = self.elapsed() + seconds
        self.limit = ends if self.limit is None else min(self.limit, ends)

    def left(self) -> float | None:
        """Return the seconds left, never negative; None without a limit."""
        return None if self.limit is None else max(0.0, self.limit - self.elapsed())
