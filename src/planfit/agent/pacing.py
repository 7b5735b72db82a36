"""Rounds and learning rate from the time: how fast a family is on this table is measured where the time is short."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from planfit.agent.jobs import carry_out_job
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.models.base import Family, Pace
from planfit.models.registry import families
from planfit.records.canonical import Record
from planfit.records.jobs import FitJob, JobDone
from planfit.records.scores import Allotment, CandidateSpec, FoldOutcome

PLENTY = 1.0
"""Times the guessed need from which nothing has to be measured; most fits stop long before."""
WIDTH_EXPONENT = 0.7
"""A round on twice the columns takes less than twice as long: each tree looks at a part of them."""
THREADS_EXPONENT = 0.7
"""Twice the threads are less than twice as fast."""
PROBE_SECONDS = 6.0
PROBE_SHARE = 0.3
"""Of a candidate's time, what measuring its speed may take."""


def pace(
    session: Session, search: Search, spec: CandidateSpec, folds: int, seconds: float | None, threads: int
) -> tuple[Pace, bool]:
    """Return rounds and learning rate of a candidate, and whether its speed was asked for, which may have taken time.

    Parameters
    ----------
    folds : int
        On which it is scored.
    seconds : float or None
        For all of its rounds; None: no clock decides.
    threads : int
        That it trains with.
    """
    family = families()[spec.family]
    params = family.Params.model_validate(spec.params)
    rows, columns = search.rows, len(search.columns_of[spec.features])
    affordable, measured = None, False
    if seconds is not None and family.round_seconds is not None:
        affordable, measured = _affordable(session, search, spec, family, params, seconds / folds, threads)
    found = family.pace(affordable, rows, columns, search.task, params)
    if found.learning_rate is not None and _rate_is_fixed(search, spec, family):
        found = Pace(rounds=found.rounds)
    return found, measured


def _rate_is_fixed(search: Search, spec: CandidateSpec, family: Family) -> bool:
    """Say whether the plan chose a learning rate of its own."""
    usual = family.defaults(search.rows, len(search.columns_of[spec.features]), search.task).to_json()
    return bool(spec.params.get("learning_rate") != usual.get("learning_rate"))


def _affordable(
    session: Session,
    search: Search,
    spec: CandidateSpec,
    family: Family,
    params: Record,
    seconds: float,
    threads: int,
) -> tuple[float, bool]:
    """Return the rounds that fit into the seconds of a fold, by the recorded speed of this family (True) or a safe guess."""
    key = session.key("speed", 3, spec.family, spec.params, spec.features, threads)
    guess = _guess(search, spec, family)
    known = session.run.find("clock_decided", key=key)
    if known is None and seconds > PLENTY * guess * family.usual_rounds(params):
        return seconds / guess, False
    speed = session.run.decide("seconds_a_round", key, lambda: _speed(session, search, spec, family, seconds, threads))
    return max(0.0, seconds - speed["before"]) / max(speed["round"], 1e-9), True


def _guess(search: Search, spec: CandidateSpec, family: Family) -> float:
    assert family.round_seconds is not None
    fixed, by_cell = family.round_seconds
    trees = len(search.task.classes) if len(search.task.classes) > 2 else 1
    return trees * (fixed + by_cell * search.rows * len(search.columns_of[spec.features]))


def _speed(
    session: Session, search: Search, spec: CandidateSpec, family: Family, seconds: float, threads: int
) -> dict[str, float]:
    """Return the seconds before the first round and of a round, on one fold: of a like candidate, else of a short fit."""
    for result in search.scored:
        if result.spec.family == spec.family and _alike(result.spec, spec):
            wider = len(search.columns_of[spec.features]) / max(1, len(search.columns_of[result.spec.features]))
            slower = wider**WIDTH_EXPONENT * (result.allotment.threads / threads) ** THREADS_EXPONENT
            found = _measured(result.folds, slower)
            if found is not None:
                return found
    job = FitJob(
        material=session.settled,
        spec=spec,
        features=search.sets[spec.features].plan,
        allotment=Allotment(folds=1, rounds=family.probe_rounds, threads=threads),
        keep_models=False,
    )
    most = max(1.0, min(PROBE_SECONDS, PROBE_SHARE * seconds))
    done = carry_out_job(session, job, seconds=family.start_seconds + most)
    if isinstance(done, JobDone):
        fold = FoldOutcome.model_validate(done.result["folds"][0])
        if fold.round_seconds is None:  # one epoch, or trees that are grown at once
            return _pair(0.0, fold.fit_seconds / family.probe_rounds)
        return _pair(0.0, fold.round_seconds)  # what came before is mostly the start of a process
    return _pair(0.0, most / family.probe_rounds)  # it is at least that slow


def _alike(known: CandidateSpec, spec: CandidateSpec) -> bool:
    """Say whether two candidates take about the same time a round: what trees and layers measure is the same."""
    size = (
        "num_leaves",
        "depth",
        "max_depth",
        "width",
        "n_estimators",
        "max_features",
        "extra_trees",
        "max_leaf_nodes",
    )
    return all(known.params.get(name) == spec.params.get(name) for name in size)


def _measured(folds: Sequence[FoldOutcome], slower: float) -> dict[str, float] | None:
    known = [fold for fold in folds if fold.round_seconds and fold.trained]
    if not known:
        return None
    before = median(fold.fit_seconds - (fold.trained or 0) * (fold.round_seconds or 0.0) for fold in known)
    return _pair(before, slower * max(fold.round_seconds or 0.0 for fold in known))


def _pair(before: float, each: float) -> dict[str, float]:
    return {"before": round(max(before, 0.0), 4), "round": round(max(each, 0.0), 6)}
