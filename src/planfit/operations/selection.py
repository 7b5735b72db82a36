"""The best of many numeric columns."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Cost, Operation, union_of_sources
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class _Selection(Operation):
    """What the three have in common: which columns stay depends on the training rows, so they are one group."""

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    arity: ClassVar = Arity.JOINT
    makes_group: ClassVar = True
    theme: ClassVar = "reduction"
    stem: ClassVar[str]
    seconds_a_cell: ClassVar = 2e-8

    def _most(self, width: int) -> int:
        return width

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the group of those that stay, ``best:*``."""
        width = max(1, self._most(sum(column.width for column in inputs)))
        kinds = {column.kind for column in inputs}
        kind = kinds.pop() if len(kinds) == 1 else Kind.NUMERIC
        name = f"{self.into or self.stem}:*"
        return (Column(name=name, kind=kind, group=True, width=width, sources=union_of_sources(inputs)),)

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost of looking at every cell."""
        width, made = sum(column.width for column in inputs), sum(c.width for c in self.outputs(inputs, task))
        return Cost(made, 8 * rows * (width + made), self.seconds_a_cell * rows * width)


class SelectKBest(_Selection):
    """Keeps the `k` columns that alone say most about the target, as ``best:NAME``; the others go.

    For hundreds of columns on few rows. Sees no interplay between columns. Every fold chooses from its own training rows. A
    missing number counts as the mean in the score. Source: scikit-learn SelectKBest.
    """

    operation: Literal["select_k_best"] = "select_k_best"
    k: int = Field(10, ge=1, le=2000, description="Columns that stay.")
    score_func: Literal["f", "mutual_info"] = Field(
        "f", description="Variance between classes (or correlation), or mutual information, which bends but is slow."
    )

    uses_target: ClassVar = True
    stem: ClassVar = "best"

    def _most(self, width: int) -> int:
        return min(self.k, width)

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's choice on complete columns."""
        from planfit.operations.selecting import Best

        return Best(self.k, self.score_func, context.task, context.seed)


class SelectByModel(_Selection):
    """Keeps the columns that a quick model leans on, as ``used:NAME``; the others go.

    Trees see interplay and bends, `linear` (with an L1 penalty) neither. For hundreds of columns. Every fold chooses from
    its own training rows, of which at most `max_rows`. Source: scikit-learn SelectFromModel.
    """

    operation: Literal["select_by_model"] = "select_by_model"
    model: Literal["trees", "linear"] = Field("trees", description="Extremely randomised trees, or L1 regression.")
    max_features: int | None = Field(None, ge=1, le=2000, description="Most columns that stay.")
    threshold: Literal["mean", "median"] = Field("mean", description="What the importance of a column must reach.")
    max_rows: int = Field(20_000, ge=100, le=200_000, description="Most training rows to learn from.")

    uses_target: ClassVar = True
    stem: ClassVar = "used"

    def _most(self, width: int) -> int:
        return width if self.max_features is None else min(self.max_features, width)

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost of the model."""
        base = super().forecast(rows, inputs, task)
        width = sum(column.width for column in inputs)
        return Cost(base.columns, base.bytes, 0.1 + 3e-6 * min(rows, self.max_rows) * width**0.5 * 10)

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's choice on complete columns."""
        from planfit.operations.selecting import Used

        return Used(self.model, self.max_features, self.threshold, self.max_rows, context.task, context.seed)


class DropCorrelated(_Selection):
    """Keeps one of each set of columns that say nearly the same, the first, as ``kept:NAME``.

    For linear models, whose coefficients share such columns at random, and for readable reports; trees do not mind. Does
    not look at the target. At most `max_rows` training rows are looked at. Costs columns squared.
    """

    operation: Literal["drop_correlated"] = "drop_correlated"
    threshold: float = Field(0.95, gt=0, le=1, description="The correlation from which a column says the same.")
    method: Literal["pearson", "spearman"] = Field("pearson", description="Correlation of the numbers or their ranks.")
    max_rows: int = Field(50_000, ge=100, le=1_000_000, description="Most training rows to look at.")

    fewest_columns: ClassVar = 2
    stem: ClassVar = "kept"

    def build(self, context: BuildContext) -> Any:
        """Return a choice by NumPy's correlations."""
        from planfit.operations.selecting import Uncorrelated

        return Uncorrelated(self.threshold, self.method, self.max_rows, context.seed)
