"""The field's everyday words: what people say, what columns are called, and what kind of answer goes with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Wants = Literal["class", "number"]


@dataclass(frozen=True)
class Concept:
    """Words that stand for one another, in sentences and in column names alike."""

    name: str
    words: frozenset[str]
    """Stems."""
    wants: Wants | None = None
    spelt: tuple[str, ...] = ()
    """The words whole."""


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """Return the word without its English ending; crude, and the same for both sides of a comparison.

    Examples
    --------
    >>> stem("charges") == stem("charged") == stem("charge")
    True
    >>> stem("species")
    'species'
    """
    if len(word) <= 3 or word in _WHOLE:
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= (4 if ending in _LONG_ENDINGS else 3):
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


_ENDINGS = (
    ("ations", ""), ("ation", ""), ("ies", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ied", "y"), ("ed", ""), ("ss", "ss"), ("us", "us"),
    ("is", "is"), ("es", "e"), ("s", ""), ("ly", ""),
)  # fmt: skip
_LONG_ENDINGS = frozenset({"ations", "ation", "ly"})
"""Taken off only where four letters stay: cancellation and weekly, not station and early."""
_WHOLE = frozenset({"species", "series", "status", "mass", "class", "gas", "bus", "diabetes", "need", "speed", "bed"})


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a name or a sentence in lower case: snake, kebab and camel case are taken apart.

    Examples
    --------
    >>> tokens("SalePrice"), tokens("arr_delay"), tokens("income >50K"), tokens("customerID")
    (('sale', 'price'), ('arr', 'delay'), ('income', '50k'), ('customer', 'id'))
    """
    text = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", " ", text)
    return tuple(re.findall(r"[^\W_]+", text.lower()))


ABBREVIATIONS = {
    "cnt": "count", "ct": "count", "qty": "quantity", "amt": "amount", "avg": "average", "yr": "year", "mnth": "month",
    "mth": "month", "mo": "month", "hr": "hour", "hrs": "hour", "min": "minute", "sec": "second", "wt": "weight", "ht": "height",
    "temp": "temperature", "hum": "humidity", "dist": "distance", "dur": "duration", "val": "value", "prc": "price",
    "arr": "arrival", "dep": "departure", "dest": "destination", "num": "number", "no": "number", "nbr": "number",
    "pct": "percent", "perc": "percent", "pop": "population", "inc": "income", "sal": "salary", "tot": "total",
    "cat": "category", "cls": "class", "lbl": "label", "diag": "diagnosis", "cust": "customer", "acc": "account",
    "bal": "balance", "pymt": "payment", "subs": "subscription", "emp": "employee", "dept": "department", "lat": "latitude",
    "lon": "longitude", "lng": "longitude", "sqft": "area", "rev": "revenue", "tgt": "target", "resp": "response",
    "hp": "horsepower", "exp": "experience", "yrs": "years", "accel": "acceleration", "disp": "displacement", "cyl": "cylinders",
    "educ": "education", "vel": "velocity", "press": "pressure",
}  # fmt: skip
"""Column-name abbreviations of the trade, written out."""

GENERIC = {
    "id": 0.2, "code": 0.3, "flag": 0.2, "is": 0.1, "has": 0.1, "was": 0.1, "the": 0.05, "of": 0.05, "in": 0.05, "per": 0.3,
    "a": 0.05, "to": 0.1, "at": 0.1, "by": 0.1, "for": 0.1, "and": 0.05, "total": 0.5, "avg": 0.5, "average": 0.5, "mean": 0.5,
    "num": 0.4, "no": 0.4, "number": 0.4, "value": 0.6, "val": 0.6, "final": 0.3, "current": 0.4, "actual": 0.3, "status": 0.6,
    "mm": 0.2, "cm": 0.2, "m": 0.2, "km": 0.2, "kg": 0.2, "g": 0.2, "lb": 0.2, "usd": 0.2, "eur": 0.2, "gbp": 0.2, "pct": 0.3,
    "percent": 0.3, "level": 0.5, "type": 0.6, "flg": 0.2, "ind": 0.2, "indicator": 0.2, "target": 0.5, "label": 0.5, "y": 0.3,
    "amount": 0.5, "amt": 0.5, "count": 0.6, "cnt": 0.6, "sum": 0.5, "rate": 0.7, "mpa": 0.2, "gt": 0.2, "max": 0.5, "min": 0.5,
    "hourly": 0.5, "daily": 0.5, "weekly": 0.5, "monthly": 0.7, "yearly": 0.5, "annual": 0.5, "next": 0.4, "last": 0.6,
    "customer": 0.4, "client": 0.4, "cust": 0.4, "patient": 0.4, "person": 0.4, "employee": 0.4, "user": 0.5, "product": 0.5,
    "item": 0.5, "house": 0.5, "car": 0.5, "vehicle": 0.5, "company": 0.5, "student": 0.4, "passenger": 0.5, "machine": 0.5,
    "store": 0.5, "shop": 0.5, "euros": 0.2, "euro": 0.2, "dollars": 0.2, "name": 0.6, "date": 0.6, "time": 0.7, "group": 0.6,
    "nbr": 0.3, "nr": 0.3, "index": 0.5,
}  # fmt: skip
"""What a word of a column's name weighs when it stands beside others; 1 where it is not listed."""

WEAK_NAMES = {
    "target": 0.55, "label": 0.55, "outcome": 0.45, "class": 0.4, "y": 0.45, "response": 0.35, "result": 0.35, "diagnosis": 0.4,
    "output": 0.45, "labels": 0.55, "category": 0.2, "status": 0.2, "score": 0.15, "type": 0.15, "num": 0.2, "dependent": 0.3,
    "groundtruth": 0.5, "classification": 0.4, "prediction": 0.3,
}  # fmt: skip
"""Names that say "target" by themselves, and how loudly."""


def _concept(name: str, wants: Wants | None, words: str) -> Concept:
    return Concept(name, frozenset(stem(word) for word in words.split()), wants, tuple(words.split()))


CONCEPTS = (
    _concept("leaving", "class", "churn churned churner leave left leaver exit exited attrition quit cancel cancelled canceled cancellation resign "
             "depart turnover lapse lapsed unsubscribe unsubscribed retain retained retention stay stayed terminated"),
    _concept("price", "number", "price cost worth value charge expensive cheap fee expense valuation premium fare rent pricing bill "
             "amount"),
    _concept("sales", "number", "sale sell sold revenue turnover"),
    _concept("survival", "class", "survive survived survival survivor die died dies death dead mortality alive fatal fatality perish "
             "deceased"),
    _concept("spam", "class", "spam junk ham phishing unsolicited"),
    _concept("default", "class", "default defaulted defaulter repay repaid repayment delinquent delinquency insolvent bankrupt "
             "bankruptcy arrears"),
    _concept("purchase", "class", "subscribe subscribed subscription subscriber deposit buy bought buyer purchase purchased convert "
             "converted conversion respond responded response click clicked"),
    _concept("demand", "number", "many count demand volume quantity traffic rented rental rentals rides trips visitors orders units"),
    _concept("income", None, "earn earning income salary wage paid compensation"),
    _concept("profit", "number", "profit revenue margin gain"),
    _concept("money", None, "money revenue gross takings earnings income"),
    _concept("fuel", "number", "fuel mileage mpg consumption gallon economy"),
    _concept("quality", "number", "quality score rating rate grade rank stars points mark vote"),
    _concept("kind", "class", "species class type category kind variety breed genre"),
    _concept("condition", "class", "state status condition diagnosis outcome"),
    _concept("disease", "class", "disease sick ill illness infected infection diagnosis diagnose"),
    _concept("diabetes", "class", "diabetes diabetic"),
    _concept("cancer", "class", "cancer tumor tumour malignant benign diagnosis"),
    _concept("delay", None, "delay delayed late lateness overdue"),
    _concept("fraud", "class", "fraud fraudulent scam fake laundering cheat"),
    _concept("risk", None, "risk risky danger dangerous hazard"),
    _concept("failure", "class", "fail failed failure breakdown break broken defect defective fault faulty outage"),
    _concept("approval", "class", "approve approved approval granted reject rejected accept accepted eligible admitted admission admit "
             "deny denied denial denies refuse refused refuses refusal"),
    _concept("birth", None, "birth births born newborn newborns"),
    _concept("winning", "class", "win winner won lose lost victory result"),
    _concept("sentiment", "class", "sentiment opinion mood polarity positive negative"),
    _concept("toxicity", "class", "poisonous edible toxic venomous"),
    _concept("age", "number", "age old"),
    _concept("duration", "number", "duration long length minutes eta time"),
    _concept("energy", "number", "energy electricity power load consumption"),
    _concept("readmission", "class", "readmit readmitted readmission return returned"),
    _concept("rain", None, "rain rains raining rainfall"),
    _concept("weight", "number", "weight heavy mass weigh weighs"),
    _concept("harvest", "number", "yield harvest harvested crop"),
    _concept("claims", None, "claim claims claimed"),
)  # fmt: skip

EVENT_WORDS = frozenset(
    [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "positive",
        "pos",
        "spam",
        "fraud",
        "fraudulent",
        "churn",
        "churned",
        "left",
        "leave",
        "leaver",
        "exited",
        "died",
        "dead",
        "deceased",
        "default",
        "defaulted",
        "malignant",
        "m",
        "poisonous",
        "toxic",
        "bad",
        "failed",
        "failure",
        "fail",
        "delayed",
        "late",
        "sick",
        "ill",
        "diseased",
        "abnormal",
        "attack",
        "anomaly",
        "bought",
        "subscribed",
        "converted",
        "clicked",
        "survived",
        "success",
        "approved",
        "accepted",
        "win",
        "won",
        "high",
        ">50k",
        ">50k.",
        "above",
    ]
)
"""Values that name the event one asks for, rather than its absence."""

ASKING = frozenset(
    [
        "predict",
        "predicts",
        "predicting",
        "prediction",
        "estimate",
        "estimating",
        "forecast",
        "forecasting",
        "classify",
        "classifying",
        "classification",
        "tell",
        "find",
        "out",
        "flag",
        "detect",
        "detecting",
        "identify",
        "guess",
        "determine",
        "learn",
        "decide",
        "say",
        "compute",
        "calculate",
        "want",
        "need",
        "know",
        "build",
        "train",
        "understand",
        "anticipate",
        "recognise",
        "recognize",
        "model",
        "regress",
        "infer",
        "assess",
        "please",
        "help",
        "figure",
        "distinguish",
        "spot",
        "me",
        "my",
        "i",
        "we",
        "us",
        "our",
    ]
)
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "and",
        "or",
        "in",
        "on",
        "for",
        "at",
        "by",
        "from",
        "with",
        "without",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "will",
        "would",
        "can",
        "could",
        "should",
        "shall",
        "may",
        "might",
        "does",
        "do",
        "did",
        "has",
        "have",
        "had",
        "it",
        "this",
        "that",
        "these",
        "those",
        "their",
        "its",
        "his",
        "her",
        "they",
        "he",
        "she",
        "you",
        "your",
        "as",
        "than",
        "then",
        "so",
        "into",
        "about",
        "not",
        "no",
        "if",
        "whether",
        "which",
        "who",
        "whom",
        "whose",
        "what",
        "when",
        "where",
        "how",
        "much",
        "each",
        "every",
        "per",
        "any",
        "all",
        "some",
        "more",
        "most",
        "less",
        "between",
        "going",
        "get",
        "got",
        "just",
        "based",
        "using",
        "given",
        "there",
        "here",
        "very",
        "new",
        "one",
        "two",
        "likely",
        "likelihood",
        "probability",
        "chance",
    ]
)
