"""The report as Markdown: first for a reader who is not technical, then the rest."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Final

from planfit.records.schema import Excluded
from planfit.records.task import Task, Threshold
from planfit.report import sections, telling, words
from planfit.report.drawing.canvas import Plot
from planfit.report.escape import code, codes, prose, table, text
from planfit.report.run_facts import RunFacts
from planfit.report.words import counted, figure

MOST_ALIKE: Final = 10
"""Columns named of those that stay out for the same reason."""
MOST_WARNINGS: Final = 100


def render(facts: RunFacts, plots: Sequence[Plot] = ()) -> str:
    """Return the report of a run. Apart from times, equal facts give equal text.

    Parameters
    ----------
    facts : RunFacts
    plots : sequence of Plot
        Those that were drawn; they stand in ``plots/`` beside the report.
    """
    parts: list[Callable[[RunFacts], list[str]]] = [
        _title,
        telling.beware,
        _task,
        _data,
        telling.story,
        _scores,
        lambda facts: telling.quality(facts, plots),
        telling.slices,
        sections.importance,
        lambda _: telling.pictures(plots, "dependence", "How predictions move with the first columns"),
        sections.features,
        sections.models,
        sections.leaderboard,
        sections.history,
        lambda _: telling.pictures(plots, "history", "Search history"),
        sections.time_spent,
        telling.limits,
        sections.use,
        telling.again,
        sections.files,
    ]
    lines: list[str] = []
    for part in parts:
        made = part(facts)
        if made:
            lines += [*made, ""]
    return "\n".join(lines).rstrip() + "\n"


def _title(facts: RunFacts) -> list[str]:
    head = f"# {text(facts.request.sentence)}"
    sentences = [_what(facts), _how_good(facts), _delivered(facts)]
    return [head, "", " ".join(sentence for sentence in sentences if sentence)]


def _what(facts: RunFacts) -> str:
    task, data = facts.task, facts.data
    if task is None:
        return "The run has not settled yet what is to be predicted."
    about = ""
    if data is not None:
        inputs = sum(column.role == "input" for column in data.columns)
        about = f" from {counted(inputs, 'column')} of {text(data.ref.origin)} ({counted(data.rows, 'row')})"
    what = words.TASKS[task.task_type]
    if task.task_type == "binary":
        what = f"{what} ({' or '.join(code(label) for label in task.classes)})"
    return f"The model predicts {code(task.target)}, {what}{',' if about else ''}{about}."


def _how_good(facts: RunFacts) -> str:
    task, chosen, floor = facts.task, facts.chosen, facts.baseline
    if task is None or chosen is None:
        return "No model has been delivered yet."
    name, held = words.metric_name(task.metric), facts.holdout
    value = held.value if held is not None else (facts.cv or chosen.score).value
    if held is not None:
        where = f"On {counted(held.rows, 'row')} that nothing had seen"
        interval = f" ({held.confidence:.0%} interval {figure(held.low)} to {figure(held.high)})"
    else:
        where, interval = "In cross-validation", ""
    reached = f"{where} its {name} is **{figure(value)}**{interval}"
    if floor is None:
        return reached + "."
    if chosen.spec.id == floor.spec.id:
        return f"{reached}: nothing was found that beats guessing without looking at any column."
    grade = words.grade(value, floor.score.value, task.greater_is_better)
    return f"{reached}, {grade} the {figure(floor.score.value)} of guessing without looking at any column."


def _delivered(facts: RunFacts) -> str:
    delivered = facts.delivered
    if delivered is None:
        return ""
    members = [(facts.candidate(name), weight) for name, weight in delivered.members]
    families = [f"{code(found.spec.family)} ({weight:.0%})" for found, weight in members if found is not None]
    what = f"a single model of family {code(delivered.family)}"
    if len(delivered.members) > 1:
        what = f"an ensemble of {len(delivered.members)} models: {', '.join(families)}"
    return f"Delivered is {what}, {words.how_fitted(delivered)}."


def _task(facts: RunFacts) -> list[str]:
    task = facts.task
    if task is None:
        return []
    rows = [
        ("target", code(task.target)),
        ("to be predicted", words.TASKS[task.task_type]),
        ("metric", f"{words.metric_name(task.metric)} ({code(task.metric)}). {_metric(task.metric)}"),
        ("better is", "greater" if task.greater_is_better else "smaller"),
    ]
    if task.classes:
        rows.append(("classes", codes(task.classes)))
    if task.positive_class is not None:
        rows.append(("the event (positive class)", code(task.positive_class)))
    if task.weight is not None:
        rows.append(("row weights", f"{code(task.weight)}, in every fit and score; no model uses it"))
    if task.target_transform != "none":
        rows.append(("models are fitted on", f"the {task.target_transform} of the target; predictions are in its unit"))
    if facts.split is not None:
        rows.append(("how rows were divided", text(facts.split.rule)))
    if task.constraints is not None:
        rows.append(("asked of the run", text("; ".join(task.constraints.in_words()))))
    if task.alternatives:
        rows.append(("certainty of the target", f"{task.confidence:.0%}"))
    lines = ["## The task as understood", "", *table(("", ""), rows)]
    if facts.task_rationale:
        lines += ["", f"Why: {prose(facts.task_rationale)}"]
    return [*lines, *_alternatives(task), *_excluded(task.excluded)]


def _alternatives(task: Task) -> list[str]:
    """Return the columns that the sentence might mean, where there is a second."""
    if len(task.alternatives) < 2:
        return []
    rows = [(code(entry.target), figure(entry.score), prose(entry.evidence)) for entry in task.alternatives]
    return [
        "",
        "Columns that the sentence might mean:",
        "",
        *table(("column", "score", "what speaks for it"), rows, right=(1,)),
    ]


def _metric(metric: str) -> str:
    return words.METRIC_SENTENCES.get(metric, "")


def _excluded(excluded: tuple[Excluded, ...]) -> list[str]:
    if not excluded:
        return ["", "No column was left out."]
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in excluded:
        groups.setdefault((entry.code, entry.reason), []).append(entry.name)
    rows: list[tuple[str, str, str, str]] = []
    for (kind, reason), names in groups.items():
        told = (words.EXCLUSIONS[kind], prose(reason))
        if len(names) > MOST_ALIKE:
            some = ", ".join(code(name) for name in names[:MOST_ALIKE])
            rows.append((f"{some} and {len(names) - MOST_ALIKE:,} more", *told, _undo("NAME", kind)))
            continue
        rows += [(code(name), *told, _undo(name, kind)) for name in names]
    return ["", "Columns that no model may use:", "", *table(("column", "what", "why", "to undo it"), rows)]


def _undo(name: str, kind: str) -> str:
    if kind == "asked":
        return "leave it out of `--exclude` and of the sentence"
    if kind == "split":
        return "choose another `--split`"
    if kind in ("constant", "empty"):
        return "nothing to undo: it says nothing"
    return code(f"--include {shlex.quote(name)}")


def _data(facts: RunFacts) -> list[str]:
    data = facts.data
    if data is None:
        return []
    kinds = sorted({column.kind for column in data.columns}, key=list(type(data.columns[0].kind)).index)
    rows = []
    for kind in kinds:
        some = [column for column in data.columns if column.kind == kind]
        rows.append((kind.value, str(len(some)), codes(column.name for column in some)))
    lines = [
        "## The data",
        "",
        f"{text(data.ref.origin)}: {counted(data.rows, 'row')}, {counted(len(data.columns), 'column')}, "
        f"{counted(data.duplicate_rows, 'duplicate row')}.",
        "",
        *table(("kind", "columns", "which"), rows, right=(1,)),
    ]
    gaps = sorted((column for column in data.columns if column.missing), key=lambda column: -column.missing)
    if gaps:
        shown = ", ".join(f"{code(gap.name)} {gap.missing / max(1, data.rows):.1%}" for gap in gaps[:10])
        more = f" and {len(gaps) - 10} more columns" if len(gaps) > 10 else ""
        lines += ["", f"Missing values: {shown}{more}."]
    else:
        lines += ["", "No value is missing."]
    personal = [column for column in data.columns if column.personal]
    if personal:
        named = ", ".join(f"{code(column.name)} ({text(column.personal)})" for column in personal)
        lines += ["", f"These columns look personal, so their values are not shown here: {named}."]
    if facts.warnings:
        lines += ["", "Warnings:", "", *(f"- {text(warning)}" for warning in facts.warnings[:MOST_WARNINGS])]
        if len(facts.warnings) > MOST_WARNINGS:
            lines.append(
                f"- and {counted(len(facts.warnings) - MOST_WARNINGS, 'more warning')}, all of them in `profile.json`"
            )
    return lines


def _scores(facts: RunFacts) -> list[str]:
    task, chosen, held = facts.task, facts.chosen, facts.holdout
    if task is None or chosen is None:
        return []
    name = words.metric_name(task.metric)
    rows = []
    if facts.baseline is not None:
        score = facts.baseline.score
        rows.append(("baseline", words.spread(score.value, score.std), "guessing without looking at any column"))
    score = facts.cv or chosen.score
    note = f"{len(chosen.folds)} folds, {counted(score.rows, 'row')}" if score.rows else f"{len(chosen.folds)} folds"
    rows.append(("cross-validated", words.spread(score.value, score.std), note))
    if held is not None:
        interval = f"{held.confidence:.0%} interval {figure(held.low)} to {figure(held.high)}"
        rows.append(("holdout", figure(held.value), f"{interval}; {counted(held.rows, 'row')}"))
        rows.append(
            (
                "optimism",
                words.signed(facts.optimism or 0.0, held.value),
                "cross-validated against holdout; positive: flattering",
            )
        )
    lines = [f"## How good it is ({name})", "", _metric(task.metric), "", *table(("", name, ""), rows, right=(1,)), ""]
    return [*lines, *_scored(facts)]


def _scored(facts: RunFacts) -> list[str]:
    held, delivered, chosen = facts.holdout, facts.delivered, facts.chosen
    lines = []
    if held is not None and delivered is not None:
        which = words.STAND_INS.get(held.scored, "a model fitted on all rows but the holdout")
        times = "once, by this run" if held.opening == 1 else f"{held.opening} times, so it is no longer untouched"
        lines.append(
            f"- The holdout scored {which} of {code(delivered.candidate)}; it has been opened {times}. "
            "It had no say in any choice."
        )
    elif (other := facts.holdout_of_another) is not None and delivered is not None:
        lines.append(
            f"- The holdout was opened for {code(other.candidate or '')}, which the run had chosen, and gave it "
            f"{figure(other.value)}; it was not opened again for {code(delivered.candidate)}."
        )
    elif facts.split is not None and facts.split.holdout_rows:
        lines.append("- The holdout stayed closed: it is opened only in a run that ends by itself.")
    else:
        lines.append("- There is no holdout; the cross-validated score is all there is.")
    if chosen is not None and chosen.score.label == "selection":
        lines.append(
            "- The cross-validated score also served to choose, so it flatters a little; "
            "the holdout is the figure to quote."
            if held is not None
            else "- The cross-validated score also served to choose, so it flatters a little."
        )
    if delivered is not None:
        lines.append(f"- Delivered is {code(delivered.candidate)}. {prose(delivered.because)}".rstrip())
    if delivered is not None and delivered.threshold is not None and facts.task is not None:
        lines.append(f"- {_threshold(delivered.threshold, facts.task)}")
    return lines


def _threshold(chosen: Threshold, task: Task) -> str:
    """Return how the model gets from probabilities to a class."""
    if not isinstance(chosen, tuple):
        return f"It predicts {code(task.positive_class)} from a probability of {figure(chosen)}, not of 0.5."
    weights = ", ".join(f"{code(label)} {figure(weight)}" for label, weight in zip(task.classes, chosen, strict=True))
    return f"Before the likeliest class is taken, so that rare ones count, each probability is multiplied: {weights}."
