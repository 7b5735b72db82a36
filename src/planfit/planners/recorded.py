"""The planner of a replay: every answer of a recorded run, by its place, in the words and the name of who gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planfit.errors import ProviderError
from planfit.planners.base import Answer, Ask
from planfit.planners.prompts import prompt_for
from planfit.planners.replay import Position
from planfit.records.findings import Finding
from planfit.records.scores import Usage


@dataclass(frozen=True)
class Recording:
    """What became of one question."""

    planner: str
    document: str | None
    usage: Usage | None = None
    unanswered: Finding | None = None
    """Why there was no answer."""


class Recorded:
    """Gives the answers of an earlier run, failures included; asks nobody.

    Parameters
    ----------
    name : str
        The planner of that run.
    answers : mapping of Position to Recording
    """

    def __init__(self, name: str, answers: Mapping[Position, Recording]) -> None:
        self.name = name
        self._answers = dict(answers)

    def propose(self, ask: Ask) -> Answer:
        """Return the recorded answer; `ProviderError` where there was none, or no such question."""
        position = Position.of(ask)
        found = self._answers.get(position)
        if found is None:
            raise ProviderError(
                f"The record holds no answer for {position.plan_kind} in stage {position.stage}, "
                f"round {position.round}, attempt {position.attempt}.",
                hint="The replayed run took another way here than the recorded one.",
            )
        if found.document is None:
            why = found.unanswered
            message = why.message if why is not None else "There was no answer."
            raise ProviderError(
                message,
                code=why.code if why is not None else "planner-unreachable",
                hint=why.hint if why is not None else None,
            )
        return Answer(document=found.document, prompt=prompt_for(ask), planner=found.planner, usage=found.usage)
