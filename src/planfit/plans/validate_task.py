"""Gate ``schema`` for task plans: against the profile, and against what the user fixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from planfit.plans.checks import Check, check
from planfit.plans.codes import finding, listed, nearest, quoted, replacing, shown
from planfit.plans.task import TaskPlan
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, Profile
from planfit.records.schema import BooleanReading, Kind

MOST_CLASSES: Final = 1_000
NUMBER_STORAGE: Final = ("Int", "UInt", "Float", "Decimal")


class Options(Protocol):
    """What the user fixed; `planners.base.TaskOptions` is one."""

    @property
    def target(self) -> str | None: ...
    @property
    def task_type(self) -> str | None: ...
    @property
    def metric(self) -> str | None: ...
    @property
    def positive_class(self) -> str | None: ...
    @property
    def split(self) -> str | None: ...
    @property
    def exclude(self) -> tuple[str, ...]: ...
    @property
    def include(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class TaskView:
    """A task plan beside what it is judged by."""

    plan: TaskPlan
    profile: Profile
    options: Options

    @property
    def target(self) -> ColumnProfile | None:
        """Statistics of the target, None where there is no such column."""
        names = self.profile.names
        return self.profile.of(self.plan.target) if self.plan.target in names else None


@check("unknown-column")
def target_exists(view: TaskView) -> Iterator[Finding]:
    """The target is a column of the table."""
    if view.target is None:
        yield _unknown(view, "/target", view.plan.target)


@check("option-contradicted")
def options_are_respected(view: TaskView) -> Iterator[Finding]:
    """What the user fixed is in the plan."""
    plan, options = view.plan, view.options
    for name, said, fixed in (
        ("target", plan.target, options.target),
        ("task_type", plan.task_type, options.task_type),
        ("metric", plan.metric, options.metric),
        ("positive_class", plan.positive_class, options.positive_class),
    ):
        if fixed is not None and said != fixed and (said or "").strip() != fixed.strip():
            message = f"The user fixed {name} as {shown(fixed)}. Got {shown(said)}."
            mend = replacing(f"/{name}", fixed)
            yield finding("option-contradicted", f"/{name}", message, allowed=shown(fixed), mend=mend)
    if options.split:
        kind, _, column = options.split.partition(":")
        if plan.split.kind != kind or (column and plan.split.column != column):
            message = f"The user fixed the split as {options.split!r}. Got {shown(plan.split.to_json())}."
            mend = replacing("/split", {"kind": kind, "column": column or None})
            yield finding("option-contradicted", "/split", message, allowed=shown(options.split), mend=mend)


@check("task-type-unfit")
def task_type_fits(view: TaskView) -> Iterator[Finding]:
    """The target's values make a task of that type."""
    stats = view.target
    if stats is None:
        return
    wrong = _unfit(view, stats)
    if wrong is not None:
        allowed = [kind for kind in ("binary", "multiclass", "regression") if not _unfit_as(kind, view, stats)]
        hint = None if allowed else "Choose another target."
        yield finding("task-type-unfit", "/task_type", wrong, allowed=listed(allowed) or None, hint=hint)


def _unfit(view: TaskView, stats: ColumnProfile) -> str | None:
    return _unfit_as(view.plan.task_type, view, stats)


def _unfit_as(task_type: str, view: TaskView, stats: ColumnProfile) -> str | None:
    name, classes = repr(stats.name), stats.n_unique
    if stats.missing >= view.profile.rows:
        return f"The target {name} has no values."
    if classes < 2:
        return f"The target {name} has the same value in every row: there is nothing to predict."
    if task_type == "regression":
        fits = _is_number(view, stats)
        return None if fits else f"A regression needs numbers, and {name} is a {stats.kind.value} column."
    if task_type == "binary":
        return None if classes == 2 else f"A binary task needs exactly two classes. {name} has {classes:,}."
    if classes < 3:
        return f"A multiclass task needs three classes or more. {name} has {classes}."
    if classes > MOST_CLASSES:
        return f"A multiclass task has at most {MOST_CLASSES:,} classes. {name} has {classes:,}."
    if stats.kind is Kind.DATETIME:
        return f"Dates make no classes, and {name} is a {stats.kind.value} column."
    return None


def _is_number(view: TaskView, stats: ColumnProfile) -> bool:
    column = view.profile.column(stats.name)
    if stats.kind is Kind.DATETIME:
        return False
    read_as_number = column.reading is not None and column.reading.reading == "number"
    return stats.kind is Kind.NUMERIC or read_as_number or column.dtype.startswith(NUMBER_STORAGE)


@check("unknown-metric", "metric-unfit")
def metric_fits(view: TaskView) -> Iterator[Finding]:
    """There is such a metric, and it judges tasks of that type."""
    from planfit.models.metrics import METRICS

    name, task_type = view.plan.metric, view.plan.task_type
    fitting = [entry.name for entry in METRICS.values() if task_type in entry.tasks]
    if name not in METRICS:
        near = nearest(name, fitting) or nearest(name, METRICS)
        mend = None if near is None else replacing("/metric", near)
        message = f"There is no metric {shown(name)}."
        yield finding("unknown-metric", "/metric", message, allowed=listed(fitting), nearest=near, mend=mend)
    elif name not in fitting:
        message = f"{name} does not judge {task_type} tasks."
        yield finding("metric-unfit", "/metric", message, allowed=listed(fitting))


@check("unknown-class", "no-effect")
def positive_class_is_a_value(view: TaskView) -> Iterator[Finding]:
    """The positive class is one of the two values."""
    said, stats = view.plan.positive_class, view.target
    if said is None or stats is None:
        return
    if view.plan.task_type != "binary":
        message = f"`positive_class` says nothing about a {view.plan.task_type} task."
        yield finding("no-effect", "/positive_class", message)
        return
    values = _as_written(view, stats)
    if stats.n_unique != 2 or len(values) != 2 or said.strip().casefold() in [value.casefold() for value in values]:
        return
    near = nearest(said, values)
    mend = None if near is None else replacing("/positive_class", near)
    allowed = " or ".join(shown(value) for value in values)
    message = f"{stats.name!r} has no value {shown(said)}."
    yield finding("unknown-class", "/positive_class", message, allowed=allowed, nearest=near, mend=mend)


def _as_written(view: TaskView, stats: ColumnProfile) -> list[str]:
    """Return the frequent values as they stand in the table: yes and no, where the profile counts 1 and 0."""
    column = view.profile.column(stats.name)
    written: dict[str, str] = {}
    if isinstance(column.reading, BooleanReading):
        written = {"1": next(iter(column.reading.true), "1"), "0": next(iter(column.reading.false), "0")}
    elif column.dtype == "Boolean":
        written = {"1": "true", "0": "false"}
    return [written.get(entry.value, entry.value) for entry in stats.top]


@check("missing-field", "unknown-column", "target-used", "split-impossible", "no-effect", "entities-mixed")
def split_is_possible(view: TaskView) -> Iterator[Finding]:
    """A split by time or group has a column that can divide the rows."""
    split, path = view.plan.split, "/split/column"
    if split.kind in ("random", "stratified"):
        if split.column is not None:
            yield finding("no-effect", path, f"A {split.kind} split looks at no column.")
        yield from _mixed(view)
        return
    what = "time" if split.kind == "time" else "group"
    if split.column is None:
        message = f"`column` is missing in `split`: a {split.kind} split needs its {what} column."
        yield finding("missing-field", "/split", message, allowed="the name of a column")
    elif split.column not in view.profile.names:
        yield _unknown(view, path, split.column)
    elif split.column == view.plan.target:
        yield finding("target-used", path, "The rows cannot be divided by the target itself.")
    else:
        yield from _dividing(view, view.profile.of(split.column), split.kind)


def _mixed(view: TaskView) -> Iterator[Finding]:
    """Warn where rows of entities that repeat are mixed."""
    for told in view.profile.warnings:
        if told.code == "repeated-entities" and view.plan.target not in told.columns[:1]:
            name = told.columns[0]
            message = f"Rows of one {name!r} will be on both sides, so that scores say little about new ones."
            hint = f"Use --split group:{name} if the model is meant for new ones."
            yield finding("entities-mixed", "/split/kind", message, severity="warning", hint=hint)
            return


def _dividing(view: TaskView, stats: ColumnProfile, kind: str) -> Iterator[Finding]:
    path = "/split/column"
    if stats.n_unique < 2:
        message = f"{stats.name!r} has the same value in every row and cannot divide them."
        yield finding("split-impossible", path, message)
    elif kind == "time" and not _tells_time(view, stats):
        message = f"A time split needs dates or numbers in order, and {stats.name!r} is a {stats.kind.value} column."
        others = [s.name for s in view.profile.statistics if _tells_time(view, s) and s.name != view.plan.target]
        if others:
            yield finding(
                "split-impossible", path, message, allowed=f"{listed(others, 12)}, each with dates or numbers"
            )
        else:
            hint = "No other column holds dates or numbers: divide the rows at random or by group."
            yield finding("split-impossible", path, message, hint=hint)
    elif kind == "group" and stats.n_unique >= view.profile.rows - stats.missing:
        message = f"{stats.name!r} differs in every row, so that a split by group divides the rows at random."
        yield finding("no-effect", path, message, severity="warning")


def _tells_time(view: TaskView, stats: ColumnProfile) -> bool:
    """Whether a column can order rows: dates, numbers, and whole numbers that count rows or name categories."""
    if stats.kind in (Kind.DATETIME, Kind.NUMERIC):
        return stats.n_unique > 1
    stored = view.profile.column(stats.name).dtype
    return (
        stats.kind in (Kind.IDENTIFIER, Kind.CATEGORICAL) and stats.n_unique > 1 and stored.startswith(NUMBER_STORAGE)
    )


@check("unknown-column", "target-used", "no-effect")
def exclusions_are_columns(view: TaskView) -> Iterator[Finding]:
    """Excluded columns are there, are not the target, and stand once."""
    seen: set[str] = set()
    names = set(view.profile.names)
    for place, entry in enumerate(view.plan.excluded):
        path = f"/excluded/{place}/name"
        if entry.name == view.plan.target:
            message = f"{entry.name!r} is the target and cannot be excluded; it is never a feature."
            mend = ({"op": "remove", "path": f"/excluded/{place}"},)
            yield finding("target-used", path, message, mend=mend)
        elif entry.name not in names:
            yield _unknown(view, path, entry.name)
        elif entry.name in view.options.include:
            message = f"The user wants {entry.name!r} kept."
            mend = ({"op": "remove", "path": f"/excluded/{place}"},)
            yield finding("option-contradicted", path, message, mend=mend)
        elif entry.name in seen:
            yield finding("no-effect", path, f"{entry.name!r} is excluded twice.")
        seen.add(entry.name)


@check("exclusion-missing", "unknown-column", "target-used")
def asked_exclusions_are_there(view: TaskView) -> Iterator[Finding]:
    """What the user wants left out is left out."""
    out = {entry.name for entry in view.plan.excluded}
    for name in view.options.exclude:
        if name in out or (name == view.plan.split.column and view.plan.split.kind == "group"):
            continue
        if name not in view.profile.names:
            near = nearest(name, view.profile.names)
            message = f"The user wants {name!r} left out, and there is no such column."
            yield finding("unknown-column", "", message, severity="warning", nearest=near)
        elif name == view.plan.target:
            message = f"The user wants {name!r} left out, so that it cannot be the target."
            yield finding("target-used", "/target", message, hint="Choose another target.")
        else:
            entry = {"name": name, "code": "asked", "reason": "asked by the user"}
            message = f"The user wants {name!r} left out, and `excluded` does not name it."
            mend = ({"op": "add", "path": "/excluded/-", "value": entry},)
            yield finding("exclusion-missing", "/excluded", message, allowed=shown(entry), mend=mend)


@check("nothing-left")
def something_is_left(view: TaskView) -> Iterator[Finding]:
    """Some column is left to learn from."""
    out = {view.plan.target, *(entry.name for entry in view.plan.excluded)}
    if view.plan.split.kind == "group" and view.plan.split.column:
        out.add(view.plan.split.column)
    if not set(view.profile.names) - out:
        message = "Without target and excluded columns nothing is left to learn from."
        names = quoted(entry.name for entry in view.plan.excluded)
        hint = f"Exclude fewer than {names}." if names else "The table needs a second column."
        yield finding("nothing-left", "/excluded", message, hint=hint)


def _unknown(view: TaskView, path: str, name: str) -> Finding:
    near = nearest(name, view.profile.names)
    mend = None if near is None else replacing(path, near)
    allowed = listed(view.profile.names, 30)
    return finding("unknown-column", path, f"There is no column {name!r}.", allowed=allowed, nearest=near, mend=mend)


CHECKS: Final[tuple[Check[TaskView], ...]] = (
    target_exists,
    options_are_respected,
    task_type_fits,
    metric_fits,
    positive_class_is_a_value,
    split_is_possible,
    exclusions_are_columns,
    asked_exclusions_are_there,
    something_is_left,
)


def check_task(plan: TaskPlan, profile: Profile, options: Options) -> tuple[Finding, ...]:
    """Judge a task plan. A low confidence is no finding: what follows from it is not the plan's to say.

    Parameters
    ----------
    plan : TaskPlan
    profile : Profile
    options : TaskOptions
        What the user fixed.
    """
    view = TaskView(plan, profile, options)
    return tuple(found for look in CHECKS for found in look(view))
