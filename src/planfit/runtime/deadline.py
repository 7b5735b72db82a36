"""The time that a job has."""

from __future__ import annotations

import time


class SoftDeadline:
    """True when the time is up; a job asks it between folds, a boosting family after each round.

    Parameters
    ----------
    seconds : float or None
        From now; None: no limit.

    Attributes
    ----------
    looks : int
        How many times it was asked, up to the first time that it said yes.
    up : bool
        Whether it has said yes.
    """

    def __init__(self, seconds: float | None) -> None:
        self.ends = None if seconds is None else time.monotonic() + seconds
        self.looks, self.up = 0, False

    def __call__(self) -> bool:
        if not self.up:
            self.looks += 1
            self.up = self._is_up()
        return self.up

    def _is_up(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends

    @property
    def decides(self) -> bool:
        """Whether it can ever say yes."""
        return self.ends is not None

    @property
    def cut_at(self) -> int | None:
        """The look at which the time was up, None where it has not been."""
        return self.looks if self.up else None

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


class Recorded(SoftDeadline):
    """A deadline of a recorded run: the time is up at the same look as then, whatever a clock says.

    Parameters
    ----------
    cut_at : int or None
        That look; None: the time was never up.

    Examples
    --------
    >>> late = Recorded(2)
    >>> late(), late(), late()
    (False, True, True)
    """

    def __init__(self, cut_at: int | None) -> None:
        super().__init__(None)
        self._cut_at = cut_at

    def _is_up(self) -> bool:
        return self._cut_at is not None and self.looks >= self._cut_at

    @property
    def decides(self) -> bool:
        return True  # also where it never says yes: fits are laid out by whether something looks at the time
