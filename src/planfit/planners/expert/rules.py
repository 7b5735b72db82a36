"""What a rule of the expert is, and the table of all of them.

One rule is one function with an id and a docstring of one sentence; what it proposes names the figures it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

View = TypeVar("View", contravariant=True)
"""What a rule looks at."""
Found = TypeVar("Found", covariant=True)
"""What it says."""
V = TypeVar("V")
F = TypeVar("F")


@dataclass(frozen=True)
class Rule(Generic[View, Found]):
    """One piece of knowledge."""

    id: str
    says: str
    """The function's docstring: the knowledge in one sentence."""
    apply: Callable[[View], Iterable[Found]]

    def __call__(self, view: View) -> tuple[Found, ...]:
        return tuple(self.apply(view))


def rule(name: str) -> Callable[[Callable[[V], Iterable[F]]], Rule[V, F]]:
    """Make a rule of a function; its docstring is the rule in words."""

    def made(function: Callable[[V], Iterable[F]]) -> Rule[V, F]:
        sentence = " ".join((function.__doc__ or "").split())
        if not sentence:
            raise TypeError(f"rule {name!r} has no docstring to say what it knows")
        return Rule(name, sentence, function)

    return made


def table() -> dict[str, tuple[Rule[Any, Any], ...]]:
    """Return every rule of the expert by what it is about.

    Examples
    --------
    >>> [rule.id for rule in table()["models"]][0]
    'models/linear'
    """
    from planfit.planners.expert.features import FEATURE_RULES
    from planfit.planners.expert.next_step import MOVE_RULES
    from planfit.planners.expert.portfolio import MODEL_RULES
    from planfit.planners.expert.target import TARGET_RULES
    from planfit.planners.expert.task import EXCLUSION_RULES

    return {
        "target": TARGET_RULES,
        "exclusions": EXCLUSION_RULES,
        "features": FEATURE_RULES,
        "models": MODEL_RULES,
        "moves": MOVE_RULES,
    }


def percent(part: float, whole: float) -> str:
    """Return a share as people write it: ``12 %``, ``0.2 %``."""
    share = 100.0 * part / whole if whole else 0.0
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.2g} %"


def figure(value: float) -> str:
    """Return a number with four significant digits and no needless zeros."""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 10_000 else f"{value:.4g}"
