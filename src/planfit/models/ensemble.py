"""What is delivered: complete pipelines, averaged by weight. Raw columns in, predictions out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import ClassifierTags, RegressorTags

from planfit.errors import UsageError
from planfit.models.metrics import label_codes, labels_array
from planfit.records.task import Task, Threshold

Member = tuple[str, float, Pipeline]


class WeightedEnsemble(BaseEstimator):
    """A weighted average of fitted pipelines; also one member alone, or the average of its fold models.

    It takes raw columns: each member brings its own door, feature steps and estimator.

    Parameters
    ----------
    members : list of (name, weight, Pipeline)
        Each pipeline ends in a `planfit.models.estimator.Model`. Weights need not add up to 1.
    task : Task
    threshold : float, optional
        Probability from which the positive class is predicted; of several classes, what each one's probability is
        multiplied by. None: the likeliest class.
    """

    def __init__(self, members: Sequence[Member], task: Task, threshold: Threshold | None = None) -> None:
        self.members = members
        self.task = task
        self.threshold = threshold

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def classes_(self) -> NDArray[Any]:
        """Labels in the order of the probability columns."""
        if not self.task.is_classification:
            raise AttributeError("A regression model has no classes.")
        return labels_array(self.task.classes)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Raw columns that a table must have."""
        return np.asarray(_raw_names(self.members[0][2]), dtype=object)

    @property
    def weights_(self) -> tuple[float, ...]:
        """Weights that add up to 1, in the order of `members`."""
        total = sum(weight for _, weight, _ in self.members)
        return tuple(weight / total for _, weight, _ in self.members)

    @property
    def heaviest(self) -> Pipeline:
        """The member of the largest weight, the first among equals."""
        return max(self.members, key=lambda member: member[1])[2]

    def fit(self, X: Any, y: Any = None) -> WeightedEnsemble:
        """Refuse: the members are fitted already."""
        raise UsageError(
            "A delivered model is fitted already.", hint="Start a new run on the new rows with planfit.run."
        )

    def predict_matrix(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities in the order of ``task.classes``, shape (n, K), or values, shape (n, 1)."""
        self._refuse_transformed(X)
        entered: list[tuple[Any, Any]] = []
        total: NDArray[np.float64] | None = None
        for weight, (_, _, pipeline) in zip(self.weights_, self.members, strict=True):
            door = pipeline.steps[0][1]
            table = next((made for other, made in entered if _same_door(door, other)), None)
            if table is None:
                table = door.transform(X) if len(pipeline.steps) > 1 else X
                entered.append((door, table))
            for _, step in pipeline.steps[1:-1]:
                table = step.transform(table)
            matrix = pipeline.steps[-1][1].predict_matrix(table)
            total = weight * matrix if total is None else total + weight * matrix
        if total is None:
            raise UsageError("The model has no members.", hint="Load a complete bundle.")
        return total

    def predict(self, X: Any) -> pd.Series:
        """Return original labels (or values), with the index of `X` where it has one."""
        return self.predictions(self.predict_matrix(X), _index(X))

    def predictions(self, matrix: NDArray[np.float64], index: pd.Index | None = None) -> pd.Series:
        """Return what `predict` returns, from a prediction matrix."""
        if not self.task.is_classification:
            return pd.Series(matrix[:, 0], index=index, name=self.task.target)
        codes = label_codes(matrix, self.task, self.threshold)
        return pd.Series(self.classes_[codes], index=index, name=self.task.target)

    def predict_proba(self, X: Any) -> pd.DataFrame:
        """Return probabilities; the columns are the class labels."""
        if not self.task.is_classification:
            raise UsageError("A regression has no probabilities.", hint="Use predict.")
        return pd.DataFrame(self.predict_matrix(X), index=_index(X), columns=list(self.task.classes))

    def describe(self) -> list[dict[str, Any]]:
        """Return name, weight and estimator of each member, heaviest first."""
        rows = [
            {"name": name, "weight": weight, "estimator": type(pipeline.steps[-1][1]).__name__}
            for weight, (name, _, pipeline) in zip(self.weights_, self.members, strict=True)
        ]
        return sorted(rows, key=lambda row: -row["weight"])

    def _refuse_transformed(self, X: Any) -> None:
        """Refuse the output of ``run.pipeline``: the mistake that everybody makes once."""
        names = _names(X)
        if names is None:
            return
        raw = set(_raw_names(self.members[0][2]))
        if raw <= names:
            return
        for _, _, pipeline in self.members:
            inside = set(map(str, getattr(pipeline.steps[-1][1], "feature_names_in_", ())))
            if inside and inside <= names:
                raise UsageError(
                    "This table has been transformed already: run.model takes raw columns and transforms them itself.",
                    hint="Pass the raw rows, run.model.predict(rows); run.pipeline is for reading and reuse.",
                )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.task.is_classification:
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        else:
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        return tags


def _same_door(one: Any, other: Any) -> bool:
    """Whether two doors let the same table through: fold models share theirs, so a table enters once."""
    if one is other:
        return True
    schema = getattr(one, "schema", None)
    return schema is not None and type(one) is type(other) and schema == getattr(other, "schema", None)


def _raw_names(pipeline: Pipeline) -> tuple[str, ...]:
    door = pipeline.steps[0][1]
    schema = getattr(door, "schema", None)
    return tuple(schema.names) if schema is not None else tuple(getattr(door, "feature_names_in_", ()))


def _names(X: Any) -> set[str] | None:
    """Return the column names of a pandas, polars or pyarrow table; None for anything else."""
    names = getattr(X, "column_names", None)
    if names is None:
        names = getattr(X, "columns", None)
    return None if names is None else {str(name) for name in names}


def _index(X: Any) -> pd.Index | None:
    return X.index if isinstance(X, pd.DataFrame | pd.Series) else None
