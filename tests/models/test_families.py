"""Every family keeps the contract."""

from __future__ import annotations

import pytest

from planfit.models.registry import families
from planfit.testing.models import CHECKS, Check


@pytest.mark.parametrize("family", families().values(), ids=families())
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check: Check, family) -> None:
    check(family)
