"""From the chosen candidate to what the user gets: one look at the holdout, a refit on all rows, the bundle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from planfit.agent import allotments
from planfit.agent.jobs import JobStep, Outcome, carry_out_job, carry_out_steps, job_files
from planfit.agent.own_scorer import judge_holdout
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages.choice import say_if_slower
from planfit.agent.stages.split import read_parts
from planfit.data.split import training_rows
from planfit.deploy import manifest
from planfit.errors import PlanfitError
from planfit.records.canonical import canonical_json
from planfit.records.events import HoldoutOpened, StepFinished
from planfit.records.jobs import BundleJob, EvaluateJob, JobDone, JobFailed, RefitJob
from planfit.records.scores import CandidateResult, Delivered, HoldoutScore, OperatingPoint
from planfit.records.task import Threshold
from planfit.settings import CONFIDENCE, HANG_GUARD

Members = tuple[tuple[str, float], ...]
SECONDS_FOR_BUNDLE = 1.5
"""What putting the model together and writing the report take, kept back from refitting."""
REFIT_FORECAST = 1.6
"""A refit on all rows takes at least so many times what the longest fold took ..."""
REFIT_SLACK = 1.05
"""... or this over what it has more of, rows and rounds."""
SHARE_FOR_EVALUATION = 0.35
"""Of the time left, what one of the workers is kept by looking at the holdout."""
IMPORTANCE_SHARE = 0.3
"""Of the time left, what the importance of columns may take."""
StandIn = Literal["fold_average", "latest_fold", "one_fold"]
STAND_INS: Final[dict[StandIn, str]] = {
    "fold_average": "the average of its fold models",
    "latest_fold": "the model of its latest fold",
    "one_fold": "the model of one fold, since the average of all would answer more slowly than asked",
}


@dataclass(frozen=True)
class Finished:
    """What is known of the chosen candidate once it is evaluated and fitted again."""

    holdout: HoldoutScore | None
    delivered: Delivered
    files: dict[str, tuple[str, ...]]
    """Model files of each member, by candidate id."""


def evaluate_and_refit(
    session: Session, search: Search, chosen: CandidateResult, point: OperatingPoint, *, ended_by_itself: bool
) -> Finished:
    """Score what the folds left on the holdout while every member is fitted again on all rows, side by side.

    The holdout stays closed in a run that a person stopped; importance is then measured on out-of-fold rows. Fold
    models stand in for members that there is no time or memory to fit again: their average; in time the model of the
    latest fold, as those of earlier ones have not seen what came last; one of them where a latency was asked for. Where there is time, a holdout that is later than
    all other rows judges models that were fitted on all of those: even the latest fold's has not seen the last of them.
    """
    members = members_of(search, chosen)
    opens = ended_by_itself and search.split.holdout_rows > 0
    before = _fitted_before_holdout(session, search, members) if opens else {}
    evaluation, opening = _evaluation(session, search, chosen, point.threshold, before, opens=opens)
    refits = _refits(session, search, members)
    scored, *fitted = carry_out_steps(session, [evaluation, *refits.values()])
    judge_holdout(session, search, next(iter(scored.files), None), point.threshold)
    files = _files_of(session, search, members, dict(zip(refits, fitted, strict=True)))
    delivered = _delivered(session, search, chosen, members, files).having(
        threshold=point.threshold, rule=session.request.deliver
    )
    return Finished(_holdout_score(session, search, scored, chosen, opening), delivered, files)


def refit_wanted(
    session: Session, search: Search, chosen: CandidateResult, point: OperatingPoint, holdout: HoldoutScore | None
) -> Finished:
    """Fit again what a person asked for; the holdout stays shut, and its score remains that of what it was opened for."""
    members = members_of(search, chosen)
    refits = _refits(session, search, members)
    fitted = carry_out_steps(session, list(refits.values()))
    files = _files_of(session, search, members, dict(zip(refits, fitted, strict=True)))
    made = _delivered(session, search, chosen, members, files)
    because = f"A person asked for {chosen.spec.id}. {made.because}"
    return Finished(holdout, made.having(threshold=point.threshold, rule="person", because=because), files)


def write_bundle(
    session: Session, search: Search, point: OperatingPoint, finished: Finished, *, wish: int | None = None
) -> None:
    """Put the members together, and write model, pipeline, schema and metadata as one bundle.

    Parameters
    ----------
    wish : int or None
        Which of a person's later wishes it fulfils; the same wish uttered again is fulfilled again.
    """
    delivered, holdout = finished.delivered, finished.holdout
    models = [_models_key(search, name) for name, _ in delivered.members]
    key = session.key("bundle", 1, delivered, holdout, models, *(() if wish is None else (wish,)))

    def work(_: Path) -> Outcome:
        members = tuple((name, weight, finished.files[name]) for name, weight in delivered.members)
        job = BundleJob(
            material=session.settled,
            members=members,
            families=search.families_of(delivered.members),
            threshold=point.threshold,
        )
        done = carry_out_job(session, job, seconds=HANG_GUARD)
        if isinstance(done, JobFailed):
            raise PlanfitError(
                f"The model could not be put together: {done.detail}",
                hint=f"`planfit resume {session.run.id}` tries again.",
            )
        kept = job_files(done, "model")
        kept["model/schema.json"] = canonical_json(session.settled.door_schema)
        kept["model/metadata.json"] = manifest.write(
            task=search.task,
            schema=session.settled.door_schema,
            delivered=delivered,
            cv=point.score,
            holdout=holdout,
            seed=session.request.seed,
            run_id=session.run.id,
            threshold=point.threshold,
            files={Path(name).name: content for name, content in kept.items()},
        )
        said = {"delivered": delivered.to_json(), "cv": point.score.to_json(), "one_row_ms": done.result["one_row_ms"]}
        return said, kept

    event = session.run.step(key, "training", "bundle", work, shared=False)
    say_if_slower(session, event.result["one_row_ms"])


def members_of(search: Search, chosen: CandidateResult) -> Members:
    """Return candidate ids and weights behind a candidate."""
    return chosen.spec.members or ((chosen.spec.id, 1.0),)


def _evaluation(
    session: Session,
    search: Search,
    chosen: CandidateResult,
    threshold: Threshold | None,
    before: dict[str, tuple[str, ...]],
    *,
    opens: bool,
) -> tuple[JobStep, int]:
    """Return the step that opens the holdout, and how many times it will then have been opened."""
    candidate, members = chosen.spec.id, members_of(search, chosen)
    models = [_models_key(search, name) for name, _ in members]
    models_of = _standing_in if opens else _fold_models
    scored = "refit_train" if before else _stand_in(session, search)
    key = session.key("evaluation", 3, search.split_key, members, models, threshold, opens, scored)
    opening = 1
    if opens:
        opening += len(_openings(session, search.split_key) - {(session.run.id, key)})
        opened: Any = session.run.once(HoldoutOpened(split_key=search.split_key, key=key, opening=opening)).body
        opening = opened.opening  # as it was when it was opened, however many have looked since
    left = session.clock.left()
    job = EvaluateJob(
        material=session.settled,
        members=tuple((name, weight, before.get(name) or models_of(session, search, name)) for name, weight in members),
        families=search.families_of(members),
        on="holdout" if opens else "training",
        threshold=threshold,
        importance_seconds=None if left is None else round(max(0.5, IMPORTANCE_SHARE * left), 2),
        first=tuple(
            entry.column for entry in sorted(search.target_profile.associations, key=lambda entry: -entry.value)
        ),
        oof=None if chosen.oof is None else str(session.run.file(chosen.oof)),
        threads=allotments.job_shape(session, search)[1],
    )

    def keep(done: JobDone | JobFailed) -> Outcome:
        if isinstance(done, JobFailed):
            return {"holdout": None, "importance": [], "failed": done.cause, "detail": done.detail}, {}
        return {**done.result, "candidate": candidate, "scored": scored}, job_files(done, "evaluation")

    return JobStep(key, "evaluation", "holdout", job, None, keep), opening


def _openings(session: Session, split_key: str) -> set[tuple[str, str]]:
    """Return the runs and evaluations that have looked at a holdout, in this run and those that it shares a split with."""
    events = [event for reader in (session.run, *session.family()) for event in reader.events]
    opened = [(event.run_id, event.body) for event in events if isinstance(event.body, HoldoutOpened)]
    return {(run_id, body.key) for run_id, body in opened if body.split_key == split_key}


def _holdout_score(
    session: Session, search: Search, scored: StepFinished, chosen: CandidateResult, opening: int
) -> HoldoutScore | None:
    result = scored.result
    if "failed" in result:
        session.note(
            "evaluation",
            "A model whose evaluation fails is delivered with its cross-validated score.",
            "the model is delivered without a score on the holdout",
            result["detail"],
        )
    found = result["holdout"]
    if found is None:
        return None
    return HoldoutScore(
        metric=search.task.metric,
        value=found["value"],
        low=found["low"],
        high=found["high"],
        confidence=CONFIDENCE,
        rows=found["rows"],
        scored=result["scored"],
        candidate=chosen.spec.id,
        opening=opening,
    )


def _refits(session: Session, search: Search, members: Members) -> dict[str, JobStep]:
    """Return a step for each member that there is time to fit again, the heaviest first."""
    steps: dict[str, JobStep] = {}
    busy = [0.0] * allotments.job_shape(session, search)[0]
    for name, _ in members:
        member = search.find(name)
        request = session.key("refit_request", 1, _models_key(search, name))
        seconds = None
        if session.timed:
            seconds = session.run.decide(
                "seconds_for_refit", request, partial(_seconds_for_refit, session, member, busy)
            )
            if seconds is None:
                continue
        steps[name] = _refit_step(session, search, member, request, seconds)
    return steps


def _fitted_before_holdout(session: Session, search: Search, members: Members) -> dict[str, tuple[str, ...]]:
    """Return a model of all rows before the holdout for each member, none where rows are not divided by time or it is short."""
    if search.split.kind != "time":
        return {}
    request = session.key("before_holdout", 1, [_models_key(search, name) for name, _ in members])
    seconds = None
    if session.timed:
        seconds = session.run.decide(
            "seconds_before_holdout", request, partial(_seconds_before_holdout, session, search, members)
        )
        if seconds is None:
            return {}
    steps = [
        _refit_step(session, search, search.find(name), request, seconds, before_holdout=True) for name, _ in members
    ]
    done = carry_out_steps(session, steps)
    if any("failed" in each.result for each in done):
        return {}
    return {name: (str(session.run.path / each.files[0].path),) for (name, _), each in zip(members, done, strict=True)}


def _seconds_before_holdout(session: Session, search: Search, members: Members) -> float | None:
    """Return the deadline of each fit that the holdout judges, None where as much again would not be left for all rows."""
    left = max(0.0, (session.clock.left() or 0.0) - SECONDS_FOR_BUNDLE)
    one_after_another = math.ceil(len(members) / allotments.job_shape(session, search)[0])
    each = (1.0 - SHARE_FOR_EVALUATION) / 2 * left / one_after_another
    return round(each, 2) if max(_refit_seconds(session, search.find(name)) for name, _ in members) < each else None


def _more_rounds(session: Session, member: CandidateResult) -> float:
    """Return by what factor a refit has more rounds: as many more as it has rows, unless time and not the rows set them."""
    if any(fold.looks is not None for fold in member.folds):
        return 1.0
    folds = session.settled.n_folds
    return folds / (folds - 1)


def _refit_seconds(session: Session, member: CandidateResult) -> float:
    folds = session.settled.n_folds
    more = REFIT_SLACK * folds / (folds - 1) * (1.0 if member.rounds is None else _more_rounds(session, member))
    return max(REFIT_FORECAST, more) * max((fold.fit_seconds for fold in member.folds), default=0.0) + 0.5


def _refit_step(
    session: Session,
    search: Search,
    member: CandidateResult,
    request: str,
    seconds: float | None,
    *,
    before_holdout: bool = False,
) -> JobStep:
    rows = member.allotment.rows if session.timed else None
    allotment = member.allotment.having(rows=rows, seconds=seconds)
    rounds = None if member.rounds is None else max(1, round(member.rounds * _more_rounds(session, member)))
    name = member.spec.id
    job = RefitJob(
        material=session.settled,
        spec=member.spec,
        features=search.sets[member.spec.features].plan,
        allotment=allotment,
        rounds=rounds,
        before_holdout=before_holdout,
    )
    called = "judged" if before_holdout else "refit"

    def keep(done: JobDone | JobFailed) -> Outcome:
        if isinstance(done, JobFailed):
            return {"failed": done.cause, "detail": done.detail}, {}
        return done.result, job_files(done, f"candidates/{name}/{called}")

    key = session.key(called, 1, request, name, allotment.meaning(), rounds)
    return JobStep(
        key, "training", f"refit {name}{' for the holdout' if before_holdout else ''}", job, seconds, keep, shared=True
    )


def _seconds_for_refit(session: Session, member: CandidateResult, busy: list[float]) -> float | None:
    """Return the deadline of a refit, or None where it would not fit into what is left.

    `busy` is how long each worker is taken by the refits before; the one that is free first takes this one. The
    evaluation runs beside them.
    """
    left = max(0.0, (session.clock.left() or 0.0) - SECONDS_FOR_BUNDLE)
    first = busy.index(min(busy))
    room = left - busy[first] - (SHARE_FOR_EVALUATION * left if first == len(busy) - 1 else 0.0)
    needed = _refit_seconds(session, member)
    if needed >= room:
        return None
    busy[first] += needed
    return round(room, 2)


def _files_of(
    session: Session, search: Search, members: Members, again: dict[str, StepFinished]
) -> dict[str, tuple[str, ...]]:
    return {name: _model_files(session, search, name, again.get(name)) for name, _ in members}


def _model_files(session: Session, search: Search, name: str, again: StepFinished | None) -> tuple[str, ...]:
    """Return the refitted model of a member, or its fold models."""
    if again is None:
        return _standing_in(session, search, name)
    if "failed" in again.result:
        session.note(
            "training",
            "A member that cannot be fitted on all rows is delivered as its folds left it.",
            f"{name} is {STAND_INS[_stand_in(session, search)]}",
            again.result["detail"],
            candidate=name,
        )
        return _standing_in(session, search, name)
    return (str(session.run.path / again.files[0].path),)


def _delivered(
    session: Session, search: Search, chosen: CandidateResult, members: Members, files: dict[str, tuple[str, ...]]
) -> Delivered:
    instead = [name for name, _ in members if f"/candidates/{name}/refit/" not in Path(files[name][0]).as_posix()]
    because = "Every member was fitted again on all rows."
    if instead:
        which = "It is" if len(members) == 1 else f"{len(instead)} of {len(members)} members are each"
        because = (
            f"{which} {STAND_INS[_stand_in(session, search)]}: there was no time or memory to fit again on all rows."
        )
    return Delivered(
        candidate=chosen.spec.id,
        family=chosen.spec.family,
        members=members,
        rows_fitted=_rows_behind(session, search) if instead else search.rows,
        how="refit" if not instead else _stand_in(session, search) if len(instead) == len(members) else "mixed",
        because=because,
    )


def _fold_models(session: Session, search: Search, name: str) -> tuple[str, ...]:
    return tuple(str(session.run.file(ref)) for ref in search.find(name).models)


def _stand_in(session: Session, search: Search) -> StandIn:
    if search.split.kind == "time":
        return "latest_fold"
    return "fold_average" if session.request.max_latency_ms is None else "one_fold"  # one was quick enough


def _rows_behind(session: Session, search: Search) -> int:
    """Return how many rows what stands in has learned from, all fold models together."""
    if _stand_in(session, search) == "fold_average":
        return search.split.training_rows
    return len(training_rows(read_parts(session.run.path / "split.parquet"), 0, search.split.kind))


def _standing_in(session: Session, search: Search, name: str) -> tuple[str, ...]:
    """Return the fold models that stand in for one fitted on all rows; fold 0 is the latest in time."""
    models = _fold_models(session, search, name)
    return models if _stand_in(session, search) == "fold_average" else models[:1]


def _models_key(search: Search, name: str) -> Any:
    return [name, [ref.sha256 for ref in search.find(name).models]]
