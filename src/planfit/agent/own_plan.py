"""A person's own feature plan in front of another planner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from planfit.errors import UsageError
from planfit.planners.base import Answer, Ask, Planner


class WithOwnFeatures:
    """Answers the first question for features with the person's plan, everything else by the planner behind it.

    A plan with findings is the person's to mend: it is refused with one error instead of being asked for again.
    """

    def __init__(self, behind: Planner, features: dict[str, Any]) -> None:
        self.name = behind.name
        self.online = getattr(behind, "online", False)
        self._behind = behind
        self._features = features

    def attach(self, folder: Path) -> None:
        """Let the planner behind write what leaves into a run's folder."""
        attach = getattr(self._behind, "attach", None)
        if attach is not None:
            attach(folder)

    def propose(self, ask: Ask) -> Answer:
        if ask.plan_kind != "FeaturePlan" or ask.round != 0:
            return self._behind.propose(ask)
        if any(finding.code == "rolled-back" for finding in ask.findings):  # the person went back behind it
            return self._behind.propose(ask.having(findings=(), previous=None))
        if ask.findings:
            raise UsageError(
                "The feature plan does not fit the table: " + " ".join(f.sentence() for f in ask.findings if f.refuses),
                hint="Mend the plan; `planfit check PLAN DATA --target COLUMN` judges it without training.",
            )
        return Answer(document=json.dumps(self._features), prompt="The person's own feature plan.", planner="human")
