"""Numbers: new columns from several."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Operation, Problem, union_of_sources
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task


class _Products(Operation):
    """Products of numeric columns; the columns themselves stay."""

    degree: int = Field(2, ge=2, le=3, description="Most factors in a product.")

    arity: ClassVar = Arity.JOINT
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "numbers"
    stem: ClassVar[str]

    @property
    def each_once(self) -> bool:
        """Whether no column stands twice in one product."""
        raise NotImplementedError

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return each product; where a group takes part, all of them are the group ``products:*``."""
        from planfit.operations.products import product_terms, term_name

        if any(column.group for column in inputs):
            width = self._count(sum(column.width for column in inputs))
            name = f"{self.into or self.stem}:*"
            return (Column(name=name, kind=Kind.NUMERIC, group=True, width=width, sources=union_of_sources(inputs)),)
        names = [column.name for column in inputs]
        terms = product_terms(len(inputs), self.degree, self.each_once)
        lead = f"{self.into}:" if self.into and len(terms) > 1 else ""
        return tuple(
            Column(
                name=self.into if self.into and not lead else lead + term_name(names, term),
                kind=Kind.NUMERIC,
                sources=union_of_sources(tuple(inputs[place] for place in dict.fromkeys(term))),
            )
            for term in terms
        )

    def _count(self, columns: int) -> int:
        sizes = range(2, self.degree + 1)
        return sum(comb(columns if self.each_once else columns + size - 1, size) for size in sizes)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer that lets missing values pass."""
        from planfit.operations.simple import Products

        return Products(self.degree, self.each_once)


class PolynomialFeatures(_Products):
    """Products of numeric columns, ``a*b`` and ``a^2``. Helps linear models on a few columns.

    Adds the products only, the columns themselves stay. A product with a missing factor is missing. The width grows
    fast: 10 columns make 55 products of degree 2, 275 of degree 3. Source: scikit-learn PolynomialFeatures.
    """

    operation: Literal["polynomial_features"] = "polynomial_features"
    interaction_only: bool = Field(False, description="No column twice in one product.")

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    stem: ClassVar = "products"

    @property
    def each_once(self) -> bool:
        """Whether no column stands twice in one product."""
        return self.interaction_only

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """One column alone has no interaction."""
        if self.interaction_only and sum(column.width for column in inputs) < 2:
            yield Problem(
                "column-count",
                "polynomial_features with interaction_only makes nothing of one column.",
                "/interaction_only",
                "two columns or more, or interaction_only false",
            )


class Interactions(_Products):
    """Products of different columns, ``a*b``, numbers and 0/1 columns alike. Helps linear models where effects multiply.

    As `polynomial_features` without squares; with a 0/1 column the other one's effect differs by it. A product with a
    missing factor is missing. 10 columns make 45 products of degree 2. Source: scikit-learn PolynomialFeatures.
    """

    operation: Literal["interactions"] = "interactions"

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.BOOLEAN})
    fewest_columns: ClassVar = 2
    stem: ClassVar = "interactions"

    @property
    def each_once(self) -> bool:
        """Always."""
        return True


class Ratio(Operation):
    """The first column divided by the second, ``a/b``. For what counts per something: income per person.

    A zero denominator gives a missing value. Trees cannot make ratios themselves. Costs one column.
    """

    operation: Literal["ratio"] = "ratio"

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 2
    most_columns: ClassVar = 2
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "numbers"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """A group is not one column."""
        for column in inputs:
            if column.group:
                yield Problem(
                    "column-count", f"ratio takes two columns, and {column.name!r} is a group.", allowed="two columns"
                )

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the quotient."""
        name = self.into or "/".join(column.name for column in inputs)
        return (Column(name=name, kind=Kind.NUMERIC, sources=union_of_sources(inputs)),)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.simple import Quotient

        return Quotient()
