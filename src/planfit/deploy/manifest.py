"""``metadata.json``: what a bundle is, which files belong to it, and who vouches for them."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata as installed
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from planfit import __version__
from planfit.errors import DamagedRun, NotTrusted, UsageError
from planfit.records.canonical import Record, digest, plain
from planfit.records.schema import Column, Kind, Schema
from planfit.records.scores import Delivered, HoldoutScore, Score
from planfit.records.task import Task, Threshold
from planfit.signing import sign, verify

FORMAT: Final = 1
NAME: Final = "metadata.json"
LIBRARIES: Final = ("scikit-learn", "lightgbm", "pandas", "numpy", "scipy", "polars", "joblib")
"""Libraries whose objects a bundle holds, or that compute its predictions."""


class FileEntry(Record):
    """A file of the bundle."""

    sha256: str
    bytes: int


class InputColumn(Record):
    """A raw column that the model needs."""

    name: str
    kind: Kind


class Metadata(Record):
    """What ``metadata.json`` says."""

    format: Literal[1] = 1
    planfit: str
    python: str
    run_id: str
    task: Task
    metric: str
    greater_is_better: bool
    cv: Score
    holdout: HoldoutScore | None
    """Score of the fold models on rows that nothing had seen; None where there were none or they stayed closed."""
    delivered: Delivered
    """Members and weights; how they were fitted."""
    threshold: Threshold | None
    """Binary tasks: probability from which the positive class is predicted; None: the likelier class."""
    seed: int
    columns: tuple[InputColumn, ...]
    """Raw columns that rows must have."""
    libraries: dict[str, str]
    files: dict[str, FileEntry]
    manifest: str
    """SHA-256 over the canonical JSON of all fields but `manifest` and `signature`."""
    signature: str
    """HMAC-SHA-256 of `manifest` by the key of the user who trained it."""

    def differences(self) -> tuple[str, ...]:
        """Return the libraries that are installed in another version than the model was trained with."""
        here = versions()
        return tuple(
            f"{name} {here.get(name, 'missing')} (trained with {was})"
            for name, was in self.libraries.items()
            if here.get(name) != was
        )


def versions() -> dict[str, str]:
    """Return the versions of the libraries that are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = installed.version(name)
        except installed.PackageNotFoundError:
            continue
    return found


def write(
    *,
    task: Task,
    schema: Schema,
    delivered: Delivered,
    cv: Score,
    holdout: HoldoutScore | None,
    seed: int,
    run_id: str,
    files: Mapping[str, bytes | Path],
    threshold: Threshold | None = None,
) -> bytes:
    """Return ``metadata.json`` for the other files of a bundle, signed by the user's key.

    Parameters
    ----------
    task, schema, delivered, cv, holdout, seed, run_id, threshold
        What the document says.
    files : mapping of str to bytes or Path
        Name in the bundle folder, and content.
    """
    said = {
        "format": FORMAT,
        "planfit": __version__,
        "python": platform.python_version(),
        "run_id": run_id,
        "task": task,
        "metric": task.metric,
        "greater_is_better": task.greater_is_better,
        "cv": cv,
        "holdout": holdout,
        "delivered": delivered,
        "threshold": threshold,
        "seed": seed,
        "columns": [_input(column) for column in schema.columns],
        "libraries": versions(),
        "files": {name: _entry(content) for name, content in sorted(files.items())},
    }
    document = plain(said)
    document["manifest"] = digest(document)
    document["signature"] = sign(document["manifest"])
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False).encode("utf-8", "surrogatepass") + b"\n"


def read(folder: Path, *, trust: bool) -> Metadata:
    """Read and check ``metadata.json``; after it the hashes of all other files can be relied on.

    Raises
    ------
    UsageError
        There is no bundle in `folder`, or one of a later format.
    DamagedRun
        The document was changed after it was written.
    NotTrusted
        It is not signed by this user's key and `trust` is False.
    """
    try:
        document = json.loads((folder / NAME).read_bytes().decode("utf-8", "surrogatepass"))
    except FileNotFoundError:
        raise UsageError(
            f"There is no bundle in {folder}: it has no {NAME}.", hint="Name a run, or the model/ folder of one."
        ) from None
    except ValueError:
        raise _damaged(folder, f"its {NAME} is not JSON") from None
    if not isinstance(document, dict):
        raise _damaged(folder, f"its {NAME} is not a document")
    if document.get("format") != FORMAT:
        raise UsageError(
            f"The bundle {folder} has format {document.get('format')!r}; this planfit reads {FORMAT}.",
            hint="Load it with the version of planfit that wrote it, or a newer one.",
        )
    unsigned = {key: value for key, value in document.items() if key not in ("manifest", "signature")}
    if document.get("manifest") != digest(unsigned):
        raise _damaged(folder, f"its {NAME} does not fit its own hash")
    try:
        found = Metadata.model_validate(document)
    except ValidationError as error:
        raise _damaged(folder, f"its {NAME} lacks or misspells {error.error_count()} fields") from error
    if not trust and not verify(found.manifest, found.signature):
        raise NotTrusted(
            f"The bundle {folder} is not signed by your key, and loading it runs code from it.",
            hint="If you trust where it came from: --trust, or planfit.load(path, trust=True).",
        )
    return found


def content(folder: Path, name: str, entry: FileEntry) -> bytes:
    """Return the bytes of a file of the bundle; they are what was hashed, whatever happens to the file meanwhile."""
    if name in (".", "..", "") or Path(name).name != name:
        raise _damaged(folder, f"it names a file outside of itself, {name!r}")
    try:
        found = (folder / name).read_bytes()
    except OSError as error:
        raise _damaged(folder, f"its file {name} cannot be read ({error.strerror or error})") from error
    if hashlib.sha256(found).hexdigest() != entry.sha256:
        raise _damaged(folder, f"its file {name} does not fit its hash")
    return found


def _input(column: Column) -> InputColumn:
    return InputColumn(name=column.name, kind=column.kind)


def _entry(found: bytes | Path) -> FileEntry:
    if isinstance(found, bytes):
        return FileEntry(sha256=hashlib.sha256(found).hexdigest(), bytes=len(found))
    with found.open("rb") as file:
        return FileEntry(sha256=hashlib.file_digest(file, "sha256").hexdigest(), bytes=found.stat().st_size)


def _damaged(folder: Path, what: str) -> DamagedRun:
    return DamagedRun(
        f"The bundle {folder} is damaged: {what}.",
        hint="Copy it again from where it was trained, or train it again; `planfit resume` does damaged steps again.",
    )
