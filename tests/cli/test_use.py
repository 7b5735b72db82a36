"""predict and check."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def rows(trained):
    return trained.frame.drop(columns="churned").head(30)


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_predictions_go_in_and_out_in_every_format(on_run, its_home, rows, tmp_path, ending):
    data, out = tmp_path / f"new.{ending}", tmp_path / f"out.{ending}"
    if ending == "parquet":
        rows.to_parquet(data)
    else:
        rows.to_csv(data, index=False, sep="\t" if ending == "tsv" else ",")
    made = on_run("predict", "latest", data, "--out", out)
    assert (made.code, made.out) == (0, "")
    assert "30 rows written to" in made.err
    found = pd.read_parquet(out) if ending == "parquet" else pd.read_csv(out, sep="\t" if ending == "tsv" else ",")
    assert list(found.columns) == ["churned"]
    assert list(found["churned"]) == list(its_home.run.predict(rows))


def test_predictions_on_stdout_are_data_and_nothing_else(on_run, rows, tmp_path):
    rows.to_csv(tmp_path / "new.csv", index=False)
    made = on_run("predict", "latest", tmp_path / "new.csv", "--proba", "--keep", "customer,age")
    assert (made.code, made.err) == (0, "")
    found = pd.read_csv(io.StringIO(made.out))
    assert list(found.columns) == ["customer", "age", "No", "Yes"]
    assert list(found["customer"]) == list(rows["customer"])
    assert (found["No"] + found["Yes"]).to_numpy() == pytest.approx(1)


def test_columns_may_stand_in_any_order_with_others_and_new_values(on_run, its_home, rows, tmp_path):
    strange = rows.assign(city="Ulaanbaatar", more=1)[[*reversed(rows.columns), "more"]]
    strange.to_csv(tmp_path / "new.csv", index=False)
    made = on_run("predict", "latest", tmp_path / "new.csv")
    assert made.code == 0
    assert list(pd.read_csv(io.StringIO(made.out))["churned"]) == list(its_home.run.predict(strange))


def test_a_kept_target_stands_beside_the_prediction(on_run, its_home):
    made = on_run("predict", "latest", its_home.table, "--keep", "churned")
    assert list(pd.read_csv(io.StringIO(made.out)).columns) == ["churned", "churned_predicted"]


def test_bad_rows_are_refused(on_run, rows, tmp_path):
    lacking, empty = tmp_path / "lacking.csv", tmp_path / "empty.csv"
    rows.drop(columns="age").to_csv(lacking, index=False)
    rows.head(0).to_csv(empty, index=False)
    on_run("predict", "latest", lacking).refuses(2, "'age'")
    on_run("predict", "latest", empty).refuses(2, "no rows")
    on_run("predict", "latest", tmp_path / "none.csv").refuses(2, "There is no file")
    on_run("predict", "latest", tmp_path).refuses(2, "folder")


def test_bad_ways_of_writing_are_refused_and_nothing_is_written(on_run, rows, tmp_path):
    rows.to_csv(tmp_path / "new.csv", index=False)
    before = set(tmp_path.iterdir())
    on_run("predict", "latest", tmp_path / "new.csv", "--keep", "agee").refuses(2, "Did you mean 'age'?")
    on_run("predict", "latest", tmp_path / "new.csv", "--out", "x.xlsx").refuses(2, ".xlsx")
    on_run("predict", "latest", tmp_path / "new.csv", "--out", tmp_path / "no" / "x.csv").refuses(
        2, "cannot be written"
    )
    assert set(tmp_path.iterdir()) == before


def test_a_copied_bundle_is_loaded_by_its_maker_alone_unless_trusted(planfit_, its_home, rows, tmp_path, monkeypatch):
    shutil.copytree(its_home.run.path / "model", tmp_path / "copy")
    rows.to_csv(tmp_path / "new.csv", index=False)
    own = planfit_("predict", tmp_path / "copy", tmp_path / "new.csv")
    assert own.code == 0
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path / "another"))
    planfit_("predict", tmp_path / "copy", tmp_path / "new.csv").refuses(1, "--trust")
    trusted = planfit_("predict", tmp_path / "copy", tmp_path / "new.csv", "--trust")
    assert trusted == own


def test_a_damaged_model_is_not_loaded_even_when_trusted(planfit_, its_home, rows, tmp_path):
    shutil.copytree(its_home.run.path / "model", tmp_path / "copy")
    model = tmp_path / "copy" / "model.joblib"
    model.chmod(0o644)
    model.write_bytes(model.read_bytes()[:-1] + b"?")
    rows.to_csv(tmp_path / "new.csv", index=False)
    planfit_("predict", tmp_path / "copy", tmp_path / "new.csv", "--trust").refuses(1, "model.joblib")


# check

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
    assert planfit_("check", tmp_path / "plan.json", table, "--json").document == {"accepted": True, "findings": []}


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
