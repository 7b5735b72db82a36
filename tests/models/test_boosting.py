"""What the boosting families promise beyond the contract."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from planfit.models.catboost import usual_rate
from planfit.models.estimators.rounds import Watch, rounds_without_validation
from planfit.models.estimators.targets import Unit, fitted_loss, relative_weights
from planfit.models.registry import family_named
from planfit.records.schema import Column, Kind
from planfit.records.task import SplitKind, Task
from planfit.testing.tables import fitted, matrix_of, messy_frame, target_for, task_for


def test_the_watch_ends_after_its_patience_and_knows_the_best_round() -> None:
    watch = Watch("it", 2, None)
    ended = [watch.stops(done, loss) for done, loss in enumerate([3.0, 2.0, 2.5, 2.0], start=1)]
    assert ended == [False, False, False, True]
    assert (watch.report.rounds, watch.report.cut) == (2, False)


def test_the_watch_is_cut_but_never_by_the_last_round() -> None:
    watch = Watch("it", None, lambda: True)
    assert not watch.stops(1, last=True)
    assert watch.stops(1)
    assert watch.report.cut


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_the_watch_refuses_losses_that_are_not_finite(loss: float) -> None:
    with pytest.raises(FloatingPointError, match="of it is not finite"):
        Watch("it", 5, None).stops(1, loss)


def test_rounds_follow_the_learning_rate_where_nothing_can_tell() -> None:
    assert rounds_without_validation(2_000, None, 0.05) == 400
    assert rounds_without_validation(100, None, 0.05) == 100
    assert rounds_without_validation(100, 250, 0.05) == 250


def test_a_unit_is_undone() -> None:
    values = np.array([1e9, 1e9 + 1, 1e9 + 5])
    unit = Unit.of(values)
    np.testing.assert_allclose(unit.restored(unit.standardised(values)), values, rtol=1e-15)
    assert Unit.of(np.full(3, 7.0)) == Unit(7.0, 1.0)


def test_relative_weights_bound_what_zero_would_weigh() -> None:
    weights = relative_weights(np.array([0.0, 1.0, 10.0, 10.0]))
    assert weights[0] / weights[2] == pytest.approx(10.0 / (0.01 * 5.5))
    assert fitted_loss("mape", on_logarithms=True) == "absolute"


@pytest.mark.parametrize(
    ("task_type", "loss"), [("binary", "Logloss"), ("regression", "RMSE"), ("multiclass", "MultiClass")]
)
@pytest.mark.parametrize("rows", [300, 3_000])
@pytest.mark.parametrize("rounds", [300, 1_000])
def test_the_learning_rate_is_the_one_that_catboost_would_choose(task_type, loss: str, rows: int, rounds: int) -> None:
    catboost = pytest.importorskip("catboost")
    source = np.random.default_rng(0)
    y = source.normal(size=rows) if loss == "RMSE" else source.integers(0, 2 if loss == "Logloss" else 4, rows)
    pool = catboost.Pool(source.normal(size=(rows, 2)), y)
    model = catboost.CatBoost(
        {"loss_function": loss, "iterations": rounds, "depth": 1, "thread_count": 1, "allow_writing_files": False,
         "logging_level": "Silent", "use_best_model": True}
    )  # fmt: skip
    model.fit(pool, eval_set=pool, callbacks=[type("Stop", (), {"after_iteration": lambda self, info: False})()])
    assert usual_rate(task_type, rows, rounds) == pytest.approx(model.get_all_params()["learning_rate"], rel=0.01)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_equal_models_are_equal_bytes(name: str) -> None:
    family = family_named(name)
    if not family.installed:
        pytest.skip(f"{family.module} is not installed")
    frame = messy_frame(120)
    y = target_for("binary", frame)
    one, other = (fitted(family, frame, y, task_for("binary", y)).steps[-1][1] for _ in range(2))
    assert pickle.dumps(one) == pickle.dumps(other)


def test_a_limited_model_is_no_larger_than_it_must_be() -> None:
    pytest.importorskip("catboost")
    frame = messy_frame(120)
    y = target_for("regression", frame)
    pipeline = fitted(family_named("catboost"), frame, y, task_for("regression", y))
    model = pipeline.steps[-1][1]
    whole = len(pickle.dumps(model))
    model.limit_rounds(3)
    again = pickle.loads(pickle.dumps(pipeline))
    assert len(pickle.dumps(model)) < whole
    np.testing.assert_array_equal(matrix_of(again, frame), matrix_of(pipeline, frame))


def test_in_time_levels_stay_levels() -> None:
    """A mean of earlier rows drifts while it is learned and stands still in what comes later."""
    state = Column(name="state", kind=Kind.CATEGORICAL, n_unique=51, missing=0)
    task = task_for("regression", pd.Series(range(20)))
    steps = {
        kind: [step["operation"] for step in family_named("lightgbm").finishing((state,), in_split(task, kind))]
        for kind in ("random", "time")
    }
    assert "target_encode" in steps["random"]
    assert "target_encode" not in steps["time"]
    assert "ordinal_encode" in steps["time"]


def in_split(task: Task, kind: SplitKind) -> Task:
    return task.having(split=task.split.having(kind=kind, column="day" if kind == "time" else None))
