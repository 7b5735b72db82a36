"""A person's own feature plan in front of another planner."""

from __future__ import annotations

import json
from typing import Any

from planfit.errors import UsageError
from planfit.planners.base import Answer, Ask, Planner
from planfit.planners.in_front import InFront

PERSON = "human"
"""Who is named in the record where a plan is the person's own."""
TAKEN_BACK = ("rolled-back", "rejected-by-person")
"""The person has decided against their own plan: another one is wanted, and not a word about mistakes."""


class WithOwnFeatures(InFront):
    """Answers the first question for features with the person's plan, everything else by the planner behind it.

    A plan with findings is the person's to mend: it is refused with one error instead of being asked for again.
    """

    def __init__(self, behind: Planner, features: dict[str, Any]) -> None:
        super().__init__(behind)
        self._document = json.dumps(features)

    def propose(self, ask: Ask) -> Answer:
        if ask.plan_kind != "FeaturePlan" or ask.round != 0:
            return self._behind.propose(ask)
        if ask.attempt > 1 and ask.previous != self._document:  # it was taken back before
            return self._behind.propose(ask)
        if any(finding.code in TAKEN_BACK for finding in ask.findings):
            return self._behind.propose(ask.having(findings=(), previous=None))
        if ask.findings:
            raise UsageError(
                "The feature plan does not fit the table: " + " ".join(f.sentence() for f in ask.findings if f.refuses),
                hint="Mend the plan; `planfit check PLAN DATA --target COLUMN` judges it without training.",
            )
        return Answer(document=self._document, prompt="The person's own feature plan.", planner=PERSON)
