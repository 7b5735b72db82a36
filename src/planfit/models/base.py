"""What a model family is, and the base of the estimators it builds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind
from planfit.records.task import Task, TaskType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

JsonDict = dict[str, Any]


@dataclass(frozen=True)
class Dimension:
    """One dimension of a search space."""

    type: Literal["float", "int", "categorical"]
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class FitContext:
    """What a family may know when it builds an estimator."""

    task: Task
    raw: tuple[Column, ...]
    """Columns that the feature plan left, before finishing."""
    columns: tuple[Column, ...]
    """Columns that reach the estimator, after finishing (groups not unfolded)."""
    rows: int
    rounds: int | None
    """Boosting rounds or trees at the most; None: the family's default."""
    learning_rate: float | None
    seed: int
    threads: int

    @property
    def told(self) -> JsonDict:
        """What every estimator is told: how the target is read and judged, and its seed."""
        task = self.task
        return {
            "task_type": task.task_type,
            "classes": task.classes,
            "metric": task.metric,
            "target_transform": task.target_transform,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class FitReport:
    """What a fit was like."""

    rounds: int | None = None
    """Best round, for iterative families."""
    curve: tuple[float, ...] = field(default=())
    """Validation loss by round, where there was a validation part."""
    cut: bool = False
    """The deadline ended it."""
    round_seconds: float | None = None
    """Of a round, the first one, with all that comes before it, left out."""


@dataclass(frozen=True)
class Pace:
    """How a fit is spread over its time."""

    rounds: int | None = None
    """Rounds, epochs or trees at the most; None: the family's own default."""
    learning_rate: float | None = None
    """None: the hyperparameter as it is."""


Deadline = Callable[[], bool]
"""Returns True when the time is up."""


InnerParts: TypeAlias = "list[tuple[NDArray[np.intp], NDArray[np.intp]]]"
"""Positions to learn from and positions to judge by, for a choice that an estimator makes inside of its training rows."""


class Family(ABC):
    """A kind of estimator that a model plan may use. One instance a family in the registry.

    The docstring of a subclass is what planners read: what it is good at, what it costs.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    module: ClassVar[str | None] = None
    """Module that must be importable, None for scikit-learn."""
    extra: ClassVar[str | None] = None
    """The extra of planfit that brings it."""
    tasks: ClassVar[frozenset[TaskType]] = frozenset({"binary", "multiclass", "regression"})
    Params: ClassVar[type[Record]]
    """Hyperparameters with bounds and tuned defaults."""
    iterative: ClassVar[bool] = False
    """Fits round by round and stops early on a validation part."""
    simplicity: ClassVar[int] = 5
    """1: read at a glance; 9: an ensemble of many deep trees. Decides ``deliver=simple``."""
    exports_onnx: ClassVar[bool] = False
    cost: ClassVar[float] = 1.0
    """Time that it is worth beside LightGBM: what candidates share a limit by."""
    class_power: ClassVar[float] = 1.0
    """Power of the number of classes that its time grows by: 1 where each class has trees of its own."""
    round_seconds: ClassVar[tuple[float, float] | None] = None
    """Of a round (an epoch, a tree) on one thread: fixed, and for each cell of the training part. A guess by which a
    probe is passed over where time is plenty. None: it has no rounds to save on."""
    fewest_rounds: ClassVar[int] = 40
    """Fewer teach it too little to be worth a start."""
    probe_rounds: ClassVar[int] = 12
    """Rounds by which the speed is measured on a table where time is short."""
    start_seconds: ClassVar[float] = 0.0
    """What loading its library takes."""
    same_for_any_threads: ClassVar[bool] = False
    """The number of threads changes how long it takes and not one bit of the result."""

    @property
    def installed(self) -> bool:
        return self.module is None or find_spec(self.module) is not None

    @abstractmethod
    def finishing(self, columns: tuple[Column, ...], task: Task) -> list[JsonDict]:
        """Return the steps, in the plan language, that make `columns` acceptable. Accepts every kind."""

    @abstractmethod
    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        """Return the search space for tuning."""

    def cost_for(self, classes: int) -> float:
        """Return the time that it is worth on so many classes, beside LightGBM on two; values count as one class."""
        return float(self.cost * max(1, classes - 1) ** self.class_power)

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        """Return the tuned defaults for a table of that shape."""
        return self.Params()

    def load(self) -> None:  # noqa: B027
        """Import what a fit needs, so that no fold's share of the time is spent on it."""

    def usual_rounds(self, params: Record) -> float:
        """Return how many rounds a fit takes where nothing presses."""
        return float(getattr(params, "rounds", 1))

    def pace(self, affordable: float | None, rows: int, columns: int, task: Task, params: Record) -> Pace:
        """Return rounds and learning rate so that a fit ends by convergence and not by the clock.

        Parameters
        ----------
        affordable : float or None
            Rounds that the time allows; None: no clock decides, the shape of the table does.
        rows, columns : int
            Of the table.
        """
        return Pace()

    @abstractmethod
    def build(self, params: Record, context: FitContext) -> Any:
        """Return an unfitted `models.estimator.Model`."""


def names_of(columns: tuple[Column, ...], *kinds: Kind) -> list[str]:
    """Return the names of the columns of those kinds."""
    return [column.name for column in columns if column.kind in kinds]
