"""Search history, budget, limits, how to use and to repeat it, and the record that the story refers to."""

from __future__ import annotations

from collections import Counter
from typing import Final

from planfit.report import words
from planfit.report.cautions import cautions, limits
from planfit.report.commands import repeat, use_python, use_shell
from planfit.report.drawing.canvas import Plot
from planfit.report.html import Html, code, el, joined, prose, table
from planfit.report.page.frames import figures
from planfit.report.run_facts import EntryFact, RunFacts
from planfit.report.words import counted

COLOURS: Final = (
    "--series-1",
    "--series-2",
    "--series-3",
    "--series-4",
    "--series-5",
    "--series-6",
    "--faint",
    "--bar",
    "--line",
)
MOST_PLAN: Final = 6_000
MOST_ENTRIES: Final = 400


def search(facts: RunFacts, plots: list[Plot]) -> Html | None:
    """Return how the search went and why it ended."""
    if not facts.candidates:
        return None
    end = None
    if facts.stop_because:
        end = el("p", "The search ended (", el("b", facts.stop_reason), "): ", prose(facts.stop_because))
    best = facts.candidate(facts.ranked[0]) if facts.ranked else None
    alone = None
    if not plots and best is not None:
        alone = el("p", f"The best of {counted(len(facts.candidates), 'candidate')} is {best.spec.id}.")
    return el("section", el("h2", "The search", id="search"), end, figures(plots), alone)


def budget(facts: RunFacts) -> Html:
    """Return where the time went, and what the clock decided."""
    total = sum(stage.seconds for stage in facts.stages) or 1.0
    parts = list(zip(facts.stages, COLOURS, strict=False))
    stack = [
        el("span", style=f"width:{100 * stage.seconds / total:.2f}%;background:var({colour})", title=stage.stage)
        for stage, colour in parts
    ]
    rows = [
        (joined([el("span", class_="dot", style=f"background:var({colour})"), stage.stage.replace("_", " ")]),
         words.seconds(stage.seconds), f"{stage.seconds / total:.0%}", stage.steps)
        for stage, colour in parts
    ]  # fmt: skip
    asked = facts.request.limits
    allowed = f" of {words.seconds(asked.seconds)} allowed" if asked.seconds is not None else ""
    return el(
        "section",
        el("h2", "How time was spent", id="budget"),
        el("p", f"{words.seconds(facts.seconds)}{allowed}. Work by stage, jobs side by side added up:"),
        el("div", stack, class_="stack", aria_hidden="true"),
        el("div", table(("stage", "work", "share", "steps"), rows, right=(1, 2, 3)), class_="half"),
        _clock(facts),
        [
            el("p", said)
            for said in (words.feature_steps(result.cache for result in facts.candidates), words.spent(facts.usage))
            if said is not None
        ],
    )


def _clock(facts: RunFacts) -> Html:
    if not facts.clock:
        return el("p", "No decision looked at a clock: the same table, sentence and seed give the same plans and predictions, to the bit."
                  if facts.request.limits.seconds is None else "The clock decided nothing.", class_="faint")  # fmt: skip
    counts = Counter(entry.what.replace("_", " ") for entry in facts.clock)
    told = ", ".join(f"{what} ({count})" for what, count in counts.items())
    return el("p", f"Decided by the clock, each decision recorded: {told}.", class_="faint small")


def closing(facts: RunFacts) -> Html:
    """Return the limits of model and report."""
    items = [el("li", prose(sentence)) for sentence in (*cautions(facts), *limits(facts))]
    return el("section", el("h2", "Limits", id="limits"), el("ul", items))


def use(facts: RunFacts) -> Html:
    """Return how to use the model, to ask the record, and to repeat the run."""
    if facts.delivered is None or facts.task is None:
        body = [el("pre", f"planfit resume {facts.run_id}")]
    else:
        body = [_lines(use_shell(facts)), _lines(use_python(facts))]
    again, note = repeat(facts)
    return el(
        "section",
        el("h2", "How to use and repeat it", id="use"),
        body,
        el("h3", "To repeat the run"),
        _lines([again]),
        el("p", note, class_="faint"),
        _environment(facts),
    )


def _environment(facts: RunFacts) -> Html | None:
    env, data = facts.environment, facts.data
    if env is None:
        return None
    libraries = ", ".join(f"{name} {version}" for name, version in env.libraries.items())
    told = f"planfit {env.planfit}, Python {env.python}, {env.platform}, {counted(env.cores, 'core')}; {libraries}."
    found = f" The table's content: {data.ref.content_hash[:16]}…" if data is not None else ""
    return el("p", f"{told} Seed {facts.request.seed}.{found}", class_="faint small")


def _lines(lines: list[str]) -> Html:
    written: list[object] = []
    for line in lines:
        written += [Html("\n") if written else None, line]
    return el("pre", written)


def record(facts: RunFacts) -> Html | None:
    """Return the entries that the story refers to; each can be led to."""
    if not facts.entries:
        return None
    return el(
        "section",
        el("h2", "The record", id="record"),
        el("p", "The entries of trace.json, without the texts of prompts. ", code(f"planfit trace {facts.run_id} --verify"),
           " checks every event, signature and file.", class_="faint"),
        [_entry(entry) for entry in facts.entries[:MOST_ENTRIES]],
    )  # fmt: skip


def _entry(entry: EntryFact) -> Html:
    attempt = f" · attempt {entry.attempt}" if entry.attempt else ""
    head = f"{entry.at[:19].replace('T', ' ')} · {entry.stage.replace('_', ' ')} · {entry.by}{attempt} · {entry.status.replace('_', ' ')}"
    plan = entry.plan if len(entry.plan) <= MOST_PLAN else entry.plan[:MOST_PLAN] + " …"
    asked = f" · prompt of {counted(entry.prompt_characters, 'character')}" if entry.prompt_characters else ""
    return el(
        "div",
        el("div", el("b", entry.id), f" {head}{asked}", class_="small faint"),
        el("details", el("summary", "plan"), el("pre", plan, class_="plan"), class_="small"),
        class_="entry",
        id=entry.id,
    )
