"""check, apply and diff."""

from __future__ import annotations

import json
from pathlib import Path

import joblib
import pandas as pd
import pytest

from planfit.testing.customers import customers

SEED_PLAN = {
    "transformations": [
        {"column": "age", "operation": "standard_scale"},
        {"column": "category", "operation": "one_hot_encode"},
        {"columns": ["feature_a", "feature_b"], "operation": "polynomial_features", "degree": 2},
    ]
}
STEP = {"column": "age", "operation": "standard_scale"}
WRONG = [
    ([{**STEP, "column": "category"}], "kind-not-accepted"),
    ([{**STEP, "column": "agee"}], "unknown-column"),
    ([{**STEP, "operation": "standard_scal"}], "unknown-operation"),
    ([{"column": "y", "operation": "one_hot_encode"}], "target-used"),
    ([{"columns": ["feature_a"], "operation": "polynomial_features", "degree": 99}], None),
    ([{"operation": "standard_scale"}], None),
    ([{**STEP, "x": 1}], None),
    ([{"column": "age", "operation": "drop"}, STEP], None),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    lines = [f"{20 + i % 60},{'uvw'[i % 3]},{i / 7:.3f},{(i * 37 % 11) / 3:.3f},{i % 2}" for i in range(120)]
    path.write_text("age,category,feature_a,feature_b,y\n" + "\n".join(lines) + "\n")
    return path


def test_the_documented_plan_is_accepted_as_it_stands(planfit_, table, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(SEED_PLAN))
    checked = planfit_("check", tmp_path / "plan.json", table, "--target", "y")
    assert (checked.code, checked.err) == (0, "")
    assert "accepted" in checked.out
    assert planfit_("check", tmp_path / "plan.json", table, "--json").document == {
        "accepted": True, "findings": [], "gates": ["document", "schema", "sample", "data"],
    }  # fmt: skip


@pytest.mark.parametrize(("steps", "code"), WRONG)
def test_a_wrong_plan_gets_findings_and_exit_code_one(planfit_, table, tmp_path, steps, code):
    (tmp_path / "plan.json").write_text(json.dumps({"transformations": steps}))
    checked = planfit_("check", tmp_path / "plan.json", table, "--target", "y", "--json")
    assert (checked.code, checked.err) == (1, "")
    document = checked.document
    assert document["accepted"] is False
    errors = [finding for finding in document["findings"] if finding["severity"] == "error"]
    assert errors
    assert all(finding["path"].startswith("/transformations") and finding["message"] for finding in errors)
    assert code is None or code in {finding["code"] for finding in errors}
    assert "refused" in planfit_("check", tmp_path / "plan.json", table, "--target", "y").out


def test_all_mistakes_are_found_at_once(planfit_, table, tmp_path):
    steps = [{**STEP, "column": "agee"}, {**STEP, "column": "category"}, {"column": "y", "operation": "one_hot_encode"}]
    (tmp_path / "plan.json").write_text(json.dumps({"transformations": steps}))
    found = planfit_("check", tmp_path / "plan.json", table, "--target", "y", "--json").document["findings"]
    places = {finding["path"].split("/")[2] for finding in found if finding["severity"] == "error"}
    assert places == {"0", "1", "2"}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '{"transformation": []}', '{"transformations": 3}'])
def test_what_is_no_plan_is_refused(planfit_, table, tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    checked = planfit_("check", tmp_path / "plan.json", table, "--json")
    assert checked.code == 1
    assert checked.document["findings"]


def test_a_check_of_what_is_not_there_is_refused(planfit_, table, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(SEED_PLAN))
    planfit_("check", tmp_path / "none.json", table).refuses(2, "none.json")
    planfit_("check", tmp_path / "plan.json", tmp_path / "none.csv").refuses(2, "none.csv")
    planfit_("check", tmp_path / "plan.json", table, "--target", "yy").refuses(2, "'yy'")
    planfit_("check", tmp_path, table).refuses(2, "cannot be read")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"operation": "expression", "expression": "age /", "into": "m"}, "an operand of Div is missing"),
        ({"operation": "expression", "expression": "AVG(age)", "into": "m"}, "it looks at more rows than one"),
        ({"operation": "expression", "expression": "age", "into": "m", "columns": ["age"]}, "is not taken"),
        ({"column": "code", "operation": "standard_scale"}, "'code', an identifier column. Allowed"),
    ],
)
def test_findings_are_in_the_readers_words(planfit_, tmp_path, step, said):
    lines = [f"P-{i:05d},{20 + i % 60}" for i in range(120)]
    (tmp_path / "t.csv").write_text("code,age\n" + "\n".join(lines) + "\n")
    checked = planfit_("check", write(tmp_path / "plan.json", step), tmp_path / "t.csv")
    assert checked.code == 1
    assert said in checked.out
    assert "<class" not in checked.out


def test_what_an_operation_does_not_take_is_left_out_by_a_mend(planfit_, table, tmp_path):
    step = {"operation": "expression", "expression": "age * 2", "into": "m"}
    plan = write(tmp_path / "plan.json", {**step, "columns": ["age"]})
    assert planfit_("check", plan, table, "--fix").document["transformations"] == [step]


def test_a_comma_too_many_is_named(planfit_, table, tmp_path):
    (tmp_path / "plan.json").write_text('{"transformations": [{"column": "age", "operation": "drop"},\n]}')
    assert "Leave out the comma before the closing bracket." in planfit_("check", tmp_path / "plan.json", table).out


def write(path: Path, *steps: dict[str, object]) -> Path:
    path.write_text(json.dumps({"transformations": steps}))
    return path


def test_a_refused_plan_says_at_which_gate(planfit_, table, tmp_path):
    plan = write(tmp_path / "plan.json", {**STEP, "operation": "standard_scal"}, {**STEP, "column": "agee"})
    checked = planfit_("check", plan, table)
    assert checked.out.splitlines()[-1] == "The plan is refused at gate schema: 2 errors."
    assert planfit_("check", plan, table, "--json").document["gates"] == ["document", "schema"]


# check --fix


def test_a_plan_is_mended(planfit_, table, tmp_path):
    plan = write(
        tmp_path / "plan.json", {**STEP, "operation": "StandardScaler"}, {"columns": "catgory", "operation": "drop"}
    )
    before = plan.read_text()
    right = {"transformations": [STEP, {"columns": ["category"], "operation": "drop"}]}
    fixed = planfit_("check", plan, table, "--fix")
    assert (fixed.code, fixed.document) == (0, right)
    assert "2 mends taken. The plan is accepted" in fixed.err
    assert plan.read_text() == before
    silent = planfit_("check", plan, table, "--fix", "--json", "--out", plan)
    assert (silent.code, silent.err) == (0, "")
    assert [finding["code"] for finding in silent.document["mended"]] == ["unknown-operation", "unknown-column"]
    assert silent.document["plan"] == json.loads(plan.read_text()) == right
    assert planfit_("check", plan, table).code == 0


def test_what_cannot_be_mended_stays_a_finding(planfit_, table, tmp_path):
    plan = write(tmp_path / "plan.json", {**STEP, "operation": "StandardScaler"}, {**STEP, "column": "category"})
    fixed = planfit_("check", plan, table, "--fix")
    assert fixed.code == 1
    assert fixed.document["transformations"][0] == STEP
    assert "error kind-not-accepted: /transformations/1/column" in fixed.err


def test_there_is_nothing_to_mend_in_what_is_no_json(planfit_, table, tmp_path):
    (tmp_path / "plan.json").write_text("{")
    planfit_("check", tmp_path / "plan.json", table, "--fix", "--out", "new.json").refuses(2, "not JSON")
    planfit_("check", tmp_path / "plan.json", table, "--out", "new.json").refuses(2, "--fix")
    assert not (tmp_path / "new.json").exists()


# apply


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_plan_is_applied(planfit_, table, tmp_path, ending):
    plan = write(tmp_path / "plan.json", STEP, {"column": "category", "operation": "one_hot_encode"})
    out = tmp_path / f"features.{ending}"
    applied = planfit_("apply", plan, table, "--out", out, "--target", "y")
    assert (applied.code, applied.out) == (0, "")
    assert "120 rows of 7 columns" in applied.err
    made = pd.read_csv(out) if ending == "csv" else pd.read_parquet(out)
    assert list(made) == ["age", "category=u", "category=v", "category=w", "feature_a", "feature_b", "y"]
    assert made["age"].mean() == pytest.approx(0, abs=1e-9)
    raw = pd.read_csv(table)
    again = joblib.load(tmp_path / "features.pipeline.joblib").transform(raw)
    pd.testing.assert_frame_equal(again, made.drop(columns="y"), check_dtype=False)
    assert list(made["y"]) == list(raw["y"])


def test_rows_without_a_target_are_left_out_and_told(planfit_, tmp_path):
    frame = pd.DataFrame({"a": range(40), "b": ["u", "v"] * 20, "y": [0, 1, 1, None] * 10})
    frame.to_csv(tmp_path / "table.csv", index=False)
    plan = write(tmp_path / "plan.json", {"column": "b", "operation": "target_encode"})
    applied = planfit_(
        "apply", plan, "table.csv", "--out", "f.csv", "--target", "y", "--json", "--pipeline", "p.joblib"
    )
    document = applied.document
    assert (document["rows"], document["left_out"], document["columns"]) == (30, 10, 3)
    assert Path(document["pipeline"]) == tmp_path / "p.joblib"
    assert pd.read_csv("f.csv")["a"].tolist() == [row for row in range(40) if row % 4 != 3]


def test_applying_refuses_before_anything_is_written(planfit_, table, tmp_path):
    plan = write(tmp_path / "plan.json", STEP)
    wrong = write(tmp_path / "wrong.json", {**STEP, "column": "agee"})
    target = write(tmp_path / "target.json", {"column": "category", "operation": "target_encode"})
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    planfit_("apply", plan, table, "--out", table).refuses(2, "made from")
    planfit_("apply", plan, table, "--out", "f.csv", "--pipeline", plan).refuses(2, "made from")
    planfit_("apply", plan, table, "--out", "f.csv", "--pipeline", "f.csv").refuses(2, "written already")
    planfit_("apply", plan, table, "--out", "f.xlsx").refuses(2, ".xlsx")
    planfit_("apply", plan, table, "--out", "no/f.csv").refuses(2, "no folder")
    planfit_("apply", wrong, table, "--out", "f.csv").refuses(1, "'age'")
    planfit_("apply", target, table, "--out", "f.csv").refuses(2, "--target")
    planfit_("apply", plan, table, "--out", "f.csv", "--numeric").refuses(2, "target")
    planfit_("apply", plan, table).refuses(2, "--out")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_the_plan_leaves_can_be_made_numbers(planfit_, tmp_path):
    customers(120).to_csv("customers.csv", index=False)
    plan = write(tmp_path / "plan.json", STEP)
    assert planfit_("apply", plan, "customers.csv", "--out", "f.parquet", "--target", "churned", "--numeric").code == 0
    made = pd.read_parquet("f.parquet").drop(columns="churned")
    assert {dtype.kind for dtype in made.dtypes} == {"f"}
    assert not made.isna().any(axis=None)


# diff


def test_two_plans_are_compared_in_words(planfit_, tmp_path):
    old = write(tmp_path / "old.json", STEP)
    new = write(
        tmp_path / "new.json",
        {"columns": ["age", "income"], "operation": "standard_scale"},
        {"column": "city", "operation": "target_encode"},
    )
    compared = planfit_("diff", old, new)
    assert (compared.code, compared.err) == (0, "")
    assert compared.out == "adds target_encode on city\nstandard_scale now also on income\n"
    assert [each["change"] for each in planfit_("diff", old, new, "--json").document] == ["added", "columns_added"]
    assert planfit_("diff", old, old).out == "Both plans do the same.\n"
    assert planfit_("diff", old, old, "--json").document == []


def test_only_feature_plans_are_compared(planfit_, tmp_path):
    plan = write(tmp_path / "plan.json", STEP)
    (tmp_path / "no.json").write_text('{"candidates": []}')
    planfit_("diff", plan, tmp_path / "none.json").refuses(2, "none.json")
    planfit_("diff", tmp_path / "no.json", plan).refuses(2, "no feature plan")
