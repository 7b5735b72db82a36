"""Columns of zeros and ones that together code the target: one class each, or one reason for it each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from planfit.data.arithmetic import Relation
from planfit.data.association import Sample, by_level, score
from planfit.records.schema import Column, Kind

FEWEST_FLAGS: Final = 3
MOST_FLAGS: Final = 60
COVERS: Final = 0.995
"""Share of rows in which exactly one flag of a set is up."""
PRECISE: Final = 0.1
"""Wrong rows of a flag that stands for an event, as a share of the wrong rows that chance would give."""
RECALLS: Final = 0.95
WORTH_ADDING: Final = 0.01
BY_CHANCE: Final = 1e-3
EXACT: Final = 0.999

Masks = npt.NDArray[np.bool_]


def flags_among(sample: Sample, columns: Sequence[Column]) -> tuple[list[str], Masks]:
    """Return the names of columns that hold zeros and ones only, and where they hold ones.

    Parameters
    ----------
    sample : Sample
    columns : sequence of Column
    """
    names: list[str] = []
    masks: list[Masks] = []
    for column in columns:
        if column.kind not in (Kind.NUMERIC, Kind.BOOLEAN, Kind.CATEGORICAL) or (column.n_unique or 0) > 2:
            continue
        values = sample.frame[column.name]
        up = (values == "1" if column.kind is Kind.CATEGORICAL else values == 1).to_numpy(dtype=bool)
        down = (values == "0" if column.kind is Kind.CATEGORICAL else values == 0).to_numpy(dtype=bool)
        if (up | down).mean() >= COVERS and up.any() and down.any():
            names.append(column.name)
            masks.append(up)
    return names, np.array(masks, dtype=bool).reshape(len(names), sample.rows).T


def one_hot_sets(sample: Sample, names: Sequence[str], masks: Masks, suspect: float) -> Iterator[Relation]:
    """Yield neighbouring flags of which one is up in each row, where the one that is up nearly tells the target.

    Parameters
    ----------
    sample : Sample
    names : sequence of str
    masks : ndarray of bool
        One column a flag.
    suspect : float
        AUC or R2 from which a set is worth telling.
    """
    start = 0
    while start < len(names):
        end = _end_of_set(masks, start)
        if end is None:
            start += 1
            continue
        levels = np.where(masks[:, start:end].any(axis=1), masks[:, start:end].argmax(axis=1), -1)
        predicted = by_level(sample, levels)
        value = score(sample, predicted)
        if value > suspect:
            share = _share_right(sample, predicted)
            says = f"together code nearly the same as the target, one row one flag ({_measure(sample)} {value:.4f} on other training rows)"
            yield Relation(tuple(names[start:end]), says, share, share >= EXACT)
        start = end


def _end_of_set(masks: Masks, start: int) -> int | None:
    """Return the end of the set that begins at `start`; None where flags meet before every row has one."""
    seen = masks[:, start].copy()
    for end in range(start + 1, min(start + MOST_FLAGS, masks.shape[1])):
        if (seen & masks[:, end]).mean() > 1 - COVERS:
            return None
        seen |= masks[:, end]
        if seen.mean() < COVERS:
            continue
        if masks[:, start + 1 : end + 1].any(axis=1).mean() >= COVERS:
            return None  # the first flag is not needed: the set begins later
        after = end + 1
        while after < masks.shape[1] and not (seen & masks[:, after]).any():  # rare ones that come last
            seen |= masks[:, after]
            after += 1
        return after if after - start >= FEWEST_FLAGS else None
    return None


def _measure(sample: Sample) -> str:
    return "AUC" if sample.classification else "R2"


def _share_right(sample: Sample, predicted: npt.NDArray[np.float64]) -> float:
    """Return the share of rows whose class is the one predicted most; of numbers, those that are met."""
    if not sample.classification:
        y = sample.targets[:, 0]
        return float((np.abs(predicted[:, 0] - y) <= 1e-6 * y.std()).mean())
    guessed = predicted.argmax(axis=1) if predicted.shape[1] > 1 else (predicted[:, 0] > 0.5).astype(np.intp)
    return float((guessed == sample.codes).mean())


def reasons_for(names: Sequence[str], masks: Masks, event: Masks) -> Relation | None:
    """Return the flags that each stand for the event and of which one is up in nearly all its rows.

    Parameters
    ----------
    names : sequence of str
    masks : ndarray of bool
        One column a flag.
    event : ndarray of bool
        The rows of one of two classes.
    """
    rate = float(event.mean())
    up = masks.sum(axis=0)
    right = (masks & event[:, None]).sum(axis=0)
    precise = (up - right) <= PRECISE * (1 - rate) * up
    certain = right * np.log(rate) + np.log(max(len(names), 1)) < np.log(BY_CHANCE)
    chosen: list[int] = []
    seen = np.zeros(len(event), dtype=bool)
    for place in sorted(np.flatnonzero(precise & certain), key=lambda place: (-right[place], place)):
        if (masks[:, place] & event & ~seen).sum() >= WORTH_ADDING * event.sum():
            chosen.append(int(place))
            seen |= masks[:, place]
    recall = float((seen & event).sum() / max(event.sum(), 1))
    if len(chosen) < 2 or recall < RECALLS:
        return None
    share = float((seen == event).mean())
    plain = share >= EXACT and recall >= EXACT
    says = f"stand for one class each time one of them is 1, and {recall:.1%} of its rows have one"
    return Relation(tuple(names[place] for place in sorted(chosen)), says, share, plain)


def missing_with_class(sample: Sample, columns: Sequence[Column], fewest: int) -> dict[str, tuple[str, bool]]:
    """Return the columns that are missing, or present, exactly where the target is one class.

    Parameters
    ----------
    sample : Sample
    columns : sequence of Column
    fewest : int
        Missing and present rows that a column must have.

    Returns
    -------
    dict
        By column, the class as text and whether the column is missing there; otherwise it is present there only.
    """
    names = [column.name for column in columns if column.missing]
    if not names or not sample.classification:
        return {}
    missing = sample.frame[names].isna().to_numpy()
    enough = (missing.sum(axis=0) >= fewest) & ((~missing).sum(axis=0) >= fewest)
    found: dict[str, tuple[str, bool]] = {}
    for code, label in enumerate(sample.labels):
        inside = sample.codes == code
        agree = (missing == inside[:, None]).mean(axis=0)
        for place in np.flatnonzero(enough & ((agree >= EXACT) | (agree <= 1 - EXACT))):
            found.setdefault(names[place], (label, bool(agree[place] >= EXACT)))
    return found
