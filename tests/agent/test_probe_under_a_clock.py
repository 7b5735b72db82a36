"""What a probe says where the clock cut one of its sides shorter than the other."""

from __future__ import annotations

import pytest

from planfit.agent.stages.features import ProbedFold, stands

WHOLE, LONG, SHORT, HARDLY = (
    ProbedFold(0.8, 300, False),
    ProbedFold(0.8, 200, True),
    ProbedFold(0.7, 90, True),
    ProbedFold(0.6, 1, True),
)


@pytest.mark.parametrize(
    ("verdict", "child", "parent", "counts"),
    [
        ("worse", ProbedFold(0.7, 120, False), WHOLE, True),  # both ended by themselves, one of them early
        ("worse", HARDLY, LONG, False),
        ("worse", SHORT, WHOLE, False),
        ("even", SHORT, LONG, False),
        ("better", SHORT, LONG, True),  # in spite of fewer rounds
        ("better", LONG, SHORT, False),
        ("worse", LONG, SHORT, True),  # in spite of more
        ("worse", ProbedFold(0.7, 160, True), LONG, True),  # nearly as many
        ("worse", ProbedFold(0.7, None, True), WHOLE, True),  # a family without rounds is whole or not there
    ],
)
def test_a_verdict_owes_nothing_to_the_rounds_there_was_time_for(
    verdict: str, child: ProbedFold, parent: ProbedFold, counts: bool
) -> None:
    assert stands(verdict, [(WHOLE, WHOLE), (child, parent)]) is counts
