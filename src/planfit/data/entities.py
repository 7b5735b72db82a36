"""Rows that belong together: several rows about one person, machine or account.

A model that is judged on rows of entities which it has seen looks far better than it is on new ones. What names an
entity is told by its name and by what stays the same within its rows; ordinary categories (a city, a product, a
carrier) come in many rows as well and are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.names import is_named_like_an_identifier, words_of
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Column, Kind

Facts = tuple[pl.DataFrame, tuple[Column, ...], tuple[ColumnProfile, ...]]
Standing = Literal["subject", "party", "place", "thing", "unknown"]


def named(words: str) -> frozenset[str]:
    """Return the words as a set."""
    return frozenset(words.split())


SUBJECTS: Final = named("subject subj patient participant person individual volunteer respondent proband speaker signer athlete student pupil "
    "infant newborn baby animal mouse rat chick cow pig horse engine machine turbine bearing battery motor pump robot "
    "interviewee examinee donor")  # fmt: skip
"""What is measured again and again; one model is meant for all of them, also for those to come."""
PARTIES: Final = named("customer cust client user member account acct cardholder borrower applicant employee emp worker operator driver player household "
    "hh family device sensor equipment unit well session recording video experiment visitor owner reviewer author passenger "
    "child vehicle")  # fmt: skip
"""The same, where other columns confirm that they describe it rather than the row."""
PLACES: Final = named("site station store shop branch hospital clinic school plant farm field plot building home house property company firm team "
    "country state county region district city town zip")  # fmt: skip
"""What mostly stays the same in use: the next rows are about the same ones."""
THINGS: Final = named("order transaction invoice ticket booking row record product item sku flight tail carrier trip route postal post code area "
    "category type class group brand model article event message page url ip hash batch lot fold cluster line plate sample "
    "season match game")  # fmt: skip
"""What repeats for other reasons."""
NUMBERING: Final = named("id ids identifier no nr num number nbr code key uid guid uuid name index idx ref hash pk")
ATTRIBUTES: Final = named("age sex gender birth born birthday dob race ethnicity height education marital religion nationality handedness")  # fmt: skip
"""What describes a person, from row to row."""
MEASURES: Final = ATTRIBUTES | named("weight date time year month day week hour score count amount price rate value")

FEWEST_ENTITIES: Final = 5
"""Fewer make no folds worth the name."""
FEWEST_LEVELS: Final = 10
FEWEST_PER_ENTITY: Final = 2.0
LEAST_LEVELS_SHARE: Final = 0.001
"""Levels to rows, below which an identifier-like name rather stands for a category."""
LEAST_REPEATED: Final = 0.3
"""Share of rows that come on top of the first of their entity, from which repeats matter."""
FIXED: Final = 0.8
"""Agreement within an entity, beyond what chance gives, from which a column describes the entity."""
MOST_COMMON: Final = 0.9
"""Chance agreement from which a column is too uniform to tell anything."""
MOST_KEYS: Final = 12
MOST_UNNAMED_KEYS: Final = 4
MOST_OTHERS: Final = 40
MOST_LEVELS_LOOKED_AT: Final = 400
MOST_ROWS_LOOKED_AT: Final = 6_000


@dataclass(frozen=True)
class Key:
    """A column that may name entities, and how much speaks for it."""

    column: Column
    standing: Standing
    rows: int
    fixed: tuple[str, ...] = ()
    """Columns that are nearly constant within an entity."""

    @property
    def count(self) -> int:
        return self.column.n_unique or 0

    @property
    def rows_each(self) -> float:
        return self.rows / max(self.count, 1)

    @property
    def described(self) -> int:
        """How many of the fixed columns describe a person."""
        return sum(1 for name in self.fixed if set(words_of(name)) & ATTRIBUTES)

    @property
    def is_strong(self) -> bool:
        """Whether new rows are rather about new entities, and mixed rows would mislead."""
        if self.count < FEWEST_ENTITIES:
            return False
        if self.standing in ("place", "thing"):
            return self.described >= 2
        if self.standing == "subject":
            return True
        if self.standing == "party":
            return bool(self.fixed)
        return self.described >= 2 or (is_named_like_an_identifier(self.column.name) and len(self.fixed) >= 2)


def standing_of(name: str) -> Standing:
    """Return what a column's name says that its values are.

    Examples
    --------
    >>> [standing_of(name) for name in ("subject#", "PatientId", "customer_id", "order no", "patient_age", "num_users")]
    ['subject', 'subject', 'party', 'thing', 'unknown', 'unknown']
    """
    words = [word for word in _parted(name) if not word.isdigit()]
    if len(words) > 1 and words[0] in ("num", "number", "no", "nr", "n", "count", "total"):
        return "unknown"
    content = [word for word in words if word not in NUMBERING]
    for told, listed in (("thing", THINGS), ("place", PLACES)):
        if any(word in listed or word.removesuffix("s") in listed for word in content):
            return told  # type: ignore[return-value]
    if len(content) != 1:
        return "unknown"
    # "patients" alone counts them, "patients_id" names one
    word = content[0] if len(words) == 1 else content[0].removesuffix("s")
    return "subject" if word in SUBJECTS else "party" if word in PARTIES else "unknown"


def _parted(name: str) -> tuple[str, ...]:
    """Return the words of a name; ``patientid`` is two of them."""
    found: list[str] = []
    for word in words_of(name):
        ending = next((end for end in ("id", "no", "nr", "number", "name") if word.endswith(end)), "")
        rest = word.removesuffix(ending)
        found += [rest, ending] if ending and rest in SUBJECTS | PARTIES | PLACES | THINGS else [word]
    return tuple(found)


def repeated_entities(facts: Facts) -> Iterator[Finding]:
    """Say which columns name entities that come in several rows: first those that should decide how rows are divided.

    ``repeated-entities`` names the column and what is fixed within each entity; ``possible-entities`` the same where
    less speaks for it.
    """
    found = [_looked_into(facts, key) for key in _keys(facts)]
    strong = sorted(
        (key for key in found if key.is_strong),
        key=lambda key: (key.standing != "subject", -key.described, -len(key.fixed), -key.count),
    )
    for key in strong:
        yield _told(key)
    weak = [key for key in found if not key.is_strong and _is_worth_a_word(key)]
    for key in weak:
        yield _told(key)
    if not strong:
        yield from _fingerprints(facts, {key.column.name for key in weak})


def _told(key: Key) -> Finding:
    name, shown = key.column.name, ", ".join(repr(other) for other in key.fixed[:4])
    message = f"{name!r} names {key.count:,} entities, each in {key.rows_each:.1f} rows"
    if key.fixed:
        more = f" and {len(key.fixed) - 4} more columns" if len(key.fixed) > 4 else ""
        message += f"; {shown}{more} hardly {'change' if len(key.fixed) > 1 else 'changes'} within one"
    hint = f"If the model is to predict for new ones, split by group: --split group:{name}."
    if key.is_strong:
        hint = f"Rows of one entity are kept on one side (group:{name}); mixed rows would flatter every model."
    return Finding(
        code="repeated-entities" if key.is_strong else "possible-entities", gate="dataset", severity="warning",
        message=f"{message}.", columns=(name, *key.fixed), hint=hint,
    )  # fmt: skip


def _is_worth_a_word(key: Key) -> bool:
    if key.standing in ("subject", "party"):
        return True
    named = is_named_like_an_identifier(key.column.name)
    enough = key.count >= FEWEST_LEVELS and key.count > LEAST_LEVELS_SHARE * key.rows
    return named and enough and key.rows_each >= FEWEST_PER_ENTITY


def _keys(facts: Facts) -> list[Key]:
    """Return the columns that may name entities, those with telling names first."""
    frame, columns, statistics = facts
    named: list[Key] = []
    others: list[Key] = []
    for column, figures in zip(columns, statistics, strict=True):
        count, present = column.n_unique or 0, frame.height - (column.missing or 0)
        whole = figures.integers or not frame[column.name].dtype.is_float()
        if column.kind in (Kind.BOOLEAN, Kind.DATETIME, Kind.CONSTANT, Kind.TEXT) or not whole:
            continue
        if count < 3 or count > (1 - LEAST_REPEATED) * present:
            continue
        key = Key(column, standing_of(column.name), present)
        if key.standing in ("subject", "party") or is_named_like_an_identifier(column.name):
            named.append(key)
        elif (
            key.standing == "unknown"
            and count >= FEWEST_LEVELS
            and key.rows_each >= FEWEST_PER_ENTITY
            and not set(words_of(column.name)) & MEASURES
        ):
            others.append(key)
    # of the others, people come rather in hundreds than in tens
    others.sort(key=lambda key: -key.count)
    return [*named[: MOST_KEYS - MOST_UNNAMED_KEYS], *others[:MOST_UNNAMED_KEYS]]


def _looked_into(facts: Facts, key: Key) -> Key:
    """Return the key with the columns that are nearly constant within its levels."""
    frame, columns, _ = facts
    rows, same = _neighbours(frame[key.column.name])
    if len(rows) < 10:
        return key
    told = [c for c in columns if set(words_of(c.name)) & ATTRIBUTES]
    candidates = [c for c in dict.fromkeys([*told, *columns]) if c.name != key.column.name and _may_describe(c, key)]
    fixed = [c for c in candidates[:MOST_OTHERS] if _is_fixed(frame[c.name], rows, same)]
    order = {column.name: place for place, column in enumerate(columns)}
    names = sorted((column.name for column in fixed), key=order.__getitem__)
    return Key(key.column, key.standing, key.rows, tuple(names))


def _may_describe(column: Column, key: Key) -> bool:
    """Whether a column can describe entities: neither uniform nor as fine as rows, and no other name for them."""
    count = column.n_unique or 0
    alias = is_named_like_an_identifier(column.name) and count >= 0.9 * key.count
    return column.kind is not Kind.CONSTANT and 2 <= count <= 1.5 * key.count + 2 and not alias


def _neighbours(series: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return positions of rows ordered by level, of some levels, and for each but the first whether its level goes on."""
    # levels met at equal distances, so that neither order nor size of the table matters
    met = series.gather_every(max(1, len(series) // MOST_ROWS_LOOKED_AT)).drop_nulls().unique(maintain_order=True)
    levels = met.gather_every(max(1, -(-len(met) // MOST_LEVELS_LOOKED_AT)))
    rows = series.is_in(levels.implode()).fill_null(False).arg_true().cast(pl.Int64)
    codes = series.gather(rows).rank("dense").cast(pl.Int64).to_numpy()
    order = np.argsort(codes, kind="stable")
    if len(rows) > MOST_ROWS_LOOKED_AT:
        # the first rows of each level
        ranked = codes[order]
        start = np.maximum.accumulate(np.where(np.r_[True, ranked[1:] != ranked[:-1]], np.arange(len(order)), 0))
        order = order[np.arange(len(order)) - start < max(2, MOST_ROWS_LOOKED_AT // max(1, len(levels)))]
    of_rows = codes[order]
    return rows.to_numpy()[order], of_rows[1:] == of_rows[:-1]


def _is_fixed(series: pl.Series, rows: npt.NDArray[np.int64], same: npt.NDArray[np.bool_]) -> bool:
    """Whether neighbours of one level agree in a column far more often than chance has it."""
    values = series.gather(rows)
    codes = values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    shares = np.bincount(codes) / len(codes)
    chance = float((shares**2).sum())
    if chance > MOST_COMMON or not same.any():
        return False
    agree = float((codes[1:] == codes[:-1])[same].mean())
    return (agree - chance) / (1 - chance) >= FIXED


def _fingerprints(facts: Facts, known: set[str]) -> Iterator[Finding]:
    """Say that rows in a row agree in what describes a person, where no column names the person."""
    frame, columns, _ = facts
    telling = [
        c.name for c in columns
        if set(words_of(c.name)) & ATTRIBUTES and c.kind is not Kind.CONSTANT and not c.missing and c.name not in known
    ]  # fmt: skip
    if len(telling) < 2 or frame.height < 2 * FEWEST_LEVELS:
        return
    some = frame.select(telling).head(MOST_ROWS_LOOKED_AT)
    codes = some.select(pl.struct(telling).rank("dense").cast(pl.Int64)).to_series().to_numpy()
    shares = np.bincount(codes) / len(codes)
    chance, agree = float((shares**2).sum()), float((codes[1:] == codes[:-1]).mean())
    runs = 1 + int((codes[1:] != codes[:-1]).sum())
    distinct = len(np.unique(codes))
    if distinct < FEWEST_ENTITIES or chance > 0.5 or (agree - chance) / (1 - chance) < FIXED or runs > 3 * distinct:
        return
    shown = ", ".join(repr(name) for name in telling)
    yield Finding(
        code="possible-entities", gate="dataset", severity="warning",
        message=f"Rows in a row agree in {shown}, as if each person or thing came in several; no column names them.",
        columns=tuple(telling), hint="Add a column that names them and use --split group:COLUMN, if the model is for new ones.",
    )  # fmt: skip
