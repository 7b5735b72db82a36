"""Whatever stands in a document, a column's name or a cell stays data: findings, never a traceback, and fast."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import planfit
from planfit.agent.checking import Setting, setting_of
from planfit.operations.registry import operations
from planfit.plans import parse
from planfit.plans.codes import CODES
from planfit.plans.differences import differences
from planfit.plans.examples import example_step
from planfit.plans.patches import take_mends
from planfit.plans.validate import check_features
from planfit.records.canonical import canonical_json
from planfit.testing.customers import customers

HOSTILE = {
    "quotes": "a\"b'c`d",
    "newlines": "first\nsecond\r\n\tthird",
    "json": '{"operation": "drop", "column": "x"}]}',
    "sql": "x'); DROP TABLE customers; --",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "escapes": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "direction": "\u202eevil\u202c\u200f\u2067",
    "nothing": "\u200b",
    "long": "x" * 10_000,
    "class": "__class__",
    "dunder": "{0.__class__.__mro__}",
    "percent": "%s%n%(x)s",
    "target": "target",
    "prediction": "prediction",
    "selector": "@numeric",
    "pointer": "/transformations/0~1",
    "group": "city=*",
    "path": "../../etc/passwd",
    "formula": "=cmd|' /C calc'!A0",
    "surrogate": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "star": "*",
    "nan": "nan",
    "blank": " ",
}


def hostile_frame(text: str, rows: int = 60) -> pd.DataFrame:
    """Return a table with `text` as a column's name, and in cells of a category and of longer texts."""
    others = ["plain", "simple", text]
    return pd.DataFrame(
        {
            text: [1.37 * row for row in range(rows)],
            "kind of": [others[row % 3] for row in range(rows)],
            "notes": [f"{text[:500]} and {row} other words" for row in range(rows)],
            "y": [row % 2 for row in range(rows)],
        }
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_cells_stay_data(name):
    text = HOSTILE[name]
    frame = hostile_frame(text)
    setting = setting_of(frame, "y", None)
    numeric = next(column for column in setting.schema.columns if column.kind == "numeric")
    others = [column.name for column in setting.schema.columns if column.kind != "numeric"]
    steps = [
        {"columns": ["@categorical"], "operation": "target_encode", "keep_source": True},
        {"columns": ["@categorical"], "operation": "one_hot_encode"},
        {"columns": ["@text"], "operation": "text_statistics"},
    ]
    if numeric.name not in ("@numeric", "city=*", "*") and len(numeric.name) <= 300:
        steps.insert(0, {"column": numeric.name, "operation": "standard_scale", "keep_source": True})
    judged = setting.judge({"transformations": steps})
    for found in judged.findings:
        assert (found.refuses, found.code) in ((True, "empty-selector"), (False, found.code)), found.sentence()
    steps = [step for step in steps if "columns" not in step or setting.judge({"transformations": [step]}).accepted]
    made = planfit.apply({"transformations": steps}, frame, target="y")
    assert len(made.table) == len(frame)
    assert len(set(made.table.columns)) == made.table.shape[1]
    assert numeric.name in made.table
    assert others
    again = made.pipeline.transform(frame)
    assert list(again) == list(made.table)[:-1]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_in_a_plan_give_findings(name):
    text = HOSTILE[name]
    frame = customers(40)
    for step in (
        {"column": text, "operation": "standard_scale"},
        {"column": "age", "operation": text},
        {"column": "age", "operation": "standard_scale", text: text},
        {"columns": ["age", text], "operation": "polynomial_features", "into": text},
        {"columns": ["@numeric"], "except": [text], "operation": "log1p"},
    ):
        found = planfit.check({"transformations": [step]}, frame, target="churned")
        assert all(len(each.sentence()) < 4_000 for each in found)
        told = [each for each in found if each.refuses]
        assert told or step["operation"] in ("polynomial_features", "log1p")
        for each in found:
            assert each.code in CODES
            json.loads(canonical_json(each))


def test_what_is_printed_cannot_steer_a_terminal(planfit_, tmp_path):
    """Names reach the terminal quoted; the sentence about one is one line without control characters."""
    frame = hostile_frame("plain")
    frame.to_csv(tmp_path / "table.csv", index=False)
    steps = [{"column": HOSTILE[name], "operation": "standard_scale"} for name in HOSTILE if name != "long"]
    steps += [{"column": "plain", "operation": HOSTILE["escapes"]}]
    (tmp_path / "plan.json").write_text(json.dumps({"transformations": steps}))
    (tmp_path / "other.json").write_text(json.dumps({"transformations": steps[:-1]}))
    for arguments in (
        ["check", "plan.json", "table.csv"],
        ["diff", "other.json", "other.json"],
        ["check", "plan.json", "table.csv", "--fix"],
    ):
        printed = planfit_(*arguments)
        assert printed.code in (0, 1)
        assert all(sign.isprintable() or sign == "\n" for sign in printed.err)
        if "--fix" not in arguments:
            assert all(sign.isprintable() or sign == "\n" for sign in printed.out)
    (tmp_path / "none.json").write_text('{"transformations": []}')
    told = planfit_("diff", "none.json", "other.json").out
    assert len(told.splitlines()) == 1
    assert all(sign.isprintable() or sign == "\n" for sign in told)


# Random documents

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from([10**400, -(10**400), 1e308, float("nan"), float("inf"), "\ud800", "", "@all", "age", "churned"])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = list(operations())


@st.composite
def documents(draw: Any) -> str:
    """Draw the text of a document: a real plan, tampered with, cut off, nested or not a plan at all."""
    steps = [example_step(name) for name in draw(st.lists(st.sampled_from(NAMES), max_size=4))]
    document: Any = {"transformations": steps}
    for _ in range(draw(st.integers(0, 3))):
        _tamper(draw, document)
    if draw(st.integers(0, 9)) == 0:
        document = draw(VALUES)
    text = json.dumps(document, ensure_ascii=draw(st.booleans()))
    kind = draw(st.sampled_from(["whole"] * 6 + ["cut", "spliced", "deep", "twice"]))
    if kind == "cut":
        text = text[: draw(st.integers(0, len(text)))]
    elif kind == "spliced":
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.text(max_size=20)) + text[place:]
    elif kind == "deep":
        depth = draw(st.sampled_from([5, 40, 5_000]))
        text = "[" * depth + text + "]" * depth
    elif kind == "twice":
        text += text
    return text


def _tamper(draw: Any, document: Any) -> None:
    """Replace one value, rename one field, or add one."""
    here = document
    while here and draw(st.integers(0, 2)):
        name = draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if not isinstance(here[name], dict | list) or not here[name]:
            break
        here = here[name]
    if isinstance(here, list):
        here.insert(draw(st.integers(0, len(here))), draw(VALUES))
        return
    name = draw(st.sampled_from([*sorted(here), "columns", "column", "except", "into", "keep_source", "x"]))
    if name in here and draw(st.booleans()):
        here[draw(st.sampled_from(["operation", "columns", "colum", "into", "reason"]))] = here.pop(name)
    else:
        here[name] = draw(VALUES)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return setting_of(customers(60), "churned", None)


def judged(text: str, setting: Setting) -> float:
    """Judge a document as far as no rows are needed, hold the promises about findings, and return the seconds."""
    started = time.perf_counter()
    plan, findings = parse("FeaturePlan", text)
    if plan is not None:
        _, findings = check_features(plan, setting.schema, setting.task, rows=60)
    seconds = time.perf_counter() - started
    assert plan is not None or any(found.refuses for found in findings)
    for found in findings:
        assert found.code in CODES
        canonical_json(found).decode("utf-8")
        assert "\n" not in found.sentence()
    if plan is not None:
        assert differences(plan, plan) == ()
        document = plan.to_json()
        mended, taken = take_mends(document, findings)
        assert (mended != document) == bool(taken)
    return seconds


def _all_random_documents(setting: Setting, count: int) -> None:
    seconds: list[float] = []

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(text=documents())
    def check(text: str) -> None:
        seconds.append(judged(text, setting))

    check()
    assert len(seconds) >= count / 2
    assert statistics.median(seconds) < 0.05


def test_random_documents_give_findings(setting):
    _all_random_documents(setting, 400)


@pytest.mark.slow
def test_ten_thousand_random_documents_give_findings(setting):
    _all_random_documents(setting, 10_000)


def test_random_documents_are_judged_at_all_gates(setting):
    """The whole of `planfit check`, rows included."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(text=documents())
    def check(text: str) -> None:
        plan, findings = parse("FeaturePlan", text)
        made = setting.judge_plan(plan) if plan is not None else setting.refused(json_or_none(text), findings)
        assert plan is not None or not made.accepted
        assert made.gates

    check()


def json_or_none(text: str) -> Any:
    from planfit.plans.json_text import read_json

    return read_json(text)[0]
