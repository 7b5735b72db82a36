"""A small awkward table as the material of jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather
from pyarrow import parquet as pq

from planfit.data.door import Door
from planfit.data.split import make_split
from planfit.models.metrics import METRICS, default_metric
from planfit.operations.registry import operations
from planfit.operations.step import PlanStep
from planfit.records.jobs import Material
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import SplitSpec, Task, TaskType

KINDS = {
    "age": Kind.NUMERIC,
    "fare": Kind.NUMERIC,
    "city": Kind.CATEGORICAL,
    "street": Kind.CATEGORICAL,
    "note": Kind.TEXT,
    "when": Kind.DATETIME,
    "member": Kind.BOOLEAN,
}


def raw_table(rows: int, seed: int = 0) -> pd.DataFrame:
    """Return raw columns: gaps, a lone category, an infinite number, an empty text."""
    draw = np.random.default_rng(seed)
    age = draw.normal(40, 12, rows).round(1)
    age[draw.random(rows) < 0.1] = np.nan
    fare = draw.lognormal(3, 1, rows)
    fare[0] = np.inf
    city = draw.choice(["rome", "oslo", "lima", None], rows, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
    city[1] = "nowhere else"
    notes = np.asarray(["late and cold", "very good", "", "would come again", None], dtype=object)
    return pd.DataFrame(
        {
            "age": age,
            "fare": fare,
            "city": city,
            "street": [f"street {n}" for n in draw.integers(0, 60, rows)],
            "note": draw.choice(notes, rows),
            "when": pd.Timestamp("2021-01-01") + pd.to_timedelta(draw.integers(0, 900, rows), unit="D"),
            "member": draw.choice([True, False], rows),
            "group": draw.integers(0, 40, rows),
        }
    )


def target_of(raw: pd.DataFrame, task_type: TaskType, seed: int = 0) -> pd.Series:
    """Return a target that the columns say something about."""
    noise = np.random.default_rng(seed + 1).normal(0, 0.5, len(raw))
    strength = np.nan_to_num((raw["age"].to_numpy() - 40) / 12) + (raw["city"] == "rome").to_numpy() * 1.5 + noise
    strength += 0.7 * np.char.endswith(raw["street"].to_numpy().astype(str), "7")
    if task_type == "regression":
        return pd.Series(100 + 10 * strength, name="y")
    if task_type == "binary":
        return pd.Series(np.where(strength > 0.7, "yes", "no"), name="y", dtype=object)
    return pd.Series(np.digitize(strength, [0.0, 1.2]), name="y")


def material(
    folder: Path,
    task_type: TaskType = "binary",
    rows: int = 300,
    *,
    group: bool = False,
    seed: int = 0,
    n_folds: int = 3,
    target: Callable[[pd.DataFrame], pd.Series] | None = None,
) -> Material:
    """Write the files of a material and return it; `target` makes the labels of the raw columns."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = raw_table(rows, seed)
    y = target_of(raw, task_type, seed) if target is None else target(raw)
    columns = tuple(
        Column(
            name=name,
            kind=kind,
            sources=(name,),
            n_unique=int(raw[name].nunique()),
            missing=int(raw[name].isna().sum()),
        )
        for name, kind in KINDS.items()
    )
    schema = Schema(columns=columns, target="y", carried=("group",) if group else (), rows=rows)
    metric = default_metric(task_type)
    split = SplitSpec(kind="group", column="group") if group else SplitSpec(kind="random")
    if not group and task_type != "regression":
        split = SplitSpec(kind="stratified")
    task = Task(
        sentence="Predict y.",
        target="y",
        task_type=task_type,
        metric=metric.name,
        greater_is_better=METRICS[metric.name].greater_is_better,
        classes=() if task_type == "regression" else tuple(np.unique(y).tolist()),
        positive_class="yes" if task_type == "binary" else None,
        split=split,
    )
    typed = Door(schema).fit_transform(raw)
    _, part = make_split(typed, y, task, holdout="0.2", n_folds=n_folds, seed=seed)
    paths = {name: str(folder / f"{name}.arrow") for name in ("frame", "raw")}
    _write(typed, paths["frame"])
    _write(raw if group else raw.drop(columns="group"), paths["raw"])
    pq.write_table(pa.table({"target": pa.array(y)}), folder / "target.parquet")
    pq.write_table(pa.table({"part": pa.array(part.astype(np.int16))}), folder / "split.parquet")
    return Material(
        **paths,
        target=str(folder / "target.parquet"),
        split=str(folder / "split.parquet"),
        cache=str(folder / "cache"),
        task=task,
        door_schema=schema,
        seed=seed,
        n_folds=int(part.max()) + 1,
    )


def _write(frame: pd.DataFrame, path: str) -> None:
    feather.write_feather(pa.Table.from_pandas(frame, preserve_index=False), path, compression="uncompressed")


def steps_of(made: Material, *documents: dict[str, Any]) -> list[tuple[str, PlanStep]]:
    """Return plan steps on raw columns, without the plan language."""
    steps = []
    for position, document in enumerate(documents):
        operation = operations()[document["operation"]].model_validate(document)
        names = document.get("columns") or [document["column"]]
        inputs = tuple(column for column in made.door_schema.columns if column.name in names)
        steps.append((f"{position:02}", PlanStep(operation, inputs, task=made.task, seed=made.seed, position=position)))
    return steps
