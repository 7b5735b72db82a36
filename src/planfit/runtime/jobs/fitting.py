"""What fitting a candidate on folds and refitting it on all rows have in common: features, finishing, estimator."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet as pq
from sklearn.pipeline import Pipeline

from planfit.data.door import Door
from planfit.models.base import Family, FitContext
from planfit.models.estimator import Model
from planfit.models.registry import family_named
from planfit.operations.step import PlanStep, Select
from planfit.plans import FeaturePlan
from planfit.plans.resolve import ResolvedPlan, resolve
from planfit.records.canonical import canonical_json, seed_of
from planfit.records.jobs import Material
from planfit.records.schema import Column
from planfit.records.scores import Allotment, CandidateSpec
from planfit.records.task import Task
from planfit.runtime.compile import feature_steps, finishing_steps
from planfit.runtime.material import Sheets
from planfit.runtime.protocol import write_whole


@dataclass(frozen=True)
class Recipe:
    """A candidate's steps and estimator, unfitted."""

    material: Material
    spec: CandidateSpec
    allotment: Allotment
    family: Family
    steps: list[tuple[str, PlanStep]]
    """Feature steps, then the family's finishing steps."""
    planned: int
    """How many of them are feature steps."""
    raw: tuple[Column, ...]
    """Columns that the feature plan leaves."""
    columns: tuple[Column, ...]
    """Columns that reach the estimator."""
    finishing: list[dict[str, Any]]
    """The finishing steps in the plan language."""

    def estimator(self, rows: int, fold: int | None, rounds: int | None = None) -> Model:
        """Return the estimator for so many rows; its seed follows from the candidate's meaning and the fold."""
        params = self.family.Params.model_validate(self.spec.params)
        meaning = canonical_json([self.spec.family, params]).decode()
        context = FitContext(
            task=self.material.task,
            raw=self.raw,
            columns=self.columns,
            rows=rows,
            rounds=rounds if rounds is not None else self.allotment.rounds,
            learning_rate=self.allotment.learning_rate,
            seed=seed_of(self.material.seed, "fit", meaning, fold),
            threads=self.allotment.threads,
        )
        model: Model = self.family.build(params, context)
        return model

    def select(self) -> Select:
        """Return the last step before the estimator: it drops the carried columns, which finishing may still need."""
        return Select(tuple(column.name for column in self.columns), tuple(column.kind for column in self.columns))


def recipe(material: Material, spec: CandidateSpec, features: dict[str, Any], allotment: Allotment) -> Recipe:
    """Return the recipe of a candidate."""
    task = material.task
    resolved = resolved_plan(material, features)
    family = family_named(spec.family)
    steps = feature_steps(resolved, task, material.seed)
    finishing, columns = finishing_steps(family, resolved.columns, task, material.seed)
    return Recipe(
        material=material,
        spec=spec,
        allotment=allotment,
        family=family,
        steps=[*steps, *finishing],
        planned=len(steps),
        raw=resolved.columns,
        columns=columns,
        finishing=family.finishing(resolved.columns, task),
    )


def resolved_plan(material: Material, features: dict[str, Any]) -> ResolvedPlan:
    """Return a feature plan's document, resolved on the training schema."""
    return resolve(FeaturePlan.model_validate(features), material.door_schema, material.task)


def fitted_door(sheets: Sheets) -> Door:
    """Return the door as if it had been fitted on the raw table."""
    return Door(sheets.material.door_schema).fit(pd.DataFrame(columns=sheets.raw_names()))


def complete(door: Door, steps: list[tuple[str, PlanStep]], select: Select, model: Model) -> Pipeline:
    """Return a fitted pipeline from raw columns to predictions, put together from fitted parts."""
    return Pipeline([("door", door), *steps, ("select", select), ("model", model)])


def dump(value: Any, path: Path) -> None:
    """Write a fitted object, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    joblib.dump(value, temporary)
    temporary.replace(path)


def require_finite(matrix: NDArray[Any], whose: str) -> NDArray[np.float64]:
    """Return predictions; `FloatingPointError` where one is not finite."""
    bad = int((~np.isfinite(matrix)).any(axis=1).sum())
    if bad:
        raise FloatingPointError(f"{bad} of {len(matrix)} predictions of {whose} are not finite.")
    return np.asarray(matrix, dtype=np.float64)


def prediction_columns(task: Task) -> list[str]:
    """Return the names of a prediction matrix's columns in files."""
    return [f"p:{label}" for label in task.classes] if task.is_classification else ["value"]


def write_predictions(path: Path, task: Task, matrix: NDArray[Any], **leading: NDArray[Any]) -> None:
    """Write predictions as Parquet: the leading columns, then one column a class, or the value."""
    columns: dict[str, Any] = {name: pa.array(values) for name, values in leading.items()}
    columns |= {name: pa.array(matrix[:, i]) for i, name in enumerate(prediction_columns(task))}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    write_whole(path, sink.getvalue().to_pybytes())
