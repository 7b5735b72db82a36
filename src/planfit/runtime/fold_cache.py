"""Fitted steps and the columns that they made, kept in files for all workers of a run."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import joblib
import pandas as pd
import pyarrow as pa
from pyarrow import feather

from planfit.records.scores import CacheUse
from planfit.runtime.material import array_of

CACHE_BYTES: Final = 2 << 30
"""Size of a run's cache, beyond which what was used longest ago is dropped."""
WORTH_KEEPING_SECONDS: Final = 0.02
"""A step that is faster than this is computed again: reading it would take as long."""
STALE_SECONDS: Final = 3600.0
"""Age at which an unfinished entry is taken for one of a killed worker."""
FITTED_FILE: Final = "fitted.joblib"
TRAIN_FILE: Final = "train.arrow"
APPLY_FILE: Final = "apply.arrow"


class FoldCache:
    """Fitted steps and the columns that they made, as files, shared by all workers of a run.

    An entry is a folder that appears complete or not at all. Dropping one never harms: it is computed again.

    Parameters
    ----------
    folder : Path
    most_bytes : int
        Size of all entries of all workers.
    worth_keeping : float
        Seconds from which on what was computed is kept.

    Attributes
    ----------
    use : CacheUse
        What this worker read, computed and kept.
    """

    def __init__(
        self, folder: Path, most_bytes: int = CACHE_BYTES, worth_keeping: float = WORTH_KEEPING_SECONDS
    ) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self.worth_keeping = worth_keeping
        self.use = CacheUse()

    def get(self, key: str) -> tuple[Any, pd.DataFrame, pd.DataFrame | None] | None:
        """Return what was fitted and the columns that it made, None where they are not there (any more)."""
        entry = self.folder / key
        try:
            fitted = joblib.load(entry / FITTED_FILE)
            train = _read(entry / TRAIN_FILE)
            apply = _read(entry / APPLY_FILE) if (entry / APPLY_FILE).exists() else None
            size = _size(entry)
            os.utime(entry)
        except (OSError, EOFError):
            return None
        self.count(read=1, bytes_read=size)
        return fitted, train, apply

    def count(self, **more: int) -> None:
        """Add to what was counted."""
        self.use = self.use.having(**{name: getattr(self.use, name) + number for name, number in more.items()})

    def put(self, key: str, fitted: Any, train: pd.DataFrame, apply: pd.DataFrame | None) -> None:
        """Keep an entry; one that another worker put there meanwhile is as good. A full disk is no error here."""
        unfinished = self.folder / f".{key}.{uuid4().hex}.tmp"
        try:
            unfinished.mkdir(parents=True)
            joblib.dump(fitted, unfinished / FITTED_FILE)
            _write(train, unfinished / TRAIN_FILE)
            if apply is not None:
                _write(apply, unfinished / APPLY_FILE)
            size = _size(unfinished)
            unfinished.rename(self.folder / key)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            return
        self.count(kept=1, bytes_kept=size)
        self.trim()

    def trim(self) -> None:
        """Drop what was used longest ago until the cache is small enough, and what killed workers left unfinished."""
        sizes: dict[Path, tuple[float, int]] = {}
        for entry in self.folder.iterdir():
            try:
                used = entry.stat().st_mtime
                size = _size(entry)
            except (FileNotFoundError, NotADirectoryError):
                continue
            if not entry.name.startswith("."):
                sizes[entry] = (used, size)
            elif time.time() - used > STALE_SECONDS:
                shutil.rmtree(entry, ignore_errors=True)
        total = sum(size for _, size in sizes.values())
        for entry in sorted(sizes, key=lambda each: sizes[each][0]):
            if total <= self.most_bytes:
                return
            total -= sizes[entry][1]
            gone = entry.with_name(f".{entry.name}.{uuid4().hex}.gone")
            try:
                entry.rename(gone)  # first out of sight, so that nobody sees half of it
            except OSError:
                continue
            self.count(dropped=1, bytes_dropped=sizes[entry][1])
            shutil.rmtree(gone, ignore_errors=True)


def _size(entry: Path) -> int:
    return sum(file.stat().st_size for file in entry.iterdir())


def _write(frame: pd.DataFrame, path: Path) -> None:
    arrays: list[Any] = [pa.array(frame[name].to_numpy(), from_pandas=True) for name in frame.columns]
    names = [str(name) for name in frame.columns]
    feather.write_feather(pa.table(arrays, names=names), str(path), compression="uncompressed")


def _read(path: Path) -> pd.DataFrame:
    table = feather.read_table(str(path), memory_map=True, use_threads=False)
    arrays = {name: array_of(table[name]) for name in table.column_names}
    if not arrays:
        return pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    return pd.DataFrame({name: pd.Series(a, dtype=a.dtype, copy=False) for name, a in arrays.items()}, copy=False)
