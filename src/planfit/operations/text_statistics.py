"""What a text looks like, whatever it says."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from planfit.operations.base import BuildContext, Operation, made_of
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

FIGURES: Final = ("length", "words", "digits", "capitals", "marks")
"""Characters, words, and the shares of digits, capital letters and punctuation among the characters."""


class TextStatistics(Operation):
    """Length, words, and the shares of digits, capitals and punctuation, beside the text: ``body.length``, ...

    For every model, where how something is written tells: shouting, numbers, missing effort. A missing text gives missing
    figures. Learns nothing. Costs five columns.
    """

    operation: Literal["text_statistics"] = "text_statistics"

    accepts: ClassVar = frozenset({Kind.TEXT, Kind.CATEGORICAL, Kind.IDENTIFIER})
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "text"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column a figure."""
        return tuple(
            made_of(column, self.named(column, f".{figure}"), Kind.NUMERIC, missing=column.missing)
            for column in inputs
            for figure in FIGURES
        )

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.text_figures import TextFigures

        return TextFigures()
