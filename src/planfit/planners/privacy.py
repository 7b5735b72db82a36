"""The one place where it is decided what a language model may see. Whatever leaves was made from what leaves here.

`schema`: names, kinds and missing. `profile`: aggregates, and no value of fewer than five rows. `samples`: extremes and
rare values too. Whatever value is shown is masked by its kind (`planners.masking`). A value of a personal column, of an
identifier or of a text is never shown, its extremes and quantiles included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

from planfit.planners.base import Ask
from planfit.planners.masking import DIGITS, end, masked
from planfit.records.calls import Privacy
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, Profile, TargetProfile, ValueCount
from planfit.records.schema import Kind
from planfit.records.task import Task

FEWEST_ROWS: Final = 5
"""A value that occurs in fewer rows is not shown."""
ROWS_FOR_ENDS: Final = 100 * FEWEST_ROWS
"""With fewer rows, the outermost hundredth is single rows, and quartiles are shown instead."""
HIDDEN: Final = "(value)"
UNKNOWN: Final = -1
_QUOTED = re.compile(r"(?<!\w)'([^'\n]{1,300})'(?!\w)|\"([^\"\n]{1,300})\"|`([^`\n]{1,300})`")
_NUMBER = re.compile(r"(?<![\w.,])-?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)")
_DATE = re.compile(r"\b(\d{4})-(\d\d)-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")


class Screen:
    """What is between a run and a language model.

    Parameters
    ----------
    tier : "schema", "profile" or "samples"
    redact : iterable of str
        Columns whose names are replaced by others too, such as ``col007``.
    names : iterable of str
        The table's columns, by whose places redacted ones are named.
    """

    def __init__(self, tier: Privacy = "profile", redact: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self.tier = tier
        places = {name: place for place, name in enumerate(names, 1)}
        self._alias = {name: _alias(places.get(name, 0), places) for name in redact if name in places}
        self._real = {alias: name for name, alias in self._alias.items()}

    def view(self, ask: Ask) -> Ask:
        """Return the question as a language model may see it."""
        known = _Known(ask, self.tier)
        profile = self._profile(ask.profile, known)
        return ask.having(
            profile=profile,
            task=None if ask.task is None else self._task(ask.task, profile, ask.target_profile, known),
            target_profile=self._target(ask.target_profile, ask, known),
            failures=tuple(failure.having(detail="") for failure in ask.failures),
            probes=tuple(probe.having(because=known.scrubbed(probe.because)) for probe in ask.probes),
            noticed=tuple(self._finding(finding, known) for finding in ask.noticed),
            findings=tuple(self._finding(finding, known) for finding in ask.findings),
        )

    def out(self, text: str) -> str:
        """Return a text that leaves, redacted names replaced."""
        return _replaced(text, self._alias)

    def names_out(self, value: Any) -> Any:
        """Return JSON values with redacted names replaced."""
        if isinstance(value, dict):
            return {self.out(key): self.names_out(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.names_out(item) for item in value]
        return self.out(value) if isinstance(value, str) else value

    def back(self, document: Any) -> Any:
        """Return an answer with the redacted names as the table has them."""
        if isinstance(document, dict):
            return {_replaced(str(key), self._real): self.back(value) for key, value in document.items()}
        if isinstance(document, list):
            return [self.back(value) for value in document]
        return _replaced(document, self._real) if isinstance(document, str) else document

    # parts

    def _profile(self, profile: Profile, known: _Known) -> Profile:
        return profile.having(
            data=profile.data.having(path=None, origin="the table", content_hash=""),
            columns=tuple(column.having(reading=None, missing_markers=()) for column in profile.columns),
            statistics=tuple(self._statistics(stats, profile.rows) for stats in profile.statistics),
            duplicate_rows=0 if self.tier == "schema" else profile.duplicate_rows,
            warnings=tuple(self._finding(finding, known) for finding in profile.warnings),
        )

    def _statistics(self, stats: ColumnProfile, rows: int) -> ColumnProfile:
        if self.tier == "schema" or is_hidden(stats):
            return ColumnProfile(
                name=stats.name,
                kind=stats.kind,
                missing=stats.missing,
                n_unique=UNKNOWN if self.tier == "schema" else stats.n_unique,
                personal=stats.personal,
            )
        text = stats.kind is Kind.TEXT
        low, high = _ends(stats, rows)
        if self.tier == "samples":
            low, high = end(stats.minimum, stats.kind), end(stats.maximum, stats.kind)
        top = () if text else tuple(_masked(entry, stats.kind) for entry in stats.top if self._shows(entry))
        return stats.having(
            minimum=None if text else low,
            maximum=None if text else high,
            mean=_rounded(stats.mean),
            std=_rounded(stats.std),
            quantiles=(),
            histogram=(),
            stand_in=stats.stand_in if any(_is(e.value, stats.stand_in) for e in stats.top if self._shows(e)) else None,
            top=top,
            max_length=None,
        )

    def _shows(self, entry: ValueCount) -> bool:
        return self.tier == "samples" or entry.count >= FEWEST_ROWS

    def _task(self, task: Task, profile: Profile, target: TargetProfile | None, known: _Known) -> Task:
        labels = {entry.value for entry in profile.of(task.target).top} if task.target in profile.names else set()
        if target is not None and self.tier != "schema" and not known.hides(task.target):
            labels |= {_masked(entry, Kind.CATEGORICAL).value for entry in target.classes if self._shows(entry)}
        classes = tuple(label for label in task.classes if _text(label) in labels)
        return task.having(
            classes=classes,
            positive_class=task.positive_class if task.positive_class in classes else None,
            excluded=tuple(entry.having(reason=known.scrubbed(entry.reason)) for entry in task.excluded),
            alternatives=(),
        )

    def _target(self, target: TargetProfile | None, ask: Ask, known: _Known) -> TargetProfile | None:
        if target is None or self.tier == "schema":
            return None
        hidden = ask.task is not None and known.hides(ask.task.target)
        low, high = (target.minimum, target.maximum) if self.tier == "samples" and not hidden else (None, None)
        of_target = [
            stats.kind for stats in ask.profile.statistics if ask.task is not None and stats.name == ask.task.target
        ]
        kind = Kind.CATEGORICAL if not of_target or of_target[0] is Kind.TEXT else of_target[0]
        return target.having(
            classes=() if hidden else tuple(_masked(e, kind) for e in target.classes if self._shows(e)),
            minimum=end(low, Kind.NUMERIC),
            maximum=end(high, Kind.NUMERIC),
            mean=None if hidden else _rounded(target.mean),
            std=None if hidden else _rounded(target.std),
            leaks=tuple(self._finding(finding, known) for finding in target.leaks),
            cautions=tuple(self._finding(finding, known) for finding in target.cautions),
        )

    def _finding(self, finding: Finding, known: _Known) -> Finding:
        if self.tier == "schema" and finding.gate in ("dataset", "task"):
            return finding.having(message=finding.code, hint=None, allowed=None, nearest=None, mend=None, rows=None)
        if any(known.hides(name) for name in finding.columns):
            names = ", ".join(repr(name) for name in finding.columns)
            return finding.having(message=f"{finding.code}: {names}", hint=None, allowed=None, rows=None)
        shown = finding.nearest is None or finding.nearest in known.names
        return finding.having(
            message=known.scrubbed(finding.message),
            hint=known.scrubbed(finding.hint),
            allowed=known.scrubbed(finding.allowed),
            nearest=finding.nearest if shown else None,
            mend=None if finding.mend is None else known.patch(finding.mend),
            rows=None,
        )


def is_hidden(stats: ColumnProfile) -> bool:
    """Say whether no value of a column is ever shown."""
    return stats.personal is not None or stats.kind is Kind.IDENTIFIER


class _Known:
    """The words that may stand in quotes: what the language, the catalogue and the columns are made of."""

    def __init__(self, ask: Ask, tier: Privacy) -> None:
        self._ask, self._tier = ask, tier
        self._hidden = {stats.name for stats in ask.profile.statistics if is_hidden(stats)}

    def hides(self, name: str) -> bool:
        return name in self._hidden

    @cached_property
    def names(self) -> frozenset[str]:
        ask = self._ask
        found = {*ask.profile.names, *ask.operations, *ask.families, *_WORDS, *(name for name, _ in ask.feature_sets)}
        found |= {result.spec.id for result in ask.leaderboard}
        found |= {text for _, plan in ask.feature_sets for text in _texts(plan)}
        found |= {text for step in ask.by_rule for text in _texts(step)}
        found |= set(re.findall(r'"([^"\\\n]{1,300})"', ask.previous or ""))
        if self._tier != "schema":
            for stats in ask.profile.statistics:
                if not is_hidden(stats) and stats.kind is not Kind.TEXT:
                    shown = (e for e in stats.top if e.count >= FEWEST_ROWS or self._tier == "samples")
                    found |= {e.value for e in shown if _masked(e, stats.kind) == e}
        return frozenset(found)

    def scrubbed(self, text: str | None) -> Any:
        """Return a text whose quoted words are known ones and whose figures are rounded."""
        if text is None:
            return None
        text = _QUOTED.sub(self._quoted, text)
        shown = r"\1-\2" if self._tier == "samples" else r"\1"
        said, place = "", 0
        for date in _DATE.finditer(text):
            said += _NUMBER.sub(_rounded_match, text[place : date.start()]) + date.expand(shown)
            place = date.end()
        return said + _NUMBER.sub(_rounded_match, text[place:])

    def _quoted(self, match: re.Match[str]) -> str:
        inside = match.group(1) or match.group(2) or match.group(3)
        plain = inside in self.names or inside in _WORDS or not re.search(r"\w", inside)
        return match.group(0) if plain else HIDDEN

    def patch(self, mend: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...] | None:
        """Return a patch that puts in nothing but known words; None where it does."""
        texts = (text for change in mend for text in _texts(change.get("value")))
        return mend if all(text in self.names for text in texts) else None


_WORDS: Final = frozenset(
    [
        "target",
        "task_type",
        "metric",
        "positive_class",
        "split",
        "excluded",
        "confidence",
        "alternatives",
        "constraints",
        "notes",
        "question",
        "rationale",
        "transformations",
        "column",
        "columns",
        "except",
        "operation",
        "parameters",
        "into",
        "keep_source",
        "reason",
        "candidates",
        "rejected",
        "family",
        "params",
        "features",
        "candidate",
        "method",
        "trials",
        "space",
        "move",
        "plan",
        "revise",
        "models",
        "tune",
        "ensemble",
        "finish",
        "binary",
        "multiclass",
        "regression",
        "random",
        "stratified",
        "time",
        "group",
        "grid",
        "bayesian",
        "float",
        "int",
        "categorical",
        "numeric",
        "boolean",
        "datetime",
        "text",
        "identifier",
        "constant",
        "degree",
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "accuracy",
        "balanced_accuracy",
        "f1",
        "f1_macro",
        "mcc",
        "rmse",
        "mae",
        "rmsle",
        "mape",
        "r2",
        "null",
        "true",
        "false",
        "@numeric",
        "@categorical",
        "@text",
        "@datetime",
        "@boolean",
        "@all",
        "v0",
        "name",
        "code",
        "low",
        "high",
        "log",
        "choices",
        "type",
        "kind",
        "score",
    ]
)


def _masked(entry: ValueCount, kind: Kind) -> ValueCount:
    value = masked(entry.value, kind, rare=entry.count < FEWEST_ROWS)
    return entry if value == entry.value else entry.having(value=value)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("rationale", "reason"):
                yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _ends(stats: ColumnProfile, rows: int) -> tuple[Any, Any]:
    """Return where nearly all values lie, of dates the years."""
    if isinstance(stats.minimum, str) or isinstance(stats.maximum, str):
        return str(stats.minimum)[:4], str(stats.maximum)[:4]
    if len(stats.quantiles) != 5:
        return None, None
    wide = rows - stats.missing >= ROWS_FOR_ENDS
    return _rounded(stats.quantiles[0 if wide else 1]), _rounded(stats.quantiles[4 if wide else 3])


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _rounded_match(match: re.Match[str]) -> str:
    written = match.group(0)
    try:
        value = float(written.replace(",", ""))
    except ValueError:
        return HIDDEN
    if len(re.sub(r"\D", "", written).strip("0")) <= DIGITS:
        return written
    return f"{_rounded(value):,.10g}" if abs(value) < 1e15 else f"{value:.{DIGITS}g}"


def _is(text: str, value: float | None) -> bool:
    try:
        return value is not None and float(text) == value
    except ValueError:
        return False


def _text(label: Any) -> str:
    if isinstance(label, bool):
        return "true" if label else "false"
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _alias(place: int, taken: Iterable[str]) -> str:
    alias = f"col{place:03d}"
    while alias in taken:
        alias += "x"
    return alias


def _replaced(text: str, names: dict[str, str]) -> str:
    if not names or not text:
        return text
    longest_first = sorted(names, key=len, reverse=True)
    inside = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<!\w)(?:{inside})(?!\w)", lambda match: names[match.group(0)], text)
