"""The catalogue, and what joins it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from planfit.errors import UsageError
from planfit.operations import registry
from planfit.operations.base import SELECTORS, Operation
from planfit.operations.scaling import StandardScale
from planfit.records.schema import Kind

NAMES = [
    "impute_mean",
    "impute_median",
    "impute_most_frequent",
    "impute_constant",
    "impute_knn",
    "impute_iterative",
    "missing_indicator",
    "standard_scale",
    "min_max_scale",
    "robust_scale",
    "quantile_transform",
    "power_transform",
    "log1p",
    "clip",
    "one_hot_encode",
    "ordinal_encode",
    "target_encode",
    "count_encode",
    "hash_encode",
    "group_rare",
    "cross",
    "map_values",
    "polynomial_features",
    "interactions",
    "bin",
    "round",
    "ratio",
    "difference",
    "parse_number",
    "datetime_parts",
    "cyclical_encode",
    "time_since",
    "time_between",
    "tfidf",
    "text_statistics",
    "string_encode",
    "extract_pattern",
    "split_text",
    "group_aggregate",
    "row_statistics",
    "geo_distance",
    "cluster_distance",
    "pca",
    "truncated_svd",
    "select_k_best",
    "select_by_model",
    "drop_correlated",
    "drop",
    "keep",
    "expression",
]
"""What the plan language promises; more may be there."""


def test_names_are_the_contract():
    assert set(NAMES) <= set(registry.operations())


def test_selectors_select_kinds():
    assert SELECTORS["@numeric"] == {Kind.NUMERIC}
    assert Kind.IDENTIFIER not in SELECTORS["@all"]


class Point:
    value = "somewhere:Thing"

    def __init__(self, thing):
        self.load = lambda: thing


@pytest.fixture
def plugged(monkeypatch):
    def plug(thing):
        monkeypatch.setattr(registry, "entry_points", lambda group: [Point(thing)])
        registry.operations.cache_clear()
        return registry.operations()

    yield plug
    registry.operations.cache_clear()


def test_a_plug_in_joins_the_same_table(plugged):
    class Round(StandardScale):
        operation: str = "round_off"

    assert plugged(Round)["round_off"] is Round


@pytest.mark.parametrize(("thing", "sentence"), [(StandardScale, "is taken"), (int, "not an Operation")])
def test_a_wrong_plug_in_is_named(plugged, thing, sentence):
    with pytest.raises(UsageError, match=sentence):
        plugged(thing)


def test_the_catalogue_is_read_without_libraries_of_data():
    code = (
        "import sys, planfit.operations.registry as r; [t.model_json_schema() for t in r.OPERATIONS];"
        "print(sorted({'pandas', 'polars', 'sklearn', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_parameters_are_those_of_the_operation_alone():
    operation = StandardScale(column="age", with_mean=False, reason="because")
    assert operation.parameters() == {"with_mean": False, "with_std": True}
    assert operation.describe() == "standard_scale(with_mean=False)"
    assert Operation.model_fields["columns"].description
