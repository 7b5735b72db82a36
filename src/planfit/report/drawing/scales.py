"""Axes that read well: figures with few signs, shares in per cent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis


def percent_axis(axis: Axis) -> None:
    """Write shares from 0 to 1 in per cent, five ticks."""
    from matplotlib.ticker import FixedLocator, FuncFormatter

    axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))


def unit_square(axes: Axes) -> None:
    """Let both axes run from 0 to 1."""
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.01)
    percent_axis(axes.xaxis)
    percent_axis(axes.yaxis)


def number_axis(axis: Axis, ticks: int = 5) -> None:
    """Write numbers with few signs, at few ticks."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))


def log_axis(axis: Axis) -> None:
    """Write sizes on a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=7))
    axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    axis.set_minor_formatter(NullFormatter())


def compact(value: float) -> str:
    """Return a number in few signs.

    Examples
    --------
    >>> [compact(value) for value in (0, 0.25, 1500, 2_000_000, -40_000, 3.14159)]
    ['0', '0.25', '1.5k', '2M', '−40k', '3.14']
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else ""
    sign = "−" if value < 0 else ""
    size = abs(value)
    for factor, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= factor:
            return f"{sign}{size / factor:.3g}{unit}"
    return f"{sign}{size:.3g}"
