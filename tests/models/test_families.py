"""Every family keeps the contract."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from threadpoolctl import threadpool_limits

from planfit.models.registry import families
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
