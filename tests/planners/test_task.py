"""Tasks from sentences: right or asked, never wrong silently."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.planners.base import Ask, TaskOptions
from planfit.planners.expert.expert import Expert
from planfit.planners.expert.sentence import read
from planfit.planners.expert.task import task_plan
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, DataRef, Profile, TargetProfile, ValueCount
from planfit.records.schema import Column
from planfit.settings import QUESTION_CONFIDENCE

HERE = Path(__file__).parent
TABLES: list[dict[str, Any]] = json.loads((HERE / "tables.json").read_text(encoding="utf-8"))
"""Profiles of eighteen public tables: names, kinds and counts, no rows."""
SENTENCES: list[dict[str, Any]] = json.loads((HERE / "sentences.json").read_text(encoding="utf-8"))
CONSTRAINTS = ("seconds", "max_candidates", "families", "without_families", "simple")
Maker = Callable[..., Any]


def profile_of(table: dict[str, Any]) -> Profile:
    columns, statistics = [], []
    for entry in table["columns"]:
        figures = dict(entry)
        figures["top"] = tuple(ValueCount(value=v, count=c) for v, c in figures.pop("top", {}).items())
        columns.append(
            Column.model_validate({key: figures.pop(key) for key in ("reading", "dtype") if key in figures}
                                  | {key: figures[key] for key in ("name", "kind", "n_unique", "missing")})
        )  # fmt: skip
        statistics.append(ColumnProfile(**figures))
    data = DataRef(content_hash="0" * 64, path=None, origin="a table", rows=table["rows"], columns=len(columns))
    return Profile(
        data=data, rows=table["rows"], memory=1, columns=tuple(columns), statistics=tuple(statistics), duplicate_rows=0
    )


PROFILES = {table["table"]: profile_of(table) for table in TABLES}


def plan_for(profile: Profile, sentence: str, **options: Any) -> dict[str, Any]:
    asked = Ask(
        plan_kind="TaskPlan",
        stage="task",
        round=0,
        attempt=1,
        sentence=sentence,
        profile=profile,
        options=TaskOptions(**options),
    )
    return task_plan(asked)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["table"])
def test_public_tables_are_understood_from_their_sentence(table: dict[str, Any]) -> None:
    plan = plan_for(PROFILES[table["table"]], table["sentence"])
    assert (plan["target"], plan["task_type"]) == (table["target"], table["task_type"])
    assert plan["confidence"] >= QUESTION_CONFIDENCE
    assert "question" not in plan


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["table"])
def test_a_given_target_is_kept_and_certain(table: dict[str, Any]) -> None:
    plan = plan_for(PROFILES[table["table"]], table["sentence"], target=table["target"])
    assert (plan["target"], plan["task_type"], plan["confidence"]) == (table["target"], table["task_type"], 1.0)


def wrongs(plan: dict[str, Any], case: dict[str, Any]) -> list[str]:
    """Return what a plan without a question has otherwise than the case says."""
    constraints = plan["constraints"] or {}
    wanted = {"target": plan["target"]}
    wanted |= {name: plan[name] for name in ("task_type", "metric") if name in case}
    left_out = {entry["name"] for entry in plan["excluded"]}
    asked = {entry["name"] for entry in plan["excluded"] if entry["code"] == "asked"}
    said = {name: constraints.get(name) for name in CONSTRAINTS if name in case or name in constraints}
    odd = [name for name, value in (wanted | said).items() if value != case.get(name)]
    wished = set(case.get("ignored", ()))
    return odd + (["ignored"] if asked - wished or wished - left_out else [])


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: f"{case['table']}: {case['sentence']}"[:60])
def test_other_sentences_are_never_wrong_silently(case: dict[str, Any]) -> None:
    plan = plan_for(PROFILES[case["table"]], case["sentence"])
    if "question" in plan:
        assert plan["confidence"] < QUESTION_CONFIDENCE
    else:
        assert wrongs(plan, case) == []


def test_most_other_sentences_are_understood() -> None:
    plans = [(plan_for(PROFILES[case["table"]], case["sentence"]), case) for case in SENTENCES]
    right = [case for plan, case in plans if (case["target"] is None) == ("question" in plan)]
    assert len(SENTENCES) >= 130
    assert len(right) >= 0.9 * len(SENTENCES)


def test_two_columns_alike_are_asked_about(make: dict[str, Maker]) -> None:
    table = make["profile"](
        500, make["number"]("sales_eu", 0, 9), make["number"]("sales_us", 0, 9), make["number"]("x", 0, 1)
    )
    plan = plan_for(table, "Predict the sales")
    assert plan["confidence"] < QUESTION_CONFIDENCE
    assert "`sales_us`" in plan["question"]
    assert "`sales_eu`" in plan["question"]
    assert [entry["target"] for entry in plan["alternatives"][:2]] == ["sales_eu", "sales_us"]
    assert all(entry["evidence"] for entry in plan["alternatives"])


def test_coordinates_are_no_target_called_y(make: dict[str, Maker]) -> None:
    number = make["number"]
    apart = make["profile"](500, number("x", 0, 9), number("y", 0, 9), number("z", 0, 9))
    alone = make["profile"](500, number("a", 0, 9), number("y", 0, 9))
    assert "question" in plan_for(apart, "build a good model")
    assert plan_for(alone, "Predict y")["target"] == "y"


@pytest.mark.parametrize(
    ("sentence", "metric", "target"),
    [
        ("Predict SalePrice; errors on cheap and expensive homes should weigh alike", "rmsle", "SalePrice"),
        ("Predict SalePrice, the typical error should be small", "mae", "SalePrice"),
        ("Predict SalePrice with a low percentage error", "mape", "SalePrice"),
        ("Predict SalePrice", "rmse", "SalePrice"),
        ("Predict SalePrice by roc_auc", "rmse", "SalePrice"),
    ],
)
def test_metrics_from_the_sentence(sentence: str, metric: str, target: str) -> None:
    plan = plan_for(PROFILES["house_prices"], sentence)
    assert (plan["target"], plan["metric"]) == (target, metric)


@pytest.mark.parametrize(
    ("sentence", "metric"),
    [
        ("Catch as many defaults as possible", "average_precision"),
        ("Predict default with well calibrated probabilities", "log_loss"),
        ("Predict default, accuracy counts", "accuracy"),
        ("Predict default", "roc_auc"),
        ("Predict default by f1", "f1"),
    ],
)
def test_metrics_of_classes_from_the_sentence(sentence: str, metric: str) -> None:
    assert plan_for(PROFILES["credit_default"], sentence)["metric"] == metric


def test_a_given_metric_decides_between_numbers_and_classes() -> None:
    wine = PROFILES["wine_quality"]
    assert plan_for(wine, "wine", target="quality", metric="accuracy")["task_type"] == "multiclass"
    assert plan_for(wine, "wine", target="quality", metric="rmse")["task_type"] == "regression"
    assert plan_for(PROFILES["fetal_health"], "CTG", target="NSP")["task_type"] == "multiclass"


@pytest.mark.parametrize(
    ("table", "positive"),
    [
        ("telco_churn", "yes"),
        ("sms_spam", "spam"),
        ("mushrooms", "p"),
        ("titanic", "1"),
        ("bank_marketing", "yes"),
        ("wine_quality", None),
    ],
)
def test_positive_classes(table: str, positive: str | None) -> None:
    sentence = next(entry["sentence"] for entry in TABLES if entry["table"] == table)
    assert plan_for(PROFILES[table], sentence)["positive_class"] == positive


def test_the_rarer_class_counts_where_no_word_tells() -> None:
    plan = plan_for(PROFILES["penguins"], "Predict the sex of a penguin")
    assert plan["positive_class"] == "FEMALE"
    assert "117 rows" in plan["rationale"]


def test_forecasts_are_split_in_time_and_other_tasks_are_not() -> None:
    bikes = PROFILES["bike_sharing"]
    assert plan_for(bikes, "Forecast the count of the next week", target="cnt")["split"] == {
        "kind": "time",
        "column": "dteday",
    }
    assert plan_for(bikes, "Explain the count", target="cnt")["split"]["kind"] == "random"
    assert plan_for(bikes, "Forecast the count", target="cnt", split="group:season")["split"] == {
        "kind": "group",
        "column": "season",
    }
    assert plan_for(PROFILES["titanic"], "Forecast who survived")["split"]["kind"] == "stratified"


def test_exclusions_name_their_figures(make: dict[str, Maker]) -> None:
    column = make["column"]
    table = make["profile"](
        100, column("id", "identifier", 100), column("same", "constant", 1, top={"x": 100}), column("none", "constant", 0, 100),
        column("postcode", "categorical", 40), column("y", "boolean", 2), column("shop", "categorical", 4),
    )  # fmt: skip
    plan = plan_for(table, "Predict y, ignore postcode", exclude=("shop",))
    found = {entry["name"]: (entry["code"], entry["reason"]) for entry in plan["excluded"]}
    assert found == {
        "id": ("identifier", "100 distinct values in 100 rows: it numbers the rows"),
        "same": ("constant", "one value ('x') in all 100 rows that have one"),
        "none": ("empty", "all 100 rows are missing"),
        "postcode": ("asked", "the sentence asks to leave it out"),
        "shop": ("asked", "asked by the user"),
    }


def test_the_second_plan_changes_exclusions_only(ask: Maker, expert: Expert, churn_task: Any) -> None:
    def leak(name: str, severity: str) -> Finding:
        message = f"`{name}` alone gives AUC 0.999."
        return Finding(code="leak-suspected", gate="task", severity=severity, message=message, columns=(name,))

    seen = TargetProfile(rows=5634, leaks=(leak("TotalCharges", "error"), leak("tenure", "warning")))
    again = ask("TaskPlan", task=churn_task, target_profile=seen, round=1)
    plan = json.loads(expert.propose(again).document)
    assert (plan["target"], plan["task_type"], plan["metric"]) == ("Churn", "binary", "roc_auc")
    assert [entry["name"] for entry in plan["excluded"]] == ["customerID", "TotalCharges"]
    assert plan["excluded"][1]["code"] == "leak"
    assert "0.999" in plan["excluded"][1]["reason"]
    assert "`tenure` is kept, but suspected" in plan["rationale"]


def test_the_last_column_left_is_never_excluded(
    ask: Maker, expert: Expert, churn_task: Any, make: dict[str, Maker]
) -> None:
    table = make["profile"](50, make["number"]("only", 0, 1), make["column"]("Churn", "boolean", 2))
    finding = Finding(code="leak-suspected", gate="task", message="It gives the target away.", columns=("only",))
    seen = TargetProfile(rows=40, leaks=(finding,))
    task = churn_task.having(excluded=())
    plan = json.loads(expert.propose(ask("TaskPlan", profile=table, task=task, target_profile=seen)).document)
    assert plan["excluded"] == []
    assert "nothing else is left" in plan["rationale"]


def test_every_rationale_names_figures(expert: Expert) -> None:
    for table in TABLES:
        plan = plan_for(PROFILES[table["table"]], table["sentence"])
        assert len(re.findall(r"\d", plan["rationale"])) >= 2


@given(st.text(max_size=200))
def test_any_sentence_gives_a_plan_or_a_question(text: str) -> None:
    plan = plan_for(PROFILES["penguins"], text)
    assert plan["target"] in PROFILES["penguins"].names
    assert ("question" in plan) == (plan["confidence"] < QUESTION_CONFIDENCE)
    assert all(0 <= word.weight <= 1 for word in read(text).words)


@given(st.text(alphabet="bcdfghjklmnpqrstvwxz ", min_size=3, max_size=40))
def test_what_says_nothing_is_asked_about_even_beside_a_column_called_label(text: str) -> None:
    profile = PROFILES["sms_spam"]
    if not read(text, profile.names).known:
        assert "question" in plan_for(profile, text)


@pytest.mark.parametrize(
    ("sentence", "options", "says"),
    [
        ("Predict Churn", {"target": "tenure"}, "--target says 'tenure'"),
        ("Predict Churn, optimise F1", {"metric": "roc_auc"}, "--metric says roc_auc"),
        ("Predict Churn, ignore tenure", {"include": ("tenure",)}, "--include keeps"),
        ("Predict Churn, ignore the postcode", {}, "no such column"),
        ("Predict Churn, ignore tenure", {}, None),
    ],
)
def test_contradictions_are_noted(sentence: str, options: dict[str, Any], says: str | None) -> None:
    notes = plan_for(PROFILES["telco_churn"], sentence, **options)["notes"]
    assert [says in note for note in notes if says] == ([True] if says else [])
    assert bool(notes) == (says is not None)


def test_a_constant_column_that_is_named_is_said_to_be_one(make: dict[str, Maker]) -> None:
    column, number = make["column"], make["number"]
    table = make["profile"](
        500, number("area", 0, 9), column("status", "constant", 1, top={"open": 500}), number("price", 0, 9)
    )
    assert "`status` has one value in all its rows" in plan_for(table, "Predict the status")["question"]
