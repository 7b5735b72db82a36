"""The small server that worker processes fork from: ``python -m planfit.runtime.zygote``.

It loads the heavy libraries once and starts no thread, so a fork is safe and a worker starts in milliseconds. It
reads one line of JSON for each order from its standard input and answers on its standard output. When its input ends
or its parent is gone, it kills every worker and ends. With ``--job FOLDER`` it is no server: it carries out that one
job, as a plain process, for systems without fork.

A library that few jobs want and that takes seconds to load, PyTorch above all, is loaded by a zygote of the zygote,
forked when the first such job comes; those that follow start in milliseconds too.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from planfit.runtime import child
from planfit.runtime.endings import ending
from planfit.runtime.jobs import JOBS
from planfit.runtime.protocol import EXIT_FAILED, EXIT_NOT_LOADED, line

PRELOADED: Final = (
    "threadpoolctl",
    "joblib",
    "numpy",
    "scipy.sparse",
    "pandas",
    "pyarrow.feather",
    "pyarrow.parquet",
    "sklearn.compose",
    "sklearn.decomposition",
    "sklearn.dummy",
    "sklearn.ensemble",
    "sklearn.feature_extraction.text",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "lightgbm",
)
"""Never polars or torch: they start threads, or take long and are seldom wanted."""
POLL_SECONDS: Final = 0.3
Loads = tuple[str, ...]
"""Families whose libraries are loaded beforehand."""


def preload() -> None:
    """Import what workers need; what cannot be imported is a worker's own error, told there."""
    for name in (*PRELOADED, *(place.partition(":")[0] for place in JOBS.values())):
        with contextlib.suppress(ImportError):
            import_module(name)
    child.thread_pools()
    gc.collect()
    gc.freeze()  # Collections in workers then leave the shared pages alone.


def thread_names() -> list[str]:
    """Return the names of the threads of this process; only where the system tells."""
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return [Path(sys.executable).name]
    return [(task / "comm").read_text().strip() for task in tasks.iterdir()]


@dataclass
class Nested:
    """A zygote of the zygote: its process, the pipe that it reads, the jobs that it was given."""

    pid: int
    orders: int
    jobs: dict[int, Path] = field(default_factory=dict)

    def tell(self, **order: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # it is gone, which `Zygote.reap` finds
            os.write(self.orders, line(order))


class Zygote:
    """Forks a worker for each order, reaps them, and says how they ended."""

    def __init__(self, commands: int, answers: int, parent: int) -> None:
        self.commands = commands
        self.answers = answers
        self.parent = parent
        self.children: dict[int, int] = {}
        """Process ids of workers that have not been reaped, with their tickets."""
        self.private: tuple[int, ...] = ()
        self.nested: dict[Loads, Nested | None] = {}
        """None: it could not load, or has ended; a worker then loads by itself."""
        self.pending = b""

    def serve(self) -> None:
        """Work until the input ends or the parent is gone, then kill all workers."""
        bell, ringer = os.pipe()
        for end in (bell, ringer):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self.commands, selectors.EVENT_READ)
        selector.register(bell, selectors.EVENT_READ)
        self.private = (self.commands, self.answers, bell, ringer)
        try:
            while os.getppid() == self.parent:
                for key, _ in selector.select(POLL_SECONDS):
                    if key.fd == bell:
                        with contextlib.suppress(BlockingIOError):
                            os.read(bell, 4096)
                    elif not self.read():
                        return
                self.reap()
        finally:
            for nested in filter(None, self.nested.values()):
                os.kill(nested.pid, signal.SIGTERM)  # it ends its own workers, or has none while it loads
                os.waitpid(nested.pid, 0)
            for pid in self.children:
                self.kill(pid)
            for pid in self.children:
                os.waitpid(pid, 0)

    def read(self) -> bool:
        """Carry out the orders that have come in; return False at the end of the input."""
        received = os.read(self.commands, 1 << 16)
        *orders, self.pending = (self.pending + received).split(b"\n")
        for order in orders:
            message = json.loads(order)
            if message["do"] == "start":
                self.start(message["ticket"], Path(message["folder"]), tuple(message["loads"]))
            elif message["do"] == "kill":
                for pid in [pid for pid, ticket in self.children.items() if ticket == message["ticket"]]:
                    self.kill(pid)
                for nested in filter(None, self.nested.values()):
                    if message["ticket"] in nested.jobs:
                        nested.tell(**message)
        return bool(received)

    def start(self, ticket: int, folder: Path, loads: Loads) -> None:
        """Fork a worker for a job's folder; where it wants libraries of its own, let one do it that has loaded them."""
        if loads and (nested := self.loaded(loads)) is not None:
            nested.jobs[ticket] = folder
            nested.tell(do="start", ticket=ticket, folder=str(folder), loads=())
            return
        zygote = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self.say(ended=ticket, status=None, detail=f"The system refused a new process: {error.strerror}.")
            return
        if pid == 0:
            code = EXIT_FAILED
            try:
                os.setsid()
                child.die_with(zygote)
                self.leave()
                code = child.carry_out(folder)
            finally:
                os._exit(code)
        self.children[pid] = ticket
        self.say(started=ticket, pid=pid)

    def loaded(self, loads: Loads) -> Nested | None:
        """Return the nested zygote for some libraries, forked now where there is none; it loads them by itself."""
        if loads not in self.nested:
            zygote = os.getpid()
            orders, end = os.pipe()
            try:
                pid = os.fork()
            except OSError:  # the worker is refused likewise, and its job then told why
                self.nested[loads] = None
                return None
            if pid == 0:
                code = EXIT_FAILED
                try:
                    os.close(end)
                    self.leave(keeping=(self.answers,))
                    code = serve_loaded(loads, orders, self.answers, zygote)
                finally:
                    os._exit(code)
            os.close(orders)
            self.nested[loads] = Nested(pid, end)
        return self.nested[loads]

    def leave(self, keeping: Sequence[int] = ()) -> None:
        """In a new process: let go of what is the zygote's own."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        for descriptor in (*self.private, *(nested.orders for nested in filter(None, self.nested.values()))):
            if descriptor not in keeping:
                os.close(descriptor)

    def reap(self) -> None:
        """Say how each worker that has ended did so."""
        for pid in list(self.children):
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                ticket = self.children.pop(pid)
                self.kill_group(pid)  # What the worker itself had started does not outlive it.
                peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
                self.say(ended=ticket, status=os.waitstatus_to_exitcode(status), peak=peak)
        for loads, nested in list(self.nested.items()):
            if nested is None:
                continue
            done, status = os.waitpid(nested.pid, os.WNOHANG)
            if done:
                self.nested[loads] = None
                self.do_without(nested, os.waitstatus_to_exitcode(status))

    def do_without(self, nested: Nested, status: int) -> None:
        """Carry out the jobs of a nested zygote that could not load; those of one that ended later have ended with it."""
        os.close(nested.orders)
        for ticket, folder in nested.jobs.items():
            if status == EXIT_NOT_LOADED:
                self.start(ticket, folder, ())
            else:  # of those that have ended before, nobody waits for a second word
                self.say(ended=ticket, status=None, detail=f"The process that started it ended ({ending(status)}).")

    def kill(self, pid: int) -> None:
        """Kill a worker that has not been reaped, so that its id cannot be another's, and its group."""
        self.kill_group(pid)
        with contextlib.suppress(ProcessLookupError):  # before its setsid it has no group yet
            os.kill(pid, signal.SIGKILL)

    @staticmethod
    def kill_group(pid: int) -> None:
        """Kill what is left of a worker's process group; a group's id is not given away while it has members."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def say(self, **message: Any) -> None:
        """Answer with one line; a parent that is gone hears nothing."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.answers, line(message))


def serve() -> None:
    """Be the server."""
    started = time.perf_counter()
    parent = os.getppid()
    answers = os.dup(1)
    os.dup2(2, 1)  # What a library prints while it is imported must not look like an answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with child.orphan_check(parent):
        preload()
    zygote = Zygote(0, answers, parent)
    threads = thread_names()
    zygote.say(
        ready=True, threads=threads, seconds=round(time.perf_counter() - started, 3), polars="polars" in sys.modules
    )
    if len(threads) == 1:
        zygote.serve()


def serve_loaded(loads: Loads, orders: int, answers: int, parent: int) -> int:
    """Be a nested zygote: load what some families need, then serve; return the exit code."""
    from planfit.models.registry import families

    if child.LINUX:
        child.die_with(parent)
    try:
        for name in loads:
            families()[name].load()
    except Exception:  # a worker will meet it too, and say so as its own error
        return EXIT_NOT_LOADED
    if len(thread_names()) != 1:
        return EXIT_NOT_LOADED
    child.thread_pools.cache_clear()
    child.thread_pools()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with contextlib.suppress(SystemExit):
        Zygote(orders, answers, parent).serve()
    return 0


def main(arguments: list[str] | None = None) -> None:
    """Serve, or carry out one job."""
    parser = argparse.ArgumentParser(prog="python -m planfit.runtime.zygote", description=__doc__)
    parser.add_argument("--job", type=Path, metavar="FOLDER", help="carry out the job of this folder and end")
    chosen = parser.parse_args(arguments)
    if chosen.job is None:
        serve()
        return
    child.die_at_end_of(os.dup(0))
    if child.LINUX:  # also where native code holds the interpreter and no thread of ours can run
        child.die_with(os.getppid())
    code = EXIT_FAILED
    try:
        code = child.carry_out(chosen.job)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
