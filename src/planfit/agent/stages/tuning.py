"""Tuning one candidate: trials suggested in fixed batches, each scored like any candidate."""

from __future__ import annotations

from planfit.agent.going_back import identity
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages.candidates import score_candidates, time_is_up
from planfit.models.registry import families
from planfit.plans import TuningPlan
from planfit.records.canonical import seed_of
from planfit.records.scores import CandidateResult, CandidateSpec
from planfit.runtime.tuning import dimensions, suggest

BATCH = 2
"""Trials suggested at a time, whatever the number of workers, so that the suggestions do not depend on it."""


def tune(session: Session, search: Search, plan: TuningPlan, folds: int) -> None:
    """Carry out a tuning plan. The study is rebuilt from the record at every batch; it counts once for patience."""
    base = search.find(plan.candidate)
    family = families()[base.spec.family]
    stated = None if plan.space is None else {name: entry.to_json() for name, entry in plan.space.items()}
    space = dimensions(stated, family.space(search.rows, base.columns_out, search.task))
    quiet = search.without_gain
    aside = {identity(spec) for spec in search.undone.candidates}
    best_before = search.best_of_scored()
    history: list[tuple[dict[str, object], float]] = [({k: base.spec.params.get(k) for k in space}, base.score.value)]
    asked = 0
    while asked < plan.trials:
        wanted = min(BATCH, plan.trials - asked)
        seed = seed_of(session.request.seed, "tuning", base.spec.id, search.round, asked)
        suggested = suggest(plan, space, history, wanted, seed, search.task.greater_is_better)
        if not suggested:
            break
        asked += len(suggested)
        before = len(search.results)
        trials = [_trial(base, params, plan) for params in suggested]
        trials = [trial for trial in trials if identity(trial) not in aside]
        score_candidates(session, search, trials, folds)
        scored = search.results[before:]
        history += [({k: r.spec.params.get(k) for k in space}, r.score.value) for r in scored]
        if len(scored) < len(suggested) and _stopped(session, search):
            break
    best = search.best_of_scored()
    improved = best is not None and (best_before is None or best.spec.id != best_before.spec.id)
    search.without_gain = 0 if improved else quiet + 1


def _trial(base: CandidateResult, params: dict[str, object], plan: TuningPlan) -> CandidateSpec:
    return CandidateSpec(
        id="c000",
        family=base.spec.family,
        params={**base.spec.params, **params},
        features=base.spec.features,
        origin="tuning",
        parent=base.spec.id,
        reason=plan.rationale or f"A trial of tuning {base.spec.id}.",
    )


def _stopped(session: Session, search: Search) -> bool:
    limit = session.request.limits.candidates
    spent = limit is not None and search.counted >= limit
    return spent or session.stopping or time_is_up(session, search)
