"""Imputing: something in place of nothing."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import ALL_KINDS, Column, Kind
from planfit.records.task import Task


class _ImputeMiddle(Operation):
    """What the two have in common."""

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    columnwise: ClassVar = True
    suffix: ClassVar = "_imputed"
    exports_onnx: ClassVar = True
    adds_information: ClassVar = False
    theme: ClassVar = "imputing"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns without missing values; a boolean becomes a number, for its middle may be 0.5."""
        return tuple(
            made_of(column, self.named(column), Kind.NUMERIC, n_unique=column.n_unique, missing=0) for column in inputs
        )


class ImputeMedian(_ImputeMiddle):
    """Fills missing numbers with the training median. For models that refuse missing values; trees need none of it.

    Loses that the value was missing: put `missing_indicator` before it where that may matter. A column without any
    value becomes zero. Costs one pass. Source: scikit-learn SimpleImputer.
    """

    operation: Literal["impute_median"] = "impute_median"

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's imputer."""
        from sklearn.impute import SimpleImputer

        return SimpleImputer(strategy="median", keep_empty_features=True)


class ImputeMean(_ImputeMiddle):
    """Fills missing numbers with the training mean. For symmetric columns in linear models; `impute_median` is safer.

    Loses that the value was missing: put `missing_indicator` before it where that may matter. A column without any
    value becomes zero. Costs one pass. Source: scikit-learn SimpleImputer.
    """

    operation: Literal["impute_mean"] = "impute_mean"

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's imputer."""
        from sklearn.impute import SimpleImputer

        return SimpleImputer(strategy="mean", keep_empty_features=True)


class ImputeMostFrequent(Operation):
    """Fills missing values with the most frequent one of training. For categories that have a usual case.

    Where missing means something, let it be a category (`one_hot_encode` makes it one). A column without any value
    becomes 0, or the text ``missing``. Costs one pass. Source: scikit-learn SimpleImputer.
    """

    operation: Literal["impute_most_frequent"] = "impute_most_frequent"

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN, Kind.CATEGORICAL})
    columnwise: ClassVar = True
    suffix: ClassVar = "_imputed"
    adds_information: ClassVar = False
    theme: ClassVar = "imputing"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns, of the same kind, without missing values."""
        return tuple(
            made_of(column, self.named(column), column.kind, n_unique=column.n_unique, missing=0) for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return scikit-learn's imputer, which also takes columns without any text."""
        from planfit.operations.simple import MostFrequent

        return MostFrequent()


class MissingIndicator(Operation):
    """Adds a 0/1 column that says whether the value is missing. Helps where what is not known tells something.

    Put it before imputing. Costs one column. Source: scikit-learn MissingIndicator (as a look at each cell, for every
    kind of column).
    """

    operation: Literal["missing_indicator"] = "missing_indicator"

    accepts: ClassVar = ALL_KINDS
    columnwise: ClassVar = True
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "imputing"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return ``NAME_missing`` for each."""
        return tuple(
            made_of(column, self.named(column, "" if self.into else "_missing"), Kind.BOOLEAN, n_unique=2, missing=0)
            for column in inputs
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.simple import IsMissing

        return IsMissing()
