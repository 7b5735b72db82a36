"""What a linear model needs to bend, and trees do not: intervals of numbers."""

from __future__ import annotations

from collections.abc import Iterator

from planfit.planners.expert.feature_view import FeatureView, Step
from planfit.planners.expert.rules import rule
from planfit.records.schema import Kind

FEWEST_VALUES = 10
"""Numbers of fewer values have few bends, and are often codes."""
FEWEST_ROWS = 200
MOST_MISSING = 0.5
MOST_BENT = 12
"""Columns, the strongest alone first."""
INTERVALS = 8
BENDING = frozenset({"lightgbm", "xgboost", "catboost", "hist_gradient_boosting", "random_forest", "extra_trees"})
"""Families that find thresholds themselves; beside them intervals are columns to choose wrongly from."""


@rule("features/bends")
def linear_models_bend(view: FeatureView) -> Iterator[Step]:
    """Where no family of trees is allowed, the strongest numbers are cut into intervals, so that their effects may bend."""
    families = set(view.ask.families)
    if "linear" not in families or families & BENDING or not view.legal("bin") or view.rows < FEWEST_ROWS:
        return
    columns = [
        column.name
        for column in view.of_kind(Kind.NUMERIC)
        if column.name in view.strength
        and view.stats[column.name].n_unique > FEWEST_VALUES
        and view.missing(column.name) <= MOST_MISSING * view.rows
    ]
    columns = sorted(columns, key=lambda name: -view.strength[name][1])[:MOST_BENT]
    if columns:
        first = columns[0]
        measure, value = view.strength[first]
        reason = (
            f"no trees are allowed, and a straight line does not bend: {len(columns)} numbers in {INTERVALS} intervals each, "
            f"`{first}` ({measure} {value:.2f}) first; the numbers stay beside them"
        )
        step = {"columns": columns, "operation": "bin", "n_bins": INTERVALS, "reason": reason}
        yield Step("features/bends", step)
