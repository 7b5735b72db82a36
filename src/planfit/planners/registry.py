"""The planners by name. A table to be read; others join by entry point, into the same table."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from planfit.errors import UsageError
from planfit.planners.base import Planner
from planfit.records.calls import Asking, Privacy

GROUP = "planfit.planners"
"""Entry points of other packages: a callable that takes what stands after the colon (or None) and returns a planner."""
PLANNERS = {"expert": "planfit.planners.expert.expert:Expert"}

PROVIDERS = ("openai", "anthropic", "gemini", "ollama", "openrouter", "compatible")
"""Language models, as ``PROVIDER:MODEL``; `planners.llm.dialects` says how each is spoken to."""


def is_language_model(name: str) -> bool:
    """Say whether a planner's name is that of a language model.

    >>> is_language_model("ollama:llama3"), is_language_model("expert")
    (True, False)
    """
    first, colon, _ = name.partition(":")
    return bool(colon) and first in PROVIDERS


def names() -> tuple[str, ...]:
    """Return the names of the planners that there are, ours first."""
    return (*PLANNERS, *(f"{name}:MODEL" for name in PROVIDERS), *(entry.name for entry in _others()))


def planner(name: str, asking: Asking | None = None, privacy: Privacy = "profile") -> Planner:
    """Return the planner called `name`: ``expert``, ``PROVIDER:MODEL``, or ``NAME[:ARGUMENT]`` of an installed package.

    Parameters
    ----------
    name : str
    asking : Asking or None
        How a language model is asked.
    privacy : "schema", "profile" or "samples"
        What it may see.

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
    if first in PROVIDERS:
        from planfit.planners.llm.build import language_model

        model: Any = language_model(name, asking or Asking(), privacy)
        return cast(Planner, model)
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
