"""A small network as plain arrays: embeddings, dense layers, an activation. Whatever trained it, NumPy applies it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planfit.models.metrics import Array

ActivationName = Literal["selu", "mish", "relu"]
Loss = Literal["cross_entropy", "squared", "absolute"]
SELU_SCALE: Final = 1.0507009873554805
SELU_ALPHA: Final = 1.6732632423543772
ROWS_AT_ONCE: Final = 8_192
"""Rows that are in the layers at a time."""
SPACING: Final = 1.2
"""Kept epochs are at least so far apart, as a factor, but for the newest."""


class Rows(NamedTuple):
    """Rows as a network takes them."""

    numbers: NDArray[np.float32]
    codes: NDArray[np.int64]
    """One column a category; the last code of each is the missing one."""
    target: Array
    """Class codes, or standardised values."""
    weights: Array | None = None


@dataclass(frozen=True)
class Shape:
    """What is to be built, apart from the rows."""

    levels: tuple[int, ...]
    """Codes of each category, the missing one included."""
    outputs: int
    """Classes, or 1."""
    loss: Loss


@dataclass(frozen=True)
class Network:
    """The weights of a network.

    Parameters
    ----------
    tables : list of array of shape (levels, size)
        A row for each code of a category.
    layers : list of (weights, biases)
    activation : str
        Between the layers.
    """

    tables: list[Array]
    layers: list[tuple[Array, Array]]
    activation: ActivationName

    def forward(self, numbers: Array, codes: NDArray[np.int64]) -> Array:
        """Return the outputs for so many rows, in the precision of the weights."""
        parts = [
            self._forward(numbers[start : start + ROWS_AT_ONCE], codes[start : start + ROWS_AT_ONCE])
            for start in range(0, max(len(numbers), 1), ROWS_AT_ONCE)
        ]
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    def _forward(self, numbers: Array, codes: NDArray[np.int64]) -> Array:
        embedded = [table[codes[:, place]] for place, table in enumerate(self.tables)]
        inner = np.concatenate([numbers, *embedded], axis=1) if embedded else numbers
        activate = ACTIVATIONS[self.activation]
        for weights, biases in self.layers[:-1]:
            inner = activate(inner @ weights + biases)
        weights, biases = self.layers[-1]
        return np.asarray(inner @ weights + biases)

    def of_type(self, dtype: Any) -> Network:
        """Return the network in another precision."""
        return Network(
            [table.astype(dtype) for table in self.tables],
            [(weights.astype(dtype), biases.astype(dtype)) for weights, biases in self.layers],
            self.activation,
        )

    @property
    def finite(self) -> bool:
        return all(np.isfinite(weights).all() and np.isfinite(biases).all() for weights, biases in self.layers)


class Snapshots:
    """Networks of some epochs: the best so far, and on the way to it a few that stand for the others."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, Network]] = []

    def keep(self, epoch: int, network: Network) -> None:
        """Keep the network of the newest epoch; drop the one before it where that stands too near to its own."""
        if len(self.kept) > 1 and self.kept[-1][0] < SPACING * self.kept[-2][0]:
            self.kept.pop()
        self.kept.append((epoch, network))

    def nearest(self, epoch: int) -> tuple[int, Network]:
        """Return the kept epoch that is nearest to `epoch`, the later of two."""
        return min(reversed(self.kept), key=lambda each: abs(each[0] - epoch))


def mean_loss(outputs: Array, rows: Rows, loss: Loss) -> float:
    """Return the mean loss of `outputs` on rows."""
    if loss == "cross_entropy":
        margins = outputs.astype(np.float64)
        if margins.shape[1] == 1:  # of the second of two classes
            margins = np.column_stack([np.zeros(len(margins)), margins])
        top = margins.max(axis=1, keepdims=True)
        totals = top[:, 0] + np.log(np.exp(margins - top).sum(axis=1))
        return float(np.average(totals - margins[np.arange(len(margins)), rows.target], weights=rows.weights))
    errors = outputs[:, 0].astype(np.float64) - rows.target
    return float(np.average(errors**2 if loss == "squared" else np.abs(errors), weights=rows.weights))


def _selu(values: Array) -> Array:
    return np.asarray(
        SELU_SCALE * np.where(values > 0, values, SELU_ALPHA * np.expm1(np.minimum(values, 0.0))), dtype=values.dtype
    )


def _mish(values: Array) -> Array:
    return np.asarray(values * np.tanh(np.logaddexp(values, 0.0)), dtype=values.dtype)


def _relu(values: Array) -> Array:
    return np.maximum(values, 0.0)


ACTIVATIONS: Final[dict[ActivationName, Callable[[Array], Array]]] = {"selu": _selu, "mish": _mish, "relu": _relu}
