"""A warm process that runs are forked from, for the tests that kill them by the dozen: imports are paid for once.

``python forge.py`` reads one order of the driver a line, forks a process group of its own for it, and answers with one
line: how it ended and what it printed. The run's zygote is forked here as well, before the run starts a thread, by the
run's own process; from then on it is the zygote of every run: its own session, its parent's death, its workers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from planfit.models.registry import families
from planfit.operations.registry import operations
from planfit.runtime import launch, workers, zygote

PRELOADED = (
    "optuna", "polars", "planfit.face", "planfit.lifecycle", "planfit.agent.conduct", "planfit.agent.loop",
    "planfit.planners.expert.expert", "planfit.planners.scripted", "planfit.planners.expert.hindsight",
    "planfit.agent.stages.report", "planfit.agent.stages.ensemble", "planfit.agent.stages.tuning", "planfit.agent.stages.delivery",
    "planfit.report.facts", "planfit.report.html", "planfit.report.markdown", "planfit.report.page.whole",
    "planfit.deploy.bundle", "planfit.trace.summary", "planfit.runtime.tuning", "planfit.runtime.ensembling",
)  # fmt: skip
"""What a run needs besides."""
HARMLESS = {"polars-ooc-clea", "jemalloc_bg_thd"}
"""Threads that only tidy up, and are not missed in a forked process; polars starts its others at its first work."""


class ForkedZygote(launch.ZygoteProcess):
    """The zygote that was forked beforehand; one that is needed after its death starts as usual."""

    waiting: tuple[int, int, int] | None = None

    def __init__(self, hear: launch.Hear, log: Path) -> None:
        if ForkedZygote.waiting is None:
            super().__init__(hear, log)
            return
        launch.Launcher.__init__(self, hear)
        (pid, orders, answers), ForkedZygote.waiting = ForkedZygote.waiting, None
        self.loaded = False
        self.process: Any = Forked(pid, orders, answers)
        threading.Thread(target=self._listen, name="planfit-zygote", daemon=True).start()


class Forked:
    """As much of `subprocess.Popen` as a launcher asks of the zygote."""

    def __init__(self, pid: int, orders: int, answers: int) -> None:
        self.pid = pid
        self.stdin, self.stdout = os.fdopen(orders, "wb"), os.fdopen(answers, "rb")

    def wait(self, timeout: float | None = None) -> int:
        ends = time.monotonic() + (60.0 if timeout is None else timeout)
        while time.monotonic() < ends:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.005)
        raise subprocess.TimeoutExpired("zygote", timeout or 60.0)


def fork_zygote() -> tuple[int, int, int]:
    """Fork the zygote of this process, as `launch` starts it."""
    orders, to_it = os.pipe()
    from_it, answers = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.dup2(orders, 0)
            os.dup2(answers, 1)
            for end in (orders, to_it, from_it, answers):
                os.close(end)
            zygote.serve()
        finally:
            os._exit(0)
    os.close(orders)
    os.close(answers)
    return pid, to_it, from_it


def carry_out(order: dict[str, Any], out: Path, err: Path) -> None:
    """In a process of its own: be the run."""
    os.setsid()
    os.environ["PLANFIT_HOME"] = order["home"]
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for place, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), place)
    ForkedZygote.waiting = fork_zygote()
    workers.ZygoteProcess = ForkedZygote  # type: ignore[misc]
    import driver

    driver.main(order)


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    zygote.preload()
    for name in PRELOADED:
        import_module(name)
    for catalogue in (operations, families):
        catalogue()
    threads = [name for name in zygote.thread_names() if name not in HARMLESS]
    assert len(threads) == 1, f"a process with threads cannot be forked: {threads}"
    answers = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            out, err = (Path(folder) / name for name in ("out", "err"))
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    carry_out(json.loads(line), out, err)
                    code = 0
                except BaseException:
                    sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    os._exit(code)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            told = [path.read_text() if path.exists() else "" for path in (out, err)]
            for path in (out, err):
                path.unlink(missing_ok=True)
            answers.write(json.dumps({"status": status, "out": told[0], "err": told[1]}) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
