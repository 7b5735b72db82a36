"""Which column the sentence asks for: evidence by rule, a score for each column, and how certain that is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from planfit.planners.expert.languages import fold
from planfit.planners.expert.naming import Share, named
from planfit.planners.expert.rules import Rule, rule
from planfit.planners.expert.sentence import Sentence
from planfit.planners.expert.words import GENERIC, STOP, WEAK_NAMES, stem, tokens
from planfit.records.profile import ColumnProfile, Profile
from planfit.records.schema import BooleanReading, Column, Kind

CLOSE_CALL = 0.3
"""A lead over the runner-up smaller than this lowers the confidence."""
MOST_CLASSES = 50
NOTHING_SAID = 0.2
"""The most certainty that a sentence gives in which no word is known."""
UNNAMED = 0.25
"""Below this share a name is not in the sentence."""
SOMEWHAT_NAMED = 0.33
HALFWAY = 3
"""Classes that may answer yes, no or in between."""
SURELY_NAMES = frozenset({"target", "label", "labels", "y", "groundtruth"})
"""Weak names that nothing but a target has."""
HARDLY_NAMES = frozenset({"category", "status", "score", "type", "num"})
"""Weak names that features have as well."""
HALF = 0.5
OUTSPOKEN = 0.6
PART_OF_A_NAME = 0.6
"""What a name is worth whose words are a part of those of another one, health beside health_insurance."""
WHOLE_NAME = 0.85
"""From such a share on a column is asked for by its name, whatever the form of the question."""


@dataclass(frozen=True)
class Evidence:
    """One reason for a column, between 0 and 1."""

    strength: float
    says: str


@dataclass(frozen=True)
class TargetView:
    """One column as a possible target."""

    rows: int
    sentence: Sentence
    column: Column
    stats: ColumnProfile
    plain: Share
    """By the words of its name."""
    everyday: Share
    """By words of the same meaning as well."""
    others: float = 0.0
    """How well the sentence names the best of the other columns, 0 to 1."""
    others_plainly: float = 0.0
    """The same by the words of their names alone."""
    place: str = ""
    """``first`` or ``last`` in the table, or empty."""
    pairs: int = 0
    """Columns of the table that have two values."""
    coordinates: bool = False
    """Columns called x or z stand beside."""

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(value for value, _ in _written(self.column, self.stats))


def values_of(profile: Profile, name: str) -> tuple[tuple[str, int], ...]:
    """Return a column's frequent values with their counts as they stand in the data: yes and no, not 1 and 0."""
    return _written(profile.column(name), profile.of(name))


def _written(column: Column, stats: ColumnProfile) -> tuple[tuple[str, int], ...]:
    written: dict[str, str] = {}
    if isinstance(column.reading, BooleanReading):
        written = {"1": next(iter(column.reading.true), "1"), "0": next(iter(column.reading.false), "0")}
    elif column.dtype == "Boolean":
        written = {"1": "true", "0": "false"}
    return tuple((written.get(entry.value, entry.value), entry.count) for entry in stats.top)


@dataclass(frozen=True)
class Scored:
    """A column with its score and evidence."""

    name: str
    score: float
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The columns ranked, and how certain the first is."""

    ranked: tuple[Scored, ...]
    confidence: float


def choose(profile: Profile, sentence: Sentence, without: tuple[str, ...] = ()) -> Choice:
    """Rank the columns as targets of the sentence; ties go to the later column, where targets usually stand.

    Parameters
    ----------
    profile : Profile
    sentence : Sentence
    without : tuple of str
        Columns that are to be left out: what one must not look at is not what one asks for.
    """
    pairs = sum(1 for stats in profile.statistics if stats.n_unique == 2)
    last = len(profile.columns) - 1
    coordinates = any(column.name.strip().lower() in ("x", "z") for column in profile.columns)
    views = [
        TargetView(
            profile.rows, sentence, column, stats, named(column.name, sentence), named(column.name, sentence, everyday=True),
            place="last" if place == last else "first" if place == 0 else "", pairs=pairs, coordinates=coordinates,
        )
        for place, (column, stats) in enumerate(zip(profile.columns, profile.statistics, strict=True))
        if column.name not in without
    ]  # fmt: skip
    views = _without_parts(views)
    possible = [_can_be(view)[0] * _fit(view)[0] for view in views]
    loosely = [share * view.everyday.size for share, view in zip(possible, views, strict=True)]
    plainly = [share * view.plain.size for share, view in zip(possible, views, strict=True)]
    scored = [
        _score(replace(view, others=others, others_plainly=others_plainly))
        for view, others, others_plainly in zip(views, _best_of_others(loosely), _best_of_others(plainly), strict=True)
    ]
    order = sorted(range(len(scored)), key=lambda place: (-scored[place].score, -place))
    ranked = tuple(scored[place] for place in order)
    if not ranked:
        return Choice((), 0.0)
    lead = ranked[0].score - (ranked[1].score if len(ranked) > 1 else 0.0)
    certain = ranked[0].score * (0.45 + 0.55 * min(1.0, lead / CLOSE_CALL))
    return Choice(ranked, round(certain if sentence.known else min(certain, NOTHING_SAID), 3))


def _without_parts(views: list[TargetView]) -> list[TargetView]:
    """Return the views with less of a name of which the sentence says a longer one as well, that can be the target."""
    whole = [
        frozenset(view.plain.by)
        for view in views
        if view.plain.size >= WHOLE_NAME * WHOLE_NAME and _can_be(view)[0] == 1.0
    ]

    def seen(view: TargetView) -> TargetView:
        if not any(frozenset(view.plain.by) < other for other in whole):
            return view
        return replace(
            view,
            plain=replace(view.plain, size=PART_OF_A_NAME * view.plain.size),
            everyday=replace(view.everyday, size=PART_OF_A_NAME * view.everyday.size),
        )

    return [seen(view) for view in views]


def _best_of_others(shares: list[float]) -> list[float]:
    """Return for each place the largest share at any other."""
    best, second = sorted([*shares, 0.0, 0.0], reverse=True)[:2]
    at = shares.index(best) if best in shares else -1
    return [second if place == at else best for place in range(len(shares))]


def _score(view: TargetView) -> Scored:
    allowed, because = _can_be(view)
    if allowed == 0.0:
        return Scored(view.column.name, 0.0, (because,))
    found = [evidence for each in TARGET_RULES for evidence in each(view)]
    score = 1.0 - math.prod(1.0 - evidence.strength for evidence in found)
    fit, fits = _fit(view)
    says = [evidence.says for evidence in sorted(found, key=lambda evidence: -evidence.strength)]
    if found and fits:
        says.append(fits)
    if because:
        says.append(because)
    return Scored(view.column.name, round(score * fit * allowed, 3), tuple(says))


def _can_be(view: TargetView) -> tuple[float, str]:
    """Return how possible the column is as a target at all, and why not."""
    stats, rows = view.stats, view.rows
    if stats.missing >= rows or stats.n_unique <= 1:
        return 0.0, f"it has {stats.n_unique} distinct values: nothing to predict"
    if stats.kind in (Kind.IDENTIFIER, Kind.CONSTANT, Kind.TEXT, Kind.DATETIME):
        return 0.0, f"a column of kind {stats.kind} with {stats.n_unique} distinct values is no target"
    if stats.kind is Kind.CATEGORICAL and stats.n_unique > MOST_CLASSES:
        return 0.3, f"{stats.n_unique} classes are many"
    if stats.missing > 0.5 * rows:
        return 0.6, f"missing in {stats.missing} of {rows} rows"
    return 1.0, ""


def _fit(view: TargetView) -> tuple[float, str]:
    """Return how well the column's kind fits the answer that the sentence wants."""
    stats, wants = view.stats, view.sentence.wants
    if view.plain.size >= WHOLE_NAME and stats.kind is not Kind.DATETIME:
        return 1.0, ""
    few = stats.kind in (Kind.CATEGORICAL, Kind.BOOLEAN) or stats.n_unique == 2
    listed = len(view.sentence.options)
    if wants == "class" and listed > 2 and stats.n_unique < listed:
        return 0.5, f"the sentence lists {listed} answers, it has {stats.n_unique} distinct values"
    if wants == "class" and view.sentence.yes_no and few and stats.n_unique > HALFWAY:
        return 0.6, f"the sentence asks yes or no, it has {stats.n_unique} classes"
    if wants == "number" and few:
        return 0.4, f"the sentence asks for a number, it has {stats.n_unique} classes"
    if wants == "class" and view.sentence.yes_no and stats.n_unique != 2 and not few:
        return 0.4, f"the sentence asks yes or no, it has {stats.n_unique} distinct numbers"
    if wants == "class" and not few and (stats.n_unique > 20 or not stats.integers):
        return 0.5, f"the sentence asks for a class, it has {stats.n_unique} distinct numbers"
    if wants == "class":
        return 1.0, f"{stats.n_unique} distinct values fit a question for a class"
    if wants == "number":
        return 1.0, f"{stats.n_unique} distinct numbers fit a question for a number"
    return 1.0, ""


@rule("target/named")
def named_in_the_sentence(view: TargetView) -> Iterator[Evidence]:
    """The words of the column's name stand in the sentence, whole, as stems or abbreviated."""
    if view.plain.size >= UNNAMED:
        yield Evidence(view.plain.size, f"its name is in the sentence ({', '.join(dict.fromkeys(view.plain.by))})")


@rule("target/everyday-word")
def an_everyday_word(view: TargetView) -> Iterator[Evidence]:
    """The sentence uses an everyday word for what the column's name says, e.g. "leave" for "churn"."""
    plain, share, by = view.plain.size, view.everyday.size, view.everyday.by
    if share >= UNNAMED and share > plain + 0.05:
        # the part that the plain words already gave is not counted twice
        strength = 1 - (1 - share) / (1 - plain)
        # where another column has the very word, one of the same meaning is the less likely
        strength *= OUTSPOKEN if view.others_plainly >= HALF and plain < SOMEWHAT_NAMED else 1.0
        yield Evidence(strength, f"everyday words for its name are in the sentence ({', '.join(dict.fromkeys(by))})")


@rule("target/verbatim")
def written_verbatim(view: TargetView) -> Iterator[Evidence]:
    """The sentence writes the column's name exactly, quoted or with its underscores or capitals."""
    name, text = view.column.name.strip(), view.sentence.text
    if any(name.lower() == quoted.strip().lower() for quoted in view.sentence.quoted):
        yield Evidence(0.9, "its name is quoted in the sentence")
        return
    if len(name) < 3 or name not in text or not re.search(r"[_\d-]|[a-z][A-Z]", name):
        return
    match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    if match is not None:
        first = tokens(text[: match.start()])
        weight = view.sentence.words[len(first)].weight if len(first) < len(view.sentence.words) else 1.0
        yield Evidence(0.9 * weight, "its name is written out in the sentence")


@rule("target/joined")
def words_run_together(view: TargetView) -> Iterator[Evidence]:
    """Neighbouring words of the sentence, run together, are the column's name, e.g. "total charges" for totalcharges."""
    parts = tokens(fold(view.column.name))
    name = "".join(parts)
    words = view.sentence.words
    if len(name) < 6:
        return
    if len(parts) > 1:
        whole = next((word for word in words if name in (word.text, word.said)), None)
        if whole is not None:
            yield Evidence(0.9 * whole.weight, f"{whole.text!r} is its name in one word")
        return
    for size in (2, 3):
        for start in range(len(words) - size + 1):
            group = words[start : start + size]
            if "".join(word.text for word in group) == name:
                yield Evidence(
                    0.9 * min(word.weight for word in group), f"{' '.join(word.text for word in group)!r} run together"
                )
                return


@rule("target/initials")
def beginnings_of_words(view: TargetView) -> Iterator[Evidence]:
    """The beginnings of words that stand together are the column's name: mpg for "miles per gallon", medv for "median value"."""
    if view.plain.size >= SOMEWHAT_NAMED:  # its words themselves are there
        return
    said = view.sentence.words
    plain = tuple(word for word in said if word.text not in STOP)
    for part in _short_name(view.column.name):
        for words in (said, plain):
            for start, first in enumerate(words):
                size = _spelt_by(part, tuple(word.text for word in words[start : start + len(part)]))
                if size >= 2 and first.weight >= 0.4 and words[start + size - 1].text not in STOP:
                    strength = 0.85 if len(part) >= 3 else 0.6
                    shown = " ".join(word.text for word in words[start : start + size])
                    yield Evidence(strength * min(1.0, first.weight), f"{part!r} are the beginnings of {shown!r}")
                    return


def _short_name(name: str) -> tuple[str, ...]:
    parts = tokens(fold(name))
    units = [part for part in parts if GENERIC.get(part, 1.0) <= 0.3]
    core = [part for part in parts if part not in units]
    return tuple(part for part in core[:1] if len(core) == 1 and part.isalpha() and 2 <= len(part) <= 6)


def _spelt_by(name: str, words: tuple[str, ...]) -> int:
    """Return how many of the words, in order, make up the name with one to four letters each; 0 where they do not."""
    if not name:
        return 0
    for size in range(1, min(len(name), 4) + 1):
        if not words or not words[0].startswith(name[:size]):
            return 0
        if size == len(name):
            return 1
        rest = _spelt_by(name[size:], words[1:])
        if rest:
            return 1 + rest
    return 0


@rule("target/options")
def options_are_its_values(view: TargetView) -> Iterator[Evidence]:
    """The answers that the sentence lists are the column's values, or their initials, or as many."""
    options, values = view.sentence.options, {fold(value).lower() for value in view.values}
    if len(options) < 2 or (view.stats.kind is Kind.NUMERIC and view.stats.n_unique > 20):
        return
    shown = " / ".join(options)
    stems = {stem(value) for value in values}
    if all(option in values or stem(option) in stems for option in options):
        yield Evidence(0.9, f"its values are {shown}")
    elif values and values == {option[0] for option in options} and len(values) == len(options):
        yield Evidence(0.85, f"its values are the initials of {shown}")
    elif view.stats.n_unique == len(options) > 2:
        yield Evidence(0.25, f"it has as many values as the sentence lists ({shown})")


@rule("target/value")
def a_value_in_the_sentence(view: TargetView) -> Iterator[Evidence]:
    """A value of the column is a word of the sentence, e.g. "spam"."""
    if view.stats.kind not in (Kind.CATEGORICAL, Kind.BOOLEAN) or view.stats.n_unique > 20:
        return
    for value in view.values:
        parts = tokens(fold(value))
        if len(parts) > 3 or not any(len(part) >= 3 and part not in STOP and not part.isdigit() for part in parts):
            continue
        weights = [
            max((word.weight for word in view.sentence.words if part in (word.text, word.said) or word.stem == stem(part)), default=0.0)
            for part in parts
        ]  # fmt: skip
        if min(weights) > 0:
            yield Evidence(0.5 * max(weights) * (1.2 if len(parts) > 1 else 1.0), f"{value!r} is one of its values")
            return


@rule("target/weak-name")
def a_name_for_targets(view: TargetView) -> Iterator[Evidence]:
    """Names such as target, label, outcome or y say that a column is the target, but not of which sentence."""
    parts = tokens(view.column.name)
    name = parts[0] if len(parts) == 1 else ""
    # x, y and z together are coordinates
    if name == "y" and view.coordinates:
        return
    if name in WEAK_NAMES:
        # a column that the sentence names is rather meant; where it names none, this one is
        strength = WEAK_NAMES[name] * (1.0 - view.others)
        yield Evidence(strength, f"columns called {name!r} usually are the target")
        # of a sentence that asks for neither a class nor a number, nothing follows for "class" or "result"
        asks = view.sentence.wants is not None or name in SURELY_NAMES
        if asks and view.others < UNNAMED and view.sentence.content and name not in HARDLY_NAMES:
            yield Evidence(0.35, "the sentence names no other column")


@rule("target/only-named")
def the_only_one_named(view: TargetView) -> Iterator[Evidence]:
    """A part of the column's name is said, and nothing of any other column's."""
    if SOMEWHAT_NAMED <= view.everyday.size < WHOLE_NAME and view.others < UNNAMED:
        yield Evidence(0.35, "the sentence names no other column")


@rule("target/place")
def first_or_last(view: TargetView) -> Iterator[Evidence]:
    """Targets mostly stand last in a table, sometimes first."""
    if view.place == "last":
        yield Evidence(0.08, "it is the last column")
    elif view.place == "first":
        yield Evidence(0.04, "it is the first column")


@rule("target/only-fit")
def the_only_one_that_fits(view: TargetView) -> Iterator[Evidence]:
    """A question for yes or no points to the column if it is the only one in the table with two values."""
    if not view.sentence.yes_no or view.stats.n_unique != 2:
        return
    if view.pairs == 1:
        yield Evidence(0.3, "it is the only column with two values")


TARGET_RULES: tuple[Rule[TargetView, Evidence], ...] = (
    named_in_the_sentence,
    an_everyday_word,
    written_verbatim,
    words_run_together,
    beginnings_of_words,
    options_are_its_values,
    a_value_in_the_sentence,
    a_name_for_targets,
    the_only_one_named,
    first_or_last,
    the_only_one_that_fits,
)
