"""Plots of a regression: predicted against actual, residuals, error by decile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planfit.records.insight import NumberInsight
from planfit.report.drawing.canvas import FAINT, FIRST, INK, SECOND, Plot, draw
from planfit.report.drawing.scales import compact, log_axis, number_axis
from planfit.report.words import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def predicted_actual(insight: NumberInsight) -> Plot:
    """Draw predictions against what came true."""
    every = (*insight.actual, *insight.predicted)

    def paint(axes: Axes) -> None:
        low, high = min(every), max(every)
        if insight.log_scale:
            axes.set_xscale("log")
            axes.set_yscale("log")
        pad = 0.0 if insight.log_scale else 0.03 * (high - low or 1.0)
        ends = (low * 0.93, high * 1.07) if insight.log_scale else (low - pad, high + pad)
        axes.set_xlim(*ends)
        axes.set_ylim(*ends)
        for axis in (axes.xaxis, axes.yaxis):
            log_axis(axis) if insight.log_scale else number_axis(axis)
        axes.plot(insight.actual, insight.predicted, "o", color=FIRST, markersize=3.6, alpha=0.45, markeredgewidth=0)
        axes.plot(ends, ends, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xlabel("actual")
        axes.set_ylabel("predicted")

    some = f"{len(insight.actual):,} rows. " if insight.actual else ""
    caption = f"{some}Points on the dashed line are right; below it the prediction is too low."
    return draw("predicted_actual", "Predicted against actual", caption, paint, margins=(56, 10, 40, 10))


def residuals(insight: NumberInsight) -> Plot:
    """Draw how far predictions are off."""

    def paint(axes: Axes) -> None:
        width = insight.edges[1] - insight.edges[0]
        axes.bar(insight.edges[:-1], insight.counts, width=0.92 * width, align="edge", color=FIRST, alpha=0.85)
        axes.axvline(0, color=INK, linewidth=1)
        number_axis(axes.xaxis)
        number_axis(axes.yaxis, 4)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("prediction less truth")
        axes.set_ylabel("rows")

    caption = (
        f"Half of the predictions are less than {figure(insight.median_error)} off, nine of ten less than "
        f"{figure(insight.most_errors)}. The ends hold all that is further off."
    )
    return draw("residuals", "Errors", caption, paint, margins=(56, 10, 40, 10))


def deciles(insight: NumberInsight) -> Plot | None:
    """Draw the mean error by predicted value."""
    parts = insight.deciles
    if len(parts) < 2:
        return None

    def paint(axes: Axes) -> None:
        x = range(len(parts))
        axes.bar(x, [part.error for part in parts], width=0.78, color=FIRST, alpha=0.85)
        axes.plot(x, [part.bias for part in parts], "o", color=SECOND, markersize=5)
        axes.axhline(0, color=FAINT, linewidth=0.8)
        axes.set_xticks(list(x)[::3], [compact(part.low) for part in parts[::3]])
        number_axis(axes.yaxis)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("predicted value from")

    worst = max(parts, key=lambda part: part.error)
    caption = (
        "Bars: mean error of a tenth of the rows each, by predicted value. Dots: prediction less truth on average. The error "
        f"is largest for predictions from {figure(worst.low)} to {figure(worst.high)}: {figure(worst.error)} on average."
    )
    return draw("deciles", "Error by decile", caption, paint, margins=(56, 10, 40, 10))
