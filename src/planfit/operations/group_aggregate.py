"""A number seen against its group: the income beside the mean income of the city."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Operation, Problem, union_of_sources
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

Statistic = Literal["mean", "median", "std", "min", "max"]
Compare = Literal["difference", "ratio", "none"]
_LINKS = {"difference": "-", "ratio": "/"}


class GroupAggregate(Operation):
    """The first column against a statistic of its group, the second column: ``income-mean by city``.

    For what is high or low only within its kind: a price for that model, a pulse for that age. The statistic comes from
    training rows without a look at the target; a group that training did not hold gets the overall one. `compare` none
    gives the statistic itself. Costs one pass.
    """

    operation: Literal["group_aggregate"] = "group_aggregate"
    statistic: Statistic = Field("mean", description="What is taken of each group's numbers.")
    compare: Compare = Field("difference", description="The row's number minus the statistic, over it, or not at all.")

    accepts: ClassVar = frozenset({Kind.NUMERIC, Kind.CATEGORICAL, Kind.BOOLEAN})
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 2
    most_columns: ClassVar = 2
    columns_apart: ClassVar = True
    replaces: ClassVar = False
    theme: ClassVar = "groups"

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """The first column is a number; neither is a group of columns."""
        if inputs and inputs[0].kind is not Kind.NUMERIC:
            yield Problem(
                "kind-not-accepted",
                f"group_aggregate takes a number first, and {inputs[0].name!r} is {inputs[0].kind.value}.",
                allowed="a numeric column, then the column that names the group",
            )
        for column in inputs:
            if column.group:
                yield Problem(
                    "column-count", f"group_aggregate takes two columns, and {column.name!r} is a group.", allowed="two columns"
                )  # fmt: skip

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return one numeric column."""
        number, group = inputs[0].name, inputs[-1].name
        link = _LINKS.get(self.compare)
        name = f"{number}{link}{self.statistic} by {group}" if link else f"{self.statistic} {number} by {group}"
        return (Column(name=self.into or name, kind=Kind.NUMERIC, sources=union_of_sources(inputs)),)

    def build(self, context: BuildContext) -> Any:
        """Return a transformer that learns the groups' statistics."""
        from planfit.operations.combining import AgainstGroup

        return AgainstGroup(self.statistic, self.compare)
