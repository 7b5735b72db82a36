"""The expert's TaskPlan: target, task type, metric, positive class, split and exclusions, with the figures behind each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from planfit.planners.base import Ask
from planfit.planners.expert.constraints import Wishes, wishes
from planfit.planners.expert.naming import plainly_named
from planfit.planners.expert.rules import Rule, rule
from planfit.planners.expert.sentence import Sentence, read
from planfit.planners.expert.split import split_of
from planfit.planners.expert.target import Choice, Scored, choose, values_of
from planfit.planners.expert.words import EVENT_WORDS, stem, tokens
from planfit.records.profile import ColumnProfile, Profile
from planfit.records.schema import Kind
from planfit.records.task import Task, TaskType
from planfit.settings import QUESTION_CONFIDENCE

FEW_NUMBERS = 20
"""Whole numbers with at most this many distinct values may be classes."""
CLEARLY = 0.75
"""Confidence from which a target that the sentence names is held against another that was given."""
CODES = 3
"""Whole numbers with at most this many distinct values are classes unless the sentence asks for a number."""
LIKELY_ENOUGH = 0.4
"""A column whose score is a smaller share of the best is not named in a question."""
HARDLY = 0.12
"""A score that comes from a column's place alone."""
MOST_ALTERNATIVES = 5
MOST_SAID = 8
"""Suspects that a rationale names."""
DEFAULT_METRICS: dict[TaskType, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
METRICS_OF: dict[TaskType, frozenset[str]] = {
    "binary": frozenset(
        {"roc_auc", "average_precision", "log_loss", "accuracy", "balanced_accuracy", "f1", "f1_macro", "mcc", "brier"}
    ),
    "multiclass": frozenset({"log_loss", "accuracy", "balanced_accuracy", "f1_macro", "mcc", "roc_auc"}),
    "regression": frozenset({"rmse", "mae", "rmsle", "mape", "r2"}),
}
JsonDict = dict[str, Any]


@dataclass(frozen=True)
class ExclusionView:
    """One column that might have to stay out."""

    profile: Profile
    stats: ColumnProfile
    target: str
    ignored: tuple[str, ...]
    """Columns that the sentence asks to leave out."""
    asked: tuple[str, ...]
    """Columns that an option leaves out."""


def task_plan(ask: Ask) -> JsonDict:
    """Return the TaskPlan for `ask`; with a settled task and target figures, one that changes exclusions only."""
    if ask.task is not None and ask.target_profile is not None:
        return _second_plan(ask, ask.task)
    wanted = wishes(ask.sentence, ask.profile.names, families=ask.families)
    sentence = read(wanted.rest, ask.profile.names)
    choice = _choice(ask, sentence, wanted)
    best = choice.ranked[0]
    confidence = 1.0 if ask.options.target is not None else choice.confidence
    stats = ask.profile.of(best.name) if best.name in ask.profile.names else None
    task_type, type_because = task_type_of(stats, sentence, ask.options.task_type, ask.options.metric)
    metric, metric_because = metric_of(task_type, sentence, stats, ask.options.metric)
    split, split_because = split_of(ask, sentence, best.name, task_type)
    excluded = exclusions(ask, wanted.ignored, best.name, split)
    positive, positive_because = positive_class(ask.profile, task_type, sentence, stats, ask.options.positive_class)
    plan: JsonDict = {
        "target": best.name,
        "task_type": task_type,
        "metric": metric,
        "positive_class": positive,
        "split": split,
        "excluded": excluded,
        "confidence": confidence,
        "alternatives": alternatives(choice),
        "constraints": wanted.constraints or None,
        "notes": notes(ask, wanted, sentence, plan_target=best.name, metric=metric),
    }
    if confidence < QUESTION_CONFIDENCE:
        plan["question"] = question(ask.profile, choice, sentence)
    target_because = "was given" if ask.options.target is not None else _because(best)
    sentences = [
        f"Target `{best.name}`: {target_because}.",
        type_because,
        metric_because,
        positive_because,
        split_because,
    ]
    sentences += [f"`{entry['name']}` stays out: {entry['reason']}." for entry in excluded[:5]]
    if len(excluded) > 5:
        sentences.append(f"{len(excluded) - 5} more columns stay out, each with its reason.")
    plan["rationale"] = " ".join(part for part in sentences if part)
    return plan


def _choice(ask: Ask, sentence: Sentence, wanted: Wishes) -> Choice:
    if ask.options.target is not None:
        given = ask.options.target
        name = given if given in ask.profile.names else next(
            (name for name in ask.profile.names if name.strip() == given.strip()), given
        )  # fmt: skip
        return Choice((Scored(name, 1.0, ("it was given",)),), 1.0)
    # where the sentence leaves out every column, it names none to be predicted
    without = wanted.ignored if set(wanted.ignored) < set(ask.profile.names) else ()
    return choose(ask.profile, sentence, without)


def notes(ask: Ask, wanted: Wishes, sentence: Sentence, *, plan_target: str, metric: str) -> list[str]:
    """Return what the sentence asks and an option or the table contradicts; the option wins."""
    found = [
        f"The sentence asks to leave out {name!r}, and the table has no such column; nothing is left out for it."
        for name in wanted.strange
    ]
    for name in wanted.ignored:
        if name == plan_target and ask.options.target is not None:
            found.append(f"The sentence asks to leave out {name!r}, which --target names; it is predicted.")
        elif name in ask.options.include:
            found.append(f"The sentence asks to leave out {name!r}, which --include keeps; it stays in.")
    if ask.options.target is not None and plan_target in ask.profile.names:
        meant = choose(ask.profile, sentence)
        if meant.confidence >= CLEARLY and meant.ranked[0].name != plan_target:
            found.append(
                f"The sentence seems to ask for {meant.ranked[0].name!r}, and --target says {plan_target!r}; "
                f"{plan_target!r} is predicted."
            )
    hinted = [hint for hint in sentence.metrics if hint != metric]
    if ask.options.metric is not None and hinted and metric not in sentence.metrics:
        found.append(f"The sentence asks for {hinted[0]}, and --metric says {metric}; {metric} is used.")
    return found


def _because(best: Scored) -> str:
    return (
        f"score {best.score:.2f}, since {'; '.join(best.evidence)}" if best.evidence else "nothing speaks for another"
    )


def alternatives(choice: Choice) -> list[JsonDict]:
    """Return the best columns with score and evidence, the chosen one first."""
    kept = [entry for entry in choice.ranked if entry.score >= 0.05][:MOST_ALTERNATIVES] or list(choice.ranked[:1])
    return [
        {"target": entry.name, "score": entry.score, "evidence": "; ".join(entry.evidence) or "no evidence"}
        for entry in kept
    ]


def question(profile: Profile, choice: Choice, sentence: Sentence) -> str:
    """Return the one question to the user, naming the ranked alternatives; a column that cannot be it is said to be none."""
    least = LIKELY_ENOUGH * choice.ranked[0].score
    shown = [f"`{entry.name}`" for entry in choice.ranked[:3] if entry.evidence and entry.score >= max(least, HARDLY)]
    asks = "Which column should be predicted?"
    unfit = _named_but_unfit(profile, sentence)
    if unfit is not None:
        asks = f"{unfit} {asks}"
    if not shown or choice.ranked[0].score < HARDLY:
        return f"{asks} {'No other' if unfit else 'No'} column is named in the sentence."
    if len(shown) == 1:
        return f"{asks} {shown[0]} is the likeliest, on weak evidence."
    return f"{asks[:-1]}: {', '.join(shown[:-1])} or {shown[-1]}?"


def _named_but_unfit(profile: Profile, sentence: Sentence) -> str | None:
    """Return why a column that the sentence plainly names is no target."""
    for stats in profile.statistics:
        name = stats.name
        if stats.kind not in (Kind.CONSTANT, Kind.IDENTIFIER, Kind.TEXT, Kind.DATETIME) and stats.n_unique > 1:
            continue
        if plainly_named(name, sentence):
            return f"`{name}` {_WHY_UNFIT.get(stats.kind, 'has one value in all its rows')}: it cannot be predicted."
    return None


_WHY_UNFIT = {
    Kind.IDENTIFIER: "is different in every row",
    Kind.TEXT: "is free text",
    Kind.DATETIME: "holds dates",
}


def task_type_of(
    stats: ColumnProfile | None, sentence: Sentence, given: TaskType | None = None, metric: str | None = None
) -> tuple[TaskType, str]:
    """Return the task type by kind, number of distinct values, a given metric and the form of the sentence."""
    if given is not None:
        return given, f"Task type {given}: was given."
    if stats is None:
        return "regression", ""
    distinct = f"`{stats.name}` has {stats.n_unique} distinct values"
    if stats.n_unique == 2 or stats.kind is Kind.BOOLEAN:
        return "binary", f"Binary: {distinct}."
    if stats.kind is not Kind.NUMERIC:
        return "multiclass", f"Multiclass: {distinct} of kind {stats.kind}."
    if stats.integers and stats.n_unique <= FEW_NUMBERS:
        kinds = [kind for kind, metrics in METRICS_OF.items() if metric in metrics and kind != "binary"]
        if len(kinds) == 1:
            return kinds[0], f"{kinds[0].capitalize()}: {distinct}, and the metric {metric} judges that."
        if sentence.wants == "class":
            return "multiclass", f"Multiclass: {distinct}, all whole numbers, and the sentence asks for a class."
        if sentence.wants is None and stats.n_unique <= CODES:
            return "multiclass", f"Multiclass: {distinct}, all whole numbers: codes of classes."
        asked = "the sentence asks for a number" if sentence.wants == "number" else "their order carries meaning"
        return (
            "regression",
            f"Regression: {distinct}, whole numbers from {stats.minimum} to {stats.maximum}, and {asked}.",
        )
    return "regression", f"Regression: {distinct}, numbers from {stats.minimum} to {stats.maximum}."


def metric_of(
    task_type: TaskType, sentence: Sentence, stats: ColumnProfile | None, given: str | None
) -> tuple[str, str]:
    """Return the metric: the user's, else the first that the sentence hints at and the task allows, else the default."""
    if given is not None:
        return given, f"Metric {given}: was given."
    for metric in sentence.metrics:
        fits = "f1_macro" if metric == "f1" and task_type == "multiclass" else metric
        negative = stats is not None and isinstance(stats.minimum, int | float) and stats.minimum < 0
        if fits in METRICS_OF[task_type] and not (fits in ("rmsle", "mape") and negative):
            return fits, f"Metric {fits}: the sentence asks for it."
    default = DEFAULT_METRICS[task_type]
    return default, f"Metric {default}: the default for {task_type} tasks."


def positive_class(
    profile: Profile, task_type: TaskType, sentence: Sentence, stats: ColumnProfile | None, given: str | None
) -> tuple[str | None, str]:
    """Return the class that counts as the event: named in the sentence, a word for the event, else the rarer one."""
    if task_type != "binary":
        return None, ""
    if given is not None:
        return given, f"Positive class {given!r}: was given."
    values = values_of(profile, stats.name) if stats is not None else ()
    if stats is None or not values:
        top = stats.maximum if stats is not None else None
        return (None, "") if top is None else (_plain(top), f"Positive class {_plain(top)!r}: the larger value.")
    said = {word.stem for word in sentence.words}
    named = [value for value, _ in values if len(value) >= 3 and all(stem(part) in said for part in tokens(value))]
    if len(named) == 1 and named[0].lower() not in ("no", "not"):
        return named[0], f"Positive class {named[0]!r}: the sentence names it."
    events = [value for value, _ in values if value.strip().lower() in EVENT_WORDS or _event_initial(value, sentence)]
    if len(events) == 1:
        return events[0], f"Positive class {events[0]!r}: it says that the event happened."
    rarer, count = min(values, key=lambda entry: entry[1])
    return rarer, f"Positive class {rarer!r}: the rarer one, {count} rows."


def _event_initial(value: str, sentence: Sentence) -> bool:
    """Say whether a one-letter value stands for a listed option that names an event: p for poisonous."""
    low = value.strip().lower()
    return len(low) == 1 and any(option[0] == low and option in EVENT_WORDS for option in sentence.options)


def _plain(value: float | str) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@rule("exclusions/asked")
def asked_by_the_user(view: ExclusionView) -> Iterator[JsonDict]:
    """A column that the user wants ignored stays out."""
    name = view.stats.name
    if name in view.asked:
        yield {"name": name, "code": "asked", "reason": "asked by the user"}
    elif name in view.ignored:
        yield {"name": name, "code": "asked", "reason": "the sentence asks to leave it out"}


@rule("exclusions/empty")
def empty_columns(view: ExclusionView) -> Iterator[JsonDict]:
    """A column without a single value says nothing."""
    if view.stats.missing >= view.profile.rows:
        yield {"name": view.stats.name, "code": "empty", "reason": f"all {view.profile.rows} rows are missing"}


@rule("exclusions/constant")
def constant_columns(view: ExclusionView) -> Iterator[JsonDict]:
    """A column that is the same in every row says nothing."""
    stats = view.stats
    if stats.missing < view.profile.rows and (
        stats.kind is Kind.CONSTANT or (stats.n_unique <= 1 and not stats.missing)
    ):
        shown = f" ({stats.top[0].value!r})" if stats.top and not stats.personal else ""
        rows = view.profile.rows - stats.missing
        yield {"name": stats.name, "code": "constant", "reason": f"one value{shown} in all {rows} rows that have one"}


@rule("exclusions/identifier")
def identifiers(view: ExclusionView) -> Iterator[JsonDict]:
    """An identifier tells rows apart and nothing else; a model would learn them by heart."""
    stats, rows = view.stats, view.profile.rows
    if stats.kind is Kind.IDENTIFIER:
        reason = f"{stats.n_unique} distinct values in {rows - stats.missing} rows: it numbers the rows"
        yield {"name": stats.name, "code": "identifier", "reason": reason}


@rule("exclusions/duplicate")
def duplicate_columns(view: ExclusionView) -> Iterator[JsonDict]:
    """A column equal to another says nothing that the other does not."""
    first = view.profile.copies.get(view.stats.name)
    if first is not None and first != view.target:
        reason = f"equal to `{first}` in all {view.profile.rows} rows"
        yield {"name": view.stats.name, "code": "duplicate", "reason": reason}


EXCLUSION_RULES: tuple[Rule[ExclusionView, JsonDict], ...] = (
    asked_by_the_user,
    empty_columns,
    constant_columns,
    identifiers,
    duplicate_columns,
)


def exclusions(ask: Ask, ignored: tuple[str, ...], target: str, split: JsonDict) -> list[JsonDict]:
    """Return the columns that stay out, each once with the first reason found."""
    found: list[JsonDict] = []
    for stats in ask.profile.statistics:
        if stats.name in (target, split["column"], *ask.options.include):
            continue
        view = ExclusionView(ask.profile, stats, target, ignored, ask.options.exclude)
        reasons = [entry for each in EXCLUSION_RULES for entry in each(view)]
        found += reasons[:1]
    return found


def _second_plan(ask: Ask, task: Task) -> JsonDict:
    """Return the settled task with what the training rows showed to be leaks left out."""
    leaks = ask.target_profile.leaks if ask.target_profile is not None else ()
    out = {entry.name for entry in task.excluded}
    excluded = [entry.to_json() for entry in task.excluded]
    divides = task.split.column if task.split.kind == "group" else None  # no model sees it
    left = [name for name in ask.profile.names if name not in out and name not in (task.target, divides)]
    says: list[str] = []
    for finding in leaks:
        for name in finding.columns:
            if name in out or name not in left:
                continue
            if name in ask.options.include:
                says.append(f"`{name}` is kept because the user wants it; {finding.message.rstrip('.')}.")
            elif not finding.refuses:
                says.append(f"`{name}` is kept, but suspected: {finding.message.rstrip('.')}.")
            elif len(left) == 1:
                says.append(f"`{name}` looks like a leak ({finding.message.rstrip('.')}), but nothing else is left.")
            else:
                excluded.append({"name": name, "code": "leak", "reason": finding.message.rstrip(".")})
                says.append(f"`{name}` stays out: {finding.message.rstrip('.')}.")
                left.remove(name)
                out.add(name)
    rows = ask.target_profile.rows if ask.target_profile is not None else 0
    more = [f"{len(says) - MOST_SAID} more suspects are judged in the same way."] if len(says) > MOST_SAID else []
    summary = f"Target, type, metric and split stay as settled; {rows} training rows were looked at for leaks."
    return {
        "target": task.target,
        "task_type": task.task_type,
        "metric": task.metric,
        "positive_class": None if task.positive_class is None else label_text(task.positive_class),
        "split": task.split.to_json(),
        "excluded": excluded,
        "confidence": 1.0,
        "alternatives": [],
        "rationale": " ".join([summary, *(says[:MOST_SAID] or ["None was found."]), *more]),
    }


def label_text(label: bool | int | float | str) -> str:
    """Return a label in its canonical text: ``1`` for 1.0, ``true`` for True."""
    if isinstance(label, bool):
        return "true" if label else "false"
    return _plain(label) if isinstance(label, float) else str(label)
