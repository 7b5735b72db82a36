"""Plots in their frames."""

from __future__ import annotations

from collections.abc import Sequence

from planfit.report.drawing.canvas import WIDTH, Plot
from planfit.report.html import Html, el


def figures(plots: Sequence[Plot]) -> Html | None:
    """Return plots side by side, each with its caption."""
    if not plots:
        return None
    return el("div", map(figure_of, plots), class_="plots two" if len(plots) % 3 == 1 else "plots")


def figure_of(plot: Plot) -> Html:
    """Return a plot in its frame; a broad one takes the whole width."""
    broad = float(plot.svg.split('viewBox="0 0 ', 1)[1].split(" ", 1)[0]) > 1.5 * WIDTH
    caption = el("figcaption", el("b", plot.title), plot.caption)
    return el("figure", Html(plot.svg), caption, class_="full" if broad else None)
