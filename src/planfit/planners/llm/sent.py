"""``sent.jsonl``: every body that left for a language model, written before it left."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path


class Sent:
    """The list of what left.

    Attributes
    ----------
    folder : Path or None
        The run that it is of; without one, as when a connection is tried out, nothing is listed.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._guard = threading.Lock()

    def note(self, url: str, body: bytes) -> None:
        """Write one line and see it on the disk: a body that cannot be listed does not leave."""
        if self.folder is None:
            return
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "url": url,
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "body": body.decode("utf-8", "replace"),
        }
        with self._guard, (self.folder / "sent.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
