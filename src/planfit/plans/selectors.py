"""Which columns a step names: by name, by selector, less what `except` leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field

from planfit.operations.base import SELECTORS, Operation
from planfit.plans.codes import pointer
from planfit.records.schema import Column


@dataclass(frozen=True)
class Mention:
    """One place in a step where columns are named."""

    path: str
    """JSON Pointer relative to the step, e.g. ``/columns/1``."""
    text: str
    """What stands there: a name or a selector."""
    columns: tuple[Column, ...]
    """What it picks; empty where there is no such column, or a selector picks none."""

    inside: bool = False
    """Whether it stands inside a text, such as an expression, of which a patch replaces the whole."""

    @property
    def is_selector(self) -> bool:
        return self.text in SELECTORS and not self.inside


@dataclass(frozen=True)
class Selection:
    """All that a step names."""

    mentions: tuple[Mention, ...]
    left_out: tuple[Mention, ...] = field(default=())
    """What `except` names."""
    taken_back: frozenset[str] = frozenset()
    """Names that `except` took out of what a selector picked."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Each column once, in the order in which they are named."""
        return tuple({column.name: column for mention in self.mentions for column in mention.columns}.values())


def select(step: Operation, columns: tuple[Column, ...]) -> Selection:
    """Return what `step` names among `columns`.

    Examples
    --------
    >>> from planfit.operations.registry import operations
    >>> from planfit.records.schema import Kind
    >>> table = (Column(name="age", kind=Kind.NUMERIC), Column(name="city", kind=Kind.CATEGORICAL))
    >>> step = operations()["drop"](columns=("@all",), except_=("city",))
    >>> [column.name for column in select(step, table).columns]
    ['age']
    """
    known = {column.name: column for column in columns}
    left_out = tuple(
        Mention(pointer("except", place), text, _picked(text, known)) for place, text in enumerate(step.except_)
    )
    out = {column.name for mention in left_out for column in mention.columns}
    if step.column is not None:
        return Selection((Mention("/column", step.column, _picked(step.column, known, selectors=False)),))
    mentions = [
        Mention(path, text, _picked(text, known, selectors=False), inside=True) for text, path in step.reads().items()
    ]
    taken_back: set[str] = set()
    for place, text in enumerate(step.columns or ()):
        picked = _picked(text, known)
        taken_back |= {column.name for column in picked if column.name in out}
        mentions.append(
            Mention(pointer("columns", place), text, tuple(column for column in picked if column.name not in out))
        )
    return Selection(tuple(mentions), left_out, frozenset(taken_back))


def _picked(text: str, known: dict[str, Column], *, selectors: bool = True) -> tuple[Column, ...]:
    if selectors and text in SELECTORS:
        return tuple(column for column in known.values() if column.kind in SELECTORS[text])
    return (known[text],) if text in known else ()
