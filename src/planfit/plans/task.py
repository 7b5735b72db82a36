"""The task plan: what is to be predicted, how it is judged, which columns may be used."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from planfit.plans.base import LongText, Name, Plan, Sentence
from planfit.records.canonical import Record
from planfit.records.schema import Excluded
from planfit.records.task import Alternative, Constraints, SplitKind, TaskType


class PlannedSplit(Record):
    """How rows are divided into folds and holdout."""

    kind: SplitKind = Field(description="`time`: forward in time; `group`: no entity on both sides.")
    column: Name | None = Field(None, description="The time or group column; none for random and stratified.")


class PlannedExclusion(Record):
    """A column that no model may use, and why."""

    name: Name
    code: Literal["identifier", "constant", "leak", "duplicate", "asked", "empty", "split", "screened", "other"] = (
        "other"
    )
    reason: Sentence = Field(min_length=1)

    def to_excluded(self) -> Excluded:
        """Return the exclusion as the task keeps it."""
        return Excluded(name=self.name, code=self.code, reason=self.reason)


class TaskPlan(Plan):
    """What is to be predicted and how it is judged."""

    target: Name = Field(description="The column to be predicted.")
    task_type: TaskType
    metric: Name = Field(description="Decides which candidate is best.")
    positive_class: Name | None = Field(None, description="Binary tasks: the value that counts as the event, as text.")
    split: PlannedSplit
    excluded: tuple[PlannedExclusion, ...] = Field((), description="Columns that no model may use, each with a reason.")
    confidence: float = Field(1.0, ge=0.0, le=1.0, description="How certain the target is.")
    alternatives: tuple[Alternative, ...] = Field((), max_length=100)
    constraints: Constraints | None = Field(
        None, description="What the sentence asks of the run; none where it asks nothing."
    )
    notes: tuple[Sentence, ...] = Field(
        (),
        max_length=20,
        description="What the sentence asks and an option or the table contradicts, one sentence each.",
    )
    question: LongText | None = Field(None, description="One question to the user, where the target is not clear.")

    @field_validator("positive_class", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """Accept true, 1 and 1.0 for the text that the profile shows."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value) if isinstance(value, int | float) else value

    def meaning(self) -> dict[str, Any]:
        """Return what is predicted from what; certainty, alternatives, question and reasons are left out."""
        return {
            "kind": "TaskPlan",
            "target": self.target,
            "task_type": self.task_type,
            "metric": self.metric,
            "positive_class": self.positive_class,
            "split": self.split.to_json(),
            "excluded": sorted(entry.name for entry in self.excluded),
            "constraints": None if self.constraints is None else self.constraints.to_json(),
        }
