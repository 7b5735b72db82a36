"""Small transformers over arrays, where scikit-learn has none that takes missing values or every kind of column."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.distinct import distinct
from planfit.operations.encoders import is_missing_text
from planfit.operations.products import product_terms, term_name

NO_TEXT = "missing"
"""What fills a text column in which training had no value at all."""


class MostFrequent(SimpleImputer):
    """scikit-learn's imputer; a text column without any value is filled with a text, not with the number 0."""

    def __init__(self) -> None:
        super().__init__(strategy="most_frequent", keep_empty_features=True)

    def fit(self, X: np.ndarray, y: Any = None) -> MostFrequent:
        """Learn the most frequent value of each column; of equals, the first in order."""
        super().fit(_with_nan(X))
        if X.dtype == object:
            for place in range(X.shape[1]):
                if is_missing_text(X[:, place]).all():
                    self.statistics_[place] = NO_TEXT
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return `X` with its missing cells filled."""
        if X.dtype != object:
            return np.asarray(super().transform(X))
        out = X.copy(order="K")  # text: cell by cell is faster than scikit-learn's checks, for one row and for many
        for place, value in enumerate(self.statistics_):
            column = out[:, place]
            column[is_missing_text(column)] = value
        return out


def _with_nan(X: np.ndarray) -> np.ndarray:
    if X.dtype != object:
        return X
    return np.where(is_missing_text(X), np.nan, X)


class Stateless(ArrayTransformer):
    """A transformer that learns nothing but the number of columns."""

    def fit(self, X: np.ndarray, y: Any = None) -> Stateless:
        """Remember the number of columns."""
        self.n_features_in_ = X.shape[1]
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")


class IsMissing(Stateless):
    """1 where a cell is missing, else 0."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return 0 and 1."""
        if X.dtype == object:
            return is_missing_text(X).astype(np.float64)
        return (np.isnat(X) if X.dtype.kind == "M" else np.isnan(X)).astype(np.float64)


class Filled(Stateless):
    """The cells, missing ones with a value.

    Parameters
    ----------
    value : float, str or None
        None: 0 for numbers, `NO_TEXT` for texts.
    """

    def __init__(self, value: float | str | None) -> None:
        self.value = value

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return `X` without missing cells."""
        out = X.copy(order="K")
        if X.dtype == object:
            text = NO_TEXT if self.value is None else self.value
            out[is_missing_text(X)] = text if isinstance(text, str) else f"{text:.15g}"
        else:
            out[np.isnan(X)] = float(self.value or 0.0)
        return out


class MarkedMissing(Stateless):
    """The cells, those of given values missing.

    Parameters
    ----------
    values : tuple of float or str
        Numbers match numeric columns and codes kept as text; texts match columns of text.
    """

    def __init__(self, values: tuple[float | str, ...]) -> None:
        self.values = values

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return `X` with NaN in place of the values."""
        out = X.copy(order="K")
        if X.dtype == object:
            texts = {value if isinstance(value, str) else f"{value:.15g}" for value in self.values}
            out[np.array([[cell in texts for cell in row] for row in X.tolist()], dtype=bool).reshape(X.shape)] = np.nan
        else:
            out[np.isin(X, [value for value in self.values if not isinstance(value, str)])] = np.nan
        return out


class NumberOfCode(Stateless):
    """The numbers that texts hold, NaN for other texts."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the numbers."""
        out = np.empty(X.shape, order="F")
        for place, column in enumerate(X.T):
            codes, values = distinct(column)
            out[:, place] = np.array([*map(_number, values), math.nan])[codes]
        return out


_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def _number(text: Any) -> float:
    return float(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else math.nan


class Rounded(Stateless):
    """Numbers with fewer digits.

    Parameters
    ----------
    decimals : int
    """

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the rounded numbers; what is too large to have such decimals stays as it is."""
        with np.errstate(all="ignore"):
            out = np.round(X, self.decimals)
        return np.where(np.isinf(out), X, out) + 0.0  # no negative zero


class SignedLog(Stateless):
    """log(1 + x), mirrored for negative numbers."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return ``sign(x) * log(1 + |x|)``."""
        return np.asarray(np.sign(X) * np.log1p(np.abs(X)))


class Quotient(Stateless):
    """The first of two columns divided by the second."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the quotient; a zero denominator, or an overflow, gives NaN."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            out = X[:, :1] / X[:, 1:2]
        out[np.isinf(out)] = np.nan
        return out


class Products(Stateless):
    """Products of columns up to a degree, without the columns themselves.

    scikit-learn's `PolynomialFeatures` refuses missing values; the product with a missing factor is missing here.

    Parameters
    ----------
    degree : int
        Most factors.
    interaction_only : bool
        No column twice in one product.
    """

    def __init__(self, degree: int = 2, interaction_only: bool = False) -> None:
        self.degree = degree
        self.interaction_only = interaction_only

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the products, by degree, then by column."""
        terms = product_terms(X.shape[1], self.degree, self.interaction_only)
        out = np.empty((len(X), len(terms)))
        for place, term in enumerate(terms):
            np.multiply(X[:, term[0]], X[:, term[1]], out=out[:, place])
            for factor in term[2:]:
                out[:, place] *= X[:, factor]
        return out

    def get_feature_names_out(self, input_features: Any) -> np.ndarray:
        """Return names such as ``a*b`` and ``a^2``."""
        names = [str(name) for name in input_features]
        terms = product_terms(len(names), self.degree, self.interaction_only)
        return np.array([term_name(names, term) for term in terms], dtype=object)
