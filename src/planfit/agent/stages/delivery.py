"""From the chosen candidate to what the user gets: one look at the holdout, a refit on all rows, the bundle, the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planfit.agent import allotments
from planfit.agent.jobs import carry_out_job
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages.candidates import job_files
from planfit.deploy import bundle as bundles
from planfit.errors import CandidateFailed, PlanfitError
from planfit.records.canonical import canonical_json
from planfit.records.events import HoldoutOpened
from planfit.records.jobs import BundleJob, EvaluateJob, JobDone, JobFailed, RefitJob
from planfit.records.scores import CandidateResult, Delivered, HoldoutScore
from planfit.settings import CONFIDENCE

Members = tuple[tuple[str, float], ...]
REFIT_SHARE = 0.6
"""Of the time left after the holdout, what refitting may take."""


def members_of(search: Search, chosen: CandidateResult) -> Members:
    """Return candidate ids and weights behind a candidate."""
    return chosen.spec.members or ((chosen.spec.id, 1.0),)


def choose(session: Session, search: Search) -> CandidateResult:
    """Choose what is delivered: the best cross-validated score, ensembles included, the baseline if nothing beats it."""
    best = search.best()
    if best is None:
        raise CandidateFailed(
            "Not even the baseline could be scored.",
            cause="exception",
            hint=f"`planfit trace {session.run.id}` shows why; `planfit resume {session.run.id}` tries again.",
        )
    session.note(
        "training",
        "Deliver the candidate with the best cross-validated score; the holdout has no say.",
        f"{best.spec.id} ({best.spec.family}) is delivered",
        f"Its cross-validated {best.score.metric} of {best.score.value:.6g} is the best of {len(search.results)}.",
        candidate=best.spec.id,
        score=best.score.value,
    )
    return best


def open_holdout(
    session: Session, search: Search, chosen: CandidateResult, *, ended_by_itself: bool
) -> HoldoutScore | None:
    """Score the fold models' average on the holdout, once, and measure importance on rows that the models have not seen.

    The holdout stays closed in a run that a person stopped; importance is then measured on out-of-fold rows.
    """
    split_key = search.split_key
    opens = ended_by_itself and search.split.holdout_rows > 0
    members = members_of(search, chosen)
    key = session.key("evaluation", 1, split_key, members, [_files_key(search, name) for name, _ in members], opens)
    opening = 1 + _openings_before(session, split_key)
    if opens:
        session.run.once(HoldoutOpened(split_key=split_key, key=key, opening=opening))

    def work(folder: Path) -> tuple[Any, dict[str, bytes | Path]]:
        left = session.clock.left()
        seconds = None if left is None else max(1.0, 0.3 * left)
        _side_by_side, threads = allotments.job_shape(session, search)
        job = EvaluateJob(
            material=session.settled,
            members=tuple((name, weight, _fold_models(session, search, name)) for name, weight in members),
            on="holdout" if opens else "training",
            importance_seconds=seconds,
            threads=threads,
        )
        done = carry_out_job(session, job, seconds=None if seconds is None else seconds + 5)
        if isinstance(done, JobFailed):
            raise PlanfitError(
                f"The chosen model could not be evaluated: {done.detail}",
                hint=f"`planfit resume {session.run.id}` tries again.",
            )
        return done.result, job_files(done, "evaluation")

    result = session.run.step(key, "evaluation", "holdout", work, shared=False).result
    found = result.get("holdout")
    if found is None:
        return None
    return HoldoutScore(
        metric=search.task.metric,
        value=found["value"],
        low=found["low"],
        high=found["high"],
        confidence=CONFIDENCE,
        rows=found["rows"],
        scored="fold_average",
        opening=opening,
    )


def refit(session: Session, search: Search, chosen: CandidateResult) -> tuple[Delivered, dict[str, tuple[str, ...]]]:
    """Fit every member on all rows where time allows; fold models stand in for the others.

    Returns
    -------
    tuple
        What is delivered, and the model files of each member by candidate id.
    """
    members = members_of(search, chosen)
    files: dict[str, tuple[str, ...]] = {}
    refitted = 0
    for name, _ in members:
        path = _refit_one(session, search, name)
        refitted += path is not None
        files[name] = (path,) if path is not None else _fold_models(session, search, name)
    how = "refit" if refitted == len(members) else "fold_average"
    because = (
        "Every member was fitted again on all rows."
        if refitted == len(members)
        else f"{len(members) - refitted} of {len(members)} members are averages of their fold models: there was no time or memory to fit them again."
    )
    delivered = Delivered(
        candidate=chosen.spec.id,
        family=chosen.spec.family,
        members=members,
        rows_fitted=search.rows,
        how=how,
        because=because,
    )
    return delivered, files


def write_bundle(
    session: Session,
    search: Search,
    chosen: CandidateResult,
    delivered: Delivered,
    holdout: HoldoutScore | None,
    files: dict[str, tuple[str, ...]],
) -> dict[str, Any]:
    """Put the members together, and write model, pipeline, schema and metadata as one bundle."""
    key = session.key(
        "bundle", 1, delivered, holdout, sorted(files), [_files_key(search, n) for n, _ in delivered.members]
    )

    def work(folder: Path) -> tuple[Any, dict[str, bytes | Path]]:
        job = BundleJob(
            material=session.settled, members=tuple((name, weight, files[name]) for name, weight in delivered.members)
        )
        done = carry_out_job(session, job, seconds=session.clock.left())
        if isinstance(done, JobFailed):
            raise PlanfitError(
                f"The model could not be put together: {done.detail}",
                hint=f"`planfit resume {session.run.id}` tries again.",
            )
        kept = job_files(done, "model")
        schema = canonical_json(session.settled.door_schema)
        kept["model/schema.json"] = schema
        kept["model/metadata.json"] = bundles.metadata(
            task=search.task,
            schema=session.settled.door_schema,
            delivered=delivered,
            cv=chosen.score,
            holdout=holdout,
            seed=session.request.seed,
            run_id=session.run.id,
            files={Path(name).name: content for name, content in kept.items()},
        )
        return {"delivered": delivered.to_json(), "one_row_ms": done.result["one_row_ms"]}, kept

    result: dict[str, Any] = session.run.step(key, "training", "bundle", work, shared=False).result
    return result


def _refit_one(session: Session, search: Search, name: str) -> str | None:
    member = search.find(name)
    request = session.key("refit_request", 1, _files_key(search, name))
    seconds: float | None = None
    if session.timed:
        seconds = session.run.decide("seconds_for_refit", request, lambda: _seconds_for_refit(session, member))
        if seconds is None:
            return None
    allotment = member.allotment.having(rows=member.allotment.rows if session.timed else None, seconds=seconds)
    share = search.rows / max(1, round(search.rows * (session.settled.n_folds - 1) / session.settled.n_folds))
    rounds = None if member.rounds is None else max(1, round(member.rounds * min(share, 1.25)))
    key = session.key("refit", 1, request, allotment.meaning(), rounds)

    def work(_: Path) -> tuple[Any, dict[str, bytes | Path]]:
        job = RefitJob(
            material=session.settled,
            spec=member.spec,
            features=search.sets[member.spec.features].plan,
            allotment=allotment,
            rounds=rounds,
        )
        done = carry_out_job(session, job, seconds=seconds)
        if not isinstance(done, JobDone):
            return {"failed": done.cause, "detail": done.detail}, {}
        return done.result, job_files(done, f"candidates/{name}/refit")

    event = session.run.step(key, "training", f"refit {name}", work, shared=False)
    if "failed" in event.result:
        session.note(
            "training",
            "A member that cannot be fitted on all rows is delivered as the average of its fold models.",
            f"{name} stays the average of its fold models",
            event.result["detail"],
            candidate=name,
        )
        return None
    return str(session.run.path / event.files[0].path)


def _seconds_for_refit(session: Session, member: CandidateResult) -> float | None:
    """Return the deadline of a refit, or None where it would not fit into what is left."""
    left = session.clock.left() or 0.0
    longest = max((fold.fit_seconds for fold in member.folds), default=0.0)
    forecast = 1.5 * longest + 0.5
    affordable = REFIT_SHARE * max(0.0, left - 1.5)
    return round(affordable, 2) if forecast < affordable else None


def _fold_models(session: Session, search: Search, name: str) -> tuple[str, ...]:
    return tuple(str(session.run.file(ref)) for ref in search.find(name).models)


def _files_key(search: Search, name: str) -> Any:
    return [name, [ref.sha256 for ref in search.find(name).models]]


def _openings_before(session: Session, split_key: str) -> int:
    """Return how often this holdout was opened before in this run for another model."""
    return sum(
        1
        for event in session.run.events
        if event.body.kind == "holdout_opened"
        and event.body.split_key == split_key
        and session.run.find("run_finished") is not None
    )
