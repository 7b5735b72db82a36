"""Which column the sentence asks for: evidence by rule, a score for each column, and how certain that is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from planfit.planners.expert.rules import Rule, rule
from planfit.planners.expert.sentence import Sentence, Word
from planfit.planners.expert.words import ABBREVIATIONS, CONCEPTS, GENERIC, STOP, WEAK_NAMES, stem, tokens
from planfit.records.profile import ColumnProfile, Profile
from planfit.records.schema import BooleanReading, Column, Kind

EVERYDAY = 0.8
"""Strength of an everyday word of the same meaning, against 1 for the same word."""
CLOSE_CALL = 0.3
"""A lead over the runner-up smaller than this lowers the confidence."""
MOST_CLASSES = 50
SURE = 0.98
"""No evidence from names is worth more."""


@dataclass(frozen=True)
class Evidence:
    """One reason for a column, between 0 and 1."""

    strength: float
    says: str


@dataclass(frozen=True)
class TargetView:
    """One column as a possible target."""

    profile: Profile
    sentence: Sentence
    column: Column
    stats: ColumnProfile

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(value for value, _ in values_of(self.profile, self.column.name))


def values_of(profile: Profile, name: str) -> tuple[tuple[str, int], ...]:
    """Return a column's frequent values with their counts as they stand in the data: yes and no, not 1 and 0."""
    column, stats = profile.column(name), profile.of(name)
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


def choose(profile: Profile, sentence: Sentence) -> Choice:
    """Rank the columns as targets of the sentence; ties go to the later column, where targets usually stand."""
    scored = [
        _score(TargetView(profile, sentence, column, stats))
        for column, stats in zip(profile.columns, profile.statistics, strict=True)
    ]
    order = sorted(range(len(scored)), key=lambda place: (-scored[place].score, -place))
    ranked = tuple(scored[place] for place in order)
    if not ranked:
        return Choice((), 0.0)
    lead = ranked[0].score - (ranked[1].score if len(ranked) > 1 else 0.0)
    certain = ranked[0].score * (0.45 + 0.55 * min(1.0, lead / CLOSE_CALL))
    return Choice(ranked, round(certain, 3))


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
    stats, rows = view.stats, view.profile.rows
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
    few = stats.kind in (Kind.CATEGORICAL, Kind.BOOLEAN) or stats.n_unique == 2
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


def similarity(word: Word, part: str) -> float:
    """Return how much one word of the sentence is like one word of a column's name, 0 to 1."""
    said, named = word.text, ABBREVIATIONS.get(part, part)
    if said in (part, named) or word.stem == stem(part) or word.stem == stem(named):
        return 1.0
    root, other = word.stem, stem(named)
    # survive and survival, rent and rental; not house and household
    if min(len(root), len(other)) >= 4 and (other.startswith(root) or root.startswith(other)):
        extra = abs(len(root) - len(other))
        if extra <= 3:
            return 0.85
    if 3 <= len(part) <= 4 and len(said) >= len(part) + 3 and said.startswith(part):
        return 0.7
    if len(part) >= 3 and said[0] == part[0] and part == said[0] + re.sub("[aeiou]", "", said[1:]):
        return 0.75
    return 0.0


def _named(view: TargetView, *, everyday: bool) -> tuple[float, list[str]]:
    """Return which share of the column's name the sentence covers, and by which words."""
    parts = [part for part in tokens(view.column.name) if not part.isdigit()] or list(tokens(view.column.name))
    alone = len(parts) == 1
    whole = 0.0
    covered = 0.0
    by: list[str] = []
    for part in parts:
        weight = 1.0 if alone else GENERIC.get(part, 1.0)
        whole += weight
        best, said = 0.0, ""
        for word in view.sentence.content:
            alike = similarity(word, part)
            if everyday and alike < 1.0 and _same_concept(word, part):
                alike = max(alike, EVERYDAY)
            if alike * word.weight > best:
                best, said = alike * word.weight, word.text
        covered += weight * best
        if said:
            by.append(said)
    if not whole:
        return 0.0, []
    # of two names that are covered whole, the longer one says more of what was asked
    return min(SURE, covered / whole * (0.9 + 0.04 * min(2, len(by) - 1))), by


def _same_concept(word: Word, part: str) -> bool:
    root = stem(ABBREVIATIONS.get(part, part))
    return any(word.stem in concept.words and root in concept.words for concept in CONCEPTS)


@rule("target/named")
def named_in_the_sentence(view: TargetView) -> Iterator[Evidence]:
    """The words of the column's name stand in the sentence, whole, as stems or abbreviated."""
    share, by = _named(view, everyday=False)
    if share >= 0.25:
        yield Evidence(share, f"its name is in the sentence ({', '.join(dict.fromkeys(by))})")


@rule("target/everyday-word")
def an_everyday_word(view: TargetView) -> Iterator[Evidence]:
    """The sentence uses an everyday word for what the column's name says, e.g. "leave" for "churn"."""
    plain, _ = _named(view, everyday=False)
    share, by = _named(view, everyday=True)
    if share >= 0.25 and share > plain + 0.05:
        # the part that the plain words already gave is not counted twice
        strength = 1 - (1 - share) / (1 - plain)
        yield Evidence(strength, f"everyday words for its name are in the sentence ({', '.join(dict.fromkeys(by))})")


@rule("target/verbatim")
def written_verbatim(view: TargetView) -> Iterator[Evidence]:
    """The sentence writes the column's name exactly, quoted or with its underscores or capitals."""
    name, text = view.column.name.strip(), view.sentence.text
    if any(name.lower() == quoted.strip().lower() for quoted in view.sentence.quoted):
        yield Evidence(0.9, "its name is quoted in the sentence")
    elif (
        len(name) >= 3 and re.search(r"[_\d-]|[a-z][A-Z]", name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    ):
        match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        first = tokens(text[: match.start()]) if match else ()
        weight = view.sentence.words[len(first)].weight if len(first) < len(view.sentence.words) else 1.0
        yield Evidence(0.9 * weight, "its name is written out in the sentence")


@rule("target/joined")
def words_run_together(view: TargetView) -> Iterator[Evidence]:
    """Neighbouring words of the sentence, run together, are the column's name, e.g. "total charges" for totalcharges."""
    name = "".join(tokens(view.column.name))
    words = view.sentence.words
    if len(tokens(view.column.name)) != 1 or len(name) < 6:
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
def initials_of_the_sentence(view: TargetView) -> Iterator[Evidence]:
    """Initials of words of the sentence are the column's name, e.g. mpg for "miles per gallon"."""
    name = view.column.name.strip().lower()
    if not (3 <= len(name) <= 6 and name.isalpha()):
        return
    said = view.sentence.words
    for words in (said, tuple(word for word in said if word.text not in STOP)):
        for start in range(len(words) - len(name) + 1):
            group = words[start : start + len(name)]
            if "".join(word.text[0] for word in group) == name and group[0].weight >= 0.4:
                yield Evidence(0.85, f"initials of {' '.join(word.text for word in group)!r}")
                return


@rule("target/options")
def options_are_its_values(view: TargetView) -> Iterator[Evidence]:
    """The answers that the sentence lists are the column's values, or their initials, or as many."""
    options, values = view.sentence.options, {value.lower() for value in view.values}
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
        parts = tokens(value)
        if len(parts) != 1 or len(parts[0]) < 3 or parts[0] in STOP or parts[0].isdigit():
            continue
        weights = [
            word.weight for word in view.sentence.content if word.text == parts[0] or word.stem == stem(parts[0])
        ]
        if weights:
            yield Evidence(0.5 * max(weights), f"{value!r} is one of its values")
            return


@rule("target/weak-name")
def a_name_for_targets(view: TargetView) -> Iterator[Evidence]:
    """Names such as target, label, outcome or y say that a column is the target, but not of which sentence."""
    parts = tokens(view.column.name)
    name = parts[0] if len(parts) == 1 else ""
    # x, y and z together are coordinates
    if name == "y" and {"x", "z"} & {other.strip().lower() for other in view.profile.names}:
        return
    if name in WEAK_NAMES:
        yield Evidence(WEAK_NAMES[name], f"columns called {name!r} usually are the target")


@rule("target/place")
def first_or_last(view: TargetView) -> Iterator[Evidence]:
    """Targets mostly stand last in a table, sometimes first."""
    if view.column.name == view.profile.names[-1]:
        yield Evidence(0.08, "it is the last column")
    elif view.column.name == view.profile.names[0]:
        yield Evidence(0.04, "it is the first column")


@rule("target/only-fit")
def the_only_one_that_fits(view: TargetView) -> Iterator[Evidence]:
    """A question for yes or no points to the column if it is the only one in the table with two values."""
    if not view.sentence.yes_no or view.stats.n_unique != 2:
        return
    pairs = [stats for stats in view.profile.statistics if stats.n_unique == 2]
    if len(pairs) == 1:
        yield Evidence(0.3, "it is the only column with two values")


TARGET_RULES: tuple[Rule[TargetView, Evidence], ...] = (
    named_in_the_sentence,
    an_everyday_word,
    written_verbatim,
    words_run_together,
    initials_of_the_sentence,
    options_are_its_values,
    a_value_in_the_sentence,
    a_name_for_targets,
    first_or_last,
    the_only_one_that_fits,
)
