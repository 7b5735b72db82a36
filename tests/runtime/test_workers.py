"""The protocol: submit, wait, cancel, close, in forked workers and in plain ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rogues import Rogue

from planfit.records.jobs import JobDone, JobFailed
from planfit.runtime.workers import Workers


def test_a_job_is_done_in_a_process_of_its_own(workers: Workers, mode: str) -> None:
    ticket = workers.submit(Rogue(job="obey", note="hello"), deadline_seconds=120.0)
    done = workers.wait([ticket])
    assert isinstance(done, JobDone)
    assert done.result["note"] == "hello"
    assert done.result["infinite"] is None
    assert done.result["session"] == done.result["pid"]
    assert workers.mode == mode
    folder = Path(done.folder)
    assert (folder / done.result["files"]["file"]).read_text() == "hello"
    assert (folder / "stdout.txt").read_text() == "printed\n"
    assert done.peak_memory is None or done.peak_memory > 1 << 20


def test_the_zygote_has_one_thread_and_no_polars(workers: Workers, mode: str) -> None:
    if mode == "plain":
        pytest.skip("there is no zygote")
    done = workers.wait([workers.submit(Rogue(job="obey"), deadline_seconds=120.0)])
    assert isinstance(done, JobDone)
    assert workers.zygote_ready is not None
    assert len(workers.zygote_ready["threads"]) == 1
    assert not workers.zygote_ready["polars"]
    assert done.result["main"].endswith("zygote.py")


@pytest.mark.parametrize("threads", [1, 2])
def test_every_pool_gets_the_threads_of_the_job(workers: Workers, threads: int) -> None:
    done = workers.wait([workers.submit(Rogue(job="obey", threads=threads), deadline_seconds=120.0)])
    assert isinstance(done, JobDone)
    assert done.result["pools"] == [threads]


def test_texts_hash_alike_in_every_worker(workers: Workers) -> None:
    tickets = [workers.submit(Rogue(job="obey"), deadline_seconds=120.0) for _ in range(2)]
    first, second = (workers.wait([ticket]) for ticket in tickets)
    assert isinstance(first, JobDone)
    assert isinstance(second, JobDone)
    assert first.result["hash"] == second.result["hash"]
    assert first.result["pid"] != second.result["pid"]


def test_more_jobs_than_slots_are_all_done(workers: Workers) -> None:
    tickets = [workers.submit(Rogue(job="obey", note=str(n)), deadline_seconds=120.0) for n in range(6)]
    notes = []
    while tickets:
        done = workers.wait(tickets, timeout=120.0)
        assert isinstance(done, JobDone)
        notes.append(done.result["note"])
        tickets.remove(done.ticket)
    assert sorted(notes) == [str(n) for n in range(6)]


def test_waiting_gives_up_after_its_timeout(workers: Workers) -> None:
    ticket = workers.submit(Rogue(job="for_ever"), deadline_seconds=None)
    assert workers.wait([ticket], timeout=0.2) is None
    assert workers.wait([]) is None
    workers.cancel(ticket)


def test_a_running_and_a_waiting_job_are_cancelled(workers: Workers) -> None:
    tickets = [workers.submit(Rogue(job="for_ever"), deadline_seconds=None) for _ in range(3)]
    for ticket in reversed(tickets):
        workers.cancel(ticket)
        done = workers.wait([ticket], timeout=120.0)
        assert isinstance(done, JobFailed)
        assert done.cause == "cancelled"


def test_the_deadline_asks_a_job_to_end(workers: Workers, mode: str) -> None:
    seconds = 0.3 if mode == "zygote" else 3.0  # a plain process still has to import what it needs
    done = workers.wait([workers.submit(Rogue(job="until_deadline"), deadline_seconds=seconds)])
    assert isinstance(done, JobDone)
    assert done.result["left"] == 0


def test_a_stale_folder_of_a_killed_process_is_cleared(rogues: None, tmp_path: Path) -> None:
    (tmp_path / "job-1").mkdir()
    (tmp_path / "job-1" / "result.json").write_text('{"status": "done", "result": {"stale": true}}')
    with Workers(slots=1, threads=1, memory=None, scratch=tmp_path, jobs="rogues:JOBS") as workers:
        done = workers.wait([workers.submit(Rogue(job="obey"), deadline_seconds=120.0)])
    assert isinstance(done, JobDone)
    assert "stale" not in done.result


def test_closed_workers_refuse_jobs_and_open_jobs_are_cancelled(rogues: None, tmp_path: Path) -> None:
    workers = Workers(slots=1, threads=1, memory=None, scratch=tmp_path, jobs="rogues:JOBS")
    tickets = [workers.submit(Rogue(job="for_ever"), deadline_seconds=None) for _ in range(2)]
    workers.close()
    workers.close()
    for ticket in tickets:
        done = workers.wait([ticket])
        assert isinstance(done, JobFailed)
        assert done.cause == "cancelled"
    with pytest.raises(RuntimeError, match="closed"):
        workers.submit(Rogue(job="obey"), deadline_seconds=None)


def test_the_users_own_program_is_not_run_again(rogues: None, tmp_path: Path) -> None:
    """A script without ``if __name__ == "__main__"`` must not be imported by workers, nor what lies beside it."""
    program = tmp_path / "program.py"
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    program.write_text(
        "import sys; sys.path.remove(sys.path[0]); print('once')\n"
        "from pathlib import Path\n"
        "from rogues import Rogue\n"
        "from planfit.runtime.workers import Workers\n"
        "with Workers(slots=1, threads=1, memory=None, scratch=Path('scratch'), jobs='rogues:JOBS') as workers:\n"
        "    print(workers.wait([workers.submit(Rogue(job='obey'), deadline_seconds=30)]).result['note'] == '')\n"
    )
    ran = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False
    )
    assert ran.stdout == "once\nTrue\n", ran.stderr
