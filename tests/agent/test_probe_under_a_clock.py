"""A probe that the clock ended compares only what both feature sets had the same time for."""

from __future__ import annotations

import pytest

from planfit.agent.stages.features import ProbedFold, alike_in_rounds


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (ProbedFold(0.7, 300, False), ProbedFold(0.8, 120, False), True),  # both ended by themselves
        (ProbedFold(40.9, 1, True), ProbedFold(17.9, 200, True), False),  # one had hardly begun
        (ProbedFold(18.2, 180, True), ProbedFold(17.9, 200, True), True),
        (ProbedFold(18.2, 90, True), ProbedFold(17.9, 300, False), False),
        (
            ProbedFold(0.7, None, True),
            ProbedFold(0.8, None, False),
            True,
        ),  # a family without rounds is whole or not there
    ],
)
def test_folds_are_compared_where_the_clock_was_fair(one: ProbedFold, other: ProbedFold, alike: bool) -> None:
    assert alike_in_rounds(one, other) is alike
    assert alike_in_rounds(other, one) is alike
