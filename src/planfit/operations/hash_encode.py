"""Categories by a hash of their name."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class HashEncode(Operation):
    """Each category as +1 or -1 in one of a few columns that a hash of its name picks: ``city#0``, ``city#1``, ...

    For linear models and networks on very many levels, new ones without end; levels that share a column cannot be told
    apart. Missing gives zeros. Learns nothing; costs `n_features` columns. Source: scikit-learn FeatureHasher.
    """

    operation: Literal["hash_encode"] = "hash_encode"
    n_features: int = Field(16, ge=2, le=1024, description="Columns to make.")

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.TEXT, Kind.IDENTIFIER})
    learns: ClassVar = False
    theme: ClassVar = "categories"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns that a hash picks from."""
        return tuple(
            made_of(column, self.named(column, f"#{place}"), Kind.NUMERIC, missing=0)
            for column in inputs
            for place in range(self.n_features)
        )

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's hasher behind a look-up."""
        from planfit.operations.hashing import Hashed

        return Hashed(self.n_features)
