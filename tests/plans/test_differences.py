"""What sets two plans apart, in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.plans import FeaturePlan
from planfit.plans.differences import differences


def step(operation: str, *columns: str, **more: Any) -> dict[str, Any]:
    return {"operation": operation, "columns": list(columns), **more}


def said(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    plans = [FeaturePlan.model_validate({"transformations": steps}) for steps in (old, new)]
    return [each.sentence for each in differences(*plans)]


SCALE, ONE_HOT = step("standard_scale", "age"), step("one_hot_encode", "city")


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ([], [SCALE], ["adds standard_scale on age"]),
        ([SCALE], [], ["removes standard_scale on age"]),
        (
            [SCALE],
            [step("standard_scale", "age", "income"), step("target_encode", "city")],
            ["adds target_encode on city", "standard_scale now also on income"],
        ),
        ([step("standard_scale", "age", "income")], [SCALE], ["standard_scale no longer on income"]),
        ([SCALE], [step("standard_scale", "fare")], ["adds standard_scale on fare", "removes standard_scale on age"]),
        ([ONE_HOT], [{**ONE_HOT, "min_frequency": 5}], ["one_hot_encode on city: min_frequency 5 instead of none"]),
        ([ONE_HOT], [{**ONE_HOT, "into": "town"}], ['one_hot_encode on city: into "town" instead of none']),
        ([ONE_HOT], [{**ONE_HOT, "keep_source": True}], ["one_hot_encode on city: keep_source true instead of false"]),
        (
            [step("one_hot_encode", "a", "b")],
            [step("one_hot_encode", "a", "b", max_categories=9)],
            ["one_hot_encode on a, b: max_categories 9 instead of none"],
        ),
        ([SCALE, ONE_HOT], [ONE_HOT, SCALE], ["one_hot_encode on city is step 1, was step 2"]),
        (
            [step("polynomial_features", "a", "b")],
            [step("polynomial_features", "a", "c")],
            ["polynomial_features now on a, c instead of a, b"],
        ),
        (
            [],
            [step("drop", "@all", **{"except": ["age"]}), step("log1p", "a b")],
            ["adds drop on @all except age", 'adds log1p on "a b"'],
        ),
    ],
)  # fmt: skip
def test_a_difference_reads_as_a_sentence(old, new, sentences):
    assert sorted(said(old, new)) == sorted(sentences)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([SCALE], [{"column": "age", "operation": "standard_scale", "reason": "so", "with_mean": True}]),
        ([step("standard_scale", "a"), step("standard_scale", "b")], [step("standard_scale", "a", "b")]),
    ],
)
def test_what_does_the_same_is_no_difference(old, new):
    assert said(old, new) == []


steps = st.lists(
    st.builds(
        step,
        st.sampled_from(["standard_scale", "log1p", "one_hot_encode", "drop", "keep", "polynomial_features"]),
        st.sampled_from(["a", "b", "c", "@numeric", "x\ny", '"q"']),
        st.sampled_from(["a", "b", "c", "@text"]),
    ),
    max_size=5,
)


@given(one=steps, other=steps)
def test_differences_of_any_two_plans(one, other):
    assert said(one, one) == []
    there, back = said(one, other), said(other, one)
    assert bool(there) == bool(back)
    assert all("\n" not in sentence for sentence in there)
    if not there:
        both = [FeaturePlan.model_validate({"transformations": some}) for some in (one, other)]
        units = [
            sorted((each.operation, name) for each in plan.transformations for name in set(each.columns))
            for plan in both
        ]
        assert units[0] == units[1]
