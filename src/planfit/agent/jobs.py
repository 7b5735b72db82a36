"""One job, carried out and waited for."""

from __future__ import annotations

from planfit.agent.session import Session
from planfit.records.jobs import Job, JobDone, JobFailed

SHARE_OF_ONE_STEP = 0.3
"""Of the time left for searching, what a step outside the candidates may take."""


def carry_out_job(session: Session, job: Job, *, seconds: float | None = None) -> JobDone | JobFailed:
    """Submit a job and wait for it.

    Parameters
    ----------
    seconds : float or None
        Deadline; None: a share of the time left for searching, or the hang guard without a time limit.
    """
    deadline = seconds
    if deadline is None and session.timed:
        deadline = max(1.0, SHARE_OF_ONE_STEP * (session.search_seconds() or 0.0))
    return session.wait(session.submit(job, deadline))
