"""Words from other processes to the one that works on a run. Only that one writes the log; it looks here now and then."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

from planfit.store.files import Disk, explained, write_whole

FOLDER = "inbox"
Word = Literal["stop", "leave"]
"""``stop``: finish with the best so far. ``leave``: end at once, to be resumed later."""
WORDS: tuple[Word, ...] = ("stop", "leave")


def put(run: Path, word: Word) -> None:
    """Leave a word for the process that works on the run in folder `run`."""
    disk = Disk()
    with explained(f"Nothing can be left for {run.name}"):
        disk.make_folder(run / FOLDER)
    write_whole(disk, run / FOLDER / word, b"", settle=False)


def take(run: Path) -> tuple[Word, ...]:
    """Return the words that were left, and remove them."""
    found = []
    for word in WORDS:
        with suppress(OSError):
            (run / FOLDER / word).unlink()
            found.append(word)
    return tuple(found)
