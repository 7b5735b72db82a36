"""The schema on the wire: rules that every provider's strict mode asks for, held against every schema that is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.operations.registry import operations
from planfit.planners.expert.expert import Expert
from planfit.planners.llm.unwire import from_wire, to_wire
from planfit.planners.llm.wire import Names, wire_schema
from planfit.plans import PLAN_KINDS, meaning, parse
from planfit.plans.document_schema import schema_of

Maker = Callable[..., Any]
FORBIDDEN = {
    "oneOf", "anyOf", "allOf", "discriminator", "$ref", "$defs", "default", "const", "title", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "pattern", "minLength", "minItems", "uniqueItems", "patternProperties",
}  # fmt: skip
WIDE = Names(
    columns=tuple(f"column_number_{n}" for n in range(500)), targets=tuple(f"column_number_{n}" for n in range(500))
)
SMALL = Names(
    columns=("a", "b", "@numeric"), targets=("a", "b"), operations=tuple(operations()), families=("linear", "lightgbm"),
    metrics=("rmse", "mae"), candidates=("c001",), feature_sets=("v0",),
)  # fmt: skip
SCHEMAS = [
    pytest.param(wire_schema(kind, names, bounded=bounded), id=f"{kind}-{label}{'-bounded' if bounded else ''}")
    for kind in PLAN_KINDS
    for label, names in (("any", None), ("small", SMALL), ("wide", WIDE))
    for bounded in (False, True)
]


def nodes(node: Any, depth: int = 1) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each schema in a schema with its depth: objects and lists count."""
    yield node, depth
    for inner in node.get("properties", {}).values():
        yield from nodes(inner, depth + ("properties" in inner or "items" in inner))
    if "items" in node:
        inner = node["items"]
        yield from nodes(inner, depth + ("properties" in inner or "items" in inner))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_provider_takes_the_schema(schema: dict[str, Any]) -> None:
    found = list(nodes(schema))
    assert schema["type"] == "object"
    for node, depth in found:
        assert not FORBIDDEN & set(node), node
        assert depth <= 5
        if "properties" in node:
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
            assert node["properties"], "a free-form object"
        else:
            assert node.get("type") != "object"
        if "enum" in node:
            assert all(isinstance(value, str) for value in node["enum"])
            assert len(node["enum"]) <= 250
            assert sum(map(len, node["enum"])) <= 15_000
    assert sum(isinstance(node.get("type"), list) for node, _ in found) <= 16
    assert sum(len(node.get("enum", ())) for node, _ in found) <= 1_000
    assert sum(len(node.get("properties", ())) for node, _ in found) <= 5_000


@pytest.mark.parametrize("schema", SCHEMAS)
def test_only_local_servers_get_bounds(schema: dict[str, Any], request: pytest.FixtureRequest) -> None:
    bounded = "bounded" in request.node.callspec.id
    texts = [node for node, _ in nodes(schema) if "string" in str(node.get("type")) and "enum" not in node]
    assert all(("maxLength" in node) == bounded for node in texts)
    assert all(node.get("maxLength", 0) < 2_000 for node in texts)
    assert all(("maxItems" in node) == bounded for node, _ in nodes(schema) if node.get("type") == "array")


@pytest.mark.parametrize("kind", PLAN_KINDS)
def test_making_a_schema_changes_no_other(kind: Any) -> None:
    before = json.dumps(schema_of(kind), sort_keys=True)
    first = wire_schema(kind, SMALL)
    wire_schema(kind, WIDE, bounded=True)
    assert json.dumps(schema_of(kind), sort_keys=True) == before
    assert wire_schema(kind, SMALL) == first


@pytest.mark.parametrize("kind", PLAN_KINDS)
def test_the_wire_has_no_field_that_the_plan_has_not(kind: Any) -> None:
    known = set(schema_of(kind).get("properties", {}))
    if kind == "NextStep":
        known = {"move", *schema_of("FeaturePlan")["properties"], *schema_of("ModelPlan")["properties"],
                 *schema_of("TuningPlan")["properties"]}  # fmt: skip
    assert set(wire_schema(kind)["properties"]) <= known


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Say whether a value fits a schema in wire form."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if value is None:
        return "null" in kinds
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        return "object" in kinds and set(value) == set(fields) and all(fits(fields[k], v) for k, v in value.items())
    if isinstance(value, list):
        return "array" in kinds and all(fits(schema["items"], item) for item in value)
    if isinstance(value, bool):
        return "boolean" in kinds
    if isinstance(value, int | float):
        return "number" in kinds or ("integer" in kinds and isinstance(value, int))
    return "string" in kinds and value in schema.get("enum", [value])


@pytest.mark.parametrize("kind", PLAN_KINDS)
def test_what_the_expert_says_goes_over_the_wire_and_back(kind: Any, ask: Maker, make: dict[str, Maker]) -> None:
    asked = ask(kind, leaderboard=(make["result"](1, "lightgbm", 0.8), make["result"](2, "linear", 0.7)))
    document = json.loads(Expert().propose(asked).document)
    sent = to_wire(kind, document)
    assert fits(wire_schema(kind), sent), sent
    plan, findings = parse(kind, json.dumps(document))
    again, more = parse(kind, json.dumps(from_wire(kind, sent)))
    assert not findings
    assert not more
    assert meaning(plan) == meaning(again)


STEPS = st.lists(
    st.fixed_dictionaries(
        {"operation": st.sampled_from(["ratio", "log1p", "polynomial_features", "clip", "group_rare", "mark_missing"]),
         "columns": st.lists(st.sampled_from(["a", "b", "c d", "1"]), min_size=1, max_size=3)},
        optional={"into": st.sampled_from(["new", "7", "true"]), "keep_source": st.booleans(),
                  "degree": st.sampled_from([2, 3]), "quantile": st.floats(0.01, 0.4), "except": st.just(["b"]),
                  "values": st.lists(st.one_of(st.integers(-999, 999), st.sampled_from(["?", "12", "null"])), min_size=1, max_size=2)},
    ),
    max_size=4,
)  # fmt: skip


@given(STEPS)
def test_any_step_comes_back_as_it_was(steps: list[dict[str, Any]]) -> None:
    sent = to_wire("FeaturePlan", {"transformations": steps})
    assert fits(wire_schema("FeaturePlan"), sent)
    assert from_wire("FeaturePlan", sent)["transformations"] == steps


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["move", "plan", "transformations", "candidates", "params", "parameters", "space", "name", "value",
                         "constraints", "question", "columns", "operation"]), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_whatever_comes_back_is_read_or_left(document: Any) -> None:
    for kind in PLAN_KINDS:
        plan, findings = parse(kind, json.dumps(from_wire(kind, document)))
        assert plan is not None or findings


def test_plans_in_the_plan_language_are_taken_as_they_are() -> None:
    document = {"transformations": [{"column": "age", "operation": "standard_scale"}]}
    assert from_wire("FeaturePlan", document) == document
    move = {"move": "revise", "plan": document}
    assert from_wire("NextStep", move) == move
