"""The contract of a model family, for the authors of families, ours included.

Run every check over a family::

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(MyFamily())
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.base import clone

from planfit.models.base import Family, FitContext
from planfit.models.metrics import METRICS, target_values
from planfit.records.schema import Column
from planfit.records.task import Task
from planfit.testing.tables import (
    ROUNDS,
    columns_of,
    each_task,
    finished,
    fitted,
    matrix_of,
    messy_frame,
    require_predictions,
    signal,
    target_for,
    task_for,
)

Check = Callable[[Family], None]


def check_every_kind_is_accepted(family: Family) -> None:
    """All kinds go in, for all tasks; predictions are finite and probabilities add up to one."""
    frame = messy_frame()
    for y, task in each_task(family, frame):
        require_predictions(matrix_of(fitted(family, frame, y, task), frame), len(frame), task)


def check_columns_of_one_kind(family: Family) -> None:
    """A table of one column, whatever its kind, is enough; text alone and constants alone included."""
    frame = messy_frame(50)
    for name in frame.columns:
        for y, task in each_task(family, frame):
            one = frame[[name]]
            if _left(family, columns_of(one), task):
                require_predictions(matrix_of(fitted(family, one, y, task), one), len(one), task)


def _left(family: Family, columns: tuple[Column, ...], task: Task) -> bool:
    steps = [step for step in family.finishing(columns, task) if step["operation"] == "drop"]
    return sum(len(step["columns"]) for step in steps) < len(columns)


def check_no_columns_at_all(family: Family) -> None:
    """Where finishing leaves nothing, the model is the constant one and not an error."""
    frame = messy_frame(60)
    for y, task in each_task(family, frame):
        model = family.build(family.defaults(60, 0, task), FitContext(task, (), (), 60, None, None, seed=1, threads=1))
        model.fit(frame[[]], y)
        require_predictions(model.predict_matrix(frame[[]]), len(frame), task)


def check_unseen_and_missing_values(family: Family) -> None:
    """Rows of nothing but gaps, of categories and words never seen, and of huge numbers get predictions."""
    frame = messy_frame()
    strange = frame.head(3).copy()
    for name in strange.columns:
        strange.loc[strange.index[0], name] = pd.NaT if name == "joined" else np.nan
    strange.loc[strange.index[1], ["city", "postcode", "note", "key"]] = ["atlantis", "z-1", "entirely new words", "?"]
    strange.loc[strange.index[2], ["age", "income"]] = [-1e30, 1e30]
    for y, task in each_task(family, frame):
        require_predictions(matrix_of(fitted(family, frame, y, task), strange), len(strange), task)


def check_single_rows(family: Family) -> None:
    """One row alone gets what it gets among others; no rows give no predictions."""
    frame = messy_frame(120)
    for y, task in each_task(family, frame):
        pipeline = fitted(family, frame, y, task)
        together = matrix_of(pipeline, frame.head(5))
        alone = np.vstack([matrix_of(pipeline, frame.iloc[[row]]) for row in range(5)])
        np.testing.assert_allclose(alone, together, rtol=1e-9, atol=1e-12)
        assert matrix_of(pipeline, frame.head(0)).shape == (0, together.shape[1])


def check_two_rows_per_class(family: Family) -> None:
    """A handful of rows is enough for a model."""
    frame = messy_frame(240)
    for kind in sorted(family.tasks):
        y = target_for(kind, frame)
        rows = y.groupby(y).head(2).index if kind != "regression" else y.index[:4]
        task = task_for(kind, y[rows])
        few = frame.loc[rows]
        require_predictions(matrix_of(fitted(family, few, y[rows], task), frame), len(frame), task)


def check_label_types(family: Family) -> None:
    """Labels come back as they were given: texts, whole numbers, booleans."""
    if "binary" not in family.tasks:
        return
    frame = messy_frame(120)
    for labels in (("no", "yes"), (0, 1), (1, 2), (False, True), (-1.5, 2.5)):
        y = target_for("binary", frame, labels)
        task = task_for("binary", y)
        model = fitted(family, frame, y, task).steps[-1][1]
        assert model.classes_.tolist() == list(labels)
        pipeline = fitted(family, frame, y, task)
        predicted = model.predict(finished(pipeline, frame)).tolist()
        assert set(predicted) <= set(labels)
        assert {type(label) for label in predicted} <= {type(label) for label in labels}


def check_absent_classes(family: Family) -> None:
    """A class that this training part lacks gets probability zero; one class alone gets one."""
    if "multiclass" not in family.tasks:
        return
    frame = messy_frame()
    y = target_for("multiclass", frame)
    task = task_for("multiclass", y)
    for kept in (["high", "mid"], ["mid"]):
        rows = y.isin(kept)
        valid = (frame[~rows].head(20), y[~rows].head(20))
        matrix = matrix_of(fitted(family, frame[rows], y[rows], task, valid=valid), frame)
        require_predictions(matrix, len(frame), task)
        for code, label in enumerate(task.classes):
            assert (matrix[:, code] == 0).all() == (label not in kept)


def check_target_units(family: Family) -> None:
    """Negative targets are predicted as they are; a logarithm is undone and nothing falls below zero."""
    if "regression" not in family.tasks:
        return
    frame = messy_frame()
    y = signal(frame)
    matrix = matrix_of(fitted(family, frame, y, task_for("regression", y)), frame)
    assert abs(matrix.mean() - y.mean()) < y.std()
    amounts = np.expm1(signal(frame).clip(lower=0) / 4)
    for changes in ({"target_transform": "log1p"}, {"metric": "rmsle"}):
        pipeline = fitted(family, frame, amounts, task_for("regression", amounts, **changes))
        matrix = matrix_of(pipeline, frame)
        assert (matrix >= 0).all()
        assert matrix.max() <= 10 * amounts.max()


def check_metrics_are_served(family: Family) -> None:
    """The family fits whatever metric its tasks may be judged by."""
    frame = messy_frame(120)
    for y, task in each_task(family, frame):
        target = y.abs() + 1.0 if task.task_type == "regression" else y
        for metric in METRICS.values():
            if task.task_type in metric.tasks:
                judged = task.having(metric=metric.name, greater_is_better=metric.greater_is_better)
                matrix = matrix_of(fitted(family, frame, target, judged), frame)
                assert np.isfinite(metric.score(target_values(target, judged), matrix, judged))


def check_pickle_and_clone(family: Family) -> None:
    """A pickled model predicts to the bit alike; a clone is unfitted and has equal parameters."""
    frame = messy_frame(120)
    for y, task in each_task(family, frame):
        pipeline = fitted(family, frame, y, task)
        again = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - our own bytes
        np.testing.assert_array_equal(matrix_of(again, frame), matrix_of(pipeline, frame))
        model = pipeline.steps[-1][1]
        copy = clone(model)
        assert copy.get_params() == model.get_params()
        assert not hasattr(copy, "report_")
        assert type(model).__name__ in copy._repr_html_()


def check_determinism(family: Family) -> None:
    """The same rows, parameters and seed give the same bits, whatever the threads did."""
    frame = messy_frame()
    for y, task in each_task(family, frame):
        one, other = (matrix_of(fitted(family, frame, y, task, threads=2), frame) for _ in range(2))
        np.testing.assert_array_equal(one, other)


def check_any_number_of_threads(family: Family) -> None:
    """Where the family promises it, the number of threads changes nothing."""
    if not family.same_for_any_threads:
        return
    frame = messy_frame(2_200)  # enough rows for threads to be used at all
    y = target_for("regression", frame)
    task = task_for("regression", y)
    one, two = (matrix_of(fitted(family, frame, y, task, threads=n, rounds=10), frame) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def check_lean_path(family: Family) -> None:
    """Arrays by column give what frames give, to the bit."""
    frame = messy_frame(60)
    for y, task in each_task(family, frame):
        pipeline = fitted(family, frame, y, task)
        table = finished(pipeline, frame)
        model = pipeline.steps[-1][1]
        arrays = {str(name): table[name].to_numpy() for name in table.columns}
        np.testing.assert_array_equal(model.predict_columns(arrays, len(table)), model.predict_matrix(table))


def check_early_stopping(family: Family) -> None:
    """A validation part ends the training, its curve is kept, and rounds can be limited afterwards."""
    if not family.iterative:
        return
    frame = messy_frame(400)
    for y, task in each_task(family, frame):
        valid = (frame[300:], y[300:])
        pipeline = fitted(family, frame[:300], y[:300], task, valid=valid)
        model = pipeline.steps[-1][1]
        assert 1 <= model.report_.rounds <= len(model.report_.curve) <= ROUNDS
        assert model.report_.curve[model.report_.rounds - 1] == min(model.report_.curve)
        full = matrix_of(pipeline, frame)
        model.limit_rounds(1)
        assert not np.array_equal(matrix_of(pipeline, frame), full)
        again = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - our own bytes
        np.testing.assert_array_equal(matrix_of(again, frame), matrix_of(pipeline, frame))


def check_deadline(family: Family) -> None:
    """When the time is up, a family that works in rounds stops with what it has; others are quick enough."""
    frame = messy_frame()
    for y, task in each_task(family, frame):
        free = fitted(family, frame, y, task).steps[-1][1].report_
        cut = fitted(family, frame, y, task, deadline=lambda: True)
        require_predictions(matrix_of(cut, frame), len(frame), task)
        if free.rounds is not None:
            report = cut.steps[-1][1].report_
            assert report.cut
            assert report.rounds < free.rounds
        assert not free.cut


def check_deadline_in_the_first_round(family: Family) -> None:
    """Cut before anything could be compared, a model with a validation part is whole: it predicts and is pickled."""
    if not family.iterative:
        return
    frame = messy_frame()
    for y, task in each_task(family, frame):
        valid = (frame[180:], y[180:])
        pipeline = fitted(family, frame[:180], y[:180], task, valid=valid, deadline=lambda: True)
        model = pipeline.steps[-1][1]
        assert model.report_.cut
        assert model.report_.rounds >= 1
        model.limit_rounds(ROUNDS)
        again = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - our own bytes
        require_predictions(matrix_of(again, frame), len(frame), task)


def check_classes_absent_in_validation(family: Family) -> None:
    """A validation part that lacks classes, even all but one, still ends the training."""
    if not family.iterative or "multiclass" not in family.tasks:
        return
    frame = messy_frame()
    y = target_for("multiclass", frame)
    task = task_for("multiclass", y)
    for kept in (["high", "mid"], ["low"]):
        rows = y[180:].isin(kept)
        valid = (frame[180:][rows], y[180:][rows])
        pipeline = fitted(family, frame[:180], y[:180], task, valid=valid)
        assert np.isfinite(pipeline.steps[-1][1].report_.curve).all()
        require_predictions(matrix_of(pipeline, frame), len(frame), task)


def check_huge_and_tiny_numbers(family: Family) -> None:
    """Columns and targets far from one, and columns that hold hardly anything, are no trouble."""
    frame = messy_frame(120)
    frame["income"] *= 1e25
    frame["age"] = frame["age"] * 1e-30 + 1e-28
    frame["member"] = np.nan
    frame.loc[frame.index[5], "income"] = 1e60
    for y, task in each_task(family, frame):
        for scale in (1e-9, 1e12) if task.task_type == "regression" else (1.0,):
            target = y * scale if task.task_type == "regression" else y
            matrix = matrix_of(fitted(family, frame, target, task), frame)
            require_predictions(matrix, len(frame), task)
            if task.task_type == "regression":
                assert target.min() - target.std() <= matrix.mean() <= target.max() + target.std()


def check_space_and_defaults(family: Family) -> None:
    """Defaults are inside the search space, and its corners are parameters that the family takes."""
    frame = messy_frame(40)
    for rows in (50, 5_000, 500_000):
        for _, task in each_task(family, frame):
            space = family.space(rows, 20, task)
            defaults = family.defaults(rows, 20, task).model_dump()
            for name, dimension in space.items():
                ends = dimension.choices or (dimension.low, dimension.high)
                for value in ends:
                    assert value is not None
                    family.Params.model_validate(defaults | {name: value})
                given = defaults[name]
                if given is None:  # the training rows decide
                    continue
                inside = given in ends if dimension.choices else dimension.low <= given <= dimension.high
                assert inside, f"default {name}={given} is outside of {ends}"


def check_finishing_is_json(family: Family) -> None:
    """Finishing steps are JSON of the plan language, each with columns; none for a table without columns."""
    frame = messy_frame(40)
    for _, task in each_task(family, frame):
        steps = family.finishing(columns_of(frame), task)
        assert json.loads(json.dumps(steps)) == steps
        assert all(step["columns"] and step["operation"] for step in steps)
        assert family.finishing((), task) == []


def check_it_learns(family: Family) -> None:
    """On rows it has not seen, it is no worse than the best constant."""
    from planfit.models.registry import family_named

    frame = messy_frame(600, seed=3)
    train, test = frame[:450], frame[450:]
    for y, task in each_task(family, frame):
        metric = METRICS["log_loss" if task.is_classification else "rmse"]
        truth = target_values(y[450:], task)
        reached, floor = (
            metric.gain(metric.score(truth, matrix_of(fitted(each, train, y[:450], task), test), task))
            for each in (family, family_named("baseline"))
        )
        assert reached >= floor


def check_probabilities_keep_the_share(family: Family) -> None:
    """Of a rare class the mean probability is about its share, for metrics of labels too; class weights would make it a half."""
    if "binary" not in family.tasks:
        return
    frame = messy_frame(600, seed=4)
    score = signal(frame)
    y = pd.Series(np.where(score > score.quantile(0.9), "yes", "no"), index=frame.index)
    for metric in ("roc_auc", "average_precision", "log_loss", "f1", "balanced_accuracy"):
        task = task_for("binary", y, metric=metric)
        mean = matrix_of(fitted(family, frame, y, task), frame)[:, task.positive_index].mean()
        assert 0.05 <= mean <= 0.3, f"{metric}: {mean:.3f} on average, and a tenth are positive"


def check_rows_count_by_weight(family: Family) -> None:
    """Of two equal tables with opposite answers, the one whose rows weigh more is believed; in early stopping too."""
    one = messy_frame(120)
    frame = pd.concat([one, one], ignore_index=True)
    weights = np.repeat([1.9, 0.1], 120)
    answers = {"binary": ("no", "yes"), "multiclass": ("high", "low"), "regression": (100.0, 200.0)}
    for kind in sorted(family.tasks):
        y = pd.Series(np.repeat(np.asarray(answers[kind]), 120))
        if kind == "multiclass":
            y.iloc[[0, 1]] = "mid"
        task = task_for(kind, y)
        pipeline = fitted(family, frame, y, task)
        X = finished(pipeline, frame)
        model = clone(pipeline.steps[-1][1])
        part = (X, y) if family.iterative else None
        model.fit(X, y, weights=weights, valid=part, valid_weights=None if part is None else weights)
        matrix = model.predict_matrix(X)
        if kind == "regression":
            assert matrix.mean() < 140.0
        else:
            assert matrix[:, task.classes.index(answers[kind][0])].mean() > 0.6


CHECKS: tuple[Check, ...] = (
    check_every_kind_is_accepted,
    check_columns_of_one_kind,
    check_no_columns_at_all,
    check_unseen_and_missing_values,
    check_single_rows,
    check_two_rows_per_class,
    check_label_types,
    check_absent_classes,
    check_target_units,
    check_metrics_are_served,
    check_pickle_and_clone,
    check_determinism,
    check_any_number_of_threads,
    check_lean_path,
    check_early_stopping,
    check_deadline,
    check_deadline_in_the_first_round,
    check_classes_absent_in_validation,
    check_huge_and_tiny_numbers,
    check_space_and_defaults,
    check_finishing_is_json,
    check_it_learns,
    check_probabilities_keep_the_share,
    check_rows_count_by_weight,
)
"""Every check, in the order of reading."""
