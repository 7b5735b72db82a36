"""One column of text as a sparse matrix of words and characters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer

TEXT_WEIGHT: Final = 3.0
"""Rows of tf-idf have length 1; this puts them on one footing with scaled numbers under the same penalty."""
MOST_WORDS: Final = 50_000
MOST_CHARACTERS: Final = 1_000_000
"""Length of all texts up to which character n-grams are counted: beyond it they take many seconds a fold, and words suffice."""
ROWS_FOR_RARE: Final = 100
"""Rows from which a term must occur in two of them."""


class Words(TransformerMixin, BaseEstimator):
    """Words (one and two) and, where the texts are not too long, characters (three to five) by tf-idf."""

    def fit(self, texts: Any, y: Any = None) -> Self:
        """Learn the terms of `texts`; a column without any term gives no columns."""
        self.fit_transform(texts)
        return self

    def fit_transform(self, texts: Any, y: Any = None, **ignored: Any) -> Any:
        """Learn the terms and return the matrix of the same texts, each text being taken apart once."""
        cleaned = plain_texts(texts)
        fewest = 2 if len(cleaned) >= ROWS_FOR_RARE else 1
        shared: dict[str, Any] = {
            "sublinear_tf": True, "min_df": fewest, "max_features": MOST_WORDS, "strip_accents": "unicode",
        }  # fmt: skip
        wanted = [TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **shared)]
        if sum(map(len, cleaned)) <= MOST_CHARACTERS:
            wanted.append(TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **shared))
        learned = [(made, matrix) for made in wanted if (matrix := _learned(made, cleaned)) is not None]
        self.vectorizers_ = [made for made, _ in learned]
        if not learned:
            return sparse.csr_matrix((len(cleaned), 0))
        return sparse.hstack([matrix for _, matrix in learned], format="csr") * TEXT_WEIGHT

    def transform(self, texts: Any) -> Any:
        """Return a CSR matrix; unseen terms and missing texts give zeros."""
        cleaned = plain_texts(texts)
        if not self.vectorizers_ or not cleaned:  # scikit-learn refuses to transform nothing
            return sparse.csr_matrix((len(cleaned), sum(len(made.vocabulary_) for made in self.vectorizers_)))
        return sparse.hstack([made.transform(cleaned) for made in self.vectorizers_], format="csr") * TEXT_WEIGHT


def plain_texts(texts: Iterable[Any] | NDArray[Any] | pd.Series) -> list[str]:
    """Return texts as strings, missing ones empty."""
    values = np.asarray(texts, dtype=object)
    gone = pd.isna(values)
    return ["" if missing else str(value) for value, missing in zip(values, gone, strict=True)]


def _learned(vectorizer: TfidfVectorizer, texts: list[str]) -> Any:
    """Fit and transform; None where no term is left: an error to scikit-learn, to us nothing to learn from."""
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError:
        return None
    # scikit-learn leaves NumPy integers: as plain ones the file is written five times as fast and read twice as fast
    vectorizer.vocabulary_ = {term: int(place) for term, place in vectorizer.vocabulary_.items()}
    return matrix
