"""The planners by name. A table to be read; others join by entry point, into the same table."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from planfit.errors import UsageError
from planfit.planners.base import Planner

GROUP = "planfit.planners"
"""Entry points of other packages: a callable that takes what stands after the colon (or None) and returns a planner."""
PLANNERS = {"expert": "planfit.planners.expert.expert:Expert"}


def names() -> tuple[str, ...]:
    """Return the names of the planners that there are, ours first."""
    return (*PLANNERS, *(entry.name for entry in _others()))


def planner(name: str) -> Planner:
    """Return the planner called `name`: ``expert``, or ``NAME`` or ``NAME:ARGUMENT`` of an installed package.

    Raises
    ------
    UsageError
        There is none of that name.

    Examples
    --------
    >>> planner("expert").name
    'expert'
    """
    first, colon, argument = name.partition(":")
    if name in PLANNERS:
        module, attribute = PLANNERS[name].split(":")
        made: Planner = getattr(import_module(module), attribute)()
        return made
    for entry in _others():
        if entry.name == first:
            found: Planner = entry.load()(argument if colon else None)
            return found
    about = f"There is no planner {name!r}."
    if colon:
        about = f"There is no planner {name!r}: no installed package offers {first!r} as a planner."
    raise UsageError(about, hint=f"Planners that there are: {', '.join(names())}. Use --planner expert.")


def _others() -> list[Any]:
    found: list[EntryPoint] = [entry for entry in entry_points(group=GROUP) if entry.name not in PLANNERS]
    return sorted(found, key=lambda entry: entry.name)
