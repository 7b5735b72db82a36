"""Tables as the systems get them, and the score of what they predict: one judge for all, planfit's own metrics."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from planfit.models.metrics import METRICS, Metric, encode
from planfit.records.task import SplitSpec, Task

Load = Callable[..., tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]]


@dataclass(frozen=True)
class Table:
    """A table, divided: what systems see and what they are judged by."""

    name: str
    train: pd.DataFrame
    features: pd.DataFrame
    """Of the test rows."""
    truth: pd.Series
    """Target of the test rows."""
    task: Task
    digest: str

    @property
    def metric(self) -> Metric:
        return METRICS[self.task.metric]

    @property
    def y(self) -> np.ndarray:
        """The target of the test rows as numbers: codes of classes, or values."""
        return encode(self.truth, self.task.classes) if self.task.is_classification else self.truth.to_numpy(float)

    def matrix(self, predictions: pd.DataFrame) -> np.ndarray:
        """Return predictions as an adapter writes them in the form that metrics take."""
        if len(predictions) != len(self.truth):
            raise ValueError(f"{len(predictions)} predictions for {len(self.truth)} rows")
        if not self.task.is_classification:
            matrix = predictions[["value"]].to_numpy(float)
        elif self.metric.needs == "label":  # a system may choose labels by a threshold of its own
            matrix = np.eye(len(self.task.classes))[predictions["label"].to_numpy(int)]
        else:
            matrix = predictions[[str(place) for place in range(len(self.task.classes))]].to_numpy(float)
        if not np.isfinite(matrix).all():
            raise ValueError("predictions that are missing or infinite")
        return matrix

    def constant(self) -> float:
        """Return the score of the constant predictor: class shares, the mean, or for rmsle the mean of the logarithms."""
        known = self.train[self.task.target]
        if self.task.is_classification:
            counts = np.bincount(encode(known, self.task.classes), minlength=len(self.task.classes))
            return self.score(np.tile(counts / len(known), (len(self.truth), 1)))
        values = known.to_numpy(float)
        center = np.expm1(np.log1p(values).mean()) if self.metric.name == "rmsle" else values.mean()
        return self.score(np.full((len(self.truth), 1), center))

    def score(self, matrix: np.ndarray) -> float:
        """Return the metric of a matrix of predictions."""
        score = self.metric.score(self.y, matrix, self.task)
        if not np.isfinite(score):
            raise ValueError(f"{self.metric.name} is not defined here: {score}")
        return score


def names_in(folder: Path) -> list[str]:
    """Return the tables of a folder."""
    return sorted(path.parent.name for path in folder.glob("*/task.json"))


def loader(folder: Path) -> Load:
    """Return the function that divides the tables of a folder."""
    spec = importlib.util.spec_from_file_location("load", folder / "load.py")
    if spec is None or spec.loader is None or not (folder / "load.py").exists():
        sys.exit(f"{folder} has no load.py, which divides each table into training and test rows.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded: Load = module.load
    return loaded


def digest(folder: Path, name: str) -> str:
    """Return a digest of what makes the rows: the table's files and load.py."""
    together = hashlib.sha256()
    for path in [folder / "load.py", *sorted(path for path in (folder / name).iterdir() if path.is_file())]:
        together.update(path.name.encode() + path.read_bytes())
    return together.hexdigest()[:16]


def table(name: str, load: Load, folder: Path) -> Table:
    """Divide a table as its task.json says; known leaks are left out."""
    train, test, truth = load(name, folder, True)
    target = truth["target"].strip()
    train.columns, test.columns = train.columns.str.strip(), test.columns.str.strip()
    classes = tuple(sorted(pd.concat([train[target], test[target]]).unique().tolist()))
    if truth["task_type"] == "regression":
        classes = ()
    task = Task(
        sentence=truth["description"],
        target=target,
        task_type=truth["task_type"],
        metric=truth["metric"],
        greater_is_better=METRICS[truth["metric"]].greater_is_better,
        classes=classes,
        positive_class=_positive(truth, classes),
        split=SplitSpec(kind="random"),
    )
    features = storable(test.drop(columns=target))
    return Table(name, storable(train), features, test[target], task, digest(folder, name))


def _positive(truth: dict[str, Any], classes: tuple[Any, ...]) -> Any:
    """Return the class that counts as positive: the one that task.json names, else the last.

    It may name what a code stands for ("poisonous" for ``p``), which no system could be given.
    """
    if truth["task_type"] != "binary":
        return None
    named = truth.get("positive_class")
    return named if named in classes else classes[-1]


def storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that Parquet can hold: columns of mixed types as text."""

    def holds(column: pd.Series) -> bool:
        try:
            pa.Array.from_pandas(column)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return False
        return True

    mixed = [name for name in frame.columns if frame[name].dtype == object and not holds(frame[name])]
    return frame.assign(**{name: frame[name].map(str, na_action="ignore") for name in mixed})
