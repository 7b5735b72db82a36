"""The expert's ModelPlan: what of the portfolio comes next, as far as the budget reaches, and why not the others."""

from __future__ import annotations

from dataclasses import replace

from planfit.models.registry import families
from planfit.planners.base import Ask
from planfit.planners.expert.model_view import RAW, JsonDict, ModelView, Proposed, Rejected, view_of
from planfit.planners.expert.portfolio import MODEL_RULES, SETTINGS
from planfit.records.scores import CandidateResult, CandidateSpec

SECONDS_PER_CELL = 2.5e-5
"""Of one boosted candidate over all folds, on one core; a guess that only orders the work."""
LAST_OF_THE_FIRST = 1.3
"""Place in the portfolio up to which candidates are scored before any features are made: quick ones, since a worker that
is done waits for the others there, and never after."""
GENEROUS = 6
"""Candidates left from which the first batch may hold three."""
SHARE_TO_PLAN = 0.9
"""Of the time left, what candidates are planned for."""
ALONE = 0.7
"""Power of the number of workers by which a candidate is quicker that has all of them to itself."""
FOLDS = 5
"""That `SECONDS_PER_CELL` speaks of."""
WIDER = 1.6
"""Of a candidate on another feature set: more columns, and the steps that make them."""
COMPRESSED = 0.8
"""Candidates that train in rounds make do with a little less time than a like one took."""
HURRIED = 0.5
"""Of what it would take at its leisure, what a family that was not tried yet is worth a try with on the columns as they are: fewer
rounds, larger steps."""


def model_plan(ask: Ask) -> JsonDict:
    """Return a ModelPlan document: the next candidates of the portfolio that were not tried yet."""
    view = view_of(ask)
    wanted, rejected = portfolio(view)
    batch = next_batch(view, wanted)
    if not batch:
        # asked for a plan, the expert must name something: the strongest setting on the newest columns
        batch = wanted[:1]
    named = {entry.family for entry in wanted}
    shape = f"{view.rows} rows, {len(view.columns)} columns" + (f", {view.classes} classes" if view.classes > 2 else "")
    tried = len([result for result in ask.leaderboard if is_single(result.spec)])
    return {
        "candidates": [
            {"family": entry.family, "params": entry.settings, "features": entry.features, "reason": entry.reason}
            for entry in batch
        ],
        "rejected": [
            *({"family": entry.family, "reason": entry.reason} for entry in rejected if entry.family not in named),
            *passed_over(view, wanted, batch),
        ],
        "rationale": f"{shape}: {len(batch)} of {len(wanted)} settings of the portfolio come next, {tried} scored before.",
    }


def passed_over(view: ModelView, wanted: list[Proposed], batch: list[Proposed]) -> list[JsonDict]:
    """Return the families that the budget has no room for now, so that `why-not` can tell."""
    tried = {result.spec.family for result in view.ask.leaderboard} | {entry.family for entry in batch}
    tried |= {failure.spec.family for failure in view.ask.failures}
    budget = view.ask.budget
    told: list[JsonDict] = []
    for entry in wanted:
        if entry.family in tried:
            continue
        tried.add(entry.family)
        reason = f"not yet: others come before it in the portfolio ({entry.reason})"
        if budget.seconds is not None:
            reason = (
                f"not now: it wants about {seconds_of(view, entry):.0f} seconds of a core, others come before it, "
                f"and {SHARE_TO_PLAN * budget.seconds * budget.workers:.0f} are left"
            )
        told.append({"family": entry.family, "reason": reason})
    return told


def portfolio(view: ModelView) -> tuple[list[Proposed], list[Rejected]]:
    """Return what is worth trying, in order, and what is not."""
    said = [entry for each in MODEL_RULES for entry in each(view)]
    wanted = sorted((entry for entry in said if isinstance(entry, Proposed)), key=lambda entry: entry.place)
    base = view.ask.base
    wanted = [replace(entry, features=base) if entry.features == RAW else entry for entry in wanted]
    wanted = [entry for entry in wanted if view.legal(entry.family)]
    rejected = [entry for entry in said if isinstance(entry, Rejected) and view.legal(entry.family)]
    if not wanted:
        # the user allows only what the rules would leave out: better than nothing
        only = [family for family in view.ask.families if family != "baseline"]
        wanted = [
            Proposed(place, family, base, (), "the only kind of family that is allowed here")
            for place, family in enumerate(only)
        ]
    return wanted, rejected


def untried(view: ModelView, wanted: list[Proposed]) -> list[Proposed]:
    """Return what neither the leaderboard nor the failures hold, and no person went back behind."""
    known = [result.spec for result in view.ask.leaderboard] + [failure.spec for failure in view.ask.failures]
    known += view.ask.set_aside
    known = [spec for spec in known if spec.origin not in ("baseline", "ensemble", "tuning", "probe")]
    return [entry for entry in wanted if not any(_same(entry, spec) for spec in known)]


def next_batch(view: ModelView, wanted: list[Proposed]) -> list[Proposed]:
    """Return what comes next: at first two or three on the raw columns, later the rest, as the budget allows."""
    left = untried(view, wanted)
    if any(is_single(result.spec) for result in view.ask.leaderboard):
        return affordable(view, left)
    most = 3 if view.ask.budget.candidates is None or view.ask.budget.candidates >= GENEROUS else 2
    first = [entry for entry in left if entry.features == view.ask.base and entry.place <= LAST_OF_THE_FIRST][:most]
    return affordable(view, first or left[:1])


def affordable(view: ModelView, wanted: list[Proposed]) -> list[Proposed]:
    """Return those of `wanted` that the budget has room for, in order; what is too slow is passed over."""
    budget = view.ask.budget
    room = len(wanted) if budget.candidates is None else budget.candidates
    if budget.seconds is None:
        return wanted[:room]
    each = SHARE_TO_PLAN * budget.seconds
    left = each * budget.workers
    most = each * budget.workers**ALONE
    chosen: list[Proposed] = []
    hurried = any(
        len(result.folds) == 1 and (result.cut or result.allotment.learning_rate is not None)
        for result in view.ask.leaderboard
    )
    for entry in wanted:
        needed = seconds_of(view, entry)
        if hurried and _is_dear(entry, view) and any(_is_dear(other, view) for other in chosen):
            continue  # of a large table: one fit that goes on for longer is worth more than two that are cut short
        if needed <= min(left, most):
            chosen.append(entry)
            left -= needed
    if not chosen and wanted and not view.ask.leaderboard[1:]:
        # without any model, even a try that may not fit is worth it
        chosen = [min(wanted, key=lambda entry: seconds_of(view, entry))]
    return chosen[:room]


def _is_dear(entry: Proposed, view: ModelView) -> bool:
    family = families().get(entry.family)
    return family is not None and family.cost_for(view.classes) >= 1.0


def seconds_of(view: ModelView, entry: Proposed) -> float:
    """Return the seconds that a candidate wants at the least: as measured on this table, else by its cells."""
    known = [result for result in view.ask.leaderboard if is_single(result.spec) and result.seconds > 0]
    costs = {name: family.cost_for(view.classes) for name, family in families().items()}
    cost = costs.get(entry.family, 1.0)
    wider = WIDER if entry.features != view.ask.base else 1.0
    same = [
        COMPRESSED * result.seconds * (wider if result.spec.features != entry.features else 1.0)
        for result in known
        if result.spec.family == entry.family
    ]
    if same:
        return max(0.3, *same)
    paces = [cost * wider * COMPRESSED * result.seconds / costs.get(result.spec.family, 1.0) for result in known]
    if not paces:
        cells = view.rows * max(1, len(view.columns))
        paces = [cost * (0.5 + SECONDS_PER_CELL * cells) * scoring_folds(view) / FOLDS]
    family = families().get(entry.family)
    quick = family is not None and family.round_seconds is not None and entry.features == view.ask.base
    share = HURRIED if quick else 1.0
    return max(0.3, least_seconds(view, entry.family), share * max(paces))


def least_seconds(view: ModelView, name: str) -> float:
    """Return the seconds that the fewest useful rounds of a family take, by a guess at its speed."""
    family = families().get(name)
    if family is None or family.round_seconds is None:
        return 0.0
    fixed, by_cell = family.round_seconds
    return family.start_seconds + scoring_folds(view) * family.fewest_rounds * (
        fixed + by_cell * view.rows * max(1, len(view.columns))
    )


def scoring_folds(view: ModelView) -> int:
    """Return on how many folds candidates are scored, as the baseline was."""
    return next((len(result.folds) for result in view.ask.leaderboard if result.spec.origin == "baseline"), FOLDS)


def is_single(spec: CandidateSpec) -> bool:
    """Say whether a candidate is a model of its own, neither baseline nor ensemble."""
    return spec.origin not in ("baseline", "ensemble")


def scored(ask: Ask) -> list[CandidateResult]:
    """Return the single models of the leaderboard, best first."""
    return [result for result in ask.leaderboard if is_single(result.spec)]


def _same(entry: Proposed, spec: CandidateSpec) -> bool:
    if entry.family != spec.family or entry.features != spec.features:
        return False
    if entry.params:
        return all(spec.params.get(name) == value for name, value in entry.params)
    # the family's defaults: whatever is none of the named settings
    return not any(
        all(spec.params.get(name) == value for name, value in other.items()) for other in SETTINGS.get(entry.family, ())
    )
