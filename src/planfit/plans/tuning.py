"""The tuning plan: which candidate's hyperparameters to search, how, and where."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from planfit.plans.base import Name, Plan
from planfit.records.canonical import Record


class PlannedDimension(Record):
    """One dimension of a search space: bounds for numbers, choices for categories."""

    type: Literal["float", "int", "categorical"]
    low: float | None = Field(None, allow_inf_nan=False)
    high: float | None = Field(None, allow_inf_nan=False)
    log: bool = Field(False, description="Search on a logarithmic scale.")
    choices: tuple[str | bool | int | float | None, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _hangs_together(self) -> PlannedDimension:
        wrong: str | None = None
        if self.type == "categorical":
            if not self.choices:
                wrong = "a categorical dimension needs `choices`"
            elif self.low is not None or self.high is not None or self.log:
                wrong = "a categorical dimension has `choices`, not bounds"
        elif self.low is None or self.high is None:
            wrong = f"a dimension of type {self.type} needs `low` and `high`"
        elif self.choices:
            wrong = f"a dimension of type {self.type} has bounds, not `choices`"
        elif self.low >= self.high:
            wrong = f"`low` must be smaller than `high`, not {self.low:g} and {self.high:g}"
        elif self.log and self.low <= 0:
            wrong = f"a logarithmic scale starts above 0, not at {self.low:g}"
        elif self.type == "int" and not (self.low.is_integer() and self.high.is_integer()):
            wrong = "the bounds of a whole number must be whole numbers"
        if wrong is not None:
            raise PydanticCustomError("does_not_fit", "{wrong}", {"wrong": wrong})
        return self


class TuningPlan(Plan):
    """A search for better hyperparameters of one scored candidate."""

    candidate: Name = Field(description="Id of the candidate, e.g. c003.")
    method: Literal["grid", "random", "bayesian"] = "bayesian"
    trials: int = Field(20, ge=1, le=200)
    space: dict[str, PlannedDimension] | None = Field(
        None, min_length=1, description="Dimensions by hyperparameter; none for the family's own space."
    )

    def meaning(self) -> dict[str, Any]:
        """Return what is searched, and how."""
        kept = self.model_dump(mode="json", exclude={"version", "rationale"})
        return {"kind": "TuningPlan", **kept}
