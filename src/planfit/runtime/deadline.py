"""The time that a job has."""

from __future__ import annotations

import time


class SoftDeadline:
    """True when the time is up; a job asks it between folds, a boosting family after each round.

    Parameters
    ----------
    seconds : float or None
        From now; None: no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self.ends = None if seconds is None else time.monotonic() + seconds

    def __call__(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends

    def left(self) -> float | None:
        """Return the seconds left, None where there is no limit."""
        return None if self.ends is None else max(0.0, self.ends - time.monotonic())

    def passed(self) -> float:
        """Return the seconds since the time was up, 0 before."""
        return 0.0 if self.ends is None else max(0.0, time.monotonic() - self.ends)

    def share(self, parts: float, *, after: float = 0.0) -> SoftDeadline:
        """Return the deadline of the next of `parts` equal pieces of work.

        Parameters
        ----------
        parts : float
            Pieces that are still to be done.
        after : float
            Seconds that a piece takes beyond its own deadline; at the most half of its share is kept for them.
        """
        left = self.left()
        if left is None:
            return SoftDeadline(None)
        each = left / max(1.0, parts)
        return SoftDeadline(max(each - after, each / 2))

    def sooner(self, seconds: float | None) -> SoftDeadline:
        """Return the nearer of this deadline and one in `seconds`."""
        left = self.left()
        known = [each for each in (left, seconds) if each is not None]
        return SoftDeadline(min(known) if known else None)
