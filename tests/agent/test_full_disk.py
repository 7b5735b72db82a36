"""A disk that fills up in the middle of a run: one sentence, a log that can be read, and a run that goes on later."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import planfit
from planfit.agent.conduct import begin
from planfit.records.run import Limits, RunRequest
from planfit.store.files import Disk
from planfit.store.store import Store


class FullDisk(Disk):
    """Full for good from the n-th change on; of that one, half is written."""

    def __init__(self, at: int) -> None:
        self.calls, self.at = 0, at

    def _strike(self) -> None:
        self.calls += 1
        if self.calls >= self.at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(self, fd: int, data: bytes) -> None:
        try:
            self._strike()
        except OSError:
            os.write(fd, data[: len(data) // 2])
            raise
        super().write(fd, data)

    def create(self, path: Path, mode: int) -> int:
        self._strike()
        return super().create(path, mode)

    def make_folder(self, folder: Path) -> None:
        self._strike()
        super().make_folder(folder)


def request_for(data: Path, sentence: str) -> RunRequest:
    limits = Limits(candidates=1, patience=10, memory=2 << 30)
    return RunRequest(sentence=sentence, data=str(data), limits=limits, workers=2, threads=1)


@pytest.mark.parametrize(
    "at", [60, pytest.param(12, marks=pytest.mark.slow), pytest.param(160, marks=pytest.mark.slow)]
)
def test_a_record_that_cannot_be_written(
    at: int, data: Path, sentence: str, table: pd.DataFrame, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    disk = FullDisk(at)
    with pytest.raises(planfit.PlanfitError) as caught:
        begin(Store(tmp_path, disk=disk), request_for(data, sentence), str(data), "expert", listener=None, started=None)
    none_left()
    assert disk.calls >= at
    assert "no space left on device" in caught.value.message
    assert caught.value.message.count(". ") == 0
    assert caught.value.hint
    left = planfit.open_run(store=tmp_path)
    assert left.status == "failed"
    assert left.events
    assert left.verify().ok
    run = planfit.resume(store=tmp_path)
    assert run.status == "finished"
    assert run.verify().ok
    assert len(run.predict(table)) == len(table)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes, where one can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only an administrator can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_small_disk_fills_up_under_the_command(
    small_disk: Path, cli: Callable[..., Any], data: Path, sentence: str, none_left: Callable[[], None]
) -> None:
    done = cli("run", data, sentence, "--max-candidates", 2, "--store", small_disk, "-q")
    none_left()
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    said = done.stderr.strip().splitlines()
    assert said[0].startswith("error: ")
    assert said[1].startswith("hint: ")
    left = planfit.open_run(store=small_disk)
    assert left.status == "failed"
    assert left.events
    failed = [event.body for event in left.events if event.body.kind in ("candidate_failed", "plan_rejected")]
    assert not failed, "what a full disk did is told as the fault of a plan or a candidate"
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    again = cli("resume", "latest", "--store", small_disk, "-q")
    assert again.returncode == 0, again.stderr
    run = planfit.open_run(store=small_disk)
    assert run.status == "finished"
    assert run.verify().ok


@pytest.mark.parametrize(
    ("option", "models"),
    [
        ("size=4k", "linear"),
        pytest.param("size=4k,ro", "linear", marks=pytest.mark.slow),
        pytest.param("size=4k", "random_forest,mlp", marks=pytest.mark.slow),
    ],
)
def test_shared_memory_without_space_is_not_missed(
    option: str, models: str, data: Path, sentence: str, tmp_path: Path, none_left: Callable[[], None]
) -> None:
    """A system whose /dev/shm is as good as absent, in a name space of its own so that no other process sees it."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("only an administrator can take shared memory away from a process")
    own = ["unshare", "--mount", "sh", "-c"]
    take = f"mount -t tmpfs -o {option} tmpfs /dev/shm"
    if subprocess.run([*own, take], capture_output=True, check=False).returncode:
        pytest.skip("shared memory cannot be taken away here")
    given = ["run", data, sentence, "--max-candidates", "2", "--models", models, "--store", tmp_path, "-q"]
    command = [str(Path(sys.executable).with_name("planfit")), *map(str, given)]
    done = subprocess.run([*own, f'{take} && exec "$@"', "sh", *command], capture_output=True, text=True, check=False)
    none_left()
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    run = planfit.open_run(store=tmp_path)
    assert run.status == "finished"
    assert run.verify().ok
    assert not [event.body for event in run.events if event.body.kind == "candidate_failed"]


def test_a_read_only_folder_is_one_sentence_and_nothing_is_begun(data: Path, sentence: str, tmp_path: Path) -> None:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("only an administrator can make a folder read-only that an administrator cannot write to")
    own = ["unshare", "--mount", "sh", "-c"]
    make = f"mount -t tmpfs -o ro tmpfs {tmp_path}"
    if subprocess.run([*own, make], capture_output=True, check=False).returncode:
        pytest.skip("a folder cannot be made read-only here")
    command = [str(Path(sys.executable).with_name("planfit")), "run", str(data), sentence, "--store", str(tmp_path)]
    done = subprocess.run([*own, f'{make} && exec "$@"', "sh", *command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.partition(":")[0] for line in done.stderr.strip().splitlines()] == ["error", "hint"]
    assert "read-only file system" in done.stderr
    assert "--store" in done.stderr


def test_too_many_open_files_are_one_sentence_and_the_run_goes_on_later(
    cli: Callable[..., Any], data: Path, tmp_path: Path, sentence: str, none_left: Callable[[], None]
) -> None:
    import resource

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (12, 4096))

    done = cli("run", data, sentence, "--max-candidates", 1, "--models", "linear", "--store", tmp_path, "-q", preexec_fn=few)  # fmt: skip
    none_left()
    assert done.returncode in (1, 2), done.stderr
    assert "Traceback" not in done.stderr
    assert "too many open files" in done.stderr.lower()
    assert "hint: " in done.stderr
    if list(tmp_path.glob("run_*")):
        assert planfit.open_run(store=tmp_path).verify().ok
        assert cli("resume", "latest", "--store", tmp_path, "-q").returncode == 0
