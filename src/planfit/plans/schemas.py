"""What the docs hold of the plan language, written from the code: schemas, codes of findings, operations, models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, cast

from planfit.plans import json_schema
from planfit.plans.base import PLAN_KINDS, PlanKind
from planfit.plans.codes import CODES, MENDABLE
from planfit.plans.pages import pages

_GATES: Final[dict[str, str]] = {
    "document": "The document against its schema.",
    "schema": "The plan against what is known of the columns, the catalogues and the search.",
    "sample": "The plan tried on a sample, then, with the same codes under gate `data`, on all training rows.",
    "data": "What is already stored of the run.",
    "dataset": "The table itself.",
    "task": "The target, once the task is known.",
}


def texts() -> dict[str, str]:
    """Return every generated file by its path below ``docs/``; operations of plug-ins are not among them."""
    files = {f"schemas/{kind}.json": _schema_text(cast(PlanKind, kind)) for kind in PLAN_KINDS}
    return {**files, "findings.md": findings_page(), **pages()}


def write(folder: Path) -> list[Path]:
    """Write the generated files below `folder` (``docs/``) and return their paths.

    Parameters
    ----------
    folder : path
    """
    written = []
    for name, text in texts().items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def findings_page() -> str:
    """Return the page that lists every code."""
    lines = [
        "# Findings",
        "",
        "A finding is one judgement on a plan or a table: a code, a gate, a severity, a JSON Pointer to the place, one",
        "sentence, and where there is one what is allowed, the nearest valid name, a hint and a JSON Patch that mends it.",
        "Only findings of severity `error` refuse a plan. This page is generated from the code.",
        "",
        "A feature plan passes four gates, each cheaper than the next: `document`, `schema`, `sample` (some hundred awkward",
        "rows: rare categories, extremes, missing values), `data` (all training rows; a finding names those that break a step).",
        "`planfit check PLAN DATA` shows every finding; with `--fix` it takes the mends and prints the mended plan. A mend",
        "(marked below) is there where it is plain what was meant, not in every finding of that code.",
    ]
    for gate, says in _GATES.items():
        lines += ["", f"## {gate}", "", says, "", "| code | severity | meaning | mend |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{code}` | {entry.severity} | {entry.says} | {'yes' if code in MENDABLE else ''} |"
            for code, entry in CODES.items()
            if entry.gate == gate
        ]
    return "\n".join(lines) + "\n"


def _schema_text(kind: PlanKind) -> str:
    return json.dumps(json_schema(kind), ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write into ``docs/`` of the working directory."""
    write(Path("docs"))


if __name__ == "__main__":
    main()
