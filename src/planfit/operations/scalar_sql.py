"""SQL scalar expressions: sqlglot reads them, an allow-list judges them, and new text is written.

What was typed never runs. Each node is taken apart and written anew from what the allow-list knows of it; columns get
names of our own, numbers are floating point, every divisor is NULLIF(x, 0). What is not in the list is refused, so a
function that sqlglot or polars may learn tomorrow is refused as well.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from planfit.records.schema import Column, Kind

Type = Literal["number", "flag", "boolean", "text", "date", "null"]
"""``flag``: a boolean column, kept as 1 and 0."""
MOST_NODES: Final = 400
MOST_BRACKETS: Final = 60
"""Nested."""
PLAIN_NAME: Final = re.compile(r"[A-Za-z_]\w*")
OWN_WORDS: Final = re.compile(r"Required keyword: '\w+' missing for <class '[\w.]*?(\w+)'>")
"""How the parser says, in names of its own classes, that something is missing."""
TYPES: Final[dict[Kind, Type]] = {
    Kind.NUMERIC: "number", Kind.BOOLEAN: "flag", Kind.DATETIME: "date",
    Kind.CATEGORICAL: "text", Kind.TEXT: "text", Kind.IDENTIFIER: "text", Kind.CONSTANT: "text",
}  # fmt: skip
KINDS: Final[dict[Type, Kind]] = {
    "number": Kind.NUMERIC, "flag": Kind.BOOLEAN, "boolean": Kind.BOOLEAN, "text": Kind.CATEGORICAL,
    "date": Kind.DATETIME, "null": Kind.NUMERIC,
}  # fmt: skip


class Refused(Exception):
    """An expression that is not carried out."""

    def __init__(self, code: str, message: str, allowed: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.allowed = code, message, allowed


class Typed(NamedTuple):
    """A piece of regenerated text."""

    text: str
    type: Type
    plain: bool = False
    """Whether it is a column or a literal, which costs nothing to repeat."""


class Program(NamedTuple):
    """What polars carries out: columns made one after the other, the last one is the result."""

    reads: tuple[tuple[str, Type], ...]
    """Names and types of the columns, in the order of ``c0``, ``c1``, ..."""
    steps: tuple[tuple[str, str, Type], ...]
    """Name, text and type of each column made."""

    @property
    def kind(self) -> Kind:
        """The kind of the result."""
        return KINDS[self.steps[-1][2]]


def columns_named(expression: str) -> tuple[str, ...]:
    """Return the columns that an expression names, each once; none of one that cannot be read.

    >>> columns_named('income / "persons in household"')
    ('income', 'persons in household')
    """
    from sqlglot import exp

    try:
        tree = _parsed(expression)
    except Refused:
        return ()
    names = (node.name for node in tree.walk() if type(node) is exp.Column and not node.table)
    return tuple(dict.fromkeys(name for name in names if name))


def renamed(expression: str, old: str, new: str) -> str | None:
    """Return an expression that names the column `new` where it named `old`; everything else stands as it was typed.

    None where the expression cannot be read, or would not be what was meant.

    >>> renamed("incom / 2 + LN(incom)", "incom", "income (net)")
    '"income (net)" / 2 + LN("income (net)")'
    """
    from sqlglot import exp

    try:
        tree = _parsed(expression)
    except Refused:
        return None
    named = [node.this for node in tree.walk() if type(node) is exp.Column and not node.table and node.name == old]
    places = [(node.meta.get("start"), node.meta.get("end")) for node in named]
    if not places or any(start is None or end is None for start, end in places):
        return None
    wanted = tuple(dict.fromkeys(new if name == old else name for name in columns_named(expression)))
    in_quotes = '"' + new.replace('"', '""') + '"'
    for written in (new, in_quotes) if PLAIN_NAME.fullmatch(new) else (in_quotes,):
        made = expression
        for start, end in sorted(set(places), reverse=True):
            made = made[:start] + written + made[end + 1 :]
        if columns_named(made) == wanted:  # a word of the language, say, must stand in quotes
            return made
    return None


def compiled(expression: str, columns: Iterable[Column]) -> Program:
    """Return what is carried out for an expression.

    Parameters
    ----------
    expression : str
    columns : iterable of Column
        Those that it names, in the order in which it gets them.

    Raises
    ------
    Refused
        It cannot be read, is not allowed, or its types do not go together.

    Examples
    --------
    >>> compiled("a / 2", [Column(name="a", kind=Kind.NUMERIC)]).steps
    (('m0', '"c0" / NULLIF(2.0e0, 0e0)', 'number'),)
    """
    return _compiled(expression, tuple((column.name, TYPES[column.kind]) for column in columns if not column.group))


@lru_cache(256)
def _compiled(expression: str, types: tuple[tuple[str, Type], ...]) -> Program:
    from planfit.operations.scalar_nodes import ENTRIES
    from planfit.operations.scalar_writer import Writer

    tree = _parsed(expression)
    writer = Writer(dict(types), ENTRIES)
    try:
        last = writer.visit(tree)
    except RecursionError:
        raise Refused("expression-refused", "The expression is nested too deeply.") from None
    if not writer.used:
        raise Refused("expression-refused", "The expression reads no column.", "an expression of columns")
    if last.type == "null":
        raise Refused("expression-type", "The expression is always missing.")
    writer.keep(last)
    return Program(types, tuple(writer.steps))


@lru_cache(256)
def _parsed(expression: str) -> Any:
    """Return sqlglot's tree of the one expression that a text holds."""
    import sqlglot

    _brackets(expression)
    try:
        with quiet():
            trees = sqlglot.parse(expression)
    except RecursionError:
        raise Refused("expression-refused", "The expression is nested too deeply.") from None
    except Exception as error:  # sqlglot raises errors of several families, all of which mean the same here
        raise Refused("expression-syntax", f"The expression cannot be read: {_first_line(error)}") from None
    if len(trees) != 1 or trees[0] is None:
        raise Refused("expression-syntax", "There is not exactly one expression.", "one SQL scalar expression")
    for count, _ in enumerate(trees[0].walk()):
        if count > MOST_NODES:
            raise Refused("expression-refused", f"The expression has more than {MOST_NODES} parts.")
    return trees[0]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep sqlglot from talking about statements that it does not know: they are refused anyway."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _brackets(expression: str) -> None:
    if "\0" in expression:
        raise Refused("expression-syntax", "The expression holds a NUL sign.")
    depth = 0
    for sign in expression:
        depth += (sign in "([{") - (sign in ")]}")
        if depth > MOST_BRACKETS:
            raise Refused("expression-refused", f"More than {MOST_BRACKETS} brackets are nested.")


def _first_line(error: Exception) -> str:
    said = str(error).strip().split("\n")[0].replace("\x1b[4m", "").replace("\x1b[0m", "")
    said = OWN_WORDS.sub(r"an operand of \1 is missing", said)
    return said[:200].rstrip(".") + "." if said else type(error).__name__


def number(text: str) -> str:
    """Return a number as polars reads floating point.

    >>> number("2"), number("1e-7")
    ('2.0e0', '1e-07')
    """
    try:
        value = float(text)
    except ValueError:
        raise Refused("expression-syntax", f"{text[:40]!r} is no number.") from None
    if not math.isfinite(value):
        raise Refused("expression-refused", f"The number {text[:40]} is too large.")
    written = repr(value)
    return written if "e" in written else f"{written}e0"  # without an exponent polars makes a decimal of it


def quoted(text: str) -> str:
    """Return a text literal."""
    return "'" + text.replace("'", "''") + "'"
