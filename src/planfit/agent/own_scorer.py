"""A user's own scorer. It judges predictions that are there already, in the parent process: no worker ever sees it.

The search itself goes by a metric of ours, the task's. Which of its candidates is delivered, and what that is worth on the
holdout, the scorer says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from planfit.errors import UsageError
from planfit.records.scores import ArtifactRef, CandidateResult, Score, best_first
from planfit.records.task import Task, Threshold

if TYPE_CHECKING:
    from planfit.agent.search import Search
    from planfit.agent.session import Session

Array = np.ndarray[Any, Any]
RULE = (
    "The search goes by a metric of ours; what is delivered, the user's own scorer decides by out-of-fold predictions, and "
    "greater is better."
)


@dataclass(frozen=True)
class OwnScorer:
    """A callable of an estimator, X and y, as scikit-learn's `make_scorer` gives it. Greater is better."""

    name: str
    call: Callable[..., Any]

    def score(
        self, task: Task, matrix: Array, y: Array, threshold: Threshold | None, weights: Array | None = None
    ) -> float:
        """Return what the scorer says of these predictions.

        Raises
        ------
        UsageError
            It fails, or says something that is not a number.
        """
        import pandas as pd

        from planfit.models.given import given_predictions

        try:
            given, rows = given_predictions(task, matrix, threshold), pd.DataFrame(index=range(len(y)))
            value = float(self.call(given, rows, y, **({} if weights is None else {"sample_weight": weights})))
        except Exception as error:  # whatever the user's code raises
            raise UsageError(
                f"Your scorer {self.name!r} failed: {type(error).__name__}: {error}",
                hint="It is called as scorer(estimator, X, y); the estimator gives predictions of these rows.",
            ) from error
        if not math.isfinite(value):
            raise UsageError(f"Your scorer {self.name!r} gave {value}.", hint="It must give a finite number.")
        return value


def judged(session: Session, search: Search) -> list[CandidateResult]:
    """Return the candidates with the scores that the user's scorer gives them, best first; those it fails on are left out."""
    found = []
    for result in search.results:
        if result.oof is not None and (score := score_of(session, search, result)) is not None:
            found.append(result.having(score=score))
    return best_first(found, greater_is_better=True)


def score_of(session: Session, search: Search, result: CandidateResult, *, strict: bool = False) -> Score | None:
    """Return the recorded score of a candidate by the user's scorer; `strict`: its failure is the user's to mend."""
    from planfit.agent.stages.threshold import out_of_fold, threshold_of

    assert result.oof is not None
    key = session.key("own_score", 1, session.request.scorer, result.spec.id, result.oof.sha256, search.split_key)

    def work(_: Path) -> tuple[Any, dict[str, bytes | Path]]:
        y, folds, matrix, weights = out_of_fold(session, result)
        at = threshold_of(search, y, matrix, weights)
        scorer = scorer_of(session)

        def on(rows: Array) -> float:
            return scorer.score(search.task, matrix[rows], y[rows], at, None if weights is None else weights[rows])

        try:
            values = tuple(on(np.flatnonzero(folds == fold)) for fold in np.unique(folds))
        except UsageError as error:
            if strict:
                raise
            return {"failed": error.message}, {}
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        return Score(metric=scorer.name, value=float(np.mean(values)), std=spread, per_fold=values, rows=len(y)), {}

    done = session.run.step(key, "model_search", f"own-score {result.spec.id}", work, shared=False)
    return None if "failed" in done.result else Score.model_validate(done.result)


def judge_holdout(
    session: Session, search: Search, predictions: ArtifactRef | None, threshold: Threshold | None
) -> None:
    """Say what the scorer makes of the holdout, once the fold models have predicted it."""
    if session.request.scorer is None or predictions is None:
        return
    key = session.key("own_score_holdout", 1, session.request.scorer, predictions.sha256, threshold)

    def work(_: Path) -> tuple[Any, dict[str, bytes | Path]]:
        import polars as pl

        from planfit.agent.stages.weights import weights_of

        frame = pl.read_parquet(session.run.file(predictions))
        rows = frame["row"].to_numpy()
        y = pl.read_parquet(session.settled.target)["target"].to_numpy()[rows]
        scorer = scorer_of(session)
        try:
            matrix = frame.drop("row").to_numpy()
            return {"value": scorer.score(search.task, matrix, y, threshold, weights_of(session, rows))}, {}
        except UsageError as error:
            return {"failed": error.message}, {}

    said = session.run.step(key, "evaluation", "own-score holdout", work, shared=False).result
    what = (
        f"{session.request.scorer} on the holdout could not be had"
        if "failed" in said
        else (f"{session.request.scorer} on the holdout is {said['value']:.6g}")
    )
    session.note("evaluation", RULE, what, said.get("failed", "It is the scorer that the user gave."), **said)


def scorer_of(session: Session) -> OwnScorer:
    """Return the scorer; a run that is taken up again needs it once more, since no record can hold it."""
    if session.scorer is None:
        raise UsageError(
            f"Run {session.run.id} is judged by a scorer of your own, {session.request.scorer!r}, which was not given.",
            hint=f'Give it again in Python: planfit.resume("{session.run.id}", metric=SCORER).',
        )
    return session.scorer
