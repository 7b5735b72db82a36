"""Answers from the record: why something was done, why a model family was not delivered, what was tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planfit.records.canonical import Record
from planfit.records.events import CandidateFailedEvent, StepFinished
from planfit.records.scores import CandidateFailure, CandidateResult
from planfit.records.task import Task
from planfit.store.run import RunReader
from planfit.trace.decisions import Decision, entries
from planfit.trace.mentions import Mention, mentions, rejections


class Reason(Record):
    """One thing that the record says about a subject."""

    subject: str
    sentence: str
    decision: str | None = None
    """Id of the entry in the trace, where one says it."""
    stage: str
    by: str
    """Who decided: a planner's name, ``runtime`` or ``person``."""
    figures: dict[str, Any] = {}


class Trial(Record):
    """One candidate, scored or not."""

    candidate: str
    family: str
    features: str
    origin: str
    params: dict[str, Any]
    """All hyperparameters, or the one that was asked for."""
    metric: str | None = None
    score: float | None = None
    """Cross-validated; None where it failed."""
    std: float | None = None
    seconds: float
    failed: str | None = None
    """Cause, where it ended without a model."""
    detail: str | None = None


def why(reader: RunReader, what: str) -> tuple[Reason, ...]:
    """Return what the record says about a column, an operation, a model family, a candidate, a feature set or a stage.

    Parameters
    ----------
    reader : RunReader
    what : str
        E.g. ``"age"``, ``"polynomial_features"``, ``"lightgbm"``, ``"c003"``, ``"v1"``, ``"model_search"``, ``"metric"``.

    Returns
    -------
    tuple of Reason
        In the order of the run; empty where the record says nothing.
    """
    decisions = entries(reader)
    found = [_as_reason(mention) for mention in mentions(reader, decisions, what)]
    for trial in tried(reader):
        if what in (trial.candidate, trial.family):
            found.append(_of_trial(reader, trial))
    importance = _importance(reader, what)
    if importance is not None:
        found.append(importance)
    return tuple(_distinct(found))


def why_not(reader: RunReader, family: str) -> tuple[Reason, ...]:
    """Return why a model family was not delivered: left out with a reason, failed with its cause, or beaten.

    A family that was delivered, or is a member of the delivered ensemble, is said to be. One that no plan named gets
    one sentence that says so.
    """
    found: list[Reason] = [
        Reason(subject=family, sentence=f"Left out: {mention.text}", decision=mention.decision.id,
               stage=mention.decision.stage, by=mention.decision.planner)
        for mention in rejections(entries(reader), family)
    ]  # fmt: skip
    trials = [trial for trial in tried(reader) if trial.family == family]
    for trial in trials:
        if trial.failed is not None:
            sentence = f"{trial.candidate} ended without a model ({_spoken(trial.failed)}): {trial.detail}"
            found.append(Reason(subject=family, sentence=sentence, stage="model_search", by="runtime"))
    compared = _compared(reader, family, [trial for trial in trials if trial.score is not None])
    if compared is not None:
        found.append(compared)
    if not found:
        found.append(_never_named(reader, family))
    return tuple(found)


def tried(reader: RunReader, param: str | None = None) -> tuple[Trial, ...]:
    """Return every candidate in the order of submission, with its parameters, score and seconds.

    Parameters
    ----------
    param : str or None
        One hyperparameter: only candidates that have it, and of their parameters only this one.
    """
    made: dict[str, Trial] = {}
    for event in reader.events:
        body = event.body
        if isinstance(body, StepFinished) and body.name.split(" ")[0] in ("candidate", "ensemble"):
            trial = _scored(CandidateResult.model_validate(body.result))
        elif isinstance(body, CandidateFailedEvent):
            trial = _failed(body.failure)
        else:
            continue
        made[trial.candidate] = trial  # tried again on fewer rows: the last word counts
    found = sorted(made.values(), key=lambda trial: trial.candidate)
    if param is not None:
        found = [trial.having(params={param: trial.params[param]}) for trial in found if param in trial.params]
    return tuple(found)


def _scored(result: CandidateResult) -> Trial:
    spec = result.spec
    return Trial(
        candidate=spec.id, family=spec.family, features=spec.features, origin=spec.origin, params=spec.params,
        metric=result.score.metric, score=result.score.value, std=result.score.std, seconds=result.seconds,
    )  # fmt: skip


def _failed(failure: CandidateFailure) -> Trial:
    spec = failure.spec
    return Trial(
        candidate=spec.id, family=spec.family, features=spec.features, origin=spec.origin, params=spec.params,
        seconds=failure.seconds, failed=failure.cause, detail=failure.detail,
    )  # fmt: skip


def _as_reason(mention: Mention) -> Reason:
    decision: Decision = mention.decision
    return Reason(
        subject=mention.subject, sentence=mention.text, decision=decision.id, stage=decision.stage, by=decision.planner,
        figures=mention.figures,
    )  # fmt: skip


def _of_trial(reader: RunReader, trial: Trial) -> Reason:
    finished = reader.find_last("run_finished")
    members = dict(finished.delivered.members) if finished is not None else {}
    figures = {"score": trial.score, "std": trial.std, "seconds": trial.seconds}
    if trial.failed is not None:
        sentence = f"{trial.family} ended without a model ({_spoken(trial.failed)}): {trial.detail}"
    else:
        sentence = f"{trial.family} on features {trial.features} scored {trial.metric} {trial.score:.6g}."
        if finished is not None and finished.delivered.candidate == trial.candidate:
            sentence += " It is delivered."
        elif trial.candidate in members:
            sentence += f" It has a weight of {members[trial.candidate]:.0%} in what is delivered."
    return Reason(
        subject=trial.candidate, sentence=sentence, stage="model_search", by="runtime", figures=figures
    )  # fmt: skip


def _compared(reader: RunReader, family: str, trials: list[Trial]) -> Reason | None:
    """Compare the best of a family with what was delivered, or with the best of all where nothing is yet."""
    everything = [trial for trial in tried(reader) if trial.score is not None]
    if not trials:
        return None
    task = reader.find_last("step_finished", name="task")
    greater = task is None or Task.model_validate(task.result).greater_is_better

    def rank(trial: Trial) -> float:
        score = trial.score if trial.score is not None else 0.0
        return -score if greater else score

    best = min(trials, key=rank)
    finished = reader.find_last("run_finished")
    members = dict(finished.delivered.members) if finished is not None else {}
    inside = next((trial for trial in trials if trial.candidate in members), None)
    winner = min(everything, key=rank)
    if finished is not None:
        winner = next((trial for trial in everything if trial.candidate == finished.delivered.candidate), winner)
    figures = {"score": best.score, "against": winner.score, "std": best.std}
    own = f"Its best, {best.candidate}, scored {best.metric} {best.score:.6g}"
    if inside is not None:
        weight = members[inside.candidate]
        sentence = f"It is delivered: {inside.candidate}" + (
            "." if weight == 1.0 else f", with a weight of {weight:.0%}."
        )
    elif winner.family == family:
        sentence = f"Nothing beats it so far: {own[0].lower()}{own[1:]}."
    else:
        sentence = f"{own}; {winner.candidate} ({winner.family}) scored {winner.score:.6g}."
    return Reason(subject=family, sentence=sentence, stage="model_search", by="runtime", figures=figures)


def _never_named(reader: RunReader, family: str) -> Reason:
    settled = reader.find_last("step_finished", name="task")
    constraints = None if settled is None else Task.model_validate(settled.result).constraints
    if constraints is not None and (
        family in constraints.without_families or (constraints.families and family not in constraints.families)
        or constraints.simple
    ):  # fmt: skip
        return Reason(
            subject=family, sentence=f"The sentence asks otherwise: {', '.join(constraints.in_words())}.",
            stage="task", by="person",
        )  # fmt: skip
    allowed = reader.request.models
    if allowed and family not in allowed:
        return Reason(
            subject=family, sentence=f"Only {', '.join(allowed)} were allowed when the run was started.",
            stage="model_search", by="person",
        )  # fmt: skip
    return Reason(
        subject=family,
        sentence=f"It was not tried: no plan of this run named {family}.",
        stage="model_search",
        by=reader.request.planner,
    )


def _importance(reader: RunReader, column: str) -> Reason | None:
    step = reader.find_last("step_finished", name="holdout")
    rows = step.result.get("importance") or () if step is not None and isinstance(step.result, dict) else ()
    for place, row in enumerate(sorted(rows, key=lambda row: -row["mean"]), 1):
        if row["column"] == column:
            task = reader.find_last("step_finished", name="task")
            of = f" of {task.result['metric']}" if task is not None else ""
            sentence = f"Shuffling it costs the model {row['mean']:.4g}{of}; rank {place} of {len(rows)} columns."
            figures = {"mean": row["mean"], "std": row.get("std"), "rank": place}
            return Reason(subject=column, sentence=sentence, stage="evaluation", by="runtime", figures=figures)
    return None


def _distinct(found: list[Reason]) -> Iterator[Reason]:
    seen: set[tuple[str, str]] = set()
    for reason in found:
        if (reason.subject, reason.sentence) not in seen:
            seen.add((reason.subject, reason.sentence))
            yield reason


def _spoken(cause: str) -> str:
    return cause.replace("_", " ")
