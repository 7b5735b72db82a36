"""Two systems' predictions of the same test rows, side by side: which is ahead, and by how many standard errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from comparing.judging import Table
from comparing.rows import Row
from planfit.models.metrics import METRICS, Metric
from planfit.records.task import Task

RESAMPLES = 200


def in_standard_errors(task: Task, metric: Metric, y: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the gain of one matrix of predictions over another in standard errors of it.

    Paired bootstrap over the rows: both are judged on the same draws (Efron and Tibshirani, 1993). Above -1 is level or better.
    """
    random = np.random.default_rng(0)
    every = np.arange(len(y))

    def gain(rows: np.ndarray) -> float:
        ours_now, theirs_now = (metric.score(y[rows], matrix[rows], task) for matrix in (ours, theirs))
        return metric.gain(ours_now) - metric.gain(theirs_now)

    drawn = np.array([gain(random.choice(every, len(y))) for _ in range(RESAMPLES)])
    spread = float(np.nanstd(drawn))
    return gain(every) / spread if spread > 0 else float(np.sign(gain(every)))


@dataclass(frozen=True)
class Predictions:
    """What systems predicted, kept in a folder for each table beside the truth."""

    folder: Path

    def keep(self, table: Table, row: Row, matrix: np.ndarray) -> None:
        """Write one system's predictions, and what they are judged by."""
        place = self.folder / table.name
        place.mkdir(parents=True, exist_ok=True)
        (place / "task.json").write_text(table.task.model_dump_json(), encoding="utf-8")
        np.save(place / f"truth-{row.data}.npy", table.y)
        np.save(self._of(row), matrix)

    def ahead(self, ours: Row, theirs: Row) -> float | None:
        """Return by how many standard errors `ours` is ahead; None where predictions of the same rows were not kept."""
        place = self.folder / ours.table
        truth = place / f"truth-{ours.data}.npy"
        if ours.data != theirs.data or not all(path.exists() for path in (truth, self._of(ours), self._of(theirs))):
            return None
        task = Task.model_validate_json((place / "task.json").read_text(encoding="utf-8"))
        matrices = (np.load(self._of(row)) for row in (ours, theirs))
        return in_standard_errors(task, METRICS[task.metric], np.load(truth), *matrices)

    def _of(self, row: Row) -> Path:
        return self.folder / row.table / f"{row.system.replace(':', '-')}-{row.limit:g}-{row.data}.npy"


def against_planfit(rows: Iterable[Row], kept: Predictions) -> dict[tuple[str, str, float], float]:
    """Return by how many standard errors planfit is ahead of each other row of the same table and limit."""
    rows = [row for row in rows if row.score is not None]
    ours = {(row.table, row.limit): row for row in rows if row.system == "planfit"}
    found = {}
    for row in rows:
        own = ours.get((row.table, row.limit))
        if own is None or row is own:
            continue
        ahead = kept.ahead(own, row)
        if ahead is not None:
            found[row.key] = ahead
    return found
