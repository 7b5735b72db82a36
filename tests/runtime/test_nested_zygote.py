"""PyTorch is loaded once, by a zygote of the zygote, and whatever becomes of that the jobs are done or say why not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from processes import alive, children, wait_until
from rogues import Rogue

from planfit.records.jobs import JobDone, JobFailed
from planfit.runtime.workers import Workers

pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a zygote forks")
NETWORK = ("mlp",)


@pytest.fixture
def workers(rogues: None, tmp_path: Path) -> Iterator[Workers]:
    with Workers(slots=2, threads=1, memory=None, scratch=tmp_path, forks=True, jobs="rogues:JOBS") as made:
        yield made
        started = psutil.Process().children(recursive=True)
    assert wait_until(lambda: not [process for process in started if alive(process)]), started


def done(workers: Workers, *, families: tuple[str, ...] = NETWORK, job: str = "obey", threads: int = 1) -> JobDone:
    found = workers.wait([workers.submit(Rogue(job=job, families=families, threads=threads), deadline_seconds=60.0)])
    assert isinstance(found, JobDone), found
    return found


def test_the_library_is_loaded_once_and_for_those_that_want_it(workers: Workers) -> None:
    plain, first, second = done(workers, families=("linear",)), done(workers), done(workers, threads=2)
    assert not plain.result["torch"]
    assert first.result["torch"]
    assert second.result["torch"]
    assert first.result["parent"] == second.result["parent"] != plain.result["parent"]
    assert second.result["pools"] == [2]
    assert first.result["session"] == first.result["pid"]


def test_others_do_not_wait_while_it_loads(workers: Workers) -> None:
    network = workers.submit(Rogue(job="obey", families=NETWORK), deadline_seconds=60.0)
    other = workers.submit(Rogue(job="obey"), deadline_seconds=60.0)
    assert workers.wait([network, other]).ticket == other  # type: ignore[union-attr]
    assert isinstance(workers.wait([network]), JobDone)


def test_a_job_is_cancelled_while_it_loads_and_while_it_runs(workers: Workers) -> None:
    done(workers, families=())  # the zygote itself is there
    loading = workers.submit(Rogue(job="for_ever", families=NETWORK), deadline_seconds=None)
    workers.cancel(loading)
    running = workers.submit(Rogue(job="for_ever", families=NETWORK), deadline_seconds=None)
    assert wait_until(lambda: (workers.scratch / f"job-{running}" / "began").exists(), 60.0)
    workers.cancel(running)
    for ticket in (loading, running):
        failed = workers.wait([ticket])
        assert isinstance(failed, JobFailed)
        assert failed.cause == "cancelled"


def test_workers_are_closed_while_it_loads(rogues: None, tmp_path: Path) -> None:
    with Workers(slots=1, threads=1, memory=None, scratch=tmp_path, forks=True, jobs="rogues:JOBS") as workers:
        done(workers, families=())
        (zygote,) = (each for each in children() if "planfit.runtime.zygote" in each.cmdline())
        ticket = workers.submit(Rogue(job="obey", families=NETWORK), deadline_seconds=60.0)
        assert wait_until(lambda: children(zygote))
        started = zygote.children(recursive=True)
    assert isinstance(workers.wait([ticket]), JobFailed)
    assert wait_until(lambda: not [process for process in started if alive(process)])


def test_it_is_killed_and_the_next_job_is_done_without(workers: Workers) -> None:
    nested = psutil.Process(done(workers).result["parent"])
    ticket = workers.submit(Rogue(job="in_native_code", families=NETWORK), deadline_seconds=None)
    assert wait_until(lambda: list(workers.scratch.glob("*/began")), 60.0)
    (worker,) = nested.children()
    nested.kill()
    failed = workers.wait([ticket])
    assert isinstance(failed, JobFailed)
    assert (failed.cause, failed.detail) == ("crash", "The process that started it ended (SIGKILL).")
    assert wait_until(lambda: not alive(worker))
    after = done(workers)
    assert not after.result["torch"]  # a job that fits a network would load it by itself
    assert psutil.Process(after.result["parent"]).ppid() == os.getpid()


def test_where_it_cannot_load_a_worker_is_started_without(
    rogues: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so: cannot be read')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.environ["PYTHONPATH"])))
    with Workers(slots=1, threads=1, memory=None, scratch=tmp_path / "s", forks=True, jobs="rogues:JOBS") as workers:
        for _ in range(2):
            found = done(workers)
            assert not found.result["torch"]
            assert psutil.Process(found.result["parent"]).ppid() == os.getpid()
