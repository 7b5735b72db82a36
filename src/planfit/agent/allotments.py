"""How much a job may take: folds, rounds, rows, threads, seconds. By the table's shape, and by the clock where there is one."""

from __future__ import annotations

from collections.abc import Sequence

from planfit.agent import pacing
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.models.base import Pace
from planfit.models.registry import families
from planfit.records.scores import Allotment, CandidateSpec

CELLS_FOR_TWO_WORKERS = 3_000_000
"""Below this size two workers of one thread each finish sooner than one worker of two threads."""
ROWS_FOR_ALL_FOLDS = 50_000
ROWS_FOR_ONE_FOLD = 150_000
ROWS_FOR_FEWER_FOLDS = 10_000
"""Up to so many rows every fold is worth its time: the scores are noisy enough."""
SECONDS_PER_CELL_AND_FOLD = 7e-5
"""Of a whole portfolio on one core; where it does not fit, fewer folds are scored."""
MOST_TRAINING_ROWS = {"linear": 100_000, "random_forest": 50_000}
"""Training rows a fold that these families get at the most while searching; the refit gets all that time allows."""
SHARE_OF_ONE_CANDIDATE = 0.6
"""Of the time left for searching, what a single candidate may take while others wait."""
SHARE_OF_THE_LAST = 0.9
SHARE_BEFORE_FEATURES = 0.45
"""While features are still to come and there is a model already: the other workers wait for whoever is last."""
LEAST_SHARE = 0.1
LEAST_SHARE_WITHOUT_ROUNDS = 0.4
"""Families that cannot be hurried by fewer rounds; they are quick or not worth their time."""
GRACE = 1.0
"""Seconds that a worker may take after its deadline before it is killed."""
SHARE_FOR_FITTING = 0.6
"""Of a candidate's time, what is counted on for its rounds; the rest is features, predictions and files."""
SLACK = 1.6
"""A candidate may take so many times its share: most leave some of theirs."""
COST_AFTER_FEATURES = 6.0
"""What the first candidates leave for those after them, in costs of a LightGBM."""
ROWS_FOR_RACES = 2_000
"""Below, one fold says too little to give a candidate up by, and all of them cost little."""
SCREEN_ROWS = 4_000
"""Of each of two folds, for discovery."""
PROBE_ROUNDS = 300
PROBE_LEARNING_RATE = 0.1
PROBE_ROWS = 20_000


def job_shape(session: Session, search: Search) -> tuple[int, int]:
    """Return how many jobs run side by side, and the threads of each."""
    cores = session.request.workers * session.request.threads
    cells = search.rows * max(1, len(search.raw_columns))
    if cells < CELLS_FOR_TWO_WORKERS:
        return max(1, cores), 1
    return 1, max(1, cores)


def scoring_folds(session: Session, search: Search) -> int:
    """Return on how many of the folds candidates are scored: all on small tables, one on very large ones."""
    available = session.settled.n_folds
    by_size = available if search.rows <= ROWS_FOR_ALL_FOLDS else min(3, available)
    if search.rows > ROWS_FOR_ONE_FOLD:
        by_size = 1
    if not session.timed:
        return by_size
    if search.rows <= ROWS_FOR_FEWER_FOLDS:
        return by_size
    cells = search.rows * max(1, len(search.raw_columns)) * max(1, len(search.task.classes) - 1)
    key = session.key("folds", 2)

    def by_time() -> int:
        affordable = (session.search_seconds() or 0.0) * session.request.workers / (SECONDS_PER_CELL_AND_FOLD * cells)
        return max(min(2, by_size), min(by_size, round(affordable)))

    return int(session.run.decide("scoring_folds", key, by_time))


def candidate(
    session: Session,
    search: Search,
    spec: CandidateSpec,
    request_key: str,
    folds: int,
    waiting: Sequence[str],
    *,
    alone: bool = False,
) -> Allotment:
    """Return what a candidate may take; `waiting` families of the same batch still want their share.

    With a time limit, one that has the workers to itself (`alone`) gets the threads of all of them.

    The baseline has no deadline: it ends by itself, and without it a late run would have no model at all.
    """
    side_by_side, threads = job_shape(session, search)
    rows = MOST_TRAINING_ROWS.get(spec.family)
    seconds = None
    pace = Pace()
    if session.timed and spec.origin != "baseline":
        if side_by_side > 1 and not waiting and not search.features_follow:
            key = session.key("alone", 1, request_key)
            threads *= side_by_side if session.run.decide("has_the_workers_to_itself", key, lambda: alone) else 1

        def by_clock() -> float:
            left = max(0.0, (session.search_seconds() or 0.0) - GRACE)
            costs = [families()[name].cost_for(len(search.task.classes)) for name in (spec.family, *waiting)]
            later = COST_AFTER_FEATURES if search.features_follow else 0.0
            least = LEAST_SHARE if families()[spec.family].round_seconds is not None else LEAST_SHARE_WITHOUT_ROUNDS
            share = max(least, SLACK * side_by_side * costs[0] / (sum(costs) + later))
            most = SHARE_OF_ONE_CANDIDATE if waiting else SHARE_OF_THE_LAST
            if search.features_follow and search.scored:
                most = SHARE_BEFORE_FEATURES
            return round(max(1.0, left * min(share, most)), 2)

        seconds = float(session.run.decide("seconds_for_candidate", request_key, by_clock))
    if spec.origin != "tuning":  # a trial's own rate is what is being tried
        share = None if seconds is None else SHARE_FOR_FITTING * seconds
        pace, measured = pacing.pace(session, search, spec, folds, share, threads)
        if seconds is not None and measured:
            key = session.key("after_measuring", 1, request_key)
            seconds = _of_what_is_left(session, "seconds_after_measuring", key, seconds)
    return Allotment(
        rounds=pace.rounds,
        learning_rate=pace.learning_rate,
        folds=folds,
        rows=rows if rows is not None and rows < search.rows else None,
        threads=threads,
        seconds=seconds,
        race=race(search, spec, folds),
    )


def race(search: Search, spec: CandidateSpec, folds: int) -> tuple[tuple[float, float], ...] | None:
    """Return what a candidate has to keep up with, fold by fold: the best before this round, and the baseline.

    None where folds are too noisy to tell, and for families that are wanted for being different or plain.
    """
    leader, floor = search.leader, search.baseline
    if leader is None or floor is None or search.rows < ROWS_FOR_RACES or spec.origin not in ("plan", "tuning"):
        return None
    if len(leader.folds) < folds or len(floor.folds) < folds or not search.better(leader, floor):
        return None
    pairs = zip(leader.folds[:folds], floor.folds[:folds], strict=True)
    return tuple((round(best.score, 10), round(least.score, 10)) for best, least in pairs)


def retry(session: Session, search: Search, failed_key: str, allotment: Allotment) -> Allotment:
    """Return the allotment of the one further try after memory or time ran out: half of the rows."""
    seconds = allotment.seconds
    if session.timed:
        seconds = _of_what_is_left(session, "seconds_for_second_try", failed_key, seconds or 0.0)
    rows = (allotment.rows or search.split.training_rows) // 2
    return allotment.having(rows=rows, seconds=seconds, retry=True)


def _of_what_is_left(session: Session, name: str, key: str, most: float) -> float:
    """Return `most` seconds, or what is left for searching where that is less, by a recorded decision."""

    def by_clock() -> float:
        return round(max(1.0, min(most, SHARE_OF_THE_LAST * (session.search_seconds() or 0.0))), 2)

    return float(session.run.decide(name, key, by_clock))


def time_to_load(session: Session, spec: CandidateSpec, request_key: str) -> bool:
    """Say whether there is time to load a family's library and train with it, by a recorded decision where that takes long."""
    start = families()[spec.family].start_seconds
    if not session.timed or start == 0:
        return True
    key = session.key("time_to_load", 1, request_key)
    return bool(session.run.decide("time_to_load", key, lambda: (session.search_seconds() or 0.0) > start + GRACE))


def probe(session: Session, search: Search, key: str) -> Allotment:
    """Return what one side of a probe may take: few folds, few rounds, a sample of a large table."""
    _, threads = job_shape(session, search)
    seconds = None
    if session.timed:
        seconds = float(
            session.run.decide(
                "seconds_for_probe", key, lambda: round(max(1.0, 0.2 * (session.search_seconds() or 0)), 2)
            )
        )
    return Allotment(
        rounds=PROBE_ROUNDS,
        learning_rate=PROBE_LEARNING_RATE,
        folds=min(3, session.settled.n_folds),
        rows=PROBE_ROWS if search.rows > PROBE_ROWS else None,
        threads=threads,
        seconds=seconds,
    )
