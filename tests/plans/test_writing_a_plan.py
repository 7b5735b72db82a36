"""The page on writing plans by hand: its plans hold, its code runs, its commands exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from planfit.agent.checking import Setting, setting_of
from planfit.testing.customers import customers

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "writing-a-plan.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return setting_of(customers(), "churned", None)


@pytest.mark.parametrize("text", blocks("json"))
def test_each_plan_is_accepted(setting, text):
    judged = setting.judge(json.loads(text))
    assert (judged.accepted, [found.sentence() for found in judged.findings]) == (True, [])


def test_the_wrong_plan_has_three_mistakes_that_are_mended(planfit_, tmp_path):
    (text,) = blocks("json wrong")
    (tmp_path / "plan.json").write_text(text)
    customers().to_csv(tmp_path / "customers.csv", index=False)
    found = planfit_("check", "plan.json", "customers.csv", "--json").document["findings"]
    assert [finding["code"] for finding in found] == ["unknown-operation", "unknown-column", "no-effect"]
    assert planfit_("check", "plan.json", "customers.csv", "--fix").code == 0


def test_commands_and_code_run_in_the_order_of_the_page(planfit_, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan, other = blocks("json")[:2]
    (tmp_path / "plan.json").write_text(plan)
    (tmp_path / "other.json").write_text(other)
    names: dict[str, object] = {}
    for kind, text in re.findall(r"^```(python|sh)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        if kind == "python":
            exec(compile(text, "writing-a-plan.md", "exec"), names)  # noqa: S102 - the page is ours
            continue
        words = re.findall(r'"[^"]*"|\S+', text)
        if words[1] != "run":  # a run is tried elsewhere
            assert planfit_(*(word.strip('"') for word in words[1:])).code == 0, text
    assert len(names["scores"]) == 5
    assert len(names["features"]) == 300


def test_links_lead_somewhere():
    for page in (DOCS / "writing-a-plan.md", DOCS / "operations" / "README.md"):
        for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).is_file(), link
