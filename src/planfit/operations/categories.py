"""Categories: from names of things to numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, Problem, made_of, union_of_sources
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

MinFrequency = Annotated[int, Field(ge=1, le=1_000_000)] | Annotated[float, Field(gt=0, lt=1)] | None


class OneHotEncode(Operation):
    """One 0/1 column per category, ``city=red``. Helps linear models with few levels.

    A category that training did not hold gives zeros, or the infrequent column where there is one; missing is a
    category of its own. Costs one column a level: more than about 50 levels want `target_encode` or `ordinal_encode`.
    Source: scikit-learn OneHotEncoder.
    """

    operation: Literal["one_hot_encode"] = "one_hot_encode"
    min_frequency: MinFrequency = Field(
        None, description="Levels with fewer training rows (a share of them below 1) become one column, `infrequent`."
    )
    max_categories: int | None = Field(
        None, ge=2, le=1000, description="Most columns to make; the rarest levels become one column, `infrequent`."
    )
    drop: Literal["first", "if_binary"] | None = Field(
        None, description="Leave out the first level's column, always or with two levels only."
    )

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.BOOLEAN})
    columnwise: ClassVar = True
    makes_group: ClassVar = True
    theme: ClassVar = "categories"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """Warn of columns with very many levels."""
        for column in inputs:
            if self.max_categories is None and self.min_frequency is None and (column.n_unique or 0) > 1000:
                yield Problem(
                    "too-wide",
                    f"{column.name!r} has {column.n_unique:,} levels, one column each.",
                    "/max_categories",
                    "max_categories, min_frequency, or target_encode",
                    "warning",
                )

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one group a column, ``city=*``."""
        return tuple(
            Column(
                name=self.named(column).removesuffix("=*") + "=*",
                kind=Kind.BOOLEAN,
                missing=0,
                group=True,
                width=self._width(column),
                sources=union_of_sources((column,)),
            )
            for column in inputs
        )

    def _width(self, column: Column) -> int:
        levels = 2 if column.kind is Kind.BOOLEAN else column.n_unique or 10
        levels = levels + (1 if column.missing else 0)
        return column.width * max(1, min(levels, self.max_categories or levels))

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's encoder behind a look-up."""
        from sklearn.preprocessing import OneHotEncoder

        from planfit.operations.encoders import EncodedLevels, level_name

        return EncodedLevels(
            OneHotEncoder(
                min_frequency=self.min_frequency,
                max_categories=self.max_categories,
                drop=self.drop,
                handle_unknown="infrequent_if_exist",
                sparse_output=False,
                feature_name_combiner=level_name,
            )
        )


class OrdinalEncode(Operation):
    """A whole number per category, in sorted order, in one column. For trees, with any number of levels.

    Codes such as 1 to 12 are sorted by their size. Else the order means nothing, so linear models misread it. Missing values and categories that training did not hold
    become missing, or -1. Costs next to nothing. Source: scikit-learn OrdinalEncoder.
    """

    operation: Literal["ordinal_encode"] = "ordinal_encode"
    unknown: Literal["nan", -1] = Field("nan", description="What missing and unseen categories become.")
    min_frequency: MinFrequency = Field(
        None, description="Levels with fewer training rows (a share of them below 1) get one common number."
    )

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.BOOLEAN, Kind.TEXT, Kind.IDENTIFIER})
    columnwise: ClassVar = True
    suffix: ClassVar = "_code"
    theme: ClassVar = "categories"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column each."""
        return tuple(
            made_of(
                column,
                self.named(column),
                Kind.NUMERIC,
                n_unique=column.n_unique,
                missing=None if self.unknown == "nan" else 0,
            )
            for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's encoder behind a look-up."""
        from sklearn.preprocessing import OrdinalEncoder

        from planfit.operations.encoders import EncodedLevels

        unknown = float("nan") if self.unknown == "nan" else -1
        return EncodedLevels(
            OrdinalEncoder(
                handle_unknown="use_encoded_value",
                unknown_value=unknown,
                encoded_missing_value=unknown,
                min_frequency=self.min_frequency,
            ),
            missing=unknown,
        )


class TargetEncode(Operation):
    """Mean of the target per category, shrunk to the overall mean; one column a class for multiclass tasks.

    For many levels, in linear models and trees alike. A training row's own target never enters its value (inner
    folds; earlier rows only where the split goes by time). Costs one pass per inner fold and class.
    Source: scikit-learn TargetEncoder; Micci-Barreca (2001).
    """

    operation: Literal["target_encode"] = "target_encode"
    smooth: Literal["auto"] | Annotated[float, Field(ge=0, le=1000)] = Field(
        "auto", description="How many rows the overall mean weighs; auto derives it from the variances."
    )
    cv: int = Field(5, ge=2, le=20, description="Inner folds of the cross-fitting.")

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.BOOLEAN, Kind.TEXT})
    columnwise: ClassVar = True
    uses_target: ClassVar = True
    cross_fitted: ClassVar = True
    theme: ClassVar = "categories"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return ``city_target``, or ``city_target=CLASS`` for each class."""
        endings = ["_target"]
        if task is not None and task.task_type == "multiclass":
            endings = [f"_target={label}" for label in task.classes]
        return tuple(
            made_of(column, self.named(column, ending), Kind.NUMERIC, missing=0)
            for column in inputs
            for ending in endings
        )

    def build(self, context: BuildContext) -> Any:
        """Return a cross-fitting encoder over scikit-learn's."""
        from planfit.operations.encoders import TargetMeans

        return TargetMeans(self.smooth, self.cv, context)
