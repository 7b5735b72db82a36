"""tf-idf and a truncated singular value decomposition, for any text column: few rows, few terms, no term at all."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from planfit.operations.arrays import ArrayTransformer
from planfit.operations.distinct import distinct
from planfit.operations.encoders import is_missing

TERMS = {"word": (1, 2), "char_wb": (3, 4)}


class Topics(ArrayTransformer):
    """Latent semantic analysis of one column.

    Parameters
    ----------
    n_components : int
        Most columns to make.
    analyzer : {"word", "char_wb"}
        What a term is.
    min_df : int
        Terms in fewer rows are left out; where that leaves none, all stay.
    max_features : int
        Most terms.
    seed : int
        Seed of the decomposition.

    Attributes
    ----------
    vectorizer_ : TfidfVectorizer or None
        None where training held no term: then there is one column, of zeros.
    svd_ : TruncatedSVD or None
        None where there are not more terms than columns wanted: then the terms themselves come out.
    width_ : int
        Columns that come out.
    """

    def __init__(self, n_components: int, analyzer: str, min_df: int, max_features: int, seed: int) -> None:
        self.n_components = n_components
        self.analyzer = analyzer
        self.min_df = min_df
        self.max_features = max_features
        self.seed = seed

    def fit(self, X: np.ndarray, y: Any = None) -> Topics:
        """Learn terms, weights and directions."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: np.ndarray, y: Any = None) -> np.ndarray:
        """Learn, and return the topics of the same rows as `transform` gives them."""
        weights = self._fit_terms(texts_of(X))
        self.svd_ = None
        if self.vectorizer_ is None:
            self.width_ = 1
        elif weights.shape[1] <= self.n_components:
            self.width_ = weights.shape[1]
        else:
            self.svd_ = TruncatedSVD(self.n_components, random_state=self.seed % 2**32).fit(weights)
            self.width_ = len(self.svd_.components_)  # fewer where there are fewer rows
        return self._reduced(weights, len(X))

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the topics; each distinct text is taken apart once."""
        if self.vectorizer_ is None:
            return self._reduced(None, len(X))
        codes, values = distinct(X[:, 0])
        texts = [*map(str, values), ""]
        return self._reduced(self.vectorizer_.transform(texts), len(texts))[codes]

    def get_feature_names_out(self, input_features: Any) -> np.ndarray:
        """Return ``body~0``, ``body~1``, ..."""
        return np.array([f"{input_features[0]}~{place}" for place in range(self.width_)], dtype=object)

    def _fit_terms(self, texts: list[str]) -> Any:
        for min_df in dict.fromkeys((min(self.min_df, len(texts)), 1)):
            self.vectorizer_ = TfidfVectorizer(
                analyzer=self.analyzer,
                ngram_range=TERMS[self.analyzer],
                min_df=min_df,
                max_features=self.max_features,
                sublinear_tf=True,
            )
            try:
                weights = self.vectorizer_.fit_transform(texts)
            except ValueError:  # no term is left; scikit-learn has no other sign for it
                continue
            # scikit-learn leaves NumPy integers: as plain ones the file is written five times as fast
            self.vectorizer_.vocabulary_ = {term: int(place) for term, place in self.vectorizer_.vocabulary_.items()}
            return weights
        self.vectorizer_ = None
        return None

    def _reduced(self, weights: Any, rows: int) -> np.ndarray:
        if weights is None:
            return np.zeros((rows, 1))
        return np.asarray(weights.toarray() if self.svd_ is None else self.svd_.transform(weights))


def texts_of(X: np.ndarray) -> list[str]:
    """Return the one column of `X` as texts, empty where missing."""
    return ["" if is_missing(value) else str(value) for value in X[:, 0]]
