"""Feature plans: what the rules add, what they leave out, and that both name their figures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from planfit.planners.base import Ask
from planfit.planners.expert.expert import Expert
from planfit.planners.expert.ratios import sensible_ratios
from planfit.plans import FeaturePlan
from planfit.records.profile import Association, TargetProfile

Maker = Callable[..., Any]


def plan_of(expert: Expert, ask: Ask) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(expert.propose(ask).document)
    return plan


def steps_of(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["operation"]: step for step in plan["transformations"]}


def test_each_step_gives_a_reason_with_figures(expert: Expert, ask: Maker) -> None:
    plan = plan_of(expert, ask("FeaturePlan"))
    for step in plan["transformations"]:
        assert re.search(r"\d", step["reason"]), step
    steps = steps_of(plan)
    assert steps["ratio"]["columns"] == ["TotalCharges", "tenure"]
    assert "zero in 11 of 7043 rows" in steps["ratio"]["reason"]
    assert steps["missing_indicator"]["columns"] == ["Income"]
    assert "`Income` in 700, of 7043 rows" in steps["missing_indicator"]["reason"]
    assert steps["target_encode"]["keep_source"] is True
    assert "`TotalCharges` is missing in 11 of 7043 rows (0.16 %)" in plan["rationale"]
    assert "a logarithm changes no split of a tree" in plan["rationale"]


def test_products_take_strong_columns_with_few_gaps(expert: Expert, ask: Maker) -> None:
    step = steps_of(plan_of(expert, ask("FeaturePlan")))["polynomial_features"]
    assert step["columns"] == ["tenure", "MonthlyCharges", "TotalCharges"]
    assert "`tenure` (auc 0.74)" in step["reason"]


def test_the_target_and_excluded_columns_are_never_used(expert: Expert, ask: Maker) -> None:
    for step in plan_of(expert, ask("FeaturePlan"))["transformations"]:
        assert not {"Churn", "customerID"} & {step.get("column"), *step.get("columns", ())}


def test_only_legal_operations_are_used(expert: Expert, ask: Maker) -> None:
    plan = plan_of(expert, ask("FeaturePlan", operations=("ratio",)))
    assert {step["operation"] for step in plan["transformations"]} == {"ratio"}


def test_a_table_with_nothing_to_add_gets_an_empty_plan(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    table = make["profile"](300, make["number"]("a", 0, 1), make["column"]("Churn", "boolean", 2))
    plan = plan_of(expert, ask("FeaturePlan", profile=table, schema_=None, target_profile=None))
    assert plan["transformations"] == []
    assert "300 rows" in plan["rationale"]


def test_columns_missing_equally_often_share_an_indicator(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    garage = [make["column"](f"Garage{part}", "categorical", 4, 81) for part in ("Type", "Finish", "Qual")]
    table = make["profile"](
        1460, *garage, make["column"]("Alley", "categorical", 2, 1450), make["column"]("Churn", "boolean", 2)
    )
    plan = plan_of(expert, ask("FeaturePlan", profile=table, schema_=None))
    steps = steps_of(plan)
    assert steps["missing_indicator"]["columns"] == ["GarageType"]
    assert "2 columns are missing just as often" in steps["missing_indicator"]["reason"]
    assert steps["drop"]["column"] == "Alley"


@pytest.mark.parametrize(
    ("families", "bent"),
    [(("linear",), True), (("linear", "mlp", "knn"), True), (("linear", "catboost"), False), ((), False)],
)
def test_only_where_no_trees_are_allowed_numbers_are_cut(
    expert: Expert, ask: Maker, families: tuple[str, ...], bent: bool
) -> None:
    step = steps_of(plan_of(expert, ask("FeaturePlan", families=families, operations=()))).get("bin")
    assert (step is not None) is bent
    if step is not None:
        assert step["columns"][0] == "tenure"
        assert "straight line" in step["reason"]


def test_too_few_rows_a_level_are_left_out(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    table = make["profile"](1000, make["column"]("tail", "categorical", 600), make["column"]("Churn", "boolean", 2))
    plan = plan_of(expert, ask("FeaturePlan", profile=table, schema_=None))
    assert plan["transformations"] == []
    assert "`tail` has 600 levels in 1000 rows" in plan["rationale"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["total_rooms", "households"], [("total_rooms", "households")]),
        (["TotalCharges", "tenure", "MonthlyCharges"], [("TotalCharges", "tenure")]),
        (["latitude", "longitude"], []),
        (["amount_id", "count"], []),
        (["year", "price"], []),
    ],
)
def test_ratios_by_name(make: dict[str, Maker], names: list[str], expected: list[tuple[str, str]]) -> None:
    sizes = {"households": 500.0, "tenure": 32.0, "count": 5.0, "year": 2000.0}
    columns = [make["number"](name, 0, 2 * sizes.get(name, 3000.0)) for name in names]
    assert [(pair.upper, pair.lower) for pair in sensible_ratios(columns, 1000)] == expected


def test_at_most_three_ratios_and_none_both_ways(make: dict[str, Maker]) -> None:
    columns = [
        make["number"](name, 1, 5000)
        for name in ("total_rooms", "total_bedrooms", "population", "households", "persons")
    ]
    pairs = sensible_ratios(columns, 20640)
    assert len(pairs) == 3
    assert len({frozenset((pair.upper, pair.lower)) for pair in pairs}) == 3


def test_dates_alone_are_left_to_the_families(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    when = make["column"]("when", "datetime", 400, minimum="2020-01-01", maximum="2021-02-03")
    table = make["profile"](1000, when, make["column"]("Churn", "boolean", 2))
    plan = plan_of(expert, ask("FeaturePlan", profile=table, schema_=None))
    assert plan["transformations"] == []
    assert "dates (1 of the columns) are left to the families" in plan["rationale"]


def test_stand_ins_for_missing_are_marked_and_remembered(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    number, column = make["number"], make["column"]
    table = make["profile"](
        5000, number("co", -200, 12, stand_in=-200.0), number("no2", -200, 340, stand_in=-200.0),
        number("age", 18, 999, stand_in=999.0), number("rest", 0, 1), column("Churn", "boolean", 2),
    )  # fmt: skip
    legal = ("mark_missing", "missing_indicator")
    plan = plan_of(expert, ask("FeaturePlan", profile=table, schema_=None, target_profile=None, operations=legal))
    steps = plan["transformations"]
    assert [(step["operation"], step["columns"], step.get("values")) for step in steps] == [
        ("mark_missing", ["co", "no2"], [-200.0]), ("missing_indicator", ["co", "no2"], None),
        ("mark_missing", ["age"], [999.0]), ("missing_indicator", ["age"], None),
    ]  # fmt: skip
    assert "-200 stands apart" in steps[0]["reason"]


def test_codes_in_an_order_enter_products_as_numbers(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    number, column = make["number"], make["column"]
    table = make["profile"](
        5000, column("hour", "categorical", 24), number("temp", 0, 40), column("city", "categorical", 24),
        column("Churn", "boolean", 2),
    )  # fmt: skip
    hour = table.columns[0].having(ordered=True)
    table = table.having(columns=(hour, *table.columns[1:]))
    target = TargetProfile(
        rows=4000,
        associations=tuple(
            Association(column=name, measure="auc", value=0.7) for name in ("hour", "temp", "city")
        ),
    )  # fmt: skip
    legal = ("to_number", "polynomial_features", "target_encode")
    plan = plan_of(expert, ask("FeaturePlan", profile=table, schema_=None, target_profile=target, operations=legal))
    steps = steps_of(plan)
    assert steps["to_number"]["columns"] == ["hour"]
    assert steps["to_number"]["keep_source"] is True
    assert steps["polynomial_features"]["columns"] == ["hour_number", "temp"]
    assert steps["target_encode"]["column"] == "city"


@pytest.mark.parametrize(
    ("names", "rows", "expression"),
    [
        (("month", "day"), 200_000, '(CAST("month" AS DOUBLE)) * 31 + CAST("day" AS DOUBLE)'),
        (("Dep_Year", "Dep Month", "DayOfMonth"), 200_000, '(CAST("Dep_Year" AS DOUBLE) * 12 + CAST("Dep Month" AS DOUBLE)) * 31 + CAST("DayOfMonth" AS DOUBLE)'),
        (("month", "day"), 1_000, None),
        (("month", "day_of_week"), 200_000, None),
        (("arrival_month", "departure_month", "day"), 200_000, None),
    ],
)  # fmt: skip
def test_parts_of_a_date_are_put_together(
    expert: Expert, ask: Maker, make: dict[str, Maker], names: tuple[str, ...], rows: int, expression: str | None
) -> None:
    values = {"year": (2011, 2013, 3), "month": (1, 12, 12), "day": (1, 31, 31), "week": (1, 7, 7)}
    columns = [
        make["number"](name, *next(v for k, v in reversed(values.items()) if k in name.lower())) for name in names
    ]
    table = make["profile"](rows, *columns, make["column"]("Churn", "boolean", 2))
    plan = plan_of(
        expert, ask("FeaturePlan", profile=table, schema_=None, target_profile=None, operations=("expression",))
    )
    made = [(step["expression"], step["into"]) for step in plan["transformations"]]
    assert made == ([] if expression is None else [(expression, f"day by {', '.join(names)}")])
    if expression is not None:
        FeaturePlan.model_validate(plan)
