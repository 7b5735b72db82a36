"""Run planfit and other AutoML systems on the same tables, rows and machine, and say who is ahead.

Each sub-folder of the data folder holds a table and ``task.json``, the folder itself ``load.py``, as for ``quick.py``. Every system
gets the same training rows, target, task type, metric (by its own name for it) and time limit, in a process and a virtual
environment of its own, and predicts the same test rows, which are judged here. What breaks, lacks a library or is still running
after five times the limit counts as the constant predictor.

    python benchmarks/peers.py --data FOLDER [--time-limit 60] [--systems planfit,autogluon:best,flaml,mljar,lightgbm] [--only a,b]
    python benchmarks/peers.py --install [--systems ...] [--constraints FILE]   make the environments; no table is run without --data
    python benchmarks/peers.py --table [--out FOLDER]                           print what the saved rows say

Rows are kept in OUT/rows.jsonl, predictions beside them, and nothing is computed twice: go on after an interruption with the same command. ``--redo planfit`` computes
the rows of a system anew, ``--redo failures`` those that failed; ``--reuse FILE`` takes rows that are missing from another run's file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from comparing import judging, processes, rows, systems, tables
from comparing.paired import Predictions, against_planfit
from comparing.rows import Row
from comparing.systems import System

import planfit

HERE = Path(__file__).parent
PATIENCE = 5.0
"""Times the limit after which a process is ended."""
SEED = 0


def main() -> int:
    """Install, run, print: what the arguments ask for."""
    given = arguments()
    names = [name for name in given.systems.split(",") if name]
    if given.install:
        failed = systems.install(names, given.envs, given.constraints)
        if failed:
            print(f"not installed: {', '.join(failed)}; they count as failed where they are run", flush=True)
        if given.data is None:
            return int(bool(failed))
    if not given.table:
        if given.data is None:
            sys.exit("Name the folder of tables with --data, or ask for --install or --table.")
        only = [name for name in given.only.split(",") if name]
        wanted = [name for name in judging.names_in(given.data) if not only or name in only]
        compete(
            systems.find(names, given.envs),
            wanted,
            given.data,
            given.time_limit,
            given.out,
            given.reuse,
            given.redo.split(","),
        )
    if not (given.out / "rows.jsonl").exists():
        sys.exit(f"{given.out} has no rows yet.")
    found = shown(rows.read(given.out / "rows.jsonl").values(), names if given.systems_named else [])
    text = tables.markdown(found, against_planfit(found, Predictions(given.out / "predictions")))
    (given.out / "table.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--systems", metavar="A,B:PRESET", help="default: planfit,autogluon:best,flaml,mljar,lightgbm")
    parser.add_argument("--only", default="", metavar="A,B", help="these tables only")
    parser.add_argument("--out", type=Path, default=Path("artifacts/peers"), metavar="FOLDER")
    parser.add_argument(
        "--reuse", type=Path, action="append", default=[], metavar="FILE", help="rows.jsonl of another run"
    )
    parser.add_argument("--redo", default="", metavar="A,B", help="systems to compute anew, or failures")
    parser.add_argument("--envs", type=Path, default=HERE / ".envs", metavar="FOLDER", help="the systems' environments")
    parser.add_argument("--install", action="store_true", help="make the environments that are missing")
    parser.add_argument(
        "--constraints", type=Path, metavar="FILE", help="versions that pip has to keep to while installing"
    )
    parser.add_argument("--table", action="store_true", help="run nothing, print from the saved rows")
    given = parser.parse_args()
    given.systems_named = given.systems is not None
    given.systems = given.systems or "planfit,autogluon:best,flaml,mljar,lightgbm"
    return given


def shown(found: Iterable[Row], names: Sequence[str]) -> list[Row]:
    """Return the rows of the systems that were named, or all."""
    return [row for row in found if not names or row.system in names]


def compete(
    taking_part: Sequence[System],
    names: Sequence[str],
    data: Path,
    limit: float,
    out: Path,
    reuse: Sequence[Path],
    redo: Sequence[str],
) -> None:
    """Compute the rows that are missing, table by table, so that a machine's good and bad hours meet all systems alike."""
    kept_in = out / "rows.jsonl"
    known = rows.read(kept_in)
    elsewhere = {key: row for path in reuse for key, row in rows.read(path).items()}
    load = judging.loader(data)
    for name in names:
        of_this = judging.digest(data, name)
        table: judging.Table | None = None
        for system in taking_part:
            key = (name, system.name, limit)
            row, found = known.get(key), elsewhere.get(key)
            if usable(row, of_this, redo):
                continue
            if row is None and usable(found, of_this, redo):
                assert found is not None
                rows.append(kept_in, found)
                continue
            table = table or judging.table(name, load, data)
            row = run(system, table, limit, out)
            rows.append(kept_in, row)
            said = (
                f"{row.metric} {row.score:.5g}" if row.score is not None else f"failed: {row.failure.splitlines()[-1]}"
            )
            print(
                f"{name:<20} {system.name:<24} {said:<28} {row.fit_seconds or row.wall_seconds:7.1f} s {row.memory:7.0f} MiB",
                flush=True,
            )


def usable(row: Row | None, digest: str, redo: Sequence[str]) -> bool:
    """Whether a saved row stands for what would be computed now."""
    if row is None or row.data != digest or row.system in redo:
        return False
    return row.score is not None or "failures" not in redo


def run(system: System, table: judging.Table, limit: float, out: Path, patience: float = PATIENCE) -> Row:
    """Let one system fit one table, judge what it predicts and keep that under `out`."""
    logs = out / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs.absolute() / f"{table.name}-{system.name.replace(':', '-')}-{limit:g}.txt"
    known: dict[str, Any] = {
        "table": table.name, "system": system.name, "limit": limit, "data": table.digest, "task_type": table.task.task_type,
        "metric": table.metric.name, "greater_is_better": table.metric.greater_is_better, "constant": table.constant(),
        "rows": len(table.train), "test_rows": len(table.truth), "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    place = Path(tempfile.mkdtemp(prefix="peers-"))
    try:
        command = [system.interpreter, system.adapter, *write_job(system, table, limit, place)]
        ended = processes.watch(command, log, patience * limit, place, environment(system))
        known |= {"wall_seconds": round(ended.seconds, 2), "memory": round(ended.memory, 1)}
        timing = read_timing(place)
        known |= timing
        if ended.stopped:
            return Row(**known, failure=f"still running after {patience:g} times the limit")
        if ended.code or not timing:
            return Row(**known, failure=last_words(log) or f"exit code {ended.code}")
        try:
            matrix = table.matrix(pd.read_parquet(place / "out" / "predictions.parquet"))
            row = Row(**known, score=table.score(matrix))
        except (ValueError, KeyError, IndexError, OSError) as error:
            return Row(**known, failure=f"{type(error).__name__}: {error}")
        Predictions(out / "predictions").keep(table, row, matrix)
        return row
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write_job(system: System, table: judging.Table, limit: float, place: Path) -> list[Path]:
    """Write what an adapter reads, and return its arguments."""
    train, test, spec, out = (place / name for name in ("train.parquet", "test_features.parquet", "spec.json", "out"))
    table.train.to_parquet(train, index=False)
    table.features.to_parquet(test, index=False)
    task = table.task
    told = {
        "variant": system.variant, "sentence": task.sentence, "target": task.target, "task_type": task.task_type, "metric": task.metric,
        "classes": list(task.classes), "positive_class": task.positive_class, "time_limit": limit, "seed": SEED,
    }  # fmt: skip
    spec.write_text(json.dumps(told), encoding="utf-8")
    out.mkdir()
    return [train, test, spec, out]


def environment(system: System) -> dict[str, str]:
    """Return the environment variables of a system's process; where planfit's source lies concerns planfit alone."""
    own = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"}}
    if system.base == "planfit" and "PYTHONPATH" in os.environ:
        own["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return own


def read_timing(place: Path) -> dict[str, Any]:
    """Return what timing.json says in a row's own words; empty where the adapter did not get that far."""
    try:
        found = json.loads((place / "out" / "timing.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    milliseconds = {
        name: round(found[other] * 1000, 3)
        for name, other in (("one_row_ms", "one_row_seconds"), ("batch_ms", "batch_seconds"))
        if other in found
    }
    return {
        "fit_seconds": round(found["fit_seconds"], 3), "versions": found["versions"] | commit(found["versions"]),
        "speed_failure": found.get("speed_failure", ""), **milliseconds,
    }  # fmt: skip


def commit(versions: dict[str, str]) -> dict[str, str]:
    """Return the commit of planfit's checkout, since its version says too little between releases."""
    if "planfit" not in versions or shutil.which("git") is None:
        return {}
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(planfit.__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return {"commit": done.stdout.strip()} if done.returncode == 0 else {}


def last_words(log: Path) -> str:
    """Return the end of what a process said."""
    return log.read_text(encoding="utf-8", errors="replace").strip()[-600:]


if __name__ == "__main__":
    sys.exit(main())
