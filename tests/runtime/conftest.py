"""Workers for the tests, and the promise that nothing of theirs is left behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from planfit.runtime.workers import Workers

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for `rogues`, which workers import by that name too, and `processes`

from processes import alive, wait_until  # noqa: E402


def ours(scratch: Path) -> list[psutil.Process]:
    """Return living processes that descend from this one or name the scratch folder; zombies count as dead."""
    found = {process.pid: process for process in psutil.Process().children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if str(scratch) in " ".join(process.cmdline()) and process.pid != os.getpid():
                found[process.pid] = process
        except psutil.Error:
            continue
    return [process for process in found.values() if alive(process)]


@pytest.fixture(scope="module")
def rogues() -> Iterator[None]:
    """Make the bad jobs importable in workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        yield


@pytest.fixture(params=["zygote", "plain"], scope="module")
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def module_workers(mode: str, rogues: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Two slots; when they are closed, no process is left."""
    scratch = tmp_path_factory.mktemp("scratch")
    forks = mode == "zygote"
    with Workers(slots=2, threads=1, memory=2 << 30, scratch=scratch, forks=forks, jobs="rogues:JOBS") as made:
        yield made
        started = psutil.Process().children(recursive=True)
    assert wait_until(lambda: not [process for process in started if alive(process)])
    assert not ours(scratch)


@pytest.fixture
def workers(module_workers: Workers) -> Iterator[Workers]:
    """The same workers for a whole module; after each test none of their processes is left but the zygote."""
    yield module_workers
    assert wait_until(lambda: not busy()), busy()


def busy() -> list[psutil.Process]:
    """Return the living workers of this process."""
    found = [process for process in psutil.Process().children(recursive=True) if not is_zygote(process)]
    return [process for process in found if alive(process)]


def is_zygote(process: psutil.Process) -> bool:
    """Return whether this is the zygote itself; a process that ends while it is looked at is no zygote."""
    try:
        return process.ppid() == os.getpid() and process.cmdline()[-1:] == ["planfit.runtime.zygote"]
    except psutil.Error:
        return False
