"""Whether planfit can work on this machine, checked by doing it."""

from __future__ import annotations

import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from planfit import __version__
from planfit.records.canonical import Record

REQUIRED = ("scikit-learn", "pandas", "polars", "pyarrow", "lightgbm", "optuna", "pydantic", "joblib")


class Examination(Record):
    """One thing looked at."""

    name: str
    ok: bool
    """Nothing that is needed is missing."""
    there: bool = True
    """False: it is not here, and whoever does not use it does not miss it."""
    found: str
    hint: str | None = None


def examine(store: str | Path) -> list[Examination]:
    """Look at Python, libraries, cores, memory, the store, the signing key and a worker."""
    return [_python(), *_libraries(), _machine(), _store(Path(store)), _key(), *_language_models(), _worker()]


def try_out(name: str, base_url: str | None = None) -> list[Examination]:
    """Make one tiny call to a language model for each form of an answer that it may take, and say what came back.

    Parameters
    ----------
    name : str
        ``PROVIDER:MODEL``.
    base_url : str or None
    """
    from planfit.errors import UsageError
    from planfit.planners.llm.tryout import tried
    from planfit.planners.registry import is_language_model

    if not is_language_model(name):
        raise UsageError(f"{name!r} is no language model.", hint="Write PROVIDER:MODEL, e.g. openai:gpt-5.")
    return [Examination(name=f"{name} {mode}"[:60], ok=ok, found=said) for mode, ok, said in tried(name, base_url)]


def _language_models() -> list[Examination]:
    """Say which providers could be asked: nothing is sent. None of them is needed."""
    import os

    from planfit.planners.llm.build import NEEDED
    from planfit.planners.llm.dialects import DIALECTS

    missing = [module for module in NEEDED if find_spec(module) is None]
    there = "planfit[llm] is installed"
    if missing:
        there = f"planfit[llm] is not installed (optional; {', '.join(missing)} missing)"
    found = [Examination(name="language models", ok=True, there=not missing, found=there)]
    for dialect in DIALECTS.values():
        keys = [name for name in dialect.keys if os.environ.get(name)]
        key = f"key in {keys[0]}" if keys else f"no key ({' or '.join(dialect.keys)})"
        key = key if keys or dialect.needs_key else f"needs no key here, {key}"
        known = (os.environ.get(dialect.url_variable) if dialect.url_variable else None) or dialect.base_url
        where = known or f"address by --base-url or {dialect.url_variable}"
        if dialect.native is not None and find_spec(dialect.native) is None:
            where += f" (without the package {dialect.native}, by its OpenAI-compatible endpoint)"
        ready = not missing and (bool(keys) or not dialect.needs_key) and known is not None
        found.append(Examination(name=f"  {dialect.name}", ok=True, there=ready, found=f"{key}; {where}"))
    return found


def _python() -> Examination:
    version = ".".join(str(part) for part in sys.version_info[:3])
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    hint = None if fits else "Use Python 3.11, 3.12 or 3.13."
    return Examination(name="planfit", ok=fits, found=f"{__version__} on Python {version}", hint=hint)


def _libraries() -> list[Examination]:
    found = []
    for name in REQUIRED:
        try:
            found.append(Examination(name=name, ok=True, found=metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append(Examination(name=name, ok=False, found="missing", hint=f"pip install {name}"))
    for module in ("torch", "xgboost", "catboost"):
        there = find_spec(module) is not None
        said = "installed" if there else "not installed (optional)"
        found.append(Examination(name=module, ok=True, there=there, found=said))
    return found


def _machine() -> Examination:
    import os

    import psutil

    memory = psutil.virtual_memory()
    text = f"{os.cpu_count()} cores, {memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free"
    enough = memory.available > 1e9
    hint = None if enough else "Close other programs; a run wants at least 1 GB."
    return Examination(name="machine", ok=enough, found=text, hint=hint)


def _store(root: Path) -> Examination:
    import shutil

    there = root if root.is_dir() else next(parent for parent in root.absolute().parents if parent.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Examination(
            name="store", ok=False, found=f"{root} cannot be written: {error}", hint="Name another with --store."
        )
    free = shutil.disk_usage(there).free
    hint = None if free > 5e8 else "Make room, or name a store on another disk with --store."
    return Examination(name="store", ok=free > 5e8, found=f"{root}, {free / 1e9:.0f} GB free", hint=hint)


def _key() -> Examination:
    from planfit import signing
    from planfit.errors import PlanfitError

    try:
        signing.sign("0" * 64)  # makes the key where there is none
        place = signing.key_path()
    except (OSError, PlanfitError) as error:
        return Examination(
            name="signing key", ok=False, found=str(error), hint="Set PLANFIT_HOME to a folder that you may write."
        )
    return Examination(name="signing key", ok=True, found=str(place))


def _worker() -> Examination:
    import time

    from planfit.records.jobs import JobDone, PingJob
    from planfit.runtime.workers import Workers

    with (
        tempfile.TemporaryDirectory() as folder,
        Workers(slots=1, threads=1, memory=None, scratch=Path(folder)) as workers,
    ):
        begun = time.monotonic()
        ready = workers.wait([workers.submit(PingJob(), deadline_seconds=60.0)])
        seconds = time.monotonic() - begun
    if not isinstance(ready, JobDone):
        detail = ready.detail if ready is not None else "no answer"
        hint = "See whether processes may be started here (containers, security policies)."
        return Examination(name="worker", ok=False, found=detail, hint=hint)
    return Examination(name="worker", ok=True, found=f"answers after {seconds:.1f} s")
