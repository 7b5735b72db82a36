"""Sections of the Markdown report for the reader who asks how it came about, how good it is, where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from planfit.records.insight import ClassInsight, NumberInsight
from planfit.records.task import Task
from planfit.report import cautions as said
from planfit.report.commands import repeat
from planfit.report.drawing.canvas import Plot
from planfit.report.escape import code, prose, table, text
from planfit.report.page.quality import source_of
from planfit.report.run_facts import RunFacts
from planfit.report.words import aligned, counted, figure, metric_name

MOST_BEWARE: Final = 4
MOST_CLASSES: Final = 30


def beware(facts: RunFacts) -> list[str]:
    """Return what to beware of, for the first screen."""
    if facts.delivered is None:
        return []
    found = said.cautions(facts)
    lines = [f"- {prose(sentence)}" for sentence in found[:MOST_BEWARE]]
    if len(found) > MOST_BEWARE:
        lines.append(f"- {counted(len(found) - MOST_BEWARE, 'more point')} under Limits.")
    return ["Beware:", "", *lines] if lines else []


def story(facts: RunFacts) -> list[str]:
    """Return the decisions in order, each with its entry in the trace."""
    if not facts.story:
        return []
    lines = [
        "## How it came about",
        "",
        "Every decision in order; the number is that of its entry in `trace.json`.",
        "",
    ]
    for told in facts.story:
        status = "" if told.status == "accepted" else f" ({told.status.replace('_', ' ')})"
        why = f" {prose(told.because)}" if told.because else ""
        lines.append(f"- **{told.id}** {text(told.by)}{status}: {prose(told.sentence)}{why}")
    return lines


def quality(facts: RunFacts, plots: Sequence[Plot]) -> list[str]:
    """Return the plots, and the tables of classes or of errors."""
    insight, task = facts.insight, facts.task
    if insight is None or task is None:
        return []
    shown = [plot for plot in plots if plot.name != "history" and not plot.name.startswith("dependence")]
    lines = ["## A closer look", "", f"On {source_of(insight)}."]
    for plot in shown:
        lines += ["", f"![{plot.title}](plots/{plot.name}.svg)", "", text(plot.caption)]
    if insight.classes is not None:
        lines += _classes(insight.classes, task)
    if insight.numbers is not None:
        lines += _deciles(insight.numbers)
    return lines


def slices(facts: RunFacts) -> list[str]:
    """Return the groups of rows on which the model is clearly worse."""
    found = facts.insight.slices if facts.insight is not None else None
    if found is None:
        return []
    looked = f"{counted(found.examined, 'group')} of rows were looked at, one column at a time, on {source_of(found)}."
    lines = ["## Where it fails", "", looked]
    if not found.worst:
        return [*lines, "", "None is worse than the rest beyond what chance explains."]
    measure = metric_name(found.measure)
    rows = [
        (f"{code(group.column)} {text(group.label)}", f"{group.rows:,}", figure(group.value),
         f"{figure(group.low)} to {figure(group.high)}")
        for group in found.worst
    ]  # fmt: skip
    return [
        *lines,
        "",
        f"Over all of them the {measure} is {figure(found.overall)}; these groups are worse by more than chance explains:",
        "",
        *table(("rows where", "rows", measure, "95% interval"), rows, right=(1, 2, 3)),
    ]


def pictures(plots: Sequence[Plot], start: str, title: str) -> list[str]:
    """Return plots whose names begin with `start`, under a title of their own."""
    shown = [plot for plot in plots if plot.name.startswith(start)]
    lines = [f"### {title}"] if shown else []
    for plot in shown:
        name = "" if start == plot.name else f"{code(plot.title)}: "
        lines += ["", f"![{start}](plots/{plot.name}.svg)", "", f"{name}{text(plot.caption)}"]
    return lines


def limits(facts: RunFacts) -> list[str]:
    """Return what the model and this report cannot do."""
    if facts.delivered is None:
        return []
    return ["## Limits", "", *(f"- {prose(sentence)}" for sentence in (*said.cautions(facts), *said.limits(facts)))]


def again(facts: RunFacts) -> list[str]:
    """Return how to repeat the run."""
    command, note = repeat(facts)
    lines = ["## To repeat the run", "", "```sh", command, "```", "", note]
    if facts.environment is not None:
        env = facts.environment
        libraries = ", ".join(f"{name} {version}" for name, version in env.libraries.items())
        lines += ["", text(f"planfit {env.planfit}, Python {env.python}, {env.platform}. {libraries}".strip())]
    return lines


def _classes(found: ClassInsight, task: Task) -> list[str]:
    ordered = sorted(found.classes, key=lambda row: row.f1 if row.f1 is not None else -1.0)[:MOST_CLASSES]
    rows = [
        (code(task.classes[row.of]), f"{row.rows:,}", f"{row.predicted:,}", _share(row.recall), _share(row.precision), _share(row.f1))
        for row in ordered
    ]  # fmt: skip
    heads = ("class", "rows", "predicted", "found (recall)", "right (precision)", "F1")
    lines = ["", "### Class by class, the weakest first", "", *table(heads, rows, right=range(1, 6))]
    if found.confusion:
        body = [
            (code(task.classes[place]), *(f"{rows_:,}" for rows_ in row)) for place, row in enumerate(found.confusion)
        ]
        head = ("true, across: predicted", *(code(label) for label in task.classes))
        lines += ["", "### Confusion", "", *table(head, body, right=range(1, len(head)))]
    if found.confused and len(task.classes) > 2:
        pairs = [
            (code(task.classes[pair.true]), code(task.classes[pair.predicted]), f"{pair.rows:,}", f"{pair.share:.1%}")
            for pair in found.confused
        ]
        lines += ["", "### Confused most often", ""]
        lines += table(("true", "taken for", "rows", "of the class"), pairs, right=(2, 3))
    return lines


def _deciles(found: NumberInsight) -> list[str]:
    largest = max(part.error for part in found.deciles)
    rows = [
        (
            f"{figure(part.low)} to {figure(part.high)}",
            f"{part.rows:,}",
            aligned(part.error, largest),
            aligned(part.bias, largest),
        )
        for part in found.deciles
    ]
    told = f"Half of the predictions are less than {figure(found.median_error)} off, nine of ten less than {figure(found.most_errors)}."
    head = ("predicted", "rows", "mean error", "prediction less truth")
    return ["", "### Error by predicted value", "", told, "", *table(head, rows, right=(1, 2, 3))]


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"
