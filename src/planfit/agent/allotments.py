"""How much a job may take: folds, rounds, rows, threads, seconds. By the table's shape, and by the clock where there is one."""

from __future__ import annotations

from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.records.scores import Allotment, CandidateSpec

CELLS_FOR_TWO_WORKERS = 1_000_000
"""Below this size two workers of one thread each finish sooner than one worker of two threads."""
ROWS_FOR_ALL_FOLDS = 50_000
ROWS_FOR_ONE_FOLD = 150_000
MOST_TRAINING_ROWS = {"linear": 100_000, "random_forest": 50_000}
"""Training rows a fold that these families get at the most while searching; the refit gets all that time allows."""
SHARE_OF_ONE_CANDIDATE = 0.6
"""Of the time left for searching, what a single candidate may take while others wait."""
SHARE_OF_THE_LAST = 0.9
LEAST_SHARE = 0.3
GRACE = 1.0
"""Seconds that a worker may take after its deadline before it is killed."""
BOOSTED = frozenset({"lightgbm"})
"""Families whose learning rate follows from the time."""
SECONDS_PER_CELL_ROUND = 2e-8
"""Of a row times a column and a round of boosting, measured on two threads of a small machine."""
ROUNDS_TIMES_RATE = 20.0
RATES = (0.04, 0.2)
"""The smallest and the largest learning rate."""
SHARE_FOR_BOOSTING = 0.5
"""Of a candidate's time, what is counted on for boosting; the rest is features, predictions and files."""
PROBE_ROUNDS = 150
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
    cells = search.rows * max(1, len(search.raw_columns))
    key = session.key("folds", 1)

    def by_time() -> int:
        seconds = session.search_seconds() or 0.0
        if cells > 300_000 and seconds < 30:
            return min(3 if cells < 1_000_000 else 1, by_size)
        return by_size

    return int(session.run.decide("scoring_folds", key, by_time))


def candidate(
    session: Session, search: Search, spec: CandidateSpec, request_key: str, folds: int, waiting: int
) -> Allotment:
    """Return what a candidate may take; `waiting` jobs of the same batch still want their share.

    The baseline has no deadline: it ends by itself, and without it a late run would have no model at all.
    """
    side_by_side, threads = job_shape(session, search)
    rows = MOST_TRAINING_ROWS.get(spec.family)
    learning_rate = None
    seconds = None
    if session.timed and spec.origin != "baseline":

        def by_clock() -> float:
            left = max(0.0, (session.search_seconds() or 0.0) - GRACE)
            share = max(LEAST_SHARE, min(1.0, side_by_side / waiting))
            return round(max(1.0, left * min(share, SHARE_OF_ONE_CANDIDATE if waiting > 1 else SHARE_OF_THE_LAST)), 2)

        seconds = float(session.run.decide("seconds_for_candidate", request_key, by_clock))
    if spec.family in BOOSTED and spec.origin != "tuning":  # a trial's own rate is what is being tried
        cells = search.rows * len(search.columns_of[spec.features])
        learning_rate = boosting_rate(cells, folds, len(search.task.classes), seconds)
    return Allotment(
        rounds=None,
        learning_rate=learning_rate,
        folds=folds,
        rows=rows if rows is not None and rows < search.rows else None,
        threads=threads,
        seconds=seconds,
    )


def retry(session: Session, search: Search, failed_key: str, allotment: Allotment) -> Allotment:
    """Return the allotment of the one further try after memory or time ran out: half of the rows."""
    seconds = allotment.seconds
    if session.timed:
        most = seconds or 0.0

        def by_clock() -> float:
            return round(max(1.0, min(most, SHARE_OF_THE_LAST * (session.search_seconds() or 0.0))), 2)

        seconds = float(session.run.decide("seconds_for_second_try", failed_key, by_clock))
    rows = (allotment.rows or search.split.training_rows) // 2
    return allotment.having(rows=rows, seconds=seconds, retry=True)


def boosting_rate(cells: int, folds: int, classes: int, seconds: float | None) -> float:
    """Return the learning rate, so that boosting ends by convergence and not by the clock.

    With a deadline from the rounds that it affords: about ``20 / rate`` are needed until the validation loss stops
    falling. Without one by the size of the work alone: small steps where they are cheap.
    """
    trees = classes if classes > 2 else 1
    if seconds is not None:
        affordable = SHARE_FOR_BOOSTING * seconds / (cells * trees * folds * SECONDS_PER_CELL_ROUND)
        return round(min(RATES[1], max(RATES[0], ROUNDS_TIMES_RATE / max(affordable, 1.0))), 3)
    work = cells * trees
    return 0.05 if work < 500_000 else 0.1 if work < 20_000_000 else 0.15


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
