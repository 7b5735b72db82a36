"""A correction carries the schema of the places that findings name, narrowed to this table, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.operations.registry import operations
from planfit.planners.base import Ask
from planfit.planners.prompts import places
from planfit.planners.prompts.digest import tokens
from planfit.plans import parse
from planfit.plans.details import SAMPLE_COLUMNS, SAMPLE_TASK
from planfit.plans.validate import check_features
from planfit.records.findings import Finding
from planfit.records.schema import Schema

Maker = Callable[..., Any]
SCHEMA = Schema(columns=SAMPLE_COLUMNS)
NUMERIC = {column.name for column in SAMPLE_COLUMNS if column.kind.value == "numeric"}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Say whether a value is what one of these small schemas allows."""
    if "enum" in schema:
        return value in schema["enum"]
    assert schema["type"] == "integer"
    return isinstance(value, int) and schema["minimum"] <= value <= schema["maximum"]


def corrected(ask: Maker, document: dict[str, Any]) -> tuple[Ask, dict[str, Any]]:
    """Return the question after a bad feature plan, and the schemas that it carries, by path."""
    text = json.dumps(document)
    plan, findings = parse("FeaturePlan", text)
    if plan is not None:
        _, later = check_features(plan, SCHEMA, SAMPLE_TASK, rows=1_000, memory=None)
        findings = (*findings, *later)
    asked = ask("FeaturePlan", schema_=SCHEMA, operations=tuple(operations())).with_findings(text, tuple(findings))
    lines = places.schemas(asked).splitlines()
    return asked, {line.partition(": ")[0]: json.loads(line.partition(": ")[2]) for line in lines}


@pytest.mark.parametrize(
    ("step", "path", "wrong", "right"),
    [
        ({"column": "age", "operation": "polynomial_features", "degree": 9}, "/transformations/0/degree", 9, 3),
        ({"column": "agee", "operation": "log1p"}, "/transformations/0/column", "agee", "age"),
        ({"columns": ["city", "age"], "operation": "log1p"}, "/transformations/0/columns/0", "city", "income"),
        ({"columns": ["age"], "operation": "normalise_it"}, "/transformations/0/operation", "normalise_it", "log1p"),
        ({"columns": ["age"], "operation": "quantile_transform", "n_quantiles": "many"}, "/transformations/0/n_quantiles", "many", 100),
    ],
)  # fmt: skip
def test_the_place_says_what_may_stand_there(ask: Maker, step: Any, path: str, wrong: Any, right: Any) -> None:
    _, found = corrected(ask, {"transformations": [step]})
    assert list(found) == [path]
    assert fits(right, found[path])
    assert not fits(wrong, found[path])


def test_names_are_those_that_fit_the_step(ask: Maker) -> None:
    _, found = corrected(ask, {"transformations": [{"columns": ["city", "age"], "operation": "log1p"}]})
    assert set(found["/transformations/0/columns/0"]["enum"]) == NUMERIC
    made = {"columns": ["age", "income"], "operation": "ratio", "into": "share"}
    _, found = corrected(ask, {"transformations": [made, {"column": "shar", "operation": "log1p"}]})
    assert set(found["/transformations/1/column"]["enum"]) == {*NUMERIC, "share"}


def test_a_place_in_a_move_is_found_in_either_form(ask: Maker) -> None:
    wrong = Finding(code="out-of-bounds", gate="document", path="/plan/candidates/0/params/max_depth", message="No.")
    for document in (
        {"move": "models", "plan": {"candidates": [{"family": "random_forest", "params": {}}]}},
        {"move": "models", "candidates": [{"family": "random_forest", "params": []}]},
    ):
        asked = ask("NextStep").with_findings(json.dumps(document), (wrong,))
        assert places.schemas(asked).startswith("/plan/candidates/0/params/max_depth: {")
    family = wrong.having(path="/plan/candidates/0/family")
    asked = ask("NextStep").with_findings("{}", (family,))
    assert json.loads(places.schemas(asked).partition(": ")[2]) == {"enum": list(asked.families)}


def test_the_model_is_sent_it_and_redacted_names_are_not(model: Maker, ask: Maker) -> None:
    made = model({"transformations": []}, redact=("tenure",))
    wrong = Finding(code="unknown-column", gate="schema", path="/transformations/0/columns/0", message="No column 'x'.")
    plan = json.dumps({"transformations": [{"columns": ["x"], "operation": "log1p"}]})
    made.planner.propose(ask("FeaturePlan").with_findings(plan, (wrong,)))
    text = made.server.asked[0]["messages"][1]["content"]
    part = text.partition("# What may stand there (JSON Schema)\n")[2]
    assert json.loads(part.partition(": ")[2])["enum"][:2] == ["col003", "MonthlyCharges"]
    assert "tenure" not in text


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "columns": st.lists(st.sampled_from(["age", "city", "note", "churned", "nowhere", "@numeric"]), max_size=3),
                "operation": st.sampled_from([*operations(), "invent"]),
            },
            optional={"degree": st.integers(-5, 50), "into": st.text(max_size=4), "bins": st.text(max_size=3)},
        ),
        min_size=1,
        max_size=9,
    )
)  # fmt: skip
def test_it_stays_small_whatever_is_wrong(steps: list[dict[str, Any]]) -> None:
    from planfit.records.profile import DataRef, Profile

    ref = DataRef(content_hash="0" * 64, path=None, origin="t", rows=9, columns=9)
    usual = Profile(data=ref, rows=9, memory=1, columns=SAMPLE_COLUMNS, statistics=(), duplicate_rows=0)

    def ask(kind: Any, **more: Any) -> Ask:
        return Ask(plan_kind=kind, stage="task", round=0, attempt=1, sentence="s", profile=usual, **more)

    asked, found = corrected(ask, {"transformations": steps})
    assert len(found) <= places.MOST_PLACES
    assert tokens(places.schemas(asked)) < places.MOST_PLACES * places.LONGEST / 3
    assert set(found) <= {finding.path for finding in asked.findings if finding.refuses}
    assert all(schema for schema in found.values())
