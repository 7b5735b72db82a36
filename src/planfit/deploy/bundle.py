"""The bundle: model, pipeline, schema and metadata in one folder, which predicts without planner, agent or store."""

from __future__ import annotations

import io
import os
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline

from planfit.deploy import manifest
from planfit.deploy.manifest import Metadata
from planfit.deploy.rows import table_of
from planfit.errors import DamagedRun, PlanfitError, UsageError
from planfit.models.ensemble import WeightedEnsemble
from planfit.models.fast_path import MOST_ROWS, FastPath
from planfit.records.schema import Schema

MODEL: Final = "model.joblib"
PIPELINE: Final = "pipeline.joblib"
SCHEMA: Final = "schema.json"


class Bundle:
    """A delivered model. Raw rows in, predictions out.

    Parameters
    ----------
    model : WeightedEnsemble
        All that predicting needs.
    pipeline : Pipeline
        From raw columns to the input of the heaviest member; for reading and reuse, never in front of `model`.
    schema : Schema
        What the door learned of the raw columns.
    metadata : Metadata
        Task, scores, members, versions.

    Examples
    --------
    >>> bundle = load("artifacts/run_x/model")  # doctest: +SKIP
    >>> bundle.predict([{"age": 31, "plan": "basic"}])  # doctest: +SKIP
    0    no
    Name: churn, dtype: object
    """

    def __init__(self, model: WeightedEnsemble, pipeline: Pipeline, schema: Schema, metadata: Metadata) -> None:
        self.model = model
        self.pipeline = pipeline
        self.schema = schema
        self.metadata = metadata

    @cached_property
    def fast_path(self) -> FastPath:
        """The lean path for few rows; its `missing` names the steps that have none."""
        return FastPath(self.model)

    def predict(self, X: Any) -> pd.Series:
        """Predict for raw rows.

        Parameters
        ----------
        X : pandas.DataFrame, polars.DataFrame, pyarrow.Table or list of dict, shape (n_rows, n_columns)
            The columns of training in any order; others are ignored.

        Returns
        -------
        pandas.Series of shape (n_rows,)
            Labels as they stand in the data, or numbers in the target's unit; named like the target, with the index of
            `X` where it has one.

        Raises
        ------
        UsageError
            Columns are missing, or `X` is not a table.
        """
        return self.model.predictions(self.predict_matrix(X), _index(X))

    def predict_proba(self, X: Any) -> pd.DataFrame:
        """Return probabilities, shape (n_rows, n_classes); the columns are the class labels.

        Raises
        ------
        UsageError
            The task is a regression, columns are missing, or `X` is not a table.
        """
        task = self.metadata.task
        if not task.is_classification:
            raise UsageError(
                f"{task.target!r} is a number: there are no probabilities of it.",
                hint="Leave out --proba; use predict.",
            )
        return pd.DataFrame(self.predict_matrix(X), index=_index(X), columns=list(task.classes))

    def predict_matrix(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities in the order of ``metadata.task.classes``, or values in one column."""
        table, rows = table_of(X, self.schema.names)
        if 0 < rows <= MOST_ROWS and self.fast_path.available:
            try:
                return self.fast_path.predict_matrix(table, rows)
            except UsageError:
                pass  # the model itself knows the sentence for each kind of wrong table
        return self.model.predict_matrix(table)

    def __repr__(self) -> str:
        said = self.metadata
        return f"<Bundle of {said.run_id}: {said.delivered.family} for {said.task.target!r}, {said.cv.metric} {said.cv.value:.4g}>"


def load(path: str | os.PathLike[str], *, trust: bool = False) -> Bundle:
    """Load the bundle in a folder, after its files have been checked.

    Parameters
    ----------
    path : path
        A ``model/`` folder.
    trust : bool, default=False
        Load a bundle that this user's key did not sign. Loading runs code from the file: only for files you trust.

    Raises
    ------
    DamagedRun
        A file does not fit its hash, whatever `trust` says.
    NotTrusted
        The bundle is not signed by this user's key and `trust` is False.
    """
    folder = Path(path).expanduser()
    said = manifest.read(folder, trust=trust)
    absent = [name for name in (MODEL, PIPELINE, SCHEMA) if name not in said.files]
    if absent:
        raise DamagedRun(f"The bundle {folder} lacks {', '.join(absent)}.", hint="Copy the whole folder again.")
    files = {name: manifest.content(folder, name, entry) for name, entry in said.files.items()}
    differing = said.differences()
    if differing:
        warnings.warn(
            f"The model was trained with other versions of {len(differing)} libraries and may predict differently: "
            f"{'; '.join(differing)}.",
            UserWarning,
            stacklevel=2,
        )
    schema = Schema.model_validate_json(files[SCHEMA])
    model, pipeline = (_unpickled(folder, name, files[name], differing) for name in (MODEL, PIPELINE))
    return Bundle(model, pipeline, schema, said)


def _unpickled(folder: Path, name: str, content: bytes, differing: tuple[str, ...]) -> Any:
    """Load the very bytes that were checked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)  # said above, for all libraries at once
        try:
            return joblib.load(io.BytesIO(content))
        except (ImportError, AttributeError, TypeError, ValueError, KeyError, EOFError) as error:
            hint = "Install the versions that it was trained with: " if differing else "Train it again: "
            raise PlanfitError(
                f"{name} of the bundle {folder} cannot be loaded here: {type(error).__name__}: {error}",
                hint=hint + ("; ".join(differing) if differing else "its classes are not in this installation") + ".",
            ) from error


def _index(X: Any) -> pd.Index | None:
    return X.index if isinstance(X, pd.DataFrame) else None
