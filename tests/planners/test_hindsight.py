"""Columns whose names speak of how the event went."""

from __future__ import annotations

import pytest

from planfit.planners.expert.hindsight import MOST_SAID, known_afterwards
from planfit.records.findings import Finding
from planfit.records.profile import Association, DataRef, Profile, TargetProfile, ValueCount

TABLE = Profile(
    data=DataRef(content_hash="", path=None, origin="a table", rows=5_000, columns=2), rows=5_000, memory=0, columns=(),
    statistics=(), duplicate_rows=0,
)  # fmt: skip


def seen(measure: str, leaks: tuple[Finding, ...] = (), **values: float) -> TargetProfile:
    classes = (ValueCount(value="no", count=4_000), ValueCount(value="yes", count=1_000)) if measure == "auc" else ()
    ranked = sorted(values.items(), key=lambda entry: -entry[1])
    found = tuple(Association.model_validate({"column": c, "measure": measure, "value": v}) for c, v in ranked)
    return TargetProfile(rows=5_000, classes=classes, associations=found, leaks=leaks)


@pytest.mark.parametrize(
    ("target", "measure", "column", "value", "said"),
    [
        ("deposit", "auc", "duration", 0.8, True),
        ("deposit", "auc", "duration", 0.6, False),
        ("arr_delay", "r2", "air_time", 0.006, True),
        ("arr_delay", "r2", "air_time", 0.0, False),
        ("arr_delay", "r2", "arr_time", 0.1, True),
        ("arr_delay", "r2", "sched_arr_time", 0.1, False),
        ("default", "auc", "total_recoveries", 0.7, True),
        ("readmitted", "auc", "DischargeDate", 0.6, True),
        ("churn", "auc", "churn_date", 0.7, True),
        ("price", "r2", "price_date", 0.3, False),
        ("SalePrice", "r2", "GarageFinish", 0.3, False),
        ("income", "auc", "marital-status", 0.8, False),
        ("deposit", "auc", "previous_outcome", 0.9, False),
        ("duration", "r2", "trip_duration", 0.9, False),
    ],
)
def test_a_name_and_a_figure_together(target: str, measure: str, column: str, value: float, said: bool) -> None:
    found = known_afterwards(target, TABLE, seen(measure, **{column: value, "other": 0.55}))
    assert [finding.columns for finding in found] == ([(column,)] if said else [])
    assert all(finding.severity == "warning" and "--exclude" in (finding.hint or "") for finding in found)


def test_few_are_said_and_none_twice() -> None:
    many = {f"actual_{place}": 0.9 - place / 100 for place in range(8)}
    assert len(known_afterwards("y", TABLE, seen("auc", **many))) == MOST_SAID
    leak = Finding(code="leak-suspected", gate="task", message="It tells.", columns=("actual_0",))
    found = known_afterwards("y", TABLE, seen("auc", (leak,), **many), wanted=("actual_1",))
    assert found[0].columns == ("actual_2",)
