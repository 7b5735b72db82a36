"""The expert's TuningPlan: the best tunable candidate, Bayesian, as many trials as the budget and the rows deserve."""

from __future__ import annotations

from typing import Any

from planfit.planners.base import Ask
from planfit.planners.expert.models import scored
from planfit.planners.expert.rules import figure
from planfit.records.scores import CandidateResult

ROWS_FOR_TUNING = 1_000
"""On fewer rows the best of many trials is mostly the luckiest."""
MOST_TRIALS = 20
TRIALS_ON_FEW_ROWS = 5
FEWEST_TRIALS = 3
SHARE_OF_TIME = 0.6
"""Of the seconds left, what a study may take."""
JsonDict = dict[str, Any]


def best_tunable(ask: Ask) -> CandidateResult | None:
    """Return the best single model of a family that has hyperparameters."""
    return next((result for result in scored(ask) if result.spec.params), None)


def trials(ask: Ask, result: CandidateResult) -> int:
    """Return how many trials the rows deserve and the budget allows; 0 where none is worth it."""
    most = MOST_TRIALS if ask.profile.rows >= ROWS_FOR_TUNING else TRIALS_ON_FEW_ROWS
    if ask.budget.candidates is not None:
        most = min(most, ask.budget.candidates)
    if ask.budget.seconds is not None:
        most = min(most, int(SHARE_OF_TIME * ask.budget.seconds / max(result.seconds, 0.2)))
    return most if most >= FEWEST_TRIALS else 0


def tuning_plan(ask: Ask) -> JsonDict | None:
    """Return a TuningPlan document, or None where nothing can be tuned."""
    result = best_tunable(ask)
    if result is None:
        return None
    number = trials(ask, result) or FEWEST_TRIALS
    score = f"{result.score.metric} {figure(result.score.value)}"
    return {
        "candidate": result.spec.id,
        "method": "bayesian",
        "trials": number,
        "rationale": (
            f"{result.spec.family} on {result.spec.features} is the best single model ({score}); {ask.profile.rows} rows "
            f"and the budget carry {number} trials in the family's own search space."
        ),
    }
