"""Scoring candidates: each in a worker, under a deadline, taken in in the order of submission."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planfit.agent import allotments
from planfit.agent.going_back import identity
from planfit.agent.jobs import job_files, refuse_what_is_no_outcome, renamed
from planfit.agent.search import RAW, Search
from planfit.agent.session import Session
from planfit.models.registry import families
from planfit.plans import FeaturePlan, ModelPlan, meaning
from planfit.records.canonical import canonical_json
from planfit.records.events import CandidateFailedEvent, StepFinished, StepStarted
from planfit.records.jobs import FitJob, JobDone, JobFailed
from planfit.records.scores import Allotment, ArtifactRef, CandidateFailure, CandidateResult, CandidateSpec, FeatureSet
from planfit.settings import MAX_ATTEMPTS

BASELINE = "baseline"
FEWEST_ROWS_TO_HALVE = 400
"""Below this half of the rows saves nothing."""
NOT_LOADED = "It was not started: there was no time left to load its library and train it."


def baseline(search: Search) -> CandidateSpec:
    """Return the candidate that every other has to beat."""
    return CandidateSpec(
        id=search.next_id(),
        family=BASELINE,
        params={},
        features=RAW,
        origin="baseline",
        reason="What is right without looking at any column; every other candidate has to beat it.",
    )


def specs(plan: ModelPlan, search: Search, *, anew: bool = False) -> list[CandidateSpec]:
    """Return the candidates of a model plan, defaults filled in; repeats of what was scored are left out, unless `anew`."""
    done = (
        *(result.spec for result in search.results),
        *(failure.spec for failure in search.failures),
        *search.undone.candidates,
    )
    known = set() if anew else {identity(spec) for spec in done}
    made: list[CandidateSpec] = []
    for planned in plan.candidates:
        features = planned.features or search.adopted
        params = complete_params(search, planned.family, planned.params, features)
        spec = CandidateSpec(
            id="c000",
            family=planned.family,
            params=params,
            features=features,
            origin="plan",
            reason=planned.reason or "",
        )
        if identity(spec) not in known:
            known.add(identity(spec))
            made.append(spec)
    return made


def complete_params(search: Search, family: str, given: dict[str, Any], features: str) -> dict[str, Any]:
    """Return the hyperparameters with the family's tuned defaults for this table filled in."""
    entry = families()[family]
    defaults = entry.defaults(search.rows, len(search.columns_of[features]), search.task)
    filled = {**defaults.to_json(), **given}
    return entry.Params.model_validate(filled).to_json()


def spec_key(session: Session, search: Search, spec: CandidateSpec, allotment: Allotment | None = None) -> str:
    """Return the key of a candidate (with its allotment) or of the request for one (without)."""
    entry = families()[spec.family]
    features = search.sets[spec.features]
    inputs: list[Any] = [
        meaning(FeaturePlan.model_validate(features.plan)),
        spec.family,
        entry.version,
        spec.params,
        search.task.target,
        search.task.metric,
        search.task.classes,
        search.task.target_transform,
        session.settled.door_schema,
        search.split_key,
    ]
    if allotment is None:
        return session.key("request", 1, *inputs)
    return session.key("candidate", 1, *inputs, allotment.meaning(), allotment.seconds)


def fit_job(
    session: Session,
    search: Search,
    spec: CandidateSpec,
    allotment: Allotment,
    *,
    key: str | None = None,
    keep_models: bool = True,
) -> FitJob:
    """Return the job that scores a candidate; under its `key`, long folds of it survive a crash."""
    return FitJob(
        material=session.settled,
        spec=spec,
        features=search.sets[spec.features].plan,
        allotment=allotment,
        keep_models=keep_models,
        unfinished=None if key is None else str(session.run.unfinished / key),
    )


def score_candidates(session: Session, search: Search, wanted: Iterable[CandidateSpec], folds: int) -> None:
    """Score candidates side by side and take them in one by one, in order: a free worker gets the next one at once.

    Stops submitting when a limit is reached. A failed one is logged with its cause, tried once more on half of
    the rows where memory or time was short, then skipped.
    """
    queue, flying = deque(wanted), deque[Flight]()
    while True:
        while queue and _may_start(session, search, flying):
            alone = len(queue) == 1 and all(flight.landed for flight in flying)
            flying.append(_start(session, search, queue.popleft(), folds, [spec.family for spec in queue], alone=alone))
        if not flying:
            return
        _wait_for_one(session, flying)
        while flying and flying[0].landed:
            _take_in(session, search, flying.popleft())
            if too_many_failures(search):
                _call_off(session, search, flying)
                return


def candidate_of(event: StepFinished, spec: CandidateSpec) -> CandidateResult:
    """Return the result that a finished step holds, with its files."""
    refs = {Path(ref.path).name: ref for ref in event.files}
    models = tuple(ref for ref in event.files if "/folds/" in ref.path)
    return CandidateResult.model_validate(event.result).having(
        spec=spec, oof=refs.get("oof.parquet"), history=refs.get("training.jsonl"), models=models
    )


@dataclass
class Flight:
    """A candidate on its way: submitted to a worker, or known from the log."""

    spec: CandidateSpec
    allotment: Allotment
    key: str
    ticket: int | None
    done: JobDone | JobFailed | None = None

    @property
    def landed(self) -> bool:
        return self.ticket is None or self.done is not None


def _start(
    session: Session, search: Search, spec: CandidateSpec, folds: int, waiting: Sequence[str], *, alone: bool
) -> Flight:
    spec = _numbered(spec, search)
    request = spec_key(session, search, spec)
    if not allotments.time_to_load(session, spec, request):
        allotment = Allotment(folds=folds, seconds=0.0)
        late = JobFailed(ticket=0, cause="timeout", detail=NOT_LOADED, seconds=0.0, folder="")
        return Flight(spec, allotment, spec_key(session, search, spec, allotment), None, late)
    allotment = allotments.candidate(session, search, spec, request, folds, waiting, alone=alone)
    return _submitted(session, search, spec, allotment)


def _submitted(session: Session, search: Search, spec: CandidateSpec, allotment: Allotment) -> Flight:
    """Hand a candidate to a worker, unless the log knows what came of it."""
    key = spec_key(session, search, spec, allotment)
    known = session.run.outcome(key, shared=False) or session.run.find("candidate_failed", key=key)
    if known is not None or _taken_over(session, spec, allotment, key):
        return Flight(spec, allotment, key, None)
    session.run.once(StepStarted(key=key, stage=_stage(spec), name=f"candidate {spec.id}"))
    if session.run.recorded is not None and (late := session.run.recorded.too_late(spec, allotment)) is not None:
        return Flight(spec, allotment, key, None, late)
    job = fit_job(session, search, spec, allotment, key=key)
    return Flight(spec, allotment, key, session.submit(job, allotment.seconds))


def _wait_for_one(session: Session, flying: Iterable[Flight]) -> None:
    """Wait until one more has landed."""
    by_ticket = {flight.ticket: flight for flight in flying if flight.ticket is not None and flight.done is None}
    if by_ticket:
        done = session.wait(*by_ticket)
        by_ticket[done.ticket].done = done


def _call_off(session: Session, search: Search, flying: Iterable[Flight]) -> None:
    """Give up what is under way; its ids are free again."""
    for flight in flying:
        if not flight.landed and flight.ticket is not None:
            session.workers.cancel(flight.ticket)
            session.wait(flight.ticket)
        search.numbered -= 1


def _take_in(session: Session, search: Search, flight: Flight) -> None:
    spec, key, done = flight.spec, flight.key, flight.done
    if isinstance(done, JobDone):
        keep(session, spec, flight.allotment, key, done)
    elif isinstance(done, JobFailed) and done.cause != "cancelled":
        refuse_what_is_no_outcome(session, done)
        failure = CandidateFailure(
            spec=spec,
            allotment=flight.allotment,
            cause=done.cause,
            detail=done.detail,
            seconds=done.seconds,
            retried_as="half the rows" if _worth_retrying(session, done, flight.allotment, search, key) else None,
        )
        session.run.once(CandidateFailedEvent(key=key, failure=failure))
    shutil.rmtree(session.run.unfinished / key, ignore_errors=True)
    event = session.run.outcome(key, shared=False)
    if event is not None:
        search.add(candidate_of(event, spec), counts=spec.origin not in ("baseline",))
        return
    failed = session.run.find("candidate_failed", key=key)
    if failed is None:
        return
    search.failures.append(failed.failure)
    if failed.failure.retried_as is not None:
        half = allotments.retry(session, search, key, flight.allotment)
        again = _submitted(session, search, spec, half)
        _wait_for_one(session, [again])
        _take_in(session, search, again)
        return
    search.failed_in_row += 1


def keep(session: Session, spec: CandidateSpec, allotment: Allotment, key: str, done: JobDone) -> None:
    """Move a scored candidate's files into the run and record it."""
    result = done.result
    made = CandidateResult(
        spec=spec,
        allotment=allotment,
        score=result["score"],
        folds=result["folds"],
        rounds=result["rounds"],
        cut=result["cut"],
        given_up=result["given_up"],
        finishing=result["finishing"],
        columns_out=result["columns_out"],
        seconds=done.seconds,
        cache=result["cache"],
    )
    folder = f"candidates/{spec.id}"
    files = job_files(done, folder)
    files[f"{folder}/candidate.json"] = canonical_json(made)
    # What a deadline cut is an outcome of this run alone and never enters the shared steps.
    session.run.record(key, _stage(spec), f"candidate {spec.id}", made, files, done.seconds, shared=not made.cut)


def _taken_over(session: Session, spec: CandidateSpec, allotment: Allotment, key: str) -> bool:
    """Take over what another run made of the same candidate, where there is such, under the name that it has here."""

    def retell(step: StepFinished) -> tuple[Any, dict[str, bytes | ArtifactRef]]:
        made = CandidateResult.model_validate(step.result).having(spec=spec, allotment=allotment)
        files: dict[str, bytes | ArtifactRef] = dict(renamed(f"candidate {spec.id}")(step)[1])
        files[f"candidates/{spec.id}/candidate.json"] = canonical_json(made)
        return made, files

    return session.run.take_over(key, _stage(spec), f"candidate {spec.id}", retell) is not None


def _worth_retrying(session: Session, failed: JobFailed, allotment: Allotment, search: Search, key: str) -> bool:
    if failed.cause not in ("out_of_memory", "timeout") or allotment.retry or search.rows < FEWEST_ROWS_TO_HALVE:
        return False
    if failed.detail == NOT_LOADED:
        return False
    if not session.timed:
        return True
    needed = 0.5 * (allotment.seconds or 0.0)
    return bool(session.run.decide("time_to_try_again", key, lambda: (session.search_seconds() or 0.0) > needed))


def _may_start(session: Session, search: Search, flying: Sequence[Flight]) -> bool:
    """Say whether a worker is free for the next candidate and the limits have room for it."""
    side_by_side, _ = allotments.job_shape(session, search)
    if sum(not flight.landed for flight in flying) >= side_by_side:
        return False
    if session.stopping and not _begun(session, search):
        return False
    if not search.results:  # the baseline is free, and without it there is nothing to deliver
        return not flying
    limit = session.request.limits.candidates
    if limit is not None and search.counted + len(flying) >= limit:
        return False
    return not time_is_up(session, search)


def _begun(session: Session, search: Search) -> bool:
    """Say whether the log holds the start of the next candidate: a stop that is resumed is followed up to where it fell."""
    begun = f"candidate c{search.upcoming:03d}"
    if session.run.recorded is not None:
        return bool(session.run.recorded.begun(begun))
    return session.run.find("step_started", name=begun) is not None


def time_is_up(session: Session, search: Search) -> bool:
    """Say whether there is no time for a further candidate, by a recorded decision."""
    if not session.timed:
        return False
    key = session.key("enough_time", 2, search.numbered)
    return not session.run.decide(
        "enough_time_for_another_candidate", key, lambda: (session.search_seconds() or 0) > 1.0
    )


def too_many_failures(search: Search) -> bool:
    """Say whether the last candidates all failed."""
    return search.failed_in_row >= MAX_ATTEMPTS


def _numbered(spec: CandidateSpec, search: Search) -> CandidateSpec:
    return spec if spec.id != "c000" else spec.having(id=search.next_id())


def _stage(spec: CandidateSpec) -> Any:
    return "tuning" if spec.origin == "tuning" else "model_search"


def feature_sets(search: Search) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return the sets that a plan may name, with their plans: rolled-back ones are gone."""
    kept: list[FeatureSet] = [made for name, made in search.sets.items() if name not in search.rolled_back]
    return tuple((made.name, made.plan) for made in kept)
