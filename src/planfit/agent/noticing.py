"""What is noticed about a language model's answers beside what is wrong with a plan: repeats, circles, results that it claims."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from planfit.planners.base import Ask
from planfit.planners.registry import is_language_model
from planfit.plans import Plan, meaning
from planfit.plans.json_text import read_json
from planfit.records.canonical import digest
from planfit.records.findings import NOTICED, Finding
from planfit.store.run import RunReader

MOST_TOLD: Final = 4
MOST_CLAIMS: Final = 3
SAID_IN: Final = ("rationale", "reason", "notes", "evidence")
"""Fields in which a plan talks; everything else of it is carried out and speaks for itself."""
_METRIC: Final = (
    r"(?:roc[ _-]?)?auc|average[ _-]precision|log[ _-]?loss|brier|balanced[ _-]accuracy|accuracy|f1(?:[ _-](?:score|macro))?|"
    r"mcc|rmsle|rmse|mape|mae|r2|r²|r\^2|score|error"
)
_UNBOUNDED: Final = re.compile(r"rms|mae|mape|error|loss", re.IGNORECASE)
"""Metrics whose values may be beyond 1."""
_NUMBER: Final = r"(?<![\w.])[-+]?\d+(?:[.,]\d+)?\s?%?"
_CLAIM: Final = re.compile(
    rf"(?<!\w)(?P<metric>{_METRIC})(?!\w)[^.;!?\d%]{{0,40}}?(?P<after>{_NUMBER})|"
    rf"(?P<before>{_NUMBER})\s(?:in |of |for )?(?:the |cv )?(?P<metric2>{_METRIC})(?!\w)",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+")
_HOPED: Final = re.compile(
    r"\b(?:should|could|may|might|will|would|can|expect\w*|hop(?:e|ing)\w*|aim\w*|likely|probably|typical\w*|usual\w*|often|if|"
    r"goal|threshold|cut-?off)\b",
    re.IGNORECASE,
)


def is_from_model(run: RunReader, ask_key: str) -> bool:
    """Say whether the answer to a question is a language model's."""
    asked = run.find("plan_requested", ask_key=ask_key)
    return asked is not None and is_language_model(asked.planner)


class Answers:
    """The answers to one question that were refused, compared by what they mean."""

    def __init__(self) -> None:
        self._meant: list[str] = []

    def noticed(self, document: str, plan: Plan | None) -> tuple[Finding, ...]:
        """Take in a refused answer; return what to add where it was given before, at once or by way of another."""
        if not document.strip():
            return ()
        meant = _meaning_of(document, plan)
        before, self._meant = self._meant, [*self._meant, meant]
        if meant not in before:
            return ()
        if before[-1] == meant:
            return (_warning("repeated-plan", "This answer means the same as the last one, which was refused for what is said here; it must be another."),)  # fmt: skip
        ago = before[::-1].index(meant) + 1
        message = f"This answer means the same as the one {ago} answers ago, which was refused before; going back and forth between two does not help."
        return (_warning("plans-in-a-circle", message),)


def claims(ask: Ask, plan: Plan) -> tuple[Finding, ...]:
    """Return a warning for each result that a plan claims and the record does not hold.

    A number that stands with the name of a metric counts as a claim, unless its sentence hopes or supposes. It is held
    against all that the question told: scores, their folds, probes, associations.
    """
    known = tuple(_known(ask))
    found: list[Finding] = []
    for path, text in _sayings(plan.to_json(), ""):
        for sentence in _SENTENCE.split(text):
            if _HOPED.search(sentence):
                continue
            for match in _CLAIM.finditer(sentence):
                written = (match.group("after") or match.group("before")).strip()
                metric = match.group("metric") or match.group("metric2")
                if len(found) < MOST_CLAIMS and _may_be_one(metric, written) and not _is_known(written, known):
                    found.append(_claim(ask, path, metric, written))
    return tuple(found)


def told(run: RunReader) -> tuple[Finding, ...]:
    """Return what was noticed about a language model's accepted answers of a run, the newest last, for its next question."""
    kept = [
        finding
        for event in run.standing
        if event.body.kind == "plan_accepted" and is_from_model(run, event.body.ask_key)
        for finding in event.body.findings
        if finding.code in NOTICED
    ]
    return tuple(kept[-MOST_TOLD:])


def _claim(ask: Ask, path: str, metric: str, written: str) -> Finding:
    if ask.leaderboard:
        best = ask.leaderboard[0]
        there = f"the best so far is {best.score.metric} {best.score.value:.4g}"
    else:
        there = "nothing has been scored yet"
    message = f"It tells of {metric} {written}, and no result of this run is that: {there}."
    return _warning(
        "claimed-result", message, path, "Results are measured by the runtime; what a plan claims counts for nothing."
    )


def _warning(code: str, message: str, path: str = "", hint: str | None = None) -> Finding:
    return Finding(code=code, gate="schema", severity="warning", path=path, message=message, hint=hint)


def _meaning_of(document: str, plan: Plan | None) -> str:
    if plan is not None:
        return digest(meaning(plan))
    read, findings = read_json(document)
    return digest(document.split()) if findings else digest(json.dumps(_without_talk(read), sort_keys=True))


def _without_talk(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_talk(inner) for key, inner in value.items() if key not in SAID_IN}
    return [_without_talk(inner) for inner in value] if isinstance(value, list) else value


def _sayings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the texts in which a plan talks, each with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in SAID_IN:
                yield from ((f"{path}/{key}", text) for text in ([inner] if isinstance(inner, str) else inner or ()) if isinstance(text, str))  # fmt: skip
            else:
                yield from _sayings(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _sayings(inner, f"{path}/{place}")


def _known(ask: Ask) -> Iterator[float]:
    """Yield every figure that may rightly be told as a result."""
    for result in ask.leaderboard:
        yield from _all(result.score.value, result.score.std, result.score.per_fold)
        yield from (fold.score for fold in result.folds)
    scores = [result.score.value for result in ask.leaderboard]
    yield from (abs(one - other) for one in scores for other in scores)
    for probe in ask.probes:
        yield from _all(probe.mean, probe.corrected_se, probe.differences)
    if ask.target_profile is not None:
        yield from (entry.value for entry in ask.target_profile.associations)
        yield from _all(ask.target_profile.mean, ask.target_profile.std, ())
    yield from (entry.gain for entry in ask.screening)


def _all(*values: Any) -> Iterator[float]:
    for value in values:
        if isinstance(value, Iterable):
            yield from value
        elif value is not None:
            yield float(value)


def _may_be_one(metric: str, written: str) -> bool:
    """Say whether a number may be a value of a metric: a count of columns beside the word is none."""
    percent = written.endswith("%")
    plain = written.rstrip("% ").replace(",", ".").lstrip("+-")
    if _UNBOUNDED.search(metric):
        return percent or "." in plain or len(plain) > 2
    return percent or ("." in plain and float(plain) <= 1.0)


def _is_known(written: str, known: tuple[float, ...]) -> bool:
    """Say whether a number as it is written is a known one, rounded to as many digits."""
    percent = written.endswith("%")
    plain = written.rstrip("% ").replace(",", ".").lstrip("+-")
    digits = len(plain.partition(".")[2])
    value = float(plain)
    scale = 100.0 if percent else 1.0
    step = 0.5 * 10.0**-digits * 1.001
    return any(abs(abs(figure) * scale - value) <= step for figure in known)
