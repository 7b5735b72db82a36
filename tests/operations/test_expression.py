"""SQL scalar expressions: what is refused, what comes out, and that nothing typed ever runs."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planfit.operations import scalar_sql
from planfit.operations.expression import Expression
from planfit.operations.scalar_sql import Refused, columns_named, compiled
from planfit.operations.step import PlanStep
from planfit.plans.features import FeaturePlan
from planfit.plans.validate import check_features
from planfit.records.schema import Column, Kind, Schema
from planfit.testing.frames import texts

_spec = importlib.util.spec_from_file_location("hostile", Path(__file__).with_name("hostile.py"))
hostile = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hostile)

KINDS = {
    "a": Kind.NUMERIC, "b": Kind.NUMERIC, "flag": Kind.BOOLEAN, "s": Kind.TEXT, "t": Kind.CATEGORICAL,
    "d": Kind.DATETIME, "my col": Kind.NUMERIC,
}  # fmt: skip
COLUMNS = tuple(Column(name=name, kind=kind, sources=(f"raw {name}",)) for name, kind in KINDS.items())
SCHEMA = Schema(columns=COLUMNS, target="target", rows=4)


def frame():
    return pd.DataFrame(
        {
            "a": [1.0, 2.0, np.nan, -4.0],
            "b": [0.0, 4.0, 5.0, 1e99],
            "flag": [1.0, 0.0, np.nan, 1.0],
            "s": texts("xy", None, "Zebra 12", "3.5"),
            "t": texts("it's", "back\\slash", "", None),
            "d": np.array(["2020-01-05T12:00", "NaT", "1969-05-05", "2024-02-29"], dtype="datetime64[us]"),
            "my col": [1.0, 2.0, 3.0, 4.0],
        }
    ).astype({"s": object, "t": object})


def value(text, data=None):
    operation = Expression(expression=text, into="made")
    inputs = tuple(column for name in operation.reads() for column in COLUMNS if column.name == name)
    return PlanStep(operation, inputs).fit_transform(frame() if data is None else data)["made"].tolist()


def findings(text):
    plan = FeaturePlan.model_validate(
        {"transformations": [{"operation": "expression", "expression": text, "into": "made"}]}
    )
    return check_features(plan, SCHEMA, None, rows=4)[1]


def test_there_are_enough_hostile_ones():
    assert len(set(hostile.HOSTILE)) >= 450


def test_every_function_is_in_the_list_that_people_read():
    """A function is added as an entry of its theme; the sentence about what is allowed names it."""
    from sqlglot import exp

    from planfit.operations.expression import ALLOWED
    from planfit.operations.scalar_nodes import ENTRIES

    without_a_name = {exp.Column, exp.Cast, exp.TryCast, exp.If, exp.Case, exp.And, exp.Or}
    for kind in set(ENTRIES) - without_a_name:
        names = kind.sql_names() if issubclass(kind, exp.Func) else ()
        assert not names or any(name in ALLOWED for name in names), kind


@pytest.mark.parametrize(
    ("old", "new", "expression", "made"),
    [
        ("incom", "income", "incom + incom", "income + income"),
        ("incom", "in come", "LN(incom)", 'LN("in come")'),
        ("incom", 'in"come', '"incom" / 2', '"in""come" / 2'),
        ("x", "case", "x * 2", '"case" * 2'),
        ("x", "y", "LEFT('x', 1) || x", "LEFT('x', 1) || y"),
        ("ä", "b", "'日本' || ä", "'日本' || b"),
        ("x", "y", "z", None),
        ("x", "y", "x +", None),
    ],
)
def test_a_column_is_named_otherwise(old, new, expression, made):
    assert scalar_sql.renamed(expression, old, new) == made


@pytest.mark.parametrize("family", [*hostile.FAMILIES, "nested"])
def test_hostile_expressions_are_refused(family, caplog):
    listed = hostile.NESTED.values() if family == "nested" else hostile.FAMILIES[family].strip("\n").split("\n")
    for text in listed:
        if not text:
            continue
        began = time.perf_counter()
        found = [each for each in findings(text) if each.refuses]
        assert found, f"{text!r} was not refused"
        assert all(each.path == "/transformations/0/expression" for each in found), text
        assert all(each.message for each in found)
        assert time.perf_counter() - began < 2.0, text
    assert not caplog.records


NAN = pytest.approx(np.nan, nan_ok=True)
RESULTS = {
    "a / b": [NAN, 0.5, NAN, -4e-99],
    "a / 0": [NAN, NAN, NAN, NAN],
    "a % b": [NAN, 2.0, NAN, -4.0],
    "7 / 2 + a * 0": [3.5, 3.5, NAN, 3.5],  # numbers are floating point
    "2000000000 * 2000000000 + a * 0": [4e18, 4e18, NAN, 4e18],  # and do not wrap
    "EXTRACT(DAY FROM d) * 100": [500.0, NAN, 500.0, 2900.0],
    "LENGTH(s) - 5": [-3.0, NAN, 3.0, -2.0],
    "b * b": [0.0, 16.0, 25.0, NAN],  # beyond what counts as a number
    "EXP(b)": [1.0, pytest.approx(54.598150033144236), pytest.approx(148.4131591025766), NAN],
    "CASE WHEN EXP(b) > 5 THEN 1 ELSE 0 END": [0.0, 1.0, 1.0, 0.0],  # an overflow is missing, not large
    "CASE WHEN b / a > 5 THEN 1 ELSE 0 END": [0.0, 0.0, 0.0, 0.0],
    "LN(a)": [0.0, pytest.approx(np.log(2)), NAN, NAN],
    "LN(b - b) IS NULL": [1.0, 1.0, 1.0, 1.0],
    "LOG10(b * 25)": [NAN, pytest.approx(2.0), pytest.approx(np.log10(125)), NAN],
    "LOG(2, b)": [NAN, 2.0, pytest.approx(np.log2(5)), pytest.approx(np.log2(1e99))],
    "SQRT(a)": [1.0, pytest.approx(2**0.5), NAN, NAN],
    "POWER(a, 2)": [1.0, 4.0, NAN, 16.0],
    "POWER(a, -0.5)": [1.0, pytest.approx(2**-0.5), NAN, NAN],
    "POWER(a - 1, -1)": [NAN, 1.0, NAN, -0.2],
    "- a": [-1.0, -2.0, NAN, 4.0],
    "1 - -a": [2.0, 3.0, NAN, -3.0],
    "2 - (a - 1)": [2.0, 1.0, NAN, 7.0],
    "COALESCE(a, b, 0)": [1.0, 2.0, 5.0, -4.0],
    "NULLIF(a, 2)": [1.0, NAN, NAN, -4.0],
    "GREATEST(a, 1)": [1.0, 2.0, 1.0, 1.0],
    '"my col" * 2': [2.0, 4.0, 6.0, 8.0],
    "a > 1": [0.0, 1.0, NAN, 0.0],
    "NOT a > 1": [1.0, 0.0, NAN, 1.0],
    "NOT a IN (1, -4)": [0.0, 1.0, NAN, 0.0],
    "NOT a BETWEEN 1 AND 2": [0.0, 0.0, NAN, 1.0],
    "a = 1 OR a IS NULL AND flag IS NULL": [1.0, 0.0, 1.0, 0.0],
    "flag": [1.0, 0.0, NAN, 1.0],
    "flag * 2 + 1": [3.0, 1.0, NAN, 3.0],
    "flag AND a > 0": [1.0, 0.0, NAN, 0.0],
    "flag IS NOT TRUE": [0.0, 1.0, 1.0, 0.0],
    "flag = TRUE": [1.0, 0.0, NAN, 1.0],
    "CASE WHEN flag THEN 'yes' ELSE s END": ["yes", NAN, "Zebra 12", "yes"],
    "CASE s WHEN 'xy' THEN 1 END": [1.0, NAN, NAN, NAN],
    "IF(a > 1, 1, 2)": [2.0, 1.0, 2.0, 2.0],
    "t = 'it''s'": [1.0, 0.0, 0.0, NAN],
    "t = 'back\\slash'": [0.0, 1.0, 0.0, NAN],
    "s || '!'": ["xy!", NAN, "Zebra 12!", "3.5!"],
    "UPPER(SUBSTRING(s, 1, 2))": ["XY", NAN, "ZE", "3."],
    "SPLIT_PART(s, ' ', 2)": [NAN, NAN, "12", NAN],
    "REPLACE(s, 'ebra', '')": ["xy", NAN, "Z 12", "3.5"],
    "s LIKE '%a%' AND STARTS_WITH(s, 'Z')": [0.0, NAN, 1.0, 0.0],
    "TRY_CAST(s AS DOUBLE)": [NAN, NAN, NAN, 3.5],
    "CAST(s AS DOUBLE)": [NAN, NAN, NAN, 3.5],
    "CAST(a * 1.6 AS INT)": [1.0, 3.0, NAN, -6.0],
    "YEAR(d)": [2020.0, NAN, 1969.0, 2024.0],
    "d > '2019-01-01'": [1.0, NAN, 0.0, 1.0],
    "d - DATE '2020-01-01'": [4.5, NAN, -18503.0, 1520.0],
    "DATEDIFF(d, '2020-01-01')": [4.5, NAN, -18503.0, 1520.0],
    "a /* a comment */ + 1 -- another": [2.0, 3.0, NAN, -3.0],
}


@pytest.mark.parametrize("text", RESULTS)
def test_what_comes_out(text):
    expected = RESULTS[text]
    made = value(text)
    assert all((one != one) if two is NAN else one == two for one, two in zip(made, expected, strict=True)), (
        f"{made} is not {expected}"
    )
    assert [each for each in findings(text) if each.refuses] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a + 1", Kind.NUMERIC), ("a > 1", Kind.BOOLEAN), ("flag", Kind.BOOLEAN), ("UPPER(s)", Kind.CATEGORICAL),
        ("CASE WHEN a > 1 THEN d END", Kind.DATETIME), ("COALESCE(flag, FALSE)", Kind.BOOLEAN),
        ("COALESCE(NULL, a)", Kind.NUMERIC), ("CASE WHEN a > 1 THEN NULL ELSE 'x' END", Kind.CATEGORICAL),
    ],
)  # fmt: skip
def test_its_kind_and_its_sources_are_known_before_it_runs(text, kind):
    operation = Expression(expression=text, into="made")
    inputs = tuple(column for column in COLUMNS if column.name in operation.reads())
    (made,) = operation.outputs(inputs, None)
    assert (made.name, made.kind) == ("made", kind)
    assert made.sources == tuple(f"raw {column.name}" for column in inputs)


def test_what_is_typed_never_runs():
    program = compiled('"my col" + 0.10 /* DROP */', COLUMNS)
    assert program.steps == (("m0", '"c6" + 0.1e0', "number"),)


def test_columns_with_hostile_names_are_data():
    names = [
        'quote"d',
        "semi;colon",
        "'; DROP TABLE t; --",
        "__class__",
        "c1",
        "m0",
        "target",
        "Ünï‮codé",
        "(x",
        "@numeric",
    ]
    columns = tuple(Column(name=name, kind=Kind.NUMERIC) for name in names)
    data = pd.DataFrame({name: [float(place)] for place, name in enumerate(names)})
    for place, name in enumerate(names):
        text = '"' + name.replace('"', '""') + '" + 0.5'
        assert columns_named(text) == (name,)
        operation = Expression(expression=text, into="made")
        made = PlanStep(operation, (columns[place],)).fit_transform(data)
        assert made["made"].tolist() == [place + 0.5]


def test_unknown_columns_are_told_with_the_nearest():
    (found,) = [each for each in findings('"my coll" * 2') if each.code == "unknown-column"]
    assert found.nearest == "my col"
    assert found.mend == ({"op": "replace", "path": "/transformations/0/expression", "value": '"my col" * 2'},)
    assert [each.code for each in findings("target * 2 + a") if each.refuses] == ["target-used"]


def test_columns_are_not_named_beside_it():
    for more in ({"column": "a"}, {"columns": ["a"]}, {"into": None}):
        with pytest.raises(ValueError):
            Expression.model_validate({"operation": "expression", "expression": "a + 1", "into": "made", **more})


def test_a_later_step_uses_what_it_made():
    plan = FeaturePlan.model_validate(
        {
            "transformations": [
                {"operation": "expression", "expression": "a / b", "into": "per"},
                {"operation": "expression", "expression": "per * 2", "into": "twice"},
                {"operation": "standard_scale", "column": "twice"},
            ]
        }
    )
    resolved, found = check_features(plan, SCHEMA, None, rows=4)
    assert [each for each in found if each.refuses] == []
    assert resolved.columns[-1].sources == ("raw a", "raw b")


SIGNS = st.text(st.sampled_from("ab sdt()+-*/%<>=',.\"0123456789\n;"), max_size=40)
WORDS = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            "s",
            "d",
            "flag",
            "1",
            "2.5",
            "'x'",
            "(",
            ")",
            "+",
            "-",
            "*",
            "/",
            "%",
            ",",
            "CASE",
            "WHEN",
            "THEN",
            "ELSE",
            "END",
            "AND",
            "OR",
            "NOT",
            "IN",
            "IS",
            "NULL",
            "BETWEEN",
            "LIKE",
            "COALESCE",
            "ABS",
            "LN",
            "SQRT",
            "ROUND",
            "UPPER",
            "LENGTH",
            "YEAR",
            "CAST",
            "AS",
            "DOUBLE",
            "SUM",
            "OVER",
            "SELECT",
            "FROM",
            "=",
            "<",
            ">=",
            "<>",
        ]
    ),
    max_size=14,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(SIGNS, WORDS, st.text(max_size=30)))
def test_any_text_is_refused_or_runs(text):
    scalar_sql._parsed.cache_clear()
    try:
        compiled(text, COLUMNS)
    except Refused:
        return
    made = value(text)
    assert len(made) == 4
    assert not any(isinstance(one, float) and np.isinf(one) for one in made)
    assert str(made) == str(value(text))
