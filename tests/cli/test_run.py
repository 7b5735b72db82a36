"""planfit run: the document, what is refused before a run exists, and the question."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from planfit.agent.scope import refuse_what_is_not_done


@pytest.fixture
def table(trained, tmp_path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_bytes(trained.table.read_bytes())
    return path


def test_a_run_prints_one_json_document_and_talks_on_stderr(planfit_, table, tmp_path):
    done = planfit_("run", table, "Predict churned", "--max-candidates", 1, "--models", "linear", "--json", "--store", "runs",
                    "--table-format", "csv", "--exclude", "income", "--positive-class", "YES")  # fmt: skip
    assert done.code == 0, done.err
    document = done.document
    assert (document["status"], document["stop_reason"], document["candidates"]) == ("finished", "budget", 1)
    assert Path(document["path"]).parent == tmp_path / "runs"
    assert "linear" in done.err
    assert json.loads(Path(document["path"], "task.json").read_text())["positive_class"] == "Yes"
    assert "'income'" not in Path(document["artifacts"]["report"]).read_text()
    assert Path(document["path"], "features").exists() or document["delivered"]["candidate"]


def test_a_quiet_run_says_its_result_alone(planfit_, table):
    done = planfit_("run", table, "Predict churned", "--max-candidates", 1, "--models", "linear", "-q")
    assert (done.code, done.err) == (0, "")
    assert "planfit predict" in done.out


WRONG = [
    (["--target", "Churned"], "Did you mean 'churned'?"),
    (["--target", "weather"], "Its columns are: customer, age"),
    (["--exclude", "agee"], "Did you mean 'age'?"),
    (["--exclude", "churned", "--target", "churned"], "never a feature"),
    (["--metric", "roc_aucc"], "Did you mean 'roc_auc'?"),
    (["--metric", "rmse", "--target", "churned"], "rmse does not judge binary tasks."),
    (["--metric", "accuracy", "--task-type", "regression"], "accuracy does not judge"),
    (["--positive-class", "perhaps", "--target", "churned"], '--positive-class can be: "yes" or "no"'),
    (["--task-type", "regression", "--target", "city"], "A regression needs numbers"),
    (["--split", "sideways"], "time:COLUMN"),
    (["--split", "time"], "time:COLUMN"),
    (["--split", "group:town"], "no column 'town' (--split)"),
    (["--split", "time:city", "--target", "churned"], "A time split needs dates"),
    (["--holdout", "some"], "neither auto, none, a share nor a file"),
    (["--holdout", "7"], "between 0 and 0.9"),
    (["--time-limit", "3s"], "at least 5 seconds"),
    (["--time-limit", "soon"], "'soon' is not understood"),
    (["--memory-limit", "1MB"], "at least 300 MB"),
    (["--max-candidates", "0"], "at least 1"),
    (["--patience", "0"], "at least 1"),
    (["--seed", "-1"], "at least 0"),
    (["--models", "lightgmb"], "Did you mean 'lightgbm'?"),
    (["--planner", "oracle"], "no planner 'oracle'"),
    (["--features", "none.json"], "none.json"),
]


def _name(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else ""


@pytest.mark.parametrize(("options", "words"), WRONG, ids=_name)
def test_a_wrong_option_is_refused_and_leaves_no_run(planfit_, table, tmp_path, options, words):
    limits = ("--max-candidates", 1, "-q", "--json", "--store", "runs")
    planfit_("run", table, "Predict churned", *limits, *options).refuses(2, words)
    assert not list((tmp_path / "runs").glob("run_*"))


WRONG_FOR_ITS_TARGET = [
    (["--metric", "rmse"], "rmse does not judge binary tasks."),
    (["--positive-class", "perhaps"], '--positive-class can be: "yes" or "no"'),
    (["--split", "time:city"], "A time split needs dates"),
]


@pytest.mark.parametrize(("options", "words"), WRONG_FOR_ITS_TARGET, ids=_name)
def test_what_does_not_fit_the_target_of_the_sentence_is_refused_and_leaves_no_run(
    planfit_, table, tmp_path, options, words
):
    limits = ("--max-candidates", 1, "-q", "--json", "--store", "runs")
    planfit_("run", table, "Predict churned", *limits, *options).refuses(2, words)
    assert not list((tmp_path / "runs").glob("run_*"))


TABLES = {
    "one column": ("y\n" + "1\n0\n" * 20, "single column"),
    "one row": ("a,y\n1,2\n", "too few"),
    "header alone": ("a,b,y\n", "no rows"),
    "nothing": ("", "is empty"),
    "nothing known beside the target": ("a,b,y\n" + ",,1\n,,0\n" * 20, "nothing to learn from"),
    "identifiers alone": ("id,y\n" + "\n".join(f"k{i},{i % 2}" for i in range(50)), "identifier"),
    "the same target everywhere": (
        "a,y\n" + "\n".join(f"{i * i % 7},x" for i in range(50)),
        "has one value, 'x', in every row",
    ),
    "no target anywhere": ("a,b,y\n" + "\n".join(f"{i},{i * i % 7}," for i in range(50)), "has no values"),
    "a lone row of a class": ("a,y\n" + "\n".join(f"{i * i % 7},{'ab'[i == 3]}" for i in range(50)), "has 1 row of 50"),
    "a target beyond measure": ("a,y\n" + "\n".join(f"{i * i % 7},{i}e200" for i in range(1, 50)), "too large"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_do_is_refused_and_leaves_no_run(planfit_, tmp_path, name):
    content, words = TABLES[name]
    (tmp_path / "t.csv").write_text(content)
    planfit_(
        "run", "t.csv", "Predict y", "--target", "y", "--max-candidates", 1, "-q", "--json", "--store", "runs"
    ).refuses(2, words)
    assert not list((tmp_path / "runs").glob("run_*"))


@pytest.mark.parametrize(
    "content", [b"PAR1 cut off", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, bytes(range(256)) * 20]
)
def test_a_binary_file_is_refused(planfit_, tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    planfit_("run", "t.csv", "Predict y", "-q").refuses(2, "t.csv is")


def test_a_missing_file_a_folder_and_an_empty_sentence_are_refused(planfit_, table, tmp_path):
    planfit_("run", "custmers.csv", "Predict churned", "-q").refuses(2, "no file")
    planfit_("run", tmp_path, "Predict churned", "-q").refuses(2, "is a folder")
    planfit_("run", table, "  ", "-q").refuses(2, "description is empty")


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Cluster the customers", "Clustering"),
        ("Find clusters of similar customers", "Clustering"),
        ("Forecast the income for the next 12 months", "steps ahead"),
        ("Classify the images of products", "Images, audio and video"),
    ],
)
def test_what_planfit_does_not_do_is_refused_by_name(planfit_, table, sentence, words):
    planfit_("run", table, sentence, "-q").refuses(2, words)


@pytest.mark.parametrize(
    "sentence",
    ["Predict which customers leave in the next 3 months", "Predict cluster membership", "Forecast tomorrow's demand",
     "Predict the price of photos", "Classify banknotes from image statistics"],
)  # fmt: skip
def test_sentences_that_only_sound_like_it_are_not(sentence):
    refuse_what_is_not_done(sentence)


def test_a_store_that_cannot_be_written_is_refused(planfit_, table, tmp_path):
    (tmp_path / "file").write_text("")
    planfit_("run", table, "Predict churned", "-q", "--store", tmp_path / "file").refuses(2, "--store")


def test_an_unclear_sentence_is_answered_with_a_question_and_a_command_that_works(planfit_, table):
    limits = ("--max-candidates", 1, "--models", "linear", "--store", "runs", "--json")
    asked = planfit_("run", table.name, "Tell me something interesting", *limits)
    assert asked.code == 3
    document = asked.document
    assert document["status"] == "question"
    question = document["question"]
    assert question["text"]
    scores = [alternative["score"] for alternative in question["alternatives"]]
    assert scores == sorted(scores, reverse=True)
    assert {"target", "score", "evidence"} <= set(question["alternatives"][0])
    assert "hint:" in asked.err
    program, *command = shlex.split(question["commands"][0])
    assert program == "planfit"
    assert command[:3] == ["run", "customers.csv", "Tell me something interesting"], "the path as it was typed"
    assert command[command.index("--target") + 1] == question["alternatives"][0]["target"]
    assert planfit_(*command, *limits).code == 0
    assert [row["status"] for row in planfit_("runs", "--json", "--store", "runs").document] == ["finished", "question"]


def test_a_run_without_a_model_cannot_predict(planfit_, table):
    planfit_("run", table, "Tell me something interesting", "-q", "--store", "runs")
    planfit_("predict", "latest", table, "--store", "runs").refuses(2, "has no model yet")


def test_delivering_another_candidate_is_refused_in_a_sentence(on_run, planfit_, trained):
    on_run("deliver", "latest", "--candidate", "c099").refuses(2, "There is no candidate 'c099'", "c001")
    chosen = trained.run.summary.delivered["candidate"]
    on_run("deliver", "latest", "--candidate", chosen).refuses(2, "already")
    planfit_("run", trained.table, "Predict churned", "--deliver", "fast").refuses(2, "no way to deliver 'fast'")
    planfit_("run", trained.table, "Predict churned", "--deliver", "balanced").refuses(2, "--max-latency")
    planfit_("run", trained.table, "Predict churned", "--max-latency", "5ms").refuses(2, "--deliver balanced")
