"""Paths as a person would write them where they are."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from planfit.settings import STORE


def seen_from_here(path: str | Path) -> str:
    """Return a path as seen from the working directory, where that is shorter.

    Examples
    --------
    >>> seen_from_here(Path.cwd() / "data" / "churn.csv")
    'data/churn.csv'
    """
    whole = str(path)
    try:
        relative = os.path.relpath(whole)
    except ValueError:  # another drive
        return whole
    return relative if len(relative) < len(whole) else whole


def command(verb: str, run_id: str, *more: str, store: Path) -> str:
    """Return the command line that does `verb` to a run from here, wherever its store is."""
    elsewhere = store.absolute() != Path(STORE).absolute()
    return shlex.join(["planfit", verb, run_id, *more, *(("--store", seen_from_here(store)) if elsewhere else ())])
