"""Training a network with scikit-learn, where PyTorch is missing."""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from planfit.models.estimators.network import Network, Rows, Shape, Snapshots, mean_loss
from planfit.models.estimators.rounds import Watch
from planfit.models.metrics import Array

LEARNING_RATE: Final = 1e-3
"""That of the settings is meant for another parametrisation."""
WIDTHS: Final = (256, 128)


class SklearnTrainer:
    """Trains one network batch by batch, as `TorchTrainer` does, with smaller means: categories enter as 0 and 1.

    An absolute loss is trained as a squared one, and judged as what it is.
    """

    def __init__(self, shape: Shape, settings: dict[str, Any], seed: int) -> None:
        self.shape, self.settings = shape, settings
        self.source = np.random.default_rng(seed)
        kind = MLPClassifier if shape.loss == "cross_entropy" else MLPRegressor
        self.model = kind(
            hidden_layer_sizes=WIDTHS,
            learning_rate_init=LEARNING_RATE,
            alpha=settings["weight_decay"] or 1e-4,
            random_state=seed % 2**32,
        )

    def train(self, rows: Rows, valid: Rows | None, watch: Watch) -> Snapshots:
        """Return the networks worth keeping, the best last."""
        matrix = self._matrix(rows)
        epochs, snapshots = self.settings["epochs"], Snapshots()
        batch = min(self.settings["batch"], len(matrix))
        for epoch in range(1, epochs + 1):
            order = self.source.permutation(len(matrix))
            for start in range(0, len(matrix) - batch + 1, batch):
                if start and watch.late():  # one batch there must be: before it there are no weights
                    break
                self._learn(matrix, rows, order[start : start + batch])
            if watch.cut and (snapshots.kept and valid is not None):
                break
            network = self._exported()
            judged = None if valid is None else mean_loss(network.forward(*valid[:2]), valid, self.shape.loss)
            ended = watch.stops(epoch, judged, last=epoch == epochs)
            if watch.best_round == epoch:
                snapshots.keep(epoch, network)
            if ended:
                break
        return snapshots

    def _learn(self, matrix: Array, rows: Rows, chosen: Array) -> None:
        known: dict[str, Any] = {}
        if self.shape.loss == "cross_entropy":
            known["classes"] = np.arange(self.shape.outputs)
        if rows.weights is not None:
            known["sample_weight"] = rows.weights[chosen]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model.partial_fit(matrix[chosen], rows.target[chosen], **known)

    def _matrix(self, rows: Rows) -> Array:
        hot = [np.eye(levels, dtype=np.float32)[rows.codes[:, i]] for i, levels in enumerate(self.shape.levels)]
        return np.concatenate([rows.numbers, *hot], axis=1)

    def _exported(self) -> Network:
        layers = [
            (weights.astype(np.float32), biases.astype(np.float32))
            for weights, biases in zip(self.model.coefs_, self.model.intercepts_, strict=True)
        ]
        return Network([np.eye(levels, dtype=np.float32) for levels in self.shape.levels], layers, "relu")
