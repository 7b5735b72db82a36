"""Settling the task: what is predicted, how it is judged, which columns may be used."""

from __future__ import annotations

from typing import Any, Final

from planfit.agent.admission import admit_classes, admit_target
from planfit.agent.attempts import agree_on
from planfit.agent.constraints import honour
from planfit.agent.limits import forecast_finishing
from planfit.agent.question import ask_person, ask_which
from planfit.agent.session import Session
from planfit.data import target as targets
from planfit.data.readers import Table
from planfit.models.metrics import METRICS
from planfit.models.registry import families
from planfit.planners.base import Ask, TaskOptions
from planfit.planners.expert.expert import Expert
from planfit.planners.registry import is_language_model
from planfit.plans import parse
from planfit.plans.task import TaskPlan
from planfit.plans.validate import check_task
from planfit.records.canonical import canonical_json
from planfit.records.events import WarningRaised
from planfit.records.findings import Finding
from planfit.records.profile import Profile, TargetProfile
from planfit.records.task import Constraints, Label, SplitSpec, Task
from planfit.settings import QUESTION_CONFIDENCE

IN_LOGARITHMS: Final = ("mae", "mape")
"""Metrics whose best answer is a median, which a logarithm leaves where it is; ``rmsle`` is always learned on one."""
SKEWED: Final = 2.0
SURE: Final = 0.75
"""Confidence of the expert from which another target of a language model is asked about."""


def options_of(session: Session) -> TaskOptions:
    """Return what the user fixed about the task."""
    request = session.request
    return TaskOptions(
        target=request.target,
        task_type=request.task_type,
        metric=request.metric,
        positive_class=request.positive_class,
        split=request.split,
        exclude=request.exclude,
        include=request.include,
    )


def agree_on_task(session: Session, table: Table, profile: Profile) -> Task:
    """Agree with the planner on the task.

    Raises
    ------
    QuestionAsked
        The target is not certain enough and the user did not name it.
    """
    options = options_of(session)
    ask = Ask(
        plan_kind="TaskPlan",
        stage="task",
        round=0,
        attempt=1,
        sentence=session.request.sentence,
        options=options,
        profile=profile,
        families=tuple(name for name, family in families().items() if family.installed),
    )

    def judge(plan: TaskPlan) -> tuple[Any, tuple[Finding, ...]]:
        if options.target is None and not _is_unsure(plan):
            admit_target(profile, options, plan.target)
        return None, check_task(plan, profile, options)

    agreed = agree_on(session, ask, judge)
    if options.target is None and _is_unsure(agreed.plan):
        raise ask_person(session, agreed)
    ask_about_difference(session, ask, agreed.plan)
    admit_classes(table, agreed.plan.target, agreed.plan.task_type)
    for finding in check_task(agreed.plan, profile, options):
        if finding.code == "entities-mixed":
            session.run.once(WarningRaised(key=session.key("warning", 1, finding), stage="task", finding=finding))
    constraints = honour(session, agreed.plan)
    session.finishing_seconds = forecast_finishing(session, None)
    return settle(session.request.sentence, agreed.plan, table, constraints)


def ask_about_difference(session: Session, ask: Ask, plan: TaskPlan) -> None:
    """Ask the user where the expert is confident of another task than a language model has planned.

    Raises
    ------
    QuestionAsked
        They differ in the target, or in the type of task.
    """
    if not is_language_model(session.request.planner) or "task" in session.asking.experts:
        return
    usual, _ = parse("TaskPlan", Expert().propose(ask).document)
    if usual is None or _is_unsure(usual):
        return
    model = session.request.planner
    if plan.target != usual.target and usual.confidence >= SURE:
        text = f"Is {plan.target!r} or {usual.target!r} to be predicted?"
        answers = {
            plan.target: f"planned by {model}: {(plan.rationale or 'no reason given')[:200]}",
            usual.target: f"what the words of the sentence point to: {(usual.rationale or '')[:200]}",
        }
        raise ask_which(session, text, "target", answers, plan.target)
    if plan.target == usual.target and plan.task_type != usual.task_type and ask.options.task_type is None:
        text = f"Is {plan.target!r} to be predicted as {plan.task_type} or as {usual.task_type}?"
        answers = {plan.task_type: f"planned by {model}", usual.task_type: "what its values and the sentence point to"}
        raise ask_which(session, text, "task_type", answers, plan.target)


def reconsider(session: Session, task: Task, table: Table, profile: Profile, target: TargetProfile) -> Task:
    """Let the planner look at suspected leaks: exclusions may change, nothing else."""
    options = options_of(session)
    ask = Ask(
        plan_kind="TaskPlan",
        stage="task",
        round=1,
        attempt=1,
        sentence=session.request.sentence,
        options=options,
        profile=profile,
        task=task,
        target_profile=target,
    )

    def judge(plan: TaskPlan) -> tuple[Any, tuple[Finding, ...]]:
        found = check_task(plan, profile, options)
        same = (plan.target, plan.task_type, plan.metric) == (task.target, task.task_type, task.metric)
        if not same:
            found = (
                *found,
                Finding(
                    code="task-settled",
                    gate="schema",
                    path="/target",
                    message="Target, task type and metric are settled once the split is made; only exclusions may change.",
                    allowed=f"target {task.target!r}, task_type {task.task_type!r}, metric {task.metric!r}",
                ),
            )
        return None, found

    agreed = agree_on(session, ask, judge)
    return task.having(excluded=tuple(entry.to_excluded() for entry in agreed.plan.excluded))


def in_its_unit(session: Session, task: Task, known: Profile, target: TargetProfile) -> Task:
    """Return the task with the unit that estimators are fitted in: logarithms where metric and skew call for them."""
    least = known.of(task.target).minimum
    if task.metric not in IN_LOGARITHMS or task.target_transform != "none" or not isinstance(least, int | float):
        return task
    if least < 0 or target.skew is None or target.skew <= SKEWED:
        return task
    session.note(
        "task",
        f"Absolute and relative errors of a target that is never negative and has a skew of more than {SKEWED:g} are learned "
        "on its logarithm.",
        f"models are fitted on log1p of {task.target!r}",
        f"{task.metric} judges, no value is below {least:g}, and the skew of the training rows is {target.skew:.3g}.",
        skew=target.skew,
    )
    return task.having(target_transform="log1p")


def record(session: Session, task: Task) -> None:
    """Write the settled task into the record."""
    key = session.key("task", 1, task)
    session.run.step(key, "task", "task", lambda _: (task, {"task.json": canonical_json(task)}), shared=False)


def settle(sentence: str, plan: TaskPlan, table: Table, constraints: Constraints | None) -> Task:
    """Return the task that an accepted plan makes of a table."""
    metric = METRICS[plan.metric]
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    if plan.task_type != "regression":
        classes = targets.classes_of(table, plan.target, plan.task_type)
        if plan.task_type == "binary":
            named = targets.label_named(classes, plan.positive_class)
            positive = classes[-1] if named is None else named
    return Task(
        sentence=sentence,
        target=plan.target,
        task_type=plan.task_type,
        metric=plan.metric,
        greater_is_better=metric.greater_is_better,
        classes=classes,
        positive_class=positive,
        split=SplitSpec(kind=plan.split.kind, column=plan.split.column),
        excluded=tuple(entry.to_excluded() for entry in plan.excluded),
        target_transform="log1p" if plan.metric == "rmsle" else "none",
        constraints=constraints,
        confidence=plan.confidence,
        alternatives=plan.alternatives,
    )


def _is_unsure(plan: TaskPlan) -> bool:
    return plan.question is not None or plan.confidence < QUESTION_CONFIDENCE
