"""Every operation of the catalogue keeps the one contract."""

from __future__ import annotations

import pytest

from planfit.operations.registry import OPERATIONS
from planfit.testing.cases import differ_after_reload
from planfit.testing.frames import messy
from planfit.testing.operations import checks_for


@pytest.mark.parametrize("check", [check for operation in OPERATIONS for check in checks_for(operation)], ids=str)
@pytest.mark.filterwarnings("error")
def test_operations_keep_the_contract(check):
    check()


VARIANTS = {
    "one_hot_encode": [{"min_frequency": 3}, {"max_categories": 3}, {"drop": "if_binary"}],
    "ordinal_encode": [{"unknown": -1}, {"min_frequency": 2}],
    "target_encode": [{"smooth": 10.0, "cv": 3}],
    "polynomial_features": [{"degree": 3}, {"interaction_only": True}],
    "datetime_parts": [{"parts": ["quarter", "dayofyear", "minute", "days"]}],
    "tfidf": [{"n_components": 2}, {"analyzer": "char_wb", "min_df": 1}],
    "mark_missing": [{"values": ["999"]}, {"values": [0]}],
    "clip": [{"lower": 0.0}, {"lower": -1.0, "upper": 1.0}],
    "quantile_transform": [{"output_distribution": "uniform", "n_quantiles": 10}],
    "count_encode": [{"normalize": False}],
    "group_rare": [{"min_frequency": 5}],
    "cyclical_encode": [{"period": 24.0, "parts": ["dayofyear", "hour"]}],
    "group_aggregate": [{"statistic": "std", "compare": "ratio"}, {"statistic": "median", "compare": "none"}],
    "min_max_scale": [{"feature_range": [-1.0, 1.0], "clip": True}],
    "robust_scale": [{"quantile_range": [10.0, 90.0]}],
    "power_transform": [{"standardize": False}],
    "impute_constant": [{"fill_value": 7.5}],
    "impute_knn": [{"weights": "distance", "n_neighbors": 1, "max_rows": 10}],
    "impute_iterative": [{"n_nearest_features": 2, "max_iter": 3}],
    "map_values": [
        {"mapping": {"rome": "south", "true": 1.0}, "default": "keep"},
        {"mapping": {"rome": 1.0}, "default": "keep"},
    ],
    "hash_encode": [{"n_features": 3}],
    "bin": [{"strategy": "uniform"}, {"strategy": "kmeans", "encode": "ordinal"}, {"edges": [18.0, 65.0]}],
    "round": [{"decimals": -2}, {"decimals": 12}],
    "interactions": [{"degree": 3}],
    "parse_number": [{"decimal": ",", "magnitudes": False}],
    "time_since": [{"reference": "2001-01-01T00:00:00+01:00", "unit": "years"}],
    "time_between": [{"unit": "hours"}],
    "extract_pattern": [
        {"pattern": "[0-9]+", "output": "number"},
        {"pattern": "LATE", "output": "boolean", "ignore_case": True},
    ],
    "split_text": [{"separator": "-", "parts": 3, "from_end": True}],
    "row_statistics": [{"statistics": ["sum", "median", "range", "zeros"]}],
    "geo_distance": [{"to": [48.1, 11.6]}],
    "cluster_distance": [{"n_clusters": 3, "max_rows": 100}],
    "pca": [{"n_components": 0.9}, {"n_components": 2, "whiten": True, "scale": False}],
    "truncated_svd": [{"n_components": 2}],
    "select_k_best": [{"k": 2, "score_func": "mutual_info"}],
    "select_by_model": [{"model": "linear"}, {"max_features": 1, "threshold": "median"}],
    "drop_correlated": [{"threshold": 0.1, "method": "spearman"}],
    "standard_scale": [{"with_mean": False}, {"with_std": False}],
}


@pytest.mark.parametrize(
    "check",
    [
        check
        for operation in OPERATIONS
        for parameters in VARIANTS.get(str(operation.model_fields["operation"].default), [])
        for check in checks_for(operation, **parameters)
        if check.about.__name__ in ("check_sample", "check_names", "check_arrays", "check_document")
        and dict(check.keywords).get("name") not in ("grouped", "timed", "constant")
    ],
    ids=lambda check: f"{check}-{check.case.parameters}",
)
@pytest.mark.filterwarnings("error")
def test_parameters_keep_the_contract(check):
    check()


def test_fitted_steps_give_the_same_in_a_fresh_process(tmp_path):
    assert differ_after_reload(OPERATIONS, messy("multiclass"), tmp_path) == []
