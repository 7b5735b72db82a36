"""The difference of two columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from planfit.operations.base import Arity, BuildContext, Operation, Problem, union_of_sources
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task


class Difference(Operation):
    """The first column minus the second, ``a-b``. For two amounts of one unit: paid and due, start and end.

    Two dates give days. A missing part gives a missing value. Trees need many splits for what this says in one column.
    Costs one column.
    """

    operation: Literal["difference"] = "difference"

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.DATETIME})
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 2
    most_columns: ClassVar = 2
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "numbers"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """Two columns of one kind, none of them a group."""
        for column in inputs:
            if column.group:
                yield Problem(
                    "column-count", f"difference takes two columns, and {column.name!r} is a group.", allowed="two columns"
                )  # fmt: skip
        if len({column.kind for column in inputs}) > 1:
            names = " and ".join(repr(column.name) for column in inputs)
            yield Problem(
                "kind-not-accepted",
                f"A date and a number have no difference: {names}.",
                allowed="two numbers or two dates",
            )

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the difference."""
        name = self.into or "-".join(column.name for column in inputs)
        return (Column(name=name, kind=Kind.NUMERIC, sources=union_of_sources(inputs)),)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer without state."""
        from planfit.operations.combining import Subtracted

        return Subtracted()
