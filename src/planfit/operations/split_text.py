"""Texts of several parts, taken apart."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class SplitText(Operation):
    """The parts of a text between separators, beside it: ``code.0``, ``code.1`` of ``AB-12``, the last with the rest.

    For compound codes, paths, addresses. Spaces around a part are removed; a part that is not there, or empty, is missing.
    Learns nothing; costs `parts` columns. Source: str.split.
    """

    operation: Literal["split_text"] = "split_text"
    separator: str = Field(min_length=1, max_length=20, description="What stands between the parts, as it is.")
    parts: int = Field(2, ge=2, le=20, description="Columns to make.")
    from_end: bool = Field(False, description="Split from the end: the first part holds the rest.")

    accepts: ClassVar = frozenset({Kind.TEXT, Kind.CATEGORICAL, Kind.IDENTIFIER})
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "text"
    example: ClassVar = {"separator": " "}

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one category a part."""
        return tuple(
            made_of(column, self.named(column, f".{place}"), Kind.CATEGORICAL)
            for column in inputs
            for place in range(self.parts)
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.text_parts import Parts

        return Parts(self.separator, self.parts, self.from_end)
