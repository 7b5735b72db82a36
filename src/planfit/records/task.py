"""The task as settled: what every room after the planner relies on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from planfit.records.canonical import Record
from planfit.records.profile import Profile
from planfit.records.schema import Excluded, Schema

TaskType = Literal["binary", "multiclass", "regression"]
SplitKind = Literal["random", "stratified", "time", "group"]
Label = bool | int | float | str
Threshold = float | tuple[float, ...]
"""From which probability a row counts as positive; of several classes, what each one's probability is multiplied by."""


class SplitSpec(Record):
    """How rows are divided."""

    kind: SplitKind
    column: str | None = None
    """The time or group column; None for random and stratified."""


class Constraints(Record):
    """What the user's sentence asks of the run beside the target. What an option says counts for more."""

    seconds: float | None = Field(None, gt=0.0, description="Time for the whole run.")
    max_candidates: int | None = Field(None, ge=1, description="Configurations that are scored at the most.")
    families: tuple[str, ...] = Field((), description="The only model families wanted; empty: any.")
    without_families: tuple[str, ...] = Field((), description="Model families that are not wanted.")
    simple: bool = Field(False, description="Only models that a person can read.")

    def in_words(self) -> tuple[str, ...]:
        """Return one phrase for each constraint.

        Examples
        --------
        >>> Constraints(seconds=300, families=("linear",)).in_words()
        ('at most 5 minutes', 'only linear')
        """
        said = []
        if self.seconds is not None:
            said.append(f"at most {_spoken(self.seconds)}")
        if self.max_candidates is not None:
            said.append(f"at most {self.max_candidates} candidate{'s' if self.max_candidates > 1 else ''}")
        if self.families:
            said.append(f"only {', '.join(self.families)}")
        if self.without_families:
            said.append(f"no {', no '.join(self.without_families)}")
        if self.simple:
            said.append("only models that can be read")
        return tuple(said)


def _spoken(seconds: float) -> str:
    for unit, size in (("hour", 3600.0), ("minute", 60.0), ("second", 1.0)):
        if seconds >= size and (seconds / size * 2).is_integer():
            return f"{seconds / size:g} {unit}{'' if seconds == size else 's'}"
    return f"{seconds:g} seconds"


class Alternative(Record):
    """A column that the sentence might mean, and what speaks for it."""

    target: str = Field(min_length=1, max_length=300)
    score: float = Field(ge=0.0, le=1.0)
    evidence: str = Field("", max_length=2_000)


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
    weight: str | None = None
    """Column that says how much each row counts, in fits and in scores; no model may use it."""
    constraints: Constraints | None = None
    """What the sentence asks of the run."""
    confidence: float = 1.0
    """How certain the target is."""
    alternatives: tuple[Alternative, ...] = ()
    """The target and the columns that might have been it, with what speaks for each."""

    @property
    def positive_index(self) -> int:
        """Position of the positive class among `classes` (binary)."""
        return self.classes.index(self.positive_class) if self.positive_class is not None else 1

    @property
    def is_classification(self) -> bool:
        return self.task_type != "regression"

    def features_of(self, profile: Profile) -> Schema:
        """Return the schema that a feature plan starts from: raw columns without target, excluded and carried ones."""
        out = {self.target, *(entry.name for entry in self.excluded), *((self.weight,) if self.weight else ())}
        # a time that no model may see still orders the rows that encoders learn from
        hidden = self.split.kind == "group" or self.split.column in out
        carried = (self.split.column,) if self.split.column and hidden else ()
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
