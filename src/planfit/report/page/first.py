"""The first screen, for whoever has a minute: asked, understood, how good, beside what, how sure, what to beware of."""

from __future__ import annotations

from typing import Final

from planfit.report import words
from planfit.report.cautions import cautions
from planfit.report.drawing.classes import share_found
from planfit.report.html import Html, code, el, joined, prose
from planfit.report.run_facts import RunFacts
from planfit.report.words import counted, figure

MOST_BEWARE: Final = 4


def first(facts: RunFacts) -> Html:
    """Return the first screen."""
    when = f" · {facts.began[:10]}" if facts.began else ""
    return el(
        "header",
        el("p", f"planfit report · {facts.run_id}{when}", class_="kicker"),
        el("h1", facts.request.sentence[:400]),
        el("p", understood(facts), class_="lead"),
        el("div", _how_good(facts), _how_sure(facts), _beware(facts), class_="first"),
    )


def understood(facts: RunFacts) -> Html:
    """Return what the run took the sentence to mean."""
    task, data = facts.task, facts.data
    if task is None:
        return joined(["The run has not settled yet what is to be predicted."])
    what = words.TASKS[task.task_type]
    if task.task_type == "multiclass":
        what = f"one of {len(task.classes)} classes"
    parts: list[object] = ["Understood as: predict ", code(task.target), f", {what}"]
    if task.task_type == "binary" and task.positive_class is not None:
        parts += [" (is it ", code(task.positive_class), " or not?)"]
    if data is not None:
        inputs = sum(column.role == "input" for column in data.columns)
        parts.append(f", from {counted(inputs, 'column')} and {counted(data.rows, 'row')} of {data.ref.origin}")
    return joined([*parts, "."])


def _how_good(facts: RunFacts) -> Html:
    task, chosen, held = facts.task, facts.chosen, facts.holdout
    if task is None or chosen is None:
        return el("section", el("h3", "How good"), el("p", "No model has been delivered yet."), class_="card wide-card")
    name = words.metric_name(task.metric)
    value = held.value if held is not None else (facts.cv or chosen.score).value
    where = f"on {counted(held.rows, 'row')} that nothing had seen" if held is not None else "in cross-validation"
    return el(
        "section",
        el("h3", "How good"),
        el("div", figure(value), el("small", f"{name} {where}"), class_="figure"),
        _scale(facts, value),
        el(
            "p",
            _against_guessing(facts, value),
            " ",
            el("span", words.METRIC_SENTENCES.get(task.metric, ""), class_="faint"),
        ),
        _in_practice(facts),
        class_="card",
    )


def _scale(facts: RunFacts, value: float) -> Html | None:
    """Return the way from guessing to perfect, with the interval and the score on it."""
    task, floor, held = facts.task, facts.baseline, facts.holdout
    if task is None or floor is None or floor.spec.id == (facts.chosen.spec.id if facts.chosen else None):
        return None
    best = "1" if task.greater_is_better else "0"

    def place(score: float) -> float:
        return 100 * min(1.0, max(0.0, words.share_gained(score, floor.score.value, task.greater_is_better)))

    span = None
    if held is not None:
        low, high = sorted((place(held.low), place(held.high)))
        span = el("span", class_="span", style=f"left:{low:.1f}%;width:{high - low:.1f}%")
    return el(
        "div",
        el("span", class_="track"),
        el("span", class_="done", style=f"width:{place(value):.1f}%"),
        span,
        el("span", class_="mark", style=f"left:{place(value):.1f}%"),
        el("span", f"guessing: {figure(floor.score.value)}", class_="left"),
        el("span", f"perfect: {best}", class_="right"),
        class_="scale",
    )


def _against_guessing(facts: RunFacts, value: float) -> Html:
    task, floor, chosen = facts.task, facts.baseline, facts.chosen
    if task is None or floor is None or chosen is None:
        return joined([""])
    if chosen.spec.id == floor.spec.id:
        return el("b", "Nothing was found that beats guessing without looking at any column.")
    grade = words.grade(value, floor.score.value, task.greater_is_better)
    return joined(
        [
            el("b", f"{grade[:1].upper()}{grade[1:]} the {figure(floor.score.value)} of guessing"),
            " without looking at any column.",
        ]
    )


def _in_practice(facts: RunFacts) -> Html | None:
    """Return what the score means for who uses the predictions."""
    insight, task = facts.insight, facts.task
    if insight is None or task is None:
        return None
    if insight.classes is not None and insight.classes.threshold is not None:
        row = next((row for row in insight.classes.classes if row.of == insight.classes.positive), None)
        if row is not None and row.recall is not None and row.precision is not None:
            return el("p", "In practice: predicting ", code(task.positive_class), f" from a chance of {insight.classes.threshold:.2f} it finds ",
                      el("b", f"{row.recall:.0%}"), " of them, and ", el("b", f"{row.precision:.0%}"), " of those that it names are right.")  # fmt: skip
    if insight.classes is not None and insight.classes.gain is not None:
        found = share_found(insight.classes.gain, 0.1)
        return el("p", "In practice: the tenth of the rows it ranks highest holds ", el("b", f"{found:.0%}"),
                  " of all rows that are ", code(task.positive_class), ".")  # fmt: skip
    if insight.classes is not None:
        rows = sum(row.rows for row in insight.classes.classes)
        right = sum(line[place] for place, line in enumerate(insight.classes.confusion))
        if rows and insight.classes.confusion:
            return el(
                "p", "In practice: it names the right class for ", el("b", f"{right / rows:.1%}"), " of the rows."
            )
    if insight.numbers is not None:
        return el("p", "In practice: half of its predictions are less than ", el("b", figure(insight.numbers.median_error)),
                  f" off, nine of ten less than {figure(insight.numbers.most_errors)}.")  # fmt: skip
    return None


def _how_sure(facts: RunFacts) -> Html | None:
    task, chosen, held = facts.task, facts.chosen, facts.holdout
    if task is None or chosen is None:
        return None
    said: list[Html] = []
    if held is not None:
        said.append(el("p", el("b", f"{figure(held.low)} to {figure(held.high)}"), f": {held.confidence:.0%} interval of the score "
                       f"above, from {counted(held.rows, 'row')} that had no say in any choice."))  # fmt: skip
    score = facts.cv or chosen.score
    cross = f"{words.spread(score.value, score.std)} in cross-validation ({len(chosen.folds)} folds, {counted(score.rows, 'row')})"
    if held is None:
        cross += "; there is no score on untouched rows"
    elif held.low <= score.value <= held.high:
        cross += ": the two agree"
    else:
        cross += ": " + (
            "more flattering than the untouched rows" if (facts.optimism or 0) > 0 else "the untouched rows were easier"
        )
    said.append(el("p", f"{cross}."))
    delivered = facts.delivered
    if delivered is not None:
        said.append(el("p", _delivered(facts), class_="faint"))
    return el("section", el("h3", "How sure"), said, class_="card")


def _delivered(facts: RunFacts) -> Html:
    delivered = facts.delivered
    assert delivered is not None  # the caller looked
    if len(delivered.members) > 1:
        found = [(facts.candidate(name), weight) for name, weight in delivered.members]
        inside = ", ".join(f"{result.spec.family} {weight:.0%}" for result, weight in found if result is not None)
        what = f"an ensemble of {len(delivered.members)} models ({inside})"
    else:
        what = f"one model of family {delivered.family}"
    speed = f" One row takes it {facts.one_row_ms:.1f} ms." if facts.one_row_ms is not None else ""
    return joined([f"Delivered is {what}, {words.how_fitted(delivered)}.{speed}"])


def _beware(facts: RunFacts) -> Html:
    found = cautions(facts)
    shown = [el("li", prose(sentence, 420)) for sentence in found[:MOST_BEWARE]]
    if not found:
        what = "Nothing stood out." if facts.delivered is not None else "Nothing so far."
        shown = [el("li", what, class_="none")]
    more = (
        f"{counted(len(found) - MOST_BEWARE, 'more point')} under "
        if len(found) > MOST_BEWARE
        else "All that it cannot do: "
    )
    return el("section", el("h3", "Beware"), el("ul", shown, class_="beware"),
              el("p", more, el("a", "limits", href="#limits"), ".", class_="small faint"), class_="card wide-card")  # fmt: skip
