"""What a careful reader of a table would point out, before anybody has named a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from planfit.data.date_formats import is_ambiguous
from planfit.data.entities import Facts, repeated_entities
from planfit.data.likeness import Likeness, alike
from planfit.data.readings import BLANKS
from planfit.data.time_order import time_order
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Column, DateReading, Kind

MOSTLY_MISSING: Final = 0.5
MANY_CATEGORIES: Final = 100
VERY_MANY_CATEGORIES: Final = 1_000
FEW_ROWS_EACH: Final = 20
"""Rows for each of many categories, below which little can be learned about them."""
HEAVY_TAIL: Final = 0.5
"""Share of the spread that one row in a hundred holds."""
FEW_NUMBERS: Final = 20
MOST_NAMED: Final = 5


def warn(
    frame: pl.DataFrame, columns: tuple[Column, ...], statistics: tuple[ColumnProfile, ...], duplicate_rows: int,
    mixed: Mapping[str, float],
) -> tuple[Finding, ...]:  # fmt: skip
    """Return all warnings about a table: one for each theme, which names all columns that it is about.

    Parameters
    ----------
    frame : polars.DataFrame
        The table as read.
    columns : tuple of Column
        What its columns mean.
    statistics : tuple of ColumnProfile
        Their figures.
    duplicate_rows : int
        Rows that repeat an earlier one.
    mixed : mapping of str to float
        Columns of numbers and words, with the share of numbers.
    """
    facts = (frame, columns, statistics)
    rules = (
        _identifiers, _constants, _missing, _marks, _stand_ins, _infinite, _ambiguous_dates, _many_categories, _tails,
        time_order, repeated_entities, _personal,
    )  # fmt: skip
    found = list(_about_rows(frame, duplicate_rows))
    for rule in rules:
        found.extend(rule(facts))
    found.extend(_mixed(mixed))
    found.extend(_alike(alike(frame, columns)))
    return tuple(found)


def _finding(code: str, message: str, columns: Sequence[str] = (), hint: str | None = None) -> Finding:
    return Finding(code=code, gate="dataset", severity="warning", message=message, columns=tuple(columns), hint=hint)


def _listed(texts: Sequence[str]) -> str:
    """Return texts as people list them, the rest of many as a number."""
    if len(texts) > MOST_NAMED:
        return f"{', '.join(texts[:MOST_NAMED])} and {len(texts) - MOST_NAMED:,} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]


def _named(names: Sequence[str]) -> str:
    return _listed([repr(name) for name in names[:MOST_NAMED]] + [""] * len(names[MOST_NAMED:]))


def _about_rows(frame: pl.DataFrame, duplicate_rows: int) -> Iterator[Finding]:
    if duplicate_rows:
        share = duplicate_rows / frame.height
        yield _finding(
            "duplicate-rows", f"Of the rows, {duplicate_rows:,} ({share:.1%}) repeat an earlier one.",
            hint="Equal rows stay on one side of every split.",
        )  # fmt: skip


def _identifiers(facts: Facts) -> Iterator[Finding]:
    names = [column.name for column in facts[1] if column.kind is Kind.IDENTIFIER]
    if names:
        yield _finding("identifier", f"{_named(names)} only {_verb(names, 'tells', 'tell')} rows apart.", names)


def _verb(names: Sequence[str], one: str, several: str) -> str:
    return one if len(names) == 1 else several


def _constants(facts: Facts) -> Iterator[Finding]:
    constant = [column for column in facts[1] if column.kind is Kind.CONSTANT]
    for same, what in ((True, "the same value in every row"), (False, "no value at all")):
        names = [column.name for column in constant if bool(column.n_unique) is same]
        if names:
            each = "" if len(names) == 1 or not same else ", each of them"
            yield _finding("constant", f"{_named(names)} {_verb(names, 'holds', 'hold')} {what}{each}.", names)


def _missing(facts: Facts) -> Iterator[Finding]:
    frame, columns, _ = facts
    shares = {column.name: (column.missing or 0) / frame.height for column in columns if column.n_unique}
    found = sorted((item for item in shares.items() if item[1] > MOSTLY_MISSING), key=lambda item: -item[1])
    if found:
        names = [name for name, _ in found]
        how = f"in {found[0][1]:.1%} of the rows" if len(found) == 1 else "in more than half of the rows"
        shown = repr(names[0]) if len(found) == 1 else _listed([f"{name!r} ({_share(share)})" for name, share in found])
        yield _finding("mostly-missing", f"{shown} {_verb(names, 'is', 'are')} missing {how}.", names)


def _share(share: float) -> str:
    """Return a share in per cent; not quite all is not 100 %."""
    return f"{share:.0%}" if share < 0.99 or share == 1.0 else f"{min(share, 0.9999):.1%}"


def _marks(facts: Facts) -> Iterator[Finding]:
    marked = [column for column in facts[1] if column.missing_markers]
    if marked:
        marks = list(dict.fromkeys(mark for column in marked for mark in column.missing_markers))
        names = [column.name for column in marked]
        is_are = _verb(marks, "is", "are")
        yield _finding("disguised-missing", f"In {_named(names)}, {_named(marks)} {is_are} read as missing.", names)


def _stand_ins(facts: Facts) -> Iterator[Finding]:
    """Numbers that may mean missing are only pointed out."""
    found = {figures.name: figures.stand_in for figures in facts[2] if figures.stand_in is not None}
    if not found:
        return
    if len(found) == 1 or len(set(found.values())) == 1:
        shown = f"In {_named(list(found))}, {next(iter(found.values())):g} stands"
    else:
        shown = f"In {_listed([f'{name!r} ({number:g})' for name, number in found.items()])}, a number stands"
    yield _finding(
        "disguised-missing", f"{shown} apart from all other values, again and again, and may mean missing.", list(found),
        hint="It is kept as a number unless a plan makes it missing (mark_missing); replace it in the data to be sure.",
    )  # fmt: skip


def _infinite(facts: Facts) -> Iterator[Finding]:
    found = {figures.name: figures.infinite for figures in facts[2] if figures.infinite}
    if found:
        shown = _listed([f"{name!r} ({count:,})" for name, count in found.items()])
        yield _finding("infinite-values", f"Infinite values become missing: {shown}.", list(found))


def _ambiguous_dates(facts: Facts) -> Iterator[Finding]:
    frame, columns, _ = facts
    found: dict[str, list[str]] = {}
    for column in columns:
        reading = column.reading
        if not isinstance(reading, DateReading) or reading.format is None or frame[column.name].dtype != pl.String:
            continue
        texts = frame[column.name].drop_nulls().unique(maintain_order=True).str.strip_chars(BLANKS)
        if is_ambiguous(texts.filter(~texts.is_in(["", *column.missing_markers])), reading):
            found.setdefault(reading.format, []).append(column.name)
    for form, names in found.items():
        yield _finding(
            "ambiguous-dates",
            f"Day and month of {_named(names)} could be swapped; {_verb(names, 'it is', 'they are')} read as {form}.",
            names, hint="Write dates as YYYY-MM-DD to be sure.",
        )  # fmt: skip


def _many_categories(facts: Facts) -> Iterator[Finding]:
    frame, columns, _ = facts
    found: list[tuple[str, int]] = []
    rare = False
    for column in columns:
        distinct, present = column.n_unique or 0, frame.height - (column.missing or 0)
        few_each = distinct > MANY_CATEGORIES and present < FEW_ROWS_EACH * distinct
        if column.kind is Kind.CATEGORICAL and (few_each or distinct > VERY_MANY_CATEGORIES):
            found.append((column.name, distinct))
            rare = rare or few_each
    if found:
        names = [name for name, _ in found]
        shown = _listed([f"{name!r} ({distinct:,})" for name, distinct in found])
        hint = "A column for each would be too many; they are best encoded by their counts or by the target."
        if rare:
            hint = "Most of them have few rows; rare ones are best grouped or encoded by what they have in common."
        yield _finding("high-cardinality", f"Very many categories: {shown}.", names, hint=hint)


def _tails(facts: Facts) -> Iterator[Finding]:
    found = sorted(
        (
            (figures.tail, figures.name) for figures in facts[2]
            if figures.kind is Kind.NUMERIC and figures.n_unique > FEW_NUMBERS and figures.stand_in is None
            and figures.tail is not None and figures.tail >= HEAVY_TAIL
        ),
        reverse=True,
    )  # fmt: skip
    if found:
        names = [name for _, name in found]
        shown = _listed([f"{name!r} ({share:.0%})" for share, name in found])
        yield _finding(
            "long-tails", f"One row in a hundred holds most of the spread: {shown}.", names,
            hint="A logarithm or limits help models that weigh distances; trees do not mind.",
        )  # fmt: skip


def _personal(facts: Facts) -> Iterator[Finding]:
    found = [(figures.name, figures.personal) for figures in facts[2] if figures.personal]
    if found:
        names = [name for name, _ in found]
        shown = _listed([f"{name!r} ({kind})" for name, kind in found])
        yield _finding(
            "personal-data", f"{shown} {_verb(names, 'looks', 'look')} personal; values are not shown.", names
        )


def _mixed(mixed: Mapping[str, float]) -> Iterator[Finding]:
    if mixed:
        shown = _listed([f"{name!r} ({share:.0%} numbers)" for name, share in mixed.items()])
        yield _finding(
            "mixed-types", f"Numbers and words stand in one column, which is read as text: {shown}.", list(mixed),
            hint="If the words mean missing or a limit, replace them, and the column is read as numbers.",
        )  # fmt: skip


def _alike(found: Sequence[Likeness]) -> Iterator[Finding]:
    """Columns come in pairs: the later one, then the one that it is like."""
    equal = [likeness for likeness in found if likeness.how == "equal"]
    others = [likeness for likeness in found if likeness.how != "equal"]
    if equal:
        shown = _listed([f"{likeness.column!r} is equal to {likeness.first!r}" for likeness in equal])
        yield _finding("duplicate-column", f"{shown}.", _pairs(equal))
    if others:
        hint = "One of each pair says nearly all that both say."
        yield _finding("similar-columns", f"{_listed([_said(likeness) for likeness in others])}.", _pairs(others), hint)


def _pairs(found: Sequence[Likeness]) -> list[str]:
    return [name for likeness in found for name in (likeness.column, likeness.first)]


def _said(likeness: Likeness) -> str:
    column, first = repr(likeness.column), repr(likeness.first)
    if likeness.how == "scaled":
        return f"{column} is {first} on another scale"
    if likeness.how == "renamed":
        return f"{column} says the same as {first} in other words"
    return f"{column} is equal to {first} in {likeness.share:.1%} of the rows"
