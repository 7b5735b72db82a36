"""The expert's split: by what the sentence and the data say, with the reason, and how to undo it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from planfit.planners.base import Ask
from planfit.planners.expert.languages import fold, meanings
from planfit.planners.expert.sentence import Sentence
from planfit.planners.expert.words import ABBREVIATIONS, STOP, stem, tokens
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, Profile
from planfit.records.schema import Kind
from planfit.records.task import TaskType

JsonDict = dict[str, Any]
Because = tuple[JsonDict, str]

FEWEST_MOMENTS: Final = 10
FEWEST_YEARS: Final = 5
MOST_MISSING: Final = 0.05
MOST_ROWS_ALONE: Final = 0.9
"""Levels to rows, above which a column names rows rather than entities."""
UNDONE: Final = "`--split random` undoes it"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEW = (
    r"\b(?:new|brand.new|unseen|unknown|other|another|different|future|never.seen|neu(?:e|en|er|em)|unbekannt\w*|ander(?:e|en|er|em)"
    r"|ungesehen\w*|nouve(?:au|aux|lle|lles)|autres?|inconnu\w*|nuev[oa]s?|otr[oa]s?|desconocid[oa]s?)\s+([a-z]+)(?:\s+([a-z]+))?"
)
_SEEN = r"(?:seen|met|encountered|observed|gesehen|bekannt|vus?|vues?|vist[oa]s?|connus?)\b"
_NEVER = (
    rf"\b(?:not|never|haven't|hasn't|weren't|nie|nicht|pas|jamais|non|no|nunca)\s+(?:[a-z']+\s+){{0,3}}?{_SEEN}",
    r"\b(?:inconnu\w*|nouveaux|nouvelles|nuev[oa]s|desconocid[oa]s|unseen|unknown to (?:us|the model))\b",
)  # fmt: skip
"""What follows the noun that is new."""
WORDS_BEFORE: Final = 6
_AHEAD = (
    r"\b(mois|semaine|annee|an|jour|trimestre)s? (prochain|suivant)", r"\b(mes|semana|ano|dia|trimestre)s? (que viene|proxim|siguiente)",
    r"\bzukunft|\bzukunftig|\bkunftig", r"\bavenir\b|\bfuturs?\b", r"\bfuturo\b|\bfutur[ao]s?\b", r"\bdemain\b", r"\bubermorgen\b",
)  # fmt: skip
_ALIKE: Final = tuple(
    frozenset(stem(word) for word in words.split())
    for words in (
        "patient subject participant person people individual proband volunteer",
        "customer client user member account buyer",
        "machine engine unit device equipment asset turbine motor",
        "student pupil learner", "household family home", "speaker voice", "store shop branch outlet", "employee worker staff",
    )
)  # fmt: skip
"""Words for one and the same kind of entity."""
_NUMBERING: Final = _words("id ids identifier no nr num number nbr code key uid guid uuid name index idx ref")
_LIFE: Final = _words(
    "birth born dob birthday signup sign join joined hire hired registration registered enrolled enrolment enrollment opened opening "
    "founded built construction remod remodeled renovated model garage since"
)  # fmt: skip
"""What happened once to an entity: no time at which its row was written down."""
_CLOCKS: Final = _words("year yr date time timestamp instant step timestep cycle epoch")


def split_of(ask: Ask, sentence: Sentence, target: str, task_type: TaskType) -> Because:
    """Return how to divide the rows, and why.

    What the user gave comes first, then entities and times that the sentence names, then entities that the data
    repeats, then a series in time; else rows are divided at random.
    """
    profile = ask.profile
    if ask.options.split:
        return _given(ask, sentence, target)
    asked = _asked_entity(profile, sentence, target)
    if asked is not None:
        return asked
    if _looks_ahead(sentence):
        when = time_column(profile, target)
        if when is not None:
            split: JsonDict = {"kind": "time", "column": when.name}
            said = f"Split forward in time by `{when.name}` ({_span(when)}): the sentence looks ahead; {UNDONE}."
            return split, " ".join([said, *_unkept(profile, target)])
    strong = _findings(profile, "repeated-entities", target)
    if strong:
        name = strong[0].columns[0]
        because = f"{_plain(strong[0])}, so a model is judged on entities that it has not seen"
        return {"kind": "group", "column": name}, f"Split by group `{name}`: {because}; {UNDONE}."
    series = _findings(profile, "time-series", target)
    if series:
        name = _dividing(profile, series[0])
        because = f"{_plain(series[0])}, so a model is judged on later rows than it has seen"
        return {"kind": "time", "column": name}, f"Split forward in time by `{name}`: {because}; {UNDONE}."
    kind = "random" if task_type == "regression" else "stratified"
    why = "nothing speaks for an order in time or for entities that repeat"
    if _looks_ahead(sentence):
        why = "the sentence looks ahead, but no column tells the time"
    said = f"Split {kind}: {why}."
    return {"kind": kind, "column": None}, " ".join([said, *_unkept(profile, target)])


def time_column(profile: Profile, target: str) -> ColumnProfile | None:
    """Return the column that tells when a row was written down: a date, else a year or another count of time."""
    in_order = {
        name
        for code in ("time-series", "time-order")
        for finding in _findings(profile, code, target)
        for name in (_dividing(profile, finding),)
    }

    def usable(stats: ColumnProfile, fewest: int) -> bool:
        once = bool(set(tokens(stats.name)) & _LIFE) and stats.name not in in_order
        enough = stats.n_unique >= fewest and stats.missing <= MOST_MISSING * profile.rows
        return enough and not once and stats.name != target

    dates = [s for s in profile.statistics if s.kind is Kind.DATETIME and usable(s, FEWEST_MOMENTS)]
    if dates:
        return max(dates, key=lambda stats: (stats.name in in_order, -stats.missing, stats.n_unique))
    kinds = (Kind.NUMERIC, Kind.IDENTIFIER, Kind.CATEGORICAL)
    numbers = [
        s for s in profile.statistics
        if s.kind in kinds and _is_number(profile, s) and (s.name in in_order or (_CLOCKS & set(tokens(s.name)) and usable(s, FEWEST_YEARS)))
    ]  # fmt: skip
    return max(numbers, key=lambda stats: (stats.name in in_order, stats.n_unique), default=None)


def _given(ask: Ask, sentence: Sentence, target: str) -> Because:
    """Return what the user fixed; a column left open is found."""
    kind, _, column = (ask.options.split or "").partition(":")
    said = f"Split {ask.options.split}: was given."
    if not column and kind == "time":
        when = time_column(ask.profile, target)
        column = "" if when is None else when.name
    elif not column and kind == "group":
        entity = _asked_entity(ask.profile, sentence, target)
        found = [*_findings(ask.profile, "repeated-entities", target), *_possible(ask.profile, target)]
        column = entity[0]["column"] if entity is not None else found[0].columns[0] if found else ""
    elif kind in ("random", "stratified"):
        said = " ".join([said, *_mixing(ask.profile, target)])
    if column and f"{kind}:{column}" != ask.options.split:
        said += f" `{column}` is the {kind} column that fits best."
    return {"kind": kind, "column": column or None}, said


def _mixing(profile: Profile, target: str) -> Iterator[str]:
    for finding in _findings(profile, "repeated-entities", target)[:1]:
        yield f"{_plain(finding)}: scores will flatter every model, if it is meant for new ones."


def _unkept(profile: Profile, target: str) -> Iterator[str]:
    """Say which entities end up on both sides, and what keeps them together."""
    for finding in [*_findings(profile, "repeated-entities", target), *_possible(profile, target)][:1]:
        name = finding.columns[0]
        yield f"Rows of one `{name}` may be on both sides; `--split group:{name}` keeps them together."


def _possible(profile: Profile, target: str) -> list[Finding]:
    """Return what may name entities; what describes them without a name of their own divides nothing."""
    known = {stats.name for stats in profile.statistics}
    found = _findings(profile, "possible-entities", target)
    return [f for f in found if f.columns[0] in known and f"group:{f.columns[0]}" in (f.hint or "")]


def _findings(profile: Profile, code: str, target: str) -> list[Finding]:
    return [
        found for found in profile.warnings if found.code == code and found.columns and target not in found.columns[:1]
    ]


def _plain(finding: Finding) -> str:
    """Return a finding as part of a sentence, names as they are written in rationales."""
    return re.sub(r"'([^']+)'", r"`\1`", finding.message.rstrip("."))


def _dividing(profile: Profile, finding: Finding) -> str:
    """Return the coarsest of the columns that changes at all: of year, month and day the month, within one year."""
    names = [name for name in finding.columns if name in profile.names and profile.of(name).n_unique > 1]
    return names[0] if names else finding.columns[0]


def _span(stats: ColumnProfile) -> str:
    """Return how many times a column tells, and from when to when."""
    shown = [int(v) if isinstance(v, float) and v.is_integer() else v for v in (stats.minimum, stats.maximum)]
    span = "" if stats.minimum is None else f" from {shown[0]} to {shown[1]}"
    return f"{stats.n_unique} distinct times{span}"


def _is_number(profile: Profile, stats: ColumnProfile) -> bool:
    column = profile.column(stats.name)
    return stats.kind is Kind.NUMERIC or column.dtype.startswith(("Int", "UInt", "Float"))


def _looks_ahead(sentence: Sentence) -> bool:
    low = fold(sentence.text).lower()
    return sentence.future or any(re.search(pattern, low) for pattern in _AHEAD)


def _asked_entity(profile: Profile, sentence: Sentence, target: str) -> Because | None:
    """Return the split by the entity that the sentence calls new, where a column names it and repeats."""
    for noun in new_nouns(sentence.text):
        columns = [
            stats for stats in profile.statistics
            if stats.name != target and _names(stats.name, noun) and _repeats(profile, stats)
        ]  # fmt: skip
        if columns:
            told = [
                found.columns[0] for found in profile.warnings if found.code.endswith("-entities") and found.columns
            ]
            best = max(columns, key=lambda stats: (stats.name in told, stats.n_unique))
            because = f"the sentence is about {noun} that the model has not seen, and `{best.name}` names {best.n_unique} of them"
            return {"kind": "group", "column": best.name}, f"Split by group `{best.name}`: {because}; {UNDONE}."
    return None


def new_nouns(text: str) -> tuple[str, ...]:
    """Return what a sentence calls new or not seen before, in its own words.

    Examples
    --------
    >>> new_nouns("Predict churn of new customers"), new_nouns("Score patients we have never seen")
    (('customers',), ('patients', 'score'))
    """
    low = fold(text).lower()
    found = [noun for match in re.finditer(_NEW, low) for noun in match.groups() if noun]
    for pattern in _NEVER:
        for match in re.finditer(pattern, low):
            before = re.split(r"[.;:!?]", low[: match.start()])[-1]
            found += reversed(re.findall(r"[a-z]+", before)[-WORDS_BEFORE:])
    kept = [noun for noun in dict.fromkeys(found) if len(noun) > 2 and noun not in STOP and noun != "model"]
    return tuple(kept)


def _meanings(noun: str) -> frozenset[str]:
    """Return the stems of a noun in English, and of words for the same kind of entity."""
    own = frozenset(stem(word) for word in (noun, *meanings(noun)))
    return own.union(*(words for words in _ALIKE if own & words))


_KNOWN: Final = frozenset().union(*_ALIKE)


def _names(column: str, noun: str) -> bool:
    """Whether a column's name is the noun, maybe with a word for its number: ``customer_id``, not ``customer_age``."""
    words = [word for word in tokens(column) if not word.isdigit()]
    wanted = _meanings(noun)
    hits = {
        word
        for word in words
        if wanted & {stem(part) for part in (word, ABBREVIATIONS.get(word, word), _cut(word), *meanings(fold(word)))}
    }
    return bool(hits) and all(word in hits or word in _NUMBERING for word in words)


def _cut(word: str) -> str:
    """Return ``patient`` of ``patientid``."""
    return next((word.removesuffix(end) for end in ("id", "no", "nr") if word.endswith(end) and len(word) > 5), word)


def _repeats(profile: Profile, stats: ColumnProfile) -> bool:
    present = profile.rows - stats.missing
    whole = stats.kind is not Kind.NUMERIC or bool(stats.integers)
    return (
        whole and stats.kind not in (Kind.DATETIME, Kind.BOOLEAN) and 3 <= stats.n_unique <= MOST_ROWS_ALONE * present
    )
