"""How good the model is beyond one figure: curves, confusion, classes, deciles, where it fails."""

from __future__ import annotations

from typing import Final

from planfit.records.insight import ClassInsight, Insight, NumberInsight, SliceInsight
from planfit.records.task import Task
from planfit.report import words
from planfit.report.drawing.canvas import Plot
from planfit.report.html import Html, code, el, joined, table
from planfit.report.page.frames import figures
from planfit.report.run_facts import RunFacts
from planfit.report.words import aligned, counted, figure, metric_name

MOST_CLASSES: Final = 40
SOURCES: Final = {
    "holdout": "the {rows} of the holdout, which nothing had seen",
    "out_of_fold": "{rows} of the training part, each predicted by models that had not seen it",
}

WITHIN: Final = {
    "roc_auc": " Within a group the model ranks only by what differs inside it, so a group cut along an important column is "
    "weaker by nature.",
}


def quality(facts: RunFacts, plots: list[Plot]) -> Html | None:
    """Return the scores side by side, the plots of the task, and its tables."""
    if facts.task is None or facts.chosen is None:
        return None
    insight = facts.insight
    body: list[object] = [el("h2", "How good it is", id="quality"), _scores(facts, facts.task)]
    if insight is not None:
        body.append(el("p", f"Drawn from {source_of(insight)}.", class_="faint"))
    body.append(figures(plots))
    if insight is not None and insight.classes is not None:
        body.append(_classes(insight.classes, facts.task))
    if insight is not None and insight.numbers is not None:
        body.append(_deciles(insight.numbers))
    return el("section", body)


def source_of(insight: Insight | SliceInsight) -> str:
    """Return which rows figures come from."""
    return SOURCES[insight.source].format(rows=counted(insight.rows, "row"))


def slices(facts: RunFacts) -> Html | None:
    """Return the groups of rows on which the model is clearly worse."""
    found = facts.insight.slices if facts.insight is not None else None
    if found is None or facts.task is None:
        return None
    looked = f"{counted(found.examined, 'group')} of rows were looked at, one column at a time, on {source_of(found)}."
    head = [el("h2", "Where it fails", id="slices")]
    if not found.worst:
        return el("section", head, el("p", f"{looked} None is worse than the rest beyond what chance explains."))
    measure = metric_name(found.measure)
    means = ("came true", "predicted") if facts.task.task_type == "binary" else ("mean", "predicted")
    shown = all(group.observed is not None for group in found.worst)
    rows = [
        (joined([code(group.column, 40), f" {group.label}"]), f"{group.rows:,}", figure(group.value),
         f"{figure(group.low)} to {figure(group.high)}",
         *((_mean(facts.task, group.observed), _mean(facts.task, group.predicted)) if shown else ()))
        for group in found.worst
    ]  # fmt: skip
    heads = ("rows where", "rows", measure, "95 % interval", *(means if shown else ()))
    places = tuple(range(1, len(heads)))
    return el(
        "section",
        head,
        el("p", f"{looked} Over all of them the {measure} is ", el("b", figure(found.overall)), "; these groups are worse, and by more than "
           f"chance explains{', the weakest first. They may overlap' if len(found.worst) > 1 else ''}.{WITHIN.get(found.measure, '')}"),
        table(heads, rows, right=places, extra=places[3:]),
    )  # fmt: skip


def _mean(task: Task, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if task.task_type == "binary" else figure(value)


def _scores(facts: RunFacts, task: Task) -> Html:
    rows: list[tuple[object, ...]] = []
    if facts.baseline is not None:
        score = facts.baseline.score
        rows.append(("guessing", words.spread(score.value, score.std), "the baseline: no column is looked at"))
    chosen, held = facts.chosen, facts.holdout
    assert chosen is not None  # the caller looked
    score = facts.cv or chosen.score
    note = f"{counted(len(chosen.folds), 'fold')}; it also served to choose, so it flatters a little"
    rows.append(("cross-validated", words.spread(score.value, score.std), note))
    if held is not None:
        told = f"{held.confidence:.0%} interval {figure(held.low)} to {figure(held.high)}; {counted(held.rows, 'row')}"
        rows.append((el("b", "holdout"), el("b", figure(held.value)), f"{told}; the figure to quote"))
        rows.append(
            (
                "optimism",
                words.signed(facts.optimism or 0.0, held.value),
                "cross-validated against holdout; positive: flattering",
            )
        )
    return table(("", metric_name(task.metric), ""), rows, right=(1,))


def _classes(found: ClassInsight, task: Task) -> Html:
    return joined([_confusion(found, task), _per_class(found, task), _confused(found, task)])


def _confusion(found: ClassInsight, task: Task) -> Html | None:
    if not found.confusion:
        return None
    labels = [code(label, 24) for label in task.classes]
    totals = [max(1, sum(row)) for row in found.confusion]
    body = []
    for place, row in enumerate(found.confusion):
        cells = []
        for other, rows in enumerate(row):
            share = rows / totals[place]
            colour = "--series-1" if other == place else "--series-2"
            style = f"background:color-mix(in srgb, var({colour}) {100 * share * 0.62:.0f}%, transparent)"
            cells.append(el("td", f"{rows:,}", el("small", _whole(share)), style=style))
        body.append(el("tr", el("th", labels[place], scope="row"), cells))
    top = el("tr", el("th", "true ↓  predicted →"), [el("th", label, scope="col") for label in labels])
    rule = "The likeliest class is predicted."
    if found.threshold is not None:
        rule = f"Predicted positive from a chance of {found.threshold:.2f}."
    return joined([
        el("h3", "Confusion"),
        el("p", f"{rule} Shares are of the rows of the true class.", class_="faint small"),
        el("div", el("table", el("thead", top), el("tbody", body)), class_="wide matrix"),
    ])  # fmt: skip


def _whole(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _per_class(found: ClassInsight, task: Task) -> Html:
    ordered = sorted(found.classes, key=lambda row: row.f1 if row.f1 is not None else -1.0)[:MOST_CLASSES]
    areas = {curve.of: curve.area for curve in found.roc}
    rows = [
        (code(task.classes[row.of], 40), f"{row.rows:,}", f"{row.predicted:,}", _share(row.recall), _share(row.precision), _share(row.f1),
         "" if areas.get(row.of) is None else f"{areas[row.of]:.3f}")
        for row in ordered
    ]  # fmt: skip
    heads = ("class", "rows", "predicted", "found (recall)", "right (precision)", "F1", "ROC AUC")
    left = len(found.classes) - len(rows)
    return joined([
        el("h3", "Class by class, the weakest first"),
        table(heads, rows, right=range(1, 7), extra=(2, 6)),
        el("p", f"{left} more classes do better.", class_="faint small") if left > 0 else None,
    ])  # fmt: skip


def _confused(found: ClassInsight, task: Task) -> Html | None:
    if not found.confused or len(task.classes) <= 2:
        return None
    rows = [
        (
            code(task.classes[pair.true], 40),
            code(task.classes[pair.predicted], 40),
            f"{pair.rows:,}",
            f"{pair.share:.1%}",
        )
        for pair in found.confused
    ]
    return joined(
        [el("h3", "Confused most often"), table(("true", "taken for", "rows", "of the class"), rows, right=(2, 3))]
    )


def _deciles(found: NumberInsight) -> Html:
    largest = max(part.error for part in found.deciles)
    rows = [
        (f"{figure(part.low)} to {figure(part.high)}", f"{part.rows:,}", aligned(part.error, largest),
         _signed(part.bias, largest))
        for part in found.deciles
    ]  # fmt: skip
    return joined([
        el("h3", "Error by predicted value"),
        table(("predicted", "rows", "mean error", "prediction less truth"), rows, right=(1, 2, 3)),
    ])  # fmt: skip


def _signed(value: float, largest: float) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{aligned(abs(value), largest)}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"
