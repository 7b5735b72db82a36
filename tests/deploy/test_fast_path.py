"""The lean path gives what the model gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.deploy.conftest import model_of, table

from planfit.deploy.bundle import Bundle
from planfit.models.fast_path import MOST_ROWS, FastPath
from planfit.models.registry import families


def bundle_of(model: Any) -> Bundle:
    from planfit.deploy.manifest import Metadata
    from planfit.records.scores import Delivered, Score

    task = model.task
    said = Metadata.model_construct(
        task=task,
        run_id="r",
        cv=Score(metric=task.metric, value=0.0),
        delivered=Delivered(candidate="c", family="f", members=(), rows_fitted=1, how="refit"),
    )
    return Bundle(model, model.heaviest[:-1], model.members[0][2].steps[0][1].schema, said)


def awkward(rows: int) -> pd.DataFrame:
    frame = table(rows, seed=9)
    frame.loc[0, "city"] = "never seen"
    frame.loc[1 % rows, ["age", "city", "member", "since", "note"]] = None
    frame.loc[2 % rows, "note"] = ""
    return frame


@pytest.mark.parametrize("task_type", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("family", list(families()))
def test_parity_by_family(family: str, task_type: str) -> None:
    model = model_of([family], task_type)
    path = FastPath(model)
    assert path.available
    assert path.missing == ()
    for rows in (1, 2, MOST_ROWS):
        frame = awkward(rows)
        slow = model.predict_matrix(frame)
        np.testing.assert_allclose(path.predict_matrix(frame, rows), slow, rtol=1e-12, atol=1e-12)
        pd.testing.assert_series_equal(bundle_of(model).predict(frame), model.predict(frame))


def test_parity_of_an_ensemble() -> None:
    model = model_of(["lightgbm", "linear", "random_forest"], "binary")
    for rows in (1, 5):
        frame = awkward(rows)
        fast = FastPath(model).predict_matrix(frame, rows)
        np.testing.assert_allclose(fast, model.predict_matrix(frame), rtol=1e-12, atol=1e-12)


def test_members_that_share_a_door_enter_once(binary_model: Any) -> None:
    assert len(FastPath(binary_model)._doors) == 1


def test_a_step_without_a_lean_path_is_named_and_the_model_used_as_it_is(binary_model: Any) -> None:
    class Plain:
        def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
            return frame

    name, weight, pipeline = binary_model.members[0]
    longer = type(pipeline)([*pipeline.steps[:1], ("plain", Plain()), *pipeline.steps[1:]])
    model = type(binary_model)([(name, weight, longer)], binary_model.task)
    bundle = bundle_of(model)
    assert not bundle.fast_path.available
    assert bundle.fast_path.missing == (f"{name}: Plain",)
    frame = awkward(2)
    pd.testing.assert_series_equal(bundle.predict(frame), model.predict(frame))
