"""Columns that know the target: alone, by their gaps, by the words in them, or several together.

Near-certain ones are findings of severity error: a code of the target, a value that follows from it. What only looks too
good is a warning, for a false exclusion costs a real model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd

from planfit.data.arithmetic import Numbers, Relation, order_of_two, relations_of_numbers
from planfit.data.association import (
    FEW_LEVELS,
    MOST_CLASSES,
    Floats,
    Sample,
    rank_correlation,
)
from planfit.data.flags import flags_among, missing_with_class, one_hot_sets, reasons_for
from planfit.records.findings import Finding
from planfit.records.profile import Association
from planfit.records.schema import Column, Kind

SUSPECT: Final = 0.985
"""AUC or R2 of one column alone from which a person should look."""
CERTAIN: Final = 0.999
ROWS_TO_BE_CERTAIN: Final = 100
ROWS_FOR_A_MEASUREMENT: Final = 1_000
"""A measurement of many values that splits fewer rows without an error may be a good one (think of petals)."""
EXACT_RANKS: Final = 0.99999
"""Rank correlation that only a function of the target has; that of neighbouring prices is less."""
EXACT_ROWS: Final = 0.995
FEWEST_GAPS: Final = 10
TELLS_SOMETHING: Final = {"auc": 0.55, "r2": 0.02}
"""What another column must say, for a set that gives the target away to be left out: else the set is the task."""
TEXT_ROWS: Final = 2_000
SHORTEST_LABEL: Final = 3
MOST_NUMBERS: Final = 1_000
"""Columns whose combinations are looked for; of more, those that say most alone."""
MOST_SAID_ALONE: Final = 6
"""Columns of the same fate that each have a finding; more share one."""


def suspected_leaks(
    sample: Sample, columns: Sequence[Column], associations: Sequence[Association]
) -> tuple[Finding, ...]:
    """Return the columns, and sets of columns, that say more of the target than they could when predicting.

    Parameters
    ----------
    sample : Sample
        Training rows.
    columns : sequence of Column
        The columns judged, in the order of the table.
    associations : sequence of Association
        How much each of them says alone.
    """
    value = {one.column: one.value for one in associations}
    gaps = missing_with_class(sample, columns, FEWEST_GAPS) if sample.rows >= ROWS_TO_BE_CERTAIN else {}
    alone: list[Finding] = []
    for column in columns:
        finding = _by_gaps(sample, column, gaps) or _by_words(sample, column)
        finding = finding or _alone(sample, column, value[column.name], len(columns))
        if finding is not None:
            alone.append(finding)
    known = {finding.columns[0] for finding in alone}
    rest = [column for column in columns if column.name not in known]
    together = [_together(relation, rest, value, associations) for relation in _relations(sample, rest, value)]
    return (*_gathered(alone), *together)


def _alone(sample: Sample, column: Column, value: float, width: int) -> Finding | None:
    if value <= SUSPECT or not _beats_chance(sample, value, width):
        return None
    certain = sample.rows >= ROWS_TO_BE_CERTAIN and (
        _codes_the_class(sample, column, value) if sample.classification else _is_function_of_target(sample, column)
    )
    figure = f"{'AUC' if sample.classification else 'R2'} {value:.4f} on other training rows"
    verb = "gives the target away" if certain else "alone almost determines the target"
    return _finding((column.name,), f"{column.name!r} {verb} ({figure}).", certain)


def _finding(columns: tuple[str, ...], message: str, certain: bool) -> Finding:
    them, they, are = ("it", "it", "is") if len(columns) == 1 else ("them", "they", "are")
    hint = (
        f"Exclude {them} unless {they} {are} known before the target is."
        if certain
        else f"Check that {they} {are} known before the target is; exclude {them} if not."
    )
    severity = "error" if certain else "warning"
    return Finding(
        code="leak-suspected", gate="task", severity=severity, columns=columns, message=message, hint=hint
    )  # fmt: skip


def _beats_chance(sample: Sample, value: float, width: int) -> bool:
    """Return whether the best of so many columns of noise would say less."""
    if sample.classification:
        counts = np.bincount(sample.codes)
        rarest, others = counts.min(), len(sample.codes) - counts.min()
        deviation = (value - 0.5) / np.sqrt((rarest + others + 1) / (12 * rarest * others))
    else:
        deviation = np.arctanh(min(np.sqrt(value), 0.999999)) * np.sqrt(max(sample.rows - 3, 1))
    return bool(deviation > np.sqrt(2 * np.log(max(width, 2))) + 1.5)


def _codes_the_class(sample: Sample, column: Column, value: float) -> bool:
    """Return whether chance and a good measurement are ruled out: few values that code the target, or many rows."""
    if value <= CERTAIN:
        return False
    distinct = int(sample.frame[column.name].nunique())
    few = distinct <= max(10, 3 * len(sample.labels))
    return few or (
        sample.rows >= ROWS_FOR_A_MEASUREMENT and (column.kind is not Kind.CATEGORICAL or _repeats(sample, distinct))
    )


def _repeats(sample: Sample, distinct: int) -> bool:
    return distinct * 5 <= sample.rows


def _is_function_of_target(sample: Sample, column: Column) -> bool:
    """Return whether the target follows from the column but for rounding: the same ranks, a straight line, a code."""
    y = sample.targets[:, 0]
    if column.kind is Kind.CATEGORICAL:
        return _repeats(sample, column.n_unique or 0) and _levels_fix(sample.levels(column), y)
    numbers = sample.numbers(column)
    if abs(rank_correlation(numbers, y)) > EXACT_RANKS:
        return True
    present = np.isfinite(numbers)
    distinct = len(np.unique(numbers[present]))
    if distinct <= FEW_LEVELS:
        return len(np.unique(y)) <= FEW_LEVELS and _levels_fix(pd.factorize(numbers)[0], y)
    return present.mean() >= EXACT_ROWS and _is_rounded_line(numbers[present], y[present])


def _levels_fix(levels: np.ndarray, y: Floats) -> bool:
    """Return whether rows of the same level have the same target."""
    usual = pd.Series(y).groupby(levels).transform("median").to_numpy()
    return bool((np.abs(usual - y) <= 1e-9 * np.abs(y).max()).mean() >= EXACT_ROWS)


def _is_rounded_line(numbers: Floats, y: Floats) -> bool:
    """Return whether the target lies on a line through the column within the steps that the column is written in."""
    slope, constant = np.polyfit(numbers - numbers.mean(), y, 1)
    left = np.abs(slope * (numbers - numbers.mean()) + constant - y)
    levels = np.unique(numbers)
    gaps = np.diff(levels)
    step = float(gaps.min()) * abs(slope)
    regular = np.allclose(gaps / gaps.min(), np.round(gaps / gaps.min()), atol=1e-3)
    allowed = (0.55 * step if regular and step <= 0.1 * y.std() else 0.0) + 1e-6 * y.std()
    return bool((left <= allowed).mean() >= EXACT_ROWS)


def _by_gaps(sample: Sample, column: Column, gaps: dict[str, tuple[str, bool]]) -> Finding | None:
    if column.name not in gaps:
        return None
    label, missing_there = gaps[column.name]
    where = (
        f"missing exactly where the target is {label!r}"
        if missing_there
        else f"filled in only where the target is {label!r}"
    )
    # Of two classes the gap says all; of several, that a value is not there may be known before (a plot has no floors).
    return _finding((column.name,), f"{column.name!r} is {where}.", len(sample.labels) == 2)


def _by_words(sample: Sample, column: Column) -> Finding | None:
    """Find the names of the classes among the words of a text."""
    wordy = column.kind is Kind.TEXT or (column.kind is Kind.CATEGORICAL and (column.n_unique or 0) > FEW_LEVELS)
    labels = [label.strip().lower() for label in sample.labels]
    named = [label for label in labels if len(label) >= SHORTEST_LABEL and any(sign.isalpha() for sign in label)]
    if not wordy or not sample.classification or not named or len(labels) > MOST_CLASSES:
        return None
    rows = np.arange(0, sample.rows, max(1, sample.rows // TEXT_ROWS))
    texts = sample.frame[column.name].iloc[rows].fillna("").astype(str).str.lower()
    says = np.zeros((len(rows), len(labels)))
    for place, label in enumerate(labels):
        if label in named:
            pattern = rf"(?<![^\W_]){re.escape(label)}(?![^\W_])"
            says[:, place] = texts.str.contains(pattern, regex=True).to_numpy()
    right = (says[np.arange(len(rows)), sample.codes[rows]] > says.sum(axis=1) / 2) & (says.sum(axis=1) == 1)
    share = float(right.mean())
    if share < EXACT_ROWS - 0.01:
        return None
    certain = share >= EXACT_ROWS and sample.rows >= ROWS_TO_BE_CERTAIN
    return _finding(
        (column.name,), f"{column.name!r} has the target's value among its words in {share:.1%} of the rows.", certain
    )


def _relations(sample: Sample, columns: Sequence[Column], value: dict[str, float]) -> Iterator[Relation]:
    """Yield what several columns give together; few rows agree with anything by chance."""
    if sample.rows < ROWS_TO_BE_CERTAIN:
        return
    names, masks = flags_among(sample, columns)
    coded: set[str] = set()
    for one in one_hot_sets(sample, names, masks, SUSPECT):
        coded.update(one.columns)
        yield one
    numeric = [column for column in columns if column.kind in (Kind.NUMERIC, Kind.BOOLEAN, Kind.DATETIME)]
    numeric = [column for column in numeric if column.name not in coded]
    if len(numeric) > MOST_NUMBERS:
        best = {column.name for column in sorted(numeric, key=lambda one: -value[one.name])[:MOST_NUMBERS]}
        numeric = [column for column in numeric if column.name in best]
    if not numeric:
        return
    matrix = np.column_stack([sample.numbers(column) for column in numeric])
    dates = np.array([column.kind is Kind.DATETIME for column in numeric])
    numbers = Numbers(tuple(column.name for column in numeric), matrix, dates)
    if not sample.classification:
        yield from relations_of_numbers(numbers, sample.targets[:, 0])
        return
    if len(sample.labels) > 2:
        labels = pd.to_numeric(pd.Series(sample.labels), errors="coerce").to_numpy(dtype=np.float64)
        if np.isfinite(labels).all():
            yield from relations_of_numbers(numbers, labels[sample.codes])
        return
    event = sample.codes == 1
    free = [place for place, name in enumerate(names) if name not in coded]
    for side in (event, ~event):
        reasons = reasons_for([names[place] for place in free], masks[:, free], side)
        if reasons is not None:
            yield reasons
    above = order_of_two(numbers, event)
    if above is not None:
        yield above


def _together(
    relation: Relation, columns: Sequence[Column], value: dict[str, float], associations: Sequence[Association]
) -> Finding:
    names = relation.columns
    bar = TELLS_SOMETHING[associations[0].measure]
    others = any(value[column.name] >= bar for column in columns if column.name not in names)
    subject = repr(names[0]) if len(names) == 1 else f"{', '.join(map(repr, names[:-1]))} and {names[-1]!r}"
    if len(names) > 2 * MOST_SAID_ALONE:
        subject = f"{len(names)} columns from {names[0]!r} to {names[-1]!r}"
    return _finding(names, f"{subject} {relation.says}.", relation.plain and others)


def _gathered(alone: Sequence[Finding]) -> Iterator[Finding]:
    """Yield findings on single columns, in one where there are many of the same severity."""
    for certain, members in groupby(sorted(alone, key=lambda finding: not finding.refuses), lambda one: one.refuses):
        found = list(members)
        if len(found) <= MOST_SAID_ALONE:
            yield from found
            continue
        columns = tuple(finding.columns[0] for finding in found)
        verb = "gives the target away" if certain else "almost determines the target"
        shown = ", ".join(map(repr, columns[:3]))
        yield _finding(columns, f"Each of {len(columns)} columns alone {verb}, among them {shown}.", certain)
