"""Reduction: fewer columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from planfit.operations.base import Arity, BuildContext, Operation, Problem
from planfit.records.schema import ALL_KINDS, Column, Schema
from planfit.records.task import Task


class Drop(Operation):
    """Removes columns. For noise, repetitions, and what must not be used. Costs nothing."""

    operation: Literal["drop"] = "drop"

    accepts: ClassVar = ALL_KINDS
    arity: ClassVar = Arity.JOINT
    learns: ClassVar = False
    exports_onnx: ClassVar = True
    theme: ClassVar = "reduction"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """Dropping and keeping the source at once does nothing."""
        if self.keep_source:
            yield Problem("no-effect", "drop with keep_source removes nothing.", "/keep_source", severity="warning")

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return nothing."""
        return ()

    def build(self, context: BuildContext) -> Any:
        """Return None: no values are made."""
        return None


class Keep(Operation):
    """Removes every column that is not named. For a short list of columns known to matter. Costs nothing."""

    operation: Literal["keep"] = "keep"

    accepts: ClassVar = ALL_KINDS
    arity: ClassVar = Arity.JOINT
    keeps_only: ClassVar = True
    learns: ClassVar = False
    exports_onnx: ClassVar = True
    theme: ClassVar = "reduction"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns as they are."""
        return inputs

    def build(self, context: BuildContext) -> Any:
        """Return None: no values are made."""
        return None
