"""Each operation that claims to convert to ONNX does, and gives the same numbers there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planfit.operations.registry import OPERATIONS, name_of
from planfit.operations.step import PlanStep
from planfit.records.schema import Column, Kind

pytest.importorskip("skl2onnx")
pytest.importorskip("onnxruntime")
from planfit.testing.onnx import assert_onnx_agrees, onnx_output

CLAIMED = [operation for operation in OPERATIONS if operation.exports_onnx]
VARIANTS = {
    "standard_scale": [{"with_mean": False}, {"with_std": False}],
    "min_max_scale": [{"feature_range": (-1.0, 1.0), "clip": True}],
    "robust_scale": [{"quantile_range": (10.0, 90.0)}],
}
NAMES = ("age", "debt", "flat", "gone")


def rows(seed: int, n: int = 200) -> pd.DataFrame:
    """Return numbers with gaps, a constant column and one without any value."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 12, n),
            "debt": rng.lognormal(3, 1, n),
            "flat": np.full(n, 7.0),
            "gone": np.full(n, np.nan),
        }
    )
    return frame.mask(rng.random(frame.shape) < 0.1)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [(operation, more) for operation in CLAIMED for more in [{}, *VARIANTS.get(name_of(operation), [])]],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_what_claims_onnx_converts_and_agrees(operation, parameters):
    inputs = tuple(Column(name=name, kind=Kind.NUMERIC) for name in NAMES)
    step = PlanStep(operation(columns=NAMES, **parameters), inputs).fit(rows(0))
    assert_onnx_agrees(step, rows(1))


def test_some_operations_claim_it():
    assert {"standard_scale", "impute_median"} <= {name_of(operation) for operation in CLAIMED}


def test_what_is_no_scikit_learn_class_does_not_convert():
    from planfit.operations.simple import SignedLog

    with pytest.raises(AssertionError, match="stands on nothing"):
        onnx_output(SignedLog(), np.zeros((2, 2)))


def test_a_difference_is_seen():
    inputs = (Column(name="age", kind=Kind.NUMERIC),)
    (scaler,) = [operation for operation in CLAIMED if name_of(operation) == "standard_scale"]
    step = PlanStep(scaler(column="age"), inputs).fit(rows(0))

    class Off(type(step.fitted_["number"])):
        def transform(self, X):
            return super().transform(X) + 0.01

    step.fitted_["number"].__class__ = Off
    with pytest.raises(AssertionError):
        assert_onnx_agrees(step, rows(1))
