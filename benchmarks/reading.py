"""How long reading and profiling take, and how much memory, beside pandas on the same files in the same run.

    python benchmarks/reading.py [--rows 10000,100000,1000000] [--wide 3000x50,20000x30] [--folder DIR]

Each measurement runs in a process of its own, which has read and profiled a table of a hundred rows before: so imports,
and the code of libraries that is loaded on first use, count neither for time nor for memory. Memory is the peak over that,
divided by the table's. CPU seconds are those of all threads; unlike the clock's they hardly mind what else is running.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

SEED = 0
WORDS = "red green blue broken small large fast late paid open closed north south east west quiet heavy round new old"


def mixed_table(rows: int) -> pl.DataFrame:
    """Return 20 columns as they come from a shop: identifiers, amounts, flags, categories, dates, a comment."""
    rng = np.random.default_rng(SEED)
    texts = np.asarray(WORDS.split())

    def gaps(values: Any, share: float) -> pl.Series:
        return pl.Series(values).set(pl.Series(rng.random(rows) < share), None)

    return pl.DataFrame(
        {
            "order_id": np.arange(1, rows + 1) * 7 + 1_000_000,
            "customer_id": rng.integers(1, max(2, rows // 20), rows),
            "email": [f"user{number}@example.org" for number in rng.integers(0, rows, rows)],
            "amount": rng.lognormal(3, 1, rows).round(2),
            "discount": gaps(rng.random(rows).round(3), 0.2),
            "price": [f"${value:,.2f}" for value in rng.lognormal(5, 1, rows)],
            "weight": rng.normal(70, 12, rows),
            "sensor": np.where(rng.random(rows) < 0.02, -200.0, rng.normal(20, 4, rows).round(1)),
            "age": rng.integers(18, 95, rows),
            "items": rng.poisson(3, rows),
            "month": rng.integers(1, 13, rows),
            "zip": [f"{number:05d}" for number in rng.integers(1_000, 99_999, rows)],
            "paid": rng.choice(["yes", "no"], rows),
            "active": rng.random(rows) < 0.3,
            "country": rng.choice(["CH", "DE", "FR", "IT", "AT"], rows),
            "product": rng.choice([f"product {number}" for number in range(800)], rows),
            "ordered": pl.Series(rng.integers(1.6e9, 1.7e9, rows) * 1_000_000).cast(pl.Datetime("us")).dt.to_string("%Y-%m-%d %H:%M:%S"),
            "day": pl.Series(rng.integers(18_000, 19_500, rows)).cast(pl.Int32).cast(pl.Date).dt.to_string("%d.%m.%Y"),
            "comment": [" ".join(row) for row in texts[rng.integers(0, len(texts), (rows, 5))].tolist()],
            "score": gaps(rng.beta(2, 5, rows), 0.05),
        }
    )  # fmt: skip


def wide_table(columns: int, rows: int) -> pl.DataFrame:
    """Return a table of measurements with very many columns, some of them counts."""
    rng = np.random.default_rng(SEED)
    numbers = rng.normal(size=(rows, columns)).round(4)
    numbers[:, ::10] = rng.integers(0, 50, (rows, len(range(0, columns, 10))))
    return pl.DataFrame(numbers, schema=[f"g{place}" for place in range(columns)])


def measure(reader: str, path: str, warm: str) -> dict[str, float]:
    """Read and profile one file in this process; return seconds, and megabytes of the peak and of the table."""
    if reader == "pandas":
        import pandas as pd
        import pyarrow.parquet  # noqa: F401

        def read(name: str) -> Any:
            return pd.read_parquet(name) if name.endswith(".parquet") else pd.read_csv(name)

        def profiled(frame: Any) -> float:
            frame.describe(include="all")
            return float(frame.memory_usage(deep=True).sum())
    else:
        from planfit.data.profile import profile_table
        from planfit.data.readers import read

        def profiled(frame: Any) -> float:
            return float(profile_table(frame).memory)

    profiled(read(warm))
    before, spent, started = _peak(), _cpu(), time.perf_counter()
    table = read(path)
    done, spent_reading = time.perf_counter(), _cpu() - spent
    size = profiled(table)
    return {
        "read": done - started,
        "profile": time.perf_counter() - done,
        "read cpu": spent_reading,
        "cpu": _cpu() - spent,
        "peak": _peak() - before,
        "table": size / 1e6,
    }


def _cpu() -> float:
    """Return the CPU seconds that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    """Return the most memory that this process has held so far, in megabytes."""
    text = Path("/proc/self/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1]) / 1e3


def in_process(reader: str, path: Path, warm: Path) -> dict[str, float]:
    """Measure in a fresh process."""
    command = [sys.executable, __file__, "--measure", reader, str(path), str(warm)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def compare(name: str, frame: pl.DataFrame, folder: Path) -> None:
    """Write a table as CSV and Parquet, measure both, print a line each."""
    for suffix in ("csv", "parquet"):
        path, warm = folder / f"table.{suffix}", folder / f"warm.{suffix}"
        for made, where in ((frame, path), (mixed_table(100), warm)):
            made.write_csv(where) if suffix == "csv" else made.write_parquet(where)
        ours, theirs = in_process("planfit", path, warm), in_process("pandas", path, warm)
        print(
            f"{name:<16} {suffix:<8} {path.stat().st_size / 1e6:>8.1f} {ours['read']:>8.2f} {ours['profile']:>8.2f} "
            f"{ours['read cpu']:>8.2f} {ours['cpu']:>8.2f} {ours['peak']:>8.0f} {ours['table']:>8.0f} "
            f"{ours['peak'] / ours['table']:>6.1f} {theirs['cpu']:>10.2f} {ours['cpu'] / theirs['cpu']:>6.2f}",
            flush=True,
        )
        path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="10000,100000,1000000")
    parser.add_argument("--wide", default="3000x50,20000x30")
    parser.add_argument("--folder", help="where the files are written for a moment")
    parser.add_argument("--measure", nargs=3, metavar=("READER", "FILE", "WARM"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(*given.measure)))
        return
    print(
        f"{'table':<16} {'file':<8} {'MB':>8} {'read s':>8} {'prof. s':>8} {'read cpu':>8} {'sum cpu':>8} {'peak MB':>8} "
        f"{'table MB':>8} {'ratio':>6} {'pandas cpu':>10} {'times':>6}"
    )
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for rows in [int(text) for text in given.rows.split(",") if text]:
            compare(f"{rows:,} x 20", mixed_table(rows), Path(folder))
        for text in [text for text in given.wide.split(",") if text]:
            columns, rows = map(int, text.split("x"))
            compare(f"{rows:,} x {columns:,}", wide_table(columns, rows), Path(folder))


if __name__ == "__main__":
    main()
