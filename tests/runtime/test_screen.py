"""Discovery: what could be made, and which of it a quick model leans on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tables import material

from planfit.data.split import validation_rows
from planfit.plans import FeaturePlan
from planfit.plans.validate import check_features
from planfit.records.jobs import Material, ScreenJob
from planfit.records.schema import Column, Kind, Schema
from planfit.records.scores import Screened
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.discovery import ideas, same_to_a_tree
from planfit.runtime.jobs import screen
from planfit.runtime.material import Sheets

NEVER = SoftDeadline(None)


def of_a_ratio(raw: pd.DataFrame) -> pd.Series:
    noise = np.random.default_rng(5).normal(0, 0.05, len(raw))
    ratio = (raw["age"].fillna(40) / raw["fare"].clip(1, 200)).to_numpy()
    return pd.Series(np.log(np.maximum(ratio, 1e-3)) + noise, name="y")


def of_a_cross(raw: pd.DataFrame) -> pd.Series:
    alike = (raw["city"] == "rome").to_numpy() ^ raw["member"].to_numpy()
    flipped = np.random.default_rng(6).random(len(raw)) < 0.05
    return pd.Series(np.where(alike ^ flipped, "yes", "no"), name="y", dtype=object)


def screened(made: Material, deadline: SoftDeadline = NEVER, rows: int = 4_000) -> list[Screened]:
    job = ScreenJob(material=made, folds=(made.n_folds - 1, made.n_folds - 2), rows=rows)
    result = screen.run(job, Path("unused"), deadline)
    return [Screened.model_validate(entry) for entry in result["screened"]]


def test_the_ratio_behind_the_target_is_found(tmp_path: Path) -> None:
    found = screened(material(tmp_path, "regression", 1500, n_folds=5, target=of_a_ratio))
    assert (found[0].operation, set(found[0].columns), found[0].kept) == ("ratio", {"age", "fare"}, True)
    assert [entry.gain for entry in found] == sorted((entry.gain for entry in found), reverse=True)
    assert all(entry.least <= entry.gain for entry in found)


def test_two_categories_that_act_together_are_found(tmp_path: Path) -> None:
    found = screened(material(tmp_path, "binary", 1500, n_folds=5, target=of_a_cross))
    crosses = [entry for entry in found if entry.kept and entry.operation == "cross"]
    assert {"city", "member"} in [set(entry.columns) for entry in crosses]


@pytest.mark.parametrize("task_type", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("group", [False, True])
def test_what_is_found_is_a_legal_plan(task_type: Any, group: bool, tmp_path: Path) -> None:
    made = material(tmp_path, task_type, 400, group=group)
    found = screened(made)
    steps = [step for entry in found for step in entry.steps]
    _, findings = check_features(
        FeaturePlan.model_validate({"transformations": steps}), made.door_schema, made.task, rows=400, memory=None
    )
    assert [finding.message for finding in findings if finding.refuses] == []


def test_equal_rows_give_equal_answers_and_other_folds_are_not_looked_at(tmp_path: Path) -> None:
    made = material(tmp_path, "binary", 400, n_folds=5)
    first = screened(made)
    assert first == screened(made)
    sheets = Sheets(made)
    looked_at = np.concatenate([validation_rows(sheets.part, fold) for fold in (4, 3)])
    others = np.setdiff1d(np.arange(400), looked_at)
    target = sheets.y.to_numpy().copy()
    target[others] = target[others][::-1]
    pd.DataFrame({"target": target}).to_parquet(made.target)
    assert screened(made) == first


def test_without_time_nothing_is_found_and_nothing_breaks(tmp_path: Path) -> None:
    assert screened(material(tmp_path, "binary", 300), SoftDeadline(0.0)) == []


def test_ideas_name_what_they_make(tmp_path: Path) -> None:
    made = material(tmp_path, "binary", 300)
    pool = ideas(made.door_schema.columns, Sheets(made).frame, made.task)
    names = [idea.steps[0]["into"] for idea in pool]
    assert len(set(names)) == len(names)
    assert {"age minus fare", "age times fare", "how common street"} <= set(names)
    assert not set(names) & set(made.door_schema.names)


def test_names_dates_places_and_gaps_give_ideas(tmp_path: Path) -> None:
    made = material(tmp_path, "binary", 300)
    rows = 60
    frame = pd.DataFrame(
        {
            "ticket": [f"{['AB', 'PC', 'STON'][row % 3]}{row}" for row in range(rows)],
            "name": [f"{['fiat', 'ford', 'opel', 'seat'][row % 4]} model {row}" for row in range(rows)],
            "begun": pd.date_range("2024-01-01", periods=rows),
            "ended": pd.date_range("2024-03-01", periods=rows),
            "from lat": np.linspace(40, 41, rows), "from lng": np.linspace(-3, -4, rows),
            "to_latitude": np.linspace(41, 40, rows), "to_longitude": np.linspace(-4, -3, rows),
            "plate": [f"x{row % 20}" for row in range(rows)],
        }
    )  # fmt: skip
    for name in ("from lat", "to_latitude", "to_longitude"):
        frame.loc[3, name] = np.nan
    kinds = [Kind.IDENTIFIER, Kind.TEXT, Kind.DATETIME, Kind.DATETIME, *[Kind.NUMERIC] * 4, Kind.IDENTIFIER]
    columns = [
        Column(name=name, kind=kind, n_unique=int(frame[name].nunique()))
        for name, kind in zip(frame, kinds, strict=True)
    ]
    steps = {str(idea.steps[0]["into"]): idea.steps for idea in ideas(columns, frame, made.task)}
    assert [step["operation"] for step in steps["first letters of ticket"]] == ["extract_pattern", "target_encode"]
    assert "first word of name" in steps
    assert "how common plate" in steps
    assert "how common ticket" not in steps
    assert steps["days from ended to begun"][0]["operation"] == "time_between"
    assert steps["km from from lat to to_latitude"][0]["columns"] == [
        "from lat",
        "from lng",
        "to_latitude",
        "to_longitude",
    ]
    assert "districts of from lat and from lng" in steps
    assert steps["gaps"][0]["columns"] == ["from lat", "to_latitude", "to_longitude"]
    plan = FeaturePlan.model_validate({"transformations": [step for some in steps.values() for step in some]})
    schema = Schema(columns=tuple(columns), target="y", rows=rows)
    _, findings = check_features(plan, schema, made.task, rows=rows)
    assert [finding.message for finding in findings if finding.refuses] == []


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ([1.0, 2.0, 5.0], [10.0, 20.0, 21.0], True),
        ([1.0, 2.0, 5.0], [-1.0, -2.0, -5.0], True),
        ([1.0, 2.0, 5.0], [2.0, 1.0, 5.0], False),
        ([1.0, np.nan, 5.0], [1.0, 2.0, 5.0], False),
    ],
)
def test_columns_in_the_same_order_are_the_same_to_a_tree(left: list[float], right: list[float], same: bool) -> None:
    assert (same_to_a_tree(np.array(left)) == same_to_a_tree(np.array(right))) is same
    assert same_to_a_tree(np.ones(3)) is None
