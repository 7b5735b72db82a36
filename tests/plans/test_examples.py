"""The example of each operation and family runs as it stands, and the docs show every one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from planfit.agent.checking import Setting, setting_of
from planfit.models.registry import families
from planfit.operations.registry import operations
from planfit.plans import FeaturePlan, parse
from planfit.plans.details import family_details, operation_details
from planfit.plans.examples import SAMPLE_COLUMNS, example_plan
from planfit.plans.patches import take_mends
from planfit.plans.schemas import texts
from planfit.runtime.compile import compile_plan
from planfit.testing.customers import customers

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def setting() -> Setting:
    return setting_of(customers(), "churned", None)


def test_the_sample_table_holds_what_the_examples_think(setting):
    assert {column.name: column.kind for column in setting.schema.columns} == {
        column.name: column.kind for column in SAMPLE_COLUMNS
    }
    assert customers(5).equals(customers(5))


@pytest.mark.parametrize("name", list(operations()))
def test_the_example_of_an_operation_runs(setting, name):
    entry = operation_details(name)
    judged = setting.judge(entry.example)
    assert [found.sentence() for found in judged.findings if found.refuses] == []
    plan = FeaturePlan.model_validate(entry.example)
    out = compile_plan(plan, setting.schema, setting.task, 0).fit_transform(setting.table.frame, setting.y)
    made = [str(column) for column in out]
    for expected in entry.makes:
        assert any(each.startswith(expected[:-1]) for each in made) if expected.endswith("*") else expected in made


def test_examples_stand_beside_each_other(setting):
    """All that add to their columns make one plan, once those that make the same name are told apart."""
    adding = [name for name, operation in operations().items() if not operation.replaces and not operation.keeps_only]
    plan = example_plan(adding)
    for _ in range(3):
        plan, _ = take_mends(plan, setting.judge(plan).findings)
    assert setting.judge(plan).accepted


@pytest.mark.parametrize("name", list(families()))
def test_the_example_of_a_family_is_a_model_plan(name):
    plan, findings = parse("ModelPlan", json.dumps(family_details(name).example))
    assert findings == ()
    family = families()[name]
    family.Params.model_validate(plan.candidates[0].params)


def test_the_docs_hold_an_example_of_each_operation_and_nothing_else():
    pages = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "operations").glob("*.md")}
    assert {f"operations/{name}" for name in pages} == {name for name in texts() if name.startswith("operations/")}
    shown: list[Any] = [
        json.loads(block) for text in pages.values() for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    ]
    assert sorted(plan["transformations"][0]["operation"] for plan in shown) == sorted(operations())
    assert all(f"`{name}`" in pages["README.md"] for name in operations())
