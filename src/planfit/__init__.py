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
    from planfit.comparing import compare
    from planfit.errors import (
        BudgetSpent,
        CandidateFailed,
        DamagedRun,
        DataChanged,
        Halted,
        NotTrusted,
        Paused,
        PlanfitError,
        ProviderError,
        QuestionAsked,
        RunLocked,
        UsageError,
    )
    from planfit.face import check, compile, deliver, load, open_run, profile, resume, run
    from planfit.lifecycle import fork, review, rollback, stop
    from planfit.runs import Run

__all__ = [
    "BudgetSpent",
    "CandidateFailed",
    "DamagedRun",
    "DataChanged",
    "Halted",
    "NotTrusted",
    "Paused",
    "PlanfitError",
    "ProviderError",
    "QuestionAsked",
    "Run",
    "RunLocked",
    "UsageError",
    "__version__",
    "check",
    "compare",
    "compile",
    "deliver",
    "fork",
    "load",
    "open_run",
    "profile",
    "resume",
    "review",
    "rollback",
    "run",
    "stop",
]

_FACE = frozenset({"Run", "check", "compile", "deliver", "load", "open_run", "profile", "resume", "run"})
_LIFECYCLE = frozenset({"fork", "review", "rollback", "stop"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'planfit' has no attribute {name!r}")
    module = "face" if name in _FACE else "lifecycle" if name in _LIFECYCLE else "errors"
    module = "comparing" if name == "compare" else module
    return getattr(import_module(f"planfit.{module}"), name)


def __dir__() -> list[str]:
    return __all__
