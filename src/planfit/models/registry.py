"""The model families by name. A table to be read; each family is loaded on first use."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

from planfit.errors import UsageError
from planfit.models.base import Family

ENTRY_POINTS: Final = "planfit.models"
"""Group of entry points by which other packages add families; each names a `Family` class."""

FAMILIES: Final[dict[str, str]] = {
    "baseline": "planfit.models.baseline:Baseline",
    "linear": "planfit.models.linear:Linear",
    "lightgbm": "planfit.models.lightgbm:LightGBM",
    "random_forest": "planfit.models.forests:RandomForest",
    "extra_trees": "planfit.models.forests:ExtraTrees",
    "knn": "planfit.models.knn:Neighbours",
    "hist_gradient_boosting": "planfit.models.hist_gradient_boosting:HistGradientBoosting",
    "xgboost": "planfit.models.xgboost:XGBoost",
    "catboost": "planfit.models.catboost:CatBoost",
    "mlp": "planfit.models.mlp:MLP",
}
"""Where each family is defined. To add one, append a line; its estimator is imported only when it is built."""


@cache
def families() -> dict[str, Family]:
    """Return all families by name, those of other packages last."""
    found = {name: _load(path) for name, path in FAMILIES.items()}
    for entry in entry_points(group=ENTRY_POINTS):
        family = entry.load()()
        found.setdefault(family.name, family)
    return found


def family_named(name: str) -> Family:
    """Return the family called `name`; `UsageError` where there is none."""
    known = families()
    if name not in known:
        raise UsageError(f"There is no model family {name!r}.", hint=f"Known: {', '.join(known)}.")
    return known[name]


def _load(path: str) -> Family:
    module, name = path.split(":")
    family: Family = getattr(import_module(module), name)()
    return family
