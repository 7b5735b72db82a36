"""Two or more planners on the same tables and splits: is a language model worth its price?

    python benchmarks/planners.py --planner expert --planner compatible:MODEL --base-url URL --data FOLDER [--repeat 3]
        [--only a,b] [--max-candidates 12 | --time-limit 60] [--small-model] [--out FILE.jsonl]

Each sub-folder of the folder holds ``data.csv`` or ``data.parquet`` and ``task.json`` (description, target). Every planner gets the same table,
sentence, target, seed and limits; a run's split follows from its seed, so that runs are paired by table and seed. Differences
are of the holdout score, signed so that more is better, as a share of the distance from the baseline to the first planner.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import planfit

DRAWS = 2_000


@dataclass
class Row:
    """One run."""

    table: str
    seed: int
    planner: str
    status: str = "failed"
    metric: str = ""
    greater_is_better: bool = True
    baseline: float | None = None
    cv: float | None = None
    holdout: float | None = None
    answers: int = 0
    """Plans that the planner itself gave."""
    accepted_first: int = 0
    questions: int = 0
    """Questions that it was asked itself."""
    findings: dict[str, int] = field(default_factory=dict)
    rolled_back: int = 0
    calls: int = 0
    failed_calls: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    waited: float = 0.0
    """Seconds in which nothing else went on."""
    seconds: float = 0.0
    said: str = ""


def main() -> int:
    """Run every planner on every table, print the tables."""
    arguments = _arguments()
    names = [p.parent.name for p in sorted(arguments.data.glob("*/task.json"))]
    wanted = [name for name in names if not arguments.only or name in arguments.only.split(",")]
    rows: list[Row] = []
    for name in wanted:
        for seed in range(arguments.repeat):
            for planner in arguments.planner:
                row = run(name, seed, planner, arguments)
                rows.append(row)
                print(_line(row), file=sys.stderr, flush=True)
                if arguments.out:
                    with arguments.out.open("a") as file:
                        file.write(json.dumps(asdict(row)) + "\n")
    print(table(rows, arguments.planner))
    return 0 if all(row.status == "finished" for row in rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planner", action="append", required=True, metavar="NAME")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument("--only", default="", metavar="A,B")
    parser.add_argument("--base-url", metavar="URL")
    parser.add_argument("--small-model", action="store_true")
    parser.add_argument("--max-candidates", type=int, metavar="N")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS")
    parser.add_argument("--answer-within", default="5m", metavar="TIME")
    parser.add_argument("--out", type=Path, metavar="FILE.jsonl")
    found = parser.parse_args()
    if found.max_candidates is None and found.time_limit is None:
        found.max_candidates = 12
    return found


def run(name: str, seed: int, planner: str, arguments: argparse.Namespace) -> Row:
    """Carry one run out and say what is to be known of it."""
    folder = arguments.data / name
    task = json.loads((folder / "task.json").read_text())
    row = Row(name, seed, planner)
    model: dict[str, Any] = {}
    if ":" in planner:
        model = {
            "base_url": arguments.base_url, "small_model": arguments.small_model, "fallback": "expert",
            "answer_within": arguments.answer_within,
        }  # fmt: skip
    with tempfile.TemporaryDirectory() as store:
        try:
            done = planfit.run(
                next(folder.glob("data.*")), task["description"], planner=planner, target=task["target"], seed=seed,
                max_candidates=arguments.max_candidates, time_limit=arguments.time_limit, exclude=task.get("leaks", ()),
                store=store, **model,
            )  # fmt: skip
        except planfit.PlanfitError as error:
            row.said = error.message
            return row
        _fill(row, done)
    return row


def _fill(row: Row, done: planfit.Run) -> None:
    summary = done.summary
    row.status, row.metric = summary.status, summary.metric or ""
    row.greater_is_better = bool(summary.greater_is_better)
    row.baseline = summary.baseline
    row.cv = None if summary.cv is None else summary.cv["score"]
    row.holdout = None if summary.holdout is None else summary.holdout["score"]
    row.seconds = summary.seconds
    usage = summary.usage
    row.calls = usage["calls"]
    row.failed_calls = sum(n for what, n in usage.get("outcomes", {}).items() if what != "answered")
    row.tokens_in, row.tokens_out, row.cost = usage["tokens_in"], usage["tokens_out"], usage["cost_usd"]
    row.waited = usage.get("idle_seconds", 0.0)
    own = [entry for entry in done.trace if entry["planner"] == row.planner]
    first = [entry for entry in own if entry["attempt"] == 1]
    row.answers, row.questions = len(own), len(first)
    row.accepted_first = sum(entry["status"] in ("accepted", "rolled_back") for entry in first)
    row.rolled_back = sum(entry["status"] == "rolled_back" for entry in own)
    codes = (finding["code"] for entry in own for finding in entry["findings"] if finding["severity"] == "error")
    row.findings = dict(Counter(codes))


def _line(row: Row) -> str:
    score = "-" if row.holdout is None else f"{row.holdout:.5g}"
    return f"{row.table} seed {row.seed} {row.planner}: {row.status} {row.metric} {score} {row.calls} calls {row.seconds:.0f} s {row.said}"


def gains(rows: Sequence[Row], planner: str, first: str) -> list[float]:
    """Return the paired differences of a planner from the first one, by table and seed."""
    by_place = {(row.table, row.seed, row.planner): row for row in rows}
    found = []
    for (name, seed, who), row in by_place.items():
        other = by_place.get((name, seed, first))
        if who != planner or other is None or row.holdout is None or other.holdout is None:
            continue
        if row.metric != other.metric or other.baseline is None or other.holdout == other.baseline:
            continue
        found.append((row.holdout - other.holdout) / (other.holdout - other.baseline))
    return found


def interval(values: Sequence[float]) -> str:
    """Return mean and 95 % bootstrap interval in per cent."""
    if not values:
        return "-"
    chance = random.Random(0)
    means = sorted(statistics.fmean(chance.choices(values, k=len(values))) for _ in range(DRAWS))
    low, high = means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS)]
    return f"{100 * statistics.fmean(values):+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"


def table(rows: Sequence[Row], planners: Sequence[str]) -> str:
    """Return what was found as Markdown."""
    lines = [
        "| planner | runs ended | gain, % of the way from the baseline | accepted at the first try | rolled back | calls (failed) "
        "| tokens in / out | US dollars | idle s | seconds | findings |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for planner in planners:
        own = [row for row in rows if row.planner == planner]
        ended = sum(row.status == "finished" for row in own)
        codes: Counter[str] = Counter()
        for row in own:
            codes.update(row.findings)
        asked, took = sum(row.questions for row in own), sum(row.accepted_first for row in own)
        costs = [row.cost for row in own if row.calls]
        cost = "-" if not costs else "unknown" if None in costs else f"{sum(c for c in costs if c is not None):.4f}"
        tokens = f"{_sum(own, 'tokens_in')} / {_sum(own, 'tokens_out')}"
        lines.append(
            f"| {planner} | {ended} of {len(own)} | {interval(gains(rows, planner, planners[0]))} | {took} of {asked} "
            f"| {sum(row.rolled_back for row in own)} | {sum(row.calls for row in own)} ({sum(row.failed_calls for row in own)}) "
            f"| {tokens} | {cost} | {sum(row.waited for row in own):.0f} | {sum(row.seconds for row in own):.0f} "
            f"| {', '.join(f'{code} {count}' for code, count in codes.most_common(6)) or '-'} |"
        )
    lines += ["", "| table | seed | metric | " + " | ".join(planners) + " |", "| --- " * (3 + len(planners)) + "|"]
    places = dict.fromkeys((row.table, row.seed) for row in rows)
    for name, seed in places:
        here = {row.planner: row for row in rows if (row.table, row.seed) == (name, seed)}
        scores = [f"{r.holdout:.5g}" if (r := here.get(p)) and r.holdout is not None else "-" for p in planners]
        metric = " or ".join(dict.fromkeys(row.metric for row in here.values() if row.metric))
        lines.append(f"| {name} | {seed} | {metric} | " + " | ".join(scores) + " |")
    return "\n".join(lines)


def _sum(rows: Sequence[Row], name: str) -> str:
    values = [getattr(row, name) for row in rows if row.calls]
    if not values:
        return "-"
    return "unknown" if None in values else f"{sum(values):,}"


if __name__ == "__main__":
    sys.exit(main())
