"""Many numeric columns as a few."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Cost, Operation, union_of_sources
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class _Components(Operation):
    """What the two have in common."""

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    arity: ClassVar = Arity.JOINT
    makes_group: ClassVar = True
    fewest_columns: ClassVar = 1
    theme: ClassVar = "reduction"
    stem: ClassVar[str]

    def _most(self, width: int) -> int:
        raise NotImplementedError

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the group of components."""
        width = max(1, self._most(sum(column.width for column in inputs)))
        name = f"{self.into or self.stem}~*"
        return (
            Column(name=name, kind=Kind.NUMERIC, missing=0, group=True, width=width, sources=union_of_sources(inputs)),
        )

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost of the decomposition."""
        width, made = sum(column.width for column in inputs), sum(c.width for c in self.outputs(inputs, task))
        return Cost(made, 8 * rows * (2 * width + made), 1e-9 * rows * width * (min(width, 500) + 10) + 1e-8 * width**2)


class Pca(_Components):
    """The directions in which the rows differ most, in place of the columns: ``pca~0``, ``pca~1``, ...

    For many columns that hang together, before linear models and distances; trees prefer the columns. Columns are
    standardised first; a missing number counts as the mean. A share below 1 keeps as many as explain it.
    Source: scikit-learn PCA.
    """

    operation: Literal["pca"] = "pca"
    n_components: Annotated[int, Field(ge=1, le=500)] | Annotated[float, Field(gt=0, lt=1)] = Field(
        10, description="Most components, or the share of the variance that they are to explain."
    )
    whiten: bool = Field(False, description="All components get the variance 1.")
    scale: bool = Field(True, description="Standardise the columns first; without it those of large numbers rule.")

    stem: ClassVar = "pca"

    def _most(self, width: int) -> int:
        return min(self.n_components, width) if isinstance(self.n_components, int) else width

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's decomposition of complete columns."""
        from planfit.operations.decompositions import Principal

        return Principal(self.n_components, self.whiten, self.scale, context.seed)


class TruncatedSvd(_Components):
    """The strongest directions of the columns as they are, not centred: ``svd~0``, ``svd~1``, ...

    For counts, shares and 0/1 columns, such as the group that one_hot_encode makes. A missing number counts as the mean.
    Source: scikit-learn TruncatedSVD.
    """

    operation: Literal["truncated_svd"] = "truncated_svd"
    n_components: int = Field(10, ge=1, le=500, description="Most components.")

    stem: ClassVar = "svd"

    def _most(self, width: int) -> int:
        return min(self.n_components, width)

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's decomposition of complete columns."""
        from planfit.operations.decompositions import Singular

        return Singular(self.n_components, context.seed)
