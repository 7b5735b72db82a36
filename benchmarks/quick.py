"""Run `planfit run TABLE SENTENCE` on every table of a folder, from its sentence alone, and judge what came of it.

Each sub-folder holds ``data.csv`` or ``data.parquet`` and ``task.json`` (sentence, true target, task type, metric, split, known
leaks); the folder itself a ``load.py`` with ``load(name, root, drop_leaks) -> (train, test, task)``. The run sees the training
rows only. Where it asked for the target, or was wrong, it is run again with the target given, so that every table has a score.

    python benchmarks/quick.py --data FOLDER [--time-limit 30] [--only a,b] [--keep-leaks] [--json FILE]

Scores are those of task.json's metric on the test rows: of the delivered model, of a constant, and of one LightGBM (300 trees,
learning rate 0.05, categories as integer codes) that is fitted on the same training rows. ``ahead`` is by how much planfit is better than
that LightGBM, in standard errors of the difference (paired bootstrap over the test rows): above -1 is level or better. Exits with 1 where a
run was wrong without asking or broke.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from comparing.judging import Load, loader, names_in
from comparing.paired import in_standard_errors
from comparing.tables import signed

import planfit
from planfit.models.metrics import METRICS, encode
from planfit.records.events import WarningRaised
from planfit.records.task import Task

QUESTION = 3
MIB = 1 << 20


@dataclass
class Row:
    """What is known of one table."""

    table: str
    metric: str
    understood: str = "broke"
    """right, asked, wrong (and what was taken instead), or broke."""
    split: str = ""
    chosen_metric: str = ""
    leaks: dict[str, str] = field(default_factory=dict)
    """Each known leak: excluded, warned or missed."""
    constant: float | None = None
    lightgbm: float | None = None
    planfit: float | None = None
    ahead: float | None = None
    """Of LightGBM, in standard errors of the difference."""
    seconds: float = 0.0
    memory: float = 0.0
    """Most memory of all processes of the run together, MiB."""
    delivered: str = ""
    error: str = ""


@dataclass(frozen=True)
class Ended:
    """How one call of the command ended."""

    code: int
    document: dict[str, Any]
    said: str
    seconds: float
    memory: float


def main() -> int:
    """Run and print one line a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--only", default="", metavar="A,B")
    parser.add_argument("--keep-leaks", action="store_true", help="leave known leaks in the tables")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    load = loader(given.data)
    names = names_in(given.data)
    wanted = [name for name in given.only.split(",") if name]
    rows: list[Row] = []
    print("| table | understood | split | metric | constant | LightGBM | planfit | ahead | seconds | MiB | delivered |")
    print("| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for name in names:
        if not wanted or name in wanted:
            rows.append(_table(name, load, given.data, given.time_limit, given.keep_leaks))
            print(_line(rows[-1]), flush=True)
    _close(rows)
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return int(any(row.error or row.understood.startswith("wrong") for row in rows))


def _table(name: str, load: Load, folder: Path, limit: float, keep_leaks: bool) -> Row:
    train, test, truth = load(name, folder, not keep_leaks)
    row = Row(name, truth["metric"])
    target = truth["target"].strip()
    train.columns, test.columns = train.columns.str.strip(), test.columns.str.strip()
    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / ("train.csv" if (folder / name / "data.csv").exists() else "train.parquet")
        train.to_csv(table, index=False) if table.suffix == ".csv" else train.to_parquet(table, index=False)
        call = [str(table), truth["description"], "--time-limit", f"{limit:g}s", "--store", str(Path(place) / "store")]
        ended = _planfit(call)
        row.seconds, row.memory = ended.seconds, ended.memory
        row.understood = _understood(ended, target, truth["task_type"])
        if row.understood != "right" and row.understood != "broke":
            ended = _planfit([*call, "--target", target, "--task-type", truth["task_type"]])
            row.seconds, row.memory = ended.seconds, max(row.memory, ended.memory)
        if ended.code:
            row.error = ended.said.strip()[-400:] or f"exit code {ended.code}"
            return row
        run = planfit.open_run(ended.document["path"])
        _judge(row, run, truth, train, test, target, keep_leaks)
    return row


def _planfit(arguments: list[str]) -> Ended:
    """Call the command and watch the memory of its processes."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "planfit", "run", *arguments, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    out, err = process.communicate()
    seconds = time.monotonic() - begun
    watcher.join()
    try:
        document = json.loads(out)
    except ValueError:
        document = {}
    return Ended(process.returncode, document, err, round(seconds, 1), peak[0])


def _watch(pid: int, peak: list[float]) -> None:
    """Follow the proportional memory of a process and its children, so that shared pages count once."""
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            held = 0
            for process in (root, *root.children(recursive=True)):
                try:
                    full = process.memory_full_info()
                    held += getattr(full, "pss", full.uss)
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], held / MIB)
            time.sleep(0.25)
    except psutil.Error:
        return


def _understood(ended: Ended, target: str, task_type: str) -> str:
    if ended.code == QUESTION and ended.document.get("status") == "question":
        return "asked"
    if ended.code:
        return "broke"
    found = (ended.document["target"], ended.document["task_type"])
    return "right" if found == (target, task_type) else f"wrong: {found[0]}, {found[1]}"


def _judge(
    row: Row, run: planfit.Run, truth: dict[str, Any], train: pd.DataFrame, test: pd.DataFrame, target: str, kept: bool
) -> None:
    """Fill in what the run decided and how well the delivered model does on the test rows."""
    task: Task = run.bundle.metadata.task
    row.split, row.chosen_metric = _against(task, truth)
    row.delivered = "+".join(
        f"{member['family']}:{member['weight']:.2f}" for member in (run.summary.delivered or {}).get("members", [])
    )
    if kept:
        row.leaks = _leaks(run, task, truth["leaks"])
    metric = METRICS[truth["metric"]]
    features = test.drop(columns=target)
    if task.is_classification:
        y = encode(test[target], task.classes)
        shares = np.bincount(encode(train[target], task.classes), minlength=len(task.classes)) / len(train)
        constant = np.tile(shares, (len(test), 1))
        predicted = run.predict_proba(features).to_numpy()
    else:
        y = test[target].to_numpy(float)
        known = train[target].to_numpy(float)
        center = np.expm1(np.log1p(known).mean()) if metric.name == "rmsle" else known.mean()
        constant = np.full((len(test), 1), center)
        predicted = run.predict(features).to_numpy(float).reshape(-1, 1)
    row.constant = metric.score(y, constant, task)
    row.planfit = metric.score(y, predicted, task)
    usual = _lightgbm(train, test, target, task)
    row.lightgbm = metric.score(y, usual, task)
    row.ahead = in_standard_errors(task, metric, y, predicted, usual)


def _against(task: Task, truth: dict[str, Any]) -> tuple[str, str]:
    """Return split and metric as chosen, with what task.json has instead where they differ."""
    split = task.split.kind if task.split.column is None else f"{task.split.kind}:{task.split.column}"
    wanted = truth["split"]["kind"] + (f":{truth['split']['column']}" if truth["split"]["column"] else "")
    unordered = {"random", "stratified"}
    same = split == wanted or {split, wanted} <= unordered
    metric = task.metric if task.metric == truth["metric"] else f"{task.metric} (for {truth['metric']})"
    return (split if same else f"{split} (for {wanted})"), metric


def _leaks(run: planfit.Run, task: Task, known: list[str]) -> dict[str, str]:
    excluded = {entry.name for entry in task.excluded}
    raised = [event.body.finding for event in run.events if isinstance(event.body, WarningRaised)]
    warned = {name for finding in raised for name in finding.columns}
    return {
        name: "excluded" if name in excluded else "warned" if name in warned else "missed"
        for name in (leak.strip() for leak in known)
    }


def _lightgbm(train: pd.DataFrame, test: pd.DataFrame, target: str, task: Task) -> np.ndarray:
    """Return the test predictions of one LightGBM as anybody would write it down."""
    import lightgbm

    both = pd.concat([train, test], keys=["train", "test"]).drop(columns=target)
    for name in both.columns:
        if not (pd.api.types.is_numeric_dtype(both[name]) or pd.api.types.is_bool_dtype(both[name])):
            both[name] = pd.factorize(both[name])[0]
    both.columns = [f"f{place}" for place in range(both.shape[1])]
    settings: dict[str, Any] = {"n_estimators": 300, "learning_rate": 0.05, "verbose": -1, "n_jobs": 2, "seed": 0}
    seen, unseen = both.loc["train"], both.loc["test"]
    if task.is_classification:
        fitted = lightgbm.LGBMClassifier(**settings).fit(seen, encode(train[target], task.classes))
        return np.asarray(fitted.predict_proba(unseen))
    y = train[target].to_numpy(float)
    logs = METRICS[task.metric].name == "rmsle"
    fitted = lightgbm.LGBMRegressor(**settings).fit(seen, np.log1p(y) if logs else y)
    predicted = np.asarray(fitted.predict(unseen))
    return (np.expm1(predicted) if logs else predicted).reshape(-1, 1)


def _line(row: Row) -> str:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.4g}"

    leaks = "".join(f"; {name} {fate}" for name, fate in row.leaks.items())
    last = row.error.replace("\n", " ") or row.delivered
    return (
        f"| {row.table} | {row.understood}{leaks} | {row.split} | {row.chosen_metric or row.metric} | {shown(row.constant)} "
        f"| {shown(row.lightgbm)} | {shown(row.planfit)} | {signed(row.ahead)} | {row.seconds:.1f} | {row.memory:.0f} | {last} |"
    )


def _close(rows: list[Row]) -> None:
    """Print the counts."""
    counts = {word: sum(row.understood.startswith(word) for row in rows) for word in ("right", "asked", "wrong")}
    broke = sum(bool(row.error) for row in rows)
    print(f"\n{len(rows)} tables: {', '.join(f'{count} {word}' for word, count in counts.items())}, {broke} broke")
    scored = [row for row in rows if row.planfit is not None]
    better = sum(_better(row, row.constant) for row in scored)
    ahead = sum(_better(row, row.lightgbm) for row in scored)
    print(f"{better} of {len(scored)} beat the constant, {ahead} the one LightGBM, on the test rows")
    level = sum(row.ahead is not None and row.ahead >= -1 for row in scored)
    print(f"{level} of {len(scored)} within one standard error of the one LightGBM or better")
    fates = [fate for row in rows for fate in row.leaks.values()]
    if fates:
        print(f"known leaks: {', '.join(f'{fates.count(fate)} {fate}' for fate in ('excluded', 'warned', 'missed'))}")


def _better(row: Row, other: float | None) -> bool:
    if row.planfit is None or other is None:
        return False
    return row.planfit > other if METRICS[row.metric].greater_is_better else row.planfit < other


if __name__ == "__main__":
    sys.exit(main())
