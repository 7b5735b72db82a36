"""The texts of the prompts: Markdown files beside this one, to be read and improved; their hash is their version."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from planfit.planners.base import PlanKind

FILES: Final[dict[PlanKind, str]] = {
    "TaskPlan": "task_plan",
    "FeaturePlan": "feature_plan",
    "ModelPlan": "model_plan",
    "TuningPlan": "tuning_plan",
    "NextStep": "next_step",
}
_FORM: Final = "\n## Form\n"


@cache
def text(name: str) -> str:
    """Return a file's text without blank lines around it."""
    return (files(__package__) / f"{name}.md").read_text(encoding="utf-8").strip()


def asked(kind: PlanKind) -> str:
    """Return what is asked of a plan of this kind."""
    return text(FILES[kind]).partition(_FORM)[0].strip()


def form(kind: PlanKind) -> str:
    """Return the short form of the document; the schema says the rest."""
    return text(FILES[kind]).partition(_FORM)[2].strip()


@cache
def version() -> str:
    """Return the version of the prompts: twelve digits of the hash over all files.

    Examples
    --------
    >>> len(version())
    12
    """
    names = sorted(["role", "choices", *FILES.values()])
    whole = "\n\0".join(f"{name}\n{text(name)}" for name in names)
    return hashlib.sha256(whole.encode()).hexdigest()[:12]
