"""A planner that answers from a list: the test double, and the shortest example of a planner."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from planfit.errors import ProviderError
from planfit.planners.base import Answer, Ask, PlanKind, Planner
from planfit.planners.prompts import Reference, prompt_for
from planfit.records.canonical import plain

Line = str | dict[str, Any] | Callable[[Ask], Any] | None
"""A raw answer, a document, a function of the ask that gives either, or None: whoever stands behind answers."""


class Scripted:
    """Answers with the next line of a script; where it has none, another planner does.

    Parameters
    ----------
    script : sequence
        Raw texts, documents, functions of the ask, or None for "let the other planner answer this one".
    only : collection of plan kinds or None
        Questions of other kinds go to the other planner and take no line.
    otherwise : Planner or None
        The other planner; without one, a missing line is a `ProviderError`.

    Attributes
    ----------
    asked : list of Ask
        Every question so far.

    Examples
    --------
    >>> Scripted([{"transformations": []}], only=["FeaturePlan"]).name
    'scripted'
    """

    name = "scripted"

    def __init__(
        self,
        script: Sequence[Line],
        *,
        only: Collection[PlanKind] | None = None,
        otherwise: Planner | None = None,
        reference: Reference | None = None,
    ) -> None:
        self._left = list(script)
        self._only = only
        self._otherwise = otherwise
        self._reference = reference
        self.asked: list[Ask] = []

    def propose(self, ask: Ask) -> Answer:
        """Return the next line as an answer."""
        self.asked.append(ask)
        line: Any = None
        if self._left and (self._only is None or ask.plan_kind in self._only):
            line = self._left.pop(0)
            line = line(ask) if callable(line) else line
        if line is None:
            if self._otherwise is None:
                raise ProviderError(f"The script has no line for {ask.plan_kind} in round {ask.round}.")
            return self._otherwise.propose(ask)
        text = line if isinstance(line, str) else json.dumps(plain(line), ensure_ascii=False)
        return Answer(document=text, prompt=prompt_for(ask, self._reference))
