"""Feature sets: made from an accepted plan, probed against their parent, adopted or rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from planfit.agent import allotments
from planfit.agent.attempts import Agreement, plan_hash
from planfit.agent.jobs import JobStep, Outcome, carry_out_job, carry_out_steps, job_files, renamed
from planfit.agent.noticing import is_from_model
from planfit.agent.own_plan import PERSON
from planfit.agent.reviewing import was_edited
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages.candidates import fit_job, spec_key
from planfit.plans import FeaturePlan, meaning
from planfit.plans.codes import finding
from planfit.plans.resolve import ResolvedPlan
from planfit.plans.validate import check_features
from planfit.records.canonical import canonical_json, digest
from planfit.records.events import RolledBack
from planfit.records.findings import Finding
from planfit.records.jobs import FeaturesJob, JobDone, JobFailed
from planfit.records.scores import CandidateSpec, FeatureSet, FoldOutcome, Probe
from planfit.runtime.evaluate import probe_verdict
from planfit.settings import SAMPLE_ROWS

PROBE_FAMILY = "lightgbm"
PROBE_PARAMS = {
    "extra_trees": False, "num_leaves": 16, "min_data_in_leaf": 10, "feature_fraction": 0.4, "bagging_fraction": 0.8,
}  # fmt: skip
"""Searched thresholds converge in few rounds, so that the probe tells of the columns and not of the time it had."""
ALIKE_IN_ROUNDS = 0.75
"""Share of the other side's rounds that a fit which the clock ended needs at the least to be compared with it."""


@dataclass(frozen=True)
class Made:
    """A feature set that was carried out on the full training data, and its resolved plan."""

    features: FeatureSet
    resolved: ResolvedPlan


def judge(session: Session, search: Search, plan: FeaturePlan) -> tuple[ResolvedPlan | None, tuple[Finding, ...]]:
    """Judge a feature plan: gate ``schema``, then gate ``sample`` in a worker."""
    material = session.settled
    if plan_hash(plan) in {digest(meaning(FeaturePlan.model_validate(gone))) for gone in search.undone.plans}:
        said = "A person went back behind a feature plan of the same meaning."
        return None, (finding("rolled-back", "/transformations", said, allowed="another plan, or an empty one"),)
    resolved, findings = check_features(
        plan, material.door_schema, search.task, rows=search.rows, memory=session.request.limits.memory
    )
    if resolved is None or any(finding.refuses for finding in findings) or not plan.transformations:
        return resolved, tuple(findings)
    key = session.key("sample", 1, plan_hash(plan), search.task, material.door_schema)

    def work(_: Path) -> tuple[Any, dict[str, Path]]:
        job = FeaturesJob(material=material, features=plan.to_json(), sample_rows=SAMPLE_ROWS, keep=False)
        done = carry_out_job(session, job)
        if isinstance(done, JobFailed):
            return {"findings": [_as_finding(done, "sample").to_json()]}, {}
        return {"findings": done.result["findings"]}, {}

    tried = session.run.step(key, "feature_engineering", f"sample {plan_hash(plan)[:8]}", work, shared=_is_clean)
    later = tuple(Finding.model_validate(finding) for finding in tried.result["findings"])
    return resolved, (*findings, *later)


def make(
    session: Session, search: Search, plan: FeaturePlan, resolved: ResolvedPlan
) -> tuple[Made | None, tuple[Finding, ...]]:
    """Fit the plan on all training rows and keep pipeline, transformed table and ledger.

    Returns
    -------
    tuple
        The feature set with its resolved plan (None where the plan is empty or time ran out), and findings where it breaks.
    """
    if not plan.transformations:
        return None, ()
    material = session.settled
    name = search.next_set()
    key = session.key(
        "features", 1, plan_hash(plan), search.task.target, material.door_schema, session.request.table_format
    )
    folder = f"features/{name}"

    def work(_: Path) -> tuple[Any, dict[str, bytes | Path]]:
        job = FeaturesJob(material=material, features=plan.to_json(), table_format=session.request.table_format)
        done = carry_out_job(session, job)
        if isinstance(done, JobFailed):
            return {"findings": [_as_finding(done, "data").to_json()], "cause": done.cause}, {}
        files = job_files(done, folder)
        files[f"{folder}/plan.json"] = canonical_json(plan)
        return done.result, files

    called = f"features {name}"
    done = session.run.take_over(key, "feature_engineering", called, renamed(called))
    if done is None:
        done = session.run.step(key, "feature_engineering", called, work, shared=_is_clean)
    findings = tuple(Finding.model_validate(finding) for finding in done.result["findings"])
    if session.timed and (
        done.result.get("cause") == "timeout" or any(each.code == "time-exceeded" for each in findings)
    ):
        session.note(
            "feature_engineering",
            "A feature plan that does not fit into the time left is not a failure of the planner.",
            f"{search.adopted} stays",
            findings[0].message,
        )
        return None, ()
    if any(finding.refuses for finding in findings):
        return None, findings
    refs = {Path(ref.path).stem: ref for ref in done.files}
    made = FeatureSet(
        name=name,
        parent=search.adopted,
        key=key,
        plan=plan.to_json(),
        columns_in=done.result["columns_in"],
        columns_out=done.result["columns_out"],
        steps=len(plan.transformations),
        pipeline=refs.get("pipeline"),
        transformed=refs.get("transformed"),
        ledger=refs.get("ledger"),
    )
    return Made(made, resolved), findings


def _is_clean(result: dict[str, Any]) -> bool:
    """Say whether other runs may take a result over: what memory, time or a crash ended says nothing of the plan."""
    return not result["findings"]


def adopt(session: Session, search: Search, agreed: Agreement) -> None:
    """Probe what was made, then adopt it, leave it beside its parent, or roll it back. A person's plan is only judged."""
    if agreed.made is None:
        return
    made, resolved = agreed.made.features, agreed.made.resolved
    search.sets[made.name] = made
    search.columns_of[made.name] = resolved.columns
    by_person = is_persons_plan(session, agreed.ask_key) or was_edited(session.run, agreed.ask_key)
    if is_from_model(session.run, agreed.ask_key) and not by_person:
        search.by_model.add(made.name)
    judged = probe(session, search, made, resolved)
    _settle(session, search, made, judged, agreed.ask_key, by_person=by_person)


def is_persons_plan(session: Session, ask_key: str) -> bool:
    """Say whether the plan that answers a question is the one that the user gave with the run."""
    asked = session.run.find("plan_requested", ask_key=ask_key)
    return session.request.features is not None and asked is not None and asked.planner == PERSON


def probe(session: Session, search: Search, made: FeatureSet, resolved: ResolvedPlan) -> Probe:
    """Compare a feature set with its parent: same folds, one fast model, differences paired by fold."""
    parent = search.sets[search.adopted]
    by_model = made.name in search.by_model
    key = session.key("probe", 2, made.key, parent.key, search.task, *(["by_model"] if by_model else []))

    adds = any(step.operation.adds_information for step in resolved.steps)
    child, older = _probe_sides(session, search, made, parent) if adds else ((), ())
    pairs = list(zip(child, older, strict=False))

    def work(_: Path) -> tuple[Any, dict[str, Path]]:
        if not adds:
            return Probe(
                child=made.name,
                parent=parent.name,
                metric=search.task.metric,
                verdict="skipped",
                because="Its steps only scale or impute; the family's own finishing decides on those.",
            ), {}
        unknown = Probe(
            child=made.name,
            parent=parent.name,
            metric=search.task.metric,
            verdict="even",
            because=f"It could not be compared in the time and memory there was; {parent.name} stays.",
        )
        if not pairs or len(pairs) < min(2, max(len(child), len(older))):
            return unknown, {}
        judged = probe_verdict(
            [one.score for one, _ in pairs],
            [other.score for _, other in pairs],
            search.task.greater_is_better,
            child=made.name,
            parent=parent.name,
            metric=search.task.metric,
            test_to_train=1.0 / (session.settled.n_folds - 1),
        )
        judged = beyond_noise(judged) if by_model else judged
        return judged if stands(judged.verdict, pairs) else unknown, {}

    done = session.run.step(key, "feature_engineering", f"probe {made.name}", work, shared=False)
    return Probe.model_validate(done.result)


def _settle(
    session: Session, search: Search, made: FeatureSet, judged: Probe, ask_key: str, *, by_person: bool
) -> None:
    search.probes.append(judged)
    if by_person:
        search.base = made.name
    if by_person or judged.verdict in ("better", "skipped"):
        parent, search.adopted = search.adopted, made.name
        what = f"{made.name} adopted"
        because = judged.because if not by_person else f"It is the person's own plan; the probe says: {judged.because}"
    elif judged.verdict == "worse":
        parent = search.adopted
        search.rolled_back.add(made.name)
        session.run.once(RolledBack(ask_key=ask_key, frm=made.name, to=parent, by="probe", probe=judged))
        what, because = f"{made.name} rolled back to {parent}", judged.because
    else:
        parent = search.adopted
        what, because = f"{parent} stays; {made.name} may serve further members", judged.because
    session.note(
        "feature_engineering",
        "A new feature set is adopted if the probe finds it better on average (a language model's: beyond the noise), rolled "
        "back if worse beyond the noise.",
        what,
        because,
        child=made.name,
        parent=parent,
        differences=list(judged.differences),
        mean=judged.mean,
        corrected_se=judged.corrected_se,
    )


def beyond_noise(judged: Probe) -> Probe:
    """Return the verdict on a language model's own set: what follows by rule gives way to it only beyond the noise."""
    if judged.verdict != "better" or judged.mean is None or judged.mean > (judged.corrected_se or 0.0):
        return judged
    said = f"{judged.because} That is within the noise, and a language model's set has to be better beyond it."
    return judged.having(verdict="even", because=said)


class ProbedFold(NamedTuple):
    """What a fast model reached on a fold, after how many rounds, and whether its time was up."""

    score: float
    rounds: int | None
    cut: bool


def _probe_sides(session: Session, search: Search, *sets: FeatureSet) -> list[tuple[ProbedFold, ...]]:
    """Return what a fast model reaches on each feature set by fold, fitted side by side; nothing where it failed."""
    done = carry_out_steps(session, [_probe_side(session, search, features) for features in sets])
    return [
        tuple(
            ProbedFold(score, rounds, looks is not None)
            for score, rounds, (_, looks) in zip(
                each.result["per_fold"], each.result["rounds"], each.result["clock"], strict=True
            )
        )
        if "per_fold" in each.result
        else ()
        for each in done
    ]


def stands(verdict: str, pairs: Sequence[tuple[ProbedFold, ProbedFold]]) -> bool:
    """Say whether a verdict on a feature set and its parent stands, though the clock may have cut one side short.

    Better in spite of fewer rounds is better, and worse in spite of more is worse; the opposite says nothing of columns.
    """
    for child, parent in pairs:
        if not (child.cut or parent.cut) or child.rounds is None or parent.rounds is None:
            continue
        fewer, more = sorted((child.rounds, parent.rounds))
        if fewer < ALIKE_IN_ROUNDS * more and verdict != ("better" if child.rounds == fewer else "worse"):
            return False
    return True


def probe_model(session: Session) -> tuple[str, dict[str, Any]]:
    """Return the quick family that probes, and its hyperparameters: what only a linear model may use, it judges itself."""
    allowed = session.request.models
    if not allowed or PROBE_FAMILY in allowed or "linear" not in allowed:
        return PROBE_FAMILY, PROBE_PARAMS
    return "linear", {}


def _probe_side(session: Session, search: Search, features: FeatureSet) -> JobStep:
    family, params = probe_model(session)
    spec = CandidateSpec(id="probe", family=family, params=params, features=features.name, origin="probe")
    allotment = allotments.probe(session, search, session.key("probe_side", 1, features.key))

    def keep(done: JobDone | JobFailed) -> Outcome:
        if isinstance(done, JobFailed):
            return {"failed": done.cause, "detail": done.detail}, {}
        folds = [FoldOutcome.model_validate(fold) for fold in done.result["folds"]]
        clock, rounds = [fold.clock for fold in folds], [fold.trained for fold in folds]
        return {"per_fold": done.result["score"]["per_fold"], "rounds": rounds, "clock": clock}, {}

    return JobStep(
        key=spec_key(session, search, spec, allotment),
        stage="feature_engineering",
        name=f"probe-side {features.name}",
        job=fit_job(session, search, spec, allotment, keep_models=False),
        seconds=allotment.seconds,
        keep=keep,
        shared=True,
    )


def _as_finding(failed: JobFailed, gate: Any) -> Finding:
    code = {"out_of_memory": "memory-exceeded", "timeout": "time-exceeded"}.get(failed.cause, "step-failed")
    return Finding(
        code=code, gate=gate, message=f"The plan could not be carried out: {failed.detail}", path="/transformations"
    )
