"""The expert's FeaturePlan: new information only; what a family needs to accept a column it adds itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from planfit.planners.base import Ask
from planfit.planners.expert.bends import linear_models_bend
from planfit.planners.expert.dates import parts_make_a_date
from planfit.planners.expert.feature_view import FeatureView, JsonDict, LeftOut, Step, view_of
from planfit.planners.expert.ratios import sensible_ratios
from planfit.planners.expert.rules import Rule, figure, percent, rule
from planfit.records.schema import Kind

MANY_LEVELS = 10
"""Categories above this are target-encoded beside what the family does with them."""
ROWS_PER_LEVEL = 5
"""Fewer rows a level than this, and the mean of a level is noise."""
MOST_TARGET_COLUMNS = 20
"""Target encoding of multiclass tasks makes a column a class."""
ROWS_FOR_PRODUCTS = 500
MOST_PRODUCTS = 4
"""Columns in the polynomial; four give ten products and squares."""
STRONG = {"auc": 0.58, "r2": 0.04}
"""An association above this is worth multiplying with another."""
SOME_MISSING, NEARLY_ALL_MISSING = 0.01, 0.99
FEWEST_MISSING = 10
"""Rows; fewer than this say nothing, whatever their share."""
FEW_GAPS = 0.05
"""Share of missing values up to which a column takes part in products; those of a gap are missing too."""
MOST_INDICATORS = 12
MOST_LEFT_OUT = 8
"""Notes on what was left out that a rationale holds."""
HEAVY_TAIL = 2.0
"""Skew above which a person would take the logarithm."""
Variant = Literal["full", "smaller", "wider"]


def feature_plan(ask: Ask, variant: Variant = "full") -> JsonDict:
    """Return a FeaturePlan document.

    ``full`` holds what the rules propose; ``smaller`` what is left of it without the widest steps, for when the
    full one made things worse; ``wider`` adds ratios of the strongest columns to it.
    """
    view = view_of(ask)
    said = [entry for each in FEATURE_RULES for entry in each(view)]
    steps = [entry for entry in said if isinstance(entry, Step)]
    left = [entry.says for entry in said if isinstance(entry, LeftOut)]
    if variant == "smaller":
        dropped = [entry for entry in steps if entry.rule in WIDE]
        steps = [entry for entry in steps if entry.rule not in WIDE]
        left += [
            f"{entry.step['operation']} was left out this time, since the plan with it did not help"
            for entry in dropped
        ]
    if variant == "wider":
        steps += list(_more_ratios(view, steps))
    if steps and all(entry.rule == "features/date-parts" for entry in steps):
        left.append(
            f"dates ({len(steps)} of the columns) are left to the families, which take them apart in the same way"
        )
        steps = []
    return {
        "transformations": [entry.step for entry in steps],
        "rationale": _rationale(view, steps, left),
    }


def _rationale(view: FeatureView, steps: list[Step], left: list[str]) -> str:
    shape = f"{view.rows} rows, {len(view.columns)} columns"
    several = f"{len(steps)} steps add" if len(steps) > 1 else "one step adds"
    made = f"{several} what the columns do not say by themselves" if steps else "no step adds anything"
    if len(left) > MOST_LEFT_OUT:
        left = [*left[:MOST_LEFT_OUT], f"{len(left) - MOST_LEFT_OUT} more such notes"]
    standing = "Imputing, scaling and one-hot encoding are left to each model family, which knows what it needs"
    return ". ".join([f"{shape}: {made}", *left, standing]) + "."


@rule("features/nearly-empty")
def nearly_empty_columns(view: FeatureView) -> Iterator[Step]:
    """A column that is missing in nearly all rows is dropped."""
    for column in view.columns:
        gone = view.missing(column.name)
        if gone > NEARLY_ALL_MISSING * view.rows and view.legal("drop"):
            reason = f"`{column.name}` is missing in {gone} of {view.rows} rows"
            yield Step("features/nearly-empty", {"column": column.name, "operation": "drop", "reason": reason})


@rule("features/date-parts")
def dates_have_parts(view: FeatureView) -> Iterator[Step]:
    """A date is taken apart into what repeats: month, weekday, hour."""
    for column in view.of_kind(Kind.DATETIME):
        stats = view.stats[column.name]
        if stats.missing > NEARLY_ALL_MISSING * view.rows or not view.legal("datetime_parts"):
            continue
        span = "" if stats.minimum is None else f" from {stats.minimum} to {stats.maximum}"
        reason = (
            f"`{column.name}` holds {stats.n_unique} distinct dates{span}: its parts repeat, the date itself does not"
        )
        yield Step("features/date-parts", {"column": column.name, "operation": "datetime_parts", "reason": reason})


@rule("features/stand-in")
def stand_ins_are_missing(view: FeatureView) -> Iterator[Step]:
    """A number far outside its column that repeats, such as -200 or 999, is a missing value; that it was is kept."""
    if not view.legal("mark_missing"):
        return
    by_value: dict[float, list[str]] = {}
    for column in view.of_kind(Kind.NUMERIC):
        value = view.stats[column.name].stand_in
        if value is not None and view.missing(column.name) <= NEARLY_ALL_MISSING * view.rows:
            by_value.setdefault(value, []).append(column.name)
    for value, names in by_value.items():
        shown = ", ".join(f"`{name}`" for name in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        reason = f"{value:g} stands apart from all other values of {shown}: it reads like a missing value"
        step = {"columns": names, "operation": "mark_missing", "values": [value], "reason": reason}
        yield Step("features/stand-in", step)
        if view.legal("missing_indicator"):
            kept = f"which rows held {value:g} may say something, and the step before forgets it"
            marks = {"columns": names[:MOST_INDICATORS], "operation": "missing_indicator", "reason": kept}
            yield Step("features/stand-in", marks)


@rule("features/missing")
def missing_says_something(view: FeatureView) -> Iterator[Step | LeftOut]:
    """That a value is missing may say as much as the value; columns missing equally often need one indicator."""
    enough = max(SOME_MISSING * view.rows, FEWEST_MISSING - 1)
    chosen: dict[int, str] = {}
    same = 0
    for column in view.columns:
        gone = view.missing(column.name)
        if view.stats[column.name].stand_in is not None:  # has its own
            continue
        if column.kind is Kind.TEXT or not enough < gone < NEARLY_ALL_MISSING * view.rows:
            continue
        if gone in chosen:
            same += 1
        else:
            chosen[gone] = column.name
    rare = [column.name for column in view.columns if 0 < view.missing(column.name) <= enough]
    if rare:
        name = rare[0]
        also = f" (and {len(rare) - 1} more columns as rarely)" if len(rare) > 1 else ""
        share = percent(view.missing(name), view.rows)
        yield LeftOut(
            "features/missing",
            f"`{name}` is missing in {view.missing(name)} of {view.rows} rows ({share}){also}: too few for an indicator",
        )
    if not chosen or not view.legal("missing_indicator"):
        return
    names = list(chosen.values())[:MOST_INDICATORS]
    shown = ", ".join(f"`{name}` in {view.missing(name)}" for name in names[:4])
    more = f" and {len(names) - 4} more columns" if len(names) > 4 else ""
    once = f"; {same} columns are missing just as often as one of these and need none" if same else ""
    reason = f"missing: {shown}{more}, of {view.rows} rows{once}"
    yield Step("features/missing", {"columns": names, "operation": "missing_indicator", "reason": reason})


@rule("features/ratio")
def amounts_per_count(view: FeatureView) -> Iterator[Step]:
    """A total grows with the count behind it; what it is per unit does not. Where ratios were screened, that decides."""
    if not view.legal("ratio") or view.ask.screening:
        return
    for pair in sensible_ratios([view.stats[column.name] for column in view.of_kind(Kind.NUMERIC)], view.rows):
        step = {
            "columns": [pair.upper, pair.lower],
            "operation": "ratio",
            "into": f"{pair.upper}_per_{pair.lower}",
            "reason": pair.says,
        }
        yield Step("features/ratio", step)


@rule("features/products")
def products_of_the_strongest(view: FeatureView) -> Iterator[Step | LeftOut]:
    """Products and squares of the two to four numbers that say most about the target help where effects multiply."""
    if not view.legal("polynomial_features") or view.ask.screening:
        return
    strong = strongest_numbers(view, codes=view.legal("to_number"))
    if len(strong) < 2:
        if view.of_kind(Kind.NUMERIC) and view.strength:
            yield LeftOut(
                "features/products",
                f"products were left out: {len(strong)} of the numeric columns say enough alone, two are needed",
            )
        return
    if view.rows < ROWS_FOR_PRODUCTS:
        yield LeftOut(
            "features/products", f"products were left out: {view.rows} rows are fewer than {ROWS_FOR_PRODUCTS}"
        )
        return
    shown = ", ".join(f"`{name}` ({view.strength[name][0]} {view.strength[name][1]:.2f})" for name in strong)
    reason = f"the numbers that alone say most about the target on training rows: {shown}"
    codes = [column.name for column in view.columns if column.ordered and column.name in strong]
    if codes:
        again = "codes in an order enter products as numbers; the categories stay beside them"
        coded = {"columns": codes, "operation": "to_number", "keep_source": True, "reason": again}
        yield Step("features/products", coded)
    factors = [f"{name}_number" if name in codes else name for name in strong]
    yield Step(
        "features/products", {"columns": factors, "operation": "polynomial_features", "degree": 2, "reason": reason}
    )


def strongest_numbers(view: FeatureView, most: int = MOST_PRODUCTS, *, codes: bool = False) -> list[str]:
    """Return the numeric columns with few gaps that say most about the target alone, strongest first.

    Codes in an order, such as hours, are among them where `codes`.
    """
    taken = {column.name for column in view.columns}
    found = [
        (view.strength[column.name][1], column.name)
        for column in view.columns
        if (column.kind is Kind.NUMERIC or (codes and column.ordered and f"{column.name}_number" not in taken))
        and column.name in view.strength
        and view.missing(column.name) <= FEW_GAPS * view.rows
        and view.stats[column.name].n_unique > MANY_LEVELS
        and view.strength[column.name][1] >= STRONG[view.strength[column.name][0]]
    ]
    return [name for _, name in sorted(found, key=lambda entry: (-entry[0], entry[1]))[:most]]


@rule("features/target-encode")
def many_levels_as_target_means(view: FeatureView) -> Iterator[Step | LeftOut]:
    """A category with many levels says most through the mean of the target in each; the category itself is kept."""
    classes = len(view.ask.task.classes) if view.ask.task is not None and view.ask.task.task_type == "multiclass" else 1
    room = MOST_TARGET_COLUMNS
    for column in view.of_kind(Kind.CATEGORICAL):
        if column.ordered:  # trees take its numbers as they are, linear models each of them
            continue
        levels, present = view.stats[column.name].n_unique, view.rows - view.missing(column.name)
        if levels <= MANY_LEVELS:
            continue
        if present < ROWS_PER_LEVEL * levels or not view.legal("target_encode"):
            yield LeftOut(
                "features/target-encode",
                f"`{column.name}` has {levels} levels in {present} rows, too few rows a level for means of the target",
            )
            continue
        if room < classes:
            continue
        room -= classes
        reason = f"`{column.name}` has {levels} levels in {present} rows, about {present // levels} a level"
        step = {"column": column.name, "operation": "target_encode", "keep_source": True, "reason": reason}
        yield Step("features/target-encode", step)


@rule("features/text")
def text_is_left_to_the_families(view: FeatureView) -> Iterator[LeftOut]:
    """Text goes to the families as it is: the linear one takes all its words, the trees compress them."""
    for column in view.of_kind(Kind.TEXT):
        words = view.stats[column.name].mean_words
        length = "" if words is None else f" of {words:.0f} words on average"
        yield LeftOut(
            "features/text", f"text `{column.name}`{length} is left to the families, which vectorise it themselves"
        )


@rule("features/heavy-tail")
def logarithms_do_not_help(view: FeatureView) -> Iterator[LeftOut]:
    """A logarithm changes no split of a tree, and the linear family scales by itself."""
    tails = [
        column.name for column in view.of_kind(Kind.NUMERIC)
        if (view.stats[column.name].skew or 0.0) > HEAVY_TAIL and view.stats[column.name].n_unique > MANY_LEVELS
    ]  # fmt: skip
    if tails:
        worst = max(tails, key=lambda name: view.stats[name].skew or 0.0)
        many = f"{len(tails)} columns are" if len(tails) > 1 else "one column is"
        skew = figure(view.stats[worst].skew or 0.0)
        yield LeftOut(
            "features/heavy-tail",
            f"{many} heavy-tailed (`{worst}` has skew {skew}), but a logarithm changes no split of a tree",
        )


@rule("features/discovered")
def what_a_quick_model_leaned_on(view: FeatureView) -> Iterator[Step]:
    """Offered many made columns beside the raw ones, a quick model shows which it would rather split on."""
    taken = {column.name for column in view.columns}
    crossed: list[str] = []
    in_time = view.ask.task is not None and view.ask.task.split.kind == "time"
    for entry in view.ask.screening:
        operations = {step["operation"] for step in entry.steps}
        if not all(view.legal(operation) for operation in operations) or not set(entry.columns) <= taken:
            continue
        if in_time and "target_encode" in operations:  # means of the past lag behind a series that grows or falls
            continue
        reason = (
            f"offered among many columns, it took {entry.gain:.1%} of the gain of a quick model's splits, and at least "
            f"{entry.least:.1%} on either part of the rows"
        )
        yield Step("features/discovered", {**entry.steps[0], "reason": reason})
        crossed += [step["column"] for step in entry.steps[1:] if step["operation"] == "target_encode"]
    if crossed:
        again = (
            "the mean of the target in each combination, cross-fitted; the combinations themselves have too many levels"
        )
        encoded = {"columns": crossed, "operation": "target_encode", "reason": again}
        yield Step("features/discovered", encoded)


FEATURE_RULES: tuple[Rule[FeatureView, Any], ...] = (
    nearly_empty_columns,
    stand_ins_are_missing,
    missing_says_something,
    amounts_per_count,
    parts_make_a_date,
    products_of_the_strongest,
    what_a_quick_model_leaned_on,
    many_levels_as_target_means,
    dates_have_parts,
    linear_models_bend,
    text_is_left_to_the_families,
    logarithms_do_not_help,
)
WIDE = frozenset({"features/products", "features/missing", "features/discovered", "features/bends"})
"""Rules whose steps a smaller plan goes without."""


def _more_ratios(view: FeatureView, steps: list[Step]) -> Iterator[Step]:
    """Yield ratios among the three strongest numbers that the plan does not hold yet."""
    if not view.legal("ratio"):
        return
    taken = {frozenset(entry.step["columns"]) for entry in steps if entry.step["operation"] == "ratio"}
    strong = strongest_numbers(view, most=3)
    for place, upper in enumerate(strong):
        for lower in strong[place + 1 :]:
            zeros = view.stats[lower].zeros or 0
            if frozenset((upper, lower)) in taken or zeros > 0.05 * view.rows:
                continue
            reason = (
                f"both say much about the target ({view.strength[upper][1]:.2f} and {view.strength[lower][1]:.2f}) "
                f"and the first feature set helped; `{lower}` is zero in {zeros} of {view.rows} rows"
            )
            into = f"{upper}_per_{lower}"
            step = {"columns": [upper, lower], "operation": "ratio", "into": into, "reason": reason}
            yield Step("features/ratio", step)
