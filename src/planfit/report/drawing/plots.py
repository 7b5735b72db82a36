"""Which plots a run has, in the order of their worth, as many as there is time for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from planfit.report.drawing import classes, numbers, search
from planfit.report.drawing.canvas import Plot
from planfit.report.run_facts import RunFacts

Pending = Callable[[], Plot | None]


def wanted(facts: RunFacts) -> Iterator[Pending]:
    """Yield what would draw each plot of a run, the most telling first."""
    task, insight = facts.task, facts.insight
    if task is None:
        return
    found, numbered = (insight.classes, insight.numbers) if insight is not None else (None, None)
    if found is not None:
        yield partial(classes.roc, found, task)
        yield partial(classes.calibration, found)
        if task.positive_class is not None:
            yield partial(classes.gain, found, str(task.positive_class))
        yield partial(classes.precision_recall, found, task)
    if numbered is not None:
        yield partial(numbers.predicted_actual, numbered)
        yield partial(numbers.deciles, numbered)
        yield partial(numbers.residuals, numbered)
    chosen = facts.delivered.candidate if facts.delivered is not None else None
    yield partial(search.history, facts.candidates, chosen, task)
    moves = insight.dependence if insight is not None else ()
    for place, dependence in enumerate(moves, 1):
        yield partial(search.dependence, dependence, place, task, search.shared_reach(moves))


def drawn(pending: list[Pending], enough: Callable[[], bool]) -> tuple[list[Plot], int]:
    """Draw plots until it is enough; return them and how many were tried."""
    made: list[Plot] = []
    for done, draw in enumerate(pending):
        if enough():
            return made, done
        try:
            plot = draw()
        except (ValueError, ArithmeticError):  # a figure that cannot be drawn costs no run its report
            plot = None
        if plot is not None:
            made.append(plot)
    return made, len(pending)
