"""The table that ships with planfit: customers of a telephone company (IBM, Apache-2.0), 7,043 rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

SENTENCE = "Predict customer churn based on usage patterns"
RESOURCE = "telco_churn.csv.xz"


@contextmanager
def table_path() -> Iterator[Path]:
    """Yield a path of the demo's table as CSV. It is kept in the user's cache folder, so that a run can be resumed."""
    import lzma
    import os

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "planfit"
    content = lzma.decompress(files("planfit.samples").joinpath(RESOURCE).read_bytes())
    try:
        cache.mkdir(parents=True, exist_ok=True)
        path = cache / "telco_churn.csv"
        if not path.is_file() or path.read_bytes() != content:
            descriptor, temporary = tempfile.mkstemp(dir=cache)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(temporary).replace(path)
        yield path
    except OSError:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "telco_churn.csv"
            path.write_bytes(content)
            yield path
