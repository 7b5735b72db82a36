"""A planner in front of another one: what it does not answer by itself, the one behind it does."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Self

from planfit.planners.base import Planner


class InFront:
    """What stands in front of a planner goes by its name, and is waited for and attached to a run as that one is.

    Parameters
    ----------
    behind : Planner
    """

    def __init__(self, behind: Planner) -> None:
        self.name = behind.name
        self.online = bool(getattr(behind, "online", False))
        self._behind = behind

    def attach(self, folder: Path) -> None:
        """Let the planner behind write what leaves into a run's folder."""
        attach = getattr(self._behind, "attach", None)
        if attach is not None:
            attach(folder)

    def before(self, other: Planner) -> Self:
        """Return the same in front of another planner, which takes over from the one at the very back."""
        made = copy.copy(self)
        behind = self._behind.before(other) if isinstance(self._behind, InFront) else other
        InFront.__init__(made, behind)
        return made
