"""What estimators that are trained in rounds share: when to stop, and how long to train where nothing can tell."""

from __future__ import annotations

import math
import time
from typing import Final

from planfit.models.base import Deadline, FitReport

FEW_CELLS: Final = 200_000
"""Up to so many cells one thread trains as fast as several, and much faster where another process wants the core."""
FEW_ROWS: Final = 2_000
"""Up to this many rows, one thread predicts faster than several."""
TYPICAL_PATH: Final = 20.0
"""Best round times learning rate, on most tables: how long boosting trains where no validation part can tell."""


class Watch:
    """Validation curve, early stopping, deadline, and a refusal of losses that are not finite.

    Parameters
    ----------
    whose : str
        The library, for messages.
    patience : int or None
        Rounds without improvement before it ends. None: there is no validation part.
    deadline : callable, optional
        Returns True when the time is up.

    Attributes
    ----------
    curve : list of float
    best_round : int
        Counted from 1; without a validation part the last one.
    cut : bool
        The deadline ended it.
    """

    def __init__(self, whose: str, patience: int | None, deadline: Deadline | None) -> None:
        self.whose, self.patience, self.deadline = whose, patience, deadline
        self.curve: list[float] = []
        self.best_round = 1
        self.cut = False
        self._rounds: list[tuple[int, float]] = []

    def stops(self, done: int, loss: float | None = None, *, last: bool = False) -> bool:
        """Take note of round `done` and its validation loss; return whether training ends here."""
        self._rounds[1:] = [(done, time.perf_counter())]
        if self.patience is None or loss is None:
            self.best_round = done
        else:
            self._look(loss)
        late = self.cut or (not last and self.late())
        return late or (self.patience is not None and done - self.best_round >= self.patience)

    def late(self) -> bool:
        """Return whether the time is up, which is remembered; for looks within a round."""
        self.cut = self.cut or (self.deadline is not None and self.deadline())
        return self.cut

    def _look(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise FloatingPointError(f"The validation loss of {self.whose} is not finite.")
        self.curve.append(loss)
        if loss < self.curve[self.best_round - 1]:
            self.best_round = len(self.curve)

    @property
    def report(self) -> FitReport:
        return FitReport(
            rounds=self.best_round, curve=tuple(self.curve), cut=self.cut, round_seconds=self._round_seconds()
        )

    def _round_seconds(self) -> float | None:
        if len(self._rounds) < 2:
            return None
        (first, began), (last, ended) = self._rounds
        return (ended - began) / max(1, last - first)


def rounds_without_validation(rounds: int, blind_rounds: int | None, learning_rate: float) -> int:
    """Return how many rounds to boost where no validation part can tell: as told, else what most tables need."""
    return blind_rounds or max(1, min(rounds, round(TYPICAL_PATH / learning_rate)))
