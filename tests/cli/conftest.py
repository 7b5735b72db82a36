"""The command on the run that the session shares."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def on_run(planfit_: Any, its_home: Any) -> Any:
    """Run a command on the shared run's store."""

    def call(*arguments: object) -> Any:
        return planfit_(*arguments, "--store", its_home.store)

    return call
