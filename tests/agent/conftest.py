"""A small table of mixed kinds, runs in processes of their own, and the promise that none is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for `warm`

from warm import SENTENCE, Forge, make_forge  # noqa: E402

WORDS = ("late", "broken", "thanks", "great", "refund", "again", "fine", "delivery", "price", "support")


def make_table(rows: int = 320, seed: int = 0) -> pd.DataFrame:
    """Return customers: numbers and categories with gaps, sixty towns, a date, a text, and who left."""
    rng = np.random.default_rng(seed)
    usage, amount = rng.normal(size=rows), np.exp(0.6 * rng.normal(size=rows) + 2)
    contract = rng.choice(["basic", "plus", "pro"], rows, p=[0.5, 0.3, 0.2])
    comment = [" ".join(rng.choice(WORDS, rng.integers(6, 14))) for _ in range(rows)]
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
    logit = 1.2 * usage + 0.8 * (contract == "basic") - 0.05 * amount + 0.6 * rng.logistic(size=rows)
    logit += 0.6 * np.array(["refund" in text for text in comment])
    table = pd.DataFrame(
        {
            "usage": usage,
            "amount": amount,
            "contract": contract,
            "town": [f"town {i}" for i in rng.integers(0, 60, rows)],
            "joined": joined.strftime("%Y-%m-%d"),
            "comment": comment,
            "churned": np.where(logit > 0, "yes", "no"),
        }
    )
    table.loc[rng.random(rows) < 0.1, "usage"] = np.nan
    table.loc[rng.random(rows) < 0.08, "contract"] = None
    return table


@pytest.fixture
def table() -> pd.DataFrame:
    return make_table()


@pytest.fixture
def make() -> Callable[..., pd.DataFrame]:
    """Make such a table of any size."""
    return make_table


@pytest.fixture
def sentence() -> str:
    return SENTENCE


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table as a file."""
    path = tmp_path_factory.mktemp("data") / "customers.csv"
    make_table().to_csv(path, index=False)
    return path


def _left(home: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PLANFIT_HOME") == home and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


@pytest.fixture
def none_left() -> Iterator[Callable[[], None]]:
    """Say that no process of this test is left; asked once more at the end of the test."""

    def check() -> None:
        ends = time.monotonic() + 20
        while (left := _left(os.environ["PLANFIT_HOME"])) and time.monotonic() < ends:
            time.sleep(0.1)
        assert not left, left

    yield check
    check()


def _drive(home: Path, store: Path, data: Path, do: str, given: list[str], **order: Any) -> dict[str, Any] | None:
    arguments = {"store": str(store), **order.pop("arguments", {})}
    document = {"do": do, "given": given, "arguments": arguments, "data": str(data), **order}
    done = subprocess.run(
        [sys.executable, str(HERE / "driver.py"), json.dumps(document)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        start_new_session=True,
        env={**os.environ, "PLANFIT_HOME": str(home)},
    )
    if done.returncode == -9:
        return None
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def drive(data: Path) -> Callable[..., dict[str, Any] | None]:
    """Run or resume in a process of its own; return what it is to be compared by, None where it was killed."""

    def go(store: Path, do: str = "run", *, path: Path = data, **order: Any) -> dict[str, Any] | None:
        given = [str(path), SENTENCE] if do == "run" else ["latest"]
        return _drive(Path(os.environ["PLANFIT_HOME"]), store, path, do, given, **order)

    return go


@pytest.fixture(scope="session")
def unbroken(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run of four candidates gives that nobody disturbs."""
    folder = tmp_path_factory.mktemp("unbroken")
    order = {"arguments": {"max_candidates": 4}}
    found = _drive(folder / "home", folder / "store", data, "run", [str(data), SENTENCE], **order)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """A warm process that runs are forked from."""
    made = make_forge(tmp_path_factory.mktemp("forge"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run of the forge gives that nobody disturbs, and every change of the disk that it makes."""
    found = forge.drive(tmp_path_factory.mktemp("whole"), "run", faults={})
    assert found is not None
    return found


@pytest.fixture
def stores(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for stores, in memory where there is one: hundreds of runs bring many small files to the disk."""
    monkeypatch.setenv("PLANFIT_HOME", str(forge.home))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)
