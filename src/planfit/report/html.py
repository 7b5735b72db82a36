"""Elements of a page. Text is escaped where it enters, so that what users, cells and planners wrote never becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from planfit.report.escape import one_line

Child = object
_VOID = frozenset({"meta", "br", "img"})


class Html(str):
    """Markup that is finished; any other text is escaped when it becomes part of an element."""

    __slots__ = ()


def el(name: str, *children: Child, **attributes: object) -> Html:
    """Return an element.

    Parameters
    ----------
    name : str
        Of the tag.
    *children : Html, str, number, None or an iterable of them
        `Html` as it is, everything else as text. None is left out.
    **attributes : object
        ``class_`` for class, ``data_x`` for data-x; those that are None are left out. A link stays inside the page.

    Examples
    --------
    >>> print(el("p", "1 < 2 & ", el("b", "<script>"), class_="note"))
    <p class="note">1 &lt; 2 &amp; <b>&lt;script&gt;</b></p>
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Html:
    """Return children one after the other, texts escaped.

    Examples
    --------
    >>> print(joined(["a <i>", Html("<br>"), 3]))
    a &lt;i&gt;<br>3
    """
    parts = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Html):
            parts.append(str(child))
        elif isinstance(child, list | tuple | map) or (isinstance(child, Iterable) and not isinstance(child, str)):
            parts.append(joined(child))
        else:
            parts.append(_text(child))
    return Html("".join(parts))


def code(value: object, most: int = 80) -> Html:
    """Return a name as code, a very long one cut; an empty one is said to be.

    Examples
    --------
    >>> print(code("a`<b>"), code(""))
    <code>a`&lt;b&gt;</code> <code>(no name)</code>
    """
    plain = one_line(value) or "(no name)"
    return el(
        "code",
        plain if len(plain) <= most else plain[: most - 1] + "…",
        title=plain[:500] if len(plain) > most else None,
    )


def codes(values: Iterable[object], most: int = 12) -> Html:
    """Return names as code, the rest of a long list as a number."""
    listed = list(values)
    shown: list[Child] = []
    for place, value in enumerate(listed[:most]):
        shown += [", " if place else None, code(value)]
    return joined([*shown, f" and {len(listed) - most:,} more" if len(listed) > most else None])


def prose(value: object, most: int = 1_200) -> Html:
    """Return a sentence of a planner: names between single backticks become code, everything else is shown as written.

    Examples
    --------
    >>> print(prose("`age` is <old>"))
    <code>age</code> is &lt;old&gt;
    """
    plain = one_line(value)
    if len(plain) > most:
        plain = plain[: most - 1] + "…"
    parts = re.split(r"(?<!`)`([^`]+)`(?!`)", plain)
    return joined(code(part) if place % 2 else part for place, part in enumerate(parts))


def table(
    head: Sequence[Child], rows: Iterable[Sequence[Child]], right: Sequence[int] = (), extra: Sequence[int] = ()
) -> Html:
    """Return a table that scrolls by itself where it is wider than the page.

    Parameters
    ----------
    head : sequence
        Titles.
    rows : iterable of sequences
        Cells.
    right : sequence of int
        Columns of numbers.
    extra : sequence of int
        Columns that a narrow page leaves out.
    """

    def kind(place: int) -> str | None:
        return " ".join(["n"] * (place in right) + ["extra"] * (place in extra)) or None

    top = el("tr", *(el("th", title, class_=kind(place), scope="col") for place, title in enumerate(head)))
    body = [el("tr", *(el("td", cell, class_=kind(place)) for place, cell in enumerate(row))) for row in rows]
    return el("div", el("table", el("thead", top), el("tbody", body)), class_="wide")


def bar(share: float, kind: str = "") -> Html:
    """Return a bar of a share from 0 to 1."""
    width = 100 * min(1.0, max(0.0, share))
    return el("span", el("span", style=f"width:{width:.1f}%"), class_=f"bar {kind}".strip(), aria_hidden="true")


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    text = one_line(value)
    if name == "href" and not re.fullmatch(r"#[\w-]+", text):
        raise ValueError(f"A link of a report stays inside it. Got {text!r}.")
    return f' {name}="{escape(text)}"'


def _text(value: object) -> str:
    text = str(value)
    lead, tail = " " * (text[:1] == " "), " " * (text[-1:] == " " and len(text) > 1)
    return escape(f"{lead}{one_line(text)}{tail}")
