"""Plots of a classifier: ROC, precision and recall, calibration, gain."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from planfit.records.insight import CalibrationBin, ClassInsight, Curve
from planfit.records.task import Task
from planfit.report.drawing.canvas import FAINT, FIRST, GROUND, INK, SERIES, Plot, draw, short
from planfit.report.drawing.scales import unit_square

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def roc(insight: ClassInsight, task: Task) -> Plot | None:
    """Draw the ROC curve, of several classes one each against the rest."""
    if not insight.roc:
        return None

    def paint(axes: Axes) -> None:
        unit_square(axes)
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        _curves(axes, insight.roc, task, filled=insight.positive is not None)
        axes.set_xlabel("false alarms among the other rows" if insight.positive is not None else "false alarms")
        _legend_or_note(axes, insight.roc, task, "lower right", "area {:.3f}")

    caption = "How many rows of the class are found for how many false alarms; the dashed line is guessing."
    return draw("roc", "ROC curve", caption, paint, margins=(48, 18, 40, 10))


def precision_recall(insight: ClassInsight, task: Task) -> Plot | None:
    """Draw precision by recall."""
    if not insight.precision_recall:
        return None

    def paint(axes: Axes) -> None:
        unit_square(axes)
        if insight.positive is not None:
            rows = sum(row.rows for row in insight.classes)
            share = next(row.rows for row in insight.classes if row.of == insight.positive) / max(rows, 1)
            axes.axhline(share, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        _curves(axes, insight.precision_recall, task, filled=insight.positive is not None)
        axes.set_xlabel("share of the class that is found")
        axes.set_ylabel("share of hits that are right")
        _legend_or_note(axes, insight.precision_recall, task, "lower left", "average precision {:.3f}")

    guess = "; the dashed line is guessing" if insight.positive is not None else ""
    caption = f"How pure the hits are when more of the class is to be found{guess}."
    return draw("precision_recall", "Precision and recall", caption, paint, margins=(62, 18, 40, 10))


def calibration(insight: ClassInsight) -> Plot | None:
    """Draw how often predicted chances come true."""
    bins = insight.calibration
    if not bins:
        return None

    def paint(axes: Axes) -> None:
        unit_square(axes)
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        x, y = [b.predicted for b in bins], [b.observed for b in bins]
        errors = [[b.observed - b.low for b in bins], [b.high - b.observed for b in bins]]
        axes.errorbar(x, y, yerr=errors, fmt="none", ecolor=FIRST, elinewidth=1.2, alpha=0.6)
        axes.plot(x, y, color=FIRST, marker="o", markersize=5, markeredgecolor=GROUND, linewidth=1.5)
        axes.set_xlabel("predicted chance")
        axes.set_ylabel("came true")

    of = "A predicted chance" if insight.positive is not None else "The model's confidence in the class it names"
    caption = f"{of} should come true as often as it says: points on the dashed line. {_off(bins)}"
    return draw("calibration", "Calibration", caption, paint, margins=(62, 18, 40, 10))


def gain(insight: ClassInsight, label: str) -> Plot | None:
    """Draw which share of the positive rows is found among the rows of the highest chance."""
    curve = insight.gain
    if curve is None:
        return None
    tenth = share_found(curve, 0.1)

    def paint(axes: Axes) -> None:
        unit_square(axes)
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        axes.fill_between(curve.x, curve.y, curve.x, color=FIRST, alpha=0.12, linewidth=0)
        axes.plot(curve.x, curve.y, color=FIRST)
        axes.plot([0.1, 0.1, 0], [0, tenth, tenth], color=INK, linewidth=0.9)
        axes.plot([0.1], [tenth], marker="o", color=FIRST, markeredgecolor=GROUND, markersize=6.5)
        axes.text(0.13 if tenth > 0.35 else 0.25, tenth, f"{tenth:.0%}", color=INK, va="center", fontsize=10.5)
        axes.set_xlabel("share of rows, highest chances first")
        axes.set_ylabel(f"share of {short(label, 14)} found")

    caption = f"The tenth of the rows with the highest chances holds {tenth:.0%} of the rows of the class."
    return draw("gain", "Gain", caption, paint, margins=(62, 18, 40, 10))


def share_found(curve: Curve, share: float) -> float:
    """Return the share that is found in the first `share` of the rows."""
    for (x0, x1), (y0, y1) in zip(_pairs(curve.x), _pairs(curve.y), strict=True):
        if x0 <= share <= x1:
            return y0 if x1 == x0 else y0 + (y1 - y0) * (share - x0) / (x1 - x0)
    return 1.0


def _curves(axes: Axes, curves: tuple[Curve, ...], task: Task, *, filled: bool) -> None:
    for curve, colour in zip(curves, SERIES, strict=False):
        if filled:
            axes.fill_between(curve.x, curve.y, color=colour, alpha=0.12, linewidth=0)
        axes.plot(curve.x, curve.y, color=colour, label=f"{short(task.classes[curve.of], 16)}  {curve.area:.3f}")


def _legend_or_note(axes: Axes, curves: tuple[Curve, ...], task: Task, place: str, note: str) -> None:
    if len(curves) > 1:
        axes.legend(loc=place, handlelength=1.2, borderaxespad=0.3)
        return
    right = "right" in place
    x, align = (0.97, "right") if right else (0.04, "left")
    axes.text(x, 0.06, note.format(curves[0].area), color=INK, ha=align, fontsize=10.5)


def _off(bins: tuple[CalibrationBin, ...]) -> str:
    rows = sum(b.rows for b in bins)
    mean = sum(b.rows * abs(b.predicted - b.observed) for b in bins) / rows
    return f"On average they are {100 * mean:.1f} points apart."


def _pairs(values: tuple[float, ...]) -> list[tuple[float, float]]:
    return list(itertools.pairwise(values))
