"""What the model rules look at, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planfit.planners.base import Ask
from planfit.records.schema import Column, Kind

RAW = "v0"
WORDS_OF_A_TEXT = 4.0
FEW_OTHER_COLUMNS = 5
"""Beside so few other columns, a text column is the signal."""
FEW_ENTITIES = 200
"""Groups below which a model rather learns them by heart than what holds for others."""
JsonDict = dict[str, Any]


@dataclass(frozen=True)
class ModelView:
    """What the model rules look at."""

    ask: Ask
    columns: tuple[Column, ...]
    classes: int
    """1 for regression and 2 for binary tasks."""

    @property
    def rows(self) -> int:
        return self.ask.profile.rows

    @property
    def entities(self) -> int | None:
        """How many groups there are where rows are divided by group and groups are few, else None."""
        task = self.ask.task
        if task is None or task.split.kind != "group" or task.split.column not in self.ask.profile.names:
            return None
        count = self.ask.profile.of(task.split.column).n_unique
        return count if count < FEW_ENTITIES else None

    @property
    def newest(self) -> str:
        """The newest adopted feature set; what models start from anyway counts as the raw columns."""
        newest = self._newest[0]
        return RAW if newest == self.ask.base else newest

    @property
    def _newest(self) -> tuple[str, JsonDict]:
        """The newest feature set with its plan; a language model's own counts where the probe found it better."""
        by_model = {name for name, _ in self.ask.sets_by_model}
        stood = {probe.child for probe in self.ask.probes if probe.verdict in ("better", "skipped")}
        sets = [entry for entry in self.ask.feature_sets if entry[0] not in by_model - stood]
        return sets[-1] if sets else (RAW, {})

    @property
    def adds_columns(self) -> bool:
        """Whether the newest feature set says more than which values are missing."""
        plain = {"missing_indicator", "mark_missing", "drop", "keep"}
        steps = self._newest[1].get("transformations", ())
        return any(step["operation"] not in plain for step in steps)

    @property
    def levels(self) -> int:
        """How many columns are categories."""
        return sum(1 for column in self.columns if column.kind is Kind.CATEGORICAL)

    @property
    def texts(self) -> list[Column]:
        return [column for column in self.columns if column.kind is Kind.TEXT]

    @property
    def text_is_the_signal(self) -> bool:
        """Whether a text of several words stands beside few other columns."""
        words = [self.ask.profile.of(column.name).mean_words or 0.0 for column in self.texts]
        return bool(words) and max(words) >= WORDS_OF_A_TEXT and len(self.columns) - len(words) <= FEW_OTHER_COLUMNS

    def legal(self, family: str) -> bool:
        return family in self.ask.families


@dataclass(frozen=True)
class Proposed:
    """One candidate that a rule wants tried; the smaller `place`, the earlier."""

    place: float
    family: str
    features: str
    params: tuple[tuple[str, Any], ...]
    reason: str

    @property
    def settings(self) -> JsonDict:
        return dict(self.params)


@dataclass(frozen=True)
class Rejected:
    """A family that a rule advises against."""

    family: str
    reason: str


def view_of(ask: Ask) -> ModelView:
    """Return what the model rules look at."""
    out = {entry.name for entry in ask.task.excluded} | {ask.task.target} if ask.task is not None else set()
    raw = tuple(column for column in ask.profile.columns if column.name not in out)
    classes = 1
    if ask.task is not None and ask.task.is_classification:
        classes = max(2, len(ask.task.classes))
    return ModelView(ask, raw, classes)
