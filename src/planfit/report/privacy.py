"""The one place where a report's texts lose the values of columns that look personal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, overload

from planfit.records.findings import Finding
from planfit.records.insight import Insight
from planfit.records.profile import Profile
from planfit.records.task import Task

HIDDEN = "(personal)"
SHORTEST = 3
"""Characters from which a value is looked for in texts; shorter ones would hit ordinary words."""


class Mask:
    """Replaces what is known of personal columns' values in texts.

    Parameters
    ----------
    columns : iterable of str
        Names of the personal columns.
    values : iterable of str
        Values of theirs that the profile knows.
    """

    def __init__(self, columns: Iterable[str] = (), values: Iterable[str] = ()) -> None:
        self._columns = frozenset(columns)
        known = sorted({value for value in values if len(value) >= SHORTEST}, key=len, reverse=True)
        inside = "|".join(map(re.escape, known))
        self._pattern = re.compile(rf"(?<!\w)(?:{inside})(?!\w)") if known else None

    @classmethod
    def of(cls, profile: Profile | None) -> Mask:
        """Return the mask for a table."""
        personal = [figures for figures in profile.statistics if figures.personal] if profile is not None else []
        values = [str(count.value) for figures in personal for count in figures.top]
        values += [str(edge) for figures in personal for edge in (figures.minimum, figures.maximum) if edge is not None]
        return cls((figures.name for figures in personal), values)

    @overload
    def __call__(self, text: str) -> str: ...
    @overload
    def __call__(self, text: None) -> None: ...
    @overload
    def __call__(self, text: Any) -> Any: ...
    def __call__(self, text: Any) -> Any:
        """Return a text without personal values."""
        return self._pattern.sub(HIDDEN, text) if self._pattern is not None and isinstance(text, str) else text

    def personal(self, names: Iterable[str]) -> bool:
        """Say whether one of these columns is personal."""
        return any(name in self._columns for name in names)

    def values(self, parameters: Any) -> Any:
        """Return JSON values without personal ones."""
        if isinstance(parameters, dict):
            return {self(key): self.values(value) for key, value in parameters.items()}
        return [self.values(value) for value in parameters] if isinstance(parameters, list) else self(parameters)

    def plan(self, document: Any) -> Any:
        """Return a plan without personal values: of a step on a personal column no parameter is shown."""
        if isinstance(document, list):
            return [self.plan(part) for part in document]
        if not isinstance(document, dict):
            return self(document)
        columns = document.get("columns") or document.get("column") or ()
        names = [columns] if isinstance(columns, str) else columns
        if "operation" in document and isinstance(names, list | tuple) and self.personal(map(str, names)):
            shown = ("operation", "column", "columns", "into")
            return {key: value for key, value in document.items() if key in shown} | {"values": "not shown: personal"}
        return {self(key): self.plan(value) for key, value in document.items()}

    def finding(self, finding: Finding) -> Finding:
        """Return a finding without personal values."""
        return finding.having(message=self(finding.message), hint=self(finding.hint), allowed=self(finding.allowed))

    def task(self, task: Task, profile: Profile | None) -> Task:
        """Return a task without personal values: of a personal target neither classes nor the positive one are shown."""
        excluded = tuple(entry.having(reason=self(entry.reason)) for entry in task.excluded)
        alternatives = tuple(entry.having(evidence=self(entry.evidence)) for entry in task.alternatives)
        task = task.having(excluded=excluded, alternatives=alternatives)
        if not self.personal([task.target]):
            return task
        hidden = tuple(f"{HIDDEN} {place}" for place in range(1, len(task.classes) + 1))
        positive = None if task.positive_class is None else hidden[task.positive_index]
        return task.having(classes=hidden, positive_class=positive)

    def insight(self, insight: Insight, task: Task) -> Insight:
        """Return an insight without groups and values of personal columns; of a personal number nothing is drawn."""
        slices = insight.slices
        if slices is not None:
            shown = (made for made in slices.worst if not self.personal([made.column]))
            slices = slices.having(worst=tuple(made.having(label=self(made.label)) for made in shown))
        drawn = (made for made in insight.dependence if not self.personal([made.column]))
        open_to_see = tuple(made.having(at=tuple(map(self, made.at))) for made in drawn)
        insight = insight.having(slices=slices, dependence=open_to_see)
        if task.is_classification or not self.personal([task.target]):
            return insight
        return insight.having(numbers=None, dependence=(), slices=None)
