"""How rows are dealt out: units that may not be torn apart into parts of given shares, or moments into blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

HOLDOUT: Final = -1
ALWAYS: Final = -2
"""A row of every training part, never scored."""

MOST_PLACED: Final = 5_000
"""Groups that are placed one by one."""
MOST_BALANCED: Final = 200
"""Classes that are balanced between parts."""
HOLDOUT_STRETCH: Final = 1.25
FIRST_BLOCK: Final = 0.5
"""Share of the moments that no fold is judged on: models of the first few say little of one that has learned from all."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shares:
    """A holdout's share, and folds of equal share in the rest."""

    holdout: float
    n_folds: int

    @property
    def of_parts(self) -> npt.NDArray[np.float64]:
        """The share of each part: the folds, then the holdout."""
        return np.array([(1 - self.holdout) / self.n_folds] * self.n_folds + [self.holdout])


def share_units(units: Numbers, strata: Numbers, shares: Shares, rng: np.random.Generator) -> Numbers:
    """Return a part for each row, so that units stay whole and each stratum is shared out alike.

    Parameters
    ----------
    units : ndarray of int
        Rows of the same number go to the same part. A unit lies in the stratum of its first row.
    strata : ndarray of int
        E.g. the class of each row.
    shares : Shares
        How large each part shall be.
    rng : Generator
        Chance.
    """
    _, first, inverse, sizes = np.unique(units, return_index=True, return_inverse=True, return_counts=True)
    of_units = np.empty(len(first), dtype=np.int64)
    filled = np.zeros(shares.n_folds + 1)
    for stratum in np.unique(strata[first]):
        members = rng.permutation(np.flatnonzero(strata[first] == stratum))
        of_units[members] = _deal(sizes[members], shares, filled, rng)
    parts: Numbers = np.where(of_units == shares.n_folds, HOLDOUT, of_units)[inverse]
    return parts


def share_groups(groups: Numbers, classes: Numbers, shares: Shares, rng: np.random.Generator) -> Numbers:
    """Return a part for each row, so that groups stay whole and parts are alike in rows and in classes.

    The largest groups are placed first, each where it brings the parts nearest to their shares. The holdout may grow
    beyond its share by a quarter, a fold without bounds. Many groups are shared out by chance, their commonest class
    in equal shares: that comes as near, and faster.

    Parameters
    ----------
    groups : ndarray of int
        Numbers from 0, none left out.
    classes : ndarray of int
        The class of each row, from 0; all zero where there is none.
    shares : Shares
        How large each part shall be.
    rng : Generator
        Chance.
    """
    count, kinds = int(groups.max()) + 1, int(classes.max()) + 1
    sizes = np.bincount(groups, minlength=count)
    if count > MOST_PLACED or kinds > MOST_BALANCED:
        commonest = np.zeros(count, dtype=np.int64)
        pairs, often = np.unique(groups * kinds + classes, return_counts=True)
        by_size = np.argsort(often, kind="stable")
        commonest[pairs[by_size] // kinds] = pairs[by_size] % kinds
        return share_units(groups, commonest[groups], shares, rng)
    table = np.bincount(groups * kinds + classes, minlength=count * kinds).reshape(count, kinds).astype(float)
    # Rows weigh as much as all classes together.
    weights = np.append(np.full(kinds, 1.0 / kinds), 1.0)
    loads = (
        np.column_stack([table, sizes]) / np.append(np.maximum(table.sum(axis=0), 1.0), len(groups)) * np.sqrt(weights)
    )
    wanted = shares.of_parts[:, None]
    filled = np.zeros((shares.n_folds + 1, loads.shape[1]))
    part = np.empty(count, dtype=np.int64)
    room = HOLDOUT_STRETCH * shares.holdout * len(groups)
    held = 0
    for group in np.lexsort((rng.random(count), -sizes)):
        # how far the sum of squared fillings, weighted by share, grows
        grown = ((2 * filled + loads[group]) * loads[group] / np.maximum(wanted, 1e-12)).sum(axis=1)
        if held + sizes[group] > room:
            grown[-1] = np.inf
        part[group] = int(np.argmin(grown))
        filled[part[group]] += loads[group]
        held += int(sizes[group]) if part[group] == shares.n_folds else 0
    return np.where(part == shares.n_folds, HOLDOUT, part)[groups]


def _deal(sizes: Numbers, shares: Shares, filled: npt.NDArray[np.float64], rng: np.random.Generator) -> Numbers:
    """Deal the units of one stratum, in random order, to parts; `filled` counts the rows of each part so far."""
    quota = shares.of_parts * sizes.sum()
    # Each fold is to get a unit before the holdout gets one.
    room = max(0, len(sizes) - shares.n_folds)
    got = np.zeros(len(quota))
    part = np.empty(len(sizes), dtype=np.int64)
    large = np.flatnonzero(sizes > 1)
    for unit in large[np.argsort(-sizes[large], kind="stable")]:
        open_ = quota - got + 1e-9 * rng.random(len(quota))
        if sizes[unit] > open_[-1] or not shares.holdout:
            open_[-1] = -np.inf  # a fold may be too large, the holdout may not
        part[unit] = int(np.argmax(open_))
        got[part[unit]] += sizes[unit]
    small = np.flatnonzero(sizes == 1)
    counts = _rounded(np.maximum(quota - got, 0), len(small), filled + got, rng)
    if not large.size and counts[-1] > room:  # a rare class
        counts = np.append(_rounded(np.ones(shares.n_folds), len(small) - room, filled[:-1], rng), room)
    part[small] = np.repeat(np.arange(len(quota)), counts)
    filled += got + counts
    return part


def _rounded(
    wanted: npt.NDArray[np.float64], total: int, filled: npt.NDArray[np.float64], rng: np.random.Generator
) -> Numbers:
    """Return whole counts near `wanted` that add up to `total`; what is left over goes to the emptiest parts."""
    if wanted.sum() <= 0:
        wanted = np.ones_like(wanted)
        wanted[-1] = 0.0 if len(wanted) > 1 else 1.0
    scaled = wanted * (total / wanted.sum())
    counts = np.floor(scaled + 1e-9).astype(np.int64)
    left = total - int(counts.sum())
    # The larger remainder first; among equal ones the emptier part, then chance.
    order = np.lexsort((rng.random(len(wanted)), filled, -np.round(scaled - counts, 6)))
    counts[order[:left]] += 1
    return counts


def share_blocks(moments: npt.NDArray[Any], holdout: float, n_folds: int) -> tuple[Numbers, int]:
    """Return a part for each moment, and the number of folds: blocks in time, cut between different moments only.

    The first block, about half of what is not the holdout, is in every training part; the last `holdout` share is the
    holdout. Fold 0 is the latest, so that whoever looks at a few folds only looks at those nearest to the future.

    Parameters
    ----------
    moments : ndarray
        Dates or numbers, none missing.
    holdout : float
        Share of rows, 0 for none.
    n_folds : int
        Folds at the most; fewer where moments are few.
    """
    _, inverse, sizes = np.unique(moments, return_inverse=True, return_counts=True)
    before = np.concatenate(([0], np.cumsum(sizes)))  # rows before each distinct moment
    kept = (1 - holdout) * len(moments)
    end = _nearest(before, kept) if holdout else len(sizes)
    if holdout and end in (0, len(sizes)):
        end = len(sizes) - 1
    first = max(FIRST_BLOCK, 1 / (n_folds + 1))
    shares = [first + (1 - first) * fold / n_folds for fold in range(n_folds)]
    cuts = {_nearest(before[: end + 1], before[end] * share) for share in shares}
    edges = np.array(sorted(cut for cut in cuts if 0 < cut < end))
    block = np.searchsorted(edges, np.arange(len(sizes)), side="right") - 1
    of_moments = np.where(block < 0, ALWAYS, len(edges) - 1 - block)
    of_moments[end:] = HOLDOUT
    parts: Numbers = of_moments[inverse].astype(np.int64)
    return parts, len(edges)


def _nearest(sorted_numbers: Numbers, wanted: float) -> int:
    return int(np.argmin(np.abs(sorted_numbers - wanted)))
