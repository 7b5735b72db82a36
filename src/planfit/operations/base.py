"""What an operation is: one class that says everything about itself, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""The name of a column, of a group such as ``city=*``, or a selector."""

SELECTORS: dict[str, frozenset[Kind]] = {
    "@numeric": frozenset({Kind.NUMERIC}),
    "@categorical": frozenset({Kind.CATEGORICAL}),
    "@text": frozenset({Kind.TEXT}),
    "@datetime": frozenset({Kind.DATETIME}),
    "@boolean": frozenset({Kind.BOOLEAN}),
    "@all": frozenset(Kind) - {Kind.IDENTIFIER, Kind.CONSTANT},
}


LARGEST = 1e100
"""Beyond it a number is a marker, not a measurement; products of three numbers within it are finite."""


class Arity(Enum):
    """How an operation treats its columns."""

    EACH = "each"
    """One by one, the same operation for each."""
    JOINT = "joint"
    """All together, into results of all."""
    ALIGNED = "aligned"
    """All together, one result for each: imputing one column by the others."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with one step, found by the operation itself; validation makes a finding of it."""

    code: str
    message: str
    path: str = ""
    """JSON Pointer relative to the step, e.g. ``/degree``."""
    allowed: str | None = None
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True)
class Cost:
    """Forecast of one step on `rows` rows."""

    columns: int
    """Columns that come out."""
    bytes: int
    """Memory of what comes out."""
    seconds: float


@dataclass(frozen=True)
class BuildContext:
    """What a transformer may know when it is built. Picklable and part of a bundle.

    `task` gives task type and classes; `inner_cv(n)` a seeded splitter for cross-fitting.
    """

    task: Task | None
    seed: int
    inputs: tuple[Column, ...]

    def inner_cv(self, n_splits: int) -> Any:
        """Return a seeded splitter: stratified for classification, plain for regression."""
        from sklearn.model_selection import KFold, StratifiedKFold

        kind = StratifiedKFold if self.task is not None and self.task.is_classification else KFold
        return kind(n_splits, shuffle=True, random_state=self.seed)


class Operation(Record):
    """A named transformation that a feature plan may use.

    Subclasses set `operation` to a literal tag, declare their parameters as fields (flat beside the shared
    ones, with scikit-learn's names) and the class variables below. The docstring is what planners read.
    """

    operation: str
    column: ColumnName | None = Field(None, description="The one column to transform; give this or `columns`.")
    columns: tuple[ColumnName, ...] | None = Field(
        None,
        min_length=1,
        description="Names of columns, or selectors such as @numeric; a lone text counts as a list of one.",
    )
    except_: tuple[ColumnName, ...] = Field(
        (), alias="except", description="Columns that a selector in `columns` leaves out."
    )
    into: str | None = Field(
        None, min_length=1, max_length=200, description="Name for the result, in place of the one made from the source."
    )
    keep_source: bool | None = Field(
        None, description="Whether the source columns stay beside the result; by default the operation decides."
    )
    reason: str | None = Field(None, max_length=2000, description="Why this step helps, in a sentence.")

    accepts: ClassVar[frozenset[Kind]]
    arity: ClassVar[Arity] = Arity.EACH
    fewest_columns: ClassVar[int] = 1
    most_columns: ClassVar[int | None] = None
    columns_apart: ClassVar[bool] = False
    """JOINT only: the transformer is given a list of one-dimensional arrays, each of its own kind, not one array."""
    columnwise: ClassVar[bool] = False
    """EACH only: one transformer takes all columns of one storage at once and treats them one by one."""
    makes_group: ClassVar[bool] = False
    """How many columns come out of one depends on the data. The transformer tells their names, each beginning with
    the stem that it is given: by `get_feature_names_out([stem])`, or, where it is columnwise, by
    `feature_names_by_source(stems)`, a list for each stem."""
    replaces: ClassVar[bool] = True
    """Whether the sources leave the table unless `keep_source` says otherwise."""
    keeps_only: ClassVar[bool] = False
    """Every column that is not an input leaves the table, the inputs stay (``keep``)."""
    suffix: ClassVar[str] = ""
    """Ends the name of a result that stands beside its source, e.g. ``_scaled``."""
    learns: ClassVar[bool] = True
    uses_target: ClassVar[bool] = False
    cross_fitted: ClassVar[bool] = False
    """`fit_transform` gives the training rows values that their own targets did not enter; fitting takes
    ``groups=`` and ``times=`` (arrays by row, or None)."""
    exports_onnx: ClassVar[bool] = False
    adds_information: ClassVar[bool] = True
    """False for scaling and imputing, which the probe does not judge."""
    version: ClassVar[int] = 1
    theme: ClassVar[str] = ""
    example: ClassVar[dict[str, Any]] = {}
    """Parameters that have no default, for documentation and tests. An operation that names its columns in a text puts
    kinds in braces for them: ``{numeric} / 2``."""

    @field_validator("columns", "except_", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    def reads(self) -> dict[str, str]:
        """Return the columns that parameters name, each by its place, a JSON Pointer relative to the step."""
        return {}

    def renamed(self, old: str, new: str) -> str | None:
        """Return the text that `reads` found `old` in, with the column `new` in its place; None where that cannot be done."""
        return None

    def check(self, inputs: tuple[Column, ...], schema: Schema) -> Iterator[Problem]:
        """Yield what is wrong beyond kinds and counts (gate ``schema``)."""
        yield from ()

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        """Return the columns made from `inputs`: names (or one group), kinds, sources. Kept sources are not listed.

        For EACH and ALIGNED operations this must be the same as asking for one input after the other. A group that comes in
        (``city=*``) comes out as a group, whose name ends in a sign and ``*``.
        """
        raise NotImplementedError

    def build(self, context: BuildContext) -> Any:
        """Return the unfitted transformer for one column (EACH), for all of one storage (columnwise) or for all (else).

        It is fitted on a two-dimensional array: float64 without infinite numbers (numeric, boolean), datetime64[us]
        (datetime) or object with NaN for missing (everything else). None: no values are made (``drop``, ``keep``).
        """
        raise NotImplementedError

    def forecast(self, rows: int, inputs: tuple[Column, ...], task: Task | None) -> Cost:
        """Return the cost; the default counts 8 bytes a cell and one fast pass."""
        width = sum(column.width for column in self.outputs(inputs, task))
        return Cost(width, 8 * rows * width, 2e-8 * rows * width)

    def named(self, column: Column, ending: str = "") -> str:
        """Return the name of a result made from `column`: `into` or its own name, then `ending`.

        Without an ending, a result that stands beside its source gets the operation's `suffix`. The sign of a group
        stays at the end: ``city=*`` scaled beside its source is ``city_scaled=*``.
        """
        stem, sign = (column.name[:-2], column.name[-2:]) if column.group else (column.name, "")
        if self.into is None and not ending and not self.removes_sources:
            ending = self.suffix
        return (self.into or stem) + ending + sign

    @property
    def removes_sources(self) -> bool:
        """Whether the source columns leave the table."""
        return self.replaces if self.keep_source is None else not self.keep_source

    def parameters(self) -> dict[str, Any]:
        """Return the operation's own parameters with defaults filled in."""
        return self.model_dump(mode="json", exclude=set(Operation.model_fields))

    def describe(self) -> str:
        """Return the step as a person would say it, e.g. ``one_hot_encode(min_frequency=5)``."""
        changed = {
            key: value for key, value in self.parameters().items() if value != type(self).model_fields[key].default
        }
        inside = ", ".join(f"{key}={value}" for key, value in changed.items())
        return f"{self.operation}({inside})" if inside else self.operation


def made_of(
    column: Column, name: str, kind: Kind, *, n_unique: int | None = None, missing: int | None = None
) -> Column:
    """Return what an operation makes of `column`, one for one: a group stays a group, the sources stay the same."""
    return Column(
        name=name,
        kind=kind,
        n_unique=n_unique,
        missing=missing,
        group=column.group,
        width=column.width,
        sources=union_of_sources((column,)),
        ordered=column.ordered and kind is Kind.CATEGORICAL,
    )


def union_of_sources(inputs: tuple[Column, ...]) -> tuple[str, ...]:
    """Return the raw columns behind `inputs`, each once, in order."""
    return tuple(dict.fromkeys(source for column in inputs for source in (column.sources or (column.name,))))
