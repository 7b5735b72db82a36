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
    from planfit.by_hand import apply, check, compile, diff, mend
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
    from planfit.face import load, open_run, profile, resume, run
    from planfit.lifecycle import deliver, fork, replay, review, rollback, stop
    from planfit.plans import FeaturePlan
    from planfit.runs import Run

__all__ = [
    "BudgetSpent",
    "CandidateFailed",
    "DamagedRun",
    "DataChanged",
    "FeaturePlan",
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
    "apply",
    "check",
    "compare",
    "compile",
    "deliver",
    "diff",
    "fork",
    "load",
    "mend",
    "open_run",
    "profile",
    "replay",
    "resume",
    "review",
    "rollback",
    "run",
    "stop",
]

_ROOMS = {
    "FeaturePlan": "planfit.plans",
    "compare": "planfit.comparing",
    **dict.fromkeys(("apply", "check", "compile", "diff", "mend"), "planfit.by_hand"),
    **dict.fromkeys(("Run", "load", "open_run", "profile", "resume", "run"), "planfit.face"),
    **dict.fromkeys(("deliver", "fork", "replay", "review", "rollback", "stop"), "planfit.lifecycle"),
}
"""Where a name comes from when it is first asked for; all others are errors."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'planfit' has no attribute {name!r}")
    return getattr(import_module(_ROOMS.get(name, "planfit.errors")), name)


def __dir__() -> list[str]:
    return __all__
