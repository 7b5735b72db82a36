"""Whatever a job does, it becomes a `JobFailed` with its cause, and no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from processes import alive, children, wait_until
from rogues import Rogue

from planfit.records.jobs import JobDone, JobFailed
from planfit.runtime.workers import Workers

HERE = Path(__file__).parent
FAULTS = {
    "segfault": ("crash", "SIGSEGV"),
    "abort": ("out_of_memory", "SIGABRT"),
    "leave": ("crash", "exit code 9"),
    "killed": ("out_of_memory", "SIGKILL"),
    "raise_error": ("exception", "ValueError: the level 'a' is unknown (in raise_error, rogues.py:"),
    "raise_memory": ("out_of_memory", "no room"),
    "raise_not_finite": ("not_finite", "The loss is NaN after round 3"),
    "raise_timeout": ("timeout", "No fold was finished in time."),
    "exit_quietly": ("exception", "SystemExit"),
    "full_disk": ("exception", "The disk is full: "),
    "unheard_of": ("exception", "unheard_of"),
}


def failure(workers: Workers, job: str, **limits: object) -> JobFailed:
    given = {"deadline_seconds": 120.0, "memory": None, **limits}
    done = workers.wait([workers.submit(Rogue(job=job), **given)], timeout=120.0)  # type: ignore[arg-type]
    assert isinstance(done, JobFailed), done
    return done


@pytest.mark.parametrize("job", FAULTS)
def test_a_fault_becomes_a_cause(workers: Workers, job: str) -> None:
    cause, words = FAULTS[job]
    failed = failure(workers, job)
    assert (failed.cause, words in failed.detail) == (cause, True), failed.detail
    assert "\n" not in failed.detail
    # The workers go on as if nothing had been.
    done = workers.wait([workers.submit(Rogue(job="obey"), deadline_seconds=120.0)])
    assert isinstance(done, JobDone)


def test_a_native_crash_says_where(workers: Workers) -> None:
    assert "string_at (__init__.py:" in failure(workers, "segfault").detail


def test_the_traceback_is_kept_in_the_folder(workers: Workers) -> None:
    failed = failure(workers, "raise_error")
    assert "Traceback" in (Path(failed.folder) / "stderr.txt").read_text()


@pytest.mark.parametrize("job", ["for_ever", "in_native_code"])
def test_a_job_that_never_ends_is_killed_after_its_deadline(workers: Workers, job: str) -> None:
    failed = failure(workers, job, deadline_seconds=0.3)
    assert failed.cause == "timeout"
    assert "0.3 seconds" in failed.detail


@pytest.mark.parametrize("job", ["eat_slowly", "eat_at_once", "eat_in_a_child"])
def test_a_job_that_eats_memory_is_killed(workers: Workers, job: str) -> None:
    failed = failure(workers, job, memory=400 << 20)
    assert failed.cause == "out_of_memory", failed.detail


def test_workers_share_the_memory_and_the_largest_goes(rogues: None, tmp_path: Path) -> None:
    with Workers(slots=2, threads=1, memory=700 << 20, scratch=tmp_path, jobs="rogues:JOBS") as workers:
        small = workers.submit(Rogue(job="until_deadline"), deadline_seconds=8.0)
        large = workers.submit(Rogue(job="eat_slowly"), deadline_seconds=120.0)
        failed = workers.wait([large], timeout=120.0)
        assert isinstance(failed, JobFailed)
        assert failed.cause == "out_of_memory"
        workers.cancel(small)


def test_a_worker_that_kills_the_zygote_is_tried_again(rogues: None, tmp_path: Path) -> None:
    with Workers(slots=2, threads=1, memory=None, scratch=tmp_path / "s", jobs="rogues:JOBS") as workers:
        beside = workers.submit(Rogue(job="until_deadline"), deadline_seconds=0.5)
        ticket = workers.submit(Rogue(job="kill_the_zygote_once", note=str(tmp_path / "mark")), deadline_seconds=120.0)
        for each in (ticket, beside):
            assert isinstance(workers.wait([each], timeout=120.0), JobDone)
        assert workers.mode == "zygote"


def test_a_worker_that_always_kills_the_zygote_fails_and_the_next_runs_plainly(rogues: None, tmp_path: Path) -> None:
    with Workers(slots=1, threads=1, memory=None, scratch=tmp_path, jobs="rogues:JOBS") as workers:
        failed = failure(workers, "kill_the_zygote")
        assert failed.cause == "crash"
        assert "SIGKILL" in failed.detail
        assert isinstance(workers.wait([workers.submit(Rogue(job="obey"), deadline_seconds=120.0)], 120.0), JobDone)
        assert workers.mode == "plain"


PROGRAM = """
import sys, time
from pathlib import Path
from rogues import Rogue
from planfit.runtime.workers import Workers
forks = sys.argv[2] == "zygote"
workers = Workers(slots=2, threads=1, memory=None, scratch=Path(sys.argv[1]), forks=forks, jobs="rogues:JOBS")
workers.warm_up()
for job in sys.argv[3:]:
    workers.submit(Rogue(job=job), deadline_seconds=None)
print("submitted", flush=True)
time.sleep(1000)
"""


def start_program(scratch: Path, mode: str, *jobs: str) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    """Start a run of its own and return it with all of its processes once its jobs have begun."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(scratch), mode, *jobs],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    assert program.stdout is not None
    assert program.stdout.readline() == b"submitted\n"
    assert wait_until(lambda: len(list(scratch.glob("*/began"))) == len(jobs), 60.0)
    return program, psutil.Process(program.pid).children(recursive=True)


@pytest.mark.parametrize("whole_group", [False, True], ids=["parent", "group"])
def test_no_worker_outlives_a_run_that_is_killed(mode: str, whole_group: bool, tmp_path: Path) -> None:
    program, others = start_program(tmp_path, mode, "for_ever", "in_native_code")
    assert len(others) >= 2
    with program:
        if whole_group:
            os.killpg(program.pid, signal.SIGKILL)
        else:
            program.kill()
        assert wait_until(lambda: not [process for process in others if alive(process)]), others


def test_a_worker_of_a_killed_run_takes_its_own_children_along(tmp_path: Path) -> None:
    program, others = start_program(tmp_path, "zygote", "eat_in_a_child")
    grandchild = psutil.Process(int(next(tmp_path.glob("*/began")).read_text()))
    with program:
        program.kill()
        assert wait_until(lambda: not [process for process in (*others, grandchild) if alive(process)])


def test_no_worker_outlives_a_killed_zygote(rogues: None, tmp_path: Path) -> None:
    with Workers(slots=1, threads=1, memory=None, scratch=tmp_path, jobs="rogues:JOBS") as workers:
        workers.submit(Rogue(job="in_native_code"), deadline_seconds=None)
        assert wait_until(lambda: list(tmp_path.glob("*/began")), 60.0)
        zygote = next(each for each in children() if children(each))
        (worker,) = zygote.children()
        zygote.kill()
        assert wait_until(lambda: not alive(worker))


def test_a_run_that_is_killed_while_the_zygote_is_loading(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "zygote"],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    with program:
        assert program.stdout is not None
        program.stdout.readline()
        assert wait_until(lambda: children(psutil.Process(program.pid)))
        others = psutil.Process(program.pid).children(recursive=True)
        program.kill()
        assert wait_until(lambda: not [process for process in others if alive(process)])


def test_a_worker_that_cannot_start_says_why(rogues: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither as a zygote nor as a plain process: here a broken package stands in the way of ours."""
    (tmp_path / "pydantic.py").write_text("raise ImportError('this pydantic is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Workers(slots=1, threads=1, memory=None, scratch=tmp_path / "s", jobs="rogues:JOBS") as workers:
        failed = failure(workers, "obey")
    assert failed.cause == "crash"
    assert "this pydantic is broken" in failed.detail
