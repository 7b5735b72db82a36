"""The move after each round; it carries its plan."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from planfit.plans.base import Plan
from planfit.plans.features import FeaturePlan
from planfit.plans.models import ModelPlan
from planfit.plans.tuning import TuningPlan


class _Move(Plan):
    move: str

    def meaning(self) -> dict[str, Any]:
        """Return what is to be done."""
        plan: Plan | None = getattr(self, "plan", None)
        return {"kind": "NextStep", "move": self.move, **({} if plan is None else {"plan": plan.meaning()})}


class Revise(_Move):
    """Another feature plan, in place of the present one; a probe decides whether it is adopted."""

    move: Literal["revise"] = "revise"
    plan: FeaturePlan


class Models(_Move):
    """Further candidates."""

    move: Literal["models"] = "models"
    plan: ModelPlan


class Tune(_Move):
    """A search for better hyperparameters of one candidate."""

    move: Literal["tune"] = "tune"
    plan: TuningPlan


class Ensemble(_Move):
    """A weighted average of the scored candidates; the weights come from their out-of-fold predictions."""

    move: Literal["ensemble"] = "ensemble"


class Finish(_Move):
    """Nothing further is worth its time: deliver the best."""

    move: Literal["finish"] = "finish"


NextStep = Revise | Models | Tune | Ensemble | Finish
TaggedNextStep = Annotated[NextStep, Field(discriminator="move")]
MOVES: Final[dict[str, type[_Move]]] = {
    "revise": Revise, "models": Models, "tune": Tune, "ensemble": Ensemble, "finish": Finish,
}  # fmt: skip
