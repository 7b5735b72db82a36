"""What the families of boosted trees share: the steps before them, and how rounds reach their estimators."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from planfit.models.base import Family, FitContext, JsonDict, Pace, names_of
from planfit.models.finishing import MOST_NATIVE_LEVELS, by_levels, date_parts, drop_useless, ordered_codes, step
from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

ROUNDS_TIMES_RATE: Final = 20.0
"""Best round times learning rate, on most tables."""
RATES: Final = (0.04, 0.2)
"""The smallest and the largest learning rate."""


def rate_by_rounds(affordable: float) -> float:
    """Return the learning rate at which boosting converges in so many rounds."""
    return round(min(RATES[1], max(RATES[0], ROUNDS_TIMES_RATE / max(affordable, 1.0))), 3)


class BoostedTrees(Family):
    """Numbers with their gaps, categories as codes, text as a few components."""

    iterative: ClassVar[bool] = True
    class_power: ClassVar[float] = 0.6
    """A tree a class in each round, but fewer rounds until it converges."""
    most_levels: ClassVar[int] = MOST_NATIVE_LEVELS
    """Categories of more levels are target-encoded."""

    def finishing(self, columns: tuple[Column, ...], task: Task) -> list[JsonDict]:
        # in time a training row's mean is that of earlier rows, so that it drifts, and that of later rows stands still
        levels = MOST_NATIVE_LEVELS if task.split.kind == "time" else self.most_levels
        native, many = by_levels(columns, levels, ordered=False)
        return [
            *drop_useless(columns),
            *date_parts(columns),
            *step("tfidf", names_of(columns, Kind.TEXT)),
            *step("target_encode", many),
            *step("ordinal_encode", native),
            *step("to_number", ordered_codes(columns)),
        ]

    def usual_rounds(self, params: Record) -> float:
        return ROUNDS_TIMES_RATE / float(getattr(params, "learning_rate", RATES[0]))

    def pace(self, affordable: float | None, rows: int, columns: int, task: Task, params: Record) -> Pace:
        if affordable is None or affordable >= self.usual_rounds(params):
            return Pace()
        return Pace(learning_rate=rate_by_rounds(affordable))

    def arguments(self, params: Record, context: FitContext) -> dict[str, Any]:
        """Return the arguments of the estimator; rounds and learning rate of the context win."""
        values = params.model_dump()
        native, _ = by_levels(context.raw, self.most_levels, ordered=False)
        left = {column.name for column in context.columns}
        changes = {
            "rounds": context.rounds or values["rounds"],
            "blind_rounds": context.rounds,
            "learning_rate": context.learning_rate or values["learning_rate"],
            "categorical": tuple(name for name in native if name in left),
            "threads": context.threads,
        }
        return values | changes | context.told
