"""The portfolio: which families in which settings are worth trying on a table, in order, one rule for each.

The settings beside the families' own defaults are those of published portfolios (AutoGluon's zero-shot portfolios of 2023
and 2025, PyTabKit's tuned defaults). Different models gain more than finer ones, so each kind comes once before any twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from planfit.planners.expert.model_view import RAW, JsonDict, ModelView, Proposed, Rejected
from planfit.planners.expert.rules import Rule, figure, rule

ROWS_FOR_LINEAR = 100_000
ROWS_FOR_FOREST = 50_000
ROWS_FOR_EXTRA_TREES = 20_000
ROWS_FOR_CATBOOST = 500_000
ROWS_FOR_NETWORK = (300, 200_000)
ROWS_FOR_NEIGHBOURS = 5_000
ROWS_FOR_NEIGHBOURS_OF_MANY_CLASSES = 30_000
COLUMNS_FOR_NEIGHBOURS = 50
WIDE = 1_000
"""Columns from which only the quick families are worth their time."""
CLASSES_FOR_FOREST = 30
MANY_CLASSES = 5
"""Classes from which a round of boosting, with its tree a class, is dear."""
VERY_MANY_CLASSES = 10
"""Classes from which what answers them all at once comes first: networks, forests, near rows, CatBoost."""
FEW_ROWS = 2_000
MANY_ROWS = 200_000
ROWS_FOR_MORE = 1_000
"""Below, a second setting of the same family only varies by luck."""
ALL_BUT_CERTAIN = 1e-3
"""Log loss below which hardly a row can be wrong: one row in 10,000 told wrongly with a probability of 0.9999 has as much."""
DRAWN = (5.0, 1.0)
"""Penalties on standardised columns, in numbers of rows: at 1 a coefficient is half of what it would be without."""
STRONGEST = {"C": 1e-4, "alpha": 1e8}
"""Bounds of the linear family's penalties."""

WIDE_TREES: JsonDict = {
    "extra_trees": True, "num_leaves": 64, "feature_fraction": 0.55, "bagging_fraction": 0.99, "lambda_l1": 0.91, "lambda_l2": 1.9,
    "min_data_in_leaf": 28,
}  # fmt: skip
DEEP_TREES: JsonDict = {
    "extra_trees": False, "num_leaves": 84, "feature_fraction": 0.53, "bagging_fraction": 0.98, "lambda_l1": 0.03, "lambda_l2": 0.84,
    "min_data_in_leaf": 3,
}  # fmt: skip
LARGE_TREES: JsonDict = {"num_leaves": 255, "min_data_in_leaf": 20, "feature_fraction": 0.7, "bagging_fraction": 0.8}
SHALLOW_TREES: JsonDict = {
    "extra_trees": True, "num_leaves": 8, "feature_fraction": 0.42, "bagging_fraction": 0.72, "min_data_in_leaf": 15,
}  # fmt: skip
STUMPY_TREES: JsonDict = {
    "extra_trees": True, "num_leaves": 4, "feature_fraction": 0.5, "bagging_fraction": 0.7, "lambda_l2": 20.0, "learning_rate": 0.03,
}  # fmt: skip
"""So little freedom that few entities are not learned by heart."""
PLAIN_TREES: JsonDict = {
    "extra_trees": False, "num_leaves": 31, "feature_fraction": 1.0, "bagging_fraction": 1.0, "lambda_l1": 0.0, "lambda_l2": 0.0,
    "min_data_in_leaf": 20,
}  # fmt: skip
"""LightGBM's own defaults: every tree sees every column, nothing holds a probability back from 0 and 1."""
DEEP_SYMMETRIC: JsonDict = {"depth": 8, "l2_leaf_reg": 2.8, "random_strength": 0.5, "one_hot_max_size": 3}
SHALLOW_SYMMETRIC: JsonDict = {"depth": 4, "l2_leaf_reg": 4.6, "max_ctr_complexity": 1}
NARROW_NETWORK: JsonDict = {"width": 128, "depth": 2, "dropout": 0.05, "learning_rate": 0.02}
SETTINGS: dict[str, tuple[JsonDict, ...]] = {
    "lightgbm": (WIDE_TREES, DEEP_TREES, LARGE_TREES, SHALLOW_TREES, STUMPY_TREES, PLAIN_TREES),
    "catboost": (DEEP_SYMMETRIC, SHALLOW_SYMMETRIC),
    "mlp": (NARROW_NETWORK,),
}
"""By family, beside its own defaults."""


def _fixed(settings: JsonDict) -> tuple[tuple[str, object], ...]:
    return tuple(settings.items())


@rule("models/linear")
def linear_is_the_floor(view: ModelView) -> Iterator[Proposed | Rejected]:
    """A linear model is quick, hard to overfit and the best reader of sparse text."""
    if view.rows > ROWS_FOR_LINEAR and not view.texts:
        yield Rejected("linear", f"{view.rows} rows without text: the trees use that many rows better")
        return
    if view.text_is_the_signal:
        words = view.ask.profile.of(view.texts[0].name).mean_words or 0.0
        reason = f"text `{view.texts[0].name}` of {words:.0f} words beside {len(view.columns) - 1} columns: its words enter sparse"
    elif len(view.columns) > view.rows:
        reason = f"{len(view.columns)} columns are more than {view.rows} rows: only shrinkage holds"
    else:
        reason = (
            f"{view.rows} rows and {len(view.columns)} columns fit in moments; a floor that is another kind of model"
        )
    yield Proposed(0.5 if view.text_is_the_signal or len(view.columns) > view.rows else 1.0, "linear", RAW, (), reason)


@rule("models/few-entities")
def few_entities_ask_for_shrinkage(view: ModelView) -> Iterator[Proposed]:
    """Where rows repeat few entities, only shrunken models hold for new ones; penalties chosen on rows are too weak."""
    if view.entities is None:
        return
    each = view.rows / view.entities
    seen = f"{view.entities} entities of {each:.0f} rows each are {view.entities} examples rather than {view.rows}"
    for place, drawn in zip((0.5, 0.6), DRAWN, strict=True):
        said = f"{seen}: coefficients are drawn to zero as by {drawn:g} times as many rows"
        yield Proposed(place, "linear", RAW, _fixed(_penalty(view, drawn)), said)
    small: JsonDict = {"min_data_in_leaf": int(min(10_000, max(20, 2 * each)))}
    reason = f"{seen}: four leaves a tree, each of two entities or more"
    yield Proposed(0.7, "lightgbm", RAW, _fixed(STUMPY_TREES | small), reason)


def _penalty(view: ModelView, drawn: float) -> JsonDict:
    if view.classes == 1:
        return {"alpha": min(STRONGEST["alpha"], float(round(drawn * view.rows, 3)))}
    # a row weighs a quarter at the most in the curvature of the log loss
    return {"C": max(STRONGEST["C"], float(f"{4.0 / (drawn * view.rows):.3g}"))}


@rule("models/lightgbm")
def boosted_trees_are_the_anchor(view: ModelView) -> Iterator[Proposed]:
    """Boosted trees take numbers, categories and gaps as they are and win on most tables."""
    gaps = sum(1 for column in view.columns if column.missing)
    reason = (
        f"{view.rows} rows; takes {view.levels} categorical columns and {gaps} with gaps as they are; tuned defaults"
    )
    yield Proposed(0.9, "lightgbm", RAW, (), reason)


@rule("models/nothing-left-to-tell")
def certainty_is_all_that_is_left(view: ModelView) -> Iterator[Proposed]:
    """Where rows out of fold are all but certain already, penalties on leaves are what keeps the loss from zero."""
    best = view.ask.leaderboard[0].score if view.ask.leaderboard else None
    loss = None if best is None else best.value if best.metric == "log_loss" else best.log_loss
    if loss is None or loss > ALL_BUT_CERTAIN:
        return
    reason = f"log loss {figure(loss)} out of fold: no row is in doubt; without penalties, probabilities reach the ends"
    yield Proposed(1.3, "lightgbm", RAW, _fixed(PLAIN_TREES), reason)


@rule("models/catboost")
def symmetric_trees_are_the_second_pillar(view: ModelView) -> Iterator[Proposed | Rejected]:
    """CatBoost is the strongest single member on most tables below 15,000 rows and reads categories by their statistics."""
    if view.rows > ROWS_FOR_CATBOOST:
        yield Rejected("catboost", f"{view.rows} rows: LightGBM uses so many in a tenth of the time")
        return
    if len(view.columns) > WIDE:
        yield Rejected("catboost", f"{len(view.columns)} columns make each of its rounds slow")
        return
    said = f"symmetric trees with ordered statistics for {view.levels} categorical columns; its errors differ from LightGBM's"
    if view.classes > VERY_MANY_CLASSES:
        yield Proposed(1.2, "catboost", RAW, (), f"one tree a round for all {view.classes} classes; {said}")
        return
    yield Proposed(1.4 if view.rows <= ROWS_FOR_LINEAR else 3.3, "catboost", RAW, (), said)
    if view.newest != RAW and view.adds_columns:
        yield Proposed(
            2.9 if view.rows <= ROWS_FOR_LINEAR else 3.4,
            "catboost",
            view.newest,
            (),
            f"the same on {view.newest}: it combines categories, not numbers, by itself",
        )
    if view.rows >= ROWS_FOR_MORE and view.entities is None:
        yield Proposed(
            7.2, "catboost", view.newest, _fixed(DEEP_SYMMETRIC), "a second setting of a strong family: deeper trees"
        )
        yield Proposed(
            8.0, "catboost", view.newest, _fixed(SHALLOW_SYMMETRIC), "a third setting: trees of four levels vary less"
        )


@rule("models/lightgbm-on-features")
def a_second_member_on_new_features(view: ModelView) -> Iterator[Proposed]:
    """New features earn their place as a second member: the first on raw columns, this one on them."""
    if view.newest == RAW:
        return
    reason = f"the same model on {view.newest}: what its new columns are worth shows beside the first"
    yield Proposed(3.0, "lightgbm", view.newest, (), reason)
    if view.classes < MANY_CLASSES and view.adds_columns and view.entities is None:
        wide = (
            f"more shrinkage and random splits for the wider table {view.newest}; other errors than on the raw columns"
        )
        yield Proposed(6.5, "lightgbm", view.newest, _fixed(WIDE_TREES), wide)
    if view.rows <= ROWS_FOR_LINEAR or view.texts:
        reason = f"a linear model sees products and ratios only where {view.newest} spells them out"
        yield Proposed(5.0, "linear", view.newest, (), reason)


@rule("models/mlp")
def networks_are_smooth(view: ModelView) -> Iterator[Proposed | Rejected]:
    """A small network errs where trees are right and the other way round: the most different strong member."""
    fewest, most = ROWS_FOR_NETWORK
    if view.rows < fewest:
        yield Rejected("mlp", f"{view.rows} rows are too few for a network")
    elif view.rows > most:
        yield Rejected("mlp", f"{view.rows} rows: an epoch would take as long as a boosted model")
    elif len(view.columns) > WIDE:
        yield Rejected("mlp", f"{len(view.columns)} columns are too many for a small network")
    elif view.text_is_the_signal:
        yield Rejected("mlp", f"`{view.texts[0].name}` is text, which the linear family reads whole")
    elif view.entities is not None:
        yield Rejected("mlp", f"{view.entities} entities would be learned by heart")
    else:
        if view.classes > VERY_MANY_CLASSES:
            reason = f"one network answers for all {view.classes} classes at once, where boosting grows a tree for each"
            yield Proposed(0.6, "mlp", RAW, (), reason)
        else:
            yield Proposed(3.6, "mlp", RAW, (), f"smooth where trees are stepped; {view.rows} rows are enough")
        if view.rows >= ROWS_FOR_MORE:
            yield Proposed(
                7.4,
                "mlp",
                view.newest,
                _fixed(NARROW_NETWORK),
                "a narrower network with a smaller rate, averaged with the first",
            )


@rule("models/xgboost")
def another_boosting_library(view: ModelView) -> Iterator[Proposed | Rejected]:
    """XGBoost grows other trees than LightGBM from the same data; the average of both is steadier."""
    if view.classes > VERY_MANY_CLASSES:
        yield Rejected("xgboost", f"{view.classes} classes: a tree a class and round, as LightGBM, and slower")
    elif len(view.columns) > WIDE:
        yield Rejected("xgboost", f"{len(view.columns)} columns: LightGBM is quicker on wide tables")
    else:
        yield Proposed(
            3.8, "xgboost", view.newest, (), "level by level where LightGBM grows leaf by leaf: other errors"
        )


@rule("models/forests")
def forests_differ(view: ModelView) -> Iterator[Proposed | Rejected]:
    """A forest averages deep trees that were grown apart: other errors than boosting makes, useful in an ensemble."""
    for family, most in (("extra_trees", ROWS_FOR_EXTRA_TREES), ("random_forest", ROWS_FOR_FOREST)):
        if view.rows > most:
            yield Rejected(family, f"{view.rows} rows: deep trees would be slow and large, boosting is stronger there")
        elif view.classes > CLASSES_FOR_FOREST:
            yield Rejected(family, f"{view.classes} classes make its leaves large")
        elif view.text_is_the_signal:
            yield Rejected(family, f"`{view.texts[0].name}` is text; a forest sees too few of its words at a time")
        else:
            kind = "thresholds drawn at random" if family == "extra_trees" else "trees grown on drawn rows"
            place = 4.0 if family == "extra_trees" else 5.5
            if view.classes > VERY_MANY_CLASSES and family == "extra_trees":
                place, kind = 1.25, f"one tree votes on all {view.classes} classes; {kind}"
            yield Proposed(
                place, family, RAW, (), f"{view.rows} rows are few enough; {kind}: its errors differ from boosting's"
            )


@rule("models/lightgbm-other-setting")
def another_setting_by_rows(view: ModelView) -> Iterator[Proposed]:
    """A second setting of boosting: few leaves for classes and for few rows, many leaves for values and many rows."""
    if view.classes >= MANY_CLASSES or view.entities is not None:
        return
    if view.classes > 1 and ROWS_FOR_MORE <= view.rows < ROWS_FOR_FOREST:
        plain = "every tree sees every column: where few act together, the careful defaults hide some of them from most trees"
        yield Proposed(3.1, "lightgbm", RAW, _fixed(PLAIN_TREES), plain)
    if view.rows < FEW_ROWS or (view.classes > 1 and view.rows < ROWS_FOR_FOREST):
        reason = f"{view.rows} rows: eight leaves a tree vary less than the defaults"
        yield Proposed(6.0, "lightgbm", RAW, _fixed(SHALLOW_TREES), reason)
    elif view.rows >= MANY_ROWS:
        reason = f"{view.rows} rows carry 255 leaves, where many small effects add up"
        yield Proposed(6.0, "lightgbm", view.newest, _fixed(LARGE_TREES), reason)
    else:
        reason = f"{view.rows} rows carry 84 leaves and half of the columns a tree"
        yield Proposed(6.0, "lightgbm", view.newest, _fixed(DEEP_TREES), reason)


@rule("models/knn")
def neighbours_for_few_rows(view: ModelView) -> Iterator[Proposed | Rejected]:
    """The average of similar rows: seldom the best alone, now and then a useful voice."""
    many = view.classes > VERY_MANY_CLASSES
    if view.rows > (ROWS_FOR_NEIGHBOURS_OF_MANY_CLASSES if many else ROWS_FOR_NEIGHBOURS):
        yield Rejected("knn", f"{view.rows} rows: trees and networks use them better")
    elif len(view.columns) > COLUMNS_FOR_NEIGHBOURS or view.texts:
        yield Rejected("knn", f"among {len(view.columns)} columns with text or many others, no two rows are near")
    else:
        yield Proposed(
            2.5 if many else 6.8,
            "knn",
            RAW,
            (),
            f"{view.rows} rows and {len(view.columns)} columns: near rows can be told",
        )


@rule("models/others")
def others_get_their_defaults(view: ModelView) -> Iterator[Proposed | Rejected]:
    """A family that no rule speaks of gets one try with its defaults; the baseline is scored anyway."""
    others = {"lightgbm", "xgboost", "catboost"} & set(view.ask.families)
    for family in view.ask.families:
        if family == "baseline":
            yield Rejected("baseline", "it is always scored, as the floor")
        elif family == "hist_gradient_boosting" and len(others) > 1:
            yield Rejected(family, f"grows what {' and '.join(sorted(others))} grow already")
        elif family not in SPOKEN_OF:
            yield Proposed(7.0, family, view.newest, (), "no rule speaks against it; its defaults get one try")


SPOKEN_OF = frozenset({"linear", "lightgbm", "catboost", "mlp", "xgboost", "extra_trees", "random_forest", "knn"})
MODEL_RULES: tuple[Rule[ModelView, Proposed | Rejected], ...] = (
    linear_is_the_floor,
    few_entities_ask_for_shrinkage,
    boosted_trees_are_the_anchor,
    certainty_is_all_that_is_left,
    symmetric_trees_are_the_second_pillar,
    a_second_member_on_new_features,
    networks_are_smooth,
    another_boosting_library,
    forests_differ,
    another_setting_by_rows,
    neighbours_for_few_rows,
    others_get_their_defaults,
)
