"""A small neural network: what goes in, how long it learns, how it predicts. PyTorch trains it, NumPy applies it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planfit.models.base import Deadline, FitReport
from planfit.models.estimator import Model, floats, probabilities
from planfit.models.estimators.network import Loss, Rows, Shape, Snapshots
from planfit.models.estimators.rounds import Watch
from planfit.models.estimators.squash import Squash
from planfit.models.estimators.targets import Unit, combined, fitted_loss, relative_weights
from planfit.models.metrics import Array
from planfit.records.task import Label, TaskType

SMALLEST_BATCH: Final = 32
"""A batch that does not fit in memory is halved down to this."""


class MLPModel(Model):
    """A network of equal layers on squashed numbers and embedded categories.

    Parameters
    ----------
    embedded : tuple of str
        Columns that hold category codes, each code to become a few learned numbers.
    backend : {"auto", "torch", "scikit-learn"}
        What trains it; auto takes PyTorch where it is installed.
    rounds : int
        Epochs at the most, where a validation part decides.
    blind_rounds : int, optional
        Epochs where there is none. None: `rounds`.

    Attributes
    ----------
    backend_ : str
        What trained it.
    batch_ : int
        Rows a step; fewer than asked for where memory did not suffice.
    network_ : planfit.models.estimators.network.Network
        The weights: plain arrays, so that predicting needs no other library.
    rounds_ : int
        Epochs that these weights were trained for.
    """

    def __init__(
        self,
        task_type: TaskType = "binary",
        classes: tuple[Label, ...] = (),
        metric: str = "",
        target_transform: str = "none",
        embedded: tuple[str, ...] = (),
        width: int = 256,
        depth: int = 3,
        embedding: int = 8,
        learning_rate: float = 0.04,
        dropout: float = 0.15,
        weight_decay: float = 0.0,
        batch: int = 256,
        rounds: int = 64,
        blind_rounds: int | None = None,
        patience: int = 29,
        backend: Literal["auto", "torch", "scikit-learn"] = "auto",
        seed: int = 0,
    ) -> None:
        self.task_type = task_type
        self.classes = classes
        self.metric = metric
        self.target_transform = target_transform
        self.embedded = embedded
        self.width = width
        self.depth = depth
        self.embedding = embedding
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.batch = batch
        self.rounds = rounds
        self.blind_rounds = blind_rounds
        self.patience = patience
        self.backend = backend
        self.seed = seed

    def _fit_arrays(
        self, X: pd.DataFrame, target: Array, valid: tuple[pd.DataFrame, Array] | None, deadline: Deadline | None
    ) -> FitReport:
        matrix = floats(X)
        self._learn_inputs(X, matrix)
        loss: Loss = "cross_entropy"
        if self.task_type == "regression":
            self.unit_ = Unit.of(target)
            self.range_ = (float(target.min()), float(target.max()))
            loss = "squared" if fitted_loss(self.metric, self.log_) == "squared" else "absolute"
        shape = Shape(self.levels_, 1 if loss != "cross_entropy" else len(self.present_), loss)
        rows = self._rows(matrix, target, self._row_weights)
        part = None
        if valid is not None:
            part = self._rows(floats(valid[0][list(X.columns)]), valid[1], self._valid_weights)
        watch, snapshots = self._trained(shape, rows, part, deadline)
        if not all(network.finite for _, network in snapshots.kept):
            raise FloatingPointError("The weights of the neural network are not finite.")
        self._snapshots = snapshots
        self._use(watch.best_round)
        return watch.report

    def _learn_inputs(self, X: pd.DataFrame, matrix: Array) -> None:
        names, wanted = list(X.columns), set(self.embedded)
        self.numbers_ = [place for place, name in enumerate(names) if name not in wanted]
        self.coded_ = [place for place, name in enumerate(names) if name in wanted]
        tops = [np.nan_to_num(matrix[:, place], nan=-1).max() for place in self.coded_]
        self.levels_ = tuple(int(top) + 2 for top in tops)
        self.squash_ = Squash().fit(matrix[:, self.numbers_])

    def _rows(self, matrix: Array, target: Array, row_weights: Array | None) -> Rows:
        numbers, codes = self._inputs(matrix)
        weights = None
        if self.task_type == "regression":
            if fitted_loss(self.metric, self.log_) == "relative":
                weights = relative_weights(target)
            target = self.unit_.standardised(target)
        return Rows(numbers.astype(np.float32), codes, target, combined(weights, row_weights))

    def _inputs(self, matrix: Array) -> tuple[Array, NDArray[np.int64]]:
        """Return squashed numbers, and codes of which the last stands for missing and for never seen."""
        missing = np.asarray(self.levels_, dtype=np.float64) - 1
        codes = matrix[:, self.coded_]
        codes = np.where((codes >= 0) & (codes < missing), codes, missing).astype(np.int64)
        return self.squash_.transform(matrix[:, self.numbers_]), codes

    def _trained(
        self, shape: Shape, rows: Rows, part: Rows | None, deadline: Deadline | None
    ) -> tuple[Watch, Snapshots]:
        """Train, with smaller batches where memory runs out."""
        self.backend_ = self.backend
        if self.backend == "auto":
            self.backend_ = "torch" if find_spec("torch") is not None else "scikit-learn"
        self.batch_ = self.batch
        while True:
            watch = Watch("the neural network", None if part is None else self.patience, deadline)
            try:
                return watch, self._trainer(shape).train(rows, part, watch)
            except (MemoryError, RuntimeError) as error:
                if not _is_memory(error) or self.batch_ <= SMALLEST_BATCH:
                    raise
                self.batch_ //= 2

    def _trainer(self, shape: Shape) -> Any:
        settings = {
            "width": self.width, "depth": self.depth, "embedding": self.embedding, "learning_rate": self.learning_rate,
            "dropout": self.dropout, "weight_decay": self.weight_decay, "batch": self.batch_,
            "epochs": self.blind_rounds or self.rounds,
        }  # fmt: skip
        if self.backend_ == "torch":
            from planfit.models.estimators.mlp_torch import TorchTrainer

            return TorchTrainer(shape, settings, self.seed)
        from planfit.models.estimators.mlp_sklearn import SklearnTrainer

        return SklearnTrainer(shape, settings, self.seed)

    def _use(self, epoch: int) -> None:
        self.rounds_, network = self._snapshots.nearest(epoch)
        self.network_ = network.of_type(np.float64)

    def limit_rounds(self, rounds: int) -> Self:
        """Predict with the weights of the kept epoch that is nearest to `rounds`."""
        if self.constant_ is None:
            self._use(rounds)
        return self

    def _raw_matrix(self, X: Array) -> Array:
        outputs = self.network_.forward(*self._inputs(X))
        if self.task_type == "regression":
            return np.clip(self.unit_.restored(outputs[:, 0]), *self.range_)
        return probabilities(outputs)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "_snapshots" in state:  # the weights that predict, in the precision that they were trained in
            del state["_snapshots"]
            state["network_"] = self.network_.of_type(np.float32)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "network_" in state:
            self.network_ = state["network_"].of_type(np.float64)
            self._snapshots = Snapshots()
            self._snapshots.keep(self.rounds_, self.network_)


def _is_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "allocate memory" in text
