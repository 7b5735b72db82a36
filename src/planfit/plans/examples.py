"""A step for each operation that runs as it stands on a small table: what `planfit operations NAME` and the docs show.

Made from the catalogue, so that a new operation has its example without anyone writing one: columns by the kinds that it
takes, parameters without a default from the ``examples`` of their fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

from planfit.operations.base import Arity, Operation
from planfit.plans.features import SHARED, catalogue
from planfit.records.schema import Column, Kind

_OF_THE_SAMPLE: Final = {
    "age": Kind.NUMERIC,
    "income": Kind.NUMERIC,
    "debt": Kind.NUMERIC,
    "latitude": Kind.NUMERIC,
    "longitude": Kind.NUMERIC,
    "shop_latitude": Kind.NUMERIC,
    "shop_longitude": Kind.NUMERIC,
    "city": Kind.CATEGORICAL,
    "tariff": Kind.CATEGORICAL,
    "postcode": Kind.CATEGORICAL,
    "budget": Kind.TEXT,
    "member": Kind.BOOLEAN,
    "joined": Kind.DATETIME,
    "seen": Kind.DATETIME,
    "note": Kind.TEXT,
}
SAMPLE_COLUMNS: Final = tuple(Column(name=name, kind=kind, sources=(name,)) for name, kind in _OF_THE_SAMPLE.items())
"""Of the table that examples are about: customers of a shop, of whom some are ``churned``. `testing.customers` makes it."""

_PREFERRED: Final[dict[str, tuple[str, ...]]] = {
    "log1p": ("income",),
    "clip": ("income",),
    "quantile_transform": ("income",),
    "power_transform": ("income",),
    "robust_scale": ("income",),
    "parse_number": ("budget",),
    "to_number": ("postcode",),
    "ratio": ("debt", "income"),
    "difference": ("income", "debt"),
    "geo_distance": ("latitude", "longitude", "shop_latitude", "shop_longitude"),
    "cluster_distance": ("latitude", "longitude"),
    "cyclical_encode": ("joined",),
    "time_between": ("joined", "seen"),
    "group_aggregate": ("income", "tariff"),
    "group_rare": ("city",),
    "text_statistics": ("note",),
    "tfidf": ("note",),
    "string_encode": ("note",),
    "extract_pattern": ("note",),
    "split_text": ("tariff",),
    "map_values": ("tariff",),
    "mark_missing": ("debt",),
    "bin": ("age",),
    "round": ("income",),
    "drop": ("note",),
}
"""Where one column says more about an operation than another that it takes as well."""
_GIVEN: Final[dict[str, dict[str, Any]]] = {
    "mark_missing": {"values": [-1]},
    "map_values": {"mapping": {"A 10": 10, "B 20": 20, "C 30": 30}},
    "extract_pattern": {"pattern": "paid ([0-9]+) euro"},
    "split_text": {"separator": " "},
    "expression": {"expression": "debt / income"},
}
"""For parameters without a default whose field has no ``examples``."""
_FEW: Final = 3
"""Columns of an example where any number is taken together."""


def example_step(name: str) -> dict[str, Any]:
    """Return a step that runs on the sample table.

    Parameters
    ----------
    name : str
        Of an operation.

    Examples
    --------
    >>> example_step("ratio")
    {'columns': ['debt', 'income'], 'operation': 'ratio'}
    """
    operation = catalogue()[name]
    columns = _columns(name, operation)
    named: dict[str, Any] = {"column": columns[0]} if len(columns) == 1 else {"columns": columns} if columns else {}
    return {**named, "operation": name, **_needed(name, operation)}


def example_plan(names: Iterable[str]) -> dict[str, Any]:
    """Return a plan of one example step for each operation, as a document.

    Parameters
    ----------
    names : iterable of str
    """
    return {"transformations": [example_step(name) for name in names]}


def _columns(name: str, operation: type[Operation]) -> list[str]:
    if operation.fewest_columns == 0:
        return []
    wanted = operation.fewest_columns
    if operation.arity is Arity.JOINT and wanted == 1 and operation.most_columns != 1 and name not in ("drop", "keep"):
        wanted = _FEW
    taken = [column.name for column in SAMPLE_COLUMNS if column.kind in operation.accepts]
    preferred = [column for column in _PREFERRED.get(name, ()) if column in taken]
    return preferred if len(preferred) >= wanted else taken[:wanted]


def _needed(name: str, operation: type[Operation]) -> dict[str, Any]:
    made: dict[str, Any] = {}  # copies, which readers may change
    for field_name, field in operation.model_fields.items():
        key = field.alias or field_name
        examples = field.examples or ()
        if key not in SHARED and (examples or field.is_required()):
            made[key] = deepcopy(examples[0] if examples else _GIVEN.get(name, {}).get(key))
    return made | ({"into": "made"} if operation.fewest_columns == 0 else {})
