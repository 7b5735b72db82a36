"""The contract of an operation, for the authors of operations, ours included.

Run every check over an operation::

    from planfit.testing.operations import checks_for

    @pytest.mark.parametrize("check", checks_for(MyOperation), ids=str)
    def test_contract(check):
        check()

Traits of the class choose the checks. Parameters that have no default come from its `example`; others are given beside
it: ``checks_for(MyOperation, degree=3)``.
"""

from __future__ import annotations

import inspect
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from pandas.testing import assert_frame_equal, assert_series_equal
from pydantic import ValidationError
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from planfit.errors import UsageError
from planfit.operations.base import Arity, Operation
from planfit.operations.step import PlanStep, Select
from planfit.records.schema import Column, Kind, Schema
from planfit.testing.cases import Case
from planfit.testing.frames import SAMPLES, messy

TASK_TYPES = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Check:
    """One check of one case; call it, it raises AssertionError."""

    about: Callable[..., None]
    case: Case
    keywords: tuple[tuple[str, str], ...] = ()

    def __call__(self) -> None:
        self.about(self.case, **dict(self.keywords))

    def __str__(self) -> str:
        inside = "".join(f"-{value}" for _, value in self.keywords)
        return f"{self.case.type.__name__}-{self.about.__name__.removeprefix('check_')}{inside}"


def checks_for(operation: type[Operation], **parameters: Any) -> list[Check]:
    """Return the checks of the contract that the traits of `operation` call for."""
    return list(_choose(Case(operation, parameters)))


def _choose(case: Case) -> Iterator[Check]:
    for about in CHECKS:
        yield Check(about, case)
    for name in SAMPLES:
        for task_type in TASK_TYPES if case.type.uses_target else TASK_TYPES[:1]:
            yield Check(check_sample, case, (("name", name), ("task_type", task_type)))
    if not case.type.learns:
        yield Check(check_learns_nothing, case)
    if case.type.uses_target:
        yield Check(check_needs_the_target, case)
    if case.type.cross_fitted:
        yield Check(check_own_target_does_not_enter, case)


# What the class says of itself


def check_documented(case: Case) -> None:
    """The class explains itself: a docstring, a theme, a description for each parameter."""
    doc = inspect.getdoc(case.type) or ""
    assert len(doc.split()) >= 8, "the docstring is what planners read"
    assert doc != inspect.getdoc(Operation)
    assert case.type.theme
    assert case.type.accepts
    for name, field in case.type.model_fields.items():
        assert name == "operation" or field.description, f"the parameter {name} has no description"
    json.dumps(case.type.model_json_schema())


def check_document(case: Case) -> None:
    """A step is written and read back as JSON; a lone column and a lone selector do; strange fields do not."""
    name = case.type.model_fields["operation"].default
    assert isinstance(name, str)
    assert name.isidentifier()
    given = {"operation": name, **case.operation(messy("binary").columns).parameters()}
    if case.names_its_own:
        _check_own_document(case, given)
        return
    alone = case.type.model_validate({**given, "column": "age"})
    assert alone.column == "age"
    assert alone.columns is None
    assert case.type.model_validate({**given, "columns": "@numeric"}).columns == ("@numeric",)
    several = case.type.model_validate({**given, "columns": ["a", "@text"], "except": ["b"], "reason": "why"})
    assert case.type.model_validate(json.loads(json.dumps(several.to_json()))) == several
    assert several.describe().startswith(name)
    places = []
    try:
        case.type.model_validate({**given, "column": "age", "no_such_parameter": 1})
    except ValidationError as error:
        places = [one["loc"] for one in error.errors()]
    assert places == [("no_such_parameter",)], "a parameter that does not exist must be refused"


def _check_own_document(case: Case, given: dict[str, Any]) -> None:
    document = {**given, "into": "made"}
    read = case.type.model_validate(document)
    assert read.reads()
    assert case.type.model_validate(json.loads(json.dumps(read.to_json()))) == read
    for strange in ({"column": "age"}, {"columns": ["age"]}, {"no_such_parameter": 1}):
        try:
            case.type.model_validate({**document, **strange})
        except ValidationError:
            continue
        raise AssertionError(f"{strange} must be refused")


def check_outputs(case: Case) -> None:
    """What will come out is known beforehand: names, kinds, the raw columns behind each."""
    sample = messy("multiclass")
    inputs = tuple(column.having(sources=(f"raw {column.name}",)) for column in case.inputs(sample))
    operation = case.operation(inputs)
    outputs = operation.outputs(inputs, sample.task)
    names = [column.name for column in outputs]
    assert len(set(names)) == len(names)
    behind = {source for column in inputs for source in column.sources}
    for column in outputs:
        assert column.width >= 1
        assert column.sources, f"{column.name} came from nowhere"
        assert set(column.sources) <= behind
        assert not column.group or column.name.endswith("*")
    if case.type.arity is not Arity.JOINT:
        assert outputs == tuple(one for column in inputs for one in operation.outputs((column,), sample.task))
    if case.type.makes_group:
        assert all(column.group for column in outputs)
    schema = Schema(columns=sample.columns)
    assert [problem for problem in operation.check(inputs, schema) if problem.severity == "error"] == []
    assert operation.forecast(1000, inputs, sample.task).columns == sum(column.width for column in outputs)


# What it does to a table


def check_names(case: Case) -> None:
    """Exactly the declared columns come out; the others stay untouched and in order."""
    for shared in ({}, {"keep_source": True}, {"keep_source": False}):
        sample = messy("multiclass")
        step = case.step(sample, **shared)
        out = step.fit_transform(sample.train, sample.train_y)
        assert list(out) == list(step.get_feature_names_out())
        assert len(set(out)) == out.shape[1]
        inputs = [column.name for column in step.inputs]
        declared = step.operation.outputs(step.inputs, sample.task)
        made = Select(tuple(column.name for column in declared)).fit(out)
        assert set(step.columns_made_) <= set(made.names_out_)
        if case.type.keeps_only:
            assert list(out) == inputs
            continue
        gone = set(inputs) if step.operation.removes_sources else set()
        passing = [name for name in sample.frame if name not in gone]
        assert [name for name in out if name in passing and name not in step.columns_made_] == passing
        assert set(out) == set(passing) | set(made.names_out_)
        assert_frame_equal(out[passing], sample.train[passing])
        if step.columns_made_ and not gone:
            assert set(out.columns[-len(step.columns_made_) :]) == set(step.columns_made_)


def check_results_stand_where_the_source_stood(case: Case) -> None:
    """A replaced column's results are found in its place."""
    sample = messy("binary")
    first = case.inputs(sample)[0]
    if case.type.fewest_columns != 1 or case.type.keeps_only:
        return
    front = [first.name, *(name for name in sample.frame if name != first.name)]
    frame = sample.frame[front]
    step = PlanStep(case.operation((first,)), (first,), task=sample.task).fit(frame, sample.y)
    if step.operation.removes_sources and step.columns_made_:
        assert list(step.names_out_)[: len(step.columns_made_)] == step.columns_made_


def check_sample(case: Case, name: str, task_type: str) -> None:
    """Awkward tables are transformed: nothing vanishes, nothing is infinite, training and new rows look the same."""
    sample = SAMPLES[name](task_type)
    step = case.step(sample)
    train = step.fit_transform(sample.train, sample.train_y)
    test = step.transform(sample.test)
    assert list(train) == list(test)
    assert train.index.equals(sample.train.index)
    assert test.index.equals(sample.test.index)
    for column in step.columns_made_:
        assert train[column].dtype == test[column].dtype
        if test[column].dtype.kind == "f":
            assert not np.isinf(test[column]).any()
            assert not np.isinf(train[column]).any()
    declared = step.operation.outputs(step.inputs, sample.task)
    for one in declared:
        made = Select((one.name,)).fit(test).names_out_ if one.group else [one.name] if one.name in test else []
        assert made, f"{one.name} has vanished"
        if one.missing == 0 and not case.type.keeps_only:
            assert not test[made].isna().any(axis=None), f"{one.name} was to have no missing values"
    if not case.type.cross_fitted:
        assert_frame_equal(train, step.transform(sample.train))


def check_fit_sees_training_rows_only(case: Case) -> None:
    """What comes out for a row depends on the training rows and on itself, not on the rows beside it."""
    sample = messy("regression")
    step = case.fitted(sample)
    together = step.transform(sample.test)
    again = case.fitted(sample).transform(sample.test.iloc[::-1]).iloc[::-1]
    assert_frame_equal(together, again)
    for row in range(len(sample.test)):
        alone = step.transform(sample.test.iloc[[row]])
        assert_frame_equal(alone, together.iloc[[row]])


def check_recall(case: Case) -> None:
    """What was learned of the same columns does for a step that sees other columns beside them."""
    sample = messy("binary")
    fitted = case.fitted(sample)
    if case.type.keeps_only:
        return
    beside = sample.test.assign(stranger=1.0)[["stranger", *sample.test]]
    recalled = case.step(sample).recall(beside, fitted.fitted_)
    expected = fitted.transform(sample.test)
    assert recalled.columns_made_ == fitted.columns_made_
    assert_frame_equal(recalled.transform(beside)[list(expected)], expected)
    assert "stranger" in recalled.names_out_


def check_learns_nothing(case: Case) -> None:
    """Whichever rows it was fitted on, what comes out is the same: it may run once for all folds."""
    sample = messy("binary")
    expected = case.fitted(sample).transform(sample.test)
    on_one = case.step(sample).fit(sample.test.iloc[:1], sample.y.iloc[:1])
    assert_frame_equal(on_one.transform(sample.test), expected)


def check_transform_changes_nothing(case: Case) -> None:
    """Neither the table that comes in nor the step is changed by transforming."""
    sample = messy("binary")
    before = sample.frame.copy()
    step = case.step(sample)
    step.fit_transform(sample.train, sample.train_y)
    state = pickle.dumps(step)
    step.transform(sample.test)
    assert_frame_equal(sample.frame, before)
    assert pickle.dumps(step) == state


def check_no_rows(case: Case) -> None:
    """A table without rows keeps its columns and types; there is nothing to learn from it."""
    sample = messy("binary")
    step = case.fitted(sample)
    some, none = step.transform(sample.test), step.transform(sample.test.iloc[:0])
    assert list(none) == list(some)
    assert len(none) == 0
    assert_series_equal(none.dtypes, some.dtypes)
    _raises_usage_error(lambda: case.step(sample).fit(sample.train.iloc[:0], sample.train_y.iloc[:0]))


def check_columns_by_name(case: Case) -> None:
    """Columns are found by name: in any order, among others; a missing one is an error that names it."""
    sample = messy("binary")
    step = case.fitted(sample)
    expected = step.transform(sample.test)
    turned = sample.test[list(sample.test)[::-1]]
    assert_frame_equal(step.transform(turned), expected)
    more = step.transform(turned.assign(stranger=1.0))
    assert_frame_equal(more[list(expected)], expected)
    assert ("stranger" in more) is not case.type.keeps_only
    if step.columns_made_:
        lost = step.inputs[0].name
        message = _raises_usage_error(lambda: step.transform(sample.test.drop(columns=lost)))
        assert repr(lost) in message
    no_frame: Any = sample.train.to_numpy()
    _raises_usage_error(lambda: case.step(sample).fit(no_frame, sample.train_y))


def check_group_comes_in(case: Case) -> None:
    """A group such as ``city=*`` is taken as a whole, and comes out as one where columns are taken one by one."""
    sample = messy("multiclass")
    kinds = [column.kind for column in case.inputs(sample)]
    if case.type.most_columns is not None or Kind.NUMERIC not in kinds or case.names_its_own:
        return
    group = Column(name="topic~*", kind=Kind.NUMERIC, group=True, width=2, sources=("note",))
    train = sample.train.assign(**{"topic~0": sample.train["age"], "topic~1": sample.train["debt"]})
    operation = case.operation((group,))
    outputs = operation.outputs((group,), sample.task)
    assert all(column.group for column in outputs) or case.type.arity is Arity.JOINT
    step = PlanStep(operation, (group,), task=sample.task)
    out = step.fit_transform(train, sample.train_y)
    made = Select(tuple(column.name for column in outputs)).fit(out)
    assert set(step.columns_made_) <= set(made.names_out_)
    assert len(made.names_out_) >= len(outputs)


# What scikit-learn expects


def check_deterministic(case: Case) -> None:
    """Fitting twice gives the same, and so does fit beside fit_transform."""
    sample = messy("multiclass")
    first, second = case.step(sample), case.step(sample)
    assert_frame_equal(
        first.fit_transform(sample.train, sample.train_y), second.fit_transform(sample.train, sample.train_y)
    )
    only_fitted = case.fitted(sample)
    assert_frame_equal(first.transform(sample.test), only_fitted.transform(sample.test))
    refitted = first.fit(sample.train, sample.train_y)
    assert_frame_equal(refitted.transform(sample.test), only_fitted.transform(sample.test))


def check_estimator(case: Case) -> None:
    """A step is cloned, printed, pickled, drawn, told to give pandas and asked for its names, as any estimator."""
    sample = messy("binary")
    step = case.step(sample)
    copied = clone(step)
    assert copied.get_params() == step.get_params()
    _raises_usage_error(lambda: step.set_output(transform="polars"))
    fitted = step.set_output(transform="pandas").fit(sample.train, sample.train_y)
    assert fitted.n_features_in_ == sample.frame.shape[1]
    assert list(fitted.feature_names_in_) == list(sample.frame)
    assert case.operation(fitted.inputs).describe() in repr(fitted)
    assert not hasattr(clone(fitted), "names_out_")
    reloaded = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - its own
    assert_frame_equal(reloaded.transform(sample.test), fitted.transform(sample.test))
    pipeline = Pipeline([("step", clone(step)), ("select", Select(tuple(fitted.names_out_)))])
    pipeline.set_output(transform="pandas")
    out = pipeline.fit(sample.train, sample.train_y).transform(sample.test)
    assert list(out) == list(pipeline.get_feature_names_out())
    assert "PlanStep" in pipeline._repr_html_()
    assert "PlanStep" in repr(pipeline)


def check_global_settings(case: Case) -> None:
    """What a user asks of scikit-learn elsewhere changes nothing here."""
    sample = messy("binary")
    expected = case.fitted(sample).transform(sample.test)
    with sklearn.config_context(transform_output="pandas"):
        assert_frame_equal(case.fitted(sample).transform(sample.test), expected)


def check_arrays(case: Case) -> None:
    """The lean path over arrays gives what the frame path gives, for all rows and for one."""
    sample = messy("multiclass")
    step = case.fitted(sample)
    for rows in (sample.test, sample.test.iloc[[0]], sample.train):
        expected = step.transform(rows)
        arrays = step.transform_arrays({str(name): rows[name].to_numpy() for name in rows})
        assert list(arrays) == list(expected)
        for name, values in arrays.items():
            assert values.shape == (len(rows),)
            assert_series_equal(pd.Series(values, rows.index, values.dtype, name), expected[name])


# What looking at the target asks for


def check_needs_the_target(case: Case) -> None:
    """Without a target there is a sentence, not a guess."""
    sample = messy("binary")
    assert "target" in _raises_usage_error(lambda: case.step(sample).fit(sample.train))


def check_own_target_does_not_enter(case: Case) -> None:
    """A training row's value does not change with its own target, and differs from what a new row would get."""
    sample = messy("regression")
    step = case.step(sample)
    view = step.fit_transform(sample.train, sample.train_y)
    made = step.columns_made_
    assert not np.allclose(view[made], step.transform(sample.train)[made])
    for row in (0, 7):
        other = sample.train_y.copy()
        other.iloc[row] += 1000.0
        again = case.step(sample).fit_transform(sample.train, other)
        assert_series_equal(again[made].iloc[row], view[made].iloc[row])


CHECKS: tuple[Callable[[Case], None], ...] = (
    check_documented,
    check_document,
    check_outputs,
    check_names,
    check_results_stand_where_the_source_stood,
    check_fit_sees_training_rows_only,
    check_recall,
    check_transform_changes_nothing,
    check_no_rows,
    check_columns_by_name,
    check_group_comes_in,
    check_deterministic,
    check_estimator,
    check_global_settings,
    check_arrays,
)
"""The checks of every operation; some more depend on its traits."""


def _raises_usage_error(action: Callable[[], Any]) -> str:
    try:
        action()
    except UsageError as error:
        return str(error)
    raise AssertionError("a UsageError was expected")
