"""The whole page, in the order in which readers come: the manager, the analyst, the engineer, the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from planfit.report.drawing.canvas import Plot
from planfit.report.html import Html, el
from planfit.report.look import document
from planfit.report.page import data, first, models, quality, record
from planfit.report.page.style import STYLE
from planfit.report.run_facts import RunFacts
from planfit.report.words import counted

CONTENTS: Final = {
    "data": "The data", "story": "How it came about", "quality": "How good it is", "slices": "Where it fails",
    "importance": "What it looks at", "features": "Features", "candidates": "Candidates", "search": "The search",
    "budget": "Time", "limits": "Limits", "use": "Use and repeat", "record": "The record",
}  # fmt: skip


def render(facts: RunFacts, plots: Sequence[Plot] = (), left_out: int = 0) -> str:
    """Return the page.

    Parameters
    ----------
    facts : RunFacts
    plots : sequence of Plot
        As `drawing.plots` drew them.
    left_out : int
        Plots for which there was no time.
    """
    moves = [plot for plot in plots if plot.name.startswith("dependence")]
    search = [plot for plot in plots if plot.name == "history"]
    curves = [plot for plot in plots if plot not in moves and plot not in search]
    parts = [
        data.data(facts), data.story(facts), quality.quality(facts, curves), quality.slices(facts),
        models.importance(facts, moves), models.features(facts), models.leaderboard(facts), record.search(facts, search),
        record.budget(facts), record.closing(facts), record.use(facts), record.record(facts),
    ]  # fmt: skip
    sections = [part for part in parts if part is not None]
    body = el("main", first.first(facts), _contents(sections), _left_out(left_out), sections)
    return document(f"{facts.request.sentence[:120]}: planfit report", STYLE, body)


def _contents(sections: list[Html]) -> Html:
    links = [
        el("a", title, href=f"#{name}")
        for name, title in CONTENTS.items()
        if any(f'id="{name}"' in part for part in sections)
    ]
    return el("nav", links, aria_label="Contents")


def _left_out(count: int) -> Html | None:
    if not count:
        return None
    return el(
        "p", f"There was no time to draw {counted(count, 'plot')}; everything else is here.", class_="faint small"
    )
