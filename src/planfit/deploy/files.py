"""Files that a user names: each appears whole or not at all, and none over what it was made from."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from planfit.errors import UsageError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; what stands there at the end is synced and takes the place of `path`.

    Parameters
    ----------
    path : Path

    Raises
    ------
    UsageError
        The system refuses.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Name a file in a folder that you may write to.",
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def write_text(text: str, out: str | os.PathLike[str]) -> None:
    """Write a text as UTF-8.

    Parameters
    ----------
    text : str
    out : path
    """
    with whole(Path(out).expanduser()) as beside:
        beside.write_text(text, encoding="utf-8")


def write_pipeline(pipeline: Any, out: str | os.PathLike[str]) -> None:
    """Write a fitted pipeline as a joblib file.

    Parameters
    ----------
    pipeline : Pipeline
    out : path
    """
    import joblib

    with whole(Path(out).expanduser()) as beside:
        joblib.dump(pipeline, beside)


def apart_from(written: Iterable[Path], read: Iterable[str]) -> None:
    """Refuse to write over what is read, or two things to one place.

    Parameters
    ----------
    written : iterable of Path
    read : iterable of str
        Paths, or addresses that are none.

    Raises
    ------
    UsageError
        A file would be lost.
    """
    taken = {Path(text).expanduser().resolve(): f"{text} is what it is made from" for text in read if "\0" not in text}
    for path in written:
        place = path.resolve()
        if place in taken:
            raise UsageError(f"{path} cannot be written: {taken[place]}.", hint="Name another file.")
        if place.is_dir():
            raise UsageError(f"{path} cannot be written: it is a folder.", hint="Name a file.")
        if not place.parent.is_dir():
            raise UsageError(f"{path} cannot be written: there is no folder {place.parent}.", hint="Make it first.")
        taken[place] = "it is written already"
