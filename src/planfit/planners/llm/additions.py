"""A language model's steps are added to those that follow by rule: whatever it answers, none of those is lost."""

from __future__ import annotations

import json
from typing import Any, Final

from planfit.planners.base import Ask

Json = dict[str, Any]
BY_RULE: Final = "by rule"
TALK: Final = frozenset({"reason", "except"})
"""Fields without a say in whether two steps are the same; `except` is empty where no selector stands."""


def added(ask: Ask, document: Any) -> Any:
    """Return a feature plan with the steps that are made in any case before its own; anything else as it is.

    Parameters
    ----------
    ask : Ask
    document : Any
        What was answered, in the plan language; steps that it repeats are not made twice.
    """
    own = document.get("transformations") if isinstance(document, dict) else None
    if ask.plan_kind != "FeaturePlan" or not ask.by_rule or not isinstance(own, list):
        return document
    there = [_plain(step) for step in ask.by_rule]
    new = [step for step in own if _plain(step) not in there]
    return {**document, "transformations": [*({**step, "reason": BY_RULE} for step in ask.by_rule), *new]}


def _plain(step: Any) -> str:
    if not isinstance(step, dict):
        return json.dumps(step, default=str)
    plain = {
        key: value
        for key, value in step.items()
        if value is not None and not (key in TALK and (key == "reason" or not value))
    }
    if "column" in plain:
        plain["columns"] = [plain.pop("column")]
    return json.dumps(plain, sort_keys=True, default=str)
