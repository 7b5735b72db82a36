"""The command that looks at a table without training, and the page that it writes."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.profiling import DataProfile
from planfit.report.profile_page import MOST_COLUMNS

VOID = {"meta", "rect", "br"}


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    rng = np.random.default_rng(1)
    rows = 240
    age = rng.integers(18, 90, rows)
    frame = pd.DataFrame(
        {
            "mail": [f"user{k}@secret.example" for k in range(rows)],
            "surname": [f"Meier{k}" for k in range(rows)],
            "age": age,
            "co": np.where(np.arange(rows) % 12 == 0, -200.0, rng.normal(5, 1, rows).round(2)),
            "city <b>": rng.choice(["Rome & co", "Oslo", "<script>alert(1)</script>"], rows),
            "joined": [str(day)[:10] for day in pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D")],
            "left": np.where(age + rng.normal(0, 9, rows) > 54, "yes", "no"),
        }
    )  # fmt: skip
    frame["left_code"] = np.where(frame["left"] == "yes", "X9", "X3")
    path = tmp_path_factory.mktemp("table") / "people.csv"
    frame.to_csv(path, index=False)
    return path


class Page(HTMLParser):
    """Collects what a page opens, closes and refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_terminal_shows_columns_and_warnings(planfit_, table):
    shown = planfit_("profile", table)
    assert (shown.code, shown.err) == (0, "")
    for words in (
        "240 rows, 8 columns",
        "numeric",
        "age",
        "(personal: e-mail; not shown)",
        "disguised-missing",
        "-200",
    ):
        assert words in shown.out
    assert "secret.example" not in shown.out
    assert "Target" not in shown.out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_the_width(planfit_, table, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    shown = planfit_("profile", table, "--target", "left")
    assert max(map(len, shown.out.splitlines())) <= width
    assert all(name in shown.out for name in ("surname", "left_code", "leak-suspected"))


def test_json_is_one_document_and_nothing_else(planfit_, table):
    shown = planfit_("profile", table, "--target", "left", "--json")
    assert (shown.code, shown.err) == (0, "")
    document = json.loads(shown.out)
    again = DataProfile.model_validate(document)
    assert again == planfit.profile(table, "left")
    assert again.target is not None
    assert again.split is not None
    assert again.target.rows == again.split.training_rows == 192
    assert ("left_code",) in [leak.columns for leak in again.target.leaks]
    assert {entry.column for entry in again.target.associations} >= {"age", "co"}
    assert "secret.example" not in shown.out


def test_without_a_target_there_is_none(planfit_, table):
    document = planfit_("profile", table, "--json").document
    assert (document["target"], document["task"], document["split"]) == (None, None, None)
    assert document["profile"]["rows"] == 240


def test_the_target_is_seen_on_training_rows_as_a_run_divides_them(table, tmp_path):
    found = planfit.profile(table, "left", seed=3)
    run = planfit.run(table, "Predict left", target="left", seed=3, max_candidates=1, models=["linear"], store=tmp_path)
    split = json.loads((run.path / "events.jsonl").read_text().split('"name":"split"', 1)[1].split('"result":', 1)[1].split("}", 1)[0] + "}")  # fmt: skip
    assert found.split is not None
    assert split["training_rows"] == found.split.training_rows
    profiled = run._reader.find("step_finished", name="target_profile")
    assert found.target is not None
    assert profiled.result["associations"] == found.target.to_json()["associations"]


def test_the_page_is_whole_and_needs_nothing_else(planfit_, table, tmp_path):
    path = tmp_path / "page.html"
    shown = planfit_("profile", table, "--target", "left", "--html", path)
    assert shown.code == 0
    assert str(path) in shown.err
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    assert not [value for name, value in page.attributes if name in ("src", "href") or name.startswith("on")]
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "city &lt;b&gt;" in text
    assert "secret.example" not in text
    assert "Meier" not in text
    for words in ("leak-suspected", "disguised-missing", "prefers-color-scheme", "<svg", "What each column alone says"):
        assert words in text
    assert text.index("What to look at") < text.index("<h2>Columns")


def test_the_page_of_a_wide_table_stays_small(table):
    wide = planfit.profile(pd.DataFrame(np.random.default_rng(0).normal(size=(40, MOST_COLUMNS + 100))))
    text = wide.to_html()
    assert text.count('<div class="card') == MOST_COLUMNS + 1
    assert "and 100 more columns" in text


def test_the_same_table_gives_the_same_bytes(table):
    one, two = planfit.profile(table, "left"), planfit.profile(table, "left")
    assert one.model_dump_json() == two.model_dump_json()
    assert one.to_html() == two.to_html()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--target", "lefft"], ["no column 'lefft'", "left"]),
        (["--target", "mail"], ["mail"]),
        (["--target", "left", "--task-type", "ranking"], ["ranking", "binary"]),
        (["--task-type", "binary"], ["without a target", "--target"]),
        (["--target", "left", "--task-type", "regression"], ["left"]),
        (["--html", "missing/folder/page.html"], ["no folder", "page.html"]),
        (["--html", "."], ["no file"]),
        (["--seed", "many"], ["seed"]),
    ],
)
def test_what_cannot_be_is_refused(planfit_, table, more, words):
    planfit_("profile", table, *more).refuses(2, *words)


def test_a_missing_file_is_refused_and_no_page_is_left(planfit_, tmp_path):
    planfit_("profile", tmp_path / "none.csv", "--html", tmp_path / "page.html").refuses(2, "none.csv")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_page_without_permission_is_refused(planfit_, table, tmp_path):
    tmp_path.chmod(0o500)
    planfit_("profile", table, "--html", tmp_path / "page.html").refuses(2, "permission")


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [None, None], "b": ["x", "y"]})])
def test_tables_too_small_for_a_run_have_a_profile(frame):
    found = planfit.profile(frame)
    assert found.profile.rows == len(frame)
    assert found.to_html().startswith("<!DOCTYPE html>")
