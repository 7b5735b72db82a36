"""A home of its own for every test, the command, and one finished run that the tests of face and command share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    import pandas as pd

    from planfit import Run

# The same examples every time, so that a change is judged by what it changed; `make test-slow` draws new ones.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Keep the signing key and the cache of a test out of the user's home."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PLANFIT_HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


class Trained(NamedTuple):
    """A finished run and what it was trained on."""

    run: Run
    store: Path
    home: Path
    table: Path
    frame: pd.DataFrame


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train two candidates on 200 rows, with a signing key that lasts as long as the session."""
    import numpy as np
    import pandas as pd

    import planfit

    rng = np.random.default_rng(0)
    rows = 200
    frame = pd.DataFrame(
        {
            "customer": [f"c{number:04d}" for number in range(rows)],
            "age": rng.integers(18, 90, rows),
            "income": rng.normal(50, 10, rows).round(2),
            "city": rng.choice(["Rome", "Oslo", "Bonn"], rows),
            "joined": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D"),
        }
    )
    frame["churned"] = np.where(frame["age"] + rng.normal(0, 12, rows) > 54, "Yes", "No")
    frame.loc[rng.random(rows) < 0.1, "income"] = np.nan
    folder = tmp_path_factory.mktemp("trained")
    table = folder / "customers.csv"
    frame.to_csv(table, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANFIT_HOME", str(folder / "home"))
        run = planfit.run(
            table, "Predict which customers churned", max_candidates=2, store=folder / "store", holdout=0.25
        )
    return Trained(run, folder / "store", folder / "home", table, frame)


@pytest.fixture
def its_home(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Be the user who trained it."""
    monkeypatch.setenv("PLANFIT_HOME", str(trained.home))
    return trained


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    def refuses(self, code: int, *words: str) -> None:
        """Hold the promise about bad input: one sentence, one hint, the exit code, nothing on stdout, no traceback."""
        lines = self.err.strip().splitlines()
        assert (self.code, self.out) == (code, ""), self
        assert [line.partition(":")[0] for line in lines] == ["error", "hint"], self.err
        assert lines[0].endswith((".", "?")), lines[0]
        for word in words:
            assert word in self.err


Command = Callable[..., Outcome]


@pytest.fixture
def planfit_(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``planfit`` with these arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    from planfit.cli.main import main

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code: Any = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        return Outcome(int(code or 0), *capfd.readouterr())

    return call


@pytest.fixture
def cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the real command in a process of its own."""

    def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).with_name("planfit"), *map(str, arguments)]
        options = {"timeout": 180, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)

    return run
