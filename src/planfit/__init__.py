"""One sentence and one table in; a trained model, its pipeline, a report and a complete decision record out.

Examples
--------
>>> import planfit
>>> run = planfit.run("churn.csv", "Predict customer churn based on usage patterns")  # doctest: +SKIP
>>> run.predict(new_customers)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from planfit.errors import (
        BudgetSpent,
        CandidateFailed,
        DamagedRun,
        DataChanged,
        Halted,
        NotTrusted,
        PlanfitError,
        ProviderError,
        QuestionAsked,
        RunLocked,
        UsageError,
    )
    from planfit.face import check, compile, deliver, load, open_run, profile, replay, resume, run
    from planfit.runs import Run

__all__ = [
    "BudgetSpent",
    "CandidateFailed",
    "DamagedRun",
    "DataChanged",
    "Halted",
    "NotTrusted",
    "PlanfitError",
    "ProviderError",
    "QuestionAsked",
    "Run",
    "RunLocked",
    "UsageError",
    "__version__",
    "check",
    "compile",
    "deliver",
    "load",
    "open_run",
    "profile",
    "replay",
    "resume",
    "run",
]

_FACE = frozenset({"Run", "check", "compile", "deliver", "load", "open_run", "profile", "replay", "resume", "run"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'planfit' has no attribute {name!r}")
    return getattr(import_module("planfit.face" if name in _FACE else "planfit.errors"), name)


def __dir__() -> list[str]:
    return __all__
