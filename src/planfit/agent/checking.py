"""Judging and compiling a feature plan against a table, without a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planfit.data import readers
from planfit.data import target as targets
from planfit.data.door import Door
from planfit.data.profile import profile_table
from planfit.data.readers import Table
from planfit.errors import UsageError
from planfit.models.metrics import METRICS
from planfit.planners.base import Ask, TaskOptions
from planfit.planners.registry import planner
from planfit.plans import parse
from planfit.plans.validate import check_features
from planfit.records.findings import Finding
from planfit.records.profile import Profile
from planfit.records.schema import Schema
from planfit.records.task import SplitSpec, Task
from planfit.settings import SAMPLE_ROWS, SEED

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


@dataclass(frozen=True)
class _Setting:
    table: Table
    schema: Schema
    task: Task | None


def check_plan(text: str, data: Any, *, target: str | None, task_type: str | None) -> tuple[Finding, ...]:
    """Return all findings: document, schema, and a dry run on a nasty sample."""
    plan, findings = parse("FeaturePlan", text)
    setting = _setting(data, target, task_type)
    if plan is None:
        return tuple(findings)
    resolved, later = check_features(plan, setting.schema, setting.task, rows=setting.table.ref.rows, memory=None)
    found = (*findings, *later)
    if resolved is None or any(finding.refuses for finding in found):
        return found
    from planfit.runtime.gates import dry_run, nasty_sample

    frame = Door(setting.schema).fit_transform(setting.table.frame)
    y = targets.labels(setting.table, setting.task) if setting.task is not None else None
    rows = nasty_sample(frame, y, SAMPLE_ROWS, SEED)
    sample_y = None if y is None else y.iloc[rows].reset_index(drop=True)
    _, tried = dry_run(
        resolved, setting.task, frame.iloc[rows].reset_index(drop=True), sample_y, seed=SEED, gate="sample"
    )
    return (*found, *tried)


def compile_for(text: str, data: Any, *, target: str | None, task_type: str | None) -> Pipeline:
    """Return the unfitted Pipeline of a plan."""
    from planfit.runtime.compile import compile_plan

    plan, findings = parse("FeaturePlan", text)
    setting = _setting(data, target, task_type)
    if plan is not None:
        _, later = check_features(plan, setting.schema, setting.task, rows=setting.table.ref.rows, memory=None)
        findings = (*findings, *later)
    wrong = [finding.sentence() for finding in findings if finding.refuses]
    if plan is None or wrong:
        raise UsageError(
            "The plan is refused: " + " ".join(wrong), hint="`planfit.check(plan, data)` gives every finding."
        )
    return compile_plan(plan, setting.schema, setting.task, SEED)


def _setting(data: Any, target: str | None, task_type: str | None) -> _Setting:
    table = readers.read(data)
    profile = profile_table(table)
    if target is None:
        columns = tuple(column.having(sources=(column.name,)) for column in profile.columns)
        return _Setting(table, Schema(columns=columns, rows=table.ref.rows), None)
    if target not in profile.names:
        from difflib import get_close_matches

        near = get_close_matches(target, profile.names, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are: {', '.join(profile.names[:12])}."
        raise UsageError(f"There is no column {target!r} in {table.ref.origin}.", hint=hint)
    table = table.take(targets.present_rows(table, target))
    task = _task(profile, table, target, task_type)
    return _Setting(table, task.features_of(profile).having(rows=table.ref.rows), task)


def _task(profile: Profile, table: Table, target: str, task_type: Any) -> Task:
    """Let the expert say what kind of task a target makes; nothing else of its plan is used."""
    options = TaskOptions(target=target, task_type=task_type)
    ask = Ask(
        plan_kind="TaskPlan",
        stage="task",
        round=0,
        attempt=1,
        sentence=f"Predict {target}",
        options=options,
        profile=profile,
    )
    plan, _ = parse("TaskPlan", planner("expert").propose(ask).document)
    if plan is None:
        raise UsageError(f"The column {target!r} cannot be predicted.", hint="Say what it is with task_type.")
    classes = () if plan.task_type == "regression" else targets.classes_of(table, target, plan.task_type)
    return Task(
        sentence=f"Predict {target}",
        target=target,
        task_type=plan.task_type,
        metric=plan.metric,
        greater_is_better=METRICS[plan.metric].greater_is_better,
        classes=classes,
        positive_class=classes[-1] if plan.task_type == "binary" else None,
        split=SplitSpec(kind=plan.split.kind),
    )
