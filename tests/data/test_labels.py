"""Labels come out as they stand in the data; equal texts are one object."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest

from planfit.data.readers import read
from planfit.data.target import labels
from planfit.records.task import SplitSpec, Task

MISSING = float("nan")
CASES = {
    "texts": (["yes", "no", None, "yes"], ["yes", "no", MISSING, "yes"]),
    "markers": (["yes", "no", "N/A", "yes"], ["yes", "no", MISSING, "yes"]),
    "numbers": ([1, 0, None, 1], [1.0, 0.0, MISSING, 1.0]),
    "flags": ([True, False, None, True], [True, False, MISSING, True]),
    "dates": (
        [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1), None, datetime.date(2020, 1, 1)],
        ["2020-01-01", "2021-01-01", MISSING, "2020-01-01"],
    ),
    "whole": ([1, 0, 2, 1], [1, 0, 2, 1]),
}


@pytest.mark.parametrize("case", CASES)
def test_labels_are_what_stands_there(case):
    cells, expected = CASES[case]
    table = read(pl.DataFrame({"y": cells, "x": [1.0, 2.0, 3.0, 4.0]}))
    task = Task(
        sentence="Predict y", target="y", task_type="multiclass", metric="log_loss", greater_is_better=False,
        classes=tuple(dict.fromkeys(one for one in expected if one == one)), split=SplitSpec(kind="random"),
    )  # fmt: skip
    found = labels(table, task)
    assert [None if one != one else one for one in found] == [None if one != one else one for one in expected]


def test_equal_texts_are_one_object():
    table = read(pl.DataFrame({"y": ["a long label", "another one"] * 50}))
    task = Task(
        sentence="Predict y", target="y", task_type="binary", metric="roc_auc", greater_is_better=True,
        classes=("a long label", "another one"), positive_class="another one", split=SplitSpec(kind="random"),
    )  # fmt: skip
    found = labels(table, task).to_numpy()
    assert len({id(one) for one in found}) == 2
    assert np.asarray(found).dtype == object
