"""The model plan: which candidates to train, in order."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from planfit.plans.base import Name, Plan, Sentence
from planfit.records.canonical import Record

MOST_CANDIDATES: Final = 100


class PlannedCandidate(Record):
    """A model family with the hyperparameters that are fixed; the others take the family's tuned defaults."""

    family: Name
    params: dict[str, Any] = Field({}, description="Hyperparameters that differ from the tuned defaults.")
    features: Name | None = Field(None, description="Name of a feature set; none for the newest adopted one.")
    reason: Sentence | None = None


class RejectedFamily(Record):
    """A model family that was thought of and left out."""

    family: Name
    reason: Sentence = Field(min_length=1)


class ModelPlan(Plan):
    """Candidates in the order in which they are to be trained."""

    candidates: tuple[PlannedCandidate, ...] = Field(min_length=1, max_length=MOST_CANDIDATES)
    rejected: tuple[RejectedFamily, ...] = Field((), max_length=MOST_CANDIDATES)

    def meaning(self) -> dict[str, Any]:
        """Return which candidates are to be trained."""
        kept = [candidate.model_dump(mode="json", exclude={"reason"}) for candidate in self.candidates]
        return {"kind": "ModelPlan", "candidates": kept}
