"""The lean path of prediction: a few rows through the same fitted steps as arrays, without building a frame on the way."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planfit.models.ensemble import WeightedEnsemble

MOST_ROWS: Final = 32
"""Up to so many rows arrays beat frames; above, the fixed cost of a frame no longer matters."""

Arrays = dict[str, NDArray[Any]]


class _Route(NamedTuple):
    """One member: which door it enters by, what it passes, and who predicts."""

    door: int
    steps: tuple[Any, ...]
    estimator: Any
    weight: float


class FastPath:
    """The members of a model as routes over arrays.

    Parameters
    ----------
    model : WeightedEnsemble

    Attributes
    ----------
    missing : tuple of str
        Steps without a lean path; with any of them the model is used as it is, and `available` is False.
    """

    def __init__(self, model: WeightedEnsemble) -> None:
        self._doors: list[Any] = []
        self._routes: list[_Route] = []
        missing: dict[str, None] = {}
        for weight, (name, _, pipeline) in zip(model.weights_, model.members, strict=True):
            steps = tuple(step for _, step in pipeline.steps)
            missing.update({f"{name}: {type(step).__name__}": None for step in _without_lean_path(steps)})
            self._routes.append(_Route(self._door(steps[0]), steps[1:-1], steps[-1], weight))
        self.missing = tuple(missing)

    @property
    def available(self) -> bool:
        """Whether every step of every member has a lean path."""
        return not self.missing and bool(self._routes)

    def predict_matrix(self, table: Any, rows: int) -> NDArray[np.float64]:
        """Return what the model's `predict_matrix` returns: the same sums in the same order.

        Parameters
        ----------
        table : pandas.DataFrame, polars.DataFrame, pyarrow.Table or mapping
            Raw rows.
        rows : int
            How many there are.
        """
        entered: list[Arrays] = [door.transform_arrays(table) for door in self._doors]
        total: NDArray[np.float64] | None = None
        for route in self._routes:
            columns = entered[route.door]
            for step in route.steps:
                columns = step.transform_arrays(columns)
            matrix = route.weight * route.estimator.predict_columns(columns, rows)
            total = matrix if total is None else total + matrix
        assert total is not None  # there is at least one member, else the path is not available
        return total

    def _door(self, door: Any) -> int:
        """Return the place of a door that lets the same table through: members mostly share theirs."""
        for place, other in enumerate(self._doors):
            if door is other or (type(door) is type(other) and door.schema == other.schema):
                return place
        self._doors.append(door)
        return len(self._doors) - 1


def _without_lean_path(steps: tuple[Any, ...]) -> list[Any]:
    before = [step for step in steps[:-1] if not hasattr(step, "transform_arrays")]
    alone = [steps[-1]] if len(steps) == 1 or not hasattr(steps[-1], "predict_columns") else []
    return before + alone
