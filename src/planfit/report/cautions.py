"""What a reader should beware of, gathered from the facts: what weighs most comes first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from planfit.report.run_facts import RunFacts
from planfit.report.words import counted, figure, metric_name

FEW_ROWS: Final = 500
RARE: Final = 0.05
FEW_CANDIDATES: Final = 3
BADLY_CALIBRATED: Final = 0.05
"""Mean distance of predicted chances from what came true."""


def cautions(facts: RunFacts) -> tuple[str, ...]:
    """Return what to beware of with this model, as sentences; names stand between backticks."""
    rules = (_nothing_learned, _told_of_the_data, _holdout, _optimism, _slices, _calibration, _rows, _search)
    return tuple(dict.fromkeys(sentence for rule in rules for sentence in rule(facts)))


def limits(facts: RunFacts) -> tuple[str, ...]:
    """Return what no run of planfit can promise, and what this one leaves open."""
    said = [
        "It predicts well as long as new rows come about in the same way as those of the table; where the world moves on, "
        "its score does not hold. Score it anew on fresh rows from time to time.",
        "What the model looks at is no cause: to change a column in the world need not change the outcome.",
        "Groups are looked at one column at a time. Whether decisions made with the model treat people fairly is not judged here.",
    ]
    if facts.task is not None and facts.task.is_classification:
        said.append("Its chances are those of the table's mix of classes; where the mix is another, they are off.")
    if facts.holdout_of_another is not None and facts.delivered is not None:
        other = facts.holdout_of_another.candidate
        said.append(
            f"Importance was measured for {other}, which the run had chosen, and not for {facts.delivered.candidate}, which a "
            "person had delivered since; no curves are drawn for it."
        )
    if facts.insight_failed:
        said.append(f"The closer look at its predictions failed ({facts.insight_failed}).")
    return tuple(said)


def _nothing_learned(facts: RunFacts) -> Iterator[str]:
    if facts.delivered is not None and facts.delivered.family == "baseline":
        yield "Nothing beat guessing: the columns hold nothing about the target that could be learned."


def _told_of_the_data(facts: RunFacts) -> Iterator[str]:
    yield from facts.beware


def _holdout(facts: RunFacts) -> Iterator[str]:
    held = facts.holdout
    if held is not None and held.opening > 1:
        yield f"The holdout has been opened {held.opening} times, so its score is no longer untouched."
    if held is None and facts.delivered is not None:
        closed = facts.split is not None and facts.split.holdout_rows
        what = "The holdout stayed closed" if closed else "No rows were kept aside for a last score"
        yield f"{what}; the cross-validated score also served to choose, so it flatters a little."


def _optimism(facts: RunFacts) -> Iterator[str]:
    held, score, task = facts.holdout, facts.cv, facts.task
    if held is None or score is None or task is None or held.low <= score.value <= held.high:
        return
    if (facts.optimism or 0.0) > 0:
        yield (
            f"The cross-validated {metric_name(task.metric)} of {figure(score.value)} flatters: it lies outside the "
            f"interval of the holdout ({figure(held.low)} to {figure(held.high)})."
        )


def _slices(facts: RunFacts) -> Iterator[str]:
    found = facts.insight.slices if facts.insight is not None else None
    if found is not None and found.worst:
        worst = found.worst[0]
        yield (
            f"It is clearly weaker where `{worst.column}` {spoken_label(worst.label)}: {metric_name(found.measure)} "
            f"{figure(worst.value)} against {figure(found.overall)} over all rows."
        )


def spoken_label(label: str) -> str:
    """Return the label of a group so that it reads on after its column.

    Examples
    --------
    >>> spoken_label("= yes"), spoken_label("1 to 4"), spoken_label("missing")
    ('= yes', 'is 1 to 4', 'is missing')
    """
    return label if label.startswith("= ") else f"is {label}"


def _calibration(facts: RunFacts) -> Iterator[str]:
    bins = facts.insight.classes.calibration if facts.insight is not None and facts.insight.classes is not None else ()
    rows = sum(each.rows for each in bins)
    off = sum(each.rows * abs(each.predicted - each.observed) for each in bins) / rows if rows else 0.0
    if off > BADLY_CALIBRATED:
        yield f"Its chances are {100 * off:.0f} points off on average; use them to rank, not as frequencies."


def _rows(facts: RunFacts) -> Iterator[str]:
    rows = facts.data.rows if facts.data is not None else None
    if rows is not None and rows < FEW_ROWS:
        yield f"It has seen {counted(rows, 'row')} only; more rows would make both model and figures surer."
    found = facts.insight.classes if facts.insight is not None else None
    total = sum(row.rows for row in found.classes) if found is not None else 0
    if found is None or facts.task is None or not total:
        return
    for row in found.classes:
        if row.rows < RARE * total:
            label = facts.task.classes[row.of]
            yield f"The class `{label}` is rare ({row.rows / total:.1%} of the rows): figures about it rest on {counted(row.rows, 'row')}."
            return


def _search(facts: RunFacts) -> Iterator[str]:
    tried = sum(result.spec.origin not in ("baseline", "ensemble") for result in facts.candidates)
    if facts.delivered is not None and facts.stop_reason == "budget" and 0 < tried < FEW_CANDIDATES:
        yield f"There was time for {counted(tried, 'candidate')} only; a longer run may find a better model."
    chosen = facts.chosen
    if chosen is not None and chosen.cut:
        yield f"Time ended the training of {chosen.spec.id} early."
