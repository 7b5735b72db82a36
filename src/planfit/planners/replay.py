"""Answers that were recorded, given again by their position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from planfit.errors import ProviderError
from planfit.planners.base import Answer, Ask
from planfit.planners.prompts import Reference, prompt_for


class Position(NamedTuple):
    """Where in a run a question is asked."""

    stage: str
    plan_kind: str
    round: int
    attempt: int

    @classmethod
    def of(cls, ask: Ask) -> Position:
        return cls(ask.stage, ask.plan_kind, ask.round, ask.attempt)


class Replay:
    """Gives the answers of an earlier run, by position; asks nobody.

    Parameters
    ----------
    documents : mapping of Position to str
        The raw answers.
    reference : Reference or None
        The catalogue's texts for the prompt.

    Examples
    --------
    >>> Replay({Position("task", "TaskPlan", 0, 1): "{}"}).name
    'replay'
    """

    name = "replay"

    def __init__(self, documents: Mapping[Position, str], reference: Reference | None = None) -> None:
        self._documents = {Position(*position): text for position, text in documents.items()}
        self._reference = reference

    def propose(self, ask: Ask) -> Answer:
        """Return the recorded answer; `ProviderError` where the record holds none for this position."""
        position = Position.of(ask)
        if position not in self._documents:
            raise ProviderError(
                f"The record holds no answer for {position.plan_kind} in stage {position.stage}, "
                f"round {position.round}, attempt {position.attempt}.",
                hint="The replayed run took another way here than the recorded one.",
            )
        return Answer(document=self._documents[position], prompt=prompt_for(ask, self._reference))
