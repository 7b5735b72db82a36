"""Worker processes: each job in one of its own, with a deadline and a memory limit, and none outlives its run.

A thread supervises them: it hands jobs to the zygote (or starts plain processes where there is no fork), looks at
deadlines and memory, and turns whatever ended a worker into a `JobDone` or a `JobFailed` with its cause.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psutil

from planfit.models.registry import families
from planfit.records.canonical import Record
from planfit.records.jobs import JobDone, JobFailed
from planfit.records.scores import Cause
from planfit.runtime import memory as memories
from planfit.runtime.endings import ending, explain
from planfit.runtime.launch import Launcher, PlainProcesses, ZygoteProcess
from planfit.runtime.protocol import JOB_FILE, Assignment, read_outcome
from planfit.settings import MEMORY_SHARE

ZYGOTE_LOG: Final = "zygote.log"
BROKEN: Final = "the thread that supervises the workers failed"
TICK_SECONDS: Final = 0.05
SAMPLE_SECONDS: Final = 0.2
REFRESH_SECONDS: Final = 1.0
GRACE_SHARE: Final = 0.1
"""Of its deadline, what a worker may take longer to put its result down before it is killed ..."""
GRACE_FEWEST: Final = 1.0
GRACE_MOST: Final = 10.0
"""... within these bounds, in seconds."""
RESTARTS: Final = 1
"""How often a zygote that died is started again; after that every job is a plain process."""


@dataclass
class Task:
    """A job between its submission and its result."""

    ticket: int
    folder: Path
    deadline_seconds: float | None
    memory: int
    submitted: float
    loads: tuple[str, ...] = ()
    """Families whose libraries take long to load."""
    attempts: int = 0
    """How often a worker was asked for."""
    running: bool = False
    """A worker has been asked for and its end has not been seen."""
    started: float | None = None
    tree: memories.Tree | None = None
    peak: int | None = None
    ended_by_us: tuple[Cause, str] | None = None
    """Why we killed it."""
    done: JobDone | JobFailed | None = None

    def grace(self) -> float:
        """Return the seconds after the deadline in which the worker may still end by itself."""
        return min(GRACE_MOST, max(GRACE_FEWEST, GRACE_SHARE * (self.deadline_seconds or 0.0)))


class Workers:
    """Carries out jobs in processes of their own, `slots` at a time.

    Parameters
    ----------
    slots : int
        Workers at a time; further jobs wait.
    threads : int
        Threads of a job that does not say how many it wants.
    memory : int or None
        Bytes that all workers together may hold; None: a share of what is free now.
    scratch : Path
        Folder of the job folders ``job-<ticket>``.
    forks : bool or None
        False: a plain process for each job; None: fork where the system can.
    jobs : str or None
        ``module:TABLE`` with further kinds of jobs, by name ``module:function``.

    Examples
    --------
    >>> with Workers(slots=1, threads=1, memory=None, scratch=folder) as workers:  # doctest: +SKIP
    ...     ticket = workers.submit(job, deadline_seconds=10.0)
    ...     workers.wait([ticket])
    """

    def __init__(
        self,
        *,
        slots: int,
        threads: int,
        memory: int | None,
        scratch: Path,
        forks: bool | None = None,
        jobs: str | None = None,
    ) -> None:
        self.slots = max(1, slots)
        self.threads = max(1, threads)
        self.memory = memory if memory is not None else int(MEMORY_SHARE * memories.available())
        self.scratch = scratch
        self._jobs = jobs
        self._forks = hasattr(os, "fork") if forks is None else forks
        self._tasks: dict[int, Task] = {}
        self._waiting: deque[Task] = deque()
        self._news: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._launcher: Launcher | None = None
        self._thread: threading.Thread | None = None
        self._closing = False
        self._broken: BaseException | None = None
        self._restarts = 0
        self._sampled = 0.0
        self._refreshed = 0.0
        self._tickets = 0
        self.zygote_ready: dict[str, Any] | None = None
        """What the zygote said when it was ready: its threads, the seconds that it took."""

    def __enter__(self) -> Self:
        self.warm_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def mode(self) -> str:
        """``zygote`` or ``plain``: how workers are started."""
        return "zygote" if isinstance(self._launcher, ZygoteProcess) else "plain"

    def warm_up(self) -> None:
        """Start the zygote, which loads the heavy libraries meanwhile; return at once."""
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._supervise, name="planfit-workers", daemon=True)
            self._thread.start()

    def submit(self, job: Record, *, deadline_seconds: float | None, memory: int | None = None) -> int:
        """Hand in a job and return its ticket.

        Parameters
        ----------
        job : Job
            What to do; its ``allotment.threads`` or ``threads`` say how many threads it gets.
        deadline_seconds : float or None
            From the start of the worker. At the deadline the job is asked to end, after a grace it is killed.
        memory : int or None
            Bytes of resident memory that the job's processes may hold; None: what all may hold together.
        """
        if self._closing:
            raise RuntimeError("a job was submitted to workers that are closed")
        if self._broken is not None:
            raise RuntimeError(BROKEN) from self._broken
        self.warm_up()
        self._tickets += 1
        ticket = self._tickets
        folder = (self.scratch / f"job-{ticket}").absolute()
        if folder.exists():  # left by a process that was killed
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        limit = self.memory if memory is None else min(memory, self.memory)
        allotment = getattr(job, "allotment", job)
        assignment = Assignment(
            ticket=ticket,
            job=job.to_json(),
            threads=getattr(allotment, "threads", None) or self.threads,
            deadline_seconds=deadline_seconds,
            memory=limit,
            jobs=self._jobs,
        )
        (folder / JOB_FILE).write_text(assignment.model_dump_json())
        task = Task(ticket, folder, deadline_seconds, limit, submitted=time.monotonic(), loads=_slow_to_load(job))
        with self._changed:
            self._tasks[ticket] = task
            self._waiting.append(task)
        self._news.put({})
        return ticket

    def wait(self, tickets: Sequence[int], timeout: float | None = None) -> JobDone | JobFailed | None:
        """Return the result of the first of `tickets` that has one, in their order; None after `timeout` seconds.

        A result stays where it is: who waits for several leaves out the tickets that were answered.
        """
        ends = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while True:
                for ticket in tickets:
                    if (done := self._tasks[ticket].done) is not None:
                        return done
                if self._broken is not None:
                    raise RuntimeError(BROKEN) from self._broken
                left = None if ends is None else ends - time.monotonic()
                if not tickets or (left is not None and left <= 0):
                    return None
                self._changed.wait(left)

    def cancel(self, ticket: int) -> None:
        """End a job, waiting or running; its result is a `JobFailed` of cause ``cancelled``."""
        self._news.put({"cancel": ticket})

    def close(self) -> None:
        """Kill every worker and the zygote, and come back when they are gone; open jobs count as cancelled."""
        self._closing = True
        if self._thread is not None:
            self._news.put({"close": True})
            self._thread.join()

    # In the supervisor's thread alone, from here on.

    def _supervise(self) -> None:
        try:
            self._launcher = self._new_launcher()
            while True:
                try:
                    message = self._news.get(timeout=TICK_SECONDS if self._running() else None)
                except queue.Empty:
                    message = {}
                if message.get("close"):
                    break
                self._hear(message)
                self._watch()
                self._start_waiting()
        except BaseException as error:
            self._broken = error
        finally:
            if self._launcher is not None:
                self._launcher.close()
            with self._changed:
                for task in self._tasks.values():
                    if task.done is None and self._broken is None:
                        self._fail(task, "cancelled", "The run ended before the job did.")
                self._changed.notify_all()

    def _new_launcher(self) -> Launcher:
        if self._forks and self._restarts <= RESTARTS:
            return ZygoteProcess(self._news.put, self.scratch / ZYGOTE_LOG)
        return PlainProcesses(self._news.put)

    def _running(self) -> list[Task]:
        with self._changed:  # others submit meanwhile
            return [task for task in self._tasks.values() if task.running]

    def _hear(self, message: dict[str, Any]) -> None:
        """Take in what came: an end, a start, a wish to cancel, the death of the zygote."""
        if "ready" in message:
            self.zygote_ready = message
            self._forks = len(message["threads"]) == 1  # else it ends, since a fork would not be safe
            return
        if "lost" in message:
            if message["lost"] is self._launcher:
                self._replace_launcher()
            return
        ticket = message.get("cancel") or message.get("started") or message.get("ended")
        task = self._tasks.get(ticket) if ticket is not None else None
        if task is None or task.done is not None:
            return
        if "cancel" in message:
            self._stop(task, "cancelled", "It was cancelled.")
        elif "started" in message:
            task.started = time.monotonic()
            with contextlib.suppress(psutil.NoSuchProcess):  # gone already; its end is on its way
                task.tree = memories.Tree(message["pid"])
        else:
            task.peak = max(filter(None, (task.peak, message.get("peak"))), default=None)
            self._finish(task, message.get("status"), message.get("detail"))

    def _watch(self) -> None:
        """Look at the clock and the memory of every running worker."""
        now = time.monotonic()
        for task in self._running():
            late = task.deadline_seconds is not None and task.started is not None
            if late and now > task.started + task.deadline_seconds + task.grace():  # type: ignore[operator]
                self._stop(task, "timeout", f"It did not end within {task.deadline_seconds:g} seconds.")
        if now >= self._sampled + SAMPLE_SECONDS:
            self._sampled = now
            self._watch_memory(now)

    def _watch_memory(self, now: float) -> None:
        """Kill what holds more than it may; where all together do, the largest.

        The exact figure costs a walk through the page tables, so it is asked for only where the coarse one is too high.
        """
        trees = {task.ticket: task.tree for task in self._running() if task.tree and not task.ended_by_us}
        if now >= self._refreshed + REFRESH_SECONDS:
            self._refreshed = now
            for tree in trees.values():
                tree.refresh()
        coarse = {ticket: tree.resident() for ticket, tree in trees.items()}
        for ticket, held in coarse.items():
            task = self._tasks[ticket]
            task.peak = max(task.peak or 0, held)
            if held > task.memory and (exact := trees[ticket].held()) > task.memory:
                self._stop(task, "out_of_memory", _too_much("It", exact, task.memory))
        if sum(coarse.values()) > self.memory:
            exactly = {ticket: tree.held() for ticket, tree in trees.items()}
            if (together := sum(exactly.values())) > self.memory:
                largest = self._tasks[max(exactly, key=lambda ticket: exactly[ticket])]
                self._stop(largest, "out_of_memory", _too_much("With the other workers it", together, self.memory))

    def _stop(self, task: Task, cause: Cause, detail: str) -> None:
        """End a job: at once where it waits, else by killing its processes."""
        if not task.running:
            self._waiting.remove(task)
            self._fail(task, cause, detail)
        elif task.ended_by_us is None:
            task.ended_by_us = (cause, detail)
            assert self._launcher is not None
            self._launcher.kill(task.ticket)

    def _start_waiting(self) -> None:
        assert self._launcher is not None
        while self._waiting and len(self._running()) < self.slots:
            task = self._waiting.popleft()
            task.attempts += 1
            task.running = True
            self._launcher.start(task.ticket, task.folder, task.loads)

    def _finish(self, task: Task, status: int | None, detail: str | None) -> None:
        """Turn the end of a worker into a result."""
        task.running = False
        outcome = read_outcome(task.folder)
        if outcome is not None and outcome.status == "done":
            with self._changed:
                task.done = JobDone(
                    ticket=task.ticket,
                    result=outcome.result,
                    folder=str(task.folder),
                    seconds=self._seconds(task),
                    peak_memory=task.peak,
                )
                self._changed.notify_all()
        elif task.ended_by_us is not None:
            self._fail(task, *task.ended_by_us)
        elif outcome is not None and outcome.cause is not None:
            self._fail(task, outcome.cause, outcome.detail, outcome.findings)
        else:
            self._fail(task, *explain(status, detail, task.folder))

    def _fail(self, task: Task, cause: Cause, detail: str, findings: tuple[dict[str, Any], ...] = ()) -> None:
        with self._changed:
            task.done = JobFailed(
                ticket=task.ticket,
                cause=cause,
                detail=detail,
                seconds=self._seconds(task),
                folder=str(task.folder),
                peak_memory=task.peak,
                findings=findings,
            )
            self._changed.notify_all()

    @staticmethod
    def _seconds(task: Task) -> float:
        return time.monotonic() - (task.started if task.started is not None else task.submitted)

    def _replace_launcher(self) -> None:
        """The zygote is gone, and its workers with it: start another, and do again what was under way, once."""
        assert self._launcher is not None
        status = self._launcher.close()
        self._restarts += 1
        self._launcher = self._new_launcher()
        for task in reversed(self._running()):
            if task.tree is not None:
                task.tree.kill()
            blameless = task.started is None or task.attempts <= RESTARTS
            again = blameless and task.ended_by_us is None and read_outcome(task.folder) is None
            if not again:
                self._finish(task, None, f"The process that starts workers ended ({ending(status)}).")
                continue
            task.running, task.started, task.tree = False, None, None
            self._clear(task.folder)
            self._waiting.appendleft(task)

    @staticmethod
    def _clear(folder: Path) -> None:
        for entry in folder.iterdir():
            if entry.name != JOB_FILE:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _slow_to_load(job: Record) -> tuple[str, ...]:
    """Return the families of a job's models whose libraries are loaded once for all workers."""
    named = {job.spec.family} if hasattr(job, "spec") else set(getattr(job, "families", ()))
    return tuple(sorted(name for name in named if families()[name].start_seconds > 0))


def _too_much(who: str, held: int, limit: int) -> str:
    return f"{who} held {held / 2**30:.2f} GB of memory, more than the {limit / 2**30:.2f} GB allowed."
