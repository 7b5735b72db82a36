"""Long folds of a candidate that is not finished yet: kept with the run, so that a crash costs one fold and not all of them."""

from __future__ import annotations

import hashlib
import io
import pickle
import shutil
from pathlib import Path
from typing import Any, Final

import joblib

from planfit import signing
from planfit.records.canonical import digest
from planfit.runtime.jobs.fitting import dump
from planfit.runtime.protocol import write_whole

LONG_SECONDS: Final = 5.0
"""A fold that took less is fitted again: keeping it would hardly be worth the files."""
_UNREADABLE: Final = (
    OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, ImportError, pickle.UnpicklingError
)  # fmt: skip


class UnfinishedFolds:
    """Fitted folds in a folder that bears the candidate's key; each is loaded only where this user's key signed it.

    Parameters
    ----------
    folder : str or None
        None: nothing is kept.
    """

    def __init__(self, folder: str | None) -> None:
        self.folder = None if folder is None else Path(folder)

    def find(self, fold: int) -> Any:
        """Return a fold that an earlier sitting fitted; None where there is none, or it does not fit its seal."""
        if self.folder is None:
            return None
        try:
            content, seal = self._file(fold).read_bytes(), self._seal(fold).read_text("ascii")
            if not signing.verify(self._signed(fold, content), seal):
                return None
            return joblib.load(io.BytesIO(content))
        except _UNREADABLE:
            return None

    def keep(self, fold: int, fitted: Any, seconds: float) -> None:
        """Keep a fold that took long; where that fails, it is fitted again after a crash, and that is all."""
        if self.folder is None or seconds < LONG_SECONDS:
            return
        try:
            dump(fitted, self._file(fold))
            write_whole(self._seal(fold), signing.sign(self._signed(fold, self._file(fold).read_bytes())).encode())
        except (*_UNREADABLE, pickle.PicklingError):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _signed(self, fold: int, content: bytes) -> str:
        assert self.folder is not None
        return digest(["fold", self.folder.name, fold, hashlib.sha256(content).hexdigest()])

    def _file(self, fold: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{fold}.joblib"

    def _seal(self, fold: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{fold}.seal"
