"""The data and its warnings, and the story of the decisions."""

from __future__ import annotations

import shlex
from typing import Final

from planfit.records.schema import Excluded, Kind
from planfit.report import words
from planfit.report.html import Html, code, codes, el, joined, prose, table
from planfit.report.run_facts import DataFacts, RunFacts
from planfit.report.words import counted

MOST_WARNINGS: Final = 12
MOST_ALIKE: Final = 10


def data(facts: RunFacts) -> Html | None:
    """Return the table, what was left out of it, and its warnings."""
    known, task = facts.data, facts.task
    if known is None:
        return None
    rows = [(kind.value, str(len(names)), codes(names, 16)) for kind, names in _by_kind(known) if names]
    return el(
        "section",
        el("h2", "The data", id="data"),
        el("p", f"{known.ref.origin}: {counted(known.rows, 'row')}, {counted(len(known.columns), 'column')}, "
           f"{counted(known.duplicate_rows, 'duplicate row')}. "
           f"{_sentence(facts.split.rule) if facts.split is not None else ''}"),
        table(("kind", "columns", "which"), rows, right=(1,)),
        _gaps(known),
        _personal(known),
        _left_out(task.excluded) if task is not None else None,
        _warnings(facts),
    )  # fmt: skip


def story(facts: RunFacts) -> Html | None:
    """Return what was decided, in order; each sentence leads to its entry in the record."""
    if not facts.story:
        return None
    items = [
        el(
            "li",
            el("div", el("a", told.id, href=f"#{told.id}"), f" · {told.stage.replace('_', ' ')} · {told.by}",
               "" if told.status == "accepted" else f" · {told.status.replace('_', ' ')}", class_="head"),
            el("p", prose(told.sentence)),
            el("p", prose(told.because, 700), class_="why small") if told.because else None,
            class_=f"{told.status}{' runtime' if told.by == 'runtime' else ''}",
        )
        for told in facts.story
    ]  # fmt: skip
    return el(
        "section",
        el("h2", "How it came about", id="story"),
        el("p", "Every decision in order, with what came of it. The number leads to the entry in the signed record below.", class_="faint"),
        el("ol", items, class_="story"),
    )  # fmt: skip


def _by_kind(known: DataFacts) -> list[tuple[Kind, list[str]]]:
    return [(kind, [column.name for column in known.columns if column.kind is kind]) for kind in Kind]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _gaps(known: DataFacts) -> Html:
    gaps = sorted((column for column in known.columns if column.missing), key=lambda column: -column.missing)
    if not gaps:
        return el("p", "No value is missing.")
    shown: list[object] = []
    for place, gap in enumerate(gaps[:8]):
        shown += [", " if place else None, code(gap.name), f" {gap.missing / max(1, known.rows):.1%}"]
    return el("p", "Missing values: ", shown, f" and in {len(gaps) - 8} more columns" if len(gaps) > 8 else None, ".")


def _personal(known: DataFacts) -> Html | None:
    personal = [column for column in known.columns if column.personal]
    if not personal:
        return None
    shown: list[object] = []
    for place, column in enumerate(personal):
        shown += [", " if place else None, code(column.name), f" ({column.personal})"]
    return el("p", "These columns look personal, so their values are not shown in this report: ", shown, ".")


def _left_out(excluded: tuple[Excluded, ...]) -> Html:
    if not excluded:
        return el("p", "No column was left out.")
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in excluded:
        groups.setdefault((entry.code, entry.reason), []).append(entry.name)
    rows = [
        (codes(names, MOST_ALIKE), words.EXCLUSIONS[kind], prose(reason, 300), _undo(names, kind))
        for (kind, reason), names in groups.items()
    ]
    return joined(
        [el("h3", "Columns that no model may use"), table(("column", "what", "why", "to undo it"), rows, extra=(3,))]
    )


def _undo(names: list[str], kind: str) -> object:
    if kind == "asked":
        return "leave it out of --exclude and of the sentence"
    if kind == "split":
        return "choose another --split"
    if kind in ("constant", "empty"):
        return "it says nothing"
    return code(f"--include {shlex.quote(names[0] if len(names) == 1 else 'NAME')}")


def _warnings(facts: RunFacts) -> Html | None:
    if not facts.warnings:
        return None
    items = [el("li", prose(warning, 500)) for warning in facts.warnings]
    shown, rest = items[:MOST_WARNINGS], items[MOST_WARNINGS:200]
    more = el("details", el("summary", f"{len(facts.warnings) - MOST_WARNINGS} more"), el("ul", rest)) if rest else None
    return joined([el("h3", "Warnings"), el("ul", shown, class_="beware"), more])
