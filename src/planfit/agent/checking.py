"""A feature plan and a table, without a run: judged at all four gates, mended, compiled, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from planfit.amounts import counted
from planfit.data import readers
from planfit.data import target as targets
from planfit.data.awkward import awkward_cells
from planfit.data.door import Door
from planfit.data.memory import available
from planfit.data.profile import profile_table
from planfit.data.readers import Table
from planfit.errors import PlanRefused, UsageError
from planfit.models.metrics import METRICS
from planfit.planners.base import Ask, TaskOptions
from planfit.planners.registry import planner
from planfit.plans import FeaturePlan, from_document, parse
from planfit.plans.json_text import read_json
from planfit.plans.partly import judge_sound_steps, true_pointer
from planfit.plans.patches import take_mends
from planfit.plans.resolve import ResolvedPlan
from planfit.plans.validate import check_features
from planfit.records.findings import Finding
from planfit.records.profile import Profile
from planfit.records.schema import Column, Schema
from planfit.records.task import SplitSpec, Task
from planfit.settings import MEMORY_SHARE, SAMPLE_ROWS, SEED

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

GATES: Final = ("document", "schema", "sample", "data")
"""In their order, each cheaper than the next; a gate is reached when the ones before it found no error."""
MOST_ROUNDS: Final = 8
"""Of mending; each may bring up what the one before it hid."""


@dataclass(frozen=True)
class Judgement:
    """What came of judging a plan."""

    plan: FeaturePlan | None
    """None where the document is no plan."""
    findings: tuple[Finding, ...]
    gates: tuple[str, ...]
    """The gates that it was judged at."""

    @property
    def accepted(self) -> bool:
        return not any(finding.refuses for finding in self.findings)

    def __repr__(self) -> str:
        verdict = f"accepted at gate {self.gates[-1]}" if self.accepted else f"refused at gate {self.gates[-1]}"
        return f"<Judgement: {verdict}, {counted(len(self.findings), 'finding')}; .plan, .findings, .gates>"


@dataclass(frozen=True)
class Mended:
    """A document whose mends were taken, and what is left to say about it."""

    document: Any
    taken: tuple[Finding, ...]
    judgement: Judgement

    def __repr__(self) -> str:
        verdict = "accepted" if self.judgement.accepted else f"refused at gate {self.judgement.gates[-1]}"
        return f"<Mended: {counted(len(self.taken), 'mend')} taken, {verdict}; .document, .taken, .judgement>"


@dataclass(frozen=True)
class Applied:
    """A table that a plan was carried out on."""

    table: pd.DataFrame
    """Its features, by the fitted pipeline's ``fit_transform``: what looks at the target is cross-fitted. The target,
    where one was named, comes last."""
    pipeline: Pipeline
    """Fitted: raw rows in, features out."""
    findings: tuple[Finding, ...] = ()
    """What there was to warn of."""
    left_out: int = 0
    """Rows without a target, which nothing can be learned from."""

    def __repr__(self) -> str:
        rows, columns = self.table.shape
        return f"<Applied: {rows:,} rows of {columns:,} columns; .table, .pipeline, .findings, .left_out>"


@dataclass(frozen=True)
class Setting:
    """A table, its columns as a plan sees them, and the task where a target is named."""

    table: Table
    schema: Schema
    task: Task | None
    rows: np.ndarray = field(repr=False)
    """Where each row stands in the table as it was given."""

    @cached_property
    def index(self) -> pd.Index:
        """The rows, counted as in the table as it was given."""
        return pd.Index(self.rows)

    def typed(self, names: Sequence[str]) -> pd.DataFrame:
        """Return columns of all rows as the door gives them."""
        wanted = set(names)
        door = Door(Schema(columns=tuple(column for column in self.schema.columns if column.name in wanted)))
        return door.fit_transform(self.table.frame).set_axis(self.index)

    @cached_property
    def sample(self) -> tuple[pd.DataFrame, pd.Series | None]:
        """Awkward rows as the door gives them, and their targets; the others do not pass the door."""
        from planfit.runtime.gates import nasty_rows

        cells = (awkward_cells(self.table.frame[column.name], column) for column in self.schema.columns)
        chosen = nasty_rows(cells, len(self.rows), self.y, SAMPLE_ROWS, SEED)
        frame = Door(self.schema).fit_transform(self.table.frame[chosen])
        return frame.set_axis(self.rows[chosen]), None if self.y is None else self.y.iloc[chosen]

    @cached_property
    def y(self) -> pd.Series | None:
        """The target, where one is named."""
        return None if self.task is None else targets.labels(self.table, self.task).set_axis(self.rows)

    def judge(self, document: Any) -> Judgement:
        """Judge a document at each gate, up to the first one that refuses it."""
        plan, findings = from_document("FeaturePlan", document)
        return self.judge_plan(plan) if plan is not None else self.refused(document, findings)

    def refused(self, document: Any, findings: tuple[Finding, ...]) -> Judgement:
        """Judge what is no plan: where parts of it can be read, they are held against the columns."""
        later = judge_sound_steps(document, findings, self.schema, self.task, rows=len(self.rows))
        return Judgement(None, (*findings, *later), GATES[:2] if later else GATES[:1])

    def judge_plan(self, plan: FeaturePlan) -> Judgement:
        """Judge a plan against the columns, then by trying it on awkward rows, then on all."""
        resolved, findings = self.judged_by_columns(plan)
        if resolved is None or any(finding.refuses for finding in findings):
            return Judgement(plan, findings, GATES[:2])
        tried = self.tried_on_sample(resolved)
        if any(finding.refuses for finding in tried):
            return Judgement(plan, (*findings, *tried), GATES[:3])
        # What a sample merely makes one wary of, all rows tell for certain
        return Judgement(plan, (*findings, *self.tried_on_all(resolved)), GATES)

    def judged_by_columns(self, plan: FeaturePlan) -> tuple[ResolvedPlan | None, tuple[Finding, ...]]:
        """Hold a plan against the columns: what it makes of them, None where it is refused, and what there is to say."""
        memory = int(MEMORY_SHARE * available())
        return check_features(plan, self.schema, self.task, rows=len(self.rows), memory=memory)

    def tried_on_sample(self, resolved: ResolvedPlan) -> tuple[Finding, ...]:
        """Try a plan on awkward rows; where there are no more rows than those, all of them are tried anyway."""
        from planfit.runtime.gates import dry_run

        return () if len(self.rows) <= SAMPLE_ROWS else dry_run(resolved, self.task, *self.sample, seed=SEED)[1]

    def tried_on_all(self, resolved: ResolvedPlan) -> tuple[Finding, ...]:
        """Try a plan on all rows, column by column."""
        from planfit.runtime.gates import spare_run

        return spare_run(resolved, self.task, self.typed, self.schema.names, self.y, seed=SEED)


def check_plan(text: str, data: Any, *, target: str | None, task_type: str | None) -> Judgement:
    """Judge a plan's text against a table."""
    plan, findings = parse("FeaturePlan", text)
    setting = setting_of(data, target, task_type)
    document = read_json(text)[0]
    if plan is None:
        return setting.refused(document, tuple(findings))
    judgement = setting.judge_plan(plan)
    return replace(judgement, findings=tuple(true_pointer(document, found) for found in judgement.findings))


def mend_plan(text: str, data: Any, *, target: str | None, task_type: str | None) -> Mended:
    """Take the mends of all findings, again and again, until none is left or mending goes in a circle.

    Raises
    ------
    UsageError
        The text is not JSON: there is nothing that a patch could change.
    """
    document, findings = read_json(text)
    if findings:
        raise UsageError(
            "There is no document to mend: " + " ".join(finding.sentence() for finding in findings),
            hint="Mend the text first; `planfit check` without --fix says where it breaks.",
        )
    setting = setting_of(data, target, task_type)
    document = _with_lists(document)
    taken: list[Finding] = []
    judgement = setting.judge(document)
    seen = [document]
    for _ in range(MOST_ROUNDS):
        mended, some = take_mends(document, judgement.findings)
        if not some or mended in seen:
            break
        document = mended
        seen.append(document)
        taken += some
        judgement = setting.judge(document)
    return Mended(document, tuple(taken), judgement)


def _with_lists(document: Any) -> Any:
    """Write a lone name in `columns` or `except` as the list that it stands for, so that patches find its place."""
    steps = document.get("transformations") if isinstance(document, dict) else None
    if not isinstance(steps, list):
        return document
    made = [
        {key: [value] if key in ("columns", "except") and isinstance(value, str) else value for key, value in s.items()}
        if isinstance(s, dict)
        else s
        for s in steps
    ]
    return {**document, "transformations": made}


def compile_for(text: str, data: Any, *, target: str | None, task_type: str | None, numeric: bool = False) -> Pipeline:
    """Return the unfitted Pipeline of a plan; with `numeric`, what it leaves becomes numbers without gaps."""
    return _compiled(text, setting_of(data, target, task_type), numeric)


def _compiled(text: str, setting: Setting, numeric: bool) -> Pipeline:
    from planfit.runtime.compile import compile_plan

    plan, findings = parse("FeaturePlan", text)
    if plan is not None:
        _, later = check_features(plan, setting.schema, setting.task, rows=len(setting.rows), memory=None)
        findings = (*findings, *later)
    _refuse(findings)
    if numeric and setting.task is None:
        raise UsageError(
            "How columns become numbers depends on the target, and none is named.", hint="Name the target."
        )
    return compile_plan(plan, setting.schema, setting.task, SEED, numeric=numeric)


def _refuse(findings: tuple[Finding, ...]) -> None:
    wrong = [finding.sentence() for finding in findings if finding.refuses]
    if wrong:
        more = len(wrong) - 1
        rest = f" {counted(more, 'error')} more {'is' if more == 1 else 'are'} left." if more else ""
        raise PlanRefused(
            f"The plan is refused: {wrong[0]}{rest}",
            findings=findings,
            hint="`planfit check PLAN DATA` gives every finding.",
        )


def apply_plan(text: str, data: Any, *, target: str | None, task_type: str | None, numeric: bool = False) -> Applied:
    """Fit a plan's pipeline on a table and return its features.

    Raises
    ------
    PlanRefused
        The plan has findings of severity error at one of the four gates; a `UsageError`.
    """
    read = readers.read(data)
    setting = setting_of(read, target, task_type)
    plan, findings = parse("FeaturePlan", text)
    if plan is not None:
        findings = setting.judge_plan(plan).findings
    _refuse(findings)
    assert plan is not None  # without a plan there is a finding that refuses it
    _refuse_unused_target(plan, setting)
    pipeline = _compiled(text, setting, numeric)
    table = pipeline.fit_transform(setting.table.frame, setting.y)
    if setting.task is not None:
        table[setting.task.target] = np.asarray(setting.y)
    return Applied(table.reset_index(drop=True), pipeline, findings, read.ref.rows - len(setting.rows))


def _refuse_unused_target(plan: FeaturePlan, setting: Setting) -> None:
    needs = [step.operation for step in plan.transformations if step.uses_target]
    if needs and setting.task is None:
        raise UsageError(f"{needs[0]} looks at the target, and none is named.", hint="Name it with --target COLUMN.")


def setting_of(data: Any, target: str | None, task_type: str | None) -> Setting:
    """Read a table and see it as a plan for that target does.

    Parameters
    ----------
    data : path, frame or Table
    target : str or None
    task_type : str or None
        By the target's values when None.
    """
    table = data if isinstance(data, Table) else readers.read(data)
    profile = profile_table(table)
    if target is None:
        schema = Schema(columns=_with_sources(profile.columns), rows=table.ref.rows)
        return Setting(table, schema, None, np.arange(table.ref.rows))
    if target not in profile.names:
        from difflib import get_close_matches

        near = get_close_matches(target, profile.names, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are: {', '.join(profile.names[:12])}."
        raise UsageError(f"There is no column {target!r} in {table.ref.origin}.", hint=hint)
    present = targets.present_rows(table, target)
    if not present.any():
        raise UsageError(f"The target {target!r} has no value in any row.", hint="Name another column.")
    table = table if present.all() else table.take(present)
    task = _task(profile, table, target, task_type)
    schema = task.features_of(profile).having(rows=table.ref.rows)
    return Setting(table, schema, task, np.flatnonzero(present))


def _with_sources(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(column.having(sources=(column.name,)) for column in columns)


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
