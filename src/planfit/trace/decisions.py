"""The decisions of a run, as its events tell them; ``trace.json`` holds the same. The schema is ``docs/schemas/trace.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from planfit.store.decisions import Decisions
from planfit.store.entries import Decision, DecisionFile
from planfit.store.run import RunReader

SCHEMA = "trace.json"


def entries(reader: RunReader) -> tuple[Decision, ...]:
    """Return the decisions of a run in order, derived from its events.

    Parameters
    ----------
    reader : RunReader
        The run; it may still be going.

    Returns
    -------
    tuple of Decision
        An entry for each answer of the planner and for each decision of the runtime itself.
    """
    decisions = Decisions(reader.prompt)
    for event in reader.events:
        decisions.apply(event)
    return tuple(Decision.model_validate(entry) for entry in decisions.entries())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``trace.json``."""
    made = TypeAdapter(tuple[Decision, ...]).json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trace.json",
        "description": "The decisions of a run, in the order in which they fell.",
        **made,
    }


def write_schema(folder: Path) -> Path:
    """Write the schema into a folder; return the file."""
    path = folder / SCHEMA
    path.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


__all__ = ["Decision", "DecisionFile", "entries", "json_schema", "write_schema"]
