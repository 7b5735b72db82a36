"""Run planfit on every table of a folder and score the delivered model on test rows that it never saw.

Each sub-folder holds ``data.csv`` or ``data.parquet`` and ``task.json`` (sentence, target, metric, split); the folder itself
a ``load.py`` with ``load(name, root) -> (train, test, task)``.

    python benchmarks/tables.py FOLDER [--time-limit 30] [--only a,b] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

import planfit
from planfit.models.metrics import METRICS, encode


def main() -> None:
    """Run and print one row a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--time-limit", type=float, default=30.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    load = _loader(arguments.folder)
    wanted = [name for name in arguments.only.split(",") if name]
    names = sorted(path.parent.name for path in arguments.folder.glob("*/task.json"))
    rows = []
    print(f"{'table':<20}{'metric':<10}{'baseline':>10}{'test':>10}{'cv':>10}{'seconds':>9}  what")
    for name in names:
        if wanted and name not in wanted:
            continue
        row = _one(name, load, arguments.folder, arguments.time_limit)
        rows.append(row)
        print(_line(row), flush=True)
    won = sum(row["beats"] for row in rows)
    print(f"{won} of {len(rows)} beat the baseline on the test rows")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def _loader(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("load", folder / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load


def _one(name: str, load: Any, folder: Path, seconds: float) -> dict[str, Any]:
    train, test, task = load(name, folder)
    row: dict[str, Any] = {
        "table": name,
        "metric": task["metric"],
        "beats": False,
        "baseline": None,
        "test": None,
        "cv": None,
    }
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as store:
        try:
            run = planfit.run(
                train,
                task["description"],
                target=task["target"],
                metric=task["metric"],
                time_limit=seconds,
                store=store,
            )
            row["seconds"] = round(time.monotonic() - begun, 1)
            summary = run.summary
            row |= {"cv": summary.cv["score"] if summary.cv else None, "what": _what(summary)}
            row |= _score(run, train, test, task)
        except Exception as error:  # a benchmark says what broke and goes on
            row["seconds"] = round(time.monotonic() - begun, 1)
            row["what"] = f"{type(error).__name__}: {error}"
            row["traceback"] = traceback.format_exc()
    return row


def _score(run: planfit.Run, train: Any, test: Any, task: dict[str, Any]) -> dict[str, Any]:
    settled = run.bundle.metadata.task
    metric = METRICS[task["metric"]]
    target = task["target"]
    if settled.is_classification:
        y = encode(test[target], settled.classes)
        shares = np.bincount(encode(train[target], settled.classes), minlength=len(settled.classes)) / len(train)
        constant = np.tile(shares, (len(test), 1))
        matrix = run.predict_proba(test.drop(columns=target)).to_numpy()
    else:
        y = test[target].to_numpy(float)
        center = (
            float(np.expm1(np.log1p(train[target]).mean())) if metric.name == "rmsle" else float(train[target].mean())
        )
        constant = np.full((len(test), 1), center)
        matrix = run.predict(test.drop(columns=target)).to_numpy(float).reshape(-1, 1)
    baseline, value = metric.score(y, constant, settled), metric.score(y, matrix, settled)
    beats = value > baseline if metric.greater_is_better else value < baseline
    return {"baseline": baseline, "test": value, "beats": bool(beats)}


def _what(summary: Any) -> str:
    delivered = summary.delivered or {}
    members = "+".join(f"{m['family']}:{m['weight']:.2f}" for m in delivered.get("members", []))
    return f"{summary.status}/{summary.stop_reason} {summary.candidates} candidates, {members}"


def _line(row: dict[str, Any]) -> str:
    def figure(value: Any) -> str:
        return f"{value:>10.4g}" if isinstance(value, float) else f"{'-':>10}"

    mark = "" if row["beats"] else "  DOES NOT BEAT THE BASELINE"
    return (
        f"{row['table']:<20}{row['metric']:<10}{figure(row['baseline'])}{figure(row['test'])}{figure(row['cv'])}"
        f"{row['seconds']:>9.1f}  {row['what']}{mark}"
    )


if __name__ == "__main__":
    main()
