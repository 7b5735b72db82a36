"""Which products `polynomial_features` makes, and what they are called. Needs no data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, combinations_with_replacement


def product_terms(columns: int, degree: int, interaction_only: bool) -> list[tuple[int, ...]]:
    """Return the columns in each product, from degree 2 on.

    >>> product_terms(2, 2, False)
    [(0, 0), (0, 1), (1, 1)]
    """
    choose = combinations if interaction_only else combinations_with_replacement
    return [term for size in range(2, degree + 1) for term in choose(range(columns), size)]


def term_name(names: Sequence[str], term: tuple[int, ...]) -> str:
    """Return the name of a product.

    >>> term_name(["a", "b"], (0, 0, 1))
    'a^2*b'
    """
    powers = {place: term.count(place) for place in term}
    return "*".join(names[place] + (f"^{power}" if power > 1 else "") for place, power in powers.items())
