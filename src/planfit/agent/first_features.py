"""The first features: what follows by rule, and what a language model adds to it while the workers go on."""

from __future__ import annotations

from collections.abc import Callable

from planfit.agent import limits, meanwhile
from planfit.agent.forking import ORDER
from planfit.agent.moves import agree_on_features, ask_for_features
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages import features
from planfit.planners.registry import is_language_model


def make(session: Session, search: Search, turn: Callable[[], object]) -> None:
    """Agree on the first features, make them and judge them.

    A language model is asked once discovery has told what it found. While it thinks, what follows by rule is made and judged
    all the same, and the expert takes turns; the model's set is held against what that led to.
    """
    if not _a_model_adds(session, search):
        features.adopt(session, search, agree_on_features(session, search))
        return
    asked = ask_for_features(session, search)
    with session.asking.by_expert():
        features.adopt(session, search, agree_on_features(session, search))
    meanwhile.work(session, search, asked, turn)
    if limits.reached(session, search) is None and limits.time_left_for_features(session, search, by_model=True):
        features.adopt(session, search, agree_on_features(session, search, asked))


def _a_model_adds(session: Session, search: Search) -> bool:
    """Say whether a language model is asked for features; in a fork that follows its parent so far, whether one was there."""
    request = session.request
    if request.features is not None:
        return False
    if request.follow is None or ORDER.index(request.follow) <= ORDER.index("feature_engineering"):
        return is_language_model(request.planner)
    key = session.key("model_added_features", 1)
    holds = getattr(session.planner, "holds", None)
    place = "feature_engineering", "FeaturePlan", search.round + 1
    return bool(session.run.decide("model_added_features", key, lambda: holds is not None and holds(place)))
