"""What a fitted step gives after conversion to ONNX: the measure of an operation's claim `exports_onnx`.

Needs skl2onnx and onnxruntime: ``pip install 'planfit[onnx]'``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from planfit.operations.columns import NUMBER, matrix_of
from planfit.operations.step import PlanStep

RELATIVE: Final = 1e-4
ABSOLUTE: Final = 1e-5
"""ONNX works in single precision here."""


def assert_onnx_agrees(step: PlanStep, frame: pd.DataFrame) -> None:
    """Convert each transformer inside of a fitted step, and compare what both make of `frame`.

    Parameters
    ----------
    step : PlanStep
        Fitted. One without transformers, such as ``drop``, only chooses columns, which ONNX does by its inputs.
    frame : DataFrame
        Rows to transform.

    Raises
    ------
    AssertionError
        The two differ, or a part is not made of numbers.
    """
    for part in step.parts_:
        assert part.storage == NUMBER, f"{part.key} takes {part.storage}s, and only numbers are compared"
        matrix = matrix_of([frame[name].to_numpy() for name in part.reads], part.storage)
        expected = np.asarray(step.fitted_[part.key].transform(matrix), dtype=np.float64)
        found = onnx_output(step.fitted_[part.key], matrix)
        np.testing.assert_allclose(found, expected, RELATIVE, ABSOLUTE, err_msg=f"{step!r}, {part.key}")


def onnx_output(transformer: Any, matrix: np.ndarray) -> np.ndarray:
    """Return what a transformer makes of numbers after conversion.

    Parameters
    ----------
    transformer : fitted transformer
        A class of scikit-learn's, or a subclass that only learns otherwise: it is converted as its base.
    matrix : ndarray
    """
    import onnxruntime
    from skl2onnx import to_onnx

    _know(type(transformer))
    numbers = np.ascontiguousarray(matrix, dtype=np.float32)
    model = to_onnx(transformer, numbers[:1])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    out = session.run(None, {session.get_inputs()[0].name: numbers})[0]
    return np.asarray(out, dtype=np.float64)


def _know(kind: type) -> None:
    """Register a subclass to be converted as the scikit-learn class below it."""
    from skl2onnx._supported_operators import sklearn_operator_name_map

    if kind in sklearn_operator_name_map:
        return
    base = next((one for one in kind.__mro__ if one in sklearn_operator_name_map), None)
    if base is None:
        raise AssertionError(f"{kind.__name__} stands on nothing that skl2onnx converts")
    sklearn_operator_name_map[kind] = sklearn_operator_name_map[base]
