"""Columns that give the target by arithmetic: sums, differences, products, ratios, spans of time, one above the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.linalg

from planfit.data.association import Floats, Places

MOST_TERMS: Final = 6
MOST_ROWS: Final = 4_000
MOST_COLUMNS: Final = 300
"""Columns whose combinations are looked for by least squares; among more, term by term."""
MOST_PAIRED: Final = 80
"""Columns whose pairs are compared one by one."""
FEWEST_ROWS: Final = 100
ROWS_PER_COLUMN: Final = 4
CLOSE: Final = 0.005
"""What a combination may leave over, in standard deviations of the target, before it is looked at row by row."""
ALL_ROWS: Final = 0.995
MANY_ROWS: Final = 0.9
SOME_ROWS: Final = 0.3
"""Share of rows in which a difference equals a target of many values: by no chance, whatever the other rows say."""
MANY_VALUES: Final = 20
DAYS: Final = {1.0: "days", 24.0: "hours", 1440.0: "minutes", 86400.0: "seconds", 1 / 7: "weeks", 1 / 365.25: "years"}


@dataclass(frozen=True)
class Numbers:
    """Columns as numbers, one a column of the matrix; dates in days."""

    names: tuple[str, ...]
    matrix: Floats
    dates: npt.NDArray[np.bool_]

    def only(self, places: Places) -> Numbers:
        return Numbers(tuple(self.names[place] for place in places), self.matrix[:, places], self.dates[places])


@dataclass(frozen=True)
class Relation:
    """Columns that together say what the target is."""

    columns: tuple[str, ...]
    says: str
    """The predicate of a sentence whose subject is the columns."""
    share: float
    """Rows in which it holds."""
    plain: bool
    """It holds in nearly all rows, with no number in it that was fitted."""


@dataclass(frozen=True)
class _Terms:
    """A combination that comes close: the places of its columns, their weights, what is added."""

    places: Places
    weights: Floats
    constant: float


def relations_of_numbers(numbers: Numbers, y: Floats) -> Iterator[Relation]:
    """Yield what arithmetic on columns gives the target, at most one relation of each form.

    Parameters
    ----------
    numbers : Numbers
    y : ndarray of float
        The target, as many rows as the matrix has.
    """
    numbers, y = _complete(numbers, y)
    if len(y) < FEWEST_ROWS or not numbers.names or len(np.unique(y)) < 3:
        return
    found = _sum(numbers, y) or _product(numbers, y)
    if found is not None:
        yield found
    elif len(np.unique(y)) >= MANY_VALUES:
        yield from _difference_in_some_rows(numbers, y)


def order_of_two(numbers: Numbers, positive: npt.NDArray[np.bool_]) -> Relation | None:
    """Return two columns of which one lies above the other exactly in the rows of one class; None where there are none.

    Parameters
    ----------
    numbers : Numbers
    positive : ndarray of bool
        The rows of one of two classes.
    """
    places = np.flatnonzero(np.isnan(numbers.matrix).mean(axis=0) <= 1 - MANY_ROWS)[:MOST_PAIRED]
    matrix = numbers.matrix[:, places]
    best: tuple[float, int, int] = (MANY_ROWS, 0, 0)
    for left in range(len(places)):
        comparable = (numbers.dates[places] == numbers.dates[places[left]])[None, :]
        both = np.isfinite(matrix[:, [left]]) & np.isfinite(matrix)
        above = matrix[:, [left]] > matrix
        agree = ((above == positive[:, None]) & both).sum(axis=0) / np.maximum(both.sum(axis=0), 1)
        agree = np.where(comparable[0], np.maximum(agree, 1 - agree), 0.0)
        agree[left] = 0.0
        right = int(np.argmax(agree))
        if agree[right] > best[0]:
            best = (float(agree[right]), left, right)
    share, left, right = best
    if share < ALL_ROWS:
        return None
    names = (numbers.names[places[left]], numbers.names[places[right]])
    return Relation(names, "tell the target by which of them is larger", share, share >= 0.999)


def _complete(numbers: Numbers, y: Floats) -> tuple[Numbers, Floats]:
    """Leave out columns with many gaps and rows with one, and columns that do not vary."""
    present = np.isfinite(numbers.matrix)
    for most in (0.2, 0.0):
        kept = np.flatnonzero(1 - present.mean(axis=0) <= most)
        rows = np.flatnonzero(present[:, kept].all(axis=1) & np.isfinite(y))
        if len(rows) >= max(FEWEST_ROWS, len(y) // 2):
            break
    rows = rows[:: max(1, len(rows) // MOST_ROWS)]
    chosen = Numbers(numbers.names, numbers.matrix[rows], numbers.dates)
    if not len(rows):
        return chosen.only(kept[:0]), y[rows]
    return chosen.only(kept[np.ptp(chosen.matrix[:, kept], axis=0) > 0]), y[rows]


def _sum(numbers: Numbers, y: Floats) -> Relation | None:
    terms = _close_combination(numbers.matrix, y)
    if terms is None:
        return None
    x = numbers.matrix[:, terms.places]
    names = tuple(numbers.names[place] for place in terms.places)
    plain, unit = _plain_weights(terms.weights, numbers.dates[terms.places])
    if plain is not None:
        share = _share(x @ plain, y, x, plain)
        if share >= MANY_ROWS:
            return Relation(names, _says_sum(plain, unit), share, share >= ALL_ROWS)
    share = _share(x @ terms.weights + terms.constant, y, x, terms.weights)
    if share < ALL_ROWS:
        return None
    return Relation(names, "together give the target by a linear formula", share, False)


def _says_sum(weights: Floats, unit: str) -> str:
    if unit:
        return f"lie as many {unit} apart as the target says"
    if (weights > 0).all():
        return "sum up to the target" if len(weights) > 1 else "is the target under another name"
    if len(weights) == 2:
        return "differ by the target"
    return "together give the target by sums and differences" if len(weights) > 1 else "is the target with another sign"


def _plain_weights(weights: Floats, dates: npt.NDArray[np.bool_]) -> tuple[Floats | None, str]:
    """Return weights of 1 and -1, or two dates' unit of time; None where other numbers are in play."""
    if dates.any():
        if not dates.all() or len(weights) != 2:
            return None, ""
        for unit, name in DAYS.items():
            if np.allclose(np.abs(weights), unit, rtol=2e-3) and weights[0] * weights[1] < 0:
                return np.sign(weights) * unit, name
        return None, ""
    if not np.allclose(np.abs(weights), 1.0, atol=2e-3):
        return None, ""
    return np.sign(weights), ""


def _share(predicted: Floats, y: Floats, x: Floats, weights: Floats) -> float:
    """Return the share of rows that agree within what rounding explains."""
    spread = float(y.std())
    rounding = 0.5 * (_step(y) + sum(_step(column) * abs(weight) for column, weight in zip(x.T, weights, strict=True)))
    allowed = 1.001 * rounding if rounding <= 0.01 * spread else 0.0
    size = np.abs(y) + np.abs(x * weights).sum(axis=1)
    return float((np.abs(predicted - y) <= allowed + 1e-6 * spread + 1e-10 * size).mean())


def _step(values: Floats) -> float:
    """Return the place of the last decimal that values are written with; 0 where they are not rounded."""
    for decimals in range(-3, 5):
        if np.allclose(values, np.round(values, decimals), rtol=1e-12, atol=10.0**-decimals * 1e-6):
            return float(10.0**-decimals)
    return 0.0


def _product(numbers: Numbers, y: Floats) -> Relation | None:
    """Look for sums in logarithms; rows with a zero are passed over."""
    able = np.flatnonzero(~numbers.dates & ((numbers.matrix != 0).mean(axis=0) >= 0.98))
    numbers = numbers.only(able)
    rows = (y != 0) & (numbers.matrix != 0).all(axis=1)
    if rows.sum() < max(FEWEST_ROWS, len(y) // 2) or not len(able):
        return None
    x, y = numbers.matrix[rows], y[rows]
    logs = np.log(np.abs(x))
    varying = np.flatnonzero(np.ptp(logs, axis=0) > 1e-9)
    terms = _close_combination(logs[:, varying], np.log(np.abs(y)))
    if terms is None:
        return None
    places = varying[terms.places]
    if not np.allclose(np.abs(terms.weights), 1.0, atol=0.02):
        return None
    powers = np.sign(terms.weights)
    made = np.prod(x[:, places] ** powers, axis=1)
    factor = float(np.median(y / made))
    plain = abs(abs(factor) - 1) < 1e-3
    factor = float(np.sign(factor)) if plain else factor
    relative = sum(_step(column) / np.abs(column) for column in x[:, places].T) / 2
    allowed = 0.501 * _step(y) * (_step(y) <= 0.01 * y.std()) + np.abs(y) * (np.minimum(relative, 0.01) + 1e-9)
    share = float((np.abs(factor * made - y) <= allowed).mean())
    if share < (MANY_ROWS if plain else ALL_ROWS):
        return None
    names = tuple(numbers.names[place] for place in places)
    ratio = len(names) == 2 and powers.sum() == 0
    what = "ratio" if ratio else "product" if (powers > 0).all() else "product and ratio"
    says = f"give the target as their {what}" + ("" if plain else f" times {factor:.6g}")
    return Relation(names, says, share, plain and share >= ALL_ROWS)


def _close_combination(x: Floats, y: Floats) -> _Terms | None:
    """Return the few columns whose linear combination leaves next to nothing of most rows."""
    centre, spread = x.mean(axis=0), x.std(axis=0)
    if not np.isfinite(spread).all() or not np.isfinite(y.std()) or y.std() == 0:
        return None
    z = (x - centre) / np.where(spread > 0, spread, 1.0)
    wanted = (y - y.mean()) / y.std()
    if x.shape[1] <= min(MOST_COLUMNS, len(y) // ROWS_PER_COLUMN):
        places = _by_least_squares(z, wanted)
    else:
        places = _term_by_term(z, wanted)
    if not 1 <= len(places) <= MOST_TERMS:
        return None
    weights = _trimmed_fit(z[:, places], wanted)
    if weights is None:
        return None
    raw = weights[:-1] * y.std() / spread[places]
    return _Terms(places, raw, float(y.mean() + weights[-1] * y.std() - raw @ centre[places]))


def _trimmed_fit(z: Floats, wanted: Floats) -> Floats | None:
    """Fit, leave out the rows that fit worst, fit again; None where too much is left over even so."""
    design = np.column_stack([z, np.ones(len(z))])
    rows = np.ones(len(z), dtype=bool)
    weights = np.zeros(design.shape[1])
    for limit in (0.5, 0.2, CLOSE):
        weights = np.asarray(np.linalg.lstsq(design[rows], wanted[rows], rcond=None)[0], dtype=np.float64)
        left = np.abs(design @ weights - wanted)
        if left[rows].std() > limit:
            return None
        rows = left <= np.quantile(left, 0.93)
    return weights


def _by_least_squares(z: Floats, wanted: Floats) -> Places:
    """Return the columns that a fit on all of them needs."""
    triangle, order = scipy.linalg.qr(z, mode="r", pivoting=True)
    diagonal = np.abs(np.diagonal(triangle))
    independent = np.sort(order[: int((diagonal > 1e-7 * diagonal[0]).sum())])
    weights = _trimmed_fit(z[:, independent], wanted)
    if weights is None:
        return np.empty(0, dtype=np.intp)
    needed = np.flatnonzero(np.abs(weights[:-1]) > 0.5 * CLOSE)
    return np.asarray(independent[needed], dtype=np.intp)


def _term_by_term(z: Floats, wanted: Floats) -> Places:
    """Return the columns that explain, one after the other, most of what is left."""
    places: list[int] = []
    left = wanted
    for _ in range(MOST_TERMS):
        says = np.abs(left @ z)
        says[places] = 0.0
        places.append(int(np.argmax(says)))
        design = np.column_stack([z[:, places], np.ones(len(z))])
        left = wanted - design @ np.linalg.lstsq(design, wanted, rcond=None)[0]
        if left.std() <= CLOSE:
            return np.array(sorted(places))
    return np.empty(0, dtype=np.intp)


def _difference_in_some_rows(numbers: Numbers, y: Floats) -> Iterator[Relation]:
    """Yield the two columns whose difference is the target in a share of the rows that no chance explains.

    Clock times such as 1755 and 1810 differ so, and amounts of which a part is booked elsewhere.
    """
    varied = [place for place, values in enumerate(numbers.matrix.T) if len(np.unique(values)) >= MANY_VALUES]
    numbers = numbers.only(np.array(varied[:MOST_PAIRED], dtype=np.intp))
    x = numbers.matrix
    allowed = 1e-6 * float(y.std())
    shuffled = np.roll(y, len(y) // 2)
    best: tuple[float, int, int] = (SOME_ROWS, 0, 0)
    for left in range(x.shape[1]):
        made = x[:, [left]] - x
        share = (np.abs(made - y[:, None]) <= allowed).mean(axis=0)
        chance = (np.abs(made - shuffled[:, None]) <= allowed).mean(axis=0)
        alone = (np.abs(x[:, left] - y) <= allowed).mean()
        share[(share < 10 * chance) | (share < 2 * alone)] = 0.0
        right = int(np.argmax(share))
        if share[right] > best[0] and numbers.dates[left] == numbers.dates[right]:
            best = (float(share[right]), left, right)
    share, left, right = best
    if left != right:
        says = f"differ by exactly the target in {share:.0%} of the rows"
        yield Relation((numbers.names[left], numbers.names[right]), says, share, False)
