"""The report: written from the record alone, as Markdown and as one page, with the plots that there is time for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planfit.agent.session import Session
from planfit.report import markdown
from planfit.report.drawing.canvas import Plot
from planfit.report.drawing.plots import drawn, wanted
from planfit.report.facts import PLOTS_DRAWN, facts_of
from planfit.report.page import whole
from planfit.report.run_facts import RunFacts

SECONDS_FOR_WRITING = 0.4
"""Of a time limit, kept back from drawing for the files and the end of the run."""
SECONDS_TO_BEGIN = 1.0
"""What the first plot takes beside: the library that draws is loaded for it."""


def write_report(session: Session) -> None:
    """Write ``report.md``, ``report.html`` and ``plots/``; keyed by the last event, since it tells everything before."""
    run = session.run
    bundle = run.find_last("step_finished", name="bundle")
    key = session.key("report", 2, bundle.key if bundle is not None else None)

    def work(_: Path) -> tuple[Any, dict[str, bytes]]:
        facts = facts_of(run)
        plots, left_out = _plots(session, key, facts)
        text = markdown.render(facts, plots)
        page = whole.render(facts, plots, left_out)
        files = {"report.md": _bytes(text), "report.html": _bytes(page)}
        files |= {f"plots/{plot.name}.svg": _bytes(plot.alone()) for plot in plots}
        return {"characters": len(text), "plots": len(plots), "plots_left_out": left_out}, files

    run.step(key, "report", "report", work, shared=False)


def _plots(session: Session, key: str, facts: RunFacts) -> tuple[list[Plot], int]:
    """Return the plots, and how many there was no time for; how many there are to be is recorded where time decides it."""
    pending = list(wanted(facts))
    if not session.timed:
        return drawn(pending, lambda: False)[0], 0
    needed = iter([SECONDS_TO_BEGIN])

    def enough() -> bool:
        return (session.clock.left() or 0.0) < SECONDS_FOR_WRITING + next(needed, 0.0)

    made, tried = drawn(pending, enough)
    wished = session.run.decide(PLOTS_DRAWN, key, lambda: tried)
    if wished != tried:  # taken up again: the record is followed
        made, _ = drawn(pending[:wished], lambda: False)
    return made, len(pending) - wished


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
