"""Gate ``schema`` for feature plans, selectors, resolution and meaning."""

from __future__ import annotations

import json

import pytest

from planfit.errors import UsageError
from planfit.operations.registry import operations
from planfit.plans import FeaturePlan, meaning, parse
from planfit.plans.resolve import resolve
from planfit.plans.selectors import select
from planfit.plans.validate import check_features
from planfit.records.canonical import digest
from planfit.records.schema import Column, Kind, Schema

from .test_document import SEED, apply_patch


def told(findings):
    return [(finding.code, finding.path.removeprefix("/transformations")) for finding in findings]


def names(resolved):
    return [column.name for column in resolved.columns]


def test_the_printed_document_resolves(schema):
    plan, _ = parse("FeaturePlan", SEED)
    resolved, findings = check_features(plan, schema, None, rows=500)
    assert findings == ()
    assert names(resolved) == [
        "age", "category=*", "feature_a", "feature_b", "name", "when", "body",
        "feature_a^2", "feature_a*feature_b", "feature_b^2",
    ]  # fmt: skip
    assert resolve(plan, schema, None) == resolved


@pytest.mark.parametrize(
    ("step", "code", "path"),
    [
        ({"column": "agee", "operation": "standard_scale"}, "unknown-column", "/0/column"),
        ({"columns": ["age", "zzzz"], "operation": "standard_scale"}, "unknown-column", "/0/columns/1"),
        ({"column": "leaky", "operation": "drop"}, "column-excluded", "/0/column"),
        ({"column": "house", "operation": "drop"}, "column-excluded", "/0/column"),
        ({"column": "y", "operation": "one_hot_encode"}, "target-used", "/0/column"),
        ({"column": "category", "operation": "standard_scale"}, "kind-not-accepted", "/0/column"),
        ({"columns": ["@numeric"], "operation": "tfidf"}, "kind-not-accepted", "/0/columns/0"),
        ({"columns": "@all", "operation": "standard_scale"}, "kind-not-accepted", "/0/columns/0"),
        ({"columns": "@boolean", "operation": "drop"}, "empty-selector", "/0/columns/0"),
        ({"columns": "@text", "except": ["body"], "operation": "drop"}, "empty-selector", "/0/columns/0"),
        ({"columns": ["age"], "except": ["age"], "operation": "drop"}, "empty-selector", "/0"),
        ({"columns": "@all", "except": ["agee"], "operation": "drop"}, "unknown-column", "/0/except/0"),
        ({"column": "@numeric", "operation": "standard_scale"}, "unknown-column", "/0/column"),
        ({"columns": ["@numerc"], "operation": "standard_scale"}, "unknown-column", "/0/columns/0"),
        ({"column": "age", "operation": "ratio"}, "column-count", "/0/column"),
        ({"columns": ["@numeric"], "operation": "ratio"}, "column-count", "/0/columns"),
        ({"columns": ["age", "feature_a"], "operation": "ratio", "into": "category"}, "name-clash", "/0/into"),
        ({"columns": ["age", "feature_a"], "operation": "ratio", "into": "y"}, "name-clash", "/0/into"),
        ({"columns": ["age", "feature_a"], "operation": "ratio", "into": "house"}, "name-clash", "/0/into"),
        ({"columns": ["@numeric"], "operation": "standard_scale", "into": "x"}, "name-clash", "/0/into"),
        ({"columns": ["@all", "name"], "operation": "drop"}, "nothing-left", ""),
        ({"operation": "expression", "expression": "age +", "into": "x"}, "expression-syntax", "/0/expression"),
        ({"operation": "expression", "expression": "SUM(age)", "into": "x"}, "expression-refused", "/0/expression"),
        ({"operation": "expression", "expression": "age = 'x'", "into": "x"}, "expression-type", "/0/expression"),
        ({"operation": "expression", "expression": "agee * 2", "into": "x"}, "unknown-column", "/0/expression"),
    ],
)
def test_a_step_that_does_not_fit_the_schema(judged, step, code, path):
    resolved, findings = judged(step)
    assert resolved is None
    assert told(findings) == [(code, path)]
    assert findings[0].gate == "schema"


def test_a_broken_step_does_not_hide_later_ones_nor_cause_noise(judged):
    _, findings = judged(
        {"column": "agee", "operation": "standard_scale"},
        {"columns": ["zzzz", "age"], "operation": "ratio", "into": "share"},
        {"column": "share", "operation": "log1p"},
        {"column": "qqqq", "operation": "one_hot_encode"},
        {"column": "qqqq=*", "operation": "standard_scale"},
        {"column": "categry", "operation": "drop"},
        {"column": "category", "operation": "target_encode"},
        {"column": "body", "operation": "log1p"},
    )
    assert told(findings) == [
        ("unknown-column", "/0/column"),
        ("unknown-column", "/1/columns/0"),
        ("unknown-column", "/3/column"),
        ("unknown-column", "/5/column"),
        ("kind-not-accepted", "/7/column"),
    ]


def test_a_dropped_column_names_the_step_that_dropped_it(judged):
    _, findings = judged(
        {"column": "category", "operation": "one_hot_encode"},
        {"column": "category", "operation": "target_encode"},
        {"columns": ["age", "category=*"], "operation": "keep"},
        {"column": "when", "operation": "datetime_parts"},
    )
    first, second = findings
    assert told(findings) == [("column-dropped", "/1/column"), ("column-dropped", "/3/column")]
    assert "step 1, one_hot_encode," in first.message
    assert "keep_source" in first.hint
    assert "step 3, keep," in second.message
    assert "keep_source" not in second.hint


def test_a_group_is_named_as_a_whole(judged):
    resolved, findings = judged(
        {"column": "category", "operation": "one_hot_encode"}, {"column": "category=*", "operation": "standard_scale"}
    )
    assert resolved is not None, findings
    _, (finding,) = judged(
        {"column": "category", "operation": "one_hot_encode"}, {"column": "category=red", "operation": "drop"}
    )
    assert (finding.code, finding.nearest) == ("unknown-column", "category=*")


def test_kinds_say_which_operations_would_do(judged):
    _, (finding,) = judged({"column": "category", "operation": "standard_scale"})
    assert finding.message == "standard_scale does not take 'category', a categorical column."
    assert "one_hot_encode" in finding.hint


@pytest.mark.parametrize(
    "step",
    [
        {"column": "agee", "operation": "log1p"},
        {"columns": ["body", "@numerc"], "operation": "drop"},
        {"column": "@numeric", "operation": "log1p"},
        {"operation": "expression", "expression": "agee / LN(agee)", "into": "made"},
    ],
)
def test_the_mend_makes_the_plan_right(judged, step):
    _, findings = judged(step)
    whole = {"transformations": [step]}
    mended = apply_patch(whole, findings[0].mend)
    resolved, findings = judged(*mended["transformations"])
    assert resolved is not None, findings


def test_warnings_do_not_refuse(judged):
    resolved, findings = judged(
        {"columns": ["age", "age"], "except": ["body"], "operation": "standard_scale"},
        {"column": "feature_a", "operation": "log1p"},
        {"columns": ["feature_a"], "operation": "log1p"},
    )
    assert resolved is not None
    assert told(findings) == [("no-effect", "/0/except/0"), ("no-effect", "/0/columns/1"), ("repeated-step", "/2")]
    assert not any(finding.refuses for finding in findings)


def test_products_of_many_columns_are_counted_and_not_listed():
    wide = Schema(columns=tuple(Column(name=f"c{i}", kind=Kind.NUMERIC) for i in range(3_000)), rows=10)
    plan = FeaturePlan(transformations=({"columns": "@numeric", "operation": "polynomial_features", "degree": 3},))
    _, (finding,) = check_features(plan, wide, None, rows=10)
    assert finding.code == "too-wide"


def test_memory_is_forecast(judged):
    step = {"columns": ["@numeric"], "operation": "polynomial_features"}
    resolved, findings = judged(step, memory=200_000)
    assert resolved is not None, findings
    _, (finding,) = judged(step, memory=120_000)
    assert finding.code == "too-much-memory"


def test_an_operation_that_fails_its_own_check(judged):
    step = {"columns": ["age"], "operation": "polynomial_features", "interaction_only": True}
    _, findings = judged(step)
    assert told(findings) == [("column-count", "/0/interaction_only")]


def test_selectors_pick_by_kind_beside_names(schema):
    step = operations()["drop"](columns=("body", "@numeric"), except_=("age",))
    assert [column.name for column in select(step, schema.columns).columns] == ["body", "feature_a", "feature_b"]
    everything = operations()["drop"](columns=("@all",))
    assert "name" not in [column.name for column in select(everything, schema.columns).columns]


def test_results_stand_where_their_source_stood(judged):
    resolved, _ = judged(
        {"column": "when", "operation": "datetime_parts", "parts": ["month", "year"]},
        {"columns": ["age", "feature_a"], "operation": "ratio"},
        {"column": "category", "operation": "target_encode", "keep_source": True},
        {"columns": ["name", "feature_b"], "operation": "drop"},
    )
    assert names(resolved) == [
        "age", "category", "feature_a", "when.month", "when.year", "body", "age/feature_a", "category_target",
    ]  # fmt: skip
    assert resolved.steps[1].removes == ()
    assert resolved.steps[3].removes == ("name", "feature_b")
    assert resolved.columns[6].sources == ("age", "feature_a")


def test_a_name_may_come_back(judged):
    resolved, findings = judged(
        {"column": "category", "operation": "drop"},
        {"columns": ["age", "feature_a"], "operation": "ratio", "into": "category"},
        {"column": "category", "operation": "log1p"},
    )
    assert findings == ()
    assert names(resolved)[-1] == "category"


def test_resolving_a_wrong_plan_is_a_usage_error(schema):
    plan = FeaturePlan(transformations=({"column": "agee", "operation": "log1p"},))
    with pytest.raises(UsageError, match="agee"):
        resolve(plan, schema, None)


def test_an_empty_plan_leaves_the_table(schema, judged):
    resolved, findings = judged()
    assert (resolved.steps, findings) == ((), ())
    assert resolved.columns == schema.columns


SAME = [
    (
        {"transformations": [{"column": "a", "operation": "standard_scale", "reason": "r"}], "rationale": "x"},
        {"version": 1, "transformations": [{"columns": "a", "operation": "standard_scale", "with_mean": True}]},
    ),
    (
        {"transformations": [{"columns": "@all", "except": ["a", "b"], "operation": "drop"}]},
        {"transformations": [{"columns": ["@all"], "except": ["b", "a"], "operation": "drop", "keep_source": False}]},
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_meaning_has_the_same_hash(one, other):
    plans = [parse("FeaturePlan", json.dumps(document))[0] for document in (one, other)]
    assert digest(meaning(plans[0])) == digest(meaning(plans[1]))


@pytest.mark.parametrize(
    "change", [{"column": "b"}, {"with_std": False}, {"keep_source": True}, {"into": "c"}, {"operation": "log1p"}]
)
def test_another_meaning_has_another_hash(change):
    one = {"column": "a", "operation": "standard_scale"}
    other = {**one, **change}
    hashes = {digest(meaning(FeaturePlan(transformations=(step,)))) for step in (one, other)}
    assert len(hashes) == 2
