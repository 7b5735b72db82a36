"""The page: told from the same facts, closed to the world, and deaf to what users, cells and planners wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.report import conftest as made
from tests.report.insights import of_classes, of_numbers

from planfit.records.canonical import plain
from planfit.report import markdown
from planfit.report.drawing.plots import drawn, wanted
from planfit.report.facts import facts_of
from planfit.report.look import POLICY
from planfit.report.page.whole import render
from planfit.report.run_facts import RunFacts

TAGS = """html head meta title style body main header nav section div p h1 h2 h3 ul ol li a b em small code pre span table
thead tbody tr th td details summary figure figcaption svg g path defs clippath rect use text line circle"""
FREE = """sentence because rationale reason detail message hint allowed stop_because column columns classes positive_class
target what operation plan task_rationale warnings beware evidence personal family nearest"""
"""Fields that hold what a user, a cell or a planner wrote."""
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \" onload=alert(3) ' </style><svg onload=alert(4)> "
    "</pre></table>\u202e\u0000 $\\frac{a}{b}$ ]]> <!-- javascript:alert(5) http://evil.example/x &lt;b&gt; `<i>` url(evil)"
)


class Parsed(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def whole(facts: RunFacts) -> str:
    plots, _ = drawn(list(wanted(facts)), lambda: False)
    return render(facts, plots)


def binary(**changes: Any) -> RunFacts:
    facts = facts_of(made.Synthetic(made.whole()))
    assert facts.task is not None
    return facts.having(insight=of_classes(facts.task), **changes)


def judge(page: str) -> Parsed:
    """Nothing but known elements; no event, no script, nothing from elsewhere; every link leads to a place that is there."""
    parsed = Parsed(page)
    assert not parsed.open
    assert {tag for tag, _ in parsed.tags} <= set(TAGS.split())
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids)) or all(ids.count(name) == 1 for name in ids if re.fullmatch(r"d\d+", name or ""))
    for tag, attributes in parsed.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert not {"src", "srcset", "action", "formaction", "data", "poster", "xlink:href"} & set(attributes)
        if "href" in attributes:
            link = attributes["href"] or ""
            assert link.startswith("#"), link
            assert link[1:] in ids, link
        style = attributes.get("style") or ""
        assert not [found for found in re.findall(r"url\(([^)]*)\)", style) if not found.startswith("#")]
    policies = [
        a["content"] for tag, a in parsed.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [POLICY]
    assert len([tag for tag, _ in parsed.tags if tag == "style"]) == 1
    return parsed


def hostile_facts() -> RunFacts:
    """The facts of a run in which every text of a user, cell or planner is hostile, some of them very long."""
    facts = binary()
    long = "x" * 10_000 + HOSTILE

    def poison(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: poison(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [poison(item, key) for item in value]
        if isinstance(value, str) and key in FREE.split():
            return f"{long if key in ('rationale', 'message') else HOSTILE}{value}"
        return value

    document = plain(facts)
    insight = document.pop("insight")
    poisoned = poison(document)
    poisoned["data"]["ref"]["origin"] = poisoned["split"]["rule"] = HOSTILE
    for group in insight["slices"]["worst"]:
        group.update(column=HOSTILE, label=long)
    for each in insight["dependence"]:
        each.update(column=HOSTILE, at=[f"{HOSTILE}{value}" for value in each["at"]])
    return RunFacts.model_validate({**poisoned, "insight": insight, "insight_failed": HOSTILE})


def test_a_page_of_known_elements_only() -> None:
    parsed = judge(whole(binary()))
    assert sum(tag == "figure" for tag, _ in parsed.tags) == 7


def test_hostile_texts_never_become_markup() -> None:
    parsed = judge(whole(hostile_facts()))
    told = "".join(parsed.texts)
    assert "<script>alert(1)</script>" in told, "shown as text"
    assert "\u202e" not in told
    assert "\x00" not in told


def test_hostile_texts_never_become_markup_in_a_plot_of_its_own() -> None:
    plots, _ = drawn(list(wanted(hostile_facts())), lambda: False)
    for plot in plots:
        tags = {tag for tag, _ in Parsed(plot.alone()).tags}
        assert tags <= {"svg", "style", "g", "path", "defs", "clippath", "rect", "use", "text"}, plot.name


def test_every_sentence_of_the_story_leads_to_its_entry() -> None:
    facts = binary()
    parsed = judge(whole(facts))
    links = {attributes["href"] for tag, attributes in parsed.tags if tag == "a"}
    assert {f"#{told.id}" for told in facts.story} <= links


@pytest.mark.parametrize("events", range(1, len(made.whole()) + 1))
def test_every_moment_of_a_run_has_a_page(events: int) -> None:
    facts = facts_of(made.Synthetic(made.whole()[:events]))
    page = whole(facts) if events == len(made.whole()) else render(facts)
    judge(page)
    assert "None" not in "".join(Parsed(page).texts)


def test_equal_facts_give_equal_bytes() -> None:
    assert whole(binary()) == whole(binary())


def test_values_of_personal_columns_are_not_shown() -> None:
    page = whole(binary())
    assert "Abernathy" not in page
    assert "surname" in page


def test_several_classes_and_numbers_have_their_own_plots() -> None:
    three = made.task(task_type="multiclass", classes=("a", "b", "c"), positive_class=None, metric="log_loss")
    bodies = [made.step("task", "task", three) if getattr(b, "name", "") == "task" else b for b in made.whole()]
    facts = facts_of(made.Synthetic(bodies)).having(insight=of_classes(three))
    names = [plot.name for plot in drawn(list(wanted(facts)), lambda: False)[0]]
    assert names[:3] == ["roc", "calibration", "precision_recall"]
    assert "Confused most often" in whole(facts)
    numbers = facts_of(made.Synthetic(made.regression())).having(insight=of_numbers())
    names = [plot.name for plot in drawn(list(wanted(numbers)), lambda: False)[0]]
    assert names == ["predicted_actual", "deciles", "residuals", "dependence_1"]
    judge(whole(numbers))


def test_plots_for_which_there_is_no_time_are_said_to_be_missing() -> None:
    facts = binary()
    pending = list(wanted(facts))
    asked = iter([False, False, True])
    plots, tried = drawn(pending, lambda: next(asked))
    assert (len(plots), tried) == (2, 2)
    page = render(facts, plots, len(pending) - tried)
    assert f"There was no time to draw {len(pending) - 2} plots" in page


def test_markdown_names_the_plots_that_lie_beside_it() -> None:
    facts = binary()
    plots, _ = drawn(list(wanted(facts)), lambda: False)
    text = markdown.render(facts, plots)
    for plot in plots:
        assert f"](plots/{plot.name}.svg)" in text


def test_hostile_texts_stay_text_in_markdown() -> None:
    from markdown_it import MarkdownIt

    facts = hostile_facts()
    html = MarkdownIt("commonmark").enable("table").render(markdown.render(facts))
    assert not {tag for tag, _ in Parsed(html).tags} & {"script", "svg", "img", "style", "i"}


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("facts", [binary, hostile_facts], ids=["plain", "hostile"])
@pytest.mark.parametrize("width", [400, 1400])
def test_no_page_is_wider_than_its_window(facts: Any, width: int, tmp_path: Any) -> None:
    """A frame of the given width around the page writes down how wide its content is and which scripts ran."""
    probe = (
        "<script>onload=()=>{const d=document.getElementById('f').contentDocument;"
        "document.title=d.documentElement.scrollWidth+' '+d.scripts.length+' '+d.querySelectorAll('figure').length}</script>"
    )
    (tmp_path / "report.html").write_text(whole(facts()), encoding="utf-8")
    frame = f"<iframe id=f src=report.html style='width:{width}px;height:900px;border:0'></iframe>"
    (tmp_path / "around.html").write_text(f"<!DOCTYPE html><title>-</title>{probe}{frame}", encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        "--window-size=1500,1000",
    ]
    home = f"--user-data-dir={tmp_path / 'profile'}"
    address = (tmp_path / "around.html").as_uri()
    done = subprocess.run(
        ["chromium", *options, home, "--virtual-time-budget=4000", "--dump-dom", address],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    found = re.search(r"<title>(\d+) (\d+) (\d+)</title>", done.stdout)
    if found is None:
        pytest.skip("Chromium does not start here")
    across, scripts, figures = map(int, found.groups())
    assert across <= width
    assert scripts == 0
    assert figures == 7


def test_a_plot_that_cannot_be_drawn_costs_no_report() -> None:
    from planfit.report.drawing.plots import drawn

    def breaks() -> None:
        raise ValueError("'yerr' must not contain negative values")

    assert drawn([breaks], lambda: False) == ([], 1)
