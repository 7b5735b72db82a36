"""The report as a reader sees it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from tests.report import conftest as made

from planfit.report import words
from planfit.report.facts import facts_of
from planfit.report.markdown import render

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", ["whole", "regression"])
def test_snapshot(name: str) -> None:
    """Set UPDATE_SNAPSHOTS=1 to write them anew, and read what changed."""
    text = render(facts_of(made.Synthetic(getattr(made, name)())))
    path = SNAPSHOTS / f"{name}.md"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_only_times_differ_between_equal_runs() -> None:
    one = render(facts_of(made.Synthetic(made.whole(), seconds=10.0)))
    two = render(facts_of(made.Synthetic(made.whole(), seconds=99.0)))
    differing = [line for line, other in zip(one.splitlines(), two.splitlines(), strict=True) if line != other]
    assert differing == ["10.0 s in all. Work by stage (jobs side by side are added up):"]


def test_nothing_of_a_user_or_planner_is_obeyed(reader: made.Synthetic) -> None:
    text = render(facts_of(reader))
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert "<img" not in html
    headings = [token.content for token in MarkdownIt().parse(text) if token.type == "inline" and token.level == 1]
    assert not any(heading == "not a heading" for heading in headings)


def test_every_row_of_a_table_has_its_cells(reader: made.Synthetic) -> None:
    html = MarkdownIt("commonmark").enable("table").render(render(facts_of(reader)))
    for block in html.split("<table>")[1:]:
        inside = block.split("</table>")[0]
        head = inside.split("</thead>")[0].count("<th")
        rows = inside.split("<tr>")[2:]
        assert rows
        assert all(row.count("<td") == head - 1 or row.count("<td") == head for row in rows)
        assert "<p>|" not in block


def test_values_of_personal_columns_are_not_shown(reader: made.Synthetic) -> None:
    text = render(facts_of(reader))
    assert "Abernathy" not in text
    assert "`surname` (name)" in text


def test_a_personal_target_shows_no_class() -> None:
    bodies = made.whole()
    personal = made.task(target="surname", classes=("Abernathy", "Zimmer"), positive_class="Zimmer")
    bodies = [made.step("task", "task", personal) if getattr(body, "name", "") == "task" else body for body in bodies]
    text = render(facts_of(made.Synthetic(bodies)))
    assert "Zimmer" not in text
    assert "Abernathy" not in text


def test_an_error_metric_is_praised_the_right_way_round() -> None:
    text = render(facts_of(made.Synthetic(made.regression())))
    assert "its RMSE is **23,457**, much better than the 81,234 of guessing" in text
    assert "predict_proba" not in text
    assert "smaller" in text


def test_a_run_without_model_says_how_to_go_on() -> None:
    text = render(facts_of(made.Synthetic(made.preparation())))
    assert "planfit resume 20260101-120000-abcd" in text
    assert "No model has been delivered yet." in text


def test_every_metric_has_its_sentence() -> None:
    from planfit.models.metrics import METRICS

    assert set(METRICS) <= set(words.METRIC_SENTENCES)
    assert set(METRICS) <= set(words.METRIC_NAMES)


@pytest.mark.parametrize(
    ("value", "baseline", "greater", "said"),
    [
        (0.49, 0.5, True, "no better than"),
        (0.52, 0.5, True, "barely better than"),
        (0.6, 0.5, True, "somewhat better than"),
        (0.999, 0.5, True, "almost perfect, against"),
        (0.2, 0.69, False, "much better than"),
        (0.0, 0.0, False, "no better than"),
    ],
)
def test_grades(value: float, baseline: float, greater: bool, said: str) -> None:
    assert words.grade(value, baseline, greater) == said
