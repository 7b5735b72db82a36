"""The expert: the planner that needs no network. Rules for each kind of plan, answered as JSON text like any planner."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from planfit.planners.base import Answer, Ask
from planfit.planners.expert.corrections import corrected
from planfit.planners.expert.features import feature_plan
from planfit.planners.expert.models import model_plan
from planfit.planners.expert.next_step import next_step
from planfit.planners.expert.task import task_plan
from planfit.planners.expert.tuning import tuning_plan
from planfit.planners.prompts import Reference, prompt_for
from planfit.records.canonical import plain
from planfit.records.scores import Usage

JsonDict = dict[str, Any]


class Expert:
    """Plans by rule. The same ask gives the same answer.

    Parameters
    ----------
    reference : Reference or None
        The catalogue's texts for the prompt; by default those of the installed operations and families.

    Examples
    --------
    >>> Expert().name
    'expert'
    """

    name = "expert"

    def __init__(self, reference: Reference | None = None) -> None:
        self._reference = reference

    def propose(self, ask: Ask) -> Answer:
        """Return the plan that the rules lead to, corrected by what the findings say about the last one."""
        document = _PLANS[ask.plan_kind](ask)
        if ask.findings:
            document = corrected(ask, document)
        text = json.dumps(plain(document), ensure_ascii=False, indent=1)
        return Answer(document=text, prompt=prompt_for(ask, self._reference), usage=Usage(calls=0))


def _tuning(ask: Ask) -> JsonDict:
    plan = tuning_plan(ask)
    # asked to tune where nothing is scored, the expert names the first candidate there will be
    return plan or {"candidate": "c001", "method": "bayesian", "trials": 3, "rationale": "Nothing is scored yet."}


_PLANS: dict[str, Callable[[Ask], JsonDict]] = {
    "TaskPlan": task_plan,
    "FeaturePlan": feature_plan,
    "ModelPlan": model_plan,
    "TuningPlan": _tuning,
    "NextStep": next_step,
}
