"""What the sentence asks of the run beside its target: time, candidates, families, plain models, columns to ignore."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from planfit.planners.expert.languages import fold
from planfit.planners.expert.spelling import close_to
from planfit.planners.expert.words import ASKING, stem, tokens

JsonDict = dict[str, Any]
BOOSTING: Final = ("lightgbm", "xgboost", "catboost", "hist_gradient_boosting")
TREES: Final = ("random_forest", "extra_trees", *BOOSTING)
FAMILY_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (r"hist(ogram)?[- _]?gradient[- _]?boosting", ("hist_gradient_boosting",)),
    (r"light[- ]?gbm|lgbm", ("lightgbm",)),
    (r"xg[- ]?boost|xgb", ("xgboost",)),
    (r"cat[- ]?boost", ("catboost",)),
    (r"gradient[- ]boost(ing|ed)( trees| machines?| models?)?|boosted (decision )?trees|boosting|gbm|gbdt", BOOSTING),
    (r"extra[- _]?trees|extremely randomi[sz]ed trees", ("extra_trees",)),
    (r"random[- _]?forests?|forests? models?|zufallsw[a]ld\w*|forets? aleatoires?|bosques? aleatorios?", ("random_forest",)),
    (r"(decision |entscheidungs)?tree[- ](based )?models?|tree[- ]based( methods?)?|decision trees?", TREES),
    (r"neural[- ]?net(work)?s?|deep[- ]?learning|multi[- ]?layer perceptrons?|mlps?|neuronale\w* netze?|reseaux? (de )?neurones"
     r"|redes? neuronal(es)?", ("mlp",)),
    (r"k[- ]?nearest[- ]neighbou?rs?|nearest[- ]neighbou?rs?|knn", ("knn",)),
    (r"linear(en?|es)? (models?|modelle?|regressions?|methods?)|logistic (regression|models?)|logistische regression|ridge( regression)?"
     r"|lasso|elastic[- ]?net|glms?|(modeles? )lineaires?|(modelos? )lineal(es)?|regression (lineaire|logistique)"
     r"|regresion (lineal|logistica)", ("linear",)),
)  # fmt: skip
"""Everyday names of model families; the more particular stand first."""
_NUMBERS: Final = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "ten": 10.0, "fifteen": 15.0,
    "twenty": 20.0, "thirty": 30.0, "half an": 0.5, "ein": 1.0, "eine": 1.0, "einer": 1.0, "zwei": 2.0, "drei": 3.0, "funf": 5.0,
    "zehn": 10.0, "un": 1.0, "une": 1.0, "deux": 2.0, "trois": 3.0, "cinq": 5.0, "dix": 10.0, "una": 1.0, "dos": 2.0, "tres": 3.0,
    "cinco": 5.0, "diez": 10.0,
}  # fmt: skip
_UNITS: Final = (
    (r"s|secs?|seconds?|sekunden?|secondes?|segundos?", 1.0),
    (r"m|mins?|minutes?|minuten?|minutos?", 60.0),
    (r"h|hrs?|hours?|stunden?|heures?|horas?", 3600.0),
)
_NUMBER: Final = r"(?P<number>\d+(?:[.,]\d+)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_AMOUNT: Final = rf"{_NUMBER}[ -]?(?P<unit>{'|'.join(unit for unit, _ in _UNITS)})\b"
_AT_MOST: Final = (
    r"(?:at (?:the )?most|no (?:more|longer) than|not? (?:more|longer) than|max(?:imum|imal)?(?: of)?|up to|less than|under|below|within|"
    r"only|hochstens|maximal|nicht (?:mehr|langer) als|innerhalb von|in hochstens|unter|au (?:plus|maximum)|en moins de|moins de|"
    r"(?:como|a lo) (?:maximo|mucho)|en menos de|menos de|in)"
)
_WORK: Final = r"\b(?:train|fit|tune|search|run|finish|stop|spend|take|takes|done|ready|be quick|trainier\w*|fertig|entraine\w*|entrena\w*)\b"
_EVENT: Final = (
    r"\b(?:whether|if|which|who|what|when|where|how|that|will|would|do|does|did|is|are|was|were|has|have|ob|wer|welche\w*|wie|wird|"
    r"werden|qui|quels?|quelles?|combien|si|quien|cuant\w*|que|arriv\w*|happen\w*)\b"
)
_TIME: Final = (
    # said of the training
    rf"{_WORK}[^.;,]{{0,25}}?\b(?:for |{_AT_MOST} ?)(?:{_AT_MOST} )?{_AMOUNT}(?: of (?:training|time|search)\w*)?",
    rf"\b(?:you|we|i) (?:have|only have|get|may use|can use)(?: only)?(?: {_AT_MOST})? {_AMOUNT}",
    rf"\bdu hast(?: nur)?(?: {_AT_MOST})? {_AMOUNT}|\b(?:tu as|vous avez|tienes) {_AMOUNT}".replace("?P<number>", "").replace("?P<unit>", ""),
    rf"\btime (?:limit|budget)(?: (?:of|is))?:? {_AMOUNT}",
    rf"{_AMOUNT} (?:of training|time limit|limit|budget|training time|max(?:imum)?\b|at (?:the )?most)",
    # a clause of its own, or the end of a request
    rf"(?:^|[,;.:(!?]) ?(?:and |but |und |et |y )?(?:please |bitte )?(?:all |done )?{_AT_MOST} (?:{_AT_MOST} )?{_AMOUNT}",
)  # fmt: skip
_AT_THE_END: Final = rf"\b(?:with)?in (?:at most )?{_AMOUNT}(?= ?[.!]?$|, )"
_CANDIDATES: Final = (
    rf"\b(?:{_AT_MOST}|try|tries|test|mit|avec|con)(?: {_AT_MOST})? (?P<number>\d+) "
    r"(?:different |verschiedene )?(?:candidates?|models?|trials?|configurations?|kandidaten|modelle|versuche|candidats?|modeles?|essais?|"
    r"candidatos?|modelos?|intentos?)\b"
)
_SIMPLE: Final = (
    r"\b(?:explainable|explicable|interpretable|transparent\w*|white[- ]?box|easy to (?:explain|understand|interpret)|can be explained|"
    r"erklarbar\w*|interpretierbar\w*|nachvollziehbar\w*|verstandlich\w*|interpretables?|simple models?|einfache\w* modelle?)\b"
)
_REFUSING: Final = r"\b(?:no|not|never|without|avoid|except|don'?t|do not|nothing like|anything but|keine?n?|nicht|ohne|pas|sans|jamais|sin|nada de|evita\w*)\b"
_WANTING: Final = (
    r"\b(?:use|uses|using|with|only|just|by|via|train|fit|try|prefer|want|must be|should be|want a|through|model|models|nutze|"
    r"verwende\w*|benutze|nimm|mit|nur|durch|utilise\w*|avec|uniquement|seulement|usa\w*|utiliza\w*|con|solo|solamente)\b"
)
_IGNORE: Final = (
    r"\b(?P<cue>ignor\w*|exclud\w*|except(?: for)?|do(?:es)? not (?:use|look at)|don'?t (?:use|look at)|never use|leav(?:e|ing) out|leave|"
    r"not using|without(?: (?:using|looking at|knowing|considering|use of))?|drop(?:ping)?|ohne|nicht (?:verwenden|benutzen)|sans(?: utiliser)?|"
    r"exclu\w*|excluy\w*|sin(?: (?:usar|utilizar|tener en cuenta))?)\b(?! (?:columns? )?that\b)"
)
_STRONG: Final = r"ignor|exclu|leav\w* out|drop|use"
_FILLER: Final = r"^(?:the|any|all|both|columns?|features?|fields?|variables?|named|called|die|den|das|der|spalten?|la|le|les|el|los|las|colonnes?|columnas?|using|of|of the)\s+"
_LISTED: Final = r"\s*(?:,\s*(?:and|or|und|et|y)\s+|,|\s+(?:and|or|nor|und|oder|et|ou|y|o|&)\s+)\s*"
MOST_WORDS: Final = 3
"""Words that the name of a column may have that the table does not have."""
_SHORT: Final = 4
"""Names at most so long are compared without mending their spelling."""


@dataclass(frozen=True)
class Wishes:
    """What was found, and the sentence without it."""

    constraints: JsonDict
    """Fields of `records.task.Constraints`; only what was said."""
    ignored: tuple[str, ...] = ()
    """Columns to be left out, in the order of the sentence."""
    strange: tuple[str, ...] = ()
    """Names to be left out that no column has."""
    rest: str = ""


def wishes(text: str, names: Iterable[str] = (), *, families: Iterable[str] = ()) -> Wishes:
    """Read the constraints of a sentence.

    Parameters
    ----------
    text : str
    names : iterable of str
        The table's columns.
    families : iterable of str
        Names of model families that are no everyday words, as those of other packages.

    Examples
    --------
    >>> wishes("Predict churn within 5 minutes, only linear models").constraints
    {'seconds': 300.0, 'families': ['linear']}
    >>> wishes("Predict whether the bus arrives within 30 minutes").constraints
    {}
    >>> wishes("Predict churn, ignore customer_id", ["customerID", "churn"]).ignored
    ('customerID',)
    """
    folded = _same_length(text)
    found: JsonDict = {}
    spans: list[tuple[int, int]] = []
    seconds = _seconds(folded)
    if seconds is not None:
        found["seconds"], span = seconds
        spans.append(span)
    candidates = re.search(_CANDIDATES, folded)
    if candidates is not None and int(candidates["number"]) > 0:
        found["max_candidates"] = int(candidates["number"])
        spans.append(candidates.span())
    wanted, refused, named = _families(folded, tuple(families))
    if wanted:
        found["families"] = wanted
    if refused:
        found["without_families"] = refused
    spans += named
    simple = re.search(_SIMPLE, folded)
    if simple is not None and not re.search(rf"{_REFUSING}[^.,;]{{0,15}}$", folded[: simple.start()]):
        found["simple"] = True
        spans.append(simple.span())
    ignored, strange, cut = _ignored(text, folded, tuple(names), spans)
    return Wishes(found, ignored, strange, _without(text, [*spans, *cut]))


def _same_length(text: str) -> str:
    """Return the text folded and in lower case, sign for sign, so that places in it are places in the text."""
    return "".join((fold(sign).lower() or " ")[:1] for sign in text.replace("’", "'"))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    signs = list(text)
    for start, end in spans:
        signs[start:end] = [" "] * (end - start)
    return "".join(signs)


def _seconds(folded: str) -> tuple[float, tuple[int, int]] | None:
    for pattern in _TIME:
        match = re.search(pattern, folded)
        if match is not None and (seconds := _amount(match.group())) is not None:
            return seconds, match.span()
    match = re.search(_AT_THE_END, folded)
    if match is None or match["unit"].startswith("h"):
        return None
    # "predict churn within 5 minutes" is about the training, "whether it arrives within 5 minutes" about the event
    before = re.split(r"[.;,:!?]", folded[: match.start()])[-1]
    said = _amount(match.group())
    return None if said is None or re.search(_EVENT, before) else (said, match.span())


def _amount(text: str) -> float | None:
    for match in reversed(list(re.finditer(_AMOUNT, text))):
        number = _NUMBERS.get(match["number"]) or float(match["number"].replace(",", "."))
        factor = next(factor for unit, factor in _UNITS if re.fullmatch(unit, match["unit"]))
        if number > 0:
            return number * factor
    return None


def _families(folded: str, others: tuple[str, ...]) -> tuple[list[str], list[str], list[tuple[int, int]]]:
    """Return families that are wanted, families that are not, and where they are named."""
    table = (*FAMILY_WORDS, *((re.escape(name), (name,)) for name in others if "_" in name))
    mentions: list[tuple[int, int, tuple[str, ...]]] = []
    for pattern, names in table:
        for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", folded):
            if not any(match.start() < end and start < match.end() for start, end, _ in mentions):
                mentions.append((*match.span(), names))
    wanted: dict[str, None] = {}
    refused: dict[str, None] = {}
    spans: list[tuple[int, int]] = []
    before: tuple[int, dict[str, None]] | None = None
    for start, end, names in sorted(mentions):
        clause = re.split(r"[.;!?]|, (?!or\b|and\b)", folded[:start])[-1][-40:]
        into: dict[str, None] | None = None
        if before is not None and re.fullmatch(
            r"\s*(?:,|or|and|nor|,? ?(?:or|and)|oder|und|ou|et|o|y)\s*", folded[before[0] : start]
        ):
            into = before[1]
        elif re.search(_REFUSING, clause):
            into = refused
        elif re.search(_WANTING, clause) or re.match(
            r"\s*(?:only|nur|please|would|uniquement|solamente)", folded[end:]
        ):
            into = wanted
        if into is not None:
            # of a whole group, those that are there; one that was named is named whether it is there or not
            into.update(dict.fromkeys([name for name in names if name in others and len(names) > 1] or names))
            before = (end, into)
            spans.append((start, end))
    return [name for name in wanted if name not in refused], list(refused), spans


def _ignored(
    text: str, folded: str, names: tuple[str, ...], taken: list[tuple[int, int]]
) -> tuple[tuple[str, ...], tuple[str, ...], list[tuple[int, int]]]:
    found: dict[str, None] = {}
    strange: dict[str, None] = {}
    spans: list[tuple[int, int]] = []
    # "y" and "o" are Spanish for "and" and "or", unless columns are called so
    listed = re.sub(r"\|(y|o)(?=[|)])", lambda match: "" if match[1] in map(str.lower, names) else match[0], _LISTED)
    for cue in re.finditer(_IGNORE, folded):
        if any(start <= cue.start() < end for start, end in taken):
            continue
        strong = re.search(_STRONG, cue.group()) is not None
        tail = re.split(r"[.;!?](?:\s|$)", text[cue.end() :])[0]
        at, end, any_column = cue.end(), cue.end(), False
        for segment in re.split(f"({listed})", tail):
            start, at = at, at + len(segment)
            if not segment.strip() or re.fullmatch(listed, segment):
                continue
            column, length = _column_at_start(segment, names)
            if column is None:
                plain = re.sub(_FILLER, "", segment.strip().lower())
                clear = not any(a < at and start < b for a, b in taken) and not ASKING & set(tokens(plain))
                if strong and clear and names and 0 < len(plain.split()) <= MOST_WORDS:
                    strange[plain] = None
                break
            found[column] = None
            any_column, end = True, start + length
        if any_column:
            spans.append((cue.start(), end))
    return tuple(found), tuple(strange), spans


def _column_at_start(segment: str, names: tuple[str, ...]) -> tuple[str | None, int]:
    """Return the column that the words at the start of a segment name, and how many signs that takes."""
    lead = len(segment) - len(segment.lstrip())
    rest = segment[lead:]
    while match := re.match(_FILLER, rest, re.IGNORECASE):
        lead, rest = lead + match.end(), rest[match.end() :]
    words = [match.end() for match in re.finditer(r"\S+", rest)]
    for end in reversed(words[:6]):
        column = column_called(rest[:end], names)
        if column is not None:
            return column, lead + end
    return None, 0


def column_called(said: str, names: Iterable[str]) -> str | None:
    """Return the column that is meant: the same letters, else the same stems, else one that is spelt nearly so.

    Examples
    --------
    >>> column_called("customer ids", ["customerID", "age"]), column_called("the weather", ["customerID", "age"])
    ('customerID', None)
    """
    known = {name: tokens(fold(name)) for name in names}
    wanted = tokens(fold(said.strip("`'\"“”()")))
    if not wanted:
        return None
    exact = [name for name in known if name == said.strip("`'\"“”")]
    same = [name for name, parts in known.items() if "".join(parts) == "".join(wanted)]
    stems = [name for name, parts in known.items() if tuple(map(stem, parts)) == tuple(map(stem, wanted))]
    for alike in (exact, same, stems):
        if len(alike) == 1:
            return alike[0]
    joined = "".join(wanted)
    near = [name for name, parts in known.items() if len(joined) > _SHORT and close_to(joined, "".join(parts))]
    return near[0] if len(near) == 1 else None
