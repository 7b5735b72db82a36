"""What a report tells, as frozen records; Markdown, HTML and dashboards only draw it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from planfit.records.canonical import Record
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
from planfit.records.profile import DataRef, Profile
from planfit.records.run import RunRequest, StopReason
from planfit.records.schema import Kind
from planfit.records.scores import (
    CandidateFailure,
    CandidateResult,
    Delivered,
    HoldoutScore,
    ImportanceRow,
    Probe,
    Score,
)
from planfit.records.task import SplitRecord, Task
from planfit.report.privacy import Mask
from planfit.settings import CONFIDENCE
from planfit.store.run import RunReader
from planfit.trace import leaderboard


class ColumnFact(Record):
    """A column of the table."""

    name: str
    kind: Kind
    missing: int
    n_unique: int
    personal: str | None
    role: Literal["input", "target", "excluded", "carried"]


class DataFacts(Record):
    """The table."""

    ref: DataRef
    rows: int
    duplicate_rows: int
    columns: tuple[ColumnFact, ...]


class StepFact(Record):
    """One step of a feature plan."""

    operation: str
    columns: tuple[str, ...]
    parameters: dict[str, Any]
    reason: str | None


class FeatureFact(Record):
    """A feature set that was made, and what became of it."""

    name: str
    verdict: Literal["adopted", "rolled back", "kept aside", "not probed"]
    rationale: str | None
    steps: tuple[StepFact, ...]
    columns_in: int | None
    columns_out: int | None
    probe: Probe | None


class RefusedFact(Record):
    """A plan that was refused by a gate, or broke on the full data."""

    stage: Stage
    plan_kind: str
    planner: str
    attempt: int
    broke: bool
    """It passed every gate and failed on the full data."""
    findings: tuple[Finding, ...]


class Rejection(Record):
    """A model family that a plan left out."""

    family: str
    reason: str


class DecisionFact(Record):
    """Something that the runtime decided by rule, or the clock."""

    stage: str
    what: str
    because: str


class StageTime(Record):
    """Seconds of work in one stage, jobs side by side added up."""

    stage: Stage
    seconds: float
    steps: int


class FileFact(Record):
    """A file of the run."""

    path: str
    bytes: int


class RunFacts(Record):
    """Everything that a report of a run may tell. What is not known yet is None or empty."""

    run_id: str
    request: RunRequest
    stop_reason: StopReason | None
    stop_because: str | None
    task: Task | None
    task_rationale: str | None
    data: DataFacts | None
    warnings: tuple[str, ...]
    split: SplitRecord | None
    baseline: CandidateResult | None
    candidates: tuple[CandidateResult, ...]
    """In the order of submission, baseline and ensembles included."""
    ranked: tuple[str, ...]
    """Ids, best first."""
    failures: tuple[CandidateFailure, ...]
    delivered: Delivered | None
    cv: Score | None
    """Cross-validated score of what is delivered, with its threshold."""
    holdout: HoldoutScore | None
    """Of what is delivered."""
    holdout_of_another: HoldoutScore | None
    """Of what the run had chosen, where a person asked for another candidate afterwards."""
    features: tuple[FeatureFact, ...]
    refused: tuple[RefusedFact, ...]
    rejections: tuple[Rejection, ...]
    importance: tuple[ImportanceRow, ...]
    one_row_ms: float | None
    seconds: float
    stages: tuple[StageTime, ...]
    clock: tuple[DecisionFact, ...]
    decisions: tuple[DecisionFact, ...]
    files: tuple[FileFact, ...]

    def candidate(self, name: str | None) -> CandidateResult | None:
        """Return a candidate by id."""
        return next((result for result in self.candidates if result.spec.id == name), None)

    @property
    def chosen(self) -> CandidateResult | None:
        """The candidate that is delivered."""
        return self.candidate(self.delivered.candidate if self.delivered is not None else None)

    @property
    def optimism(self) -> float | None:
        """How much better the cross-validated score is than that of the holdout; negative: worse."""
        if self.cv is None or self.holdout is None or self.task is None:
            return None
        gap = self.cv.value - self.holdout.value
        return gap if self.task.greater_is_better else -gap


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
        features=_features(reader, mask),
        refused=_refused(reader, mask),
        rejections=_rejections(reader, mask),
        importance=tuple((_result(reader, "holdout") or {}).get("importance") or ()),
        one_row_ms=bundle.get("one_row_ms"),
        seconds=round(reader.spent_seconds, 3),
        stages=_stages(reader),
        clock=tuple(
            DecisionFact(stage="clock", what=body.name, because=_spoken(body.value))
            for body in _bodies(reader, ClockDecided)
        ),
        decisions=tuple(
            DecisionFact(stage=body.stage, what=mask(body.what), because=mask(body.because))
            for body in _bodies(reader, DecisionMade)
        ),
        files=_files(reader),
    )


def _bodies(reader: RunReader, kind: type[Any]) -> Iterator[Any]:
    return (event.body for event in reader.events if isinstance(event.body, kind))


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
    target = _result(reader, "target_profile") or {}
    said = (*target.get("leaks", ()), *target.get("cautions", ()))
    yield from (Finding.model_validate(finding).sentence() for finding in said)
    yield from (body.finding.sentence() for body in _bodies(reader, WarningRaised))


def _holdout(reader: RunReader, task: Task | None) -> HoldoutScore | None:
    result = _result(reader, "holdout") or {}
    found = result.get("score") or result.get("holdout")
    if not found or task is None:
        return None
    opened = max((body.opening for body in _bodies(reader, HoldoutOpened)), default=1)
    standing = {"metric": task.metric, "confidence": CONFIDENCE, "scored": "fold_average", "opening": opened}
    return HoldoutScore.model_validate({**standing, "candidate": result.get("candidate"), **found})


def _accepted(reader: RunReader) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield every accepted plan, unfolded from the move that carries it, with the number of its event."""
    for event in reader.events:
        if isinstance(event.body, PlanAccepted) and isinstance(event.body.plan, dict):
            plan = event.body.plan
            inner = plan.get("plan")
            yield event.no, inner if isinstance(inner, dict) else plan


def _task_rationale(reader: RunReader) -> str | None:
    found = [plan.get("rationale") for _, plan in _accepted(reader) if "task_type" in plan]
    return found[-1] if found else None


def _features(reader: RunReader, mask: Mask) -> tuple[FeatureFact, ...]:
    probes = {probe.child: probe for body in reader.results("probe ") for probe in [Probe.model_validate(body.result)]}
    adopted = {body.figures.get("child") for body in _bodies(reader, DecisionMade) if body.what.endswith(" adopted")}
    rolled_back = {body.frm for body in _bodies(reader, RolledBack)}
    made: dict[str, FeatureFact] = {}
    for event in reader.events:
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
    for event in reader.events:
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
