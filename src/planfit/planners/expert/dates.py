"""Dates that a table holds in parts: a month and a day, perhaps a year, each a column of its own."""

from __future__ import annotations

from collections.abc import Iterator

from planfit.planners.expert.feature_view import FeatureView, Step
from planfit.planners.expert.rules import rule
from planfit.planners.expert.words import tokens
from planfit.records.schema import Column, Kind

YEAR, MONTH, DAY = frozenset({"year", "yr"}), frozenset({"month", "mon", "mo"}), frozenset({"day", "dom", "dayofmonth"})
BOUNDS = {"month": (1, 12), "day": (1, 31), "year": (1800, 2200)}
NEARLY_ALL = {"month": 6, "day": 25, "year": 1}
"""Different values that a part has at the least."""
ROWS_PER_DAY = 5
"""Fewer rows a day, and where a day lies says no more than its month."""


@rule("features/date-of-parts")
def parts_make_a_date(view: FeatureView) -> Iterator[Step]:
    """A month and a day put together say when; trees need hundreds of splits to do so themselves."""
    if not view.legal("expression"):
        return
    month, day = _only(view, "month", MONTH), _only(view, "day", DAY)
    if month is None or day is None:
        return
    year = _only(view, "year", YEAR)
    years = 1 if year is None else max(1, view.stats[year].n_unique)
    if view.rows < ROWS_PER_DAY * view.stats[month].n_unique * view.stats[day].n_unique * years:
        return
    several = year is not None and years > 1
    months = f"{_number(year)} * 12 + {_number(month)}" if several and year is not None else _number(month)
    parts = [name for name in ((year if several else None), month, day) if name is not None]
    shown = ", ".join(f"`{name}`" for name in parts)
    yield Step(
        "features/date-of-parts",
        {
            "operation": "expression",
            "expression": f"({months}) * 31 + {_number(day)}",
            "into": f"day by {', '.join(parts)}",
            "reason": f"{shown} are parts of one date, which says when each of {view.rows} rows was: neighbouring days are alike",
        },
    )


def _only(view: FeatureView, part: str, words: frozenset[str]) -> str | None:
    """Return the one column whose name and values make it this part of a date; None where there is none or several."""
    found = [
        column.name for column in view.columns if set(tokens(column.name)) & words and _is_part(view, column, part)
    ]
    return found[0] if len(found) == 1 else None


def _is_part(view: FeatureView, column: Column, part: str) -> bool:
    stats, (low, high) = view.stats[column.name], BOUNDS[part]
    if stats.n_unique < NEARLY_ALL[part] or view.missing(column.name):
        return False
    if column.kind is Kind.CATEGORICAL and column.ordered:  # named by numbers
        return stats.n_unique <= high and all(low <= float(entry.value) <= high for entry in stats.top)
    ends = (stats.minimum, stats.maximum)
    return column.kind is Kind.NUMERIC and all(isinstance(end, int | float) and low <= end <= high for end in ends)


def _number(name: str) -> str:
    """Return a column as a number of SQL."""
    quoted = name.replace('"', '""')
    return f'CAST("{quoted}" AS DOUBLE)'
