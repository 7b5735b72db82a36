"""Candidates, features, and what the delivered model looks at."""

from __future__ import annotations

from typing import Final

from planfit.records.scores import CandidateResult
from planfit.report import words
from planfit.report.drawing.canvas import Plot
from planfit.report.html import Html, bar, code, codes, el, joined, prose, table
from planfit.report.measures import gain_interval, latency
from planfit.report.page.frames import figures
from planfit.report.page.strips import Reach, dots, interval
from planfit.report.run_facts import FeatureFact, RefusedFact, RunFacts
from planfit.report.words import aligned, counted

MOST_ROWS: Final = 30
MOST_BARS: Final = 20
VERDICTS: Final = {"adopted": "good", "rolled back": "bad", "kept aside": "", "not probed": ""}


def leaderboard(facts: RunFacts) -> Html | None:
    """Return every candidate with spread, cost and latency, best first; those that failed last."""
    if not facts.candidates and not facts.failures:
        return None
    reach = Reach.of([result for result in facts.candidates if result.spec.origin != "baseline"])
    name = words.metric_name(facts.task.metric) if facts.task is not None else "score"
    ranked = [facts.candidate(each) for each in facts.ranked]
    rows = [_candidate(facts, place, result, reach) for place, result in enumerate(ranked, 1) if result is not None]
    body = [
        el("tr", [el("td", cell, class_=kind) for cell, kind in row], class_=chosen) for row, chosen in rows[:MOST_ROWS]
    ]
    body += [_failure(failure) for failure in facts.failures[:MOST_ROWS]]
    heads = (("", "n"), ("candidate", None), ("family", None), ("features", "extra"), (name, "n"), ("folds", "extra"),
             ("training", "n extra"), ("1,000 rows in", "n extra"), ("", None))  # fmt: skip
    top = el("tr", [el("th", title, class_=kind, scope="col") for title, kind in heads])
    left = len(rows) - MOST_ROWS
    return el(
        "section",
        el("h2", "Candidates", id="candidates"),
        el("p", "Every model that was scored, best first. A dot is the score on one fold, the full one their mean; all on the same scale.", class_="faint"),
        el("div", el("table", el("thead", top), el("tbody", body)), class_="wide"),
        el("p", f"{left} more candidates scored worse; `planfit tried` lists them.", class_="faint small") if left > 0 else None,
        _families(facts),
    )  # fmt: skip


def _candidate(
    facts: RunFacts, place: int, result: CandidateResult, reach: Reach
) -> tuple[list[tuple[object, str | None]], str | None]:
    spec, delivered = result.spec, facts.delivered
    members = dict(delivered.members) if delivered is not None else {}
    chosen = delivered is not None and spec.id == delivered.candidate
    mark: object = ""
    if chosen:
        mark = el("span", "delivered", class_="tag chosen")
    elif spec.id in members:
        mark = el("span", f"member {members[spec.id]:.0%}", class_="tag")
    elif spec.origin == "baseline":
        mark = el("span", "guessing", class_="tag")
    if result.cut:
        mark = joined([mark, " ", el("span", "cut short", class_="tag bad")])
    took = latency(facts, result)
    entry = facts.told_in.get(spec.id)
    name = el("a", spec.id, href=f"#{entry}") if entry is not None else joined([spec.id])
    return [
        (place, "n"), (name, None), (spec.family, None),
        ("—" if spec.members else spec.features, "extra"),
        (words.spread(result.score.value, result.score.std), "n"), (dots(result, reach), "extra"),
        (words.seconds(result.seconds), "n extra"), ("" if took is None else f"{took:,.1f} ms", "n extra"), (mark, None),
    ], "chosen" if chosen else None  # fmt: skip


def _failure(failure: object) -> Html:
    from planfit.records.scores import CandidateFailure

    assert isinstance(failure, CandidateFailure)
    why = f"{words.CAUSES[failure.cause]}. {failure.detail}"
    return el("tr", el("td"), el("td", failure.spec.id), el("td", failure.spec.family), el("td", failure.spec.features, class_="extra"),
              el("td", el("span", "failed", class_="tag bad"), " ", prose(why, 300), colspan="5"))  # fmt: skip


def _families(facts: RunFacts) -> Html | None:
    if not facts.rejections:
        return None
    items = [el("li", code(entry.family), ": ", prose(entry.reason, 300)) for entry in facts.rejections]
    return joined([el("h3", "Left out, with reasons"), el("ul", items)])


def features(facts: RunFacts) -> Html:
    """Return what was tried with the columns: kept and refused, with gain and interval."""
    head = [
        el("h2", "Features", id="features"),
        el("p", "What was made of the columns, and what a quick model gained by it on folds of the training rows. ",
           code("v0"), " stands for the columns as they are; each family adds what it needs to accept them.", class_="faint"),
    ]  # fmt: skip
    if not facts.features and not facts.refused and not facts.screened:
        return el("section", head, el("p", "Nothing was made of the columns: the models use them as they are."))
    found = [interval_ for made in facts.features if made.probe and (interval_ := gain_interval(made.probe))]
    reach = max((abs(end) for pair in found for end in pair), default=0.0)
    rows = [_feature_row(made, reach) for made in facts.features]
    ledger = table(("set", "", "what was done", "gain (95 % interval)", ""), rows, extra=(4,)) if rows else None
    steps = [_steps(made) for made in facts.features if made.steps]
    return el("section", head, ledger, steps, _looked_for(facts), [_refused(entry) for entry in facts.refused])


def _looked_for(facts: RunFacts) -> Html | None:
    """Return the columns that the runtime looked for by itself, kept and not."""
    if not facts.screened:
        return None
    kept = sum(entry.kept for entry in facts.screened)
    largest = max(max(entry.gain for entry in facts.screened), 1e-12)
    rows = [
        (joined([code(entry.operation), " of ", codes(entry.columns, 4)]), bar(entry.gain / largest), f"{entry.gain:.1%}",
         f"{entry.least:.1%}", el("span", "kept", class_="tag good") if entry.kept else el("span", "left", class_="tag"))
        for entry in facts.screened[:MOST_BARS]
    ]  # fmt: skip
    left = len(facts.screened) - MOST_BARS
    return joined([
        el("h3", "Columns that were looked for"),
        el("p", f"{counted(len(facts.screened), 'column')} that could be made, and how much two quick models on different rows leaned "
           f"on each: their mean share of the gain, and the smaller of the two. {kept} had enough in both and were offered to the planner.",
           class_="faint"),
        table(("column", "", "share", "at least", ""), rows, right=(2, 3), extra=(1,)),
        el("p", f"{left} more had less.", class_="faint small") if left > 0 else None,
    ])  # fmt: skip


def _feature_row(made: FeatureFact, reach: float) -> tuple[object, ...]:
    probe = made.probe
    operations = list(dict.fromkeys(step.operation for step in made.steps))
    width = ""
    if made.columns_in is not None and made.columns_out is not None:
        width = f": {made.columns_in} columns become {made.columns_out}"
    told, picture = "not compared", None
    if probe is not None and probe.mean is not None:
        ends = gain_interval(probe)
        told = f"{probe.mean:+.2g}" + (f" ({ends[0]:+.2g} to {ends[1]:+.2g})" if ends else "")
        told = told.replace("-", "−")
        picture = interval(probe.mean, ends, reach)
    name = el("a", made.name, href=f"#{made.decision}") if made.decision else joined([made.name])
    tag = el("span", made.verdict, class_=f"tag {VERDICTS[made.verdict]}".strip())
    return name, tag, joined([codes(operations, 6), width]), told, picture


def _steps(made: FeatureFact) -> Html:
    rows = [
        (
            place,
            code(step.operation),
            codes(step.columns, 6),
            _parameters(step.parameters),
            prose(step.reason or "", 300),
        )
        for place, step in enumerate(made.steps, 1)
    ]
    probe = el("p", prose(made.probe.because), class_="faint") if made.probe is not None else None
    return el(
        "details",
        el("summary", f"{made.name}: {counted(len(made.steps), 'step')}, with reasons"),
        el("p", prose(made.rationale)) if made.rationale else None,
        probe,
        table(("", "operation", "columns", "with", "reason"), rows, right=(0,)),
    )


def _parameters(parameters: dict[str, object]) -> str:
    told = ", ".join(f"{key} {value}" for key, value in parameters.items())
    return told if len(told) <= 120 else told[:119] + "…"


def _refused(refused: RefusedFact) -> Html:
    how = "broke on the full data" if refused.broke else "was refused"
    items = [el("li", code(finding.code), " ", prose(finding.sentence(), 400)) for finding in refused.findings]
    what = f"A {refused.plan_kind} of {refused.planner} (attempt {refused.attempt}) {how}: {counted(len(items), 'finding')}"
    return el("details", el("summary", what), el("ul", items))


def importance(facts: RunFacts, plots: list[Plot]) -> Html | None:
    """Return what the model looks at: importance of the original columns, and how predictions move with the first ones."""
    if not facts.importance or facts.task is None:
        return None
    ordered = sorted(facts.importance, key=lambda row: (-row.mean, row.column))
    largest = max(max(row.mean for row in ordered), 1e-12)
    name = words.metric_name(facts.task.metric)
    rows = [
        (
            code(row.column, 40),
            el("span", bar(row.mean / largest)),
            f"{aligned(row.mean, largest)} ± {aligned(row.std, largest)}",
        )
        for row in ordered[:MOST_BARS]
    ]
    body = [
        el("tr", el("td", column), el("td", picture, class_="bars"), el("td", told, class_="n"))
        for column, picture, told in rows
    ]
    left = len(ordered) - MOST_BARS
    measured = {row.column for row in ordered}
    waiting = [c.name for c in facts.data.columns if c.role == "input" and c.name not in measured] if facts.data else []
    return el(
        "section",
        el("h2", "What the model looks at", id="importance"),
        el("p", f"How much {name} is lost when a column's values are shuffled among rows that the models had not seen. "
           "Columns that say the same share their importance; none of this is cause and effect.", class_="faint"),
        el("div", el("table", el("tbody", body)), class_="wide half"),
        el("p", f"{counted(left, 'more column')} matter less.", class_="faint small") if left > 0 else None,
        el("p", "There was no time to measure ", codes(waiting), ".", class_="small") if waiting else None,
        joined([el("h3", "How predictions move with the first columns"), figures(plots)]) if plots else None,
    )  # fmt: skip
