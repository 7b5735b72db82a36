"""Two ways to start a worker: fork it from the zygote, or start a plain process. Both speak through messages."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import planfit
from planfit.runtime.child import THREAD_VARIABLES
from planfit.runtime.protocol import ERRORS_FILE, JOB_FILE, Assignment, line

Hear = Callable[[dict[str, Any]], None]
MODULE: Final = "planfit.runtime.zygote"
PATIENCE_SECONDS: Final = 3.0
"""For a process that was told to end, before it is killed."""
QUIET: Final = {
    # No thread may run before a fork; pyarrow's allocator would start one.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    # The order of sets of texts must not differ from run to run.
    "PYTHONHASHSEED": "0",
    # Threads that wait must not spin: on busy cores LightGBM's would take a hundred times as long.
    "OMP_WAIT_POLICY": "passive",
}


class Launcher(ABC):
    """Starts and kills workers. Messages: ``started`` and ``ended`` with a ticket, ``lost`` with the launcher."""

    def __init__(self, hear: Hear) -> None:
        self.hear = hear

    @abstractmethod
    def start(self, ticket: int, folder: Path, loads: Sequence[str]) -> None:
        """Start the worker of a job's folder; libraries of the families `loads` are loaded before, where that is possible."""

    @abstractmethod
    def kill(self, ticket: int) -> None:
        """Kill a worker and what it started."""

    @abstractmethod
    def close(self) -> int | None:
        """Kill all and come back when they are gone."""


class ZygoteProcess(Launcher):
    """The zygote, and a thread that listens to it."""

    def __init__(self, hear: Hear, log: Path) -> None:
        super().__init__(hear)
        self.loaded = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment(1),
                start_new_session=True,  # Ctrl-C is for the run, which decides what becomes of its workers
            )
        threading.Thread(target=self._listen, name="planfit-zygote", daemon=True).start()

    def start(self, ticket: int, folder: Path, loads: Sequence[str]) -> None:
        self._tell(do="start", ticket=ticket, folder=str(folder), loads=list(loads))

    def kill(self, ticket: int) -> None:
        self._tell(do="kill", ticket=ticket)

    def close(self) -> int | None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        if not self.loaded:  # it has no workers yet, and would hear only after its imports
            _kill_group(self.process)
        return _ended(self.process)

    def _tell(self, **message: Any) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is gone; the listener says so
            self.process.stdin.write(line(message))
            self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as answers:
            for answer in answers:
                self.loaded = True
                self.hear(json.loads(answer))
        self.hear({"lost": self})


class PlainProcesses(Launcher):
    """One interpreter for each job: slow to start, for systems without fork."""

    def __init__(self, hear: Hear) -> None:
        super().__init__(hear)
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, ticket: int, folder: Path, loads: Sequence[str]) -> None:
        threads = Assignment.model_validate_json((folder / JOB_FILE).read_bytes()).threads
        with (folder / ERRORS_FILE).open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", MODULE, "--job", str(folder)],
                stdin=subprocess.PIPE,  # it ends when this end of the pipe does
                stdout=errors,
                stderr=errors,
                env=environment(threads),
                start_new_session=True,
            )
        self.processes[ticket] = process
        self.hear({"started": ticket, "pid": process.pid})
        threading.Thread(target=self._listen, args=(ticket, process), name=f"planfit-job-{ticket}", daemon=True).start()

    def kill(self, ticket: int) -> None:
        process = self.processes[ticket]
        if process.poll() is None:
            _kill_group(process)

    def close(self) -> int | None:
        for ticket in self.processes:
            self.kill(ticket)
        for process in self.processes.values():
            _ended(process)
        return None

    def _listen(self, ticket: int, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        _kill_group(process)  # what the worker had started
        assert process.stdin is not None
        process.stdin.close()
        self.hear({"ended": ticket, "status": status})


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a worker: this one's, our package importable, libraries held to `threads` threads."""
    home = str(Path(planfit.__file__).parents[1])
    known = os.environ.get("PYTHONPATH", "")
    return {
        **os.environ,
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        **QUIET,
        "PYTHONPATH": os.pathsep.join(filter(None, (known, home))),
    }


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for a process that was told to end; kill it where it does not."""
    try:
        return process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        return process.wait()
