"""Small bundles over every kind of column: door, a few steps, each family's own finishing, estimator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from planfit.data.door import Door
from planfit.data.kinds import infer_columns
from planfit.data.readers import read
from planfit.deploy import manifest
from planfit.models.base import FitContext
from planfit.models.ensemble import WeightedEnsemble
from planfit.models.registry import families
from planfit.operations.base import SELECTORS
from planfit.operations.registry import operations
from planfit.operations.step import PlanStep, Select
from planfit.records.canonical import canonical_json
from planfit.records.schema import Column, Schema
from planfit.records.scores import Delivered, HoldoutScore, Score
from planfit.records.task import SplitSpec, Task

ROWS = 240
METRICS = {"binary": ("roc_auc", True), "multiclass": ("log_loss", False), "regression": ("rmse", False)}
PLAN: tuple[dict[str, Any], ...] = (
    {"columns": ["income", "age"], "operation": "ratio"},
    {"column": "city", "operation": "target_encode", "keep_source": True},
)


@pytest.fixture(autouse=True)
def own_key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PLANFIT_HOME", str(home))
    return home


def table(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, rows).astype(float)
    age[rng.random(rows) < 0.1] = np.nan
    words = np.array(
        ["late delivery again", "all good thanks", "refund please, broken", "very happy", "price too high"]
    )
    return pd.DataFrame(
        {
            "age": age,
            "income": rng.lognormal(8, 1, rows).round(2),
            "city": rng.choice(["rome", "oslo", "bern", "kyiv"], rows),
            "member": rng.choice(["yes", "no"], rows),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "note": [" ".join(rng.choice(words, 4)) + f" {number}" for number in rng.integers(0, 99, rows)],
        }
    )


def target(frame: pd.DataFrame, task_type: str) -> pd.Series:
    value = frame["age"].fillna(40) / 10 + (frame["city"] == "rome") * 3 + frame["note"].str.contains("refund") * 2
    if task_type == "regression":
        return (value * 10).rename("y")
    cuts = [value.median()] if task_type == "binary" else list(value.quantile([0.33, 0.66]))
    return pd.Series(np.array(["low", "mid", "top"])[np.digitize(value, cuts)], name="y")


def task_of(task_type: Any, y: pd.Series) -> Task:
    metric, greater = METRICS[task_type]
    classes = () if task_type == "regression" else tuple(sorted(set(y)))
    return Task(
        sentence="Predict y",
        target="y",
        task_type=task_type,
        metric=metric,
        greater_is_better=greater,
        classes=classes,
        positive_class=classes[-1] if task_type == "binary" else None,
        split=SplitSpec(kind="random"),
    )


def schema_of(frame: pd.DataFrame) -> Schema:
    columns = infer_columns(read(frame).frame)
    return Schema(columns=tuple(c.having(sources=(c.name,)) for c in columns), target="y", rows=len(frame))


def walk(
    steps: Sequence[dict[str, Any]], columns: tuple[Column, ...], task: Task, first: int
) -> tuple[list[tuple[str, PlanStep]], tuple[Column, ...]]:
    made = []
    for place, document in enumerate(steps, first):
        operation = operations()[document["operation"]].model_validate(document)
        names = operation.columns or (operation.column,)
        inputs = tuple(
            column
            for column in columns
            if column.name in names or any(column.kind in SELECTORS.get(str(name), ()) for name in names)
        )
        if not inputs:
            continue
        outputs = operation.outputs(inputs, task)
        made.append((f"{place:02d}_{operation.operation}", PlanStep(operation, inputs, task=task, position=place)))
        gone = {column.name for column in inputs} if operation.removes_sources else set()
        columns = (*(column for column in columns if column.name not in gone), *outputs)
    return made, columns


def pipeline_of(family: str, frame: pd.DataFrame, y: pd.Series, task: Task, seed: int = 0, **params: Any) -> Pipeline:
    entry, schema = families()[family], schema_of(frame)
    steps, raw = walk(PLAN if family != "baseline" else (), schema.columns, task, 1)
    finishing, columns = walk(entry.finishing(raw, task), raw, task, 50)
    context = FitContext(
        task=task, raw=raw, columns=columns, rows=len(frame), rounds=30, learning_rate=0.1, seed=seed, threads=1
    )
    estimator = entry.build(entry.Params(**params), context)
    select = Select(tuple(column.name for column in columns), tuple(column.kind for column in columns))
    made = Pipeline([("door", Door(schema)), *steps, *finishing, ("select", select), ("model", estimator)])
    return made.fit(frame, y)


SMALL = {"random_forest": {"n_estimators": 12}}


def model_of(names: Sequence[str], task_type: str) -> WeightedEnsemble:
    frame = table()
    y = target(frame, task_type)
    task = task_of(task_type, y)
    members = [
        (f"c{place:03d}", 1.0 / (place + 1), pipeline_of(name, frame, y, task, seed=place, **SMALL.get(name, {})))
        for place, name in enumerate(names)
    ]
    return WeightedEnsemble(members, task)


def write_bundle(folder: Path, model: WeightedEnsemble) -> Path:
    folder.mkdir(parents=True)
    schema = model.members[0][2].steps[0][1].schema
    joblib.dump(model, folder / "model.joblib")
    joblib.dump(model.heaviest[:-1], folder / "pipeline.joblib")
    (folder / "schema.json").write_bytes(canonical_json(schema))
    files: dict[str, bytes | Path] = {path.name: path for path in folder.iterdir()}
    files["schema.json"] = canonical_json(schema)
    task = model.task
    score = Score(metric=task.metric, value=0.8, std=0.01, rows=ROWS)
    held = HoldoutScore(
        metric=task.metric, value=0.79, low=0.7, high=0.9, confidence=0.95, rows=40, scored="fold_average"
    )
    delivered = Delivered(
        candidate="c002",
        family="ensemble",
        members=tuple((n, w) for n, w, _ in model.members),
        rows_fitted=ROWS,
        how="refit",
    )
    written = manifest.write(
        task=task, schema=schema, delivered=delivered, cv=score, holdout=held, seed=0, run_id="r1", files=files
    )
    (folder / "metadata.json").write_bytes(written)
    return folder


@pytest.fixture(scope="session")
def binary_model() -> WeightedEnsemble:
    return model_of(["lightgbm", "linear"], "binary")


@pytest.fixture
def folder(tmp_path: Path, binary_model: WeightedEnsemble) -> Path:
    return write_bundle(tmp_path / "model", binary_model)
