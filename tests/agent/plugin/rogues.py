"""A package of other people: model families that go wrong in every way, an operation that breaks on many rows, and a
planner that wants them. Found by entry points, as any plug-in is."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from planfit.models.base import FitContext, JsonDict
from planfit.models.estimator import Model
from planfit.models.forests import RandomForest
from planfit.operations.base import BuildContext, Operation, made_of
from planfit.planners.base import Answer, Ask
from planfit.planners.expert.expert import Expert
from planfit.planners.scripted import Scripted
from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind
from planfit.records.task import Task


class NoParams(Record):
    """Nothing to choose."""


class RogueModel(Model):
    """Goes wrong as soon as it is fitted."""

    def __init__(self, way: str, task_type: str, classes: tuple[Any, ...], metric: str, target_transform: str) -> None:
        self.way = way
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.seed = 0

    def _fit_arrays(self, X: Any, target: Any, valid: Any, deadline: Any) -> Any:
        WAYS[self.way]()


def eat() -> None:
    held = []
    while True:
        held.append(np.ones(4 << 20))  # 32 MB


def crash() -> None:
    ctypes.string_at(0)


def never_end() -> None:
    while True:
        sum(range(10_000))


def lose() -> None:
    raise FloatingPointError("The training loss is NaN after round 3")


WAYS = {"eater": eat, "crasher": crash, "endless": never_end, "nan_loss": lose}


class Rogue(RandomForest):
    """A family that goes wrong."""

    Params: ClassVar[type[Record]] = NoParams

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        return NoParams()

    def build(self, params: Record, context: FitContext) -> Any:
        task = context.task
        return RogueModel(self.name, task.task_type, task.classes, task.metric, task.target_transform)


class Eater(Rogue):
    """Takes all the memory there is."""

    name: ClassVar[str] = "eater"


class Crasher(Rogue):
    """Crashes in native code."""

    name: ClassVar[str] = "crasher"


class Endless(Rogue):
    """Never ends, and does not look at its deadline."""

    name: ClassVar[str] = "endless"


class NanLoss(Rogue):
    """Its loss is NaN."""

    name: ClassVar[str] = "nan_loss"


class OnFewRows(TransformerMixin, BaseEstimator):
    """Fits on a sample and breaks on a whole table."""

    def fit(self, X: Any, y: Any = None) -> OnFewRows:
        if len(X) > 510:
            raise ValueError(f"{len(X)} rows are more than this was written for")
        return self

    def transform(self, X: Any) -> Any:
        return X


class Brittle(Operation):
    """Passes numbers on, as long as they are few."""

    operation: Literal["brittle"] = "brittle"

    accepts: ClassVar = frozenset({Kind.NUMERIC})
    suffix: ClassVar = "_brittle"
    theme: ClassVar = "numbers"

    def outputs(self, inputs: tuple[Column, ...], task: Task | None) -> tuple[Column, ...]:
        return tuple(made_of(column, self.named(column), Kind.NUMERIC) for column in inputs)

    def build(self, context: BuildContext) -> Any:
        return OnFewRows()


class Stubborn:
    """Wants the families that stand behind its name, ``stubborn:linear,crasher``, then ends; the rest is the expert's."""

    def __init__(self, wanted: str | None) -> None:
        self.name = f"stubborn:{wanted}"
        self._wanted = (wanted or "linear").split(",")
        self._expert = Expert()

    def propose(self, ask: Ask) -> Answer:
        if ask.plan_kind != "NextStep":
            return self._expert.propose(ask)
        plan: JsonDict = {"candidates": [{"family": family} for family in self._wanted]}
        move: JsonDict = {"move": "models", "plan": plan} if ask.round == 1 else {"move": "finish"}
        return Scripted([move]).propose(ask)
