"""The facts of a run, collected from its record; Markdown, HTML and dashboards only draw them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from planfit.errors import DamagedRun
from planfit.records.events import (
    ClockDecided,
    DecisionMade,
    HoldoutOpened,
    PlanAccepted,
    PlanFailed,
    PlanRejected,
    PlanRequested,
    RolledBack,
    RunStopped,
    Stage,
    StepFinished,
    WarningRaised,
)
from planfit.records.findings import Finding
from planfit.records.insight import Insight
from planfit.records.profile import DataRef, Profile
from planfit.records.scores import CandidateResult, Delivered, HoldoutScore, Probe, Screened
from planfit.records.task import SplitRecord, Task
from planfit.report.privacy import Mask
from planfit.report.run_facts import (
    DataFacts,
    DecisionFact,
    EntryFact,
    FeatureFact,
    FileFact,
    RefusedFact,
    Rejection,
    RunFacts,
    StageTime,
    StepFact,
)
from planfit.settings import CONFIDENCE
from planfit.store.entries import Decision
from planfit.store.run import RunReader
from planfit.trace import leaderboard
from planfit.trace.decisions import entries
from planfit.trace.story import Told, story
from planfit.trace.summary import usage_of

INSIGHT = "evaluation/insight.json"
PLOTS_DRAWN = "plots_drawn"
"""What the clock decides about the report itself; no report tells it, so that one written again says the same."""


def facts_of(reader: RunReader) -> RunFacts:
    """Return the facts of a run, finished or not, from its events and the files that they announce."""
    profile, task = _record(reader, "profile", Profile), _record(reader, "task", Task)
    mask = Mask.of(profile)
    stopped = next((body for body in _bodies(reader, RunStopped)), None)
    bundle = _result(reader, "bundle") or {}
    finished = reader.find_last("run_finished")
    scored = _unique(leaderboard.candidates(reader))
    delivered = bundle.get("delivered") or (finished.delivered if finished is not None else None)
    delivered = None if delivered is None else Delivered.model_validate(delivered)
    chosen = next(
        (result for result in scored if delivered is not None and result.spec.id == delivered.candidate), None
    )
    holdout = _holdout(reader, task)
    of_another = holdout is not None and delivered is not None and holdout.candidate not in (None, delivered.candidate)
    decided = entries(reader)
    told_in = _told_in(decided)
    return RunFacts(
        run_id=reader.id,
        request=reader.request,
        stop_reason=stopped.reason if stopped is not None else None,
        stop_because=mask(stopped.because) if stopped is not None else None,
        task=None if task is None else mask.task(task, profile),
        task_rationale=mask(_task_rationale(reader)),
        data=_data(profile, task, _record(reader, "table", DataRef)),
        warnings=tuple(dict.fromkeys(mask(text) for text in _warnings(reader, profile))),
        split=_record(reader, "split", SplitRecord),
        baseline=next((result for result in scored if result.spec.origin == "baseline"), None),
        candidates=tuple(_masked_candidate(result, mask) for result in scored),
        ranked=tuple(dict.fromkeys(result.spec.id for result in leaderboard.ranked(reader))),
        failures=tuple(failure.having(detail=mask(failure.detail)) for failure in leaderboard.failures(reader)),
        delivered=delivered,
        cv=bundle.get("cv") or (chosen.score if chosen is not None else None),
        holdout=None if of_another else holdout,
        holdout_of_another=holdout if of_another else None,
        features=_features(reader, mask, told_in),
        screened=_screened(reader, mask),
        refused=_refused(reader, mask),
        rejections=_rejections(reader, mask),
        importance=tuple((_result(reader, "holdout") or {}).get("importance") or ()),
        one_row_ms=bundle.get("one_row_ms"),
        seconds=round(reader.spent_seconds, 3),
        stages=_stages(reader),
        clock=tuple(
            DecisionFact(stage="clock", what=body.name, because=_spoken(body.value))
            for body in _bodies(reader, ClockDecided)
            if body.name != PLOTS_DRAWN
        ),
        decisions=tuple(
            DecisionFact(stage=body.stage, what=mask(body.what), because=mask(body.because))
            for body in _bodies(reader, DecisionMade)
        ),
        files=_files(reader),
        beware=tuple(dict.fromkeys(mask(text) for text in _about_target(reader))),
        entries=tuple(_entry(decision, mask) for decision in decided if not _about_the_report(decision)),
        story=tuple(_masked_story(told, mask) for told in story(reader)),
        told_in=told_in,
        insight=None if of_another else _insight(reader, mask, task),
        insight_failed=mask((_result(reader, "holdout") or {}).get("insight_failed")),
        usage=usage_of(reader),
        environment=reader.environment,
        began=reader.events[0].at,
    )


def _bodies(reader: RunReader, kind: type[Any]) -> Iterator[Any]:
    return (event.body for event in reader.standing if isinstance(event.body, kind))


def _result(reader: RunReader, name: str) -> Any:
    body = reader.find_last("step_finished", name=name)
    return body.result if body is not None else None


def _record(reader: RunReader, name: str, kind: Any) -> Any:
    found = _result(reader, name)
    return None if found is None else kind.model_validate(found)


def _unique(results: tuple[CandidateResult, ...]) -> list[CandidateResult]:
    """Return one result an id: a step done again after damage stands in the log twice."""
    return list({result.spec.id: result for result in results}.values())


def _masked_candidate(result: CandidateResult, mask: Mask) -> CandidateResult:
    return result.having(spec=result.spec.having(reason=mask(result.spec.reason)))


def _data(profile: Profile | None, task: Task | None, ref: DataRef | None) -> DataFacts | None:
    if profile is None:
        return None
    excluded = {task.weight, *(entry.name for entry in task.excluded)} if task is not None else set()
    carried = task.split.column if task is not None and task.split.kind == "group" else None

    def role(name: str) -> str:
        if task is not None and name == task.target:
            return "target"
        return "excluded" if name in excluded else "carried" if name == carried else "input"

    return DataFacts.model_validate(
        {
            "ref": ref or profile.data,
            "rows": profile.rows,
            "duplicate_rows": profile.duplicate_rows,
            "columns": [
                {
                    "name": figures.name,
                    "kind": figures.kind,
                    "missing": figures.missing,
                    "n_unique": figures.n_unique,
                    "personal": figures.personal,
                    "role": role(figures.name),
                }
                for figures in profile.statistics
            ],
        }
    )


def _warnings(reader: RunReader, profile: Profile | None) -> Iterator[str]:
    if profile is not None:
        yield from (finding.sentence() for finding in profile.warnings)
    yield from _about_target(reader)
    yield from (body.finding.sentence() for body in _bodies(reader, WarningRaised))


def _about_target(reader: RunReader) -> Iterator[str]:
    target = _result(reader, "target_profile") or {}
    said = (*target.get("leaks", ()), *target.get("cautions", ()))
    yield from (Finding.model_validate(finding).sentence() for finding in said)


def _holdout(reader: RunReader, task: Task | None) -> HoldoutScore | None:
    result = _result(reader, "holdout") or {}
    found = result.get("score") or result.get("holdout")
    if not found or task is None:
        return None
    openings = [event.body for event in reader.events if isinstance(event.body, HoldoutOpened)]
    opened = max((body.opening for body in openings), default=1)  # going back does not shut it again
    standing = {"metric": task.metric, "confidence": CONFIDENCE, "scored": "fold_average", "opening": opened}
    standing |= {name: result[name] for name in ("candidate", "scored") if name in result}
    return HoldoutScore.model_validate({**standing, **found})


def _accepted(reader: RunReader) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield every accepted plan, unfolded from the move that carries it, with the number of its event."""
    for event in reader.standing:
        if isinstance(event.body, PlanAccepted) and isinstance(event.body.plan, dict):
            plan = event.body.plan
            inner = plan.get("plan")
            yield event.no, inner if isinstance(inner, dict) else plan


def _task_rationale(reader: RunReader) -> str | None:
    found = [plan.get("rationale") for _, plan in _accepted(reader) if "task_type" in plan]
    return found[-1] if found else None


def _features(reader: RunReader, mask: Mask, told_in: dict[str, str]) -> tuple[FeatureFact, ...]:
    probes = {probe.child: probe for body in reader.results("probe ") for probe in [Probe.model_validate(body.result)]}
    adopted = {body.figures.get("child") for body in _bodies(reader, DecisionMade) if body.what.endswith(" adopted")}
    rolled_back = {body.frm for body in _bodies(reader, RolledBack)}
    made: dict[str, FeatureFact] = {}
    for event in reader.standing:
        body = event.body
        if not isinstance(body, StepFinished) or not body.name.startswith("features ") or not body.files:
            continue
        name = body.name.partition(" ")[2]
        plan = _plan_before(reader, event.no, body)
        probe = probes.get(name)
        verdict = _verdict(name, probe, adopted, rolled_back)
        made[name] = FeatureFact(
            name=name,
            verdict=verdict,
            decision=told_in.get(name),
            rationale=mask(plan.get("rationale")),
            steps=tuple(_step(step, mask) for step in plan.get("transformations", ())),
            columns_in=body.result.get("columns_in"),
            columns_out=body.result.get("columns_out"),
            probe=None if probe is None else probe.having(because=mask(probe.because)),
        )
    return tuple(made.values())


def _verdict(name: str, probe: Probe | None, adopted: set[Any], rolled_back: set[str]) -> Any:
    if name in rolled_back:
        return "rolled back"
    if name in adopted:
        return "adopted"
    if probe is None:
        return "not probed"
    return "adopted" if probe.verdict in ("better", "skipped") else "kept aside"


def _plan_before(reader: RunReader, no: int, body: StepFinished) -> dict[str, Any]:
    """Return the plan of a feature set: as the step's result holds it, else the last one that was accepted before."""
    if isinstance(body.result.get("plan"), dict):
        return dict(body.result["plan"])
    before = [plan for at, plan in _accepted(reader) if at < no and "transformations" in plan]
    return before[-1] if before else {}


def _step(step: dict[str, Any], mask: Mask) -> StepFact:
    columns = step.get("columns") or step.get("column") or ()
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    shared = ("operation", "column", "columns", "reason", "into", "except", "keep_source")
    own = {key: value for key, value in step.items() if key not in shared and value is not None}
    parameters = {"values": "not shown: personal"} if own and mask.personal(names) else mask.values(own)
    return StepFact(
        operation=str(step.get("operation")), columns=names, parameters=parameters, reason=mask(step.get("reason"))
    )


def _refused(reader: RunReader, mask: Mask) -> tuple[RefusedFact, ...]:
    asked = {body.ask_key: body for body in _bodies(reader, PlanRequested)}
    found = []
    for event in reader.standing:
        body = event.body
        if isinstance(body, PlanRejected | PlanFailed) and (ask := asked.get(body.ask_key)) is not None:
            findings = tuple(mask.finding(finding) for finding in body.findings if finding.refuses)
            found.append(
                RefusedFact(
                    stage=ask.stage,
                    plan_kind=ask.plan_kind,
                    planner=ask.planner,
                    attempt=ask.attempt,
                    broke=isinstance(body, PlanFailed),
                    findings=findings,
                )
            )
    return tuple(found)


def _rejections(reader: RunReader, mask: Mask) -> tuple[Rejection, ...]:
    found: dict[str, str] = {}
    for _, plan in _accepted(reader):
        for entry in plan.get("rejected") or ():
            if isinstance(entry, dict) and "family" in entry:
                found[str(entry["family"])] = mask(str(entry.get("reason", "")))
    return tuple(Rejection(family=family, reason=reason) for family, reason in found.items())


def _stages(reader: RunReader) -> tuple[StageTime, ...]:
    seconds: dict[Stage, list[float]] = {}
    for body in _bodies(reader, StepFinished):
        seconds.setdefault(body.stage, []).append(body.seconds)
    return tuple(
        StageTime(stage=stage, seconds=round(sum(each), 3), steps=len(each)) for stage, each in seconds.items()
    )


def _files(reader: RunReader) -> tuple[FileFact, ...]:
    refs = {ref.path: ref.bytes for body in _bodies(reader, StepFinished) for ref in body.files}
    return tuple(FileFact(path=path, bytes=refs[path]) for path in sorted(refs))


def _spoken(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _told_in(decisions: tuple[Decision, ...]) -> dict[str, str]:
    """Return which entry of the trace made each feature set and candidate."""
    found: dict[str, str] = {}
    for decision in decisions:
        result = decision.result if isinstance(decision.result, dict) else {}
        if decision.planner != "runtime":
            made = [result.get("features"), *(line.get("candidate") for line in result.get("candidates") or ())]
            found.update({str(name): decision.id for name in made if name is not None and str(name) not in found})
    return found


def _screened(reader: RunReader, mask: Mask) -> tuple[Screened, ...]:
    found = (_result(reader, "discovery") or {}).get("screened") or ()
    looked = (Screened.model_validate(entry) for entry in found)
    return tuple(entry.having(steps=tuple(mask.plan(list(entry.steps)))) for entry in looked)


def _about_the_report(decision: Decision) -> bool:
    return isinstance(decision.plan, dict) and decision.plan.get("name") == PLOTS_DRAWN


def _entry(decision: Decision, mask: Mask) -> EntryFact:
    return EntryFact(
        id=decision.id,
        at=decision.timestamp,
        stage=decision.stage,
        by=decision.planner,
        attempt=decision.attempt,
        status=decision.status,
        plan=json.dumps(mask.plan(decision.plan), ensure_ascii=False, sort_keys=True),
        prompt_characters=len(decision.prompt),
    )


def _masked_story(told: Told, mask: Mask) -> Told:
    return told.having(sentence=mask(told.sentence), because=mask(told.because))


def _insight(reader: RunReader, mask: Mask, task: Task | None) -> Insight | None:
    """Return what the predictions show, as far as it may be shown."""
    ref = reader.announced(INSIGHT)
    if ref is None or task is None:
        return None
    try:
        found = Insight.model_validate(json.loads(reader.file(ref).read_bytes()))
    except (DamagedRun, OSError, ValueError, ValidationError):
        return None  # `verify` names the file; everything else can be told without it
    return mask.insight(found, task)
