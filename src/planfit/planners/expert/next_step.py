"""What to do next: rules in order of precedence, the first that says something decides. Everything it knows is in the ask,
so the same ask gives the same move; every move but the last two changes what the next ask shows, and rounds are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from planfit.amounts import counted
from planfit.planners.base import Ask
from planfit.planners.expert.features import Variant, feature_plan
from planfit.planners.expert.model_view import ModelView, view_of
from planfit.planners.expert.models import model_plan, next_batch, portfolio, scored
from planfit.planners.expert.rules import Rule, figure, rule
from planfit.planners.expert.tuning import ROWS_FOR_TUNING, best_tunable, trials, tuning_plan
from planfit.records.scores import CandidateResult

LAST_ROUND = 12
"""The search ends here at the latest, whatever the ask shows."""
LAST_ROUND_TO_REVISE = 4
SECONDS_TO_START_ANYTHING = 2.0
SECONDS_TO_REVISE = 15.0
CANDIDATES_TO_REVISE = 2
"""A new feature set needs candidates to be used."""
FEWEST_TO_TUNE = 5
JsonDict = dict[str, Any]


@dataclass(frozen=True)
class MoveView:
    """What the move rules look at."""

    ask: Ask

    @cached_property
    def models(self) -> ModelView:
        return view_of(self.ask)

    @cached_property
    def batch(self) -> list[Any]:
        """What the portfolio would try next."""
        return next_batch(self.models, portfolio(self.models)[0])

    @cached_property
    def singles(self) -> list[CandidateResult]:
        return scored(self.ask)

    @property
    def seconds(self) -> float:
        return float("inf") if self.ask.budget.seconds is None else self.ask.budget.seconds

    @property
    def candidates(self) -> float:
        return float("inf") if self.ask.budget.candidates is None else self.ask.budget.candidates

    @property
    def spent(self) -> str | None:
        """Why nothing more can be trained, or None."""
        if self.candidates <= 0:
            return "no candidate is left in the budget"
        if self.seconds < SECONDS_TO_START_ANYTHING and self.singles:  # without any model, even a second is worth a try
            return f"{figure(self.seconds)} seconds are left"
        if self.ask.budget.patience <= 0:
            return "patience is used up: the last candidates brought nothing"
        if self.ask.round >= LAST_ROUND:
            return f"round {self.ask.round} is the last"
        return None

    @cached_property
    def unblended(self) -> list[str]:
        """Single models that no ensemble could choose from yet."""
        made = [_order(result.spec.id) for result in self.ask.leaderboard if result.spec.origin == "ensemble"]
        newest = max(made, default=(0, ""))
        return [result.spec.id for result in self.singles if _order(result.spec.id) > newest]


def next_step(ask: Ask) -> JsonDict:
    """Return a NextStep document."""
    view = MoveView(ask)
    for each in MOVE_RULES:
        for move in each(view):
            return move
    raise AssertionError("the last rule always says something")


def revision(ask: Ask) -> JsonDict | None:
    """Return another feature plan in answer to the first probe, or None where there is nothing new to try.

    Sets of a language model, which are its own, neither count nor are tried again.
    """
    by_model = dict(ask.sets_by_model)
    own = [probe for probe in ask.probes if probe.child not in by_model]
    if len(own) != 1:
        return None
    probe = own[0]
    variant: Variant = "wider" if probe.verdict == "better" else "smaller"
    plan = feature_plan(ask, variant)
    plans = [*(known for _, known in ask.feature_sets), *by_model.values(), *ask.plans_set_aside]
    tried = [feature_plan(ask)["transformations"], *(known.get("transformations", []) for known in plans)]
    if not plan["transformations"] or any(_meaning(plan["transformations"]) == _meaning(old) for old in tried):
        return None
    gain = "" if probe.mean is None else f" by {figure(abs(probe.mean))} {probe.metric} on average"
    said = f"{probe.child} was {probe.verdict} than {probe.parent}{gain}"
    plan["rationale"] = f"{said}: a {variant} plan. {plan['rationale']}"
    return plan


def _meaning(steps: list[JsonDict]) -> list[JsonDict]:
    shown = ("operation", "column", "columns", "degree", "into")
    return [
        {
            key: list(step[key]) if isinstance(step[key], tuple) else step[key]
            for key in shown
            if step.get(key) is not None
        }
        for step in steps
    ]


def _order(candidate: str) -> tuple[int, str]:
    return len(candidate), candidate


@rule("moves/spent")
def the_budget_is_spent(view: MoveView) -> Iterator[JsonDict]:
    """With nothing left to train, blend what there is, once, and finish."""
    why = view.spent
    if why is None:
        return
    if len(view.singles) >= 2 and view.unblended and view.ask.round < LAST_ROUND + 1:
        yield {"move": "ensemble", "rationale": f"{why}; {len(view.singles)} candidates can be blended at no cost."}
    else:
        yield {"move": "finish", "rationale": f"{why}."}


@rule("moves/first-models")
def something_must_be_scored_first(view: MoveView) -> Iterator[JsonDict]:
    """Before anything else, a valid model."""
    if view.singles:
        return
    if view.batch:
        yield {"move": "models", "plan": model_plan(view.ask)}
    else:
        tried = len(view.ask.failures)
        yield {"move": "finish", "rationale": f"nothing of the portfolio is left to try, {tried} candidates failed."}


@rule("moves/use-new-features")
def new_features_are_used(view: MoveView) -> Iterator[JsonDict]:
    """An adopted feature set is worth nothing until candidates stand on it."""
    newest = view.models.newest
    used = any(result.spec.features == newest for result in view.singles)
    if newest != "v0" and not used and any(entry.features == newest for entry in view.batch):
        yield {"move": "models", "plan": model_plan(view.ask)}


@rule("moves/revise")
def features_are_revised_once(view: MoveView) -> Iterator[JsonDict]:
    """After the first probe the feature plan is revised once: smaller if it did not help, wider if it did."""
    if (
        view.ask.round > LAST_ROUND_TO_REVISE + view.ask.asked  # a language model's moves come between
        or view.seconds < SECONDS_TO_REVISE
        or view.candidates < CANDIDATES_TO_REVISE
    ):
        return
    if view.seconds < 4 * seconds_of_best(view):
        return
    plan = revision(view.ask)
    if plan is not None:
        yield {"move": "revise", "plan": plan}


@rule("moves/rest-of-portfolio")
def the_rest_of_the_portfolio(view: MoveView) -> Iterator[JsonDict]:
    """Tried settings before tuning: different models gain more than finer ones."""
    if view.batch:
        yield {"move": "models", "plan": model_plan(view.ask)}


@rule("moves/tune")
def the_best_is_tuned_once(view: MoveView) -> Iterator[JsonDict]:
    """The best tunable family is tuned once, on tables large enough to tell luck from skill."""
    origins = {result.spec.origin for result in view.ask.leaderboard} | {
        failure.spec.origin for failure in view.ask.failures
    }
    best = best_tunable(view.ask)
    if "tuning" in origins or best is None or view.ask.profile.rows < ROWS_FOR_TUNING:
        return
    if view.candidates >= FEWEST_TO_TUNE and trials(view.ask, best) >= FEWEST_TO_TUNE:
        plan = tuning_plan(view.ask)
        if plan is not None:
            yield {"move": "tune", "plan": plan}


@rule("moves/ensemble")
def what_is_scored_is_blended(view: MoveView) -> Iterator[JsonDict]:
    """Two candidates or more are blended: models that err differently are better together."""
    if len(view.singles) >= 2 and view.unblended:
        families = ", ".join(dict.fromkeys(result.spec.family for result in view.singles))
        said = f"{len(view.singles)} candidates of {families}; {len(view.unblended)} newer than the last blend."
        yield {"move": "ensemble", "rationale": said}


@rule("moves/finish")
def nothing_useful_is_left(view: MoveView) -> Iterator[JsonDict]:
    """When the portfolio is tried, features are judged and candidates blended, more search would only find luck."""
    best = view.ask.leaderboard[0] if view.ask.leaderboard else None
    said = "" if best is None else f"; best: {best.spec.family}, {best.score.metric} {figure(best.score.value)}"
    in_time = "" if view.ask.budget.seconds is None else " that fits into the time"
    yield {
        "move": "finish",
        "rationale": f"{counted(len(view.singles), 'candidate')} scored; nothing of the portfolio is left{in_time}{said}.",
    }


def seconds_of_best(view: MoveView) -> float:
    """Return the seconds that the best single model took."""
    return view.singles[0].seconds if view.singles else 0.0


MOVE_RULES: tuple[Rule[MoveView, JsonDict], ...] = (
    the_budget_is_spent,
    something_must_be_scored_first,
    new_features_are_used,
    features_are_revised_once,
    the_rest_of_the_portfolio,
    the_best_is_tuned_once,
    what_is_scored_is_blended,
    nothing_useful_is_left,
)
