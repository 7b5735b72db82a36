"""Every family keeps the contract."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from threadpoolctl import threadpool_limits

from planfit.models.registry import families
from planfit.records.task import TaskType
from planfit.testing.frames import task_of
from planfit.testing.models import CHECKS, Check


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Matrices this small gain nothing from threads, and waiting ones take the cores of other tests."""
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize("family", families().values(), ids=families())
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check: Check, family) -> None:
    if not family.installed:
        pytest.skip(f"{family.name} needs {family.module}: pip install 'planfit[{family.extra}]'")
    check(family)


def test_the_catalogue_loads_no_library() -> None:
    code = (
        "import json, sys\n"
        "from planfit.models.registry import families\n"
        "asked = [family.installed for family in families().values()]\n"
        "print(json.dumps([name for name in ('torch', 'xgboost', 'catboost', 'lightgbm') if name in sys.modules]))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == []


@pytest.mark.parametrize("name", sorted(families()))
@pytest.mark.parametrize("task_type", ["binary", "regression"])
def test_less_time_means_larger_steps_or_fewer_rounds(name: str, task_type: TaskType) -> None:
    family = families()[name]
    task = task_of(task_type)
    params = family.defaults(5_000, 10, task)
    paces = [family.pace(affordable, 5_000, 10, task, params) for affordable in (5.0, 50.0, 500.0, 1e6)]
    rates = [pace.learning_rate or getattr(params, "learning_rate", 0.0) for pace in paces]
    rounds = [pace.rounds or getattr(params, "rounds", getattr(params, "n_estimators", 1)) for pace in paces]
    assert rates == sorted(rates, reverse=True)
    assert rounds == sorted(rounds)
    for pace in (*paces, family.pace(None, 5_000, 10, task, params)):
        given = {"rounds": pace.rounds, "learning_rate": pace.learning_rate}
        known = {field: value for field, value in given.items() if value is not None and hasattr(params, field)}
        family.Params.model_validate(params.model_dump() | known)


@pytest.mark.parametrize("name", sorted(families()))
def test_a_family_that_trains_in_rounds_says_how_long_they_take(name: str) -> None:
    family = families()[name]
    assert family.cost > 0
    assert not family.iterative or family.round_seconds is not None
