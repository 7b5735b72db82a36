"""What the user fixed, judged against the table before any planner is asked.

Whatever no plan at all could satisfy is the user's to correct, not the planner's: it is refused with a sentence, and
no run is kept for it.
"""

from __future__ import annotations

from typing import Final, get_args

from planfit.amounts import counted
from planfit.data import target as targets
from planfit.data.readers import Table
from planfit.data.readings import text_of
from planfit.errors import UsageError
from planfit.models.metrics import default_metric
from planfit.planners.base import TaskOptions
from planfit.plans.task import PlannedExclusion, PlannedSplit, TaskPlan
from planfit.plans.validate import check_task
from planfit.plans.validate_task import NUMBER_STORAGE
from planfit.records.findings import Finding
from planfit.records.profile import Profile
from planfit.records.schema import Kind
from planfit.records.task import TaskType

FEWEST_ROWS: Final = 20
"""With fewer rows that have a target, no score says anything."""
FREE_TEXT_SHARE: Final = 0.3
"""Distinct texts over rows above which a text tells of its row; below, it names a class."""
MOST_NAMED: Final = 5
LARGEST_TARGET: Final = 1e30
"""Families hold targets in 32 bits, and errors are squared."""
_MORE_ROWS: Final = f"At least {FEWEST_ROWS} are needed, some hundreds for a useful model."
_OPTIONS: Final = {
    "/target": "--target", "/task_type": "--task-type", "/metric": "--metric",
    "/positive_class": "--positive-class", "/split": "--split", "/excluded": "--exclude",
}  # fmt: skip


def admit(profile: Profile, options: TaskOptions) -> None:
    """Let a table and what the user fixed about the task pass, or say what is wrong.

    Parameters
    ----------
    profile : Profile
        Of all rows.
    options : TaskOptions
        What the user fixed; nothing is said about a target that is left to the planner.

    Raises
    ------
    UsageError
        No plan could be right.
    """
    _table_will_do(profile)
    _names_are_columns(profile, options)
    if options.target is not None:
        admit_target(profile, options, options.target)
    else:
        _something_varies(profile)


def admit_target(profile: Profile, options: TaskOptions, target: str) -> None:
    """Let a target pass beside what the user fixed; the planner's target is only judged where it would do by itself."""
    if options.target is None and (
        _no_target(profile, options, target) or _refusal(profile, TaskOptions(target=target), target)
    ):
        return
    wrong = _no_target(profile, options, target)
    if wrong is not None:
        raise wrong
    found = _refusal(profile, options.having(target=target), target)
    if found is not None:
        raise UsageError(found.message, hint=_hint(found))
    _target_will_do(profile, options, target)


def admit_classes(table: Table, target: str, task_type: TaskType) -> None:
    """Let the classes of a settled task pass, or name those with a single row.

    Parameters
    ----------
    table : Table
        All rows.
    target : str
        Its column.
    task_type : {"binary", "multiclass", "regression"}
        As settled; nothing is said about a regression.

    Raises
    ------
    UsageError
        A class has one row: a model cannot both learn from it and be scored on it.
    """
    if task_type == "regression":
        return
    counts = targets.class_counts(table, target)
    lone = [text_of(label) for label, count in counts.items() if count == 1]
    if not lone:
        return
    shown = ", ".join(map(repr, lone[:MOST_NAMED])) + (" ..." if len(lone) > MOST_NAMED else "")
    what = f"The class {shown} of {target!r} has" if len(lone) == 1 else f"{len(lone):,} classes of {target!r} have"
    each, more = ("", "") if len(lone) == 1 else (" each", f" ({shown})")
    numbers = all(isinstance(label, int | float) for label in counts) and len(counts) > 2
    raise UsageError(
        f"{what} 1 row{each} of {sum(counts.values()):,}{more}: a model cannot learn from it and be scored on it.",
        hint=(
            f"Leave {'that row' if len(lone) == 1 else 'those rows'} out, merge the class with another, or add rows of it"
            + ("; for a quantity say --task-type regression." if numbers else ".")
        ),
    )


def _table_will_do(profile: Profile) -> None:
    origin, names = profile.data.origin, profile.names
    if len(names) < 2:
        raise UsageError(
            f"{origin} has a single column, {names[0]!r}: there is nothing to predict it from.",
            hint="Give a table with the target and at least one more column.",
        )
    if profile.rows < FEWEST_ROWS:
        raise UsageError(f"{origin} has {counted(profile.rows, 'row')}, too few to learn from.", hint=_MORE_ROWS)


def _something_varies(profile: Profile) -> None:
    telling = [stats.name for stats in profile.statistics if stats.n_unique > 1]
    if len(telling) < 2:
        rest = f"but {telling[0]!r} " if telling else ""
        raise UsageError(
            f"Every column of {profile.data.origin} {rest}is empty or has one value in every row: there is nothing to learn.",
            hint="Check that the file was written and cut into columns as you expect.",
        )


def _names_are_columns(profile: Profile, options: TaskOptions) -> None:
    from difflib import get_close_matches

    split_column = (options.split or "").partition(":")[2]
    named = [("--target", options.target), ("--split", split_column)]
    for option, name in [*named, *_listed(options)]:
        if name and name not in profile.names:
            near = [other for other in profile.names if other.casefold() == name.casefold()]
            near = near or get_close_matches(name, profile.names, 1)
            shown = ", ".join(profile.names[:12]) + (" ..." if len(profile.names) > 12 else "")
            raise UsageError(
                f"{profile.data.origin} has no column {name!r} ({option}).",
                hint=f"Did you mean {near[0]!r}?" if near else f"Its columns are: {shown}.",
            )
    both = sorted(set(options.exclude) & set(options.include))
    if both:
        raise UsageError(
            f"{both[0]!r} is to be excluded and included.", hint="Name it in one of --exclude and --include."
        )
    if options.target is not None and options.target in options.exclude:
        raise UsageError(
            f"{options.target!r} is the target and is excluded as well.",
            hint="Leave it out of --exclude: the target is never a feature.",
        )


def _listed(options: TaskOptions) -> list[tuple[str, str]]:
    return [*(("--exclude", name) for name in options.exclude), *(("--include", name) for name in options.include)]


def _no_target(profile: Profile, options: TaskOptions, target: str) -> UsageError | None:
    """Return why nothing can be learned about the column, whatever the task; None where something can."""
    if target not in profile.names:
        return None
    stats, another = profile.of(target), "name another column with --target"
    present = profile.rows - stats.missing
    if not present:
        return UsageError(
            f"The target {target!r} has no values: nothing shows what to predict.", hint=f"Fill it in, or {another}."
        )
    if stats.n_unique < 2:
        value = stats.top[0].value if stats.top else text_of(stats.minimum)
        where = "every row" if not stats.missing else f"the {counted(present, 'row')} that are not empty"
        return UsageError(
            f"The target {target!r} has one value{'' if value is None else f', {value!r},'} in {where}: "
            "there is nothing to predict.",
            hint=f"Where an empty cell means no, write it in; else {another}." if stats.missing
            else f"Add rows with other values, or {another}.",
        )  # fmt: skip
    if stats.kind is Kind.DATETIME:
        return UsageError(
            f"The target {target!r} holds dates, and planfit predicts classes and numbers.",
            hint="Make a number of it first, such as the days from a fixed day.",
        )
    if stats.kind is Kind.TEXT and stats.n_unique > FREE_TEXT_SHARE * present:
        return UsageError(
            f"The target {target!r} is free text: {stats.n_unique:,} different texts in {counted(present, 'row')}.",
            hint=f"Sort the texts into a few classes in a column of their own, or {another}.",
        )
    if stats.kind is Kind.IDENTIFIER and options.task_type != "regression":
        return UsageError(
            f"The target {target!r} is an identifier, different in every row: nothing can be learned about it.",
            hint=f"Name another column with --target{_or_regression(profile, target)}.",
        )
    return None


def _or_regression(profile: Profile, target: str) -> str:
    is_number = profile.column(target).dtype.startswith(NUMBER_STORAGE)
    return ", or say --task-type regression if it is a quantity" if is_number else ""


def _target_will_do(profile: Profile, options: TaskOptions, target: str) -> None:
    if target not in profile.names:
        return
    stats = profile.of(target)
    present = profile.rows - stats.missing
    if present < FEWEST_ROWS:
        raise UsageError(
            f"Only {counted(present, 'row')} of {profile.rows:,} in {profile.data.origin} "
            f"{'has' if present == 1 else 'have'} a value of {target!r}, too few to learn from.",
            hint=_MORE_ROWS,
        )
    ends = [end for end in (stats.minimum, stats.maximum) if isinstance(end, int | float)]
    if any(abs(end) > LARGEST_TARGET for end in ends):
        raise UsageError(
            f"{target!r} has values as large as {max(ends, key=abs):.3g}, too large to be learned.",
            hint="Divide the column by a large number, or check how it was written.",
        )
    negative = isinstance(stats.minimum, int | float) and stats.minimum < 0
    if options.metric == "rmsle" and negative and stats.kind is Kind.NUMERIC:
        raise UsageError(
            f"rmsle compares logarithms, and {target!r} has values below zero.", hint="Take rmse or mae instead."
        )
    others = [other for other in profile.statistics if other.name != target and other.name not in options.exclude]
    if not any(other.n_unique > 1 and other.kind is not Kind.IDENTIFIER for other in others):
        raise UsageError(
            f"Every column that is left beside {target!r} is empty, an identifier or has one value in every row: "
            "there is nothing to learn from.",
            hint="Exclude fewer columns, or give a table with more.",
        )


def _refusal(profile: Profile, options: TaskOptions, target: str) -> Finding | None:
    """Return why no task type makes an acceptable plan of the target and the options; None where one does."""
    kinds: tuple[TaskType, ...] = (options.task_type,) if options.task_type else get_args(TaskType)
    worst: tuple[bool, Finding] | None = None
    for kind in kinds:
        errors = [finding for finding in check_task(_plan(options, target, kind), profile, options) if finding.refuses]
        if not errors:
            return None
        # What is wrong with a type that the values do make says more than that they make no other.
        other_type = errors[0].code == "task-type-unfit"
        if worst is None or (worst[0] and not other_type):
            worst = (other_type, errors[0])
    return worst[1] if worst is not None else None


def _plan(options: TaskOptions, target: str, task_type: TaskType) -> TaskPlan:
    """Return the plan that says nothing but what the user fixed."""
    kind, _, column = (options.split or "").partition(":")
    split = PlannedSplit(kind=kind or "random", column=column or None)
    asked = (
        PlannedExclusion.model_validate({"name": name, "code": "asked", "reason": "asked by the user"})
        for name in options.exclude
    )
    return TaskPlan(
        target=target,
        task_type=task_type,
        metric=options.metric or default_metric(task_type).name,
        positive_class=options.positive_class,
        split=split,
        excluded=tuple(asked),
    )


def _hint(found: Finding) -> str:
    if found.nearest:
        return f"Did you mean {found.nearest!r}?"
    if found.allowed:
        option = next((option for path, option in _OPTIONS.items() if found.path.startswith(path)), None)
        return f"{option} can be: {found.allowed}." if option else f"Allowed: {found.allowed}."
    return found.hint or "Name another target with --target."
