"""JSON patches as RFC 6902 has them, and the mends of findings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planfit.plans import parse
from planfit.plans.partly import judge_sound_steps
from planfit.plans.patches import BadPatch, apply_patch, leads_somewhere, take_mends
from planfit.plans.validate import check_features


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        ({"foo": "bar"}, {"op": "add", "path": "/baz", "value": "qux"}, {"foo": "bar", "baz": "qux"}),
        ({"foo": ["bar", "baz"]}, {"op": "add", "path": "/foo/1", "value": 1}, {"foo": ["bar", 1, "baz"]}),
        ({"foo": ["bar"]}, {"op": "add", "path": "/foo/-", "value": [1]}, {"foo": ["bar", [1]]}),
        ({"foo": ["bar"]}, {"op": "add", "path": "/foo/1", "value": 1}, {"foo": ["bar", 1]}),
        ({"foo": 1, "bar": 2}, {"op": "remove", "path": "/foo"}, {"bar": 2}),
        ({"foo": [1, 2, 3]}, {"op": "remove", "path": "/foo/1"}, {"foo": [1, 3]}),
        ({"foo": [1, 2]}, {"op": "replace", "path": "/foo/0", "value": None}, {"foo": [None, 2]}),
        ({"foo": 1}, {"op": "replace", "path": "", "value": [3]}, [3]),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/d"}, {"a": {}, "c": {"d": 1}}),
        ([1, 2, 3], {"op": "move", "from": "/0", "path": "/2"}, [2, 3, 1]),
        ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
        ({"/": 9, "~1": 10}, {"op": "remove", "path": "/~01"}, {"/": 9}),
        ({"/": 9}, {"op": "test", "path": "/~1", "value": 9}, {"/": 9}),
        ({"": 1}, {"op": "replace", "path": "/", "value": 2}, {"": 2}),
    ],
)
def test_what_the_standard_says(document, patch, expected):
    before = json.dumps(document)
    assert apply_patch(document, [patch]) == expected
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    ("document", "patch"),
    [
        ({"a": 1}, {"op": "replace", "path": "/b", "value": 1}),
        ({"a": 1}, {"op": "remove", "path": "/b"}),
        ({"a": 1}, {"op": "remove", "path": ""}),
        ({"a": 1}, {"op": "add", "path": "/b/c", "value": 1}),
        ({"a": 1}, {"op": "add", "path": "/a/c", "value": 1}),
        ({"a": 1}, {"op": "add", "path": "a", "value": 1}),
        ([1], {"op": "add", "path": "/2", "value": 1}),
        ([1], {"op": "add", "path": "/01", "value": 1}),
        ([1], {"op": "remove", "path": "/-"}),
        ([1], {"op": "remove", "path": "/-1"}),
        ([1], {"op": "remove", "path": "/²"}),
        ({"a": 1}, {"op": "test", "path": "/a", "value": 2}),
        ({"a": {"b": 1}}, {"op": "move", "from": "/a", "path": "/a/b"}),
        ({"a": 1}, {"op": "increment", "path": "/a"}),
    ],
)
def test_a_patch_that_does_not_fit_is_refused_whole(document, patch):
    before = json.dumps(document)
    with pytest.raises(BadPatch):
        apply_patch(document, [{"op": "test", "path": "", "value": document}, patch])
    assert json.dumps(document) == before


def mended(schema: Any, *steps: dict[str, Any]) -> list[dict[str, Any]]:
    """Take mends until there is none; what is left must be a plan without errors."""
    document: Any = {"transformations": list(steps)}
    for _ in range(5):
        plan, findings = parse("FeaturePlan", json.dumps(document))
        if plan is not None:
            _, findings = check_features(plan, schema, None, rows=500)
        assert all(leads_somewhere(document, found.path) for found in findings)
        document, taken = take_mends(document, findings)
        if not taken:
            break
    assert [found.sentence() for found in findings if found.refuses] == []
    return document["transformations"]


SCALE = {"column": "age", "operation": "standard_scale"}
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "a misspelt operation": ([{**SCALE, "operation": "StandardScaler"}], [SCALE]),
    "a misspelt column": ([{**SCALE, "column": "Agee"}], [SCALE]),
    "a misspelt field": ([{"colunm": "age", "operation": "standard_scale"}], [SCALE]),
    "a selector as column": ([{**SCALE, "column": "@numeric"}], [{"operation": "standard_scale", "columns": ["@numeric"]}]),
    "a number out of bounds": (
        [{"columns": ["age"], "operation": "polynomial_features", "degree": 9}],
        [{"columns": ["age"], "operation": "polynomial_features", "degree": 3}],
    ),
    "both column and columns": ([{**SCALE, "columns": ["age"]}], [{"columns": ["age"], "operation": "standard_scale"}]),
    "except beside column": ([{**SCALE, "except": ["feature_a"]}], [SCALE]),
    "a name twice": (
        [{"columns": ["age", "age"], "operation": "standard_scale"}],
        [{"columns": ["age"], "operation": "standard_scale"}],
    ),
    "an exception that is none": (
        [{"columns": ["@numeric"], "except": ["body", "age"], "operation": "standard_scale"}],
        [{"columns": ["@numeric"], "except": ["age"], "operation": "standard_scale"}],
    ),
    "the target among others": (
        [{"columns": ["y", "age", "leaky"], "operation": "standard_scale"}],
        [{"columns": ["age"], "operation": "standard_scale"}],
    ),
    "the target alone": ([{**SCALE, "column": "y"}, SCALE], [SCALE]),
    "a selector that picks nothing": (
        [{"columns": ["@boolean", "age"], "operation": "standard_scale"}, {"columns": ["@boolean"], "operation": "drop"}],
        [{"columns": ["age"], "operation": "standard_scale"}],
    ),
    "a selector that picks too much": (
        [{"columns": ["@all"], "operation": "standard_scale"}],
        [{"columns": ["@numeric"], "operation": "standard_scale"}],
    ),
    "a step that adds the same again": (
        [{"columns": ["age", "feature_a"], "operation": "ratio"}] * 2,
        [{"columns": ["age", "feature_a"], "operation": "ratio"}],
    ),
    "a name that is taken": (
        [{"columns": ["age", "feature_a"], "operation": "ratio", "into": "feature_b"}],
        [{"columns": ["age", "feature_a"], "operation": "ratio", "into": "feature_b_2"}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_obvious_mistake_is_mended(schema, case):
    wrong, right = CASES[case]
    assert mended(schema, *wrong) == right


def test_what_may_be_meant_is_left_alone(schema):
    """Twice the logarithm is not the logarithm."""
    steps = [{"column": "age", "operation": "log1p"}] * 2
    assert mended(schema, *steps) == steps


def test_mends_of_several_places_do_not_move_each_other(schema):
    steps = [{**SCALE, "column": "y"}, {**SCALE, "column": "agee"}, {**SCALE, "column": "y"}]
    steps += [{"columns": ["y", "feature_a", "y", "leaky", "Feature_B"], "operation": "log1p"}]
    assert mended(schema, *steps) == [SCALE, {"columns": ["feature_a", "feature_b"], "operation": "log1p"}]


def test_steps_without_the_plan_around_them_are_a_plan():
    _, (found,) = parse("FeaturePlan", json.dumps([SCALE]))
    assert (found.code, found.path) == ("wrong-type", "")
    assert take_mends([SCALE], [found])[0] == {"transformations": [SCALE]}


def sound(schema: Any, *steps: Any) -> list[tuple[str, str]]:
    document = {"transformations": list(steps)}
    plan, told = parse("FeaturePlan", json.dumps(document))
    assert plan is None
    later = judge_sound_steps(document, told, schema, None, rows=500)
    assert all(leads_somewhere(document, found.path) for found in later)
    return [(found.code, found.path) for found in later]


def test_an_unreadable_step_hides_nothing_that_is_certain(schema):
    steps = [
        {**SCALE, "column": "agee"},
        {**SCALE, "operation": 3},
        {**SCALE, "column": "agee"},
        {**SCALE, "column": "y"},
    ]
    assert sound(schema, *steps) == [
        ("unknown-column", "/transformations/0/column"),
        ("target-used", "/transformations/3/column"),
    ]


def test_a_step_that_can_be_mended_hides_nothing(schema):
    wrong = {"columns": ["age", "feature_a"], "operation": "ratios", "into": "share"}
    later = [{"column": "share", "operation": "log1p"}, {"columns": "category", "operation": "log1p"}]
    assert sound(schema, wrong, *later) == [("kind-not-accepted", "/transformations/2/columns")]


@pytest.mark.parametrize("document", [None, 3, [], {}, {"transformations": 3}, {"transformations": [3, None, {}]}])
def test_nothing_is_said_of_what_has_no_steps(schema, document):
    _, told = parse("FeaturePlan", json.dumps(document))
    assert judge_sound_steps(document, told, schema, None, rows=500) == ()
