"""How far a row is from typical rows."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Cost, Operation, union_of_sources
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class ClusterDistance(Operation):
    """Distances to the centres of clusters of the training rows, beside the columns: ``cluster~0``, ``cluster~1``, ...

    For linear models, and for places or behaviour that come in types. Columns are standardised, a missing number counts
    as the mean. At most `max_rows` training rows, drawn at random, make the clusters. Source: scikit-learn KMeans.
    """

    operation: Literal["cluster_distance"] = "cluster_distance"
    n_clusters: int = Field(8, ge=2, le=100, description="Clusters; fewer where training has fewer different rows.")
    max_rows: int = Field(10_000, ge=100, le=100_000, description="Most training rows that make the clusters.")

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    arity: ClassVar = Arity.JOINT
    makes_group: ClassVar = True
    replaces: ClassVar = False
    theme: ClassVar = "groups"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the group of distances."""
        return (
            Column(
                name=f"{self.into or 'cluster'}~*", kind=Kind.NUMERIC, missing=0, group=True, width=self.n_clusters,
                sources=union_of_sources(inputs),
            ),
        )  # fmt: skip

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost; clusters are made of at most `max_rows`."""
        width = sum(column.width for column in inputs)
        learning = 1e-7 * min(rows, self.max_rows) * self.n_clusters * (1 + width / 10)
        return Cost(
            self.n_clusters, 8 * rows * (self.n_clusters + width), learning + 3e-9 * rows * self.n_clusters * width
        )

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's clusters on standardised columns."""
        from planfit.operations.clusters import Distances

        return Distances(self.n_clusters, self.max_rows, context.seed)
