"""The benchmark that anybody can run says what is true of a folder of tables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

QUICK = Path(__file__).parents[1] / "benchmarks" / "quick.py"
LOAD = """
import json
from pathlib import Path
import pandas as pd

def load(name, root, drop_leaks=True):
    task = json.loads((Path(root) / name / "task.json").read_text())
    frame = pd.read_csv(Path(root) / name / "data.csv").drop(columns=task["leaks"] if drop_leaks else [])
    return frame.iloc[:300].reset_index(drop=True), frame.iloc[300:].reset_index(drop=True), task
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tables: one whose sentence names the target, one whose sentence names nothing."""
    chance = np.random.default_rng(0)
    size = chance.normal(120, 30, 400)
    price = 3 * size + chance.normal(0, 40, 400)
    frame = pd.DataFrame({"size": size, "rooms": chance.integers(1, 7, 400), "net": price * 0.81, "price": price})
    (tmp_path / "load.py").write_text(LOAD)
    for name, sentence in (("homes", "Predict the price of a home"), ("riddle", "Tell me what matters")):
        (tmp_path / name).mkdir()
        frame.to_csv(tmp_path / name / "data.csv", index=False)
        task = {
            "description": sentence, "target": "price", "task_type": "regression", "metric": "rmse", "leaks": ["net"],
            "split": {"kind": "random", "column": None},
        }  # fmt: skip
        (tmp_path / name / "task.json").write_text(json.dumps(task))
    return tmp_path


@pytest.mark.slow
def test_quick_judges_what_was_understood(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.json"
    done = subprocess.run(
        [sys.executable, QUICK, "--data", folder, "--time-limit", "10", "--keep-leaks", "--json", out],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    homes, riddle = json.loads(out.read_text())
    assert (homes["understood"], riddle["understood"]) == ("right", "asked")
    for row in (homes, riddle):
        assert row["leaks"] == {"net": "excluded"}
        assert row["planfit"] <= 1.02 * row["constant"]  # on a crowded machine a constant is all that ten seconds give
        assert row["memory"] > 50
    assert "2 tables: 1 right, 1 asked, 0 wrong, 0 broke" in done.stdout
