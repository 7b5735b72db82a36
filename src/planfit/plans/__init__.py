"""The plan language: five kinds of documents, and what is right and wrong with one.

Examples
--------
>>> plan, findings = parse("FeaturePlan", '{"transformations": [{"column": "age", "operation": "standard_scale"}]}')
>>> plan.transformations[0].describe(), findings
('standard_scale', ())
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from planfit.plans.base import PLAN_KINDS, Plan, PlanKind
from planfit.plans.document_schema import schema_of
from planfit.plans.features import FeaturePlan
from planfit.plans.models import ModelPlan, PlannedCandidate
from planfit.plans.next_step import Ensemble, Finish, Models, NextStep, Revise, Tune
from planfit.plans.parsing import from_document, parse
from planfit.plans.task import PlannedExclusion, PlannedSplit, TaskPlan
from planfit.plans.tuning import PlannedDimension, TuningPlan


def meaning(plan: Plan) -> dict[str, Any]:
    """Return what a plan does, defaults filled in. Plans of the same meaning are equal here, and have one hash.

    Rationale, reasons, confidence and the version of the plan language are left out.
    """
    return plan.meaning()


def json_schema(kind: PlanKind) -> dict[str, Any]:
    """Return the JSON Schema of a plan kind."""
    return deepcopy(schema_of(kind))


__all__ = [
    "PLAN_KINDS",
    "Ensemble",
    "FeaturePlan",
    "Finish",
    "ModelPlan",
    "Models",
    "NextStep",
    "Plan",
    "PlanKind",
    "PlannedCandidate",
    "PlannedDimension",
    "PlannedExclusion",
    "PlannedSplit",
    "Revise",
    "TaskPlan",
    "Tune",
    "TuningPlan",
    "from_document",
    "json_schema",
    "meaning",
    "parse",
]
