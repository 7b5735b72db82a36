"""Columns that could be made of others, as steps of the plan language: what discovery looks at.

The ideas are those that published feature generators live on (mljar's golden features, AutoGluon's arithmetic, category
and group features): ratios, differences and products of numbers, two categories as one, a number against its group, how
common a category is; and what no model family finds by itself: the first word or letters of a name, how often a name comes
back, how a text is written, the time between two dates, distances between places, how much of a row is missing. Names of
the made columns say what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from planfit.plans import FeaturePlan
from planfit.plans.resolve import resolve
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task
from planfit.runtime.compile import feature_steps

MOST_NUMBERS: Final = 10
"""Numbers that are paired; ten make 45 pairs."""
MOST_CATEGORIES: Final = 6
MOST_GROUPS: Final = 4
MOST_MEMBERS: Final = 6
"""Numbers that are held against each group."""
FEWEST_LEVELS, MOST_LEVELS = 3, 2_000
"""Levels of a category that make groups."""
MOST_CLASSES: Final = 3
"""Classes up to which crossed categories are looked at: their target means are a column a class."""
MANY_NAMES: Final = 10
"""Different names up to which a tree sees by itself which belong together."""
MOST_NAMES: Final = 4
"""Columns of names and texts that are looked into."""
MOST_DATES: Final = 3
ROWS_PER_WORD: Final = 5
"""Rows that a first word has on average, at the least, for a mean of the target to say something."""
COMES_BACK: Final = 0.95
"""Share of different values in a column of names up to which it tells something how often one occurs."""
FEWEST_GAPS: Final = 3
"""Columns with gaps from which their number in a row may say more than each."""
FIRST: Final = {"first word": r"^\s*([^\s,;:/|.\-]+)", "first letters": r"^\s*([^\W\d_]+)"}
"""What names begin with: a make, a street, a prefix of a ticket; the series that a code belongs to."""
LATITUDE: Final = frozenset({"lat", "latitude"})
LONGITUDE: Final = frozenset({"lon", "lng", "long", "longitude"})
SAME_RANKS: Final = 1_000
"""Rows by which two columns are told to be the same to a tree."""


@dataclass(frozen=True)
class Idea:
    """One column that could be made, by one step or two."""

    steps: tuple[dict[str, Any], ...]

    @property
    def operation(self) -> str:
        return str(self.steps[0]["operation"])

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.steps[0].get("columns") or (self.steps[0]["column"],))


def ideas(ranked: Sequence[Column], frame: pd.DataFrame, task: Task) -> list[Idea]:
    """Return what could be made.

    Parameters
    ----------
    ranked : sequence of Column
        The raw columns, those that a quick model leans on most first.
    frame : DataFrame
        Typed rows; only counts of zeros and means are taken from them.
    task : Task
    """
    numbers = [column.name for column in ranked if column.kind is Kind.NUMERIC and not column.group][:MOST_NUMBERS]
    categories = [column for column in ranked if column.kind in (Kind.CATEGORICAL, Kind.BOOLEAN)]
    groups = [column.name for column in categories if FEWEST_LEVELS <= (column.n_unique or 0) <= MOST_LEVELS]
    found = list(_of_numbers(numbers, frame))
    if len(task.classes) <= MOST_CLASSES:
        found += _crosses([column.name for column in categories][:MOST_CATEGORIES])
    found += _against_groups(numbers[:MOST_MEMBERS], groups[:MOST_GROUPS])
    found += [Idea(({"column": name, "operation": "count_encode", "into": f"how common {name}"},)) for name in groups]
    found += _names_and_texts(ranked, frame, task)
    found += _dates([column.name for column in ranked if column.kind is Kind.DATETIME][:MOST_DATES])
    found += _places([column.name for column in ranked if column.kind is Kind.NUMERIC and not column.group])
    found += _gaps(ranked, frame)
    return found


def _names_and_texts(ranked: Sequence[Column], frame: pd.DataFrame, task: Task) -> Iterator[Idea]:
    """Yield what the beginnings of names say, how often they come back, and how texts are written."""
    kinds = (Kind.CATEGORICAL, Kind.TEXT, Kind.IDENTIFIER)
    columns = [column for column in ranked if column.kind in kinds and not column.ordered and not column.group]
    for column in [column for column in columns if (column.n_unique or 0) > MANY_NAMES][:MOST_NAMES]:
        values = frame[column.name].dropna().astype(str)
        different = values.nunique()
        if len(task.classes) <= MOST_CLASSES:
            seen = {different}
            for words, pattern in FIRST.items():
                beginnings = values.str.extract(pattern, expand=False).nunique()
                if beginnings not in seen and FEWEST_LEVELS <= beginnings <= len(values) / ROWS_PER_WORD:
                    seen.add(beginnings)
                    made = f"{words} of {column.name}"
                    step = {"column": column.name, "operation": "extract_pattern", "pattern": pattern, "into": made}
                    yield Idea((step, {"column": made, "operation": "target_encode"}))
        if column.kind is not Kind.CATEGORICAL and different <= COMES_BACK * len(values):
            into = f"how common {column.name}"
            yield Idea(({"column": column.name, "operation": "count_encode", "into": into},))
        if column.kind is not Kind.CATEGORICAL:
            into = f"{column.name} as written"
            yield Idea(({"column": column.name, "operation": "text_statistics", "into": into},))


def _dates(names: Sequence[str]) -> Iterator[Idea]:
    for first, second in combinations(names, 2):
        into = f"days from {second} to {first}"
        yield Idea(({"columns": [second, first], "operation": "time_between", "into": into},))


def _places(names: Sequence[str]) -> Iterator[Idea]:
    """Yield distances between places, each a latitude and a longitude whose names say so."""
    pairs = _coordinates(names)
    for latitude, longitude in pairs:
        place = [latitude, longitude]
        near = f"{latitude} and {longitude}"
        yield Idea(({"columns": place, "operation": "geo_distance", "into": f"km from the middle of {near}"},))
        yield Idea(({"columns": place, "operation": "cluster_distance", "into": f"districts of {near}"},))
    for first, second in combinations(pairs, 2):
        into = f"km from {first[0]} to {second[0]}"
        yield Idea(({"columns": [*first, *second], "operation": "geo_distance", "into": into},))


def _coordinates(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of columns that are called latitude and longitude of the same place.

    >>> _coordinates(["dropoff_lng", "pickup_lat", "fare", "pickup_lng", "dropoff_lat"])
    [('pickup_lat', 'pickup_lng'), ('dropoff_lat', 'dropoff_lng')]
    """
    places: dict[tuple[str, ...], dict[str, str]] = {}
    for name in names:
        words = re.split(r"[\W_]+", name.lower())
        for kind, known in (("latitude", LATITUDE), ("longitude", LONGITUDE)):
            if known & set(words):
                rest = tuple(word for word in words if word not in known)
                places.setdefault(rest, {}).setdefault(kind, name)
    both = {rest: place for rest, place in places.items() if len(place) == 2}
    found = [(place["latitude"], place["longitude"]) for place in both.values()]
    return sorted(found, key=lambda pair: names.index(pair[0]))


def _gaps(ranked: Sequence[Column], frame: pd.DataFrame) -> Iterator[Idea]:
    kinds = (Kind.NUMERIC, Kind.BOOLEAN)
    names = [column.name for column in ranked if column.kind in kinds and frame[column.name].isna().any()]
    if len(names) >= FEWEST_GAPS:
        step = {"columns": names, "operation": "row_statistics", "statistics": ["missing"], "into": "gaps"}
        yield Idea((step,))


def _of_numbers(names: Sequence[str], frame: pd.DataFrame) -> Iterator[Idea]:
    zeros = {name: int((frame[name] == 0).sum()) for name in names}
    means = {name: float(np.nan_to_num(frame[name].abs().mean())) for name in names}
    for first, second in combinations(names, 2):
        # one of the two ratios says it all to a tree: the one that is defined, then the one above 1
        upper, lower = sorted((first, second), key=lambda name: (-zeros[name], -means[name]))
        yield Idea(({"columns": [upper, lower], "operation": "ratio", "into": f"{upper} per {lower}"},))
        yield Idea(({"columns": [first, second], "operation": "difference", "into": f"{first} minus {second}"},))
        yield Idea(
            (
                {
                    "columns": [first, second],
                    "operation": "polynomial_features",
                    "interaction_only": True,
                    "into": f"{first} times {second}",
                },
            )
        )


def _crosses(names: Sequence[str]) -> Iterator[Idea]:
    for first, second in combinations(names, 2):
        made = f"{first} & {second}"
        yield Idea(
            (
                {"columns": [first, second], "operation": "cross", "into": made},
                {"column": made, "operation": "target_encode"},
            )
        )


def _against_groups(numbers: Sequence[str], groups: Sequence[str]) -> Iterator[Idea]:
    said = {"difference": "above the mean of its", "ratio": "over the mean of its"}
    for group in groups:
        for number in numbers:
            for compare, words in said.items():
                step = {"columns": [number, group], "operation": "group_aggregate", "compare": compare}
                yield Idea((step | {"into": f"{number} {words} {group}"},))


def made_columns(
    idea: Idea, schema: Schema, task: Task, train: pd.DataFrame, y: pd.Series, apply: pd.DataFrame, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what an idea makes of training rows (cross-fitted, where it looks at the target) and of other rows."""
    hidden = task.split.column
    needed = [name for name in train.columns if name in idea.columns or name == hidden]
    resolved = resolve(FeaturePlan.model_validate({"transformations": list(idea.steps)}), schema, task)
    train, apply = train[needed], apply[needed]
    made: list[str] = []
    for _, step in feature_steps(resolved, task, seed):
        train, apply = step.fit_transform(train, y), step.transform(apply)
        made = step.columns_made_
    return train[made], apply[made]


def same_to_a_tree(values: np.ndarray[Any, Any]) -> bytes | None:
    """Return what two columns share that stand in the same or the opposite order; None for a constant."""
    some = pd.Series(values[:SAME_RANKS])
    ranks = some.rank(method="dense", na_option="keep").to_numpy()
    top = np.nanmax(ranks) if np.isfinite(ranks).any() else 0
    if top <= 1 and not np.isnan(ranks).any():
        return None
    first = ranks[np.isfinite(ranks)][:1]
    turned = top + 1 - ranks
    chosen = min(ranks.tobytes(), turned.tobytes()) if len(first) else ranks.tobytes()
    return bytes(np.nan_to_num(np.frombuffer(chosen), nan=-1.0).astype(np.int32).tobytes())
