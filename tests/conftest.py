"""A home of its own for every test, and one finished run that the tests of the face and the command share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    import pandas as pd

    from planfit import Run


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
