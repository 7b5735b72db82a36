"""What the workers do while a language model thinks: the expert's own next candidates. Their results are in its next prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planfit.agent import limits
from planfit.agent.moves import ask_of
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.planners.base import Ask
from planfit.planners.expert.expert import Expert
from planfit.plans import Models, parse
from planfit.settings import CANDIDATES_TO_OVERLAP

Turn = Callable[[], object]


@dataclass(frozen=True)
class Ahead:
    """A question that was asked before it was its turn."""

    ask: Ask
    moves: frozenset[str]
    """The moves that had been made when it was asked."""

    @property
    def given(self) -> tuple[Ask, frozenset[str]]:
        return self.ask, self.moves


def ask_for_move(session: Session, search: Search) -> Ahead | None:
    """Ask a language model for the next move now; None where the expert knows it by rule, or where nothing would be gained."""
    if not limits.thinks_meanwhile(session) or not _has_room(session, search):
        return None
    from planfit.planners.llm.planner import follows_by_rule

    search.round += 1
    ask = session.asking.prepared(ask_of(session, search, "NextStep", "model_search"))
    key = session.key("asked_ahead", 1, search.round)
    # said in the record, since a replay, which calls nobody, cannot count the calls
    if not session.run.decide(
        "model_asked_ahead", key, lambda: not follows_by_rule(ask) and session.answers("model_search") != "expert"
    ):
        search.round -= 1
        return None
    session.asking.begin_once(ask)
    return Ahead(ask, frozenset(search.moves))


def work(session: Session, search: Search, ask: Ask, turn: Turn) -> None:
    """Let the expert take turns while a question is out.

    With a time limit, until the answer is there; without one it is one turn, however long the answer takes. Only further
    candidates are worth it: what else the expert might do (tuning, blending) builds on what the model is asked about.
    """
    while _has_room(session, search) and limits.reached(session, search) is None:
        if session.timed:
            key = session.key("answer_there", 1, ask.stage, ask.round, search.round)
            if session.run.decide("answer_is_there", key, lambda: session.asking.is_there(ask)):
                return
        if not _trains_more(session, search):
            return
        with session.asking.by_expert():
            turn()
        if not session.timed:
            return


def _trains_more(session: Session, search: Search) -> bool:
    """Say whether the expert's next move is to train further candidates."""
    move, _ = parse("NextStep", Expert().propose(ask_of(session, search, "NextStep", "model_search")).document)
    return isinstance(move, Models)


def _has_room(session: Session, search: Search) -> bool:
    limit = session.request.limits.candidates
    return limit is None or limit - search.counted >= CANDIDATES_TO_OVERLAP
