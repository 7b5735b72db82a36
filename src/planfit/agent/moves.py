"""The questions of the search: the first features, then one move a round."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from planfit.agent.allotments import job_shape
from planfit.agent.attempts import Agreement, Findings, agree_on, plan_hash
from planfit.agent.going_back import identity
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages import features
from planfit.agent.stages.candidates import feature_sets, specs
from planfit.models.registry import families
from planfit.operations.registry import operations
from planfit.planners.base import Ask, PlanKind
from planfit.planners.expert.expert import Expert
from planfit.planners.registry import is_language_model
from planfit.plans import FeaturePlan, Models, NextStep, Revise, Tune, from_document
from planfit.plans.validate import check_next
from planfit.records.events import Stage
from planfit.records.findings import Finding

BASELINE = "baseline"


def allowed_families(session: Session, search: Search) -> tuple[str, ...]:
    """Return the families that a plan may use: installed, fit for the task, allowed by the user."""
    wanted = session.request.models
    return tuple(
        name
        for name, family in families().items()
        if name != BASELINE
        and family.installed
        and search.task.task_type in family.tasks
        and (not wanted or name in wanted)
    )


def ask_of(session: Session, search: Search, plan_kind: PlanKind, stage: Stage) -> Ask:
    """Return a question with everything that the search knows."""
    material = session.settled
    return Ask(
        plan_kind=plan_kind,
        stage=stage,
        round=search.round,
        attempt=1,
        sentence=session.request.sentence,
        profile=search.profile,
        task=search.task,
        target_profile=search.target_profile,
        schema_=material.door_schema,
        operations=tuple(operations()),
        families=allowed_families(session, search),
        feature_sets=feature_sets(search),
        base=search.base,
        leaderboard=tuple(search.ranked()),
        failures=tuple(search.failures),
        set_aside=search.undone.candidates,
        plans_set_aside=search.undone.plans,
        sets_by_model=tuple((name, search.sets[name].plan) for name in search.sets if name in search.by_model),
        probes=tuple(search.probes),
        screening=tuple(entry for entry in search.screened if entry.kept),
        budget=session.budget_left(search, job_shape(session, search)[0]),
    )


def ask_for_features(session: Session, search: Search) -> Ask:
    """Ask a language model what to add to the features that follow by rule; it thinks while those are made and tried."""
    ask = ask_of(session, search, "FeaturePlan", "feature_engineering")
    by_rule = json.loads(Expert().propose(ask).document)["transformations"]
    ask = session.asking.prepared(ask.having(round=ask.round + 1, by_rule=tuple(by_rule)))
    session.asking.begin_once(ask)
    return ask


def agree_on_features(session: Session, search: Search, asked: Ask | None = None) -> Agreement:
    """Agree on the first feature plan, carried out on the full training data.

    Parameters
    ----------
    asked : Ask or None
        The question to a language model, where there is one; a plan that adds nothing to what there is makes no set.
    """
    ask = asked or ask_of(session, search, "FeaturePlan", "feature_engineering")

    def carry(plan: FeaturePlan, resolved: Any, _: str) -> tuple[Any, Findings]:
        if asked is not None and known_as(search, plan) is not None:
            return None, ()
        return features.make(session, search, plan, resolved)

    return agree_on(session, ask, lambda plan: features.judge(session, search, plan), carry)


def agree_on_move(
    session: Session, search: Search, asked: Ask | None = None, before: frozenset[str] | None = None
) -> Agreement:
    """Agree on what to do next; a move carries its plan, and features are carried out on the full data at once.

    Parameters
    ----------
    asked : Ask or None
        The question, where it was asked before it was its turn.
    before : frozenset of str or None
        The moves that had been made by then; what was done since is no repetition.
    """
    ask = asked or ask_of(session, search, "NextStep", "model_search")
    moves = search.moves if before is None else before

    def judge(move: NextStep) -> tuple[Any, Findings]:
        again = repeated(session, search, moves, move)
        if again is not None:
            return None, (again,)
        found = check_next(
            move,
            schema=session.settled.door_schema,
            task=search.task,
            rows=search.rows,
            families=ask.families,
            feature_sets=tuple(name for name, _ in ask.feature_sets),
            candidates={r.spec.id: r.spec.family for r in search.scored},
            memory=session.request.limits.memory,
        )
        if isinstance(move, Models) and not any(finding.refuses for finding in found):
            found = (*found, *nothing_new(session, search, ask, move))
        if not isinstance(move, Revise) or any(finding.refuses for finding in found):
            return None, tuple(found)
        resolved, later = features.judge(session, search, move.plan)
        return resolved, later

    def carry(move: NextStep, resolved: Any, _: str) -> tuple[Any, Findings]:
        if isinstance(move, Revise):
            return features.make(session, search, move.plan, resolved)
        return None, ()

    agreed = agree_on(session, ask, judge, carry)
    search.moves.add(plan_hash(agreed.plan))
    return agreed


def repeated(session: Session, search: Search, moves: Collection[str], move: NextStep) -> Finding | None:
    """Return what to say to a language model that proposes what was tried already, by its meaning; None where it is new."""
    if not is_language_model(session.request.planner):
        return None
    code = "repeated-plan"
    if isinstance(move, Revise):
        known = known_as(search, move.plan)
        if known is None:
            return None
        code = "rolled-back" if known in search.rolled_back else "repeated-plan"
        what = "was rolled back" if known in search.rolled_back else "is there already"
        message, path = f"This plan means the same as feature set {known}, which {what}.", "/plan"
    elif isinstance(move, Models | Tune) and plan_hash(move) in moves:
        message, path = f"The same move, {move.move}, was made before; its results are on the leaderboard.", "/move"
    else:
        return None
    return Finding(
        code=code,
        gate="schema",
        path=path,
        message=message,
        hint="Propose something else, or finish.",
    )


def nothing_new(session: Session, search: Search, ask: Ask, move: Models) -> tuple[Finding, ...]:
    """Return what to say to a language model all of whose candidates it was told the results of."""
    if not is_language_model(session.request.planner):
        return ()
    told = {identity(result.spec) for result in ask.leaderboard}
    wanted = {identity(spec) for spec in specs(move.plan, search, anew=True)}
    if not wanted or not wanted <= told:
        return ()
    message = "Every candidate of this plan was scored already, with the same hyperparameters on the same features."
    again = Finding(code="repeated-plan", gate="schema", path="/plan/candidates", message=message, hint="Propose something else, or finish.")  # fmt: skip
    return (again,)


def known_as(search: Search, plan: FeaturePlan) -> str | None:
    """Return the name of the feature set that a plan means, rolled-back ones included."""
    meant = plan_hash(plan)
    return next((name for name, made in search.sets.items() if _meant(made.plan) == meant), None)


def _meant(document: dict[str, Any]) -> str:
    plan, _ = from_document("FeaturePlan", document)
    return "" if plan is None else plan_hash(plan)
