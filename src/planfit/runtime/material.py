"""The files that a job reads, as tables. One thread, so that reading is safe in a forked process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import feather
from pyarrow import parquet as pq

from planfit.data.split import training_rows, validation_rows
from planfit.records.canonical import seed_of
from planfit.records.jobs import Material
from planfit.records.schema import Column, Kind

Positions = NDArray[np.intp]
NUMBERS = (Kind.NUMERIC, Kind.BOOLEAN)


@dataclass(frozen=True)
class Sheets:
    """A job's tables, each read when it is first asked for."""

    material: Material

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The typed frame, every row, as it left the door."""
        kinds = {column.name: column.kind for column in self.material.door_schema.columns}
        table = feather.read_table(self.material.frame, memory_map=True, use_threads=False)
        return frame_of(table, kinds)

    @cached_property
    def y(self) -> pd.Series:
        """Original labels of every row, float64 for a regression."""
        column = pq.read_table(self.material.target, columns=["target"], use_threads=False)["target"]
        if not self.material.task.is_classification:
            return pd.Series(np.array(column.to_numpy(), dtype=np.float64), name="target")
        values = column.to_pandas()
        if not isinstance(values.dtype, np.dtype):
            values = values.astype(object)
        return values.copy().rename("target")

    @cached_property
    def weights(self) -> NDArray[np.float64] | None:
        """How much every row counts; None: all the same."""
        if self.material.weights is None:
            return None
        column = pq.read_table(self.material.weights, columns=["weight"], use_threads=False)["weight"]
        return np.array(column.to_numpy(), dtype=np.float64)

    def weights_of(self, rows: Positions) -> NDArray[np.float64] | None:
        """Return the weights of some rows."""
        return None if self.weights is None else self.weights[rows]

    @cached_property
    def part(self) -> NDArray[np.int64]:
        """The part of every row: a fold, -1 for the holdout, -2 for every training part."""
        column = pq.read_table(self.material.split, columns=["part"], use_threads=False)["part"]
        return np.asarray(column.to_numpy(), dtype=np.int64)

    @property
    def learning(self) -> Positions:
        """Positions of all rows outside the holdout."""
        return np.flatnonzero(self.part != -1)

    @property
    def holdout(self) -> Positions:
        """Positions of the rows that nothing learns from."""
        return np.flatnonzero(self.part == -1)

    def raw(self, rows: Positions) -> pd.DataFrame:
        """Return rows of the raw columns, as they come to the door; their index is a plain range."""
        table = feather.read_table(self.material.raw, memory_map=True, use_threads=False)
        return table.take(pa.array(rows)).to_pandas(use_threads=False, date_as_object=False)

    def raw_names(self) -> list[str]:
        """Return the names of the raw columns."""
        with pa.memory_map(self.material.raw) as source:
            return list(pa.ipc.open_file(source).schema.names)

    def fold_rows(self, fold: int, most: int | None = None) -> tuple[Positions, Positions]:
        """Return training and validation rows of a fold; `most` training rows at the most, drawn by seed and class."""
        kind = self.material.task.split.kind
        train = training_rows(self.part, fold, kind)
        if most is not None and len(train) > most:
            train = self.sample(train, most, "fold", fold)
        return train, validation_rows(self.part, fold)

    def sample(self, rows: Positions, most: int, *purpose: Any) -> Positions:
        """Return `most` of `rows`, in order: drawn by seed, each class by its share, at least one row of each."""
        if len(rows) <= most:
            return rows
        draw = np.random.default_rng(seed_of(self.material.seed, "sample", *purpose))
        if not self.material.task.is_classification:
            return np.sort(draw.choice(rows, most, replace=False))
        codes, labels = pd.factorize(self.y.iloc[rows])
        shuffled = draw.permutation(len(rows))
        # Rank of each row within its class, in shuffled order: a class gives the same share of its rows as any other.
        order = shuffled[np.argsort(codes[shuffled], kind="stable")]
        sizes = np.bincount(codes, minlength=len(labels))
        starts = np.repeat(np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
        rank = np.arange(len(rows)) - starts
        share = (rank + 0.5) / np.repeat(sizes, sizes)
        share[rank == 0] = -1.0
        return np.sort(rows[order[np.argsort(share, kind="stable")[:most]]])


def frame_of(table: pa.Table, kinds: dict[str, Kind]) -> pd.DataFrame:
    """Return an Arrow table as a typed frame: float64, datetime64[us], texts as objects with NaN for missing."""
    arrays = {name: array_of(table[name], kinds.get(name)) for name in table.column_names}
    return pd.DataFrame(
        {name: pd.Series(array, dtype=array.dtype, copy=False) for name, array in arrays.items()}, copy=False
    )


def array_of(column: pa.ChunkedArray, kind: Kind | None = None) -> NDArray[Any]:
    """Return one Arrow column as the NumPy array that it was; without a kind, as it is stored."""
    stored = column.type
    if kind in NUMBERS:
        return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    if kind is Kind.DATETIME or (kind is None and pa.types.is_temporal(stored)):
        return np.asarray(column.cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")
    if kind is None and (pa.types.is_floating(stored) or pa.types.is_integer(stored) or pa.types.is_boolean(stored)):
        return np.asarray(column.to_numpy())
    if pa.types.is_null(stored):
        return np.full(len(column), np.nan, dtype=object)
    return _texts(column)


def _texts(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return texts as objects, equal ones as the same object."""
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        whole = whole.cast(pa.large_string()).dictionary_encode()
    levels = np.empty(len(whole.dictionary) + 1, dtype=object)
    levels[:-1] = whole.dictionary.to_pylist()
    levels[-1] = np.nan
    places = whole.indices.cast(pa.int64()).fill_null(len(levels) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(levels[places])


def described(columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """Return what decides a column's meaning after the door, for keys."""
    return [column.to_json() for column in columns]
