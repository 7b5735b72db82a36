"""The contract of a model family, for the authors of families, ours included.

Run every check over a family::

    @pytest.mark.parametrize("check", checks_for(MyFamily()), ids=lambda check: check.__name__)
    def test_contract(check):
        check(MyFamily())
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from planfit.models.base import Family, FitContext
from planfit.models.estimator import Model
from planfit.models.metrics import METRICS, default_metric, target_values
from planfit.operations.step import Select
from planfit.records.schema import Column, Kind
from planfit.records.task import Label, SplitSpec, Task, TaskType
from planfit.runtime.compile import finishing_steps

Check = Callable[[Family], None]

KINDS: dict[str, Kind] = {
    "age": Kind.NUMERIC, "income": Kind.NUMERIC, "member": Kind.BOOLEAN, "city": Kind.CATEGORICAL,
    "postcode": Kind.CATEGORICAL, "joined": Kind.DATETIME, "note": Kind.TEXT, "key": Kind.IDENTIFIER,
    "same": Kind.CONSTANT,
}  # fmt: skip
"""The columns of `messy_frame`, one or more of every kind."""


ROUNDS = 60
"""Rounds or trees that the checks allow: enough to see that they work."""


def messy_frame(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Return a typed frame, as the door gives it: gaps, heavy tails, lone categories, many levels, dates, text."""
    source = np.random.default_rng(seed)
    words = np.asarray(["good", "bad", "late", "fast", "cold", "broken", "friendly"])
    frame = pd.DataFrame(
        {
            "age": source.normal(40, 12, rows),
            "income": np.exp(source.normal(10, 1, rows)),
            "member": source.integers(0, 2, rows).astype(float),
            "city": source.choice(np.asarray(["rome", "oslo", "lima", "são paulo"], dtype=object), rows),
            "postcode": np.asarray([f"z{number}" for number in source.integers(0, 300, rows)], dtype=object),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(source.integers(0, 900, rows), unit="D"),
            "note": np.asarray([" ".join(source.choice(words, 4)) for _ in range(rows)], dtype=object),
            "key": np.asarray([f"id-{number:05d}" for number in range(rows)], dtype=object),
            "same": np.asarray(["always"] * rows, dtype=object),
        }
    )
    frame["joined"] = frame["joined"].astype("datetime64[us]")
    for place, name in enumerate(("age", "member", "city", "joined", "note")):
        frame.loc[frame.index[place::17], name] = pd.NaT if name == "joined" else np.nan
    frame.loc[frame.index[3], "city"] = "seen once"
    return frame.astype(dict.fromkeys(("city", "postcode", "note", "key", "same"), object))


def columns_of(frame: pd.DataFrame, kinds: dict[str, Kind] | None = None) -> tuple[Column, ...]:
    """Return the columns of a typed frame as records."""
    kinds = kinds or KINDS
    return tuple(
        Column(
            name=name,
            kind=kinds[name],
            dtype=str(frame[name].dtype),
            n_unique=int(frame[name].nunique()),
            missing=int(frame[name].isna().sum()),
            sources=(name,),
        )
        for name in map(str, frame.columns)
    )


def signal(frame: pd.DataFrame) -> pd.Series:
    """Return numbers that follow from `messy_frame`'s columns, gaps included."""
    age, city = frame["age"].fillna(60.0), frame["city"].map({"rome": 12.0, "oslo": -12.0}).fillna(0.0)
    return age + city + 6.0 * frame["note"].fillna("").str.contains("good").astype(float) - 45.0


def target_for(task_type: TaskType, frame: pd.DataFrame, labels: Sequence[Label] = ("no", "yes")) -> pd.Series:
    """Return a target of that type which a model can learn from `messy_frame`."""
    values = signal(frame)
    if task_type == "regression":
        return values
    if task_type == "binary":
        return pd.Series([labels[int(above)] for above in values > values.median()], index=frame.index)
    thirds = pd.qcut(values.rank(method="first"), 3, labels=False)
    return pd.Series(np.asarray(["high", "low", "mid"], dtype=object)[thirds], index=frame.index)


def task_for(task_type: TaskType, y: pd.Series, **changes: Any) -> Task:
    """Return a task on such a target, judged by its default metric."""
    metric = default_metric(task_type)
    classes = () if task_type == "regression" else tuple(sorted(set(y.tolist())))
    return Task(
        sentence="Predict the target",
        target="target",
        task_type=task_type,
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        classes=classes,
        positive_class=classes[-1] if task_type == "binary" else None,
        split=SplitSpec(kind="random" if task_type == "regression" else "stratified"),
    ).having(**changes)


def unfitted(family: Family, frame: pd.DataFrame, task: Task, columns: tuple[Column, ...], **changes: Any) -> Pipeline:
    """Return finishing steps, `Select` and the family's estimator, on the typed columns themselves.

    `changes` replace fields of the `FitContext`.
    """
    steps, final = finishing_steps(family, columns, task, seed=7)
    select = Select(tuple(column.name for column in final), tuple(column.kind for column in final))
    params = family.defaults(len(frame), len(final), task)
    context = FitContext(task, columns, final, len(frame), rounds=ROUNDS, learning_rate=None, seed=7, threads=1)
    return Pipeline([*steps, ("select", select), ("model", family.build(params, replace(context, **changes)))])


def fitted(
    family: Family,
    frame: pd.DataFrame,
    y: pd.Series,
    task: Task,
    *,
    kinds: dict[str, Kind] | None = None,
    valid: tuple[pd.DataFrame, pd.Series] | None = None,
    deadline: Callable[[], bool] | None = None,
    **changes: Any,
) -> Pipeline:
    """Return the fitted pipeline; `valid` rows pass through the same steps, for early stopping."""
    pipeline = unfitted(family, frame, task, columns_of(frame, kinds), **changes)
    table, later = frame, None if valid is None else valid[0]
    for _, step in pipeline.steps[:-1]:
        table = step.fit_transform(table, y)
        later = None if later is None else step.transform(later)
    part = None if valid is None or later is None else (later, valid[1])
    pipeline.steps[-1][1].fit(table, y, valid=part, deadline=deadline)
    return pipeline


def matrix_of(pipeline: Pipeline, frame: pd.DataFrame) -> np.ndarray:
    """Return the prediction matrix of a fitted pipeline."""
    model: Model = pipeline.steps[-1][1]
    return model.predict_matrix(finished(pipeline, frame))


def finished(pipeline: Pipeline, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that reach the estimator."""
    for _, step in pipeline.steps[:-1]:
        frame = step.transform(frame)
    return frame


def require_predictions(matrix: np.ndarray, rows: int, task: Task) -> None:
    """Assert that a prediction matrix is what every room relies on."""
    assert matrix.shape == (rows, len(task.classes) if task.is_classification else 1)
    assert matrix.dtype == np.float64
    assert np.isfinite(matrix).all()
    if task.is_classification:
        assert (matrix >= 0).all()
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-9)


def _each_task(family: Family, frame: pd.DataFrame) -> list[tuple[pd.Series, Task]]:
    targets = [(kind, target_for(kind, frame)) for kind in sorted(family.tasks)]
    return [(y, task_for(kind, y)) for kind, y in targets]


def check_every_kind_is_accepted(family: Family) -> None:
    """All kinds go in, for all tasks; predictions are finite and probabilities add up to one."""
    frame = messy_frame()
    for y, task in _each_task(family, frame):
        require_predictions(matrix_of(fitted(family, frame, y, task), frame), len(frame), task)


def check_columns_of_one_kind(family: Family) -> None:
    """A table of one column, whatever its kind, is enough; text alone and constants alone included."""
    frame = messy_frame(50)
    for name in frame.columns:
        for y, task in _each_task(family, frame):
            one = frame[[name]]
            if _left(family, columns_of(one), task):
                require_predictions(matrix_of(fitted(family, one, y, task), one), len(one), task)


def _left(family: Family, columns: tuple[Column, ...], task: Task) -> bool:
    steps = [step for step in family.finishing(columns, task) if step["operation"] == "drop"]
    return sum(len(step["columns"]) for step in steps) < len(columns)


def check_no_columns_at_all(family: Family) -> None:
    """Where finishing leaves nothing, the model is the constant one and not an error."""
    frame = messy_frame(60)
    for y, task in _each_task(family, frame):
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
    for y, task in _each_task(family, frame):
        require_predictions(matrix_of(fitted(family, frame, y, task), strange), len(strange), task)


def check_single_rows(family: Family) -> None:
    """One row alone gets what it gets among others; no rows give no predictions."""
    frame = messy_frame(120)
    for y, task in _each_task(family, frame):
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
    for y, task in _each_task(family, frame):
        target = y.abs() + 1.0 if task.task_type == "regression" else y
        for metric in METRICS.values():
            if task.task_type in metric.tasks:
                judged = task.having(metric=metric.name, greater_is_better=metric.greater_is_better)
                matrix = matrix_of(fitted(family, frame, target, judged), frame)
                assert np.isfinite(metric.score(target_values(target, judged), matrix, judged))


def check_pickle_and_clone(family: Family) -> None:
    """A pickled model predicts to the bit alike; a clone is unfitted and has equal parameters."""
    frame = messy_frame(120)
    for y, task in _each_task(family, frame):
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
    for y, task in _each_task(family, frame):
        one, other = (matrix_of(fitted(family, frame, y, task, threads=2), frame) for _ in range(2))
        np.testing.assert_array_equal(one, other)


def check_lean_path(family: Family) -> None:
    """Arrays by column give what frames give, to the bit."""
    frame = messy_frame(60)
    for y, task in _each_task(family, frame):
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
    for y, task in _each_task(family, frame):
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
    for y, task in _each_task(family, frame):
        free = fitted(family, frame, y, task).steps[-1][1].report_
        cut = fitted(family, frame, y, task, deadline=lambda: True)
        require_predictions(matrix_of(cut, frame), len(frame), task)
        if free.rounds is not None:
            report = cut.steps[-1][1].report_
            assert report.cut
            assert report.rounds < free.rounds
        assert not free.cut


def check_space_and_defaults(family: Family) -> None:
    """Defaults are inside the search space, and its corners are parameters that the family takes."""
    frame = messy_frame(40)
    for rows in (50, 5_000, 500_000):
        for _, task in _each_task(family, frame):
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
    for _, task in _each_task(family, frame):
        steps = family.finishing(columns_of(frame), task)
        assert json.loads(json.dumps(steps)) == steps
        assert all(step["columns"] and step["operation"] for step in steps)
        assert family.finishing((), task) == []


def check_it_learns(family: Family) -> None:
    """On rows it has not seen, it is no worse than the best constant."""
    from planfit.models.registry import family_named

    frame = messy_frame(600, seed=3)
    train, test = frame[:450], frame[450:]
    for y, task in _each_task(family, frame):
        metric = METRICS["log_loss" if task.is_classification else "rmse"]
        truth = target_values(y[450:], task)
        reached, floor = (
            metric.gain(metric.score(truth, matrix_of(fitted(each, train, y[:450], task), test), task))
            for each in (family, family_named("baseline"))
        )
        assert reached >= floor


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
    check_lean_path,
    check_early_stopping,
    check_deadline,
    check_space_and_defaults,
    check_finishing_is_json,
    check_it_learns,
)
"""Every check, in the order of reading."""
