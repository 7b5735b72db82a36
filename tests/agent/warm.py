"""A forge as the tests see it: runs forked from a warm process, and what two runs of the same work must share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from planfit.runtime import launch

HERE = Path(__file__).parent
SENTENCE = "Predict which customers have churned"
SHARED = ("search", "plans", "oof", "score", "delivered", "predicted", "again")
"""Of what the driver prints, what is the same however often a run was interrupted."""
ARGUMENTS = {"max_candidates": 3, "models": ["linear"]}
"""One model and two trials of tuning it: every stage, in a few seconds."""
MARK = "PLANFIT_FORGE"
"""Environment variable that every process of a forge bears."""


class Forge:
    """Runs forked from a warm process; `drive` returns what the driver prints, None where the run was killed."""

    def __init__(self, home: Path, data: Path) -> None:
        self.home, self.data, self.mark = home, data, f"{os.getpid()}-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "forge.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**launch.environment(1), MARK: self.mark},
        )  # fmt: skip

    def drive(self, store: Path, do: str, **order: Any) -> dict[str, Any] | None:
        given = [str(self.data), SENTENCE] if do == "run" else ["latest"]
        arguments = {"store": str(store), **(ARGUMENTS if do == "run" else {})}
        document = {"do": do, "given": given, "arguments": arguments, "data": str(self.data), "tune": True, **order}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**document, "home": str(self.home)}) + "\n")
        self.process.stdin.flush()
        ended = json.loads(self.process.stdout.readline())
        if ended["status"] == -9:
            return None
        assert ended["status"] == 0, ended["err"]
        found: dict[str, Any] = json.loads(ended["out"])
        return found

    def left(self) -> list[psutil.Process]:
        """Return what lives of the runs that were forked."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
            except psutil.Error:
                continue
            if ours and process.pid != self.process.pid:
                found.append(process)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def make_forge(folder: Path) -> Forge:
    """Return a warm process, and a table with something for a feature plan to do."""
    rng = np.random.default_rng(0)
    usage, town = rng.normal(size=240), rng.integers(0, 30, 240)
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 240), "D")
    logit = 1.2 * usage + 0.3 * (town % 3) + 0.6 * rng.logistic(size=240)
    columns = {"usage": usage, "town": [f"town {t}" for t in town], "joined": joined.strftime("%Y-%m-%d")}
    pd.DataFrame({**columns, "churned": np.where(logit > 0.3, "yes", "no")}).to_csv(folder / "c.csv", index=False)
    return Forge(folder / "home", folder / "c.csv")
