"""What predictions show, on made-up ones whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.report.insights import frame

from planfit.records.schema import Column, Kind
from planfit.records.scores import ImportanceRow
from planfit.records.task import SplitSpec, Task
from planfit.runtime.insight import classes, dependence, numbers, slices
from planfit.runtime.insight.whole import by_importance

COLUMNS = (
    Column(name="tenure", kind=Kind.NUMERIC), Column(name="city", kind=Kind.CATEGORICAL),
    Column(name="when", kind=Kind.DATETIME), Column(name="active", kind=Kind.BOOLEAN),
)  # fmt: skip


def never() -> bool:
    return False


def task(task_type: Any = "binary", labels: Any = ("no", "yes"), metric: str = "roc_auc") -> Task:
    return Task(
        sentence="s", target="t", task_type=task_type, metric=metric, greater_is_better=metric == "roc_auc",
        classes=labels, positive_class="yes" if task_type == "binary" else None, split=SplitSpec(kind="random"),
    )  # fmt: skip


def chances(hits: np.ndarray, given: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - given, given])


def test_curves_agree_with_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    draw = np.random.default_rng(0)
    hits = draw.random(3000) < 0.2
    given = np.round(np.clip(0.3 * hits + 0.7 * draw.random(3000), 0, 1), 2)  # ties
    roc, precision = classes.roc(hits, given), classes.precision_recall(hits, given)
    assert roc is not None
    assert precision is not None
    assert roc.area == pytest.approx(roc_auc_score(hits, given))
    assert precision.area == pytest.approx(average_precision_score(hits, given))
    assert len(roc.x) <= classes.POINTS + 2
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)


def test_a_class_that_never_came_has_no_curve() -> None:
    assert classes.roc(np.zeros(5, dtype=bool), np.linspace(0, 1, 5)) is None
    assert classes.gain(np.zeros(5, dtype=bool), np.linspace(0, 1, 5)) is None


def test_a_binary_task_is_looked_at() -> None:
    codes = np.array([0] * 60 + [1] * 40)
    found = classes.look(codes, chances(codes, np.where(codes == 1, 0.8, 0.1)), task())
    assert found.confusion == ((60, 0), (0, 40))
    assert found.positive == 1
    assert found.gain is not None
    assert found.confused == ()
    assert [row.recall for row in found.classes] == [1.0, 1.0]
    assert [each.observed for each in found.calibration] == [0.0, 1.0]
    strict = classes.look(codes, chances(codes, np.where(codes == 1, 0.8, 0.1)), task(), threshold=0.9)
    assert strict.confusion == ((60, 0), (40, 0))
    assert strict.classes[1].precision is None


def test_the_most_confused_pairs_come_first() -> None:
    labels = ("a", "b", "c")
    codes = np.array([0] * 50 + [1] * 30 + [2] * 20)
    taken = codes.copy()
    taken[:9], taken[60:64] = 1, 2
    found = classes.look(codes, np.eye(3)[taken], task("multiclass", labels, "log_loss"))
    assert [(pair.true, pair.predicted, pair.rows) for pair in found.confused] == [(0, 1, 9), (1, 2, 4)]
    assert found.confused[0].share == pytest.approx(0.18)
    assert found.gain is None


def test_numbers_are_looked_at() -> None:
    y = np.arange(1.0, 1001.0)
    found = numbers.look(y, y + 5, seed=0)
    assert len(found.deciles) == 10
    assert all(part.error == pytest.approx(5) and part.bias == pytest.approx(5) for part in found.deciles)
    assert (found.median_error, found.most_errors) == (5.0, 5.0)
    assert sum(found.counts) == 1000
    assert len(found.actual) == numbers.MOST_POINTS
    assert found.log_scale
    assert numbers.look(y, y + 5, seed=0) == found


def test_a_group_in_which_nothing_is_known_is_found() -> None:
    rows = frame()
    draw = np.random.default_rng(2)
    codes = draw.integers(0, 2, len(rows))
    lost = (rows["city"] == "Bern").to_numpy()
    given = np.where(lost, draw.random(len(rows)), np.clip(codes * 0.6 + draw.random(len(rows)) * 0.4, 0, 1))
    y = pd.Series(np.where(codes == 1, "yes", "no"))
    found = slices.look(slices.prepared(rows, y, chances(codes, given), task(), 0), COLUMNS, "out_of_fold", never)
    assert found is not None
    assert (found.worst[0].column, found.worst[0].label) == ("city", "= Bern")
    assert found.worst[0].value < 0.65 < found.overall
    assert found.worst[0].high < found.overall
    assert found.examined > 8


def test_noise_is_no_group_that_fails() -> None:
    rows = frame()
    draw = np.random.default_rng(3)
    codes = draw.integers(0, 2, len(rows))
    given = np.clip(codes * 0.3 + draw.random(len(rows)) * 0.7, 0, 1)
    y = pd.Series(np.where(codes == 1, "yes", "no"))
    found = slices.look(slices.prepared(rows, y, chances(codes, given), task(), 0), COLUMNS, "out_of_fold", never)
    assert found is not None
    assert found.worst == ()


def test_groups_are_judged_with_the_threshold_of_the_delivered_model() -> None:
    rows, codes = frame(), np.tile([0, 1], 300)
    given = np.where(codes == 1, 0.3, 0.1)
    y, accuracy = pd.Series(np.where(codes == 1, "yes", "no")), task(metric="accuracy")
    default, tuned = (
        slices.look(slices.prepared(rows, y, chances(codes, given), accuracy, 0, at), COLUMNS, "out_of_fold", never)
        for at in (None, 0.2)
    )
    assert default is not None
    assert tuned is not None
    assert (default.overall, tuned.overall) == (0.5, 1.0)


def test_time_that_is_up_looks_at_nothing() -> None:
    rows = frame()
    y = pd.Series(np.where(np.arange(len(rows)) % 2, "yes", "no"))
    looked = slices.prepared(rows, y, chances(y, np.full(len(rows), 0.5)), task(), 0)
    assert slices.look(looked, COLUMNS, "out_of_fold", lambda: True) is None
    assert dependence.look(lambda typed: chances(y, np.zeros(len(typed))), rows, COLUMNS, task(), lambda: True) == ()


def test_dependence_follows_the_model() -> None:
    def predict(typed: pd.DataFrame) -> np.ndarray:
        steep = typed["tenure"].fillna(0).to_numpy() / 100
        return chances(steep, np.where(typed["city"] == "Bern", steep / 2, steep))

    tenure, city, when, active = dependence.look(predict, frame(), COLUMNS, task(), never)
    assert list(tenure.lines[0].y) == sorted(tenure.lines[0].y)
    assert tenure.share == ()
    by_city = dict(zip(city.at, city.lines[0].y, strict=True))
    assert by_city["Bern"] == pytest.approx(by_city["Chur"] / 2, rel=1e-3)
    assert sum(city.share) == pytest.approx(1)
    assert when.at[0].startswith("2024-01")
    assert active.at == ("no", "yes")
    assert len(set(active.lines[0].y)) == 1


def test_columns_are_looked_at_by_importance() -> None:
    measured = (ImportanceRow(column="when", mean=0.1, std=0.0), ImportanceRow(column="city", mean=0.3, std=0.0))
    assert [column.name for column in by_importance(COLUMNS, measured)] == ["city", "when", "tenure", "active"]


@pytest.mark.parametrize("rows", [1, 3, 37, 300, 1199, 20_011])
def test_the_interval_of_a_share_holds_the_share(rows: int) -> None:
    for hits in {0, 1, rows // 2, rows - 1, rows}:
        low, high = classes.wilson(hits / rows, rows)
        assert 0.0 <= low <= hits / rows <= high <= 1.0
