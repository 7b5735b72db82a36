"""A small run that can be carried out from the top any number of times, and disks that fail."""

from __future__ import annotations

import errno
import json
import os
import signal
from pathlib import Path

import pytest

from planfit.records.events import (
    DecisionMade,
    PlanAccepted,
    PlanProposed,
    PlanRequested,
    RunFinished,
    RunStopped,
    StepFinished,
)
from planfit.records.run import Environment, Limits, RunRequest
from planfit.records.scores import Delivered, Score
from planfit.store.files import Disk
from planfit.store.store import Store


@pytest.fixture(autouse=True)
def _own_key(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def request_():
    return RunRequest(
        sentence="Predict churn", data="/data/churn.csv", limits=Limits(patience=10, candidates=2), workers=1, threads=1
    )


@pytest.fixture
def environment():
    return Environment(
        planfit="0.1.0", python="3.11", platform="Linux", libraries={"scikit-learn": "1.9"}, cores=2, memory=1
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "artifacts")


class FailingDisk(Disk):
    """Fails, or dies, at the n-th call that changes anything."""

    def __init__(self, at: int, *, for_good: bool = False, kill: bool = False, code: int = errno.ENOSPC) -> None:
        self.calls, self.at, self.for_good, self.kill, self.code = 0, at, for_good, kill, code

    def _strike(self) -> bool:
        self.calls += 1
        return self.calls == self.at or (self.for_good and self.calls > self.at)

    def _fail(self) -> None:
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(self.code, os.strerror(self.code))

    def write(self, fd, data):
        if self._strike():
            os.write(fd, data[: len(data) // 2])
            self._fail()
        super().write(fd, data)


def _guarded(name):
    def call(self, *args):
        if self._strike():
            self._fail()
        return getattr(Disk, name)(self, *args)

    return call


for _name in ("sync", "sync_folder", "create", "replace", "link", "truncate", "make_folder"):
    setattr(FailingDisk, _name, _guarded(_name))


class ShortDisk(Disk):
    """Of the n-th write only a part arrives: said so (``told``), kept silent (``silent``), or nothing at all (``nothing``)."""

    def __init__(self, at: int, how: str) -> None:
        self.writes, self.at, self.how = 0, at, how

    def put(self, fd, data):
        self.writes += 1
        if self.writes != self.at:
            return super().put(fd, data)
        if self.how == "nothing":
            return 0
        taken = super().put(fd, data[: len(data) // 2])
        return len(data) if self.how == "silent" else taken


@pytest.fixture
def failing_disk():
    return FailingDisk


@pytest.fixture
def short_disk():
    return ShortDisk


def _carry_out(run) -> None:
    """Carry out the small run; what the log holds is not done again."""
    first = run.key("profiling", 1, ["churn"], {"scikit-learn": "1.9"})
    run.step(first, "profiling", "profile", lambda _: ({"rows": 3}, {"profile.json": b'{"rows":3}'}))
    ask = run.key("ask", 1, ["model_search", 1])
    if run.find("plan_proposed", ask_key=ask) is None:
        prompt = run.keep_text("What now? \u00e4\u20ac")
        run.once(
            PlanRequested(
                ask_key=ask,
                stage="model_search",
                plan_kind="NextStep",
                prompt=prompt,
                planner="expert",
                round=1,
                attempt=1,
            )
        )
        run.once(PlanProposed(ask_key=ask, document='{"move": "models"}'))
    run.once(PlanAccepted(ask_key=ask, plan={"move": "models", "plan": {"candidates": [{"family": "linear"}]}}))
    run.decide("seconds_for_candidate", "k1", lambda: 2.5)

    def fit(folder: Path):
        (folder / "0.joblib").write_bytes(b"model" * 100)
        score = {"metric": "roc_auc", "value": 0.75, "std": 0.1}
        files = {"candidates/c001/folds/0.joblib": folder / "0.joblib", "candidates/c001/candidate.json": b"{}"}
        return {"spec": {"id": "c001", "family": "linear"}, "score": score}, files

    run.step("c" * 64, "model_search", "candidate c001", fit, shared=False)
    run.once(DecisionMade(key="d", stage="training", rule="The best.", what="c001", because="It is.", figures={"n": 1}))
    run.once(RunStopped(reason="budget", because="One is scored."))
    delivered = Delivered(candidate="c001", family="linear", members=(("c001", 1.0),), rows_fitted=3, how="refit")
    cv = Score(metric="roc_auc", value=0.75)
    run.once(RunFinished(status="finished", delivered=delivered, cv=cv, seconds=1.0))


@pytest.fixture
def carry_out():
    return _carry_out


@pytest.fixture
def begin(store, request_, environment):
    """Begin a run in the store."""

    def make(**options):
        return store.create(request_, environment, **options)

    return make


@pytest.fixture
def finished(begin):
    """A finished run, closed."""
    run = begin()
    _carry_out(run)
    run.close()
    return run


def _essence(path: Path):
    """What two runs of the same work must share: steps, files, decisions; not ids, times, hashes."""
    from planfit.store.reader import RunReader

    reader = RunReader(path)
    steps = {event.body.key: event.body.result for event in reader.events if isinstance(event.body, StepFinished)}
    changing = ("run_id", "timestamp", "hash")
    told = json.loads((path / "trace.json").read_bytes())
    trace = [{name: value for name, value in entry.items() if name not in changing} for entry in told]
    passing = {"events.jsonl", "head.json", "trace.json", "lock"}
    files = {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file() and file.name not in passing
    }
    return steps, files, trace


@pytest.fixture
def essence():
    return _essence
