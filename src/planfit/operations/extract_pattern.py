"""What a pattern finds in a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, Problem, made_of
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

_KINDS = {"category": Kind.CATEGORICAL, "number": Kind.NUMERIC, "boolean": Kind.BOOLEAN}


class ExtractPattern(Operation):
    """What a regular expression finds in a text, beside it: a title in a name, an area code, whether a word occurs.

    The first group in brackets comes out, or the whole match where there is none; a text without a match gives a missing
    value. Patterns are Rust's: their time is linear in the text, so there is no look-around and no back-reference. At most
    the first 10,000 signs are searched. Learns nothing. Source: polars str.extract.
    """

    operation: Literal["extract_pattern"] = "extract_pattern"
    pattern: str = Field(min_length=1, max_length=500, description=r"The regular expression, e.g. `([A-Z][a-z]+)\.`.")
    output: Literal["category", "number", "boolean"] = Field(
        "category", description="What was found as a text, as the number that it is, or only whether it was found."
    )
    ignore_case: bool = Field(False, description="Capital and small letters are the same.")

    accepts: ClassVar = frozenset({Kind.TEXT, Kind.CATEGORICAL, Kind.IDENTIFIER})
    columnwise: ClassVar = True
    replaces: ClassVar = False
    suffix: ClassVar = "_match"
    learns: ClassVar = False
    theme: ClassVar = "text"
    example: ClassVar = {"pattern": "([a-z]+)[0-9]?"}

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """The pattern can be read."""
        from planfit.operations.patterns import trouble_with

        trouble = trouble_with(self.pattern)
        if trouble is not None:
            yield Problem(
                "bad-parameter", f"The pattern cannot be used: {trouble}", "/pattern", "a Rust regular expression"
            )

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one column each."""
        kind = _KINDS[self.output]
        missing = 0 if self.output == "boolean" else None
        return tuple(made_of(column, self.named(column), kind, missing=missing) for column in inputs)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.patterns import Matches

        return Matches(self.pattern, self.output, self.ignore_case)
