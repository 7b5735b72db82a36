"""A table's profile and, where a target is named, what its training rows say about that; without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planfit import settings
from planfit.errors import UsageError
from planfit.records.canonical import Record, seed_of
from planfit.records.profile import Profile, TargetProfile
from planfit.records.task import SplitRecord, Task

if TYPE_CHECKING:
    from planfit.data.readers import Table
    from planfit.records.task import TaskType


class DataProfile(Record):
    """What a table holds, and what its training rows say about a target."""

    profile: Profile
    task: Task | None = None
    """The task as the expert understands it where only the target is named; None without a target."""
    split: SplitRecord | None = None
    """How rows were divided before the target was looked at."""
    target: TargetProfile | None = None

    def to_html(self) -> str:
        """Return all of it as one page that needs nothing beside it."""
        from planfit.report.profile_facts import facts_of
        from planfit.report.profile_page import render

        return render(facts_of(self.profile, self.task, self.split, self.target))


def profile_data(
    data: Any, *, target: str | None = None, task_type: TaskType | None = None, seed: int = settings.SEED
) -> DataProfile:
    """Read a table and profile it; see `planfit.profile`."""
    from planfit.arguments import absolute_path
    from planfit.data.profile import profile_table
    from planfit.data.readers import read

    if data is None:
        raise UsageError("There is no table: the data is None.", hint="Give the path of a file, or a frame.")
    if task_type is not None and target is None:
        raise UsageError(
            f"A task type ({task_type}) says nothing without a target.", hint="Name the column with --target."
        )
    path = absolute_path(data)
    table = read(data if path is None else path)
    profile = profile_table(table)
    if target is None:
        return DataProfile(profile=profile)
    return _with_target(table, profile, target, task_type, seed)


def _with_target(table: Table, profile: Profile, target: str, task_type: TaskType | None, seed: int) -> DataProfile:
    """Divide the rows as a run would, then look at the target on the training rows."""
    from planfit.data import target as targets
    from planfit.data.door import Door
    from planfit.data.split import folds_for, make_split
    from planfit.data.target_profile import profile_target
    from planfit.planners.expert.hindsight import known_afterwards

    task = _task(table, profile, target, task_type)
    rows = table.take(targets.present_rows(table, target))
    y = targets.labels(rows, task)
    typed = Door(task.having(excluded=()).features_of(profile)).fit_transform(rows.frame)
    split, part = make_split(
        typed, y, task, holdout="auto" if len(y) >= settings.HOLDOUT_FEWEST_ROWS else "none",
        n_folds=folds_for(len(y)), seed=seed_of(seed, "split"),
    )  # fmt: skip
    columns = task.features_of(profile).columns
    made = profile_target(typed, y, task, part, columns, seed_of(seed, "target_profile"))
    leaks = (*made.leaks, *known_afterwards(target, profile, made, ()))
    return DataProfile(profile=profile, task=task, split=split, target=made.having(leaks=leaks))


def _task(table: Table, profile: Profile, target: str, task_type: TaskType | None) -> Task:
    """Return the task that the expert makes of a target that is named and nothing else."""
    from planfit.agent.admission import admit, admit_classes
    from planfit.agent.stages.task import settle
    from planfit.planners.base import Ask, TaskOptions
    from planfit.planners.expert.task import task_plan
    from planfit.plans.task import TaskPlan

    options = TaskOptions(target=target, task_type=task_type)
    admit(profile, options)
    sentence = f"Predict {target}"
    ask = Ask(
        plan_kind="TaskPlan", stage="task", round=0, attempt=1, sentence=sentence, options=options, profile=profile
    )
    plan = TaskPlan.model_validate(task_plan(ask))
    admit_classes(table, target, plan.task_type)
    return settle(sentence, plan, table, None)
