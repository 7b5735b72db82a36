"""Reading the user's sentence: its words and how central they are, the kind of answer it wants, its hints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from planfit.planners.expert.languages import fold, in_english, language_of
from planfit.planners.expert.spelling import SHORTEST, mended
from planfit.planners.expert.words import ASKING, CONCEPTS, STOP, Wants, stem, tokens

EVIDENCE_CLAUSE = 0.3
"""Weight of words after ``based on``, ``from``, ``given``: they name what one predicts from."""
SECOND_SENTENCE = 0.5
_CLAUSES = (
    "based on", "from", "using", "given", "according to", "depending on", "knowing", "when", "after", "before", "during",
    "because", "with the help of", "by means of", "out of", "as a function of", "on the basis of", "via", "through",
)  # fmt: skip
_PHRASES = {
    "each": 0.3,
    "every": 0.3,
    "per": 0.5,
    "in": 0.4,
    "by": 0.5,
    "for": 0.6,
    "at": 0.6,
    "with": 0.5,
    "of": 0.85,
    "than": 0.7,
}
"""What the next few words weigh after a preposition: units, places, the unit of observation."""
_PHRASE_LENGTH = 4
_CARRIED_ON = frozenset({"a", "an", "the", "and", "each", "every"})
"""Words that do not count for that: "in a city and month" is one phrase."""
SLIP = 0.85
"""Weight of a word that is read as another, against 1 for one that is spelt as known."""
_SAYINGS = (
    (r"\b(?:sells?|sold|goes?) for\b", "price"),
    (r"\bpa(?:y|ys|id|ying)\b([^.;?]{0,30}?) back\b", r"repay\1"),
)
"""Words that mean something else together."""
UNIT = 0.2
"""Weight of the word after a number: 30 minutes, 5 stars."""
_SUBJECTS: tuple[tuple[str, float], ...] = (
    (
        r"\b(?:which|what|quels|quelles) ((?:\w+ ){0,3}?\w+s) (?:will|would|are|were|have|had|do|did|can|could|might|may|is|going"
        r"|survived|died|left|churn|leave|stay|fail|\w+ed)\b",
        0.4,
    ),
    (r"^\W*(?:will|would|does|did|do|can|could|should) (?:the|this|that|an?|my|our|these|each) (\w+)\b", 0.4),
    (
        r"\bhow (?!high|large|big|much|many|great|good)\w+ (?:is|are|was|were|does|do|will|can) (?:the|an?|this|that|my|our|these|each)"
        r" (\w+)\b",
        0.4,
    ),
    (r"\b(?:whether|if) (?:the|this|that|an?|my|our|these|each) (\w+) (?=\w)", 0.4),
    (r"^\W*(?:is|are|was|were|has|have|had) (?:the|this|that|these|my|our) (\w+)\b", 0.7),
)
"""Those of whom something is asked, the customers in "which customers will leave", and what their words weigh."""

_CLASS = (
    r"\b(classif|categori[sz]|flag|detect|catch|identif|diagnos|recogni[sz]|distinguish|spot)",
    r"\bwhether\b", r"\bwhich\b", r"\bwho\b", r"^\W*(will|would|does|do|is|are|did|was|has|can)\b", r"\bpredict if\b",
    r"\b(likely to|likelihood|probability|chance|risk) ?(of|that|to)?\b", r"\b(what|which) (type|kind|class|category|species|sort)\b",
    r"\bis it\b", r"\bor not\b", r"\bgoing to\b", r"\btell (if|whether|apart|the (type|kind|class|species))",
)  # fmt: skip
_NUMBER = (
    r"\bhow (much|many|long|old|far|big|high|large|fast|tall|heavy|late)\b", r"\bestimat", r"\bforecast", r"\bnumber of\b",
    r"\bamount\b", r"\bworth\b", r"\bregress", r"\bin (minutes|hours|days|seconds|dollars|euros|kg|km|miles|degrees|percent)\b",
    r"\b(average|median|mean|total) (?!precision)\w+",
)  # fmt: skip
_YES_NO = (
    r"\bwhether\b", r"^\W*(will|would|does|do|is|are|did|was|has|can)\b", r"\bflag\b", r"\bcatch\b", r"\bdetect", r"\blikel", r"\bprobability\b",
    r"\bchance\b", r"\b(predict|tell|say) if\b", r"\bor not\b", r"\b(which|who)\b.*\b(will|would|going to|survive|are|leave|left|have)",
)  # fmt: skip
_FUTURE = (
    r"\bforecast", r"\bfuture\b", r"\btomorrow\b", r"\bupcoming\b",
    r"\b(next|coming|following) (few |two |three |\d+ )?(day|week|month|quarter|year|season|hour|weekend)s?\b",
    r"\b(days|weeks|months|hours|years) ahead\b", r"\bahead of time\b", r"\bover time\b",
)  # fmt: skip
_METRICS: tuple[tuple[str, str], ...] = (
    (r"\brmsle\b|\b(log|logarithmic) (squared )?error|\brelative error|\b(cheap|small|low)\w*\b[^.]*\b(expensive|large|big|high)\w*\b"
     r"[^.]*\b(alike|equal|equally|same)\b|\berrors?\b[^.]*\bin proportion", "rmsle"),
    (r"\bmape\b|\bpercent(age)? error", "mape"),
    (r"\bmae\b|\babsolute error|\btypical error|\bmedian error|\boff by\b|\brobust to outliers", "mae"),
    (r"\brmse\b|\bsquared error", "rmse"),
    (r"\br2\b|\br\^2|\br.squared|\bexplained variance", "r2"),
    (r"\baverage.precision|\bpr.?auc|\bauprc|\bas many [\w -]{2,40} as possible|\b(catch|find|detect) as many\b|\brecall\b"
     r"|\b(miss|overlook) (as few|no)\b", "average_precision"),
    (r"\b(roc|auc)\b|\brank(ing|ed)? (them|by risk|by likelihood|well)", "roc_auc"),
    (r"\bmacro.?f1|\bf1.?macro|\b(all|each|every|rare) class(es)? (count|matter|weigh)s?[^.]*\b(equal|alike|same)", "f1_macro"),
    (r"\bf1\b|\bprecision and recall", "f1"),
    (r"\bbalanced.accuracy", "balanced_accuracy"),
    (r"\baccurac|\bshare of correct|\bas often right", "accuracy"),
    (r"\bmcc\b|\bmatthews", "mcc"),
    (r"\bbrier\b", "brier"),
    (r"\blog.?loss|\bcross.?entropy|\b(well.)?calibrated", "log_loss"),
)  # fmt: skip


@dataclass(frozen=True)
class Word:
    """One word of the sentence."""

    text: str
    """In English where the sentence is of another language, with typing errors mended."""
    stem: str
    weight: float
    """1 where the target is usually named, less in clauses that name evidence, units or places."""
    said: str = ""
    """As it was written, folded; empty where that is `text`."""

    @property
    def matters(self) -> bool:
        return self.text not in STOP and self.text not in ASKING and self.weight > 0


@dataclass(frozen=True)
class Sentence:
    """The user's sentence as it was understood."""

    text: str
    words: tuple[Word, ...]
    wants: Wants | None
    """The kind of answer that its form asks for."""
    yes_no: bool
    options: tuple[str, ...]
    """Answers that it lists: ``edible or poisonous``, ``(normal, suspect, pathologic)``."""
    future: bool
    quoted: tuple[str, ...]
    metrics: tuple[str, ...]
    """Metrics that it hints at, in order of the table."""
    known: bool = True
    """Some word of it is one that people use when they ask for something; else it says nothing."""

    @property
    def content(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if word.matters)


def read(text: str, names: Iterable[str] = ()) -> Sentence:
    """Return the sentence taken apart: put into English, typing errors mended, each word weighed.

    Parameters
    ----------
    text : str
    names : iterable of str
        The table's columns: their words are known words.

    Examples
    --------
    >>> read("Is this mushroom edible or poisonous?").options
    ('edible', 'poisonous')
    >>> [word.text for word in read("Predict the price from the area").content if word.weight == 1]
    ['price']
    >>> [word.text for word in read("Welche Kunden werden kündigen?").content]
    ['customers', 'churn']
    """
    folded = fold(text)
    english = in_english(folded, language_of(tokens(folded), ASKING | STOP))
    for pattern, instead in _SAYINGS:
        english = re.sub(pattern, instead, english, flags=re.IGNORECASE)
    low = english.lower()
    parts = frozenset(part for name in names for part in tokens(fold(name)))
    words = _mended(_weighed(english), parts)
    votes = {"class": _votes(_CLASS, low), "number": _votes(_NUMBER, low)}
    for concept in CONCEPTS:
        if concept.wants and any(word.matters and word.weight >= 0.8 and word.stem in concept.words for word in words):
            votes[concept.wants] += 1
    wants: Wants | None = None
    if votes["class"] != votes["number"]:
        wants = "class" if votes["class"] > votes["number"] else "number"
    return Sentence(
        text=text,
        words=words,
        wants=wants,
        yes_no=_votes(_YES_NO, low) > 0,
        options=_options(low) or _options(folded.lower()),
        future=_votes(_FUTURE, low) > 0,
        quoted=tuple(re.findall(r"[`\"“‘']([^`\"”’']{1,100})[`\"”’']", text)),
        metrics=tuple(metric for pattern, metric in _METRICS if re.search(pattern, low)),
        known=any(
            word.text in _VOCABULARY or word.stem in _STEMS or word.said in parts or word.text in parts
            for word in words
        ),
    )


_VOCABULARY = ASKING | STOP
_SPELT = frozenset(word for concept in CONCEPTS for word in concept.spelt if len(word) >= SHORTEST)
_STEMS = frozenset(root for concept in CONCEPTS for root in concept.words)
_PLAIN = frozenset(
    {"ranked", "rows", "table", "dataset", "columns", "people", "hours", "which", "these", "those", "model", "models"}
)
"""Words that are near others and no slips for them."""


def _mended(words: tuple[Word, ...], parts: frozenset[str]) -> tuple[Word, ...]:
    """Return the words with those that nobody knows read as the one known word that is nearly the same."""
    named = sorted(part for part in parts if len(part) >= SHORTEST)
    known = sorted({*named, *_SPELT, *ASKING})
    stems = {stem(part) for part in parts} | _STEMS
    made = []
    for word in words:
        is_known = word.text in _VOCABULARY or word.text in parts or word.stem in stems or word.text in _PLAIN
        meant = (
            None
            if is_known or len(word.text) < SHORTEST
            else mended(word.text, known if len(word.text) > SHORTEST else named)
        )
        made.append(
            word if meant is None else Word(meant, stem(meant), round(word.weight * SLIP, 4), word.said or word.text)
        )
    return tuple(made)


def _votes(patterns: tuple[str, ...], low: str) -> int:
    return sum(1 for pattern in patterns if re.search(pattern, low))


def _weighed(text: str) -> tuple[Word, ...]:
    """Return the words with their weights, walking from clause to clause."""
    found: list[Word] = []
    for number, part in enumerate(re.split(r"[;.!?](?:\s|$)", text)):
        level = 1.0 if number == 0 else SECOND_SENTENCE
        base, phrase, left = level, 1.0, 0
        said = tokens(part)
        subject = _subject(part)
        for place, word in enumerate(said):
            if word in ASKING or (word in ("how", "what", "which", "who", "whether", "will", "does") and place > 0):
                base = 1.0 if word in ASKING or number == 0 else level
                left = 0
            elif starts := _clause_at(said, place):
                # "the score given by tasters": a participle, not a clause of evidence
                base = base if starts == "given" and said[place + 1 : place + 2] == ("by",) else EVIDENCE_CLAUSE * level
                left = 0
            if word in _PHRASES and said[place + 1 : place + 2] not in (("what",), ("which",)):
                phrase, left = _PHRASES[word], _PHRASE_LENGTH
            weight = base * phrase if left > 0 else base
            weight *= subject.get(place, 1.0)
            if place > 0 and said[place - 1].isdigit():
                weight *= UNIT
            left -= word not in _CARRIED_ON
            found.append(Word(word, stem(word), round(weight, 4)))
    return tuple(found)


def _subject(part: str) -> dict[int, float]:
    """Return the places of those of whom something is asked, with what their words weigh."""
    for pattern, weight in _SUBJECTS:
        match = re.search(pattern, part, re.IGNORECASE)
        if match is None:
            continue
        named = tokens(match.group(1))
        # what kind of ..., which types are there: there the noun is what is asked for
        if named[-1] not in ("species", "class", "types", "classes", "kinds"):
            start = len(tokens(part[: match.start(1)]))
            return dict.fromkeys(range(start, start + len(named)), weight)
    return {}


def _clause_at(said: tuple[str, ...], place: int) -> str | None:
    for clause in _CLAUSES:
        parts = tuple(clause.split())
        if said[place : place + len(parts)] == parts:
            return clause
    return None


def _options(low: str) -> tuple[str, ...]:
    """Return the answers that the sentence itself lists, at least two."""
    inside = re.search(r"\(([^()]{3,200})\)", low)
    listed = re.split(r"\s*(?:,|/|\bor\b|\band\b)\s*", inside.group(1)) if inside else []
    if not (len(listed) >= 2 and all(0 < len(entry.split()) <= 3 for entry in listed)):
        several = re.search(r"((?:\b[\w-]+, )*\b[\w-]+),? or ([\w-]+)", low)
        if several is None:
            return ()
        listed = [*several.group(1).split(", "), several.group(2)]
    kept = tuple(entry.strip() for entry in listed if entry.strip() and entry.strip() not in STOP)
    return kept if len(kept) >= 2 else ()
