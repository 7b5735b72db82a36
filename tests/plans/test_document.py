"""Gate ``document``: what is no plan is refused with findings, never with a traceback."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import core_schema

from planfit.plans import PLAN_KINDS, PlanKind, json_schema, parse
from planfit.plans.codes import CODES
from planfit.plans.json_text import MOST_CHARACTERS, MOST_DEPTH, depth
from planfit.plans.problems import About, _value_finding
from planfit.records.canonical import canonical_json

SEED = """
    {"transformations": [
      {"column": "age", "operation": "standard_scale"},
      {"column": "category", "operation": "one_hot_encode"},
      {"columns": ["feature_a", "feature_b"], "operation": "polynomial_features", "degree": 2}]}
"""
TASK = {
    "target": "churn", "task_type": "binary", "metric": "roc_auc", "positive_class": "yes",
    "split": {"kind": "stratified"}, "excluded": [{"name": "id", "code": "identifier", "reason": "numbers the rows"}],
    "confidence": 0.9, "alternatives": [{"target": "left", "score": 0.2, "evidence": "a word"}], "rationale": "so",
}  # fmt: skip
MODELS = {
    "candidates": [{"family": "lightgbm", "params": {"num_leaves": 15}, "reason": "strong"}, {"family": "linear"}],
    "rejected": [{"family": "random_forest", "reason": "slow"}],
}
TUNING = {
    "candidate": "c001", "method": "bayesian", "trials": 5,
    "space": {"num_leaves": {"type": "int", "low": 4, "high": 64, "log": True}},
}  # fmt: skip
PLANS: list[tuple[PlanKind, Any]] = [
    ("FeaturePlan", json.loads(SEED)),
    ("TaskPlan", TASK),
    ("ModelPlan", MODELS),
    ("TuningPlan", TUNING),
    ("NextStep", {"move": "revise", "plan": json.loads(SEED)}),
    ("NextStep", {"move": "models", "plan": MODELS}),
    ("NextStep", {"move": "tune", "plan": TUNING}),
    ("NextStep", {"move": "ensemble"}),
    ("NextStep", {"move": "finish", "rationale": "nothing is left to gain"}),
]


def steps(*some: Any) -> str:
    return json.dumps({"transformations": some})


def test_the_printed_document_is_accepted_as_it_stands():
    plan, findings = parse("FeaturePlan", SEED)
    assert findings == ()
    assert [step.operation for step in plan.transformations] == [
        "standard_scale", "one_hot_encode", "polynomial_features",
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "document"), PLANS)
def test_a_plan_survives_the_way_to_json_and_back(kind, document):
    plan, findings = parse(kind, json.dumps(document))
    assert findings == ()
    again, findings = parse(kind, json.dumps(plan.to_json()))
    assert findings == ()
    assert again == plan


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("", "not-json", ""),
        ("  \n", "not-json", ""),
        ("{", "not-json", ""),
        ("Here is the plan: {}", "not-json", ""),
        ("```json\n" + SEED + "\n```", "not-json", ""),
        (SEED + " That is all.", "not-json", ""),
        ("[" * 100_000, "too-deep", ""),
        ('{"transformations":' + "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1) + "}", "too-deep", ""),
        ('{"rationale": "' + "x" * MOST_CHARACTERS + '"}', "too-long", ""),
        ("[]", "wrong-type", ""),
        ("null", "wrong-type", ""),
        ("3", "wrong-type", ""),
        ('"plan"', "wrong-type", ""),
        ("{}", "missing-field", ""),
        ('{"transformations": 3}', "wrong-type", "/transformations"),
        ('{"transformations": [], "transformations": []}', "duplicate-field", "/transformations"),
        ('{"transformations": [], "version": 2}', "unsupported-version", "/version"),
        ('{"transformations": [], "note": 1}', "unknown-field", "/note"),
        (steps(3), "wrong-type", "/transformations/0"),
        (steps({"column": "age"}), "missing-field", "/transformations/0"),
        (steps({"operation": "standard_scale"}), "missing-field", "/transformations/0"),
        (steps({"operation": 7, "column": "age"}), "wrong-type", "/transformations/0/operation"),
        (steps({"operation": "standard_scal", "column": "age"}), "unknown-operation", "/transformations/0/operation"),
        (steps({"operation": "formula", "formula": "1"}), "unknown-operation", "/transformations/0/operation"),
        (steps({"operation": "drop", "column": ["age"]}), "wrong-type", "/transformations/0/column"),
        (steps({"operation": "drop", "column": "age", "columns": ["b"]}), "ambiguous-columns", "/transformations/0"),
        (
            steps({"operation": "drop", "column": "a", "except": ["b"]}),
            "ambiguous-columns",
            "/transformations/0/except",
        ),
        (steps({"operation": "drop", "columns": []}), "out-of-bounds", "/transformations/0/columns"),
        (steps({"operation": "drop", "column": ""}), "out-of-bounds", "/transformations/0/column"),
        (steps({"operation": "drop", "column": "x" * 50_000}), "out-of-bounds", "/transformations/0/column"),
        (steps({"operation": "drop", "column": "a", "x/y~z": 1}), "unknown-field", "/transformations/0/x~1y~0z"),
        ('{"transformations": [{"operation": "drop", "column": NaN}]}', "not-json", "/transformations/0/column"),
        ('{"transformations": [{"operation": "drop", "column": "\\ud800"}]}', "not-json", "/transformations/0/column"),
        ('{"transformations": [], "version": 1e999}', "not-json", "/version"),
        ('{"transformations": [], "version": ' + "9" * 5_000 + "}", "not-json", "/version"),
    ],
    ids=lambda value: value[:60],
)
def test_a_wrong_feature_plan_is_told_where_and_why(text, code, path):
    plan, findings = parse("FeaturePlan", text)
    assert plan is None
    assert [(finding.code, finding.path) for finding in findings] == [(code, path)]
    assert len(findings[0].sentence()) < 1_000


def test_a_value_out_of_bounds_reads_as_a_sentence():
    _, (finding,) = parse("FeaturePlan", steps({"column": "a", "operation": "polynomial_features", "degree": 99}))
    assert finding.message == "`degree` of polynomial_features must be at most 3. Got 99."
    assert finding.allowed == "a whole number from 2 to 3"


def test_the_members_of_a_union_are_one_finding():
    _, (finding,) = parse("FeaturePlan", steps({"column": "a", "operation": "target_encode", "smooth": -1}))
    assert finding.message == "`smooth` of target_encode must be 'auto' or at least 0. Got -1."
    assert finding.path == "/transformations/0/smooth"


def test_every_step_is_told_at_once():
    _, findings = parse(
        "FeaturePlan",
        steps(
            {"column": "a", "operation": "standard_scal"},
            {"column": "a", "operation": "drop"},
            {"columns": ["a"], "operation": "polynomial_features", "degree": "two", "degre": 2},
            {"operation": "target_encode", "column": "a", "columns": ["b"], "cv": 1},
        ),
    )
    assert [(finding.code, finding.path) for finding in findings] == [
        ("unknown-operation", "/transformations/0/operation"),
        ("wrong-type", "/transformations/2/degree"),
        ("unknown-field", "/transformations/2/degre"),
        ("out-of-bounds", "/transformations/3/cv"),
        ("ambiguous-columns", "/transformations/3"),
    ]


@pytest.mark.parametrize(
    ("document", "patched"),
    [
        ({"operation": "StandardScale", "column": "a"}, {"operation": "standard_scale", "column": "a"}),
        ({"operation": "drop", "colum": "a"}, {"operation": "drop", "column": "a"}),
        ({"operation": "drop", "column": ["a", "b"]}, {"operation": "drop", "columns": ["a", "b"]}),
        ({"operation": "tfidf", "column": "a", "analyzer": "Word"}, None),
    ],
)
def test_the_mend_makes_the_document_right(document, patched):
    whole = {"transformations": [document]}
    _, findings = parse("FeaturePlan", json.dumps(whole))
    mend = next(finding.mend for finding in findings if finding.mend)
    mended = apply_patch(whole, mend)
    assert parse("FeaturePlan", json.dumps(mended))[1] == ()
    if patched is not None:
        assert mended == {"transformations": [patched]}


def apply_patch(document: Any, patch: Any) -> Any:
    """Carry out the few operations of RFC 6902 that mends use."""
    document = json.loads(json.dumps(document))

    def parent(path: str) -> tuple[Any, Any]:
        *front, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
        here = document
        for part in front:
            here = here[int(part)] if isinstance(here, list) else here[part]
        return here, int(last) if isinstance(here, list) and last != "-" else last

    for change in patch:
        if change["op"] in ("move", "remove"):
            here, name = parent(change.get("from", change["path"]))
            value = here.pop(name)
        if change["op"] != "remove":
            value = change.get("value", value if change["op"] == "move" else None)
            here, name = parent(change["path"])
            here.append(value) if name == "-" else here.__setitem__(name, value)
    return document


@pytest.mark.parametrize(
    ("kind", "document", "code", "path"),
    [
        ("TaskPlan", {**TASK, "task_type": "binari"}, "out-of-bounds", "/task_type"),
        ("TaskPlan", {**TASK, "split": {"kind": "sorted"}}, "out-of-bounds", "/split/kind"),
        ("TaskPlan", {**TASK, "confidence": 1.5}, "out-of-bounds", "/confidence"),
        ("TaskPlan", {**TASK, "excluded": [{"name": "id"}]}, "missing-field", "/excluded/0"),
        ("TaskPlan", {**TASK, "excluded": "id"}, "wrong-type", "/excluded"),
        ("ModelPlan", {"candidates": []}, "out-of-bounds", "/candidates"),
        ("ModelPlan", {"candidates": [{"params": {}}]}, "missing-field", "/candidates/0"),
        ("ModelPlan", {"candidates": [{"family": "linear", "params": 3}]}, "wrong-type", "/candidates/0/params"),
        ("TuningPlan", {**TUNING, "trials": 0}, "out-of-bounds", "/trials"),
        ("TuningPlan", {**TUNING, "space": {"a": {"type": "int", "low": 9, "high": 1}}}, "out-of-bounds", "/space/a"),
        ("TuningPlan", {**TUNING, "space": {"a": {"type": "categorical"}}}, "out-of-bounds", "/space/a"),
        ("TuningPlan", {**TUNING, "space": {"a": {"type": "float", "low": 0, "high": 1, "log": True}}},
         "out-of-bounds", "/space/a"),
        ("NextStep", {}, "missing-field", ""),
        ("NextStep", {"move": "tun"}, "out-of-bounds", "/move"),
        ("NextStep", {"move": 1}, "wrong-type", "/move"),
        ("NextStep", {"move": "tune"}, "missing-field", ""),
        ("NextStep", {"move": "finish", "plan": {}}, "unknown-field", "/plan"),
        ("NextStep", {"move": "tune", "plan": {"candidate": 3}}, "wrong-type", "/plan/candidate"),
        ("NextStep", {"move": "revise", "plan": {"transformations": [{"operation": "drop", "column": "a", "x": 1}]}},
         "unknown-field", "/plan/transformations/0/x"),
    ],
)  # fmt: skip
def test_other_kinds_of_plans(kind, document, code, path):
    plan, findings = parse(kind, json.dumps(document))
    assert plan is None
    assert [(finding.code, finding.path) for finding in findings] == [(code, path)]


def test_a_byte_order_mark_is_no_mistake():
    assert parse("FeaturePlan", "\ufeff" + SEED)[1] == ()


def test_an_unclosed_text_takes_one_pass():
    assert depth('"' + '\\"' * 500_000) == 0


@pytest.mark.parametrize("value", ["yes", True, 1, 1.0])
def test_a_positive_class_is_taken_as_the_profile_shows_it(value):
    plan, _ = parse("TaskPlan", json.dumps({**TASK, "positive_class": value}))
    assert plan.positive_class == {"yes": "yes"}.get(value, "true" if value is True else "1")


def test_every_error_of_pydantic_becomes_a_sentence():
    about = About({"a": [1]}, {"properties": {"a": {"type": "integer"}}}, "the plan")
    for kind in get_args(core_schema.ErrorType):
        context = dict.fromkeys(
            ("le", "lt", "ge", "gt", "multiple_of", "expected", "min_length", "max_length", "pattern"), 1
        )
        finding = _value_finding(("a",), [{"type": kind, "msg": "it is odd", "ctx": context}], about)
        assert finding.code in ("wrong-type", "out-of-bounds")
        assert finding.message.startswith("`a` of the plan ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(PLAN_KINDS), document=json_values)
def test_whatever_json_comes_findings_go(kind, document):
    plan, findings = parse(kind, json.dumps(document))
    assert plan is None
    well_formed(findings)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(PLAN_KINDS),
    text=st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)
@example(kind="FeaturePlan", text="\ud800")
@example(kind="NextStep", text='{"move": "\udc80"}')
def test_whatever_text_comes_findings_go(kind, text):
    plan, findings = parse(kind, text)
    assert plan is None
    well_formed(findings)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_plan_that_was_tampered_with(data):
    """A real plan with one value replaced, one field renamed or one added: a plan, or findings with true pointers."""
    kind, document = data.draw(st.sampled_from(PLANS))
    document = json.loads(json.dumps(document))
    here: Any = document
    while True:
        name = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if isinstance(here[name], dict | list) and here[name] and data.draw(st.booleans()):
            here = here[name]
            continue
        break
    if isinstance(here, dict) and data.draw(st.booleans()):
        here[data.draw(st.text() | st.sampled_from(["operation", "move", "columns", "into"]))] = here.pop(name)
    else:
        here[name] = data.draw(json_values)
    plan, findings = parse(kind, json.dumps(document))
    assert (plan is None) == bool(findings)
    if plan is None:
        well_formed(findings)
    cleaned = json.loads(json.dumps(document).encode("utf-8", "replace"))
    for finding in findings:
        resolves(finding.path, cleaned)


def well_formed(findings: Any) -> None:
    assert findings
    for finding in findings:
        assert finding.code in CODES
        assert finding.gate == "document"
        assert finding.refuses
        canonical_json(finding).decode("utf-8")
        finding.sentence().encode("utf-8")
        assert "\n" not in finding.message or "\\n" in finding.message


def resolves(path: str, document: Any) -> None:
    """Walk a JSON Pointer; fail where it leads nowhere. Halves of character pairs show as question marks."""
    for part in path.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list):
            document = document[int(part)]
        else:
            named = {name.encode("utf-8", "replace").decode(): value for name, value in document.items()}
            assert part in named
            document = named[part]


def test_the_schema_is_a_union_over_the_catalogue():
    from planfit.operations.registry import operations

    items = json_schema("FeaturePlan")["properties"]["transformations"]["items"]
    assert items["discriminator"]["propertyName"] == "operation"
    assert [entry["properties"]["operation"]["const"] for entry in items["oneOf"]] == list(operations())
    for entry in items["oneOf"]:
        assert "operation" in entry["required"]
        assert entry["additionalProperties"] is False
        assert entry["description"]
