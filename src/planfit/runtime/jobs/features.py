"""Fit a feature plan on a nasty sample (gate ``sample``) or on all training rows (gate ``data``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from planfit.operations.columns import members_of
from planfit.operations.step import PlanStep, Select
from planfit.plans.resolve import ResolvedPlan
from planfit.records.canonical import canonical_json
from planfit.records.jobs import FeaturesJob
from planfit.runtime.compile import feature_steps
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.gates import awkward, dry_run, nasty_rows
from planfit.runtime.jobs.fitting import dump, fitted_door, resolved_plan
from planfit.runtime.material import Sheets
from planfit.runtime.protocol import write_whole

FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run as a formula by spreadsheet programs."""


def run(job: FeaturesJob, folder: Path, deadline: SoftDeadline) -> dict[str, Any]:
    """Try the plan; without findings that refuse it, write pipeline, transformed training rows and ledger."""
    sheets = Sheets(job.material)
    resolved = resolved_plan(job.material, job.features)
    rows = sheets.learning
    if job.sample_rows is not None:
        columns = (sheets.frame.iloc[:, place].iloc[rows] for place in range(sheets.frame.shape[1]))
        rows = rows[
            nasty_rows(map(awkward, columns), len(rows), sheets.y.iloc[rows], job.sample_rows, job.material.seed)
        ]
    frame, y = sheets.frame.iloc[rows], sheets.y.iloc[rows]
    gate: Literal["sample", "data"] = "data" if job.sample_rows is None else "sample"
    steps, findings = dry_run(
        resolved, job.material.task, frame, y, seed=job.material.seed, gate=gate, deadline=deadline
    )
    refused = any(finding.refuses for finding in findings)
    result: dict[str, Any] = {
        "findings": [finding.to_json() for finding in findings],
        "columns_in": len(job.material.door_schema.columns),
        "columns_out": len(resolved.columns),
        "steps": len(resolved.steps),
        "files": {},
    }
    if refused or any(step is None for step in steps):
        return result
    fitted = [step for step in steps if step is not None]
    select, transformed = transform(fitted, resolved, frame)
    result["columns_out"] = transformed.shape[1]
    if job.keep and job.sample_rows is None:
        named = zip(
            (name for name, _ in feature_steps(resolved, job.material.task, job.material.seed)), fitted, strict=True
        )
        dump(Pipeline([("door", fitted_door(sheets)), *named, ("select", select)]), folder / "pipeline.joblib")
        table = f"transformed.{job.table_format}"
        write_table(transformed, folder / table)
        write_whole(folder / "ledger.json", canonical_json(ledger(resolved, fitted, transformed)))
        result["files"] = {"pipeline": "pipeline.joblib", "transformed": table, "ledger": "ledger.json"}
    return result


def transform(steps: list[PlanStep], resolved: ResolvedPlan, frame: pd.DataFrame) -> tuple[Select, pd.DataFrame]:
    """Return the fitted last step and the frame as it leaves the pipeline."""
    for step in steps:
        frame = step.transform(frame)
    names, kinds = zip(*((column.name, column.kind) for column in resolved.columns), strict=True)
    select = Select(names, kinds).fit(frame)
    return select, select.transform(frame)


def ledger(resolved: ResolvedPlan, steps: list[PlanStep], frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return, for each column that comes out, what it is, where it comes from and which step made it."""
    made_by = {name: number for number, step in enumerate(steps) for name in step.columns_made_}
    names = [str(name) for name in frame.columns]
    owner = {name: column for column in resolved.columns for name in members_of(column, names)}
    entries = []
    for place, name in enumerate(names):
        column, values = owner[name], frame.iloc[:, place]
        number = made_by.get(name)
        entries.append(
            {
                "name": name,
                "kind": column.kind,
                "sources": column.sources or (name,),
                "step": number,
                "made_by": "raw" if number is None else steps[number].operation.describe(),
                "missing_share": float(values.isna().mean()) if len(values) else 0.0,
                "n_unique": int(values.nunique()),
            }
        )
    return entries


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet or CSV, whole or not at all; texts in a CSV cannot be run as formulas."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    if path.suffix == ".csv":
        harmless(frame).to_csv(temporary, index=False)
    else:
        frame.to_parquet(temporary, index=False)
    temporary.replace(path)


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with an apostrophe before names and texts that a spreadsheet would take for a formula."""
    out = frame.rename(columns=_quoted)
    for place, dtype in enumerate(frame.dtypes):
        if dtype.kind == "O":
            cells = out.iloc[:, place].to_numpy()
            out.isetitem(place, np.asarray([_quoted(cell) for cell in cells], dtype=object))
    return out


def _quoted(text: Any) -> Any:
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_SIGNS) else text
