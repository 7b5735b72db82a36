"""Training a network with PyTorch, in the manner of RealMLP's simple variant (Holzmüller and others, 2024)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch

from planfit.models.estimators.network import ActivationName, Network, Rows, Shape, Snapshots, mean_loss
from planfit.models.estimators.rounds import Watch

BETAS: Final = (0.9, 0.95)
SCALE_RATE: Final = 6.0
"""Learning rate of the scales of the inputs, in multiples of that of the weights."""
BIAS_RATE: Final = 0.1
CYCLES: Final = 4
"""The learning rate rises and falls so many times, each cycle twice as long as the one before."""


class TorchTrainer:
    """Trains one network.

    Parameters
    ----------
    shape : Shape
    settings : dict
        ``width``, ``depth``, ``embedding``, ``learning_rate``, ``dropout``, ``weight_decay``, ``batch``, ``epochs``.
    seed : int
    """

    def __init__(self, shape: Shape, settings: dict[str, Any], seed: int) -> None:
        self.shape, self.settings = shape, settings
        self.source = np.random.default_rng(seed)
        self.activation: ActivationName = "selu" if shape.loss == "cross_entropy" else "mish"

    def train(self, rows: Rows, valid: Rows | None, watch: Watch) -> Snapshots:
        """Return the networks worth keeping, the best last."""
        with _one_thread():
            self._build(rows)
            return self._train(rows, valid, watch)

    def _build(self, rows: Rows) -> None:
        size, width = self.settings["embedding"], self.settings["width"]
        self.tables = [self._drawn(levels, size) for levels in self.shape.levels]
        widths = [rows.numbers.shape[1] + size * len(self.tables), *[width] * self.settings["depth"]]
        self.scale = torch.ones(widths[0], requires_grad=True)
        self.weights = [self._drawn(before, after) for before, after in pairwise(widths)]
        self.biases = [self._drawn(after) for after in widths[1:]]
        self.weights.append(torch.zeros(widths[-1], self.shape.outputs, requires_grad=True))
        self.biases.append(torch.tensor(self._level(rows), dtype=torch.float32, requires_grad=True))
        rate, decay = self.settings["learning_rate"], self.settings["weight_decay"]
        self.rates = (SCALE_RATE * rate, rate, BIAS_RATE * rate)
        groups = (([self.scale], 0.0), ([*self.tables, *self.weights], decay), (self.biases, 0.0))
        self.optimizer = torch.optim.AdamW(
            [{"params": each, "weight_decay": decay} for each, decay in groups], betas=BETAS, fused=True
        )

    def _drawn(self, *size: int) -> torch.Tensor:
        values = self.source.standard_normal(size, dtype=np.float32)
        return torch.from_numpy(values).requires_grad_()

    def _level(self, rows: Rows) -> Any:
        """Return the biases of the last layer: an untrained network predicts the shares of the classes, or the mean."""
        if self.shape.loss != "cross_entropy":
            return [0.0]
        return np.log(np.bincount(rows.target, minlength=self.shape.outputs) / len(rows.target))

    def _train(self, rows: Rows, valid: Rows | None, watch: Watch) -> Snapshots:
        numbers, codes = torch.from_numpy(rows.numbers), torch.from_numpy(rows.codes)
        dtype = torch.int64 if self.shape.loss == "cross_entropy" else torch.float32
        target = torch.as_tensor(rows.target, dtype=dtype)
        weights = None if rows.weights is None else torch.as_tensor(rows.weights, dtype=torch.float32)
        epochs, snapshots = self.settings["epochs"], Snapshots()
        batch = min(self.settings["batch"], len(rows.target))
        batches = len(rows.target) // batch
        for epoch in range(1, epochs + 1):
            order = torch.from_numpy(self.source.permutation(len(rows.target)))
            for number in range(batches):
                if watch.late():
                    break
                self._set_rates((epoch - 1 + number / batches) / epochs)
                chosen = order[number * batch : (number + 1) * batch]
                each = self._losses(self._forward(numbers[chosen], codes[chosen]), target[chosen])
                loss = (each if weights is None else each * weights[chosen]).mean()
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()
                self.optimizer.step()
            if watch.cut and (snapshots.kept and valid is not None):
                break
            network = self._exported(rows)
            judged = None if valid is None else mean_loss(network.forward(*valid[:2]), valid, self.shape.loss)
            ended = watch.stops(epoch, judged, last=epoch == epochs)
            if watch.best_round == epoch:
                snapshots.keep(epoch, network)
            if ended:
                break
        return snapshots

    def _set_rates(self, done: float) -> None:
        """Set the learning rates for a share of the training (coslog4)."""
        level = 0.5 - 0.5 * math.cos(2 * math.pi * math.log2(1 + (2**CYCLES - 1) * done))
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * level

    def _forward(self, numbers: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        embedded = [table[codes[:, place]] for place, table in enumerate(self.tables)]
        inner = torch.cat([numbers, *embedded], dim=1) * self.scale
        activate = torch.nn.functional.selu if self.activation == "selu" else torch.nn.functional.mish
        for weights, biases in zip(self.weights[:-1], self.biases, strict=False):
            inner = activate(torch.addmm(biases, inner, weights, alpha=_factor(weights)))
            if self.settings["dropout"]:
                inner = inner * self._mask(inner.shape)
        return torch.addmm(self.biases[-1], inner, self.weights[-1], alpha=_factor(self.weights[-1]))

    def _mask(self, size: tuple[int, ...]) -> torch.Tensor:
        kept = 1.0 - self.settings["dropout"]
        return torch.from_numpy((self.source.random(size, dtype=np.float32) < kept).astype(np.float32) / kept)

    def _losses(self, outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if self.shape.loss == "cross_entropy":
            return torch.nn.functional.cross_entropy(outputs, target, reduction="none")
        errors = outputs[:, 0] - target
        return errors.square() if self.shape.loss == "squared" else errors.abs()

    def _exported(self, rows: Rows) -> Network:
        """Return the weights as arrays, all factors multiplied out."""
        layers = [
            (_array(weights) * _factor(weights), _array(biases))
            for weights, biases in zip(self.weights, self.biases, strict=True)
        ]
        layers[0] = (_array(self.scale)[:, None] * layers[0][0], layers[0][1])
        tables = [_array(table) for table in self.tables]
        for place, table in enumerate(tables):  # a code that never occurred means an average one
            counts = np.bincount(rows.codes[:, place], minlength=len(table))
            table[counts == 0] = counts @ table / counts.sum()
        return Network(tables, layers, self.activation)


def _factor(weights: torch.Tensor) -> float:
    """Return what weights of variance 1 are multiplied by, whatever the width: the neural tangent parametrisation."""
    return float(1.0 / math.sqrt(weights.shape[0]))


def _array(tensor: torch.Tensor) -> Any:
    return tensor.detach().numpy().copy()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep to one thread: steps are too short for more to pay, and on busy cores waiting threads cost ten times the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
