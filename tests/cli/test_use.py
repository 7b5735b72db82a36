"""predict."""

from __future__ import annotations

import io
import shutil

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
