"""The task as settled: what every room after the planner relies on."""

from __future__ import annotations

from typing import Literal

from planfit.records.canonical import Record
from planfit.records.profile import Profile
from planfit.records.schema import Excluded, Schema

TaskType = Literal["binary", "multiclass", "regression"]
SplitKind = Literal["random", "stratified", "time", "group"]
Label = bool | int | float | str


class SplitSpec(Record):
    """How rows are divided."""

    kind: SplitKind
    column: str | None = None
    """The time or group column; None for random and stratified."""


class Task(Record):
    """What is to be predicted, from what, and how it is judged."""

    sentence: str
    target: str
    task_type: TaskType
    metric: str
    greater_is_better: bool
    classes: tuple[Label, ...] = ()
    """Sorted labels as they stand in the data; empty for regression."""
    positive_class: Label | None = None
    """Binary only."""
    split: SplitSpec
    excluded: tuple[Excluded, ...] = ()
    target_transform: Literal["none", "log1p"] = "none"
    """What estimators are fitted on; predictions are always in the target's own unit."""

    @property
    def positive_index(self) -> int:
        """Position of the positive class among `classes` (binary)."""
        return self.classes.index(self.positive_class) if self.positive_class is not None else 1

    @property
    def is_classification(self) -> bool:
        return self.task_type != "regression"

    def features_of(self, profile: Profile) -> Schema:
        """Return the schema that a feature plan starts from: raw columns without target, excluded and carried ones."""
        out = {self.target, *(entry.name for entry in self.excluded)}
        carried = (self.split.column,) if self.split.column and self.split.kind == "group" else ()
        columns = tuple(
            column.having(sources=(column.name,))
            for column in profile.columns
            if column.name not in out and column.name not in carried
        )
        return Schema(columns=columns, target=self.target, excluded=self.excluded, carried=carried, rows=profile.rows)


class SplitRecord(Record):
    """How the rows were divided; the assignment itself is a file beside it (``split.parquet``)."""

    kind: SplitKind
    rule: str
    """The rule in words, for the report."""
    n_folds: int
    rows: int
    training_rows: int
    holdout_rows: int
    """Zero when there is none."""
    equal_rows_together: bool = True
    unscored_rows: int = 0
    """Training rows that never get an out-of-fold prediction (first block of a time split)."""
