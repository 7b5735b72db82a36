"""Commands about planfit itself, and what the command costs before it does anything."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from planfit import __version__
from planfit.testing.customers import customers

HEAVY = ("pandas", "polars", "sklearn", "lightgbm", "optuna", "pyarrow", "numpy", "scipy", "skrub", "joblib")


def test_operations_and_models_are_listed(planfit_):
    operations = planfit_("operations", "--json").document
    names = [row["operation"] if "operation" in row else next(iter(row.values())) for row in operations]
    assert {"standard_scale", "one_hot_encode", "polynomial_features", "target_encode", "tfidf"} <= set(names)
    families = planfit_("models", "--json").document
    assert {"baseline", "linear", "lightgbm", "random_forest"} <= {next(iter(row.values())) for row in families}
    assert "standard_scale" in planfit_("operations").out
    assert "lightgbm" in planfit_("models").out


def test_one_operation_is_shown_in_full_with_an_example_that_can_be_copied(planfit_, tmp_path):
    shown = planfit_("operations", "target_encode")
    assert (shown.code, shown.err) == (0, "")
    for words in (
        "shrunk to the overall mean",
        "and their targets, cross-fitted",
        "smooth: 'auto' or a number",
        "city_target",
    ):
        assert words in shown.out
    plan = shown.out[shown.out.index("{") :]
    assert json.loads(plan) == planfit_("operations", "target_encode", "--json").document["example"]
    (tmp_path / "plan.json").write_text(plan)
    customers().to_csv(tmp_path / "customers.csv", index=False)
    assert planfit_("check", "plan.json", "customers.csv", "--target", "churned").code == 0


def test_one_model_family_is_shown_in_full(planfit_):
    shown = planfit_("models", "lightgbm")
    assert "num_leaves: a whole number from 2 to 512 (default 39)" in shown.out
    assert planfit_("models", "lightgbm", "--json").document["example"]["candidates"][0]["family"] == "lightgbm"
    shown = planfit_("models", "catboost").out
    assert "leaf_estimation_iterations: a whole number from 1 to 20 (default the library's)" in shown
    assert "null" not in shown


def test_an_unknown_entry_is_a_usage_error(planfit_):
    planfit_("operations", "StandardScaler").refuses(2, "Did you mean 'standard_scale'?")
    planfit_("models", "light_gbm").refuses(2, "Did you mean 'lightgbm'?")
    planfit_("operations", "qqqq").refuses(2, "standard_scale")


@pytest.mark.parametrize("kind", ["TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan", "NextStep", "trace"])
def test_a_json_schema_is_printed(planfit_, kind):
    printed = planfit_("schema", kind)
    assert (printed.code, printed.err) == (0, "")
    assert "$schema" in printed.document or "properties" in printed.document or "$defs" in printed.document


def test_an_unknown_kind_of_schema_is_a_usage_error(planfit_):
    planfit_("schema", "features").refuses(2, "FeaturePlan")
    planfit_("schema", "qqqq").refuses(2, "There are: TaskPlan, FeaturePlan")


@pytest.mark.parametrize("kind", ["featureplan", "FEATUREPLAN", "feature_plan", "feature-plan"])
def test_the_kind_of_a_schema_may_be_written_in_any_case(planfit_, kind):
    assert planfit_("schema", kind).document == planfit_("schema", "FeaturePlan").document


def test_the_doctor_finds_a_worker_that_answers(planfit_, tmp_path):
    found = planfit_("doctor", "--json", "--store", tmp_path / "runs")
    assert found.code == 0, found
    entries = {entry["name"]: entry for entry in found.document}
    assert entries["worker"]["ok"]
    assert entries["store"]["ok"]
    assert not (tmp_path / "runs").exists()


def test_help_and_version(planfit_):
    helped = planfit_("--help")
    assert helped.code == 0
    for command in ("run", "demo", "runs", "show", "resume", "trace", "why", "why-not", "tried", "predict", "check", "apply", "diff",
                    "schema", "operations", "models", "doctor"):  # fmt: skip
        assert f" {command} " in helped.out
    assert planfit_("--version").out.strip() == __version__


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["run"], ["run", "x.csv"], ["show", "--nonsense"], ["tried", "--json=3"]]
)
def test_a_wrong_call_is_a_usage_error(planfit_, arguments):
    planfit_(*arguments).refuses(2, "--help")


def test_without_a_command_the_help_is_shown(planfit_):
    shown = planfit_()
    assert shown.code == 2
    assert "Usage" in shown.out + shown.err


@pytest.mark.parametrize("statement", ["import planfit", "import planfit.cli.main as m; m.main(['--help'])"])
def test_what_is_heavy_is_not_imported_for_nothing(statement):
    code = (
        "import sys, json, io, contextlib\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    try:\n"
        f"        exec({statement!r})\n"
        "    except SystemExit:\n"
        "        pass\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert "planfit" in loaded
    assert not set(HEAVY) & set(loaded)
