"""The expert's split: what the sentence and the data say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planfit.planners.base import Ask, TaskOptions
from planfit.planners.expert.models import model_plan
from planfit.planners.expert.sentence import read
from planfit.planners.expert.split import split_of
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, DataRef, Profile
from planfit.records.schema import Column, Kind
from planfit.records.task import SplitSpec, Task

ROWS = 1_000
COLUMNS = {
    "patient_id": ("numeric", 50), "customerID": ("identifier", 1_000), "cust_no": ("categorical", 100), "machine": ("categorical", 20),
    "machine_type": ("categorical", 3), "age": ("numeric", 60), "visit_date": ("datetime", 400), "birth_date": ("datetime", 50),
    "signup_date": ("datetime", 700), "year": ("numeric", 12), "YearBuilt": ("numeric", 80), "hour": ("numeric", 24), "y": ("numeric", 500),
}  # fmt: skip


def table(*names: str, warnings: tuple[Finding, ...] = ()) -> Profile:
    statistics = tuple(
        ColumnProfile(name=name, kind=Kind(COLUMNS[name][0]), missing=0, n_unique=COLUMNS[name][1], integers=True)
        for name in names
    )
    return Profile(
        data=DataRef(content_hash="0" * 64, path=None, origin="a table", rows=ROWS, columns=len(names)), rows=ROWS, memory=1,
        columns=tuple(Column(name=s.name, kind=s.kind, n_unique=s.n_unique, missing=0, dtype="Int64") for s in statistics),
        statistics=statistics, duplicate_rows=0, warnings=warnings,
    )  # fmt: skip


def split(
    profile: Profile, sentence: str, given: str | None = None, task_type: Any = "regression"
) -> tuple[str, str | None, str]:
    ask = Ask(
        plan_kind="TaskPlan", stage="task", round=0, attempt=1, sentence=sentence, profile=profile, options=TaskOptions(split=given)
    )  # fmt: skip
    plan, because = split_of(ask, read(sentence), "y", task_type)
    return plan["kind"], plan["column"], because


def told(code: str, *columns: str) -> Finding:
    hint = f"--split group:{columns[0]}"
    return Finding(
        code=code, gate="dataset", severity="warning", message=f"{columns[0]!r} is told.", columns=columns, hint=hint
    )


EVERY = table(*COLUMNS)


@pytest.mark.parametrize(
    ("sentence", "column"),
    [
        ("Predict y for new patients", "patient_id"),
        ("Predict y for patients that were not seen before", "patient_id"),
        ("Estimate y of unseen patients", "patient_id"),
        ("Predict y for subjects the model has never seen", "patient_id"),
        ("Predict y of new customers", "cust_no"),
        ("Will other machines show a high y?", "machine"),
        ("Sage y f\u00fcr neue Patienten voraus", "patient_id"),
        ("Wie hoch ist y bei Patienten, die wir noch nie gesehen haben?", "patient_id"),
        ("Pr\u00e9dire y pour de nouveaux clients", "cust_no"),
        ("Pr\u00e9dire y pour des patients jamais vus", "patient_id"),
        ("Predecir y para nuevos clientes", "cust_no"),
        ("Predecir y de pacientes no vistos antes", "patient_id"),
    ],
)
def test_new_entities_are_divided_by_group(sentence: str, column: str) -> None:
    kind, by, because = split(EVERY, sentence)
    assert (kind, by) == ("group", column)
    assert "--split random" in because


@pytest.mark.parametrize(
    "sentence",
    [
        "Predict y",
        "Predict y from the other columns",
        "Predict y of new customers",
        "Estimate y for a new model",
        "Predict a new y",
    ],
)
def test_without_a_reason_rows_are_divided_at_random(sentence: str) -> None:
    profile = table("customerID", "age", "machine_type", "signup_date", "YearBuilt", "y")
    assert split(profile, sentence)[:2] == ("random", None)
    assert split(profile, sentence, task_type="binary")[:2] == ("stratified", None)


@pytest.mark.parametrize(
    "sentence",
    ["Forecast y", "Predict y of the next month", "What will y be tomorrow?", "Predict future y", "Pr\u00e9dire y le mois prochain",
     "Predecir y el mes que viene", "Predict y for the coming year"],
)  # fmt: skip
def test_looking_ahead_goes_forward_in_time(sentence: str) -> None:
    assert split(EVERY, sentence)[:2] == ("time", "visit_date")
    assert split(table("birth_date", "YearBuilt", "year", "hour", "y"), sentence)[:2] == ("time", "year")
    kind, column, because = split(table("birth_date", "YearBuilt", "hour", "y"), sentence)
    assert (kind, column) == ("random", None)
    assert "no column tells the time" in because


def test_what_the_data_says_decides_where_the_sentence_does_not() -> None:
    entities, series = told("repeated-entities", "patient_id", "age"), told("time-series", "visit_date")
    assert split(table("patient_id", "age", "y", warnings=(entities,)), "Predict y")[:2] == ("group", "patient_id")
    assert split(table("visit_date", "age", "y", warnings=(series,)), "Predict y")[:2] == ("time", "visit_date")
    both = table("patient_id", "visit_date", "age", "y", warnings=(series, entities))
    assert split(both, "Predict y")[:2] == ("group", "patient_id")
    assert split(both, "Forecast y")[:2] == ("time", "visit_date")
    assert "`--split group:patient_id`" in split(both, "Forecast y")[2]


@pytest.mark.parametrize("code", ["possible-entities", "time-order"])
def test_weak_signs_are_only_said(code: str) -> None:
    profile = table("cust_no", "visit_date", "y", warnings=(told(code, "cust_no" if "ent" in code else "visit_date"),))
    kind, _, because = split(profile, "Predict y")
    assert kind == "random"
    assert ("`--split group:cust_no`" in because) == (code == "possible-entities")


def test_what_was_given_wins_and_is_completed() -> None:
    entities = told("repeated-entities", "patient_id", "age")
    profile = table("patient_id", "age", "visit_date", "y", warnings=(entities,))
    kind, _, because = split(profile, "Predict y for new patients", "random")
    assert kind == "random"
    assert "flatter" in because
    assert split(profile, "Predict y", "group")[:2] == ("group", "patient_id")
    assert split(profile, "Predict y", "time")[:2] == ("time", "visit_date")
    assert split(profile, "Predict y", "group:age")[:2] == ("group", "age")


def test_few_entities_bring_shrunken_models_first(ask: Callable[..., Ask], churn_task: Task) -> None:
    first = churn_task.having(split=SplitSpec(kind="group", column="City"))
    plan = model_plan(ask("ModelPlan", task=first))
    assert [entry["family"] for entry in plan["candidates"]][:2] == ["linear", "linear"]
    penalties = [entry["params"].get("C") for entry in plan["candidates"]]
    assert penalties[0] is not None
    assert penalties[0] < 1e-3
    assert "40 entities" in plan["candidates"][0]["reason"]
    assert all(not entry["params"] for entry in model_plan(ask("ModelPlan"))["candidates"])


def test_the_target_divides_nothing() -> None:
    profile = table("age", "y", warnings=(told("repeated-entities", "y"), told("time-series", "y")))
    assert split(profile, "Predict y")[:2] == ("random", None)
