"""The table on a page: a line a column, alike columns together where there are many, and what was left out is said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

from planfit.planners.base import Ask
from planfit.planners.privacy import UNKNOWN
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Kind

MOST_VALUES: Final = 6
LONGEST_VALUE: Final = 40
MOST_WARNINGS: Final = 12
FEW_COLUMNS: Final = 30
"""Up to so many columns each has its own line."""
NAMES_OF_A_GROUP: Final = 40
CHARACTERS_PER_TOKEN: Final = 3.5
LEAST_TOKENS, MOST_TOKENS = 1_400, 5_500
"""Of the digest of a table of 20 columns, and of one of 500 and more."""
LONGEST_WARNING: Final = 220


def tokens(text: str) -> int:
    """Return about how many tokens a text has: 3.5 characters each, as measured on such texts.

    >>> tokens("seven characters each")
    6
    """
    return int(len(text) / CHARACTERS_PER_TOKEN)


def budget_of(columns: int) -> int:
    """Return the tokens that the digest of a table may have.

    >>> budget_of(20), budget_of(500)
    (1400, 5500)
    """
    share = min(1.0, max(0.0, (columns - 20) / 480))
    return int(LEAST_TOKENS + share * (MOST_TOKENS - LEAST_TOKENS))


def table(ask: Ask) -> str:
    """Return the table's columns within the budget."""
    shown = _shown(ask)
    most = budget_of(len(shown))
    own, names, values = (len(shown) if len(shown) <= FEW_COLUMNS else FEW_COLUMNS), NAMES_OF_A_GROUP, MOST_VALUES
    text = ""
    for _ in range(12):
        text = _text(ask, shown, own, names, values)
        if tokens(text) <= most:
            return text
        own, names, values = int(own * 0.6), max(3, int(names * 0.7)), max(2, values - 1)
    return text[: int(most * CHARACTERS_PER_TOKEN)] + "\n... the rest was left out"


def _shown(ask: Ask) -> list[ColumnProfile]:
    allowed = {column.name for column in ask.schema_.columns} if ask.schema_ is not None else None
    return [s for s in ask.profile.statistics if allowed is None or s.name in allowed or is_target(ask, s.name)]


def is_target(ask: Ask, name: str) -> bool:
    return ask.task is not None and ask.task.target == name


def _text(ask: Ask, shown: Sequence[ColumnProfile], own: int, names: int, values: int) -> str:
    profile = ask.profile
    lines = [f"{profile.rows} rows, {len(profile.columns)} columns, {profile.duplicate_rows} duplicate rows"]
    lines.append("column | kind | missing | distinct | range or most frequent values")
    alone = _alone(ask, shown, own)
    lines += [column_line(stats, is_target(ask, stats.name), values) for stats in shown if stats.name in alone]
    lines += _groups([stats for stats in shown if stats.name not in alone], profile.rows, names)
    warnings = profile.warnings[: max(2, min(MOST_WARNINGS, 2 * values))]
    lines += [f"warning: {_short(finding.sentence())}" for finding in warnings]
    if len(profile.warnings) > len(warnings):
        lines.append(f"... and {len(profile.warnings) - len(warnings)} more warnings")
    return "\n".join(lines)


def _alone(ask: Ask, shown: Sequence[ColumnProfile], own: int) -> set[str]:
    """Return the columns with a line of their own: the target, those that say most, those of rare kinds, the first."""
    if own >= len(shown):
        return {stats.name for stats in shown}
    ranked: list[str] = [stats.name for stats in shown if is_target(ask, stats.name)]
    if ask.options.target is not None:
        ranked.append(ask.options.target)
    if ask.target_profile is not None:
        best = sorted(ask.target_profile.associations, key=lambda entry: (-entry.value, entry.column))
        ranked += [entry.column for entry in best[: own // 2]]
    counts: dict[Kind, int] = {}
    for stats in shown:
        counts[stats.kind] = counts.get(stats.kind, 0) + 1
    ranked += [stats.name for stats in shown if counts[stats.kind] <= 3]
    ranked += [stats.name for stats in shown]
    return set(list(dict.fromkeys(ranked))[: max(1, own)])


def _groups(rest: Sequence[ColumnProfile], rows: int, names: int) -> Iterable[str]:
    """Yield a line for each group of columns that are alike in kind, gaps, levels and shape."""
    groups: dict[tuple[str, ...], list[ColumnProfile]] = {}
    for stats in rest:
        groups.setdefault(_likeness(stats, rows), []).append(stats)
    for likeness, alike in groups.items():
        said = _named([stats.name for stats in alike], names)
        what = ", ".join(part for part in likeness if part)
        yield f"{len(alike)} columns: {said} | {what}"


def _likeness(stats: ColumnProfile, rows: int) -> tuple[str, ...]:
    gaps = stats.missing / rows if rows else 0.0
    missing = "" if not gaps else "some missing" if gaps < 0.05 else "many missing" if gaps < 0.5 else "mostly missing"
    levels = ""
    if stats.kind is Kind.CATEGORICAL and stats.n_unique != UNKNOWN:
        levels = "few levels" if stats.n_unique <= 10 else "many levels"
    skew = "skewed" if stats.skew is not None and abs(stats.skew) >= 2 else ""
    return stats.kind.value, missing, levels, skew, "personal" if stats.personal else ""


def _named(names: Sequence[str], most: int) -> str:
    """Return names, runs of numbered ones as ``"V1" to "V28"``."""
    runs: list[list[str]] = []
    for name in names:
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    said = []
    for run in runs:
        if len(run) > 2:
            said.append(f"{_quoted(run[0])} to {_quoted(run[-1])}")
        else:
            said += [_quoted(name) for name in run]
    shown = ", ".join(said[:most])
    return shown if len(said) <= most else f"{shown} and {len(said) - most} more, not named here"


def _follows(one: str, other: str) -> bool:
    a, b = re.fullmatch(r"(.*?)(\d{1,6})", one), re.fullmatch(r"(.*?)(\d{1,6})", other)
    return bool(a and b and a.group(1) == b.group(1) and int(b.group(2)) == int(a.group(2)) + 1)


def column_line(stats: ColumnProfile, target: bool = False, values: int = MOST_VALUES) -> str:
    """Return a column on one line."""
    distinct = "-" if stats.n_unique == UNKNOWN else stats.n_unique
    mark = " (target)" if target else ""
    return f"{_quoted(stats.name)}{mark} | {stats.kind} | {stats.missing} | {distinct} | {_values(stats, values)}"


def _values(stats: ColumnProfile, most: int) -> str:
    if stats.personal:
        return f"(personal: {stats.personal}; values not shown)"
    if stats.kind is Kind.IDENTIFIER:
        return "(identifier; values not shown)"
    if stats.kind is Kind.TEXT:
        words = "" if stats.mean_words is None else f"{stats.mean_words:.1f} words on average"
        return f"(text; {words})" if words else "(text)"
    frequent = stats.top[:most]
    if frequent and (stats.kind is not Kind.NUMERIC or stats.n_unique <= MOST_VALUES):
        return ", ".join(f"{_quoted(entry.value[:LONGEST_VALUE])}: {entry.count}" for entry in frequent)
    if stats.minimum is None:
        return "-" if stats.mean is None else f"mean {stats.mean:.3g}"
    parts = [f"about {_number(stats.minimum)} to {_number(stats.maximum)}"]
    if stats.mean is not None:
        parts.append(f"mean {_number(stats.mean)}")
    if stats.skew is not None and abs(stats.skew) >= 1:
        parts.append(f"skew {stats.skew:.1f}")
    return ", ".join(parts)


def _number(value: float | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_WARNING else line[: LONGEST_WARNING - 1] + "…"
