"""What planfit costs besides training: start, workers, one row, the share of a run outside training.

    python benchmarks/overheads.py [--skip-run]

Every figure stands beside what it is compared with, measured in turn in the same process or minute.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd

import planfit
from planfit.demo import SENTENCE, table_path
from planfit.records.jobs import PingJob
from planfit.runtime.workers import Workers

TRAINING = frozenset({"candidate", "probe-side", "refit", "holdout"})
"""First words of the names of steps that train or score."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skip-run", action="store_true", help="Leave out the 30-second run.")
    arguments = parser.parse_args()
    starts()
    workers()
    if not arguments.skip_run:
        a_run()


def starts() -> None:
    """Import and help against a bare interpreter, in turn."""
    command = str(Path(sys.executable).parent / "planfit")
    cases = {
        "bare interpreter": [sys.executable, "-c", "pass"],
        "import planfit": [sys.executable, "-c", "import planfit"],
        "planfit --help": [command, "--help"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(8):
        for name, case in cases.items():
            begun = time.perf_counter()
            subprocess.run(case, capture_output=True, check=True)
            seconds[name].append(time.perf_counter() - begun)
    bare = statistics.median(seconds["bare interpreter"][1:])
    for name, found in seconds.items():
        median = statistics.median(found[1:])
        print(f"{name:<20} {median:.3f} s   {median / bare:.1f} x bare   (+{median - bare:.3f} s)")


def workers() -> None:
    """Start of a worker: from handing in a job to its answer, forked and as a plain process, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, list[float]] = {"forked worker": [], "plain process": []}
        with (
            Workers(slots=1, threads=1, memory=None, scratch=Path(folder) / "a") as forked,
            Workers(slots=1, threads=1, memory=None, scratch=Path(folder) / "b", forks=False) as plain,
        ):
            for _ in range(6):
                for name, pool in (("forked worker", forked), ("plain process", plain)):
                    begun = time.perf_counter()
                    pool.wait([pool.submit(PingJob(), deadline_seconds=60)])
                    found[name].append(time.perf_counter() - begun)
    slow = statistics.median(found["plain process"][1:])
    for name, values in found.items():
        median = statistics.median(values[1:])
        print(f"{name:<20} {median * 1000:.1f} ms   {median / slow:.3f} x plain")


def a_run() -> None:
    """A 30-second run on the demo's table: time outside training and scoring; then one row through what it delivers."""
    with table_path() as path, tempfile.TemporaryDirectory() as store:
        begun = time.perf_counter()
        run = planfit.run(path, SENTENCE, time_limit=30, store=store)
        wall = time.perf_counter() - begun
        busy = at_work(run)
        print(f"run, limit 30 s      {wall:.1f} s wall, {busy:.1f} s of it with a worker training or scoring")
        print(f"outside of that      {wall - busy:.1f} s, {(wall - busy) / wall:.0%} of the run")
        rows = pd.read_csv(path).drop(columns="Churn").head(50)
        one_row(run, rows)


def at_work(run: planfit.Run) -> float:
    """Return the seconds during which at least one worker was training or scoring."""
    began: dict[str, float] = {}
    spans: list[tuple[float, float]] = []
    for event in run.events:
        body, at = event.body, datetime.fromisoformat(event.at).timestamp()
        if body.kind == "step_started" and body.name.split(" ")[0] in TRAINING:
            began[body.key] = at
        elif body.kind == "step_finished" and body.key in began:
            spans.append((began[body.key], at))
    total, reached = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def one_row(run: planfit.Run, rows: pd.DataFrame) -> None:
    """One row through the bundle against the same members as plain scikit-learn Pipelines, in turn."""
    bundle = run.bundle
    slow = median_ms(lambda row: bundle.model.predict_matrix(row), rows)
    fast = median_ms(lambda row: bundle.predict_proba(row), rows)
    members = len(bundle.model.members)
    print(f"one row, pipelines   {slow:.2f} ms   ({members} members)")
    print(f"one row, bundle      {fast:.2f} ms   {fast / slow:.2f} x the pipelines")


def median_ms(call: Callable[[pd.DataFrame], object], rows: pd.DataFrame) -> float:
    """Return the median milliseconds of a call on one row."""
    call(rows.iloc[[0]])
    seconds = []
    for position in range(len(rows)):
        begun = time.perf_counter()
        call(rows.iloc[[position]])
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds) * 1000


if __name__ == "__main__":
    main()
