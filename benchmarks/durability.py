"""What keeping the record costs: resuming what is finished, loading a long log, recording beside the work.

``python benchmarks/durability.py [--seconds 60]`` prints one line a figure with its target; the exit code is 1 where one
is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CANDIDATES = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the run whose recording is timed")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        share, run_id = recording(root / "store", seconds)
        figures = [
            ("resume of a finished run, the whole command, seconds", resuming(root / "store", run_id), 2.0),
            (f"log of {CANDIDATES:,} candidates is loaded, seconds", loading(root / "long"), 1.0),
            (f"share of a {seconds:g} s run that recording takes", share, 0.01),
        ]
    for what, found, most in figures:
        print(f"{what}: {found:.4f} (at most {most:g}) {'met' if found <= most else 'MISSED'}")
    sys.exit(any(found > most for _, found, most in figures))


def recording(store: Path, seconds: float) -> tuple[float, str]:
    """Return the share of a run's time that goes into its record: events, files, and what is derived from them."""
    import planfit
    from planfit.demo import SENTENCE, table_path
    from planfit.store.run import RunWriter

    spent, depth = 0.0, 0

    def timed(method: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal spent, depth
            depth += 1
            began = time.thread_time() if depth == 1 else 0.0
            try:
                return method(*arguments, **options)
            finally:
                depth -= 1
                if depth == 0:
                    spent += time.thread_time() - began

        return call

    for name in ("append", "record", "keep_text", "outcome", "take_over"):
        setattr(RunWriter, name, timed(getattr(RunWriter, name)))
    with table_path() as path:
        began = time.monotonic()
        run = planfit.run(str(path), SENTENCE, time_limit=max(10.0, seconds), store=store)
    return spent / (time.monotonic() - began), run.id


def resuming(store: Path, run_id: str) -> float:
    """Return the seconds that ``planfit resume`` of a finished run takes, the start of Python included."""
    command = [sys.executable, "-m", "planfit", "resume", run_id, "--store", str(store), "--json"]
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def loading(root: Path) -> float:
    """Return the seconds that a log of so many candidates, each with folds and two decisions, takes to be read."""
    from planfit.records.events import ClockDecided
    from planfit.records.run import Environment, Limits, RunRequest
    from planfit.store.store import Store

    request = RunRequest(sentence="Predict churn", data="x.csv", limits=Limits(patience=10), workers=1, threads=1)
    environment = Environment(planfit="0", python="3", platform="x", libraries={}, cores=1, memory=1)
    run = Store(root).create(request, environment)
    write, run._write_derived = run._write_derived, lambda *, changed: None  # it is reading that is timed
    fold = {
        "score": 0.8,
        "rounds": 312,
        "trained": 412,
        "fit_seconds": 0.51,
        "round_seconds": 0.001,
        "predict_seconds": 0.01,
    }
    for number in range(1, CANDIDATES + 1):
        name = f"c{number:03d}"
        spec = {"id": name, "family": "lightgbm", "params": {f"p{i}": i / 7 for i in range(20)}, "features": "v1"}
        result = {
            "spec": {**spec, "origin": "tuning", "parent": "c001", "reason": "A trial.", "members": []},
            "allotment": {"folds": 8, "rounds": 500, "seconds": 3.5},
            "score": {"metric": "roc_auc", "value": 0.84, "std": 0.01, "per_fold": [0.84] * 8, "rows": 5000},
            "folds": [{"fold": i, **fold} for i in range(8)],
        }
        run.append(ClockDecided(key=f"k{number}", name="seconds_for_candidate", value=3.5))
        run.record(f"{number:064d}", "tuning", f"candidate {name}", result, {}, 1.0, shared=False)
    run._write_derived = write
    run.refresh_derived()
    run.close()
    began = time.monotonic()
    events = len(Store(root).open(run.id).events)
    spent = time.monotonic() - began
    assert events == 1 + 2 * CANDIDATES
    return spent


if __name__ == "__main__":
    main()
