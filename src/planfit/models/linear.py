"""Linear models: the family; its estimator is in `estimators/linear.py`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from planfit.models.base import Dimension, Family, FitContext, JsonDict, names_of
from planfit.models.finishing import (
    MOST_ONE_HOT_LEVELS,
    RARE_ROWS,
    by_levels,
    date_parts,
    drop_useless,
    numbers,
    step,
)
from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class LinearParams(Record):
    """How strongly coefficients are drawn to zero; left open, the training rows decide."""

    C: Annotated[float, Field(ge=1e-4, le=1e4)] | None = None
    """Classification: inverse strength of the L2 penalty. None: by inner cross-validation on small tables, else 1."""
    alpha: Annotated[float, Field(ge=1e-6, le=1e8)] | None = None
    """Regression: strength of the L2 penalty. None: by generalised cross-validation."""
    max_iter: Annotated[int, Field(ge=10, le=10_000)] = 200


class Linear(Family):
    """Logistic or ridge regression on scaled, encoded columns; text as sparse words and characters. Reads at a glance,
    trains in seconds, extrapolates; the best choice where text is the signal or rows are very few."""

    name: ClassVar[str] = "linear"
    Params: ClassVar[type[Record]] = LinearParams
    simplicity: ClassVar[int] = 1
    cost: ClassVar[float] = 0.4
    class_power: ClassVar[float] = 0.5
    exports_onnx: ClassVar[bool] = True

    def finishing(self, columns: tuple[Column, ...], task: Task) -> list[JsonDict]:
        few, many = by_levels(columns, MOST_ONE_HOT_LEVELS)
        booleans = [column.name for column in columns if column.kind is Kind.BOOLEAN and not column.group]
        gaps = [
            column.name
            for column in columns
            if column.kind in (Kind.NUMERIC, Kind.BOOLEAN) and column.missing and not column.group
        ]
        numeric = "@numeric" if numbers(columns) or names_of(columns, Kind.DATETIME) else ""
        return [
            *drop_useless(columns),
            *date_parts(columns),
            *step("missing_indicator", gaps),
            *step("impute_median", numeric),
            *step("impute_most_frequent", booleans),
            *step("target_encode", many),
            *step("standard_scale", "@numeric" if numeric or many else ""),
            *step("one_hot_encode", few, min_frequency=RARE_ROWS),
        ]

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        if task.is_classification:
            return {"C": Dimension("float", 1e-3, 1e2, log=True)}
        return {"alpha": Dimension("float", 1e-3, 1e5, log=True)}

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.linear import LinearModel

        return LinearModel(
            **params.model_dump(),
            **context.told,
            text=tuple(names_of(context.columns, Kind.TEXT)),
        )
