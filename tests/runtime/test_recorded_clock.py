"""What a deadline did inside a job is recorded as the look at the clock at which it fell, and happens again without a clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import material

from planfit.models.registry import families
from planfit.records.jobs import FitJob, ScreenJob
from planfit.records.scores import Allotment, CandidateSpec, FoldOutcome
from planfit.runtime.deadline import Recorded, SoftDeadline
from planfit.runtime.jobs import fit, screen

NEVER = SoftDeadline(None)
FAMILIES = sorted(name for name, family in families().items() if family.installed)


class SlowMachine(SoftDeadline):
    """A machine on which the time of each fold is up at a given look, and after some folds there is none for another."""

    def __init__(self, cut_at: tuple[int | None, ...]) -> None:
        super().__init__(1_000.0)
        self._cuts = list(cut_at)

    def left(self) -> float:
        return 1_000.0 if self._cuts else 0.0

    def share(self, parts: float, *, after: float = 0.0) -> SoftDeadline:
        return Recorded(self._cuts.pop(0))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_fit_that_was_cut_is_cut_alike(family: str, tmp_path: Path) -> None:
    made = material(tmp_path / "m", "binary", rows=400, n_folds=4)
    spec = CandidateSpec(id="c001", family=family, params={}, features="v0", origin="plan")
    job = FitJob(material=made, spec=spec, features={"transformations": []}, allotment=Allotment(folds=4, rounds=60))
    timed = job.having(allotment=job.allotment.having(seconds=1_000.0))
    found: list[dict[str, Any]] = []
    for name, what, deadline in (
        ("then", timed, SlowMachine((2, None, 5))),
        ("now", job.having(clock=((0, 2), (1, None), (2, 5))), NEVER),
        ("never", job, NEVER),
    ):
        (tmp_path / name).mkdir()
        found.append(fit.run(what, tmp_path / name, deadline))
    then, now, never = found
    clocks = [[FoldOutcome.model_validate(fold).clock for fold in one["folds"]] for one in (then, now)]
    assert clocks[0] == clocks[1]
    assert [fold for fold, _ in clocks[0]] == [0, 1, 2]
    assert then["cut"]
    predicted = [pd.read_parquet(tmp_path / name / "oof.parquet") for name in ("then", "now")]
    pd.testing.assert_frame_equal(*predicted, check_exact=True)
    assert then["score"] == now["score"]
    if families()[family].iterative:
        assert dict(clocks[0])[0] == 2, "the looks at the clock are counted"
        assert never["score"] != then["score"], "the cut is felt"


def test_a_look_for_columns_that_was_cut_is_cut_alike(tmp_path: Path) -> None:
    made = material(tmp_path, "binary", 900, n_folds=5)
    job = ScreenJob(material=made, folds=(4, 3), rows=4_000)
    then = screen.run(job, tmp_path, Recorded(40))
    now = screen.run(job.having(clock=(then["looks"],)), tmp_path, NEVER)
    assert then["cut"]
    assert then["looks"] == 40
    assert now == then


@given(st.one_of(st.none(), st.integers(1, 30)), st.integers(1, 60))
def test_a_recorded_deadline_falls_where_it_fell(cut_at: int | None, looks: int) -> None:
    then = Recorded(cut_at)
    said = [then() for _ in range(looks)]
    assert said == sorted(said)
    assert then.cut_at == (cut_at if cut_at is not None and cut_at <= looks else None)
    again = Recorded(then.cut_at)
    assert [again() for _ in range(looks)] == said


def test_a_real_deadline_counts_its_looks() -> None:
    free, over = SoftDeadline(1_000.0), SoftDeadline(0.0)
    assert [free(), free(), free.cut_at] == [False, False, None]
    assert [over(), over(), over.cut_at] == [True, True, 1]
