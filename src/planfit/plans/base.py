"""What every plan has in common."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, StringConstraints

from planfit.records.canonical import Record

PlanKind = Literal["TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan", "NextStep"]
PLAN_KINDS: Final[tuple[str, ...]] = get_args(PlanKind)

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Sentence = Annotated[str, StringConstraints(max_length=2_000)]
LongText = Annotated[str, StringConstraints(max_length=20_000)]


class Plan(Record):
    """A document that a planner proposes."""

    version: Literal[1] = Field(1, description="Version of the plan language.")
    rationale: LongText | None = Field(None, description="Why this plan, in a few sentences.")

    def meaning(self) -> dict[str, Any]:
        """Return what the plan does, defaults filled in; what is only said about it is left out."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        from planfit.plans.show import as_html

        return as_html(type(self).__name__, self.to_json())
