"""A small neural network: the family; its estimator is in `estimators/mlp.py`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from planfit.models.base import Dimension, Family, FitContext, JsonDict, Pace, names_of
from planfit.models.finishing import (
    MOST_NATIVE_LEVELS,
    RARE_ROWS,
    by_levels,
    date_parts,
    drop_useless,
    step,
)
from planfit.records.canonical import Record
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

MOST_ONE_HOT_LEVELS: Final = 9
"""Categories of more levels are embedded."""
FEW_ROWS: Final = 2_000
"""Rows up to which an epoch has so few steps that twice the epochs are needed."""
MANY_ROWS: Final = 20_000
"""Rows from which half of the epochs suffice."""
TORCH_SECONDS: Final = 2.5
"""What importing it takes."""
PATIENT_SHARE: Final = 0.45
"""Share of the epochs that may pass without improvement: the learning rate rises anew for half of them."""


class MLPParams(Record):
    """Size and training of the network."""

    width: Annotated[int, Field(ge=8, le=1024)] = 256
    depth: Annotated[int, Field(ge=1, le=6)] = 3
    """Hidden layers."""
    embedding: Annotated[int, Field(ge=1, le=32)] = 8
    """Learned numbers a level of a category."""
    learning_rate: Annotated[float, Field(ge=1e-4, le=1)] = 0.04
    dropout: Annotated[float, Field(ge=0, le=0.9)] = 0.15
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    batch: Annotated[int, Field(ge=16, le=8192)] = 256
    rounds: Annotated[int, Field(ge=1, le=2000)] = 64
    """Epochs at the most; a validation part ends it earlier."""
    patience: Annotated[int, Field(ge=1, le=1000)] = 29
    """Epochs without improvement of the validation loss before it ends."""


class MLP(Family):
    """A neural network of three layers. Smooth where trees are stepped: strong on numeric columns that act together,
    and the most different member beside trees. Seconds to minutes by rows and epochs; wants a thousand rows or more.
    PyTorch trains it where it is installed, scikit-learn otherwise, with less to show for it."""

    name: ClassVar[str] = "mlp"
    extra: ClassVar[str | None] = "full"
    Params: ClassVar[type[Record]] = MLPParams
    iterative: ClassVar[bool] = True
    simplicity: ClassVar[int] = 8
    cost: ClassVar[float] = 2.5
    class_power: ClassVar[float] = 0.0
    round_seconds: ClassVar = (1e-2, 2e-6)
    fewest_rounds: ClassVar[int] = 24
    probe_rounds: ClassVar[int] = 3

    @property
    def start_seconds(self) -> float:  # type: ignore[override]
        return TORCH_SECONDS if find_spec("torch") is not None else 0.0

    def load(self) -> None:
        if find_spec("torch") is not None:
            torch = import_module("torch")
            torch.optim.AdamW([torch.zeros(1, requires_grad=True)])  # the first one imports a second's worth of modules

    def finishing(self, columns: tuple[Column, ...], task: Task) -> list[JsonDict]:
        few, embedded, many = self._categories(columns)
        gaps = [
            column.name
            for column in columns
            if column.kind in (Kind.NUMERIC, Kind.BOOLEAN) and column.missing and not column.group
        ]
        return [
            *drop_useless(columns),
            *date_parts(columns),
            *step("missing_indicator", gaps),
            *step("tfidf", names_of(columns, Kind.TEXT)),
            *step("target_encode", many),
            *step("one_hot_encode", few, min_frequency=RARE_ROWS),
            *step("ordinal_encode", embedded),
        ]

    def _categories(self, columns: tuple[Column, ...]) -> tuple[list[str], list[str], list[str]]:
        """Return the categories of few levels, of some (which are embedded) and of many."""
        some, many = by_levels(columns, MOST_NATIVE_LEVELS)
        few = set(by_levels(columns, MOST_ONE_HOT_LEVELS)[0])
        return [name for name in some if name in few], [name for name in some if name not in few], many

    def space(self, rows: int, columns: int, task: Task) -> dict[str, Dimension]:
        return {
            "width": Dimension("categorical", choices=(128, 256, 384)),
            "depth": Dimension("int", 2, 4),
            "embedding": Dimension("categorical", choices=(4, 8, 16)),
            "learning_rate": Dimension("float", 0.01, 0.3, log=True),
            "dropout": Dimension("float", 0.0, 0.4),
            "weight_decay": Dimension("float", 0.0, 0.05),
        }

    def defaults(self, rows: int, columns: int, task: Task) -> Record:
        rounds = 128 if rows < FEW_ROWS else 64 if rows < MANY_ROWS else 32
        return MLPParams(
            learning_rate=0.04 if task.is_classification else 0.07,
            batch=256 if rows < 50_000 else 1024,
            rounds=rounds,
            patience=round(PATIENT_SHARE * rounds),
        )

    def pace(self, affordable: float | None, rows: int, columns: int, task: Task, params: Record) -> Pace:
        if affordable is None or affordable >= self.usual_rounds(params):
            return Pace()
        return Pace(rounds=max(self.fewest_rounds, int(affordable)))

    def build(self, params: Record, context: FitContext) -> Any:
        from planfit.models.estimators.mlp import MLPModel

        values = params.model_dump()
        left = {column.name for column in context.columns}
        _, embedded, _ = self._categories(context.raw)
        return MLPModel(
            **values | {"rounds": context.rounds or values["rounds"], "blind_rounds": context.rounds},
            **context.told,
            embedded=tuple(name for name in embedded if name in left),
        )
