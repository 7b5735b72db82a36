"""Every operation of the catalogue keeps the one contract."""

from __future__ import annotations

import pytest

from planfit.operations.registry import OPERATIONS
from planfit.testing.operations import checks_for

REQUIRED = {"mark_missing": {"values": [-1.0, 31.0, "paris"]}}
"""Parameters that have no default."""


def required(operation):
    return REQUIRED.get(str(operation.model_fields["operation"].default), {})


@pytest.mark.parametrize(
    "check", [check for operation in OPERATIONS for check in checks_for(operation, **required(operation))], ids=str
)
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
    ],
    ids=lambda check: f"{check}-{check.case.parameters}",
)
@pytest.mark.filterwarnings("error")
def test_parameters_keep_the_contract(check):
    check()
