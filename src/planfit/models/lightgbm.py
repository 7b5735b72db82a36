"""LightGBM: the family; its estimator is in `estimators/lightgbm.py`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from planfit.models.base import Dimension, FitContext, Pace
from planfit.models.boosting import RATES, ROUNDS_TIMES_RATE, BoostedTrees, rate_by_rounds
from planfit.records.canonical import Record
from planfit.records.task import Task

MIDDLE: Final = 3_000
"""Rows from which fully searched splits beat random ones (`extra_trees`), and need fewer rounds."""
LARGE: Final = 50_000
"""Rows that bear many leaves."""
HUGE: Final = 100_000
"""Rows of a quantity that bear many more leaves; classes are noisier. Fewer bins save less time than their thresholds are worth."""
MANY_CLASSES: Final = 5
"""Classes from which a round, with its one tree a class, is too dear for small steps."""
VERY_MANY_CLASSES: Final = 11
RATES_BY_WORK: Final = ((500_000, 0.05), (20_000_000, 0.1))
"""Cells times trees a round, and the rate below: small steps where they are cheap."""
LARGEST_BY_WORK: Final = 0.15


SHALLOW: Final = {
    "extra_trees": False, "feature_fraction": 0.4, "num_leaves": 16, "min_data_in_leaf": 10, "bagging_fraction": 0.8,
    "lambda_l1": 1e-4, "lambda_l2": 1.0,
}  # fmt: skip
"""Classification on middling tables. Few columns a tree pay the more, the more of them are made of others."""
FOR_REGRESSION: Final = SHALLOW | {"num_leaves": 31, "feature_fraction": 0.5}
"""Ahead of PyTabKit's tuned defaults (100 leaves, all columns) on the tables of the benchmark log, and quicker."""
MANY_LEAVES: Final = SHALLOW | {"num_leaves": 64, "min_data_in_leaf": 20, "feature_fraction": 0.9}
"""Large tables: rows enough to tell a weak column from a useless one."""
LEAVES_ON_HUGE: Final = 128


class LightGBMParams(Record):
    """Hyperparameters of LightGBM, under its own names."""

    learning_rate: Annotated[float, Field(ge=0.001, le=0.5)] = 0.05
    num_leaves: Annotated[int, Field(ge=2, le=512)] = 39
    min_data_in_leaf: Annotated[int, Field(ge=1, le=10_000)] = 3
    feature_fraction: Annotated[float, Field(ge=0.05, le=1)] = 0.46
    bagging_fraction: Annotated[float, Field(ge=0.1, le=1)] = 0.88
    lambda_l1: Annotated[float, Field(ge=0, le=100)] = 0.24
    lambda_l2: Annotated[float, Field(ge=0, le=100)] = 0.36
    min_sum_hessian_in_leaf: Annotated[float, Field(ge=0, le=100)] = 1e-3
    extra_trees: bool = True
    """Random thresholds: less variance on small tables, and cheaper."""
    cat_smooth: Annotated[float, Field(ge=0, le=1000)] = 15.0
    cat_l2: Annotated[float, Field(ge=0, le=1000)] = 0.34
    max_cat_to_onehot: Annotated[int, Field(ge=1, le=255)] = 16
    min_data_per_group: Annotated[int, Field(ge=1, le=10_000)] = 9
    max_bin: Annotated[int, Field(ge=15, le=1023)] = 255
    rounds: Annotated[int, Field(ge=1, le=20_000)] = 2000
    """At the most; a validation part ends it earlier."""
    patience: Annotated[int, Field(ge=1, le=1000)] = 50
    """Rounds without improvement of the validation loss before it ends."""


class LightGBM(BoostedTrees):
    """Gradient-boosted trees. The strongest single choice on most tables; takes categories and missing values as they
    are, finds interactions and thresholds, ignores monotone scaling. Seconds on most tables; slow with many classes."""

    name: ClassVar[str] = "lightgbm"
    module: ClassVar[str | None] = "lightgbm"
    Params: ClassVar[type[Record]] = LightGBMParams
    simplicity: ClassVar[int] = 6
    round_seconds: ClassVar = (4e-4, 2e-8)
    exports_onnx: ClassVar[bool] = True
    most_levels: ClassVar[int] = 16
    """Of more levels, means of the target are as good or better, and quicker, than its own splits over sets of them."""

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {
            "learning_rate": Dimension("float", 0.02, 0.2, log=True),
            "num_leaves": Dimension("int", 2, 200, log=True),
            "min_data_in_leaf": Dimension("int", 1, 64, log=True),
            "feature_fraction": Dimension("float", 0.4, 1.0),
            "bagging_fraction": Dimension("float", 0.7, 1.0),
            "extra_trees": Dimension("categorical", choices=(False, True)),
            "lambda_l1": Dimension("float", 1e-4, 1.0),
            "lambda_l2": Dimension("float", 1e-4, 2.0),
            "cat_smooth": Dimension("float", 0.001, 100.0, log=True),
            "cat_l2": Dimension("float", 0.005, 2.0, log=True),
            "min_data_per_group": Dimension("int", 2, 100, log=True),
            "max_cat_to_onehot": Dimension("int", 8, 100, log=True),
        }

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        changes: dict[str, Any] = {}
        if rows >= LARGE:
            changes = dict(MANY_LEAVES)
        elif rows >= MIDDLE:
            changes = dict(FOR_REGRESSION if task.task_type == "regression" else SHALLOW)
        if rows >= HUGE and task.task_type == "regression":
            changes["num_leaves"] = LEAVES_ON_HUGE
        if len(task.classes) >= MANY_CLASSES:
            changes |= {"learning_rate": 0.1, "num_leaves": 16, "rounds": 600}
        if len(task.classes) >= VERY_MANY_CLASSES:  # few rounds are all that there is time for: each must count
            changes |= {"num_leaves": 31, "feature_fraction": 0.9}
        return LightGBMParams(**changes)

    def usual_rounds(self, params: Record) -> float:
        return ROUNDS_TIMES_RATE / RATES[0]

    def pace(self, affordable: float | None, rows: int, columns: int, task: Task, params: Record) -> Pace:
        if affordable is not None:
            return Pace(learning_rate=rate_by_rounds(affordable))
        work = rows * columns * (len(task.classes) if len(task.classes) > 2 else 1)
        return Pace(learning_rate=next((rate for most, rate in RATES_BY_WORK if work < most), LARGEST_BY_WORK))

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.lightgbm import LightGBMModel

        return LightGBMModel(**self.arguments(params, context))
