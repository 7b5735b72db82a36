"""The expert's ModelPlan: which families, in which settings, on which feature set, and why not the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from planfit.planners.base import Ask
from planfit.planners.expert.rules import Rule, rule
from planfit.records.schema import Column, Kind
from planfit.records.scores import CandidateResult, CandidateSpec

RAW = "v0"
ROWS_FOR_LINEAR = 100_000
ROWS_FOR_FOREST = 50_000
CLASSES_FOR_FOREST = 30
MANY_CLASSES = 5
"""Classes from which a round of boosting, with its tree a class, is dear."""
FEW_ROWS = 2_000
MANY_ROWS = 500_000
WORDS_OF_A_TEXT = 4.0
FEW_OTHER_COLUMNS = 5
"""Beside so few other columns, a text column is the signal."""
SECONDS_PER_CELL = 2.5e-5
"""Of one boosted candidate over all folds, on two cores; a guess that only orders the work."""
LAST_OF_THE_FIRST = 4.0
"""Place in the portfolio up to which candidates are scored before any features are made."""
GENEROUS = 6
"""Candidates left from which the first batch may hold a forest too."""
FEW_ENTITIES = 200
"""Groups below which a model rather learns them by heart than what holds for others."""
DRAWN = (5.0, 1.0)
"""Penalties on standardised columns, in numbers of rows: at 1 a coefficient is half of what it would be without."""
STRONGEST = {"C": 1e-4, "alpha": 1e8}
"""Bounds of the linear family's penalties."""
JsonDict = dict[str, Any]

WIDE_TREES: JsonDict = {
    "extra_trees": True, "num_leaves": 64, "feature_fraction": 0.55, "bagging_fraction": 0.99, "lambda_l1": 0.91, "lambda_l2": 1.9,
    "min_data_in_leaf": 28,
}  # fmt: skip
DEEP_TREES: JsonDict = {
    "extra_trees": False, "num_leaves": 84, "feature_fraction": 0.53, "bagging_fraction": 0.98, "lambda_l1": 0.03, "lambda_l2": 0.84,
    "min_data_in_leaf": 3,
}  # fmt: skip
SHALLOW_TREES: JsonDict = {
    "extra_trees": True, "num_leaves": 8, "feature_fraction": 0.42, "bagging_fraction": 0.72, "min_data_in_leaf": 15,
}  # fmt: skip
STUMPY_TREES: JsonDict = {
    "extra_trees": True, "num_leaves": 4, "feature_fraction": 0.5, "bagging_fraction": 0.7, "lambda_l2": 20.0, "learning_rate": 0.03,
}  # fmt: skip
"""So little freedom that few entities are not learned by heart."""
SETTINGS: tuple[JsonDict, ...] = (WIDE_TREES, DEEP_TREES, SHALLOW_TREES, STUMPY_TREES)
"""LightGBM settings beside the family's own defaults, from published portfolios (see the recipe in the docs)."""


@dataclass(frozen=True)
class ModelView:
    """What the model rules look at."""

    ask: Ask
    columns: tuple[Column, ...]
    classes: int
    """1 for regression and 2 for binary tasks."""

    @property
    def rows(self) -> int:
        return self.ask.profile.rows

    @property
    def entities(self) -> int | None:
        """How many groups there are where rows are divided by group and groups are few, else None."""
        task = self.ask.task
        if task is None or task.split.kind != "group" or task.split.column not in self.ask.profile.names:
            return None
        count = self.ask.profile.of(task.split.column).n_unique
        return count if count < FEW_ENTITIES else None

    @property
    def newest(self) -> str:
        """The newest adopted feature set."""
        return self.ask.feature_sets[-1][0] if self.ask.feature_sets else RAW

    @property
    def texts(self) -> list[Column]:
        return [column for column in self.columns if column.kind is Kind.TEXT]

    @property
    def text_is_the_signal(self) -> bool:
        """Whether a text of several words stands beside few other columns."""
        words = [self.ask.profile.of(column.name).mean_words or 0.0 for column in self.texts]
        return bool(words) and max(words) >= WORDS_OF_A_TEXT and len(self.columns) - len(words) <= FEW_OTHER_COLUMNS

    def legal(self, family: str) -> bool:
        return family in self.ask.families


@dataclass(frozen=True)
class Proposed:
    """One candidate that a rule wants tried; the smaller `place`, the earlier."""

    place: float
    family: str
    features: str
    params: tuple[tuple[str, Any], ...]
    reason: str

    @property
    def settings(self) -> JsonDict:
        return dict(self.params)


@dataclass(frozen=True)
class Rejected:
    """A family that a rule advises against."""

    family: str
    reason: str


def model_plan(ask: Ask) -> JsonDict:
    """Return a ModelPlan document: the next candidates of the portfolio that were not tried yet."""
    view = view_of(ask)
    wanted, rejected = portfolio(view)
    batch = next_batch(view, wanted)
    if not batch:
        # asked for a plan, the expert must name something: the strongest setting on the newest columns
        batch = wanted[:1]
    named = {entry.family for entry in wanted}
    shape = f"{view.rows} rows, {len(view.columns)} columns" + (f", {view.classes} classes" if view.classes > 2 else "")
    tried = len([result for result in ask.leaderboard if is_single(result.spec)])
    return {
        "candidates": [
            {"family": entry.family, "params": entry.settings, "features": entry.features, "reason": entry.reason}
            for entry in batch
        ],
        "rejected": [
            {"family": entry.family, "reason": entry.reason} for entry in rejected if entry.family not in named
        ],
        "rationale": f"{shape}: {len(batch)} of {len(wanted)} settings of the portfolio come next, {tried} scored before.",
    }


def view_of(ask: Ask) -> ModelView:
    """Return what the model rules look at."""
    out = {entry.name for entry in ask.task.excluded} | {ask.task.target} if ask.task is not None else set()
    raw = tuple(column for column in ask.profile.columns if column.name not in out)
    classes = 1
    if ask.task is not None and ask.task.is_classification:
        classes = max(2, len(ask.task.classes))
    return ModelView(ask, raw, classes)


def portfolio(view: ModelView) -> tuple[list[Proposed], list[Rejected]]:
    """Return what is worth trying, in order, and what is not."""
    said = [entry for each in MODEL_RULES for entry in each(view)]
    wanted = sorted((entry for entry in said if isinstance(entry, Proposed)), key=lambda entry: entry.place)
    wanted = [entry for entry in wanted if view.legal(entry.family)]
    rejected = [entry for entry in said if isinstance(entry, Rejected) and view.legal(entry.family)]
    if not wanted:
        # the user allows only what the rules would leave out: better than nothing
        only = [family for family in view.ask.families if family != "baseline"]
        wanted = [
            Proposed(place, family, RAW, (), "the only kind of family that is allowed here")
            for place, family in enumerate(only)
        ]
    return wanted, rejected


def untried(view: ModelView, wanted: list[Proposed]) -> list[Proposed]:
    """Return what neither the leaderboard nor the failures hold."""
    known = [result.spec for result in view.ask.leaderboard] + [failure.spec for failure in view.ask.failures]
    known = [spec for spec in known if spec.origin not in ("baseline", "ensemble", "tuning", "probe")]
    return [entry for entry in wanted if not any(_same(entry, spec) for spec in known)]


def next_batch(view: ModelView, wanted: list[Proposed]) -> list[Proposed]:
    """Return what comes next: at first two or three on the raw columns, later the rest, as the budget allows."""
    left = untried(view, wanted)
    room = affordable(view)
    if any(is_single(result.spec) for result in view.ask.leaderboard):
        return left[:room]
    most = 3 if view.ask.budget.candidates is None or view.ask.budget.candidates >= GENEROUS else 2
    first = [entry for entry in left if entry.features == RAW and entry.place <= LAST_OF_THE_FIRST][:most]
    first = first or left[:1]
    if room < len(first) and not view.text_is_the_signal:
        # one model alone: trees take everything as it is
        first.sort(key=lambda entry: entry.family != "lightgbm")
    return first[:room]


def affordable(view: ModelView) -> int:
    """Return how many candidates the budget still has room for."""
    room = 100 if view.ask.budget.candidates is None else view.ask.budget.candidates
    if view.ask.budget.seconds is not None:
        room = min(room, max(1, int(view.ask.budget.seconds / seconds_of_one(view))))
    return room


def seconds_of_one(view: ModelView) -> float:
    """Return the seconds of one candidate: as measured on this table, else by its cells."""
    measured = [
        result.seconds for result in view.ask.leaderboard if result.spec.family == "lightgbm" and result.seconds > 0
    ]
    if measured:
        return max(0.5, max(measured))
    cells = view.rows * max(1, len(view.columns)) * (view.classes if view.classes > 2 else 1)
    return 1.0 + SECONDS_PER_CELL * cells


def is_single(spec: CandidateSpec) -> bool:
    """Say whether a candidate is a model of its own, neither baseline nor ensemble."""
    return spec.origin not in ("baseline", "ensemble")


def scored(ask: Ask) -> list[CandidateResult]:
    """Return the single models of the leaderboard, best first."""
    return [result for result in ask.leaderboard if is_single(result.spec)]


def _same(entry: Proposed, spec: CandidateSpec) -> bool:
    if entry.family != spec.family or entry.features != spec.features:
        return False
    if entry.params:
        return all(spec.params.get(name) == value for name, value in entry.params)
    # the family's defaults: whatever is none of the named settings
    return not any(all(spec.params.get(name) == value for name, value in other.items()) for other in SETTINGS)


def _fixed(settings: JsonDict) -> tuple[tuple[str, Any], ...]:
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
    yield Proposed(1.0, "linear", RAW, (), reason)


@rule("models/few-entities")
def few_entities_ask_for_shrinkage(view: ModelView) -> Iterator[Proposed]:
    """Where rows repeat few entities, only shrunken models hold for new ones; penalties chosen on rows are too weak."""
    if view.entities is None:
        return
    each = view.rows / view.entities
    seen = f"{view.entities} entities of {each:.0f} rows each are {view.entities} examples rather than {view.rows}"
    for place, drawn in zip((0.5, 1.2), DRAWN, strict=True):
        said = f"{seen}: coefficients are drawn to zero as by {drawn:g} times as many rows"
        yield Proposed(place, "linear", RAW, _fixed(_penalty(view, drawn)), said)
    small: JsonDict = {"min_data_in_leaf": int(min(10_000, max(20, 2 * each)))}
    reason = f"{seen}: four leaves a tree, each of two entities or more"
    yield Proposed(1.5, "lightgbm", RAW, _fixed(STUMPY_TREES | small), reason)


def _penalty(view: ModelView, drawn: float) -> JsonDict:
    if view.classes == 1:
        return {"alpha": min(STRONGEST["alpha"], float(round(drawn * view.rows, 3)))}
    # a row weighs a quarter at the most in the curvature of the log loss
    return {"C": max(STRONGEST["C"], float(f"{4.0 / (drawn * view.rows):.3g}"))}


@rule("models/lightgbm")
def boosted_trees_are_the_anchor(view: ModelView) -> Iterator[Proposed]:
    """Boosted trees with random splits take numbers, categories and gaps as they are and win on most tables."""
    gaps = sum(1 for column in view.columns if column.missing)
    levels = sum(1 for column in view.columns if column.kind is Kind.CATEGORICAL)
    reason = f"{view.rows} rows; takes {levels} categorical columns and {gaps} with gaps as they are; tuned defaults"
    yield Proposed(2.0, "lightgbm", RAW, (), reason)


@rule("models/lightgbm-on-features")
def a_second_member_on_new_features(view: ModelView) -> Iterator[Proposed]:
    """New features earn their place as a second member: the first on raw columns, this one on them."""
    if view.newest == RAW:
        return
    if view.classes >= MANY_CLASSES:
        reason = f"{view.classes} classes make every round dear: the family's own small trees, on {view.newest}"
        yield Proposed(3.0, "lightgbm", view.newest, (), reason)
    else:
        reason = (
            f"more leaves and more shrinkage for the wider table {view.newest}; other errors than on the raw columns"
        )
        yield Proposed(3.0, "lightgbm", view.newest, _fixed(WIDE_TREES), reason)
    if view.rows <= ROWS_FOR_LINEAR or view.texts:
        reason = f"a linear model sees products and ratios only where {view.newest} spells them out"
        yield Proposed(5.0, "linear", view.newest, (), reason)


@rule("models/random-forest")
def forests_differ(view: ModelView) -> Iterator[Proposed | Rejected]:
    """A forest averages deep trees that were grown apart: other errors than boosting makes, useful in an ensemble."""
    if view.rows > ROWS_FOR_FOREST:
        yield Rejected(
            "random_forest", f"{view.rows} rows: deep trees would be slow and large, boosting is stronger there"
        )
    elif view.classes > CLASSES_FOR_FOREST:
        yield Rejected("random_forest", f"{view.classes} classes make its leaves large")
    elif view.text_is_the_signal:
        yield Rejected("random_forest", f"`{view.texts[0].name}` is text; a forest sees too few of its words at a time")
    else:
        yield Proposed(
            4.0, "random_forest", RAW, (), f"{view.rows} rows are few enough; its errors differ from boosting's"
        )


@rule("models/lightgbm-other-setting")
def another_setting_by_rows(view: ModelView) -> Iterator[Proposed]:
    """A second setting of boosting: few leaves for few rows, many leaves without random splits for more."""
    if view.classes >= MANY_CLASSES or view.entities is not None:
        return
    if view.rows < FEW_ROWS:
        reason = f"{view.rows} rows: eight leaves a tree vary less than the defaults"
        yield Proposed(6.0, "lightgbm", RAW, _fixed(SHALLOW_TREES), reason)
    elif view.rows <= MANY_ROWS:
        reason = f"{view.rows} rows carry 84 leaves and exact splits, where the defaults split at random"
        yield Proposed(6.0, "lightgbm", view.newest, _fixed(DEEP_TREES), reason)


@rule("models/others")
def others_get_their_defaults(view: ModelView) -> Iterator[Proposed | Rejected]:
    """A family that no rule speaks of gets one try with its defaults; the baseline is scored anyway."""
    for family in view.ask.families:
        if family == "baseline":
            yield Rejected("baseline", "it is always scored, as the floor")
        elif family not in ("linear", "lightgbm", "random_forest"):
            yield Proposed(7.0, family, view.newest, (), "no rule speaks against it; its defaults get one try")


MODEL_RULES: tuple[Rule[ModelView, Proposed | Rejected], ...] = (
    linear_is_the_floor,
    few_entities_ask_for_shrinkage,
    boosted_trees_are_the_anchor,
    a_second_member_on_new_features,
    forests_differ,
    another_setting_by_rows,
    others_get_their_defaults,
)
