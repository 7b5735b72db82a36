"""Whatever a user, a cell or a planner wrote is shown as it is."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from planfit.report.escape import code, one_line, table, text

MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")
AWKWARD = st.text(alphabet=st.sampled_from("ab 1.)|`*_[]()<>&#!~\\-+=\n\"';:x"), max_size=30)


@given(AWKWARD)
def test_text_in_a_cell(value: str) -> None:
    lines = table(("name", "x"), [(text(value), "end")])
    html = MARKDOWN.render("\n".join(lines)).split("<tbody>")[1]
    cells = [unescape(cell.split("</td>")[0]) for cell in html.split("<td>")[1:]]
    assert cells == [one_line(value), "end"]


@given(AWKWARD)
def test_text_in_a_list(value: str) -> None:
    html = MARKDOWN.render(f"- {text(value)}\n")
    assert unescape(html.strip().removeprefix("<ul>\n<li>").removesuffix("</li>\n</ul>")) == one_line(value)


@given(AWKWARD)
def test_code_in_a_cell(value: str) -> None:
    if not one_line(value):
        assert code(value) == "(no name)"
        return
    lines = table(("name", "x"), [(code(value), "end")])
    html = MARKDOWN.render("\n".join(lines)).split("<tbody>")[1]
    first = html.split("<td>")[1].split("</td>")[0]
    assert unescape(first.removeprefix("<code>").removesuffix("</code>")) == one_line(value)


@pytest.mark.parametrize("value", ["\u202egnp.exe", "a\u200bb", "a\x00b", "line\u2028break"])
def test_signs_that_nobody_sees_are_gone(value: str) -> None:
    assert all(sign.isprintable() for sign in text(value))
