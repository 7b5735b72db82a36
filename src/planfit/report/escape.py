"""Text of users, cells and planners inside Markdown: what they wrote is shown, never obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and signs that turn the direction of what follows."""
_SIGNS = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")
_FIRST = re.compile(r"^(?:#{1,6}(?=\s|$)|[+\-](?=\s|$)|[=\-]+$|\d+(?=[.)](?:\s|$)))")
_ENTITY = re.compile(r"&(?=#?\w+;)")


def text(value: object) -> str:
    """Return a text as Markdown that shows it in one line, in a sentence or a table's cell.

    Examples
    --------
    >>> print(text("a|b <script> `x` total_charges"))
    a\\|b &lt;script&gt; \\`x\\` total_charges
    """
    plain = one_line(value)
    plain = _ENTITY.sub("&amp;", plain)
    plain = _SIGNS.sub(lambda match: "\\" + match[0], plain)
    plain = plain.replace("<", "&lt;").replace(">", "&gt;")
    return _FIRST.sub(lambda match: match[0] + "\\" if match[0].isdigit() else "\\" + match[0], plain)


def prose(value: object) -> str:
    """Return a sentence of a planner: names between single backticks stay code spans, everything else is shown as written.

    Examples
    --------
    >>> print(prose("`age` is *old* | new"))
    `age` is \\*old\\* \\| new
    """
    parts = re.split(r"(?<!`)`([^`]+)`(?!`)", one_line(value))
    return "".join(code(part) if place % 2 else _inside(part) for place, part in enumerate(parts))


def _inside(part: str) -> str:
    """Return a piece of a sentence; the blanks at its ends are part of the sentence."""
    stripped = part.strip()
    if not stripped:
        return part
    lead, tail = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{lead}{text(stripped)}{tail}"


def code(value: object) -> str:
    """Return a name as a code span, whatever it holds.

    Examples
    --------
    >>> print(code("total|charges"), code("a`b"))
    `total\\|charges` ``a`b``
    """
    plain = one_line(value)
    if not plain:
        return "(no name)"
    if "\\|" in plain:  # a backslash before a pipe cannot be written in the code span of a table
        return text(plain)
    plain = plain.replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def codes(values: Iterable[object], most: int = 12) -> str:
    """Return names as code spans, the rest of a long list as a number."""
    listed = list(values)
    shown = ", ".join(code(value) for value in listed[:most])
    return shown + (f" and {len(listed) - most} more" if len(listed) > most else "")


def one_line(value: object) -> str:
    """Return a text without line breaks and control characters."""
    plain = str(value).lower() if isinstance(value, bool) else str(value)  # true, as files have it
    return " ".join(_CONTROL.sub("", plain.replace("\u2028", " ").replace("\u2029", " ")).split())


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return a table as lines of Markdown; its cells are escaped already.

    Parameters
    ----------
    head : sequence of str
        Titles.
    rows : iterable of sequence of str
        Cells.
    right : sequence of int
        Columns that are set to the right: numbers.
    """
    rule = ["---:" if place in right else "---" for place in range(len(head))]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]


def shell(value: str) -> str:
    """Return a text as one word of a shell command."""
    import shlex

    return shlex.quote(one_line(value))
