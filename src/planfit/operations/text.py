"""Text: from sentences to a few numbers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Cost, Operation, union_of_sources
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class _Topics(Operation):
    """What the two operations that reduce tf-idf weights have in common."""

    accepts: ClassVar = frozenset({Kind.TEXT})
    makes_group: ClassVar = True
    theme: ClassVar = "text"

    n_components: int = Field(30, ge=1, le=300, description="Most columns to make; fewer where there are fewer terms.")
    min_df: int = Field(2, ge=1, le=10_000, description="Terms in fewer training rows are left out.")
    max_features: int = Field(20_000, ge=10, le=200_000, description="Most terms, the most frequent ones.")

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one group a column, ``body~*``."""
        return tuple(
            Column(
                name=self.named(column).removesuffix("~*") + "~*",
                kind=Kind.NUMERIC,
                missing=0,
                group=True,
                width=self.n_components * column.width,
                sources=union_of_sources((column,)),
            )
            for column in inputs
        )

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost; the terms weigh more than the result."""
        width = sum(column.width for column in self.outputs(inputs, task))
        terms = 12 * 40 * rows * len(inputs)  # a sparse cell of 12 bytes for each of some 40 terms
        return Cost(width, 8 * rows * width + terms, 6e-5 * rows * len(inputs))


class Tfidf(_Topics):
    """Latent topics of a text column: tf-idf of its terms, reduced to a few dense columns, ``body~0``, ``body~1``, ...

    For trees, where text carries part of the signal (linear models read text themselves, and better). Word terms for
    sentences, `char_wb` for short or misspelt text. A missing text is an empty one. Costs about a minute for a million
    sentences. Source: scikit-learn TfidfVectorizer and TruncatedSVD, as skrub StringEncoder puts them together.
    """

    operation: Literal["tfidf"] = "tfidf"
    analyzer: Literal["word", "char_wb"] = Field(
        "word", description="Terms of words (1 or 2 each), or of letters within words (3 or 4 each)."
    )

    def build(self, context: BuildContext) -> Any:
        """Return the two scikit-learn transformers as one."""
        from planfit.operations.topics import Topics

        return Topics(self.n_components, self.analyzer, self.min_df, self.max_features, context.seed)


class StringEncode(_Topics):
    """Names that look alike get numbers that are alike: letters within words, reduced to a few columns beside them.

    For categories of very many levels that share parts (job titles, product names, misspellings), also ones that training
    did not hold. A missing name is an empty one. Costs as `tfidf`. Source: skrub StringEncoder.
    """

    operation: Literal["string_encode"] = "string_encode"
    n_components: int = Field(10, ge=1, le=300, description="Most columns to make; fewer where there are fewer terms.")

    accepts: ClassVar = frozenset({Kind.CATEGORICAL, Kind.TEXT, Kind.IDENTIFIER})
    replaces: ClassVar = False

    def build(self, context: BuildContext) -> Any:
        """Return the transformer of letters within words."""
        from planfit.operations.topics import Topics

        return Topics(self.n_components, "char_wb", self.min_df, self.max_features, context.seed)
