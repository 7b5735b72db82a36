"""What every adapter shares: reading the job, timing the fit and the predictions, writing both down.

An adapter is a script, run by the interpreter of the system that it drives:

    python fit_SYSTEM.py train.parquet test_features.parquet spec.json OUT

It hands `main` one function, from a `Job` to a `Fitted`. ``OUT/predictions.parquet`` then holds a column for each class, named
by its position among the classes, and ``label``, the position that the system itself predicts; or ``value`` for regression.
``OUT/timing.json`` holds seconds and versions. Whatever breaks ends the process, and its last words are the failure's text.
Only NumPy, pandas and pyarrow are imported here: what any of the systems brings.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ONE_ROW_CALLS = 20
ONE_ROW_SECONDS = 20.0
BATCH = 1000


@dataclass(frozen=True)
class Job:
    """One table for one system."""

    train: pd.DataFrame
    test: pd.DataFrame
    spec: dict[str, Any]
    out: Path

    def __getattr__(self, name: str) -> Any:
        """Return an entry of the spec: target, task_type, metric, classes, positive_class, time_limit, sentence, seed, variant."""
        try:
            return self.__dict__["spec"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def features(self) -> pd.DataFrame:
        return self.train.drop(columns=self.target)

    @property
    def y(self) -> pd.Series:
        return self.train[self.target]

    @property
    def is_classification(self) -> bool:
        return self.task_type != "regression"

    @property
    def cores(self) -> int:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @property
    def in_logs(self) -> bool:
        """Whether rmsle is judged, which is rmse of log1p(target): fitted and told as such where a system lacks it."""
        return self.metric == "rmsle"


@dataclass(frozen=True)
class Fitted:
    """A fitted system: functions of a frame of features."""

    probabilities: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    """A column for each class, named by the label or its text."""
    labels: Callable[[pd.DataFrame], Any] | None = None
    values: Callable[[pd.DataFrame], Any] | None = None

    def predict(self, frame: pd.DataFrame) -> Any:
        """What is timed: probabilities, or values for regression."""
        predict = self.probabilities or self.values
        assert predict is not None
        return predict(frame)


def main(fit: Callable[[Job], Fitted], packages: Sequence[str]) -> None:
    """Fit, predict, time, and write down."""
    train, test, spec, out = map(Path, sys.argv[1:5])
    job = Job(pd.read_parquet(train), pd.read_parquet(test), json.loads(spec.read_text(encoding="utf-8")), out)
    begun = time.perf_counter()
    fitted = fit(job)
    timing: dict[str, Any] = {"fit_seconds": time.perf_counter() - begun}
    predictions(job, fitted).to_parquet(out / "predictions.parquet")
    timing["versions"] = {"python": sys.version.split()[0]} | {name: metadata.version(name) for name in packages}
    try:
        timing |= speeds(job.test, fitted)
    except Exception as error:  # predictions stand; that a single row cannot be predicted is told
        timing["speed_failure"] = f"{type(error).__name__}: {error}"
    (out / "timing.json").write_text(json.dumps(timing), encoding="utf-8")


def predictions(job: Job, fitted: Fitted) -> pd.DataFrame:
    """Predict the test rows, in the order of the job's classes."""
    if not job.is_classification:
        return pd.DataFrame({"value": np.asarray(fitted.predict(job.test), dtype=float).ravel()})
    assert fitted.labels is not None
    found = fitted.predict(job.test)
    columns = {place_of(label, job.classes): np.asarray(found[label], dtype=float) for label in found.columns}
    table = pd.DataFrame({str(place): columns.get(place, np.zeros(len(found))) for place in range(len(job.classes))})
    labels = np.asarray(fitted.labels(job.test)).ravel().tolist()
    places = {label: place_of(label, job.classes) for label in set(labels)}
    return table.assign(label=[places[label] for label in labels])


def place_of(label: Any, classes: Sequence[Any]) -> int:
    """Return where a label stands among the classes, also when a system made text or a number of another kind of it."""
    for place, known in enumerate(classes):
        if label == known or str(label) == str(known):
            return place
    raise ValueError(f"The system predicts {label!r}, which is none of the classes {list(classes)!r}.")


def speeds(test: pd.DataFrame, fitted: Fitted) -> dict[str, float]:
    """Return seconds for a frame of one row (median of calls) and of a thousand rows."""
    each: list[float] = []
    for place in range(ONE_ROW_CALLS):
        row = test.iloc[[place % len(test)]].reset_index(drop=True)
        each.append(seconds_of(fitted, row))
        if sum(each) > ONE_ROW_SECONDS:
            break
    rows = test.iloc[np.arange(BATCH) % len(test)].reset_index(drop=True)
    return {"one_row_seconds": statistics.median(each), "batch_seconds": seconds_of(fitted, rows)}


def seconds_of(fitted: Fitted, frame: pd.DataFrame) -> float:
    """Return the seconds that one prediction takes."""
    begun = time.perf_counter()
    fitted.predict(frame)
    return time.perf_counter() - begun


def from_logs(job: Job, predict: Callable[[pd.DataFrame], Any]) -> Callable[[pd.DataFrame], Any]:
    """Return `predict` in the target's own unit, where the fit saw log1p of it."""
    return (lambda frame: np.expm1(np.asarray(predict(frame), dtype=float))) if job.in_logs else predict


def told(metric: str, names: dict[str, str]) -> str:
    """Return a system's own name of a metric."""
    if metric not in names:
        raise ValueError(f"This system has no metric for {metric}; known: {', '.join(names)}.")
    return names[metric]
