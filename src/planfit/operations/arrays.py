"""The base of the transformers inside the steps: arrays in, arrays out, whatever scikit-learn's settings say."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator, TransformerMixin


class ArrayTransformer(TransformerMixin, BaseEstimator):
    """A scikit-learn transformer whose output no ``set_config(transform_output=...)`` turns into something else."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **keywords)
