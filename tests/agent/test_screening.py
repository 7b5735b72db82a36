"""Very wide tables are cut to what fits, and it is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from planfit.agent.stages.screening import FEWEST, MOST, most_columns, screen
from planfit.agent.stages.split import Rows
from planfit.data.profile import profile_table
from planfit.data.readers import read
from planfit.records.profile import Association, Profile, TargetProfile
from planfit.records.run import Limits
from planfit.records.schema import Excluded
from planfit.records.task import SplitSpec, Task

GB = 2**30


@pytest.mark.parametrize(
    ("rows", "seconds", "memory", "most"),
    [
        (100, None, None, MOST),
        (100, 600.0, 8 * GB, MOST),
        (100, 30.0, 8 * GB, 360),
        (10_000, 30.0, 8 * GB, 360),
        (100_000, 60.0, 8 * GB, FEWEST),
        (1_000_000, None, 60 * GB, 536),
        (1_000_000, None, GB, FEWEST),
    ],
)
def test_how_many_columns_fit(rows: int, seconds: float | None, memory: int | None, most: int) -> None:
    assert most_columns(rows, Limits(seconds=seconds, patience=10, memory=memory))[0] == most


class Record:
    """A session that only remembers what is recorded."""

    def __init__(self, seconds: float, include: tuple[str, ...] = ()) -> None:
        self.request = SimpleNamespace(limits=Limits(seconds=seconds, patience=10), include=include)
        self.raised: list[Any] = []
        self.notes: list[dict[str, Any]] = []
        self.run = SimpleNamespace(once=self.raised.append)

    def key(self, *parts: Any) -> str:
        return repr(parts)

    def note(self, stage: str, rule: str, what: str, because: str, **figures: Any) -> None:
        self.notes.append({"what": what, **figures})


def wide(columns: int) -> tuple[Profile, Task, TargetProfile]:
    chance = np.random.default_rng(0)
    frame = pl.DataFrame({f"x{k}": chance.normal(size=30) for k in range(columns)} | {"y": [0, 1] * 15})
    task = Task(
        sentence="", target="y", task_type="binary", metric="roc_auc", greater_is_better=True, classes=(0, 1),
        positive_class=1, split=SplitSpec(kind="random"),
        excluded=(Excluded(name="x0", code="leak", reason="It gives the target away."),),
    )  # fmt: skip
    values = tuple(Association(column=f"x{k}", measure="auc", value=k / columns) for k in range(columns - 1, 0, -1))
    return profile_table(read(frame)), task, TargetProfile(rows=30, associations=values)


def test_a_wide_table_keeps_what_says_most_and_what_the_user_wants() -> None:
    profile, task, seen = wide(400)
    session: Any = Record(5.0, include=("x7",))
    settled = screen(session, task, profile, seen)
    kept = set(settled.features_of(profile).names)
    assert kept == {"x7", *(f"x{k}" for k in range(399, 100, -1))}
    assert settled.excluded[0].code == "leak"
    assert {entry.code for entry in settled.excluded[1:]} == {"screened"}
    assert [event.finding.code for event in session.raised] == ["screened-columns"]
    assert session.notes == [{"what": "300 of 399 columns are used", "kept": 300, "columns": 399, "rows": 30}]
    assert screen(Record(5.0, include=("x7",)), task, profile, seen) == settled  # type: ignore[arg-type]


def test_a_table_that_fits_is_left_alone() -> None:
    profile, task, seen = wide(200)
    session: Any = Record(5.0)
    assert screen(session, task, profile, seen) is task
    assert session.raised == session.notes == []


def test_columns_come_through_the_door_once_and_the_same() -> None:
    frame = pd.DataFrame({"a": ["1,5", "2,5"] * 20, "b": ["x", None] * 20, "c": range(40), "y": [0, 1] * 20})
    table = read(frame)
    profile = profile_table(table)
    task = wide(2)[1].having(excluded=())
    rows = Rows(Record(5.0), table, None, profile, task)  # type: ignore[arg-type]
    every = task.features_of(profile)
    whole = rows.typed(every)
    fewer = task.having(excluded=(Excluded(name="b", code="asked", reason=""),)).features_of(profile)
    assert rows.typed(fewer).equals(whole[list(fewer.names)])
    other = Rows(Record(5.0), table, None, profile, task)  # type: ignore[arg-type]
    assert other.typed(fewer).equals(rows.typed(fewer))
    assert other.typed(every).equals(whole)
