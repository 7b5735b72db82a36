"""Plots of the search, and of how predictions move with a column."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from planfit.records.insight import Curve, Dependence
from planfit.records.schema import Kind
from planfit.records.scores import CandidateResult
from planfit.records.task import Task
from planfit.report.drawing.canvas import FAINT, FIRST, GROUND, SECOND, SERIES, Plot, draw, short
from planfit.report.drawing.scales import number_axis
from planfit.report.words import figure, metric_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def history(candidates: tuple[CandidateResult, ...], delivered: str | None, task: Task) -> Plot | None:
    """Draw each candidate's score in the order in which they came, and the best so far. The baseline is left out."""
    shown = [result for result in candidates if result.spec.origin != "baseline"]
    if len(shown) < 2:
        return None
    pick = max if task.greater_is_better else min
    best = [pick(result.score.value for result in shown[: place + 1]) for place in range(len(shown))]

    def paint(axes: Axes) -> None:
        x = list(range(1, len(shown) + 1))
        axes.step(x, best, where="post", color=FIRST, linewidth=1.6)
        for place, result in zip(x, shown, strict=True):
            colour = SECOND if result.spec.id == delivered else FIRST
            axes.errorbar(place, result.score.value, yerr=result.score.std, fmt="none", ecolor=colour, alpha=0.45)
            axes.plot(place, result.score.value, "o", color=colour, markeredgecolor=GROUND, markersize=7)
        axes.set_xlim(0.5, len(shown) + 0.5)
        every = -(-len(shown) // 6)
        axes.set_xticks(x[::every], [result.spec.id for result in shown][::every])
        axes.grid(visible=False, axis="x")
        number_axis(axes.yaxis)
        axes.set_ylabel(metric_name(task.metric))

    better = "higher" if task.greater_is_better else "lower"
    last = next(result.spec.id for result, value in zip(shown, best, strict=True) if value == best[-1])
    caption = (
        f"Each dot is a candidate with its spread over the folds; {better} is better. The line is the best so far, the "
        f"second colour what is delivered. The best came with {last}."
    )
    return draw("history", "Search history", caption, paint, margins=(62, 12, 28, 10))


def dependence(found: Dependence, place: int, task: Task, reach: tuple[float, float]) -> Plot:
    """Draw the mean prediction over the values of a column, above marks that show where the rows are.

    Parameters
    ----------
    found : Dependence
    place : int
        Its place among the columns, from 1.
    task : Task
    reach : tuple of float
        The scale that the plots of a run share, so that a flat line is a column that matters little.
    """
    numbers, several = bool(found.places), task.task_type == "multiclass"
    low, high = reach
    span = (high - low) or abs(high) or 1.0

    def paint(axes: Axes) -> None:
        x = list(found.places) if numbers else [float(at) for at in range(len(found.at))]
        if numbers and not found.share:
            axes.vlines(x, low - 0.26 * span, low - 0.14 * span, color=FAINT, linewidth=1.2)
        elif found.share:
            _shares(axes, x, found.share, low - 0.26 * span, 0.18 * span)
        for line, colour in zip(found.lines, SERIES, strict=False):
            name = short(task.classes[line.of], 10) if several else None
            style, size = ("-", 4) if numbers else ("none", 7)
            axes.plot(x, line.y, color=colour, linestyle=style, marker="o", markersize=size, label=name)
        axes.set_ylim(low - 0.28 * span, high + 0.08 * span)
        number_axis(axes.yaxis, 4)
        _ticks(axes, found, x)
        if several:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, handlelength=0.9, columnspacing=1.2)

    line = max(found.lines, key=lambda each: max(each.y) - min(each.y))
    what = "The mean prediction"
    if task.is_classification:
        what = f"The mean predicted chance of {short(task.classes[line.of])}"
    marks = "Marks: even shares of the rows." if numbers and not found.share else "Bars: rows that have the value."
    caption = f"{what} moves {_moves(found, line)}. {marks}"
    name = short(found.column, 60)
    bottom = 30 if numbers or found.kind is Kind.BOOLEAN else 58
    return draw(f"dependence_{place}", name, caption, paint, margins=(50, 14, bottom, 28 if several else 10))


def shared_reach(found: tuple[Dependence, ...]) -> tuple[float, float]:
    """Return the lowest and the highest mean prediction of all columns."""
    every = [value for each in found for line in each.lines for value in line.y]
    return min(every), max(every)


def _shares(axes: Axes, x: list[float], share: tuple[float, ...], floor: float, height: float) -> None:
    gaps = [b - a for a, b in pairwise(x)]
    largest = max(share) or 1.0
    heights = [height * part / largest for part in share]
    axes.bar(x, heights, bottom=floor, width=0.5 * min(gaps, default=1.0), color=FAINT, alpha=0.35)


def _ticks(axes: Axes, found: Dependence, x: list[float]) -> None:
    if found.kind is Kind.NUMERIC:
        number_axis(axes.xaxis)
        return
    axes.grid(visible=False, axis="x")
    if found.kind is Kind.DATETIME:
        axes.set_xticks([x[0], x[-1]], [found.at[0], found.at[-1]])
        return
    slanted = found.kind is Kind.CATEGORICAL
    axes.set_xticks(
        x,
        [short(value, 13) for value in found.at],
        rotation=32 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor",
    )
    axes.set_xlim(-0.6, len(x) - 0.4)


def _moves(found: Dependence, line: Curve) -> str:
    low, high = min(line.y), max(line.y)
    at_low, at_high = (short(found.at[line.y.index(end)]) for end in (low, high))
    return f"between {figure(low)} (at {at_low}) and {figure(high)} (at {at_high})"
