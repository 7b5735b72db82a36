"""A SQL scalar expression over the columns of one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from planfit.operations.base import Arity, BuildContext, Operation, Problem, union_of_sources
from planfit.records.schema import ALL_KINDS, Column, Kind, Schema
from planfit.records.task import Task

ALLOWED = (
    "+ - * / %, comparisons, AND OR NOT, IN, BETWEEN, LIKE, IS NULL, CASE, COALESCE, NULLIF, GREATEST, LEAST, CAST; ABS, "
    "SIGN, ROUND, FLOOR, CEIL, SQRT, LN, LOG, EXP, POWER, SIN, COS, TAN, ATAN, ATAN2; UPPER, LOWER, TRIM, LENGTH, "
    "LEFT, RIGHT, SUBSTRING, SPLIT_PART, REPLACE, CONCAT, STARTS_WITH, ENDS_WITH; EXTRACT, YEAR, QUARTER, MONTH, DAY, "
    "HOUR, MINUTE, DATEDIFF(end, start)"
)


class Expression(Operation):
    """A SQL scalar expression over one row's columns, e.g. ``COALESCE(income, 0) / persons``, as the new column `into`.

    For what domain knowledge says and no other operation does. Names with spaces stand in double quotes, texts in single
    ones; booleans are 1 and 0. Division by zero and overflow give a missing value. No aggregates, windows, sub-queries or
    clock: a row's value depends on the row alone. Learns nothing. Source: sqlglot reads it, polars carries it out.
    """

    operation: Literal["expression"] = "expression"
    expression: str = Field(min_length=1, max_length=2000, description=f"Of columns and literals with {ALLOWED}.")
    into: str = Field(min_length=1, max_length=200, description="Name of the new column.")
    column: None = Field(None, description="Not taken: the expression names its columns.")
    columns: None = Field(None, description="Not taken: the expression names its columns.")

    accepts: ClassVar = ALL_KINDS
    arity: ClassVar = Arity.JOINT
    fewest_columns: ClassVar = 0
    columns_apart: ClassVar = True
    replaces: ClassVar = False
    learns: ClassVar = False
    theme: ClassVar = "expression"
    example: ClassVar = {
        "expression": "CASE WHEN {boolean} THEN {numeric} / 2 WHEN {datetime} > '2000-05-01' THEN 0 "
        "ELSE LENGTH({categorical}) END",
        "into": "made",
    }

    def reads(self) -> dict[str, str]:
        """Return the columns that the expression names."""
        from planfit.operations.scalar_sql import columns_named

        return dict.fromkeys(columns_named(self.expression), "/expression")

    def renamed(self, old: str, new: str) -> str | None:
        """Return the expression with another column in the place of one."""
        from planfit.operations.scalar_sql import renamed

        return renamed(self.expression, old, new)

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """The expression is allowed, and its types go together."""
        from planfit.operations.scalar_sql import Refused, compiled

        try:
            compiled(self.expression, inputs)
        except Refused as refused:
            if refused.code == "unknown-column" and not any(column.group for column in inputs):
                return  # what is not there is told where names are looked up
            yield Problem(refused.code, refused.message, "/expression", refused.allowed)

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the column, of the kind that the expression gives."""
        from planfit.operations.scalar_sql import Refused, compiled

        try:
            kind = compiled(self.expression, inputs).kind
        except Refused:  # told by `check`
            kind = Kind.NUMERIC
        return (Column(name=self.into, kind=kind, sources=union_of_sources(inputs)),)

    def build(self, context: BuildContext) -> Any:
        """Return the regenerated text for polars."""
        from planfit.operations.scalar_run import SqlExpression
        from planfit.operations.scalar_sql import compiled

        return SqlExpression(compiled(self.expression, context.inputs))
