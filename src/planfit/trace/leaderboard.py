"""The candidates of a run, as a table."""

from __future__ import annotations

from typing import Any

from planfit.records.scores import CandidateFailure, CandidateResult, best_first
from planfit.store.run import RunReader


def candidates(reader: RunReader) -> tuple[CandidateResult, ...]:
    """Return every scored candidate in the order of submission, ensembles included."""
    finished = [*reader.results("candidate "), *reader.results("ensemble ")]
    return tuple(sorted((CandidateResult.model_validate(step.result) for step in finished), key=lambda r: r.spec.id))


def failures(reader: RunReader) -> tuple[CandidateFailure, ...]:
    """Return every candidate that ended without a model."""
    return tuple(event.body.failure for event in reader.standing if event.body.kind == "candidate_failed")


def ranked(reader: RunReader) -> tuple[CandidateResult, ...]:
    """Return the scored candidates, best first; ties keep the order of submission."""
    task = reader.find("step_finished", name="task")
    return tuple(best_first(candidates(reader), task is not None and task.result["greater_is_better"]))


def rows(reader: RunReader) -> list[dict[str, Any]]:
    """Return the leaderboard as plain rows, best first."""
    finished = reader.find_last("run_finished")
    delivered = finished.delivered.candidate if finished is not None else None
    return [
        {
            "candidate": result.spec.id,
            "family": result.spec.family,
            "features": result.spec.features,
            "score": result.score.value,
            "std": result.score.std,
            "metric": result.score.metric,
            "origin": result.spec.origin,
            "seconds": result.seconds,
            "delivered": result.spec.id == delivered,
        }
        for result in ranked(reader)
    ]
