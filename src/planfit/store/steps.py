"""Finished steps that runs share: ``steps/<key>``, signed by the user who computed them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from planfit import signing
from planfit.records.canonical import canonical_json, digest
from planfit.records.events import StepFinished
from planfit.store.files import Disk, explained, write_whole
from planfit.store.objects import TEMPORARIES

FORMAT = 1


class Shared(NamedTuple):
    """A step that some run finished."""

    run_id: str
    step: StepFinished


def step_key(stage: str, version: int, inputs: Any, libraries: Mapping[str, str] | None = None) -> str:
    """Return the key of a computation: never a run id, a time, a path or a number of threads.

    Examples
    --------
    >>> step_key("profiling", 1, ["3f2a"]) == step_key("profiling", 1, ("3f2a",))
    True
    """
    return digest([stage, version, dict(libraries or {}), inputs])


class Steps:
    """``steps/`` of a store."""

    def __init__(self, root: Path, disk: Disk) -> None:
        self.folder = root / "steps"
        self._temporaries = root / TEMPORARIES
        self._disk = disk

    def keep(self, run_id: str, step: StepFinished) -> None:
        """Write a finished step; its files must be among the objects already."""
        content = {"format": FORMAT, "run_id": run_id, "step": step.to_json()}
        entry = {**content, "signature": signing.sign(digest(content))}
        with explained(f"steps/{step.key} cannot be written"):
            self._disk.make_folder(self.folder)
            self._disk.make_folder(self._temporaries)
        write_whole(self._disk, self.folder / step.key, canonical_json(entry), beside=self._temporaries)

    def find(self, key: str) -> Shared | None:
        """Return a finished step that this user signed; None for anything else."""
        try:
            entry = json.loads((self.folder / key).read_bytes())
            signature = entry.pop("signature")
            step = StepFinished.model_validate(entry["step"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError):
            return None
        if entry.get("format") != FORMAT or step.key != key or not signing.verify(digest(entry), str(signature)):
            return None
        return Shared(str(entry["run_id"]), step)
