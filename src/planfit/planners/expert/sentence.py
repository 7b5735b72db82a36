"""Reading the user's sentence: its words and how central they are, the kind of answer it wants, its hints."""

from __future__ import annotations

import re
from dataclasses import dataclass

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

_CLASS = (
    r"\b(classif|categori[sz]|flag|detect|identif|diagnos|recogni[sz]|distinguish|spot)",
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
    r"\bwhether\b", r"^\W*(will|would|does|do|is|are|did|was|has|can)\b", r"\bflag\b", r"\bdetect", r"\blikel", r"\bprobability\b",
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
    (r"\baverage.precision|\bpr.?auc|\bauprc|\b(catch|find|detect) as many\b|\brecall\b", "average_precision"),
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
    stem: str
    weight: float
    """1 where the target is usually named, less in clauses that name evidence, units or places."""

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

    @property
    def content(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if word.matters)


def read(text: str) -> Sentence:
    """Return the sentence taken apart.

    Examples
    --------
    >>> read("Is this mushroom edible or poisonous?").options
    ('edible', 'poisonous')
    >>> [word.text for word in read("Predict the price from the area").content if word.weight == 1]
    ['price']
    """
    low = text.lower()
    words = _weighed(text)
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
        options=_options(low),
        future=_votes(_FUTURE, low) > 0,
        quoted=tuple(re.findall(r"[`\"“‘']([^`\"”’']{1,100})[`\"”’']", text)),
        metrics=tuple(metric for pattern, metric in _METRICS if re.search(pattern, low)),
    )


def _votes(patterns: tuple[str, ...], low: str) -> int:
    return sum(1 for pattern in patterns if re.search(pattern, low))


def _weighed(text: str) -> tuple[Word, ...]:
    """Return the words with their weights, walking from clause to clause."""
    found: list[Word] = []
    for number, part in enumerate(re.split(r"[;.!?](?:\s|$)", text)):
        level = 1.0 if number == 0 else SECOND_SENTENCE
        base, phrase, left = level, 1.0, 0
        said = tokens(part)
        for place, word in enumerate(said):
            if word in ASKING or (word in ("how", "what", "which", "who", "whether", "will", "does") and place > 0):
                base = 1.0 if word in ASKING or number == 0 else level
                left = 0
            elif starts := _clause_at(said, place):
                # "the score given by tasters": a participle, not a clause of evidence
                base = base if starts == "given" and said[place + 1 : place + 2] == ("by",) else EVIDENCE_CLAUSE * level
                left = 0
            if word in _PHRASES:
                phrase, left = _PHRASES[word], _PHRASE_LENGTH
            weight = base * phrase if left > 0 else base
            left -= 1
            found.append(Word(word, stem(word), round(weight, 4)))
    return tuple(found)


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
