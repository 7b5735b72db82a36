"""What a page or a terminal shows of a profile: texts and figures without markup, personal values masked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from planfit.amounts import counted
from planfit.records.findings import Finding
from planfit.records.profile import ColumnProfile, Profile, TargetProfile
from planfit.records.schema import BooleanReading, Column, Kind
from planfit.records.task import SplitRecord, Task
from planfit.report.escape import one_line
from planfit.report.privacy import Mask
from planfit.report.words import SPLITS, TASKS

MOST_BARS: Final = 6
MOST_VALUES: Final = 3
LONGEST_VALUE: Final = 40
MEASURES: Final = {
    "auc": "ROC AUC of a small tree on that column alone: 0.5 is chance, 1 gives the class away",
    "r2": "the share of the target's spread (R²) that a small tree on that column alone explains: 0 is nothing, 1 all",
}


@dataclass(frozen=True)
class Bar:
    """A value and its share of the present rows."""

    label: str
    rows: int
    share: float


@dataclass(frozen=True)
class ColumnFact:
    """One column as it is shown."""

    name: str
    kind: str
    is_target: bool
    missing: int
    missing_share: float
    distinct: int
    values: str
    """Range or most frequent values, on one line."""
    figures: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    others: int
    """Different values that have no bar."""
    histogram: tuple[int, ...]
    ends: tuple[str, str] | None
    """What the histogram runs from and to."""
    alone: float | None
    """How much the column alone says about the target."""


@dataclass(frozen=True)
class Remark:
    """A finding as it is shown."""

    code: str
    severity: str
    message: str
    hint: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TargetFact:
    """The target as it is shown."""

    name: str
    summary: tuple[str, ...]
    """Sentences."""
    bars: tuple[Bar, ...]
    others: int
    measure: str
    """``auc``, ``r2``, or empty where nothing could be measured."""
    says: str
    alone: tuple[tuple[str, float], ...]
    """Columns by how much they say alone, the most telling first."""
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class ProfileFacts:
    """A profile as it is shown."""

    origin: str
    summary: str
    kinds: str
    remarks: tuple[Remark, ...]
    columns: tuple[ColumnFact, ...]
    target: TargetFact | None


def facts_of(
    profile: Profile, task: Task | None = None, split: SplitRecord | None = None, target: TargetProfile | None = None
) -> ProfileFacts:
    """Return what is shown of a profile and of what training rows say about a target.

    Parameters
    ----------
    profile : Profile
    task, split, target
        Where a target is named.
    """
    mask = Mask.of(profile)
    alone = {entry.column: _plain(entry.value) for entry in target.associations} if target is not None else {}
    name = None if task is None else task.target
    pairs = zip(profile.columns, profile.statistics, strict=True)
    columns = tuple(_column(column, figures, profile.rows, alone, name) for column, figures in pairs)
    kinds = {kind: sum(column.kind == kind for column in columns) for kind in map(str, Kind)}
    shown = None
    if task is not None and split is not None and target is not None:
        shown = _target(profile, mask, task, split, target)
    return ProfileFacts(
        origin=one_line(profile.data.origin),
        summary=_summary(profile),
        kinds=", ".join(f"{number:,} {kind}" for kind, number in kinds.items() if number),
        remarks=tuple(_remark(finding, mask) for finding in profile.warnings),
        columns=columns,
        target=shown,
    )


def _summary(profile: Profile) -> str:
    megabytes = profile.memory / 1e6
    size = f"{megabytes:,.1f} MB" if megabytes >= 0.1 else f"{profile.memory / 1e3:.1f} kB"
    repeated = counted(profile.duplicate_rows, "repeated row") if profile.duplicate_rows else "no repeated rows"
    return f"{counted(profile.rows, 'row')}, {counted(len(profile.columns), 'column')}, {size} in memory, {repeated}"


def _remark(finding: Finding, mask: Mask) -> Remark:
    return Remark(
        code=finding.code, severity=finding.severity, message=one_line(mask(finding.message)),
        hint=one_line(mask(finding.hint) or ""), columns=finding.columns,
    )  # fmt: skip


def _column(
    column: Column, figures: ColumnProfile, rows: int, alone: Mapping[str, float], target: str | None
) -> ColumnFact:
    present = rows - figures.missing
    counts = figures.top if figures.personal is None else ()
    bars = tuple(
        Bar(_label(entry.value, column), entry.count, entry.count / present if present else 0.0)
        for entry in counts[:MOST_BARS]
    )
    return ColumnFact(
        name=one_line(column.name) or "(no name)", kind=str(column.kind), is_target=column.name == target,
        missing=figures.missing, missing_share=figures.share_missing(rows), distinct=figures.n_unique,
        values=_values(figures, bars), figures=_figures(figures), bars=bars, others=figures.n_unique - len(bars),
        histogram=figures.histogram, ends=_ends(figures), alone=alone.get(column.name),
    )  # fmt: skip


def _label(value: str, column: Column) -> str:
    """Return a value as it stands in the table: of yes and no the word."""
    if isinstance(column.reading, BooleanReading) and value in ("0", "1"):
        words = column.reading.true if value == "1" else column.reading.false
        value = words[0] if len(words) == 1 else "yes" if value == "1" else "no"
    elif column.dtype == "Boolean":
        value = {"1": "true", "0": "false"}.get(value, value)
    return shortened(one_line(value))


def shortened(text: str, most: int = LONGEST_VALUE) -> str:
    """Return a text that is not longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _values(figures: ColumnProfile, bars: tuple[Bar, ...]) -> str:
    if figures.personal is not None:
        return f"(personal: {figures.personal}; not shown)"
    if not figures.n_unique:
        return "no value at all"
    if figures.kind is Kind.CONSTANT:
        return f"always {bars[0].label}" if bars else "one value"
    if figures.kind is Kind.IDENTIFIER:
        return "different in every row"
    if figures.kind is Kind.TEXT:
        return f"{figures.mean_words or 0:.0f} words on average, up to {figures.max_length or 0:,} characters"
    if bars and (figures.kind is not Kind.NUMERIC or figures.n_unique <= MOST_BARS):
        return ", ".join(f"{bar.label} ({percent(bar.share)})" for bar in bars[:MOST_VALUES]) + (
            ", …" if figures.n_unique > MOST_VALUES else ""
        )
    if figures.minimum is None:
        return ""
    ends = f"{_end(figures.minimum)} to {_end(figures.maximum)}"
    return f"{ends}, median {number(figures.quantiles[2], 4)}" if figures.quantiles else ends


def percent(share: float) -> str:
    """Return a share in per cent; what is there is not 0 % and what is not all is not 100 %.

    Examples
    --------
    >>> percent(0.256), percent(0.0003), percent(0.9996), percent(0.0)
    ('26%', '<1%', '>99%', '0%')
    """
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def number(value: float | None, digits: int = 6) -> str:
    """Return a number with up to so many digits; whole ones in full.

    Examples
    --------
    >>> number(2013.0), number(1234567.0), number(0.123456789), number(1e300)
    ('2013', '1,234,567', '0.123457', '1e+300')
    >>> number(80381.23, 4), number(1942.7, 4), number(0.0000123456, 4)
    ('80,381', '1943', '1.235e-05')
    """
    if value is None or not math.isfinite(value):
        return ""
    size = abs(value)
    if value == int(value) and size < 1e15:
        return f"{int(value):,}" if size >= 10_000 else str(int(value))
    if 10.0**digits <= size < 1e15:
        return f"{value:,.0f}"
    if not 1e-4 <= size < 1e15:
        return f"{value:.4g}"
    return f"{value:,.{digits}g}" if size >= 10_000 else f"{value:.{digits}g}"


def _end(value: float | str | None) -> str:
    return value.removesuffix("T00:00:00").replace("T", " ") if isinstance(value, str) else number(value)


def _figures(figures: ColumnProfile) -> tuple[tuple[str, str], ...]:
    """Return named figures of a column, as far as they are known and tell something."""
    if figures.personal is not None or figures.kind in (Kind.BOOLEAN, Kind.CONSTANT):
        return ()
    found: list[tuple[str, str]] = []
    if figures.minimum is not None and figures.kind is not Kind.CATEGORICAL:
        found += [("smallest" if figures.mean is not None else "first", _end(figures.minimum))]
        found += [("largest" if figures.mean is not None else "last", _end(figures.maximum))]
    if figures.kind is Kind.NUMERIC:
        if figures.quantiles:
            _, low, middle, high, _ = figures.quantiles
            found += [("median", number(middle)), ("middle half", f"{number(low, 4)} to {number(high, 4)}")]
        found += [("mean", number(figures.mean, 4)), ("std. dev.", number(figures.std, 4))]
        found += [("skew", f"{figures.skew:.1f}")] if figures.skew is not None and abs(figures.skew) >= 1 else []
        found += [("zeros", f"{figures.zeros:,}")] if figures.zeros else []
    if figures.stand_in is not None:
        found.append(("may mean missing", number(figures.stand_in)))
    if figures.infinite:
        found.append(("infinite", f"{figures.infinite:,}"))
    if figures.mean_length is not None and figures.kind in (Kind.TEXT, Kind.IDENTIFIER):
        found += [("characters", f"{figures.mean_length:.0f} on average, {figures.max_length or 0:,} at most")]
    if figures.mean_words is not None and figures.kind is Kind.TEXT:
        found.append(("words", f"{figures.mean_words:.1f} on average"))
    return tuple((label, text) for label, text in found if text)


def _plain(value: float) -> float:
    """Return how much a column says; what says less than nothing out of fold says nothing."""
    return round(max(0.0, value), 4)


def _ends(figures: ColumnProfile) -> tuple[str, str] | None:
    if not figures.histogram:
        return None
    if figures.quantiles:
        return number(figures.quantiles[0]), number(figures.quantiles[-1])
    return _end(figures.minimum), _end(figures.maximum)


def _target(profile: Profile, mask: Mask, task: Task, split: SplitRecord, seen: TargetProfile) -> TargetFact:
    hidden = mask.personal([task.target])
    column = profile.column(task.target)
    counts = () if hidden else sorted(seen.classes, key=lambda entry: -entry.count)
    bars = tuple(Bar(shortened(one_line(entry.value)), entry.count, entry.count / seen.rows) for entry in counts)
    parts = [f"To be predicted: {TASKS[task.task_type]} ({task.task_type}; kind of the column: {column.kind})."]
    kept_aside = f", {split.holdout_rows:,} others are kept aside" if split.holdout_rows else ""
    by = f" (by {one_line(task.split.column)})" if task.split.column else ""
    parts.append(f"Seen on {counted(seen.rows, 'training row')} only{kept_aside}; divided {SPLITS[split.kind]}{by}.")
    if seen.mean is not None and not hidden:
        parts.append(
            f"From {number(seen.minimum)} to {number(seen.maximum)}, mean {number(seen.mean, 4)}, standard deviation "
            f"{number(seen.std, 4)}" + (f", skew {seen.skew:.1f}." if seen.skew is not None else ".")
        )
    measure = seen.associations[0].measure if seen.associations else ""
    ranked = sorted(seen.associations, key=lambda entry: (-entry.value, entry.column))
    return TargetFact(
        name=one_line(task.target), summary=tuple(parts), bars=bars[:MOST_BARS], others=max(0, len(bars) - MOST_BARS),
        measure=measure, says=MEASURES.get(measure, ""),
        alone=tuple((one_line(entry.column), _plain(entry.value)) for entry in ranked),
        remarks=tuple(_remark(finding, mask) for finding in (*seen.leaks, *seen.cautions)),
    )  # fmt: skip
