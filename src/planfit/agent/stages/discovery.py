"""Which columns are worth making: looked for by the runtime on part of the training rows, before the planner is asked."""

from __future__ import annotations

from planfit.agent import allotments
from planfit.agent.jobs import JobStep, Outcome, begin_step, end_step
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.records.jobs import JobDone, JobFailed, ScreenJob
from planfit.records.scores import Screened

FEWEST_ROWS = 400
"""With fewer training rows the best of a hundred columns is the luckiest."""
FEWEST_FOLDS = 3
"""Two are looked at, at least one confirms."""
MOST_COLUMNS = 400
"""Wider tables have enough columns as they are."""
SHARE_OF_TIME = 0.2
LEAST_SECONDS = 2.0


class Discovery:
    """A look for columns under way beside the first candidates."""

    def __init__(self, session: Session, search: Search) -> None:
        self.session, self.search = session, search
        self.step = self._step() if _worth_it(session, search) else None
        self.begun = None if self.step is None else begin_step(session, self.step)

    def found(self) -> tuple[Screened, ...]:
        """Return the columns that were looked at, the most useful first; none where there are too few rows or no time."""
        if self.step is None:
            return ()
        result = end_step(self.session, self.step, self.begun).result
        return tuple(Screened.model_validate(entry) for entry in result["screened"])

    def _step(self) -> JobStep:
        session, material = self.session, self.session.settled
        last = material.n_folds - 1
        threads = allotments.job_shape(session, self.search)[1]
        rows = allotments.SCREEN_ROWS
        job = ScreenJob(material=material, folds=(last, last - 1), rows=rows, threads=threads)
        key = session.key("screen", 1, self.search.split_key, self.search.task, material.door_schema, job.folds, rows)
        seconds = None
        if session.timed:

            def by_clock() -> float:
                return round(max(LEAST_SECONDS, SHARE_OF_TIME * (session.search_seconds() or 0.0)), 2)

            seconds = float(session.run.decide("seconds_for_discovery", key, by_clock))

        def keep(done: JobDone | JobFailed) -> Outcome:
            if isinstance(done, JobFailed):
                return {"screened": [], "failed": done.cause, "detail": done.detail}, {}
            return done.result, {}

        return JobStep(key, "feature_engineering", "discovery", job, seconds, keep, shared=True)


def _worth_it(session: Session, search: Search) -> bool:
    columns = len(search.raw_columns)
    enough = search.split.training_rows >= FEWEST_ROWS and session.settled.n_folds >= FEWEST_FOLDS
    return enough and columns <= MOST_COLUMNS
