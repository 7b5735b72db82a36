"""What the rules of feature plans look at, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planfit.planners.base import Ask
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Column, Kind

JsonDict = dict[str, Any]


@dataclass(frozen=True)
class FeatureView:
    """What the feature rules look at."""

    ask: Ask
    columns: tuple[Column, ...]
    stats: dict[str, ColumnProfile]
    strength: dict[str, tuple[str, float]]
    """Measure and value of each column's association with the target, on training rows."""

    @property
    def rows(self) -> int:
        return self.ask.profile.rows

    def of_kind(self, *kinds: Kind) -> list[Column]:
        return [column for column in self.columns if column.kind in kinds]

    def missing(self, name: str) -> int:
        return self.stats[name].missing

    def legal(self, operation: str) -> bool:
        return not self.ask.operations or operation in self.ask.operations


@dataclass(frozen=True)
class Step:
    """A step of the plan, with its reason inside."""

    rule: str
    step: JsonDict


@dataclass(frozen=True)
class LeftOut:
    """What was considered and left out, and why."""

    rule: str
    says: str


def view_of(ask: Ask) -> FeatureView:
    """Return the columns that a plan may use, with their figures."""
    out = {entry.name for entry in ask.task.excluded} | {ask.task.target} if ask.task is not None else set()
    columns = (
        ask.schema_.columns
        if ask.schema_ is not None
        else tuple(column for column in ask.profile.columns if column.name not in out)
    )
    names = {column.name for column in columns}
    stats = {entry.name: entry for entry in ask.profile.statistics if entry.name in names}
    associations = ask.target_profile.associations if ask.target_profile is not None else ()
    strength: dict[str, tuple[str, float]] = {entry.column: (entry.measure, entry.value) for entry in associations}
    return FeatureView(ask, tuple(column for column in columns if column.name in stats), stats, strength)
