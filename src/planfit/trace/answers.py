"""Answers from the record: why something was done, why a model family was not delivered, what was tried."""

from __future__ import annotations

from collections.abc import Iterator

from planfit.records.events import CandidateFailedEvent, RunFinished, StepFinished
from planfit.records.scores import CandidateFailure, CandidateResult
from planfit.records.task import Task
from planfit.store.entries import Decision
from planfit.store.run import RunReader
from planfit.trace import ending
from planfit.trace.columns import about_column
from planfit.trace.compared import chosen_instead, compared, ended, family_named
from planfit.trace.decisions import entries
from planfit.trace.mentions import Mention, mentions, rejections
from planfit.trace.reasons import Reason, Trial, prompt_file

DELIVERED = frozenset({"delivered", "final", "final_model", "model", "the_model"})


def why(reader: RunReader, what: str) -> tuple[Reason, ...]:
    """Return what the record says about a column, an operation, a model family, a candidate, a feature set or a stage.

    Parameters
    ----------
    reader : RunReader
    what : str
        E.g. ``"age"``, ``"polynomial_features"``, ``"lightgbm"``, ``"c003"``, ``"v1"``, ``"model_search"``, ``"metric"``,
        ``"stop"``, ``"delivered"``, or a column that a feature plan made.

    Returns
    -------
    tuple of Reason
        In the order of the run; empty where the record says nothing.
    """
    decisions = entries(reader)
    plain = "_".join(what.strip().lower().replace("-", " ").split())
    found = _about(reader, decisions, what)
    if not found and plain in ending.WORDS:
        return ending.about_the_end(reader, decisions)
    if not found and plain in DELIVERED:
        finished = reader.find_last("run_finished")
        found = [] if finished is None else _about(reader, decisions, finished.delivered.candidate)
    other = family_named(what)
    if not found and other != what:
        found = _about(reader, decisions, other)
    return tuple(_distinct(found))


def _about(reader: RunReader, decisions: tuple[Decision, ...], what: str) -> list[Reason]:
    found = [_as_reason(reader, mention) for mention in mentions(reader, decisions, what)]
    found += [_of_trial(reader, trial) for trial in tried(reader) if what in (trial.candidate, trial.family)]
    about = list(about_column(reader, decisions, what))
    if any(reason.sentence.startswith("Excluded") for reason in found):
        about = [reason for reason in about if not reason.sentence.startswith("It was left out")]
    importance = _importance(reader, what)
    return [*found, *about, *([importance] if importance is not None else [])]


def why_not(reader: RunReader, family: str) -> tuple[Reason, ...]:
    """Return why a model family was not delivered: left out with a reason, failed with its cause, or beaten.

    A family that was delivered, or is a member of the delivered ensemble, is said to be. One that no plan named gets
    one sentence that says so.
    """
    family = family_named(family)
    everything = tried(reader)
    found: list[Reason] = [
        Reason(subject=family, sentence=f"Left out: {mention.text}", decision=mention.decision.id,
               stage=mention.decision.stage, by=mention.decision.planner, prompt=prompt_file(reader, mention.decision))
        for mention in rejections(entries(reader), family)
    ]  # fmt: skip
    for trial in everything:
        if trial.family == family and trial.failed is not None:
            sentence = f"{trial.candidate} ended without a model ({_spoken(trial.failed)}): {trial.detail}"
            found.append(
                Reason(
                    subject=family, sentence=sentence, decision=trial.decision, stage="model_search", by="runtime"
                )
            )  # fmt: skip
    against = compared(reader, family, everything)
    if against is not None:
        found.append(against)
    if not found:
        found.append(_never_named(reader, family, everything))
    return tuple(_distinct(found))


def tried(reader: RunReader, param: str | None = None) -> tuple[Trial, ...]:
    """Return every candidate in the order of submission, with its parameters, score and seconds.

    Parameters
    ----------
    param : str or None
        One hyperparameter: only candidates that have it, and of their parameters only this one.
    """
    made: dict[str, Trial] = {}
    asked, weights = _asked_in(reader), _weights(reader)
    for event in reader.standing:
        body = event.body
        if isinstance(body, StepFinished) and body.name.split(" ")[0] in ("candidate", "ensemble"):
            trial = _scored(CandidateResult.model_validate(body.result))
        elif isinstance(body, CandidateFailedEvent):
            trial = _failed(body.failure)
        else:
            continue
        decision, weight = asked.get(trial.candidate), weights.get(trial.candidate)
        made[trial.candidate] = trial.having(decision=decision, weight=weight)  # tried again: the last word counts
    found = sorted(made.values(), key=lambda trial: trial.candidate)
    if param is not None:
        found = [trial.having(params={param: trial.params[param]}) for trial in found if param in trial.params]
    return tuple(found)


def _scored(result: CandidateResult) -> Trial:
    spec = result.spec
    return Trial(
        candidate=spec.id, family=spec.family, features=spec.features, origin=spec.origin, params=spec.params,
        metric=result.score.metric, score=result.score.value, std=result.score.std, per_fold=result.score.per_fold,
        seconds=result.seconds, parent=spec.parent,
    )  # fmt: skip


def _failed(failure: CandidateFailure) -> Trial:
    spec = failure.spec
    return Trial(
        candidate=spec.id, family=spec.family, features=spec.features, origin=spec.origin, params=spec.params,
        seconds=failure.seconds, failed=failure.cause, detail=failure.detail, parent=spec.parent,
    )  # fmt: skip


def _asked_in(reader: RunReader) -> dict[str, str]:
    """Return which entry of the trace asked for each candidate."""
    found: dict[str, str] = {}
    for decision in entries(reader):
        lines = decision.result.get("candidates") if isinstance(decision.result, dict) else None
        for line in lines or () if decision.planner != "runtime" else ():
            found.setdefault(line["candidate"], decision.id)
    return found


def _weights(reader: RunReader) -> dict[str, float]:
    """Return the weight in what is delivered: 1 for the candidate itself."""
    finished = reader.find_last("run_finished")
    if not isinstance(finished, RunFinished):
        return {}
    return {**dict(finished.delivered.members), finished.delivered.candidate: 1.0}


def _as_reason(reader: RunReader, mention: Mention) -> Reason:
    decision: Decision = mention.decision
    return Reason(
        subject=mention.subject, sentence=mention.text, decision=decision.id, stage=decision.stage, by=decision.planner,
        figures=mention.figures, prompt=prompt_file(reader, decision),
    )  # fmt: skip


def _of_trial(reader: RunReader, trial: Trial) -> Reason:
    figures = {"score": trial.score, "std": trial.std, "seconds": trial.seconds}
    if trial.failed is not None:
        sentence = f"{trial.family} ended without a model ({_spoken(trial.failed)}): {trial.detail}"
    else:
        sentence = f"{trial.family} on features {trial.features} scored {trial.metric} {trial.score:.6g}."
        if trial.weight == 1.0:
            sentence += " It is delivered."
        elif trial.weight is not None:
            sentence += f" It has a weight of {trial.weight:.0%} in what is delivered."
    return Reason(
        subject=trial.candidate, sentence=sentence, decision=trial.decision, stage="model_search", by="runtime",
        figures=figures,
    )  # fmt: skip


def _never_named(reader: RunReader, family: str, everything: tuple[Trial, ...]) -> Reason:
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
        sentence=f"It was not tried: no plan of this run named {family}, and none says why.{ended(reader)}"
        f"{chosen_instead(everything)}",
        stage="model_search",
        by=reader.request.planner,
    )


def _importance(reader: RunReader, column: str) -> Reason | None:
    step = reader.find_last("step_finished", name="holdout")
    rows = step.result.get("importance") or () if step is not None and isinstance(step.result, dict) else ()
    holdout = next((d.id for d in entries(reader) if isinstance(d.plan, dict) and "open_holdout" in d.plan), None)
    for place, row in enumerate(sorted(rows, key=lambda row: -row["mean"]), 1):
        if row["column"] == column:
            task = reader.find_last("step_finished", name="task")
            of = f" of {task.result['metric']}" if task is not None else ""
            sentence = f"Shuffling it costs the model {row['mean']:.4g}{of}; rank {place} of {len(rows)} columns."
            figures = {"mean": row["mean"], "std": row.get("std"), "rank": place}
            return Reason(
                subject=column, sentence=sentence, decision=holdout, stage="evaluation", by="runtime", figures=figures
            )
    return None


__all__ = ["Reason", "Trial", "tried", "why", "why_not"]


def _distinct(found: list[Reason]) -> Iterator[Reason]:
    seen: set[tuple[str, str]] = set()
    for reason in found:
        if (reason.subject, reason.sentence) not in seen:
            seen.add((reason.subject, reason.sentence))
            yield reason


def _spoken(cause: str) -> str:
    return cause.replace("_", " ")
