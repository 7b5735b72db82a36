"""Putting a prompt together: what stays the same first, what changes from question to question last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from planfit.planners.base import Ask
from planfit.planners.privacy import Screen
from planfit.planners.prompts import digest, places, sections, texts


@dataclass(frozen=True)
class Reference:
    """What the catalogue says of itself: operations and families as text, and a plan's schema where it is wanted."""

    operations: str
    families: str
    schema: dict[str, Any] | None = None

    @classmethod
    def installed(cls, ask: Ask) -> Reference:
        """Return the texts of what is legal in `ask`."""
        from planfit.plans import catalogue

        return cls(
            operations=catalogue.operations_in_short(catalogue.fitting(ask.operations, ask.schema_))
            if _shows_operations(ask)
            else "",
            families=catalogue.families_in_short(ask.families) if _shows_families(ask) else "",
        )


def prompt_for(
    ask: Ask, reference: Reference | None = None, *, screen: Screen | None = None, knowledge: str = ""
) -> str:
    """Return the prompt for `ask`; the same ask gives the same text, with no ids of runs, times or paths in it.

    Parameters
    ----------
    ask : Ask
    reference : Reference or None
        The catalogue's texts; by default those of what is legal in `ask`.
    screen : Screen or None
        What decides what may be seen; by default that of tier ``profile``.
    knowledge : str
        What the user knows of the matter.
    """
    screen = screen or Screen()
    reference = reference or Reference.installed(ask)
    seen = screen.view(ask)
    parts = [
        ("Role", texts.text("role")),
        ("Task description (data, quoted)", sections.sentence(seen)),
        ("What the user knows (data, quoted)", sections.knowledge(knowledge)),
        ("Table", digest.table(seen)),
        ("Settled", sections.settled(seen)),
        ("Target on the training rows", sections.target(seen)),
        ("Allowed operations", reference.operations if _shows_operations(seen) else ""),
        ("Allowed model families", reference.families if _shows_families(seen) else ""),
        ("Features by rule", sections.by_rule(seen)),
        ("Results so far", sections.results(seen)),
        ("Budget left", sections.budget(seen)),
        ("Noticed about your earlier answers", sections.noticed(seen)),
        ("What is asked now", texts.asked(seen.plan_kind)),
        ("Form of the answer", _form(seen, reference)),
        ("Your last answer", sections.previous(seen)),
        ("What was wrong with it", sections.findings(seen)),
        ("What may stand there (JSON Schema)", places.schemas(seen) if seen.findings else ""),
    ]
    return screen.out("\n\n".join(f"# {title}\n{text}" for title, text in parts if text) + "\n")


def _form(ask: Ask, reference: Reference) -> str:
    shapes = [f"{ask.plan_kind}: {texts.form(ask.plan_kind)}"]
    if reference.schema is not None:
        shapes.append("JSON Schema: " + json.dumps(reference.schema, sort_keys=True, separators=(",", ":")))
    return "\n".join(shapes)


def _shows_operations(ask: Ask) -> bool:
    return ask.plan_kind in ("FeaturePlan", "NextStep")


def _shows_families(ask: Ask) -> bool:
    return ask.plan_kind in ("ModelPlan", "TuningPlan", "NextStep")
