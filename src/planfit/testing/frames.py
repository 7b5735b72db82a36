"""Small awkward tables, for tests of whatever takes a table. Every call gives new ones; none is longer than it must be.

`messy` has something of everything: gaps, infinite numbers, a lone category, a category and a gap that training does
not hold, a column without a value, a constant, odd texts. `SAMPLES` names the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from planfit.records.schema import Column, Kind
from planfit.records.task import Label, SplitKind, SplitSpec, Task, TaskType

CLASSES: dict[str, tuple[Label, ...]] = {
    "binary": ("no", "yes"),
    "multiclass": (0, 1, 7),
    "regression": (),
}


@dataclass(frozen=True)
class Sample:
    """A typed table, as the door gives it, and what is to be learned from it.

    Attributes
    ----------
    frame : DataFrame
        Numbers and booleans as floats, dates as ``datetime64[us]``, everything else as texts with NaN for missing.
    columns : tuple of Column
        What the columns mean.
    y : Series
        Original labels, or numbers.
    task : Task
    training : int
        The first rows, up to this one, are for fitting.
    """

    frame: pd.DataFrame
    columns: tuple[Column, ...]
    y: pd.Series
    task: Task
    training: int

    @property
    def train(self) -> pd.DataFrame:
        return self.frame.iloc[: self.training]

    @property
    def train_y(self) -> pd.Series:
        return self.y.iloc[: self.training]

    @property
    def test(self) -> pd.DataFrame:
        """Rows that nothing was fitted on; in `messy`, with values that training does not hold."""
        return self.frame.iloc[self.training :]

    def of_kind(self, *kinds: Kind) -> tuple[Column, ...]:
        """Return the columns of those kinds."""
        return tuple(column for column in self.columns if column.kind in kinds)

    def having(self, **changes: Any) -> Sample:
        """Return a copy with some fields changed."""
        return replace(self, **changes)


def texts(*values: Any) -> pd.Series:
    """Return values as the door gives texts: objects, NaN for missing."""
    return pd.Series([np.nan if value is None else value for value in values], dtype=object)


def typed(frame: pd.DataFrame, kinds: dict[str, Kind]) -> pd.DataFrame:
    """Return `frame` with texts as objects, whatever this version of pandas would have made of them."""
    numbers = (Kind.NUMERIC, Kind.BOOLEAN, Kind.DATETIME)
    return frame.astype({name: object for name, kind in kinds.items() if kind not in numbers})


def columns_of(frame: pd.DataFrame, kinds: dict[str, Kind]) -> tuple[Column, ...]:
    """Return the description of each column of `frame`."""
    return tuple(
        Column(
            name=name,
            kind=kind,
            n_unique=int(frame[name].nunique()),
            missing=int(frame[name].isna().sum()),
            sources=(name,),
        )
        for name, kind in kinds.items()
    )


def task_of(task_type: TaskType = "binary", split: SplitKind = "stratified", column: str | None = None) -> Task:
    """Return a task on the target ``y``."""
    classes = CLASSES[task_type]
    return Task(
        sentence="Predict y",
        target="y",
        task_type=task_type,
        metric="rmse" if task_type == "regression" else "log_loss",
        greater_is_better=False,
        classes=classes,
        positive_class="yes" if task_type == "binary" else None,
        split=SplitSpec(kind="random" if task_type == "regression" and split == "stratified" else split, column=column),
    )


def target_of(task_type: TaskType, rows: int, seed: int = 0) -> pd.Series:
    """Return a target of `rows` rows; the last class of a multiclass target has two rows only."""
    source = np.random.default_rng(seed)
    if task_type == "regression":
        return pd.Series(source.normal(10.0, 3.0, rows), name="y")
    classes = CLASSES[task_type]
    codes = source.integers(0, 2, rows)
    codes[:2] = (0, 1)
    if len(classes) > 2:
        codes[[rows // 3, rows // 2]] = 2
    return pd.Series([classes[code] for code in codes], name="y", dtype=object if task_type == "binary" else None)


def messy(task_type: TaskType = "binary", *, rows: int = 60, seed: int = 0) -> Sample:
    """Return a table with something of everything, its index out of order."""
    source = np.random.default_rng(seed)
    training = rows - 10
    words = np.array(["late", "broken", "thanks", "Ünïcode", "again", "不", "100%"], dtype=object)
    days = source.integers(0, 900, rows).astype("timedelta64[D]")
    frame = pd.DataFrame(
        {
            "age": source.normal(40, 12, rows),
            "income": np.exp(source.normal(10, 2, rows)),
            "debt": np.where(source.random(rows) < 0.5, 0.0, source.normal(0, 5, rows)),
            "member": source.integers(0, 2, rows).astype(float),
            "city": source.choice(np.array(["rome", "oslo", "são paulo"], dtype=object), rows),
            "street": np.array([f"s{number}" for number in source.integers(0, 40, rows)], dtype=object),
            "since": (np.datetime64("1999-12-31T23:59:58", "us") + days).astype("datetime64[us]"),
            "until": (np.datetime64("2003-01-01T12:00:00", "us") + days[::-1]).astype("datetime64[us]"),
            "note": np.array([" ".join(source.choice(words, 4)) for _ in range(rows)], dtype=object),
            "key": np.array([f"id-{number}" for number in range(rows)], dtype=object),
            "always": np.array(["so"] * rows, dtype=object),
            "nothing": np.full(rows, np.nan),
            "silence": np.full(rows, np.nan, dtype=object),
        }
    )
    for place, name in enumerate(("age", "member", "street", "since", "note")):
        frame.loc[place:training:7, name] = pd.NaT if name == "since" else np.nan
    frame.loc[[2, 5], "income"] = [np.inf, -np.inf]
    frame.loc[8, "city"] = "ghost"  # once, in training
    frame.loc[training, ["city", "street"]] = "unheard of"
    for name in ("city", "income", "debt", "since"):
        frame.loc[training + 1, name] = pd.NaT if name == "since" else np.nan
    frame.loc[training + 2, "income"] = np.inf
    frame.loc[training + 3, "nothing"] = 3.0  # a value where training had none
    frame.loc[training + 3, "silence"] = "word"
    kinds = {
        "age": Kind.NUMERIC, "income": Kind.NUMERIC, "debt": Kind.NUMERIC, "member": Kind.BOOLEAN,
        "city": Kind.CATEGORICAL, "street": Kind.CATEGORICAL, "since": Kind.DATETIME, "until": Kind.DATETIME, "note": Kind.TEXT,
        "key": Kind.IDENTIFIER, "always": Kind.CONSTANT, "nothing": Kind.NUMERIC, "silence": Kind.CATEGORICAL,
    }  # fmt: skip
    index = pd.Index(source.permutation(rows) + 100)
    y = target_of(task_type, rows, seed).set_axis(index)
    frame = typed(frame, kinds)
    return Sample(frame.set_axis(index), columns_of(frame, kinds), y, task_of(task_type), training)


def constant(task_type: TaskType = "binary") -> Sample:
    """Return a table in which no column of any kind varies."""
    rows = 12
    frame = pd.DataFrame({name: series.repeat(rows).reset_index(drop=True) for name, series in _one_of_each().items()})
    frame = typed(frame, ONE_OF_EACH)
    return Sample(frame, columns_of(frame, ONE_OF_EACH), target_of(task_type, rows), task_of(task_type), 8)


def all_missing(task_type: TaskType = "binary") -> Sample:
    """Return a table whose training rows hold nothing at all; the rows for testing do."""
    full = constant(task_type)
    frame = full.frame.copy()
    for name, kind in ONE_OF_EACH.items():
        frame.loc[: full.training - 1, name] = pd.NaT if kind is Kind.DATETIME else np.nan
    return full.having(frame=frame, columns=columns_of(frame, ONE_OF_EACH))


def one_row(task_type: TaskType = "binary") -> Sample:
    """Return a table with one row for training and one for testing."""
    full = constant(task_type)
    return full.having(frame=full.frame.iloc[:2], y=full.y.iloc[:2], training=1)


def grouped(task_type: TaskType = "binary") -> Sample:
    """Return `messy` with a split by a carried group column, ``household``."""
    sample = messy(task_type)
    groups = texts(*(f"h{row // 5}" for row in range(len(sample.frame)))).set_axis(sample.frame.index)
    return sample.having(frame=sample.frame.assign(household=groups), task=task_of(task_type, "group", "household"))


def timed(task_type: TaskType = "binary") -> Sample:
    """Return `messy` with a split by its date column, ``since``."""
    return messy(task_type).having(task=task_of(task_type, "time", "since"))


ONE_OF_EACH = {
    "number": Kind.NUMERIC, "amount": Kind.NUMERIC, "flag": Kind.BOOLEAN, "level": Kind.CATEGORICAL,
    "date": Kind.DATETIME, "later": Kind.DATETIME, "text": Kind.TEXT, "key": Kind.IDENTIFIER, "same": Kind.CONSTANT,
}  # fmt: skip


def _one_of_each() -> dict[str, pd.Series]:
    return {
        "number": pd.Series([3.5]),
        "amount": pd.Series([0.0]),
        "flag": pd.Series([1.0]),
        "level": texts("a"),
        "date": pd.Series(np.array(["2024-02-29T12:30"], dtype="datetime64[us]")),
        "later": pd.Series(np.array(["2024-03-01T00:00"], dtype="datetime64[us]")),
        "text": texts("the same words"),
        "key": texts("k1"),
        "same": texts("x"),
    }


SAMPLES: dict[str, Callable[..., Sample]] = {
    "messy": messy,
    "constant": constant,
    "all_missing": all_missing,
    "one_row": one_row,
    "grouped": grouped,
    "timed": timed,
}
"""The samples by name; each takes a task type."""
