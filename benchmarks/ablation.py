"""Say what parts of the search are worth: each table is run whole and again without one part, same rows, seed and time.

    python benchmarks/ablation.py --data FOLDER [--time-limit 30] [--only a,b] [--json FILE]

Folders are as for ``quick.py``; target, type and metric are given. Scores are of the test rows. ``single`` is the
whole run with its best single model delivered instead of the ensemble; the other columns lack the part that they are named after.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from comparing.judging import Table, loader, names_in, table

import planfit
from planfit.agent import limits
from planfit.models.ensemble import WeightedEnsemble
from planfit.models.metrics import encode
from planfit.planners.expert import next_step

FAMILIES = ("linear", "lightgbm", "xgboost", "catboost", "mlp", "extra_trees", "random_forest", "knn")
PARTS: dict[str, tuple[str, ...] | None] = {
    "whole": FAMILIES,
    "discovery": FAMILIES,
    "tuning": FAMILIES,
    "mlp": tuple(name for name in FAMILIES if name != "mlp"),
    "catboost": tuple(name for name in FAMILIES if name != "catboost"),
}


def main() -> int:
    """Run and print a line a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--only", default="", metavar="A,B")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    wanted = [name for name in given.only.split(",") if name] or names_in(given.data)
    load, rows = loader(given.data), []
    shown = ["whole", "single", *list(PARTS)[1:]]
    print(f"| table | metric | constant | {' | '.join(shown)} | candidates | tuned |")
    print(f"| --- | --- |{' ---: |' * (len(shown) + 3)}")
    for name in wanted:
        rows.append(_row(table(name, load, given.data), given.time_limit))
        print(_line(rows[-1], shown), flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2))
    return 0


def _row(one: Table, limit: float) -> dict[str, Any]:
    row: dict[str, Any] = {"table": one.name, "metric": one.metric.name, "constant": one.constant()}
    for part, families in PARTS.items():
        with tempfile.TemporaryDirectory() as store, _without(part):
            begun = time.monotonic()
            run = planfit.run(
                one.train, one.task.sentence, target=one.task.target, task_type=one.task.task_type, metric=one.metric.name,
                positive_class=one.task.positive_class, holdout="none", time_limit=limit, store=store, models=list(families or FAMILIES),
            )  # fmt: skip
            row[part] = _score(one, run.model)
            row[f"{part}_seconds"] = round(time.monotonic() - begun, 1)
            if part == "whole":
                board = run.leaderboard
                single = board.loc[board["family"] != "ensemble", "candidate"].iloc[0]
                already = run.summary.delivered is not None and run.summary.delivered["candidate"] == single
                row["single"] = _score(one, (run if already else planfit.deliver(run.id, single, store=store)).model)
                row["candidates"], row["tuned"] = (
                    int((board["origin"] == origin).sum()) for origin in ("plan", "tuning")
                )
    return row


@contextmanager
def _without(part: str) -> Iterator[None]:
    """Take a part of the search away for a while."""
    places: dict[str, tuple[Any, str, Callable[..., Any]]] = {
        "discovery": (limits, "time_for_features", lambda *_: False),
        "tuning": (next_step, "tuning_plan", lambda *_: None),
    }
    if part not in places:
        yield
        return
    module, name, instead = places[part]
    kept = getattr(module, name)
    setattr(module, name, instead)
    try:
        yield
    finally:
        setattr(module, name, kept)


def _score(one: Table, model: WeightedEnsemble) -> float:
    matrix = model.predict_matrix(one.features)
    y = encode(one.truth, one.task.classes) if one.task.is_classification else one.truth.to_numpy(float)
    return float(one.metric.score(y, matrix, one.task, threshold=model.threshold))


def _line(row: dict[str, Any], shown: list[str]) -> str:
    return (
        f"| {row['table']} | {row['metric']} | {row['constant']:.4g} | "
        + " | ".join(f"{row[name]:.5g}" for name in shown)
        + f" | {row['candidates']} | {row['tuned']} |"
    )


if __name__ == "__main__":
    sys.exit(main())
