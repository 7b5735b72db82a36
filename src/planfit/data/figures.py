"""Figures of numeric columns: many at once, in blocks, so that wide tables cost as little as long ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from planfit.data.readings import text_of
from planfit.data.stand_ins import stand_in
from planfit.records.profile import ValueCount

Floats = npt.NDArray[np.float64]

QUANTILES: Final = (0.01, 0.25, 0.5, 0.75, 0.99)
BINS: Final = 20
MOST_WHOLE: Final = 64
"""Whole numbers up to which each has a bin of its own."""
_BIN_ENDS: Final = np.arange(1, BINS)
TOP_VALUES: Final = 20
FEW_NUMBERS: Final = 20
"""Distinct numbers up to which their counts are worth showing."""
TAIL: Final = 0.01
"""Share of the rows whose weight in the spread is measured."""
FEWEST_FOR_TAIL: Final = 100
BLOCK_CELLS: Final = 500_000
"""Cells that are worked on at once; some of them are copied a few times."""


def blocks(columns: int, rows: int) -> Iterator[range]:
    """Yield the places of columns that are worked on together."""
    step = max(1, BLOCK_CELLS // max(1, rows))
    for start in range(0, columns, step):
        yield range(start, min(columns, start + step))


def figures_of(matrix: Floats, distinct: Sequence[int], codes: Sequence[bool]) -> list[dict[str, Any]]:
    """Return the figures of numeric columns as fields of `ColumnProfile`.

    Parameters
    ----------
    matrix : ndarray of float
        A row for each column, missing values as NaN. It is overwritten.
    distinct : sequence of int
        Distinct values of each.
    codes : sequence of bool
        Whether the numbers are codes, whose most frequent ones are shown however many there are.
    """
    infinite = np.isinf(matrix).sum(axis=1)
    matrix[~np.isfinite(matrix)] = np.nan
    matrix.sort(axis=1)  # NaN goes to the end
    present = matrix.shape[1] - np.isnan(matrix).sum(axis=1)
    moments = _moments(matrix, present)
    quantiles = _quantiles(matrix, present)
    whole = (np.floor(matrix) == matrix).sum(axis=1) == present
    zeros = (matrix == 0).sum(axis=1)
    found = []
    for place, count in enumerate(present.tolist()):
        facts: dict[str, Any] = {"infinite": int(infinite[place])}
        if count:
            ordered = matrix[place, :count]
            mean, spread, skew, squares = moments[place]
            marks = quantiles[place]
            facts |= {
                "minimum": float(ordered[0]), "maximum": float(ordered[-1]), "mean": _finite(mean), "std": _finite(spread),
                "skew": _finite(skew) if count > 2 else None, "zeros": int(zeros[place]), "integers": bool(whole[place]),
                "quantiles": tuple(marks.tolist()) if np.isfinite(marks).all() else (),
                "stand_in": stand_in(ordered, distinct[place]), "tail": _tail(ordered, float(mean), float(squares)),
            }  # fmt: skip
            if distinct[place] <= FEW_NUMBERS or codes[place]:
                facts["top"] = _most_frequent(ordered)
            else:
                facts["histogram"] = histogram(ordered, float(marks[0]), float(marks[-1]), whole=bool(whole[place]))
        found.append(facts)
    return found


def _moments(matrix: Floats, present: npt.NDArray[np.int64]) -> Floats:
    """Return mean, standard deviation, skew and the sum of squared deviations of each row."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = np.nansum(matrix, axis=1) / present
        centred = matrix - mean[:, None]
        np.nan_to_num(centred, copy=False, nan=0.0, posinf=np.inf, neginf=-np.inf)
        powers = centred * centred
        squares = powers.sum(axis=1)
        powers *= centred
        cubes = powers.sum(axis=1)
        spread = np.sqrt(squares / np.maximum(present - 1, 1))
        skew = (cubes / present) / (squares / present) ** 1.5
    return np.column_stack([mean, spread, skew, squares])


def _quantiles(matrix: Floats, present: npt.NDArray[np.int64]) -> Floats:
    """Return the quantiles of each sorted row, interpolated between neighbours as NumPy does by default."""
    spots = np.asarray(QUANTILES)[None, :] * np.maximum(present - 1, 0)[:, None]
    below = np.floor(spots).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(present - 1, 0)[:, None])
    low, high = np.take_along_axis(matrix, below, 1), np.take_along_axis(matrix, above, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(low + (high - low) * (spots - below))


def _finite(figure: Any) -> float | None:
    return float(figure) if np.isfinite(figure) else None


def _tail(ordered: Floats, mean: float, squares: float) -> float | None:
    """Return the share of all squared deviations that the few most extreme rows hold."""
    if len(ordered) < FEWEST_FOR_TAIL or not 0 < squares < np.inf:
        return None
    few = int(TAIL * len(ordered))
    ends = (np.concatenate([ordered[:few], ordered[-few:]]) - mean) ** 2
    return min(1.0, float(np.partition(ends, few)[few:].sum() / squares))


def _most_frequent(ordered: Floats) -> tuple[ValueCount, ...]:
    starts = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
    counts = np.diff(starts, append=len(ordered))
    order = np.argsort(-counts, kind="stable")[:TOP_VALUES]
    return tuple(
        ValueCount(value=text_of(float(ordered[starts[place]])) or "", count=int(counts[place])) for place in order
    )


def histogram(ordered: npt.NDArray[Any], low: float, high: float, *, whole: bool = False) -> tuple[int, ...]:
    """Return how many sorted values lie in each of the bins from `low` to `high`; those outside are in the end bins.

    Parameters
    ----------
    ordered : ndarray
        Sorted numbers.
    low, high : float
        Where the bins begin and end.
    whole : bool, default=False
        The numbers are whole: a few of them have a bin each, or bins of two and of one number would alternate.

    Examples
    --------
    >>> sum(histogram(np.arange(100.0), 1, 98)), histogram(np.zeros(3), 0, 0)
    (100, ())
    >>> histogram(np.repeat(np.arange(1.0, 32.0), 2), 1, 31, whole=True) == (2,) * 31
    True
    """
    if not (np.isfinite(low) and np.isfinite(high)) or not 0 < high - low < np.inf:
        return ()
    if whole and high - low < MOST_WHOLE:
        edges = np.arange(np.floor(low), np.ceil(high)) + 0.5
    else:
        edges = low + (high - low) * _BIN_ENDS / BINS
    cuts = np.searchsorted(ordered, edges).tolist()
    return tuple(end - start for start, end in pairwise([0, *cuts, len(ordered)]))
