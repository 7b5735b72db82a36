"""How long it takes to say what is wrong with a feature plan, and how much memory, on a table of a million rows.

    python benchmarks/preflight.py [--rows 1000000] [--folder DIR]

A Parquet file of 20 columns is read, profiled, and a plan of 20 steps held against its columns and tried on a few
hundred awkward rows. Then the plan is tried on all rows, which is more than the goal asks for. Each stage has a line:
seconds, CPU seconds of all threads, and the peak of memory since the start over that of a table of a hundred rows,
in times the table's. Goal: profile, validation and trial on a sample of a million rows in 20 seconds and three times the table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reading import _cpu, _peak, mixed_table

TARGET = "paid"
STEPS: list[dict[str, Any]] = [
    {"columns": ["discount", "score"], "operation": "missing_indicator"},
    {"columns": ["discount", "score"], "operation": "impute_median"},
    {"columns": ["sensor"], "operation": "mark_missing", "values": [-200]},
    {"columns": ["sensor"], "operation": "impute_mean"},
    {"columns": ["amount", "price"], "operation": "log1p", "keep_source": True},
    {"columns": ["amount", "items"], "operation": "ratio", "into": "amount_an_item"},
    {"columns": ["price", "amount"], "operation": "difference", "into": "price_less_amount"},
    {"columns": ["weight"], "operation": "clip"},
    {"columns": ["weight", "age"], "operation": "standard_scale", "keep_source": True},
    {"columns": ["weight", "age", "items"], "operation": "row_statistics"},
    {"column": "age", "operation": "bin", "n_bins": 5},
    {"column": "ordered", "operation": "datetime_parts"},
    {"column": "day", "operation": "cyclical_encode"},
    {"column": "country", "operation": "one_hot_encode"},
    {"column": "product", "operation": "target_encode"},
    {"column": "zip", "operation": "count_encode"},
    {"column": "comment", "operation": "text_statistics"},
    {"columns": ["amount", "age_bin"], "operation": "group_aggregate"},
    {
        "expression": "CASE WHEN age > 60 THEN amount / items ELSE 0 END",
        "operation": "expression",
        "into": "late_amount",
    },
    {"columns": ["email", "comment"], "operation": "drop"},
]


def measure(path: str, warm: str) -> None:
    """Print a line a stage, of this process."""
    stages(warm, lambda *told: None)
    before, started, spent = _peak(), time.perf_counter(), _cpu()
    size = 0.0

    def told(name: str, memory: float = 0.0) -> None:
        nonlocal size, started, spent
        size = memory or size
        ratio = (_peak() - before) / size if size else float("nan")
        print(
            f"{name:<40} {time.perf_counter() - started:>8.2f} {_cpu() - spent:>8.2f} {_peak() - before:>8.0f} {ratio:>6.2f}",
            flush=True,
        )
        started, spent = time.perf_counter(), _cpu()

    stages(path, told)


def stages(path: str, told: Callable[..., None]) -> None:
    """Go through the stages; `told` is called after each."""
    from planfit.agent.checking import setting_of
    from planfit.data import readers
    from planfit.plans import FeaturePlan

    plan = FeaturePlan.model_validate({"transformations": STEPS})
    table = readers.read(path)
    told("read", table.frame.estimated_size() / 1e6)
    setting = setting_of(table, TARGET, None)
    told("profile")
    resolved, findings = setting.judged_by_columns(plan)
    assert resolved is not None
    assert not any(finding.refuses for finding in findings), findings
    told("validation")
    findings = setting.tried_on_sample(resolved)
    assert not any(finding.refuses for finding in findings), findings
    told("trial on a sample")
    setting.judge_plan(plan)
    told("all four gates, trial on all rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where the files are written for a moment")
    parser.add_argument("--measure", nargs=2, metavar=("FILE", "WARM"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path, warm = Path(folder) / "table.parquet", Path(folder) / "warm.parquet"
        mixed_table(given.rows).write_parquet(path)
        mixed_table(1000).write_parquet(warm)
        print(f"{given.rows:,} rows x 20 columns, a plan of {len(STEPS)} steps")
        print(f"{'stage':<40} {'seconds':>8} {'cpu':>8} {'peak MB':>8} {'times':>6}", flush=True)
        subprocess.run([sys.executable, __file__, "--measure", str(path), str(warm)], check=True)


if __name__ == "__main__":
    main()
