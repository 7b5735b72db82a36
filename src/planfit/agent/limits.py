"""When the search ends, and what is kept in reserve for finishing."""

from __future__ import annotations

from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.amounts import counted
from planfit.planners.registry import is_language_model
from planfit.records.run import StopReason
from planfit.settings import CANDIDATES_TO_OVERLAP, MAX_ATTEMPTS, TRAININGS_WHEN_UNLIMITED

Stop = tuple[StopReason, str]
PERSON: Stop = "person", "A person asked to stop; the best so far is delivered."
SHARE_FOR_FINISHING = 0.1
SECONDS_FOR_FINISHING = 1.0
LEAST_FOR_FINISHING = 1.5
MOST_FOR_FINISHING = 20.0
LEAST_FOR_FEATURES = 6.0
LEAST_AFTER_FIRST_MODELS = 3.0
SECONDS_PER_CELL_FOR_FEATURES = 1.5e-5
"""Some 700 rounds of boosting on one core."""
REFITS = 1.8
"""A refit on all rows takes up to so many times what one fold took: more rows, a file to write, a busy machine."""

SHARE_FOR_REFITS = 0.2
"""Of the limit, at the most: fold models are at hand, and further candidates gain more than a dear refit."""
EVALUATED_MEMBERS = 2
"""Members of an ensemble, each with a model a fold, that predict the holdout as slowly as the best candidate."""


def forecast_finishing(session: Session, search: Search | None) -> float:
    """Return the seconds that refit, evaluation, bundle and report will take, from what the best candidate cost."""
    limit = session.clock.limit
    if limit is None:
        return 0.0
    floor = max(LEAST_FOR_FINISHING, min(SECONDS_FOR_FINISHING + SHARE_FOR_FINISHING * limit, MOST_FOR_FINISHING))
    best = search.best_of_scored() if search is not None else None
    if search is None or best is None:
        return floor
    longest = max((fold.fit_seconds for fold in best.folds), default=0.0)
    predicting = sum(fold.predict_seconds for fold in best.folds)  # each fold its own part of the training rows
    evaluation = (
        EVALUATED_MEMBERS * len(best.folds) * predicting * search.split.holdout_rows / search.split.training_rows
    )
    times = 2 if search.split.kind == "time" and search.split.holdout_rows else 1  # once for the holdout, once for good
    if len(best.folds) == 1 and times == 1:  # of so many rows a fifth more gains less than as much time for rounds
        refits = 0.0
    else:
        refits = times * REFITS * longest
        if refits > times * SHARE_FOR_REFITS * limit:  # too dear to be done, so that nothing is to be kept for it
            refits = 0.0
    return min(floor + refits + evaluation, 0.5 * limit)


def time_for_features(session: Session, search: Search) -> bool:
    """Say whether there is time to make and probe features beside the first models; a person's own plan is made anyway."""
    if not session.timed or session.request.features is not None:
        return True
    cells = search.rows * max(1, len(search.raw_columns))
    needed = max(LEAST_FOR_FEATURES, SECONDS_PER_CELL_FOR_FEATURES * cells / session.request.workers)
    key = session.key("time_for_features", 2)
    if session.run.decide("time_for_features", key, lambda: (session.search_seconds() or 0.0) >= needed):
        return True
    session.note(
        "feature_engineering",
        "Features are looked for where a boosted model can converge twice in the time for searching.",
        "the raw columns are used as they are",
        f"On {search.rows:,} rows and {len(search.raw_columns)} columns that would want about {needed:.0f} seconds.",
    )
    return False


def time_left_for_features(session: Session, search: Search, *, by_model: bool = False) -> bool:
    """Say whether the first models left time to make features, or a language model's besides, probe them and train on them."""
    if not session.timed or session.request.features is not None:
        return True
    key = session.key("time_left_for_features", 1, *(["by_model"] if by_model else []))
    enough = session.run.decide(
        "time_left_for_features", key, lambda: (session.search_seconds() or 0.0) >= LEAST_AFTER_FIRST_MODELS
    )
    if not enough:
        session.note(
            "feature_engineering",
            f"Features are made where {LEAST_AFTER_FIRST_MODELS:g} seconds are left for them after the first models.",
            f"{search.adopted} stays" if by_model else "the raw columns are used as they are",
            "The first models took the time.",
        )
    return bool(enough)


def thinks_meanwhile(session: Session) -> bool:
    """Say whether a language model is asked ahead, the expert training its own next candidates meanwhile."""
    request = session.request
    room = request.limits.candidates is None or request.limits.candidates >= CANDIDATES_TO_OVERLAP
    return is_language_model(request.planner) and room and request.features is None


def reached(session: Session, search: Search) -> Stop | None:
    """Return why the search ends now, or None. Only a time limit makes it look at the clock, by a recorded decision."""
    limits = session.request.limits
    if session.stop_requested and session.run.find("run_stopped") is None:  # else the log is followed up to that stop
        return PERSON
    if limits.candidates is not None and search.counted >= limits.candidates:
        return "budget", f"The limit of {counted(search.counted, 'candidate')} is reached."
    if search.without_gain >= limits.patience:
        return "converged", f"The last {search.without_gain} candidates brought no improvement."
    if search.failed_in_row >= MAX_ATTEMPTS and search.has_success():
        return "converged", f"The last {search.failed_in_row} candidates failed; the best so far is delivered."
    if search.counted >= TRAININGS_WHEN_UNLIMITED:
        return "converged", f"{counted(search.counted, 'candidate')} are scored; more would hardly help."
    if session.timed:
        key = session.key("time_for_search", 1, search.round, search.numbered)
        enough = session.run.decide("time_for_search", key, lambda: (session.search_seconds() or 0.0) > 1.0)
        if not enough:
            return "budget", "The time for searching is spent; the rest is kept for finishing."
    return None
