"""How much of a column's name a sentence says: by the same words, their stems, abbreviations, other languages, synonyms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from planfit.planners.expert.languages import fold, meanings
from planfit.planners.expert.sentence import Sentence, Word
from planfit.planners.expert.words import ABBREVIATIONS, CONCEPTS, GENERIC, stem, tokens

EVERYDAY = 0.8
"""Strength of an everyday word of the same meaning, against 1 for the same word."""
HALF_NAMED = 0.7
"""Exponent on the share of a name that is said: one word of two already says more than half."""
WITH_DIGITS = 0.3
"""Weight of a word with digits in a name: 50k, v2."""
LONG_ROOT = 6
"""Letters at the beginning that two words of one root have in common."""
TRANSLATED = 0.95
"""Likeness of a word and the same word of another language."""
SURE = 0.98
"""No evidence from names is worth more."""


@dataclass(frozen=True)
class Share:
    """How much of a column's name the sentence says."""

    size: float = 0.0
    """0 to 1."""
    by: tuple[str, ...] = ()
    """The words that say it."""


@lru_cache(maxsize=100_000)
def similarity(word: Word, part: str) -> float:
    """Return how much one word of the sentence is like one word of a column's name, 0 to 1."""
    said, named = word.text, ABBREVIATIONS.get(part, part)
    if said in (part, named) or word.said == part or word.stem == stem(part) or word.stem == stem(named):
        return 1.0
    if any(word.stem == stem(meant) for meant in meanings(part)):
        return TRANSLATED
    root, other = word.stem, stem(named)
    # survive and survival, rent and rental; not house and household
    if min(len(root), len(other)) >= 4 and (other.startswith(root) or root.startswith(other)):
        extra = abs(len(root) - len(other))
        if extra <= 3:
            return 0.85
    # satisfied and satisfaction
    if sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(root, other, strict=False))) >= LONG_ROOT:
        return 0.7
    # pclass
    if len(said) >= 4 and part[1:] == said:
        return 0.75
    if 3 <= len(part) <= 4 and len(said) >= len(part) + 3 and said.startswith(part):
        return 0.7
    # vocab for vocabulary; not house, which is a word of its own, for household
    if 5 <= len(part) <= 6 and len(said) >= len(part) + 4 and said.startswith(part) and not _concepts_of(part):
        return 0.7
    if len(part) >= 3 and said[0] == part[0] and part == said[0] + re.sub("[aeiou]", "", said[1:]):
        return 0.75
    return 0.0


def named(name: str, sentence: Sentence, *, everyday: bool = False) -> Share:
    """Return which share of a column's name the sentence says, and by which words.

    Parameters
    ----------
    name : str
    sentence : Sentence
    everyday : bool
        Words of the same meaning count as well, a little less.
    """
    # a unit in brackets is no part of what people call it
    every = tokens(re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", fold(name))) or tokens(fold(name))
    parts = [part for part in every if not part.isdigit()] or list(every)
    alone = len(parts) == 1
    whole = alike_in_all = heard = 0.0
    by: list[str] = []
    for part in parts:
        weight = 1.0 if alone else GENERIC.get(part, WITH_DIGITS if re.search(r"\d", part) else 1.0)
        whole += weight
        best, likeness, said = 0.0, 0.0, ""
        for word in sentence.content:
            alike = similarity(word, part)
            if everyday and alike < 1.0 and same_concept(word, part):
                alike = max(alike, EVERYDAY)
            if alike * word.weight > best:
                best, likeness, said = alike * word.weight, alike, word.text
        alike_in_all += weight * likeness
        heard += weight * best
        if said:
            by.append(said)
    if not alike_in_all:
        return Share()
    covered = (alike_in_all / whole) ** HALF_NAMED * (heard / alike_in_all)
    # of two names that are covered whole, the longer one says more of what was asked
    return Share(min(SURE, covered * (0.9 + 0.04 * min(2, len(by) - 1))), tuple(by))


def plainly_named(name: str, sentence: Sentence) -> bool:
    """Say whether every word of a column's name stands in the centre of the sentence."""
    parts = [part for part in tokens(fold(name)) if GENERIC.get(part, 1.0) > 0.5] or list(tokens(fold(name)))
    said = [word for word in sentence.words if word.weight >= 0.8]
    return bool(parts) and all(any(similarity(word, part) >= TRANSLATED for word in said) for part in parts)


def same_concept(word: Word, part: str) -> bool:
    return bool(_concepts_of(word.text) & _concepts_of(part))


@lru_cache(maxsize=10_000)
def _concepts_of(part: str) -> frozenset[str]:
    roots = {stem(ABBREVIATIONS.get(part, part)), *(stem(meant) for meant in meanings(part))}
    return frozenset(concept.name for concept in CONCEPTS if roots & concept.words)
